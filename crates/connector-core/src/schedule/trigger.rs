//! When something is due, as settings and definitions say it.

/// When something is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trigger {
    Off,
    /// Five or six fields, in the configured zone.
    Cron(String),
    /// Every so many seconds, counted from the last start.
    EverySeconds(u64),
}
