//! The terms of the product as types, and nothing else: no IO, no clock, no policy.
//!
//! An *instance* reads one *tenant*; a *device* is a Graph `managedDevice`, normalised; a *change* says that a device
//! was added, changed or has gone; the *feed* is the ordered changes of an instance; a *cursor* is how far one
//! management server has read it.

mod account;
mod action;
mod approval;
mod bitset;
mod body;
mod case_conflicts;
mod change;
mod control;
mod counted;
mod cursor;
mod device;
mod effect;
mod field_change;
mod fleet;
mod grant;
mod identity_pin;
mod ids;
mod installation;
mod json_fault;
mod language;
mod nearest;
mod outcome;
mod parse_text;
mod pending_action;
mod plain_text;
pub mod position;
mod relaxation;
mod required_rights;
mod result_cursor;
mod right;
mod role;
mod rollback;
mod run;
mod scan;
pub mod schemas;
mod spreadsheet_text;
mod start_type;
mod store_start;
mod task;
mod ties;
mod time;
mod unique_keys;
mod withheld;
mod word_enums;

pub use account::{AccountChange, LOCAL_OPERATOR, OperatorKind, SecretHash};
pub use action::{ActionDanger, ActionKind, DistrustRule};
pub use approval::ApprovalState;
pub use bitset::BitSet;
pub use body::{DeviceBody, DeviceBodyWriter};
pub use case_conflicts::find_case_conflicts;
pub use change::{ChangeKind, FeedChange, GoneReason};
pub use control::{AccountControl, ControlKind, RENEWED};
pub use counted::{choose_form, format_count};
pub use cursor::{Cursor, CursorError};
pub use device::{DeviceIdentity, DeviceVerdict, IncomingDevice, ReadSource, StoredDevice, VolatileFields};
pub use effect::{ConfirmableEffect, EffectConfirmation, InvalidConfirmation};
pub use field_change::{BodyDifference, FieldChange};
pub use fleet::{FleetDoubt, FleetProof, RejectedRecord, RejectionReason, UnprovenReason};
pub use grant::{Grant, ResourceRef};
pub use identity_pin::{DeviceSighting, IdentityPin, KnownDevice, SightingError};
pub use ids::{
    DeviceId, Epoch, InstanceId, InstanceName, InvalidId, JobId, OperatorId, Row, ScanId, Seq, ServerId, TaskId,
};
pub use installation::{InstallationState, MemberState};
pub use json_fault::{MembersOfType, describe_body_fault, describe_value_fault};
pub use language::{Language, UnknownLanguage};
pub use nearest::nearest_name;
pub use outcome::ComplianceOutcome;
pub use parse_text::{describe_parse_failure, describe_unread_part, find_expected_kind};
pub use pending_action::PendingActionPolicy;
pub use plain_text::{
    TextForm, describe_unprintable, escape_unprintable, find_unprintable, is_unprintable, replace_unprintable,
};
pub use position::{FeedPhase, FeedPosition, FeedPositions};
pub use relaxation::{
    GuardScope, PolicyChange, PolicyRelaxation, RelaxationRequester, RelaxationRule, RelaxationState,
};
pub use required_rights::{MissingRight, missing_rights};
pub use result_cursor::{ReceivedResultCursor, ResultCursor};
pub use right::{RIGHTS, Right, RightScope};
pub use role::{RoleName, SYSTEM_ROLES, SystemRole};
pub use rollback::RollbackEvidence;
pub use run::RunState;
pub use scan::{ScanKind, ScanReason, ScanState, ScanSummary, UNREAD_TOLD};
pub use spreadsheet_text::escape_spreadsheet_cell;
pub use start_type::StartType;
pub use store_start::StoreStart;
pub use task::{TaskStage, TaskState};
pub use ties::AccountTies;
pub use time::{Timestamp, find_impossible_date, format_time, parse_time};
pub use unique_keys::check_unique_keys;
pub use withheld::WithheldReason;
pub use word_enums::WordEnum;
pub use word_enums::word_enum;
