//! Points in time: UTC, whole milliseconds inside, RFC 3339 on the wire.

use chrono::{DateTime, SecondsFormat, Utc};

pub type Timestamp = DateTime<Utc>;

/// Reads what Graph sends: whole seconds or up to 7 fractional digits, year 1 to 9999.
pub fn parse_time(text: &str) -> Option<Timestamp> {
    DateTime::parse_from_rfc3339(text)
        .ok()
        .map(|time| time.with_timezone(&Utc))
}

/// Whole seconds, as Graph's LIST writes them: `2026-11-19T23:17:06Z`.
pub fn format_time(time: Timestamp) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}
