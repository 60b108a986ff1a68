//! Jobs, their tasks, and every step that a task took (A1, A4).
//!
//! Whatever the guard decides on is read in the transaction that commits its decision: the flow hands in a pure
//! function, this room looks up the facts, asks it, and writes. What a task became is never overwritten without a row
//! in `transition`, which is what management servers read as results.

mod accept;
mod blocked_actions;
mod broken_glass;
mod decide;
mod facts;
mod intent;
mod job_lists;
mod job_rows;
mod kill_switch;
mod moves;
mod period;
mod policy;
mod queries;
mod relaxation_rows;
mod relaxations;
mod results;
mod secrets;
mod targets;
mod threats;

pub use accept::{AddJobOutcome, IntakeFacts, JobAcceptance, JobRefusal, NewJob, NewSuspension, NewTask};
pub use blocked_actions::BlockedActions;
pub use broken_glass::{BrokenGlass, BrokenGlassFacts, NewBrokenGlass};
pub use decide::{ApprovalFacts, JobDecision};
pub(super) use facts::find_kill_switch;
pub use facts::{KillSwitch, KillSwitchOrigin, TaskCounts};
pub use intent::{IntentDecision, IntentFacts, IntentOutcome, TaskTransition};
pub use job_lists::{JobCount, JobQuery};
pub use job_rows::{JobRow, TaskRow, TransitionRow};
pub use kill_switch::OperatorSuspension;
pub(super) use kill_switch::secure_after_restore;
pub(super) use moves::read_task_moves;
pub use moves::{JobMove, TaskMove};
pub(super) use period::{
    list_approved_account_changes, visit_approvals, visit_broken_glass, visit_relaxations, visit_tasks,
};
pub use policy::{POLICY_BUS, PolicyDecision, PolicyFacts};
pub use queries::{JobWithTasks, TaskTally};
pub use relaxation_rows::RelaxationRow;
pub(super) use relaxation_rows::{request_relaxation as ask_in, supersede_relaxations};
pub use relaxations::{RelaxationDecision, RelaxationFacts};
pub use results::ResultRow;
pub(super) use results::newest_result_number;
pub use secrets::ActionSecretRow;
pub use targets::KnownTarget;
