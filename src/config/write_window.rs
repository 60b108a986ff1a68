//! When a target may write: one span of the day in a zone of its own, `22:00-06:00`. One that ends before it begins goes
//! on behind midnight. Pure.

use chrono::{DateTime, NaiveTime, TimeDelta, TimeZone, Timelike};

use super::error::InvalidSetting;
use super::value_parsers;

/// Minutes of a day.
const DAY: u16 = 24 * 60;

/// Minutes since midnight, by the clock on the wall; the last one is outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WriteWindow {
    pub from: u16,
    pub to: u16,
}

impl WriteWindow {
    /// `None`: it is not written as a span of the day.
    pub fn parse(text: &str) -> Option<WriteWindow> {
        let (from, to) = text.split_once('-')?;
        let window = WriteWindow {
            from: parse_minute(from.trim())?,
            to: parse_minute(to.trim())?,
        };
        let is_span = window.from != window.to && window.from < DAY;
        is_span.then_some(window)
    }

    /// Whether it is open at this time of the day.
    pub fn is_open(self, local: NaiveTime) -> bool {
        let minute = (local.hour() * 60 + local.minute()) as u16;
        if self.from < self.to {
            (self.from..self.to).contains(&minute)
        } else {
            minute >= self.from || minute < self.to
        }
    }

    /// Now where it is open, else when it opens next. On a day on which the clock leaps over that time, behind the leap.
    pub fn next_opening<Z: TimeZone>(self, now: DateTime<Z>) -> DateTime<Z> {
        if self.is_open(now.time()) {
            return now;
        }
        let midnight = now.naive_local().date().and_time(NaiveTime::MIN);
        let zone = now.timezone();
        // The opening of this day may be over; behind it, quarters of an hour as long as any leap.
        for day in 0..3 {
            let opening = midnight + TimeDelta::days(day) + minutes(self.from);
            let mapped = (0..12).find_map(|quarter| {
                let at = opening + TimeDelta::minutes(15 * quarter);
                zone.from_local_datetime(&at).earliest()
            });
            if let Some(at) = mapped.filter(|at| *at > now) {
                return at;
            }
        }
        now + minutes(DAY)
    }
}

fn minutes(count: u16) -> TimeDelta {
    TimeDelta::minutes(i64::from(count))
}

/// `06:00`; `24:00` is the end of the day.
fn parse_minute(text: &str) -> Option<u16> {
    let (hour, minute) = text.split_once(':')?;
    let number = |text: &str| {
        let is_number = (1..=2).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then(|| text.parse::<u16>().ok()).flatten()
    };
    let (hour, minute) = (number(hour)?, number(minute).filter(|_| minute.len() == 2)?);
    let at = hour * 60 + minute;
    (minute < 60 && at <= DAY).then_some(at)
}

pub(super) fn parse_write_window(text: &str) -> Result<WriteWindow, InvalidSetting> {
    WriteWindow::parse(text)
        .ok_or_else(|| value_parsers::invalid_value(text, "a span of the day", "write it like 22:00-06:00"))
}

#[cfg(test)]
mod tests {
    use chrono::Utc;
    use chrono_tz::Europe::Berlin;

    use super::*;

    fn window(text: &str) -> WriteWindow {
        WriteWindow::parse(text).expect(text)
    }

    fn time(text: &str) -> NaiveTime {
        text.parse().expect(text)
    }

    #[test]
    fn a_window_is_open_between_its_times_behind_midnight_too() {
        let night = window("22:00-06:00");
        for (at, open) in [
            ("21:59:59", false),
            ("22:00:00", true),
            ("23:59:59", true),
            ("00:00:00", true),
            ("05:59:59", true),
            ("06:00:00", false),
            ("12:00:00", false),
        ] {
            assert_eq!(night.is_open(time(at)), open, "{at}");
        }
        let day = window("6:00 - 24:00");
        for (at, open) in [("05:59:59", false), ("06:00:00", true), ("23:59:59", true)] {
            assert_eq!(day.is_open(time(at)), open, "{at}");
        }
    }

    #[test]
    fn what_is_no_span_is_refused() {
        for wrong in [
            "",
            "22:00",
            "22-06",
            "22:00-25:00",
            "22:60-06:00",
            "24:00-06:00",
            "06:00-06:00",
            "22:0-06:00",
            "a:00-06:00",
            "+2:00-06:00",
            "022:00-06:00",
        ] {
            assert_eq!(WriteWindow::parse(wrong), None, "{wrong}");
        }
        assert!(parse_write_window("always").is_err_and(|error| error.advice.contains("22:00-06:00")));
    }

    #[test]
    fn the_next_opening_is_now_this_evening_or_tomorrow() {
        let night = window("22:00-06:00");
        let at = |text: &str| text.parse::<DateTime<Utc>>().expect(text);
        for (now, opens) in [
            ("2026-11-30T12:00:00Z", "2026-11-30T22:00:00Z"),
            ("2026-11-30T23:30:10Z", "2026-11-30T23:30:10Z"),
            ("2026-11-30T05:00:00Z", "2026-11-30T05:00:00Z"),
        ] {
            assert_eq!(night.next_opening(at(now)), at(opens), "{now}");
        }
        let morning = window("01:00-02:00");
        assert_eq!(
            morning.next_opening(at("2026-11-30T02:00:00Z")),
            at("2026-12-01T01:00:00Z")
        );
    }

    #[test]
    fn e3_a_clock_that_leaps_over_the_opening_opens_it_behind_the_leap() {
        let early = window("02:30-04:00");
        let local = |text: &str| text.parse::<DateTime<Utc>>().expect(text).with_timezone(&Berlin);
        // From 02:00 to 03:00 on this day.
        let opens = early.next_opening(local("2027-03-28T00:00:00Z"));
        assert_eq!(opens, local("2027-03-28T01:00:00Z"));
        assert!(early.is_open(opens.time()));
        // Twice between 02:00 and 03:00 on this one: the first of the two.
        let opens = early.next_opening(local("2027-10-30T22:30:00Z"));
        assert_eq!(opens, local("2027-10-31T00:30:00Z"));
    }
}
