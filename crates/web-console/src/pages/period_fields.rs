//! A period in the filters of a list: two days of UTC, both of which belong to it. What is no day asks for nothing in a
//! list, and the page says so beside its field; a file of a list is not made then.

use chrono::{DateTime, Days, NaiveDate, NaiveTime, SecondsFormat, Utc};
use http::StatusCode;

use crate::failure::PageFailure;
use crate::list_state::ListState;

/// As the API takes it: begin, and the first moment behind it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct AskedPeriod {
    pub(crate) from: Option<String>,
    pub(crate) until: Option<String>,
}

/// From the fields `from` and `until` of the address.
pub(crate) fn read_period(list: &ListState) -> AskedPeriod {
    let until = day_begin(list.value("until")).and_then(|day| day.checked_add_days(Days::new(1)));
    AskedPeriod {
        from: day_begin(list.value("from")).map(write_time),
        until: until.map(write_time),
    }
}

/// For a file, which would hold everything where a day is none.
pub(crate) fn require_period(list: &ListState) -> Result<(), PageFailure> {
    if list.is_no_day("from") || list.is_no_day("until") {
        return Err(PageFailure::plain(StatusCode::UNPROCESSABLE_ENTITY, "period-no-day"));
    }
    Ok(())
}

impl ListState {
    /// Whether something stands in this field, and is no day.
    pub(crate) fn is_no_day(&self, name: &str) -> bool {
        let given = self.value(name);
        !given.is_empty() && day_begin(given).is_none()
    }
}

fn day_begin(day: &str) -> Option<DateTime<Utc>> {
    let day: NaiveDate = day.parse().ok()?;
    Some(day.and_time(NaiveTime::MIN).and_utc())
}

fn write_time(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_has_its_last_day_as_well() {
        let period = read_period(&ListState::new("/messages", "from=2026-11-01&until=2026-11-30"));
        assert_eq!(period.from.as_deref(), Some("2026-11-01T00:00:00Z"));
        assert_eq!(period.until.as_deref(), Some("2026-12-01T00:00:00Z"));
        let nonsense = ListState::new("/messages", "from=yesterday&until=2026-13-01");
        assert_eq!(read_period(&nonsense), AskedPeriod::default());
    }

    #[test]
    fn wi_37_what_is_no_day_is_told_and_makes_no_file_of_everything() {
        for (query, wrong) in [
            ("", [false, false]),
            ("from=&until=", [false, false]),
            ("from=2026-11-01&until=2026-11-30", [false, false]),
            ("from=31.12.2027&until=2026-11-30", [true, false]),
            ("from=2026-11-01&until=2026-13-01", [false, true]),
        ] {
            let list = ListState::new("/messages", query);
            assert_eq!(["from", "until"].map(|name| list.is_no_day(name)), wrong, "{query}");
            let required = require_period(&list).map_err(|failure| failure.code);
            let refused = wrong.contains(&true).then(|| "period-no-day".to_owned());
            assert_eq!(required.err(), refused, "{query}");
        }
    }
}
