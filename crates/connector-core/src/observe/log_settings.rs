//! What the bus is told about its log.

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    Text,
    Json,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogSettings {
    pub format: LogFormat,
    pub level: tracing::Level,
    /// Daily files in `logs/` as well as the console.
    pub files: bool,
    pub keep_days: u32,
    pub max_total_bytes: u64,
}
