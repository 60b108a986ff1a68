//! Occurrences of a cron expression in a zone, through both changes of daylight saving.
//!
//! croner decides by whether second, minute and hour each have one value; then `0 30 2,14 * * *` would lose a run in
//! spring and have two in autumn. Here it is the hour field alone: named hours are wall-clock times, which happen once
//! each; a wildcard or a range of hours follows elapsed time, and croner's own walk does that.

use chrono::{DateTime, Days, LocalResult, NaiveDateTime, TimeDelta, TimeZone, Timelike, Utc};
use chrono_tz::Tz;
use croner::Cron;
use croner::parser::{CronParser, Year};

use super::cron_fields::check_cron_fields;
use crate::model::Timestamp;

/// No gap of any zone is longer; days that a zone skipped altogether are left to the next occurrence.
const GAP_MAX_MINUTES: i64 = 3 * 60;
/// Candidates behind us that a repeated hour may hold: one a second.
const REPEATED_MAX: usize = 2 * 3600 + 1;

#[derive(Debug, Clone)]
pub struct CronSchedule {
    cron: Cron,
    /// Hours are named, so times are wall-clock times.
    is_wall_clock: bool,
}

impl CronSchedule {
    /// Five fields, or six with seconds first.
    pub fn parse(text: &str) -> Result<Self, String> {
        let fields = text.split_whitespace().count();
        if text.trim_start().starts_with('@') || !matches!(fields, 5 | 6) {
            return Err(format!("{fields} fields, expected 5 or 6"));
        }
        check_cron_fields(text)?;
        // What the look at the fields lets through is a special letter in a wrong place.
        let cron = CronParser::builder()
            .year(Year::Disallowed)
            .build()
            .parse(text)
            .map_err(|_| "L, W, # or ? stands where it has no meaning".to_owned())?;
        let hour = text.split_whitespace().nth(fields - 4).unwrap_or("*");
        Ok(CronSchedule {
            cron,
            is_wall_clock: !hour.contains('*') && !hour.contains('/') && !hour.contains('-'),
        })
    }

    /// The first occurrence later than `after`; `None` where there is none any more.
    pub fn next(&self, zone: Tz, after: Timestamp) -> Option<Timestamp> {
        let local = after.with_timezone(&zone);
        if !self.is_wall_clock {
            let next = self.cron.find_next_occurrence(&local, false).ok()?;
            return Some(next.with_timezone(&Utc)).filter(|next| *next > after);
        }
        let mut wall_time = local.naive_local();
        for _ in 0..REPEATED_MAX {
            wall_time = self.next_wall_time(wall_time)?;
            match resolve_wall_time(zone, wall_time) {
                Some(next) if next > after => return Some(next),
                _ => {}
            }
        }
        None
    }

    /// The next time on the wall, as if no clock were ever changed.
    fn next_wall_time(&self, wall_time: NaiveDateTime) -> Option<NaiveDateTime> {
        let next: DateTime<Utc> = self.cron.find_next_occurrence(&wall_time.and_utc(), false).ok()?;
        Some(next.naive_utc())
    }

    /// Whether it ever occurs; 30 February does not.
    pub fn has_occurrence(&self) -> bool {
        // Any date will do; leap days come within eight years.
        let start = DateTime::<Utc>::from_timestamp(1_767_225_600, 0).unwrap_or_default();
        let horizon = start.checked_add_days(Days::new(366 * 9)).unwrap_or(start);
        self.cron
            .find_next_occurrence(&start, true)
            .is_ok_and(|next| next <= horizon)
    }
}

/// When the wall shows that time: the first of two, or the end of the gap it falls into. Clocks are changed at whole
/// minutes.
fn resolve_wall_time(zone: Tz, wall_time: NaiveDateTime) -> Option<Timestamp> {
    match zone.from_local_datetime(&wall_time) {
        LocalResult::Single(time) | LocalResult::Ambiguous(time, _) => Some(time.with_timezone(&Utc)),
        LocalResult::None => (1..=GAP_MAX_MINUTES).find_map(|minutes| {
            let later = wall_time.with_second(0)? + TimeDelta::minutes(minutes);
            let time = zone.from_local_datetime(&later).earliest()?;
            Some(time.with_timezone(&Utc))
        }),
    }
}
