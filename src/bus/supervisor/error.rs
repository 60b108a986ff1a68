//! Why the supervisor refused or failed.

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SupervisorError {
    #[error("{0} is not installed")]
    Unknown(String),
    #[error("{0} is disabled")]
    Disabled(String),
    #[error("unknown kind of microservice {0:?}")]
    UnknownKind(String),
    /// A folder on which a command works, without a running bus.
    #[error("no bus is running on this data folder")]
    NotRunning,
}
