//! The log of the bus.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};

/// Which lines of the log.
#[derive(Debug, Clone, Default, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct LogQuery {
    /// Lines of this level and of more important ones; omitted: all.
    pub level: Option<LogLevel>,
    /// Text contained in the message or in a field (`name=value`), whatever its case; omitted: all.
    pub text: Option<String>,
    /// Only older lines: `before` of the page before, or a time (RFC 3339); omitted: from the newest on. Not for a stream.
    pub before: Option<String>,
    /// Only as a stream: behind the line with this id of an event; omitted: the newest lines, then what comes.
    pub after: Option<u64>,
    /// Most lines of a page, or with which a stream begins, 1 to 1000; omitted: 100.
    #[param(minimum = 1, maximum = 1_000)]
    pub limit: Option<u32>,
}

/// How important a line is, from the most important on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum LogLevel {
    /// Something failed.
    Error,
    /// Somebody should look.
    Warn,
    /// What was done.
    Info,
    /// How it was done.
    Debug,
    /// Every step.
    Trace,
}

impl LogLevel {
    /// Every level, the most important first.
    pub const ALL: [LogLevel; 5] = [
        LogLevel::Error,
        LogLevel::Warn,
        LogLevel::Info,
        LogLevel::Debug,
        LogLevel::Trace,
    ];

    /// On the wire, in settings and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            LogLevel::Error => "error",
            LogLevel::Warn => "warn",
            LogLevel::Info => "info",
            LogLevel::Debug => "debug",
            LogLevel::Trace => "trace",
        }
    }
}

/// A page of the log.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LogView {
    /// Newest first; may be few, or none, although there are older ones: so much of the files is read at once and no more.
    pub lines: Vec<LogLineView>,
    /// For the next, older page; null: there is no older line.
    pub before: Option<String>,
}

/// A line of the log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LogLineView {
    /// When it was written, in microseconds.
    pub at: DateTime<Utc>,
    /// How important it is.
    pub level: LogLevel,
    /// Module of the program that wrote it; empty where the file does not say it.
    pub target: String,
    /// What happened; of a file in text form with the fields behind it.
    pub message: String,
    /// What belongs to it: `instance`, `device`, `error` …; never a secret.
    #[schema(value_type = Object)]
    pub fields: Map<String, Value>,
}
