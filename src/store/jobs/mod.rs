//! Jobs, their tasks, and every step that a task took (A1, A4).
//!
//! Whatever the guard decides on is read in the transaction that commits its decision: the flow hands in a pure
//! function, this room looks up the facts, asks it, and writes. What a task became is never overwritten without a row
//! in `transition`, which is what management servers read as results.

mod accept;
mod aim;
mod decide;
mod facts;
mod glass;
mod held_back;
mod intent;
mod look;
mod loosening;
mod policy;
mod power;
mod results;
mod rows;
mod secrets;
mod threats;

pub use accept::{AddJob, Intake, IntakeFacts, NewJob, NewTask, Refused};
pub use aim::Aim;
pub use decide::Approver;
pub use facts::{Counts, KillSwitch, SwitchOrigin};
pub use glass::{BrokenGlass, GlassFacts, NewGlass};
pub use held_back::HeldBack;
pub use intent::{Gate, Intent, IntentFacts, Move};
pub use look::{JobQuery, JobView, Tally};
pub use loosening::{Decision, LooseningFacts, LooseningRow};
pub(super) use loosening::{ask as ask_in, overtake};
pub use policy::{POLICY_BUS, PolicyDecision, PolicyFacts};
pub use power::Suspension;
pub(super) use power::after_restore;
pub use results::ResultRow;
pub(super) use results::newest_result;
pub use rows::{Approval, JobRow, TaskRow, TransitionRow};
pub(super) use rows::{json as json_column, word as word_column};
pub use secrets::ActionSecretRow;
