//! Points in time: UTC, whole milliseconds inside, RFC 3339 on the wire.

use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};

pub type Timestamp = DateTime<Utc>;

/// Reads what Graph sends: whole seconds or up to 7 fractional digits, year 1 to 9999.
pub fn parse_time(text: &str) -> Option<Timestamp> {
    DateTime::parse_from_rfc3339(text)
        .ok()
        .map(|time| time.with_timezone(&Utc))
}

/// The date at the begin of a text that is written as one and is none: `2026-11-31`.
pub fn find_impossible_date(text: &str) -> Option<&str> {
    let date = text.get(..10)?;
    let mut parts = date.split('-');
    let mut next = |letters: usize| {
        let part = parts.next().filter(|part| part.len() == letters)?;
        let has_digits = part.bytes().all(|byte| byte.is_ascii_digit());
        part.parse::<u32>().ok().filter(|_| has_digits)
    };
    let (year, month, day) = (next(4)?, next(2)?, next(2)?);
    let exists = NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day).is_some();
    (!exists).then_some(date)
}

/// Whole seconds, as Graph's LIST writes them: `2026-11-19T23:17:06Z`.
pub fn format_time(time: Timestamp) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wn_42_a_date_that_does_not_exist_is_found() {
        for (text, date) in [
            ("2026-11-31T00:00:00Z", Some("2026-11-31")),
            ("2027-02-29", Some("2027-02-29")),
            ("2026-13-01", Some("2026-13-01")),
            ("2026-11-30T25:00:00Z", None),
            ("2026-11-30", None),
            ("31.11.2026", None),
            ("yesterday", None),
            ("+026-11-31", None),
        ] {
            assert_eq!(find_impossible_date(text), date, "{text}");
        }
    }
}
