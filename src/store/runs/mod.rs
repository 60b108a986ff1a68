//! Workflows in the store: what is installed, which runs there are, and the journal of their steps. What is begun is
//! committed before it is done, and its end before anything stands on it; the engine ([`crate::workflow`]) sees to that
//! order, here each operation is one transaction.

mod installed;
mod journal;
mod look;

pub use installed::{FoundText, Lead, Led, NewDefinition, OfferedText, WorkflowRow};
pub use journal::{StepEnd, StepRow, StepStart};
pub use look::{NewRun, RunEnd, RunQuery, RunRow};

pub use installed::agreed;
pub use look::{after_restore, insert as insert_run, is_enabled};
