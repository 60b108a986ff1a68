//! Telling people: logs, metrics, and the clock everything reads.
//!
//! Nothing here may stop the bus: a log file that can't be written loses lines and counts them ([`Logging`]), a metric
//! with too many label values drops them and counts that ([`Metrics`]). What may stand in a log line is listed in
//! [`fields`], what may stand in a label in [`metric`].

mod clock;
mod daily;
mod disk;
pub mod fields;
mod heads;
mod log;
mod log_settings;
mod member_log;
mod meter;
pub mod metric;
mod metrics;
mod one_line;
mod ration;
mod retention;

pub use clock::Clock;
pub use disk::free_bytes;
pub use heads::{LoggedHead, logged_heads};
pub use log::{Console, LEVEL_VARIABLE, LogError, Logging, audit_head, start, start_for_command, subscriber};
pub use log_settings::{LogFormat, LogSettings};
pub use member_log::SPAN as MEMBER_SPAN;
pub use meter::Meter;
pub use metric::{Metric, MetricKind};
pub use metrics::{MAX_SERIES, Metrics};
pub use ration::Ration;
