//! The one function that says what is due. Pure: the same question has the same answer.

use chrono::TimeDelta;
use chrono_tz::Tz;

use super::cron::CronSchedule;
use crate::model::Timestamp;
use crate::schedule::Trigger;

/// How far ahead of the clock a last start may lie and still be believed: small corrections of a clock must not cause
/// a second run, large ones must not stop a schedule.
const AHEAD_MAX: TimeDelta = TimeDelta::hours(1);

/// Most runs that [`next_runs`] tells.
const RUNS_MAX: usize = 1000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TriggerDue {
    Now,
    At(Timestamp),
    Never,
}

impl TriggerDue {
    /// When it is due; `None` for never.
    pub fn due_time(self, now: Timestamp) -> Option<Timestamp> {
        match self {
            TriggerDue::Now => Some(now),
            TriggerDue::At(at) => Some(at),
            TriggerDue::Never => None,
        }
    }
}

/// Whether a trigger is due, given when its last run started (`None`: never).
pub fn trigger_due(trigger: &Trigger, zone: Tz, last_start: Option<Timestamp>, now: Timestamp) -> TriggerDue {
    trigger_due_delayed(trigger, zone, TimeDelta::zero(), last_start, now)
}

/// The same with every run `late` (see [`super::jitter`]), so that instances do not start together. A late start is not
/// taken for a missed one, even where `late` is longer than the time between two runs.
pub fn trigger_due_delayed(
    trigger: &Trigger,
    zone: Tz,
    late: TimeDelta,
    last_start: Option<Timestamp>,
    now: Timestamp,
) -> TriggerDue {
    let next: Box<dyn Fn(Timestamp) -> Option<Timestamp>> = match trigger {
        Trigger::Off => return TriggerDue::Never,
        Trigger::EverySeconds(seconds) => {
            let interval = bounded_interval(*seconds) + late;
            Box::new(move |after| after.checked_add_signed(interval))
        }
        Trigger::Cron(text) => match CronSchedule::parse(text) {
            Ok(occurrences) => Box::new(move |after| occurrences.next(zone, after - late).map(|at| at + late)),
            Err(_) => return TriggerDue::Never,
        },
    };
    let Some(last) = last_start.filter(|last| !is_too_far_ahead(*last, now, &*next)) else {
        // Never ran, or the clock was wrong when it did. An expression that can't occur stays silent.
        return next(now).map_or(TriggerDue::Never, |_| TriggerDue::Now);
    };
    match next(last) {
        Some(at) if at <= now => TriggerDue::Now,
        Some(at) => TriggerDue::At(at),
        None => TriggerDue::Never,
    }
}

/// Whether a last start lies further ahead than one run, or an hour, could explain.
fn is_too_far_ahead(last: Timestamp, now: Timestamp, next: &dyn Fn(Timestamp) -> Option<Timestamp>) -> bool {
    if last <= now {
        return false;
    }
    let first = next(now);
    let gap = first
        .and_then(next)
        .zip(first)
        .map_or(AHEAD_MAX, |(second, first)| second - first);
    last - now > gap.min(AHEAD_MAX)
}

/// Bounded, so that no addition of dates overflows: a second to a hundred years.
fn bounded_interval(seconds: u64) -> TimeDelta {
    const CENTURY_S: u64 = 100 * 366 * 86_400;
    TimeDelta::seconds(i64::try_from(seconds.clamp(1, CENTURY_S)).unwrap_or(1))
}

/// The next runs after `from`, at most 1000: what a schedule means, for people to see.
pub fn next_runs(trigger: &Trigger, zone: Tz, from: Timestamp, n: usize) -> Vec<Timestamp> {
    let following = |after: &Timestamp| match trigger {
        Trigger::Off => None,
        Trigger::EverySeconds(seconds) => after.checked_add_signed(bounded_interval(*seconds)),
        Trigger::Cron(text) => CronSchedule::parse(text).ok()?.next(zone, *after),
    };
    std::iter::successors(following(&from), following)
        .take(n.min(RUNS_MAX))
        .collect()
}

#[cfg(test)]
#[path = "due_tests.rs"]
mod tests;
