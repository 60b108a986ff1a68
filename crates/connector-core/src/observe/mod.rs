//! Telling people: logs, metrics, and the clock everything reads.
//!
//! Nothing here may stop the bus: a log file that can't be written loses lines and counts them ([`LogGuard`]), a metric
//! with too many label values drops them and counts that ([`Metrics`]). What may stand in a log line is listed in
//! [`fields`], what may stand in a label in [`metric`].

mod audit_heads;
mod clock;
mod daily_file;
mod disk;
pub mod fields;
mod log;
mod log_line;
mod log_reader;
mod log_settings;
mod log_throttle;
mod member_log;
pub mod metric;
mod metrics;
mod one_line;
mod recent_log;
mod retention;
mod tenant_meter;

pub use audit_heads::{LoggedHead, read_logged_heads};
pub use clock::Clock;
pub use disk::free_bytes;
pub use log::{
    ConsoleOutput, LEVEL_VARIABLE, LogError, LogGuard, build_subscriber, log_audit_head, start_command_logging,
    start_logging, start_memory_logging,
};
pub use log_line::{LogLine, format_field};
pub use log_reader::{InvalidLogPlace, LogPlace, LogReader};
pub use log_settings::{LogFormat, LogSettings};
pub use log_throttle::LogThrottle;
pub use member_log::SPAN as MEMBER_SPAN;
pub use metric::{Metric, MetricKind};
pub use metrics::{MAX_SERIES, Metrics};
pub use recent_log::{RecentLine, RecentLog, recent_log};
pub use tenant_meter::TenantMeter;
