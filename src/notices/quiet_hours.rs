//! Quiet hours: from one time of the day to another one, in a time zone, over midnight too. Pure.

use chrono::NaiveTime;
use chrono_tz::Tz;

use crate::contract::QuietHours;
use crate::model::Timestamp;

/// Quiet hours, read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuietTimes {
    from: NaiveTime,
    to: NaiveTime,
    zone: Tz,
}

/// Why they cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QuietHoursError {
    #[error("{0:?} is no time of a day")]
    Time(String),
    #[error("{0:?} is no time zone")]
    Zone(String),
    #[error("the quiet hours end when they begin")]
    Empty,
}

impl QuietHoursError {
    /// How to write them.
    pub fn advice(&self) -> &'static str {
        match self {
            QuietHoursError::Time(_) => "Write hours and minutes, such as 22:00.",
            QuietHoursError::Zone(_) => "Give a name of the time zone database, such as Europe/Berlin.",
            QuietHoursError::Empty => "Give two different times, or leave the quiet hours out.",
        }
    }
}

impl QuietTimes {
    pub fn parse(given: &QuietHours) -> Result<QuietTimes, QuietHoursError> {
        let time = |text: &str| {
            NaiveTime::parse_from_str(text.trim(), "%H:%M").map_err(|_| QuietHoursError::Time(text.to_owned()))
        };
        let (from, to) = (time(&given.from)?, time(&given.to)?);
        let zone = given.zone.trim();
        let zone: Tz = zone.parse().map_err(|_| QuietHoursError::Zone(zone.to_owned()))?;
        if from == to {
            return Err(QuietHoursError::Empty);
        }
        Ok(QuietTimes { from, to, zone })
    }

    /// Whether it is quiet now, by the clocks of the zone.
    pub fn contains(self, now: Timestamp) -> bool {
        let time = now.with_timezone(&self.zone).time();
        if self.from < self.to {
            (self.from..self.to).contains(&time)
        } else {
            time >= self.from || time < self.to
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::parse_time;

    fn times(from: &str, to: &str, zone: &str) -> Result<QuietTimes, QuietHoursError> {
        QuietTimes::parse(&QuietHours {
            from: from.to_owned(),
            to: to.to_owned(),
            zone: zone.to_owned(),
        })
    }

    #[test]
    fn quiet_hours_go_over_midnight_by_the_clocks_of_their_zone() {
        let night = times("22:00", "07:00", "Europe/Berlin").unwrap();
        let at = |text: &str| night.contains(parse_time(text).unwrap());
        assert!(at("2026-01-10T21:00:00Z") && at("2026-01-10T23:30:00Z") && at("2026-01-10T05:59:59Z"));
        assert!(!at("2026-01-10T20:59:59Z") && !at("2026-01-10T06:00:00Z") && !at("2026-01-10T12:00:00Z"));
        // In summer the same clocks are an hour ahead.
        assert!(at("2026-07-10T20:00:00Z") && !at("2026-07-10T05:00:00Z"));
        let noon = times("12:00", "13:00", "UTC").unwrap();
        assert!(noon.contains(parse_time("2026-01-10T12:59:00Z").unwrap()));
        assert!(!noon.contains(parse_time("2026-01-10T13:00:00Z").unwrap()));
    }

    #[test]
    fn what_is_no_quiet_hours_is_refused_with_a_reason() {
        assert_eq!(
            times("25:00", "07:00", "UTC"),
            Err(QuietHoursError::Time("25:00".into()))
        );
        assert_eq!(times("22:00", "7", "UTC"), Err(QuietHoursError::Time("7".into())));
        assert_eq!(
            times("22:00", "07:00", "Mars"),
            Err(QuietHoursError::Zone("Mars".into()))
        );
        assert_eq!(times("07:00", "07:00", "UTC"), Err(QuietHoursError::Empty));
    }
}
