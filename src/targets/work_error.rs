//! Why work on the feed did not come to its end.

use super::target_context::TargetFailure;
use super::{MappingError, TargetFault};
use crate::inventory::feed::{FeedError, OutdatedCursor};
use crate::store::StoreError;

/// Nothing is lost with any of them: what was not acknowledged is worked again.
#[derive(Debug, thiserror::Error)]
pub(super) enum WorkError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Ended(TargetFailure),
    #[error(transparent)]
    Fault(#[from] TargetFault),
    #[error("invalid mapping: {0}")]
    Mapping(#[from] MappingError),
    /// The server's filter can't be read.
    #[error("{0}")]
    Filter(String),
    /// The feed begins elsewhere: resynchronised, rewound, restored.
    #[error("the feed was moved meanwhile ({0:?})")]
    Moved(OutdatedCursor),
    #[error("the target is stopping")]
    Stopped,
    #[error("the write window is closed")]
    Closed,
    #[error("what the target writes by was changed meanwhile")]
    Changed,
}

impl From<FeedError> for WorkError {
    fn from(error: FeedError) -> WorkError {
        match error {
            FeedError::Store(error) => WorkError::Store(error),
            FeedError::Outdated(outdated) => WorkError::Moved(outdated),
            // Its cursors are its own; the server was registered anew under the same name.
            FeedError::Malformed(_) => WorkError::Moved(OutdatedCursor::Generation),
            FeedError::Lens(error) => WorkError::Filter(error.to_string()),
        }
    }
}

impl From<TargetFailure> for WorkError {
    fn from(failure: TargetFailure) -> WorkError {
        match failure {
            TargetFailure::Store(error) => WorkError::Store(error),
            TargetFailure::ServerMissing(_) => WorkError::Ended(failure),
        }
    }
}

/// Why somebody who asked could not be answered.
#[derive(Debug, thiserror::Error)]
pub enum TargetLookError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Ended(TargetFailure),
    #[error(transparent)]
    Fault(#[from] TargetFault),
    #[error("invalid mapping: {0}")]
    Mapping(#[from] MappingError),
    #[error("{0}")]
    Filter(String),
    /// The feed was moved, or the target is being stopped.
    #[error("what the target reads was changed meanwhile")]
    Changed,
    #[error("run {0} does not exist")]
    UnknownRun(i64),
    /// Nothing is written at this time of the day. `opens`: by the clock of the target.
    #[error("it is outside of the write window of the target, which opens on {opens}")]
    WindowClosed { opens: String },
}

impl TargetLookError {
    /// Stable, for machines.
    pub fn code(&self) -> &'static str {
        match self {
            TargetLookError::Store(error) => error.code(),
            TargetLookError::Ended(failure) => failure.code(),
            TargetLookError::Fault(fault) => fault.code(),
            TargetLookError::Mapping(error) => error.code(),
            TargetLookError::Filter(_) => "filter",
            TargetLookError::Changed => "changedMeanwhile",
            TargetLookError::UnknownRun(_) => "unknownRun",
            TargetLookError::WindowClosed { .. } => "writeWindow",
        }
    }

    /// With TARGET where a command names the target.
    pub fn advice(&self) -> String {
        match self {
            TargetLookError::Store(_) => "check the disk of the data folder: intune-connector doctor".to_owned(),
            TargetLookError::Ended(failure) => failure.advice(),
            TargetLookError::Fault(fault) => fault.advice(),
            TargetLookError::Mapping(error) => error.advice(),
            TargetLookError::Filter(_) => "change the filter: intune-connector servers limit TARGET".to_owned(),
            TargetLookError::Changed => "ask again".to_owned(),
            TargetLookError::UnknownRun(_) => "see the runs: intune-connector targets runs TARGET".to_owned(),
            TargetLookError::WindowClosed { .. } => {
                "ask again then, or change the window: intune-connector instances reconfigure TARGET".to_owned()
            }
        }
    }
}

impl From<WorkError> for TargetLookError {
    fn from(error: WorkError) -> TargetLookError {
        match error {
            WorkError::Store(error) => TargetLookError::Store(error),
            WorkError::Ended(failure) => TargetLookError::Ended(failure),
            WorkError::Fault(fault) => TargetLookError::Fault(fault),
            WorkError::Mapping(error) => TargetLookError::Mapping(error),
            WorkError::Filter(problem) => TargetLookError::Filter(problem),
            WorkError::Moved(_) | WorkError::Stopped | WorkError::Closed | WorkError::Changed => {
                TargetLookError::Changed
            }
        }
    }
}

impl From<TargetFailure> for TargetLookError {
    fn from(failure: TargetFailure) -> TargetLookError {
        WorkError::from(failure).into()
    }
}
