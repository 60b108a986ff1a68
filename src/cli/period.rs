//! A period on the command line: days of UTC, or moments.

use chrono::{NaiveDate, NaiveTime, SecondsFormat, TimeDelta};

use crate::model::{Timestamp, find_impossible_date, parse_time};

/// The first moment of a day, or a moment.
pub(super) fn parse_begin(text: &str) -> Result<Timestamp, String> {
    parse_moment(text, TimeDelta::zero())
}

/// The moment behind a day, or a moment.
pub(super) fn parse_end(text: &str) -> Result<Timestamp, String> {
    parse_moment(text, TimeDelta::days(1))
}

fn parse_moment(text: &str, of_day: TimeDelta) -> Result<Timestamp, String> {
    let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok();
    let moment = day.and_then(|day| day.and_time(NaiveTime::MIN).and_utc().checked_add_signed(of_day));
    moment.or_else(|| parse_time(text)).ok_or_else(|| {
        describe_wrong(
            text,
            "it is neither a day like 2026-11-01 nor a time like 2026-11-01T08:00:00Z",
        )
    })
}

fn describe_wrong(text: &str, form: &str) -> String {
    match find_impossible_date(text) {
        Some(date) => format!("the date {date} does not exist"),
        None => form.to_owned(),
    }
}

/// A moment as the bus is asked for it.
pub(super) fn check_moment(text: &str) -> Result<String, String> {
    if parse_time(text).is_some() {
        return Ok(text.to_owned());
    }
    Err(describe_wrong(
        text,
        "write it as RFC 3339 in UTC, such as 2026-11-28T12:00:00Z",
    ))
}

/// As a list is asked for it: nothing of it is lost.
pub(super) fn write_moment(moment: Timestamp) -> String {
    moment.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_belongs_to_the_period_and_a_time_is_its_edge() {
        let at = |text: &str| parse_time(text).unwrap();
        assert_eq!(parse_begin("2026-11-01"), Ok(at("2026-11-01T00:00:00Z")));
        assert_eq!(parse_end("2026-11-30"), Ok(at("2026-12-01T00:00:00Z")));
        for parse in [parse_begin, parse_end] {
            assert_eq!(parse("2026-11-01T08:00:00+01:00"), Ok(at("2026-11-01T07:00:00Z")));
            for wrong in ["", "yesterday", "01.11.2026", "2026-02-30"] {
                assert!(parse(wrong).is_err(), "{wrong}");
            }
        }
        assert!(check_moment("").is_err(), "nothing would ask for everything");
        let precise = "2026-11-01T08:00:00.250Z";
        assert_eq!(write_moment(at(precise)), precise);
    }
}
