//! The words of the product as types, and nothing else: no IO, no clock, no policy.
//!
//! An *instance* reads one *tenant*; a *device* is a Graph `managedDevice`, normalised; a *change* says that a device
//! was added, changed or has gone; the *feed* is the ordered changes of an instance; a *cursor* is how far one
//! management server has read it.

mod account;
mod bitset;
mod body;
mod change;
mod control;
mod cursor;
mod device;
mod effect;
mod fleet;
mod grant;
mod ids;
mod json;
mod loosening;
mod nearest;
mod needs;
mod outcome;
mod pending;
mod pin;
mod plain_text;
pub mod position;
mod result_place;
mod right;
mod role;
mod run;
mod scan;
mod start_type;
mod store_start;
mod task;
mod ties;
mod time;
mod twins;
mod verb;
mod words;

pub use account::{AccountChange, KeptHash, LOCAL_OPERATOR, OperatorKind};
pub use bitset::BitSet;
pub use body::{Body, BodyWriter};
pub use change::{Change, GoneReason, Kind};
pub use control::{Control, ControlKind, RENEWED};
pub use cursor::{Cursor, CursorError};
pub use device::{Identity, Incoming, LearnedFrom, Stored, Verdict, Vital};
pub use effect::{Confirmation, Effect, InvalidConfirmation};
pub use fleet::{Doubt, Fleet, OpenReason, Unread, UnreadReason};
pub use grant::{At, Grant};
pub use ids::{
    DeviceId, Epoch, InstanceId, InstanceName, InvalidId, JobId, OperatorId, Row, ScanId, Seq, ServerId, TaskId,
};
pub use json::unique_keys;
pub use loosening::{GuardScope, Loosening, LooseningAsker, LooseningState, Loosens, PolicyChange};
pub use nearest::nearest;
pub use needs::{Missing, missing};
pub use outcome::ComplianceOutcome;
pub use pending::WhenPending;
pub use pin::{IdentityPin, KnownDevice, NotSeen, Sighting};
pub use plain_text::{TextForm, escape_unfit, find_unfit, is_unfit, name_unfit, replace_unfit};
pub use position::{Phase, Position, Positions};
pub use result_place::{GivenPlace, ResultPlace};
pub use right::{RIGHTS, Right, Scope};
pub use role::{RoleName, SYSTEM_ROLES, SystemRole};
pub use run::RunState;
pub use scan::{ScanKind, ScanState, ScanSummary, UNREAD_TOLD};
pub use start_type::StartType;
pub use store_start::StoreStart;
pub use task::{TaskStage, TaskState};
pub use ties::Ties;
pub use time::{Timestamp, format_time, parse_time};
pub use twins::twins;
pub use verb::{Danger, Distrust, Verb};
pub use words::Word;
pub use words::word_enum;
