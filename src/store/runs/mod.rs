//! Workflows in the store: what is installed, which runs there are, and the journal of their steps. What is begun is
//! committed before it is done, and its end before anything stands on it; the engine ([`crate::workflow`]) sees to that
//! order, here each operation is one transaction.

mod journal;
mod lifecycle;
mod workflows;

pub use journal::{StepEnd, StepRow, StepStart};
pub use lifecycle::{NewRun, RunEnd, RunQuery, RunRow};
pub use workflows::{
    DefinitionDecision, DefinitionOutcome, FoundDefinition, NewDefinition, OfferedDefinition, WorkflowRow,
};

pub(crate) use lifecycle::{cancel_runs_after_restore, insert as insert_run, is_workflow_enabled};
pub(crate) use workflows::enable_approved;
