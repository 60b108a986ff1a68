//! Which triggers are due. Pure; when they last came and what the settings say is asked by the engine.

use chrono::TimeDelta;
use chrono_tz::Tz;

use crate::model::Timestamp;
use crate::schedule::Trigger;
use crate::schedule::trigger_due_delayed;

/// When a trigger comes, as it is now.
#[derive(Debug, Clone)]
pub struct PlannedTrigger {
    pub trigger: Trigger,
    pub zone: Tz,
    /// Comes so much later, so that not everything starts together.
    pub late: TimeDelta,
    /// Of an interval, instead.
    pub phase: Option<TriggerPhase>,
    /// When what it starts last began; `None`: never.
    pub last: Option<Timestamp>,
    /// Not before; after a failure.
    pub not_before: Option<Timestamp>,
}

/// Runs of an interval come at a moment of it that is this instance's own: however many instances began together, theirs are
/// spread over it from then on. For that one run comes earlier than its interval, and none later than by `apart`.
#[derive(Debug, Clone, Copy)]
pub struct TriggerPhase {
    /// Behind the beginning of an interval, counted from 1970.
    pub at: TimeDelta,
    /// Between two runs at least.
    pub apart: TimeDelta,
}

impl TriggerPhase {
    /// By how much later than the interval the next run comes; earlier where it is negative.
    fn delay_behind(self, last: Timestamp, interval_s: u64) -> TimeDelta {
        let interval = TimeDelta::seconds(i64::try_from(interval_s.clamp(1, LONGEST_S)).unwrap_or(1));
        let earliest_ms = last.timestamp_millis().saturating_add(self.apart.num_milliseconds());
        let wait_ms = self.at.num_milliseconds().saturating_sub(earliest_ms);
        let wait_ms = wait_ms.rem_euclid(interval.num_milliseconds());
        self.apart + TimeDelta::milliseconds(wait_ms) - interval
    }
}

/// Longer than any interval that can be set.
const LONGEST_S: u64 = 366 * 86_400;

/// A trigger of a workflow, and what is known of it.
#[derive(Debug, Clone)]
pub struct ScheduleState {
    pub name: String,
    pub covered_by: Option<String>,
    /// `None`: not now, whatever the time.
    pub planned: Option<PlannedTrigger>,
}

/// When a trigger comes next; `None`: not planned.
pub fn next_at(schedule: &ScheduleState, all: &[ScheduleState], now: Timestamp) -> Option<Timestamp> {
    let planned = schedule.planned.as_ref()?;
    let covering = schedule
        .covered_by
        .as_ref()
        .and_then(|name| all.iter().find(|other| other.name == *name));
    let known = [planned.last, covering.and_then(|other| other.planned.as_ref()?.last)];
    // What began in the future, before the clock was set back, does not count beside what did not: or the trigger
    // would be due again and again.
    let past = known.into_iter().flatten().filter(|last| *last <= now).max();
    let last = past.or(known.into_iter().flatten().max());
    let late = match (&planned.trigger, planned.phase, last) {
        (Trigger::EverySeconds(seconds), Some(phase), Some(began)) => phase.delay_behind(began, *seconds),
        _ => planned.late,
    };
    let at = trigger_due_delayed(&planned.trigger, planned.zone, late, last, now).due_time(now)?;
    Some(planned.not_before.map_or(at, |first| at.max(first)))
}

/// The trigger to start now: of those that are due the first that no other due one covers.
pub fn due_schedule(all: &[ScheduleState], now: Timestamp) -> Option<&ScheduleState> {
    let is_due = |schedule: &ScheduleState| next_at(schedule, all, now).is_some_and(|at| at <= now);
    let due: Vec<&ScheduleState> = all.iter().filter(|schedule| is_due(schedule)).collect();
    let covered = |schedule: &ScheduleState| {
        due.iter()
            .any(|other| Some(&other.name) == schedule.covered_by.as_ref())
    };
    due.iter().copied().find(|schedule| !covered(schedule))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minutes: i64) -> Timestamp {
        Timestamp::from_timestamp(1_790_000_000, 0).expect("a date") + TimeDelta::minutes(minutes)
    }

    fn every(name: &str, minutes: u64, last: Option<i64>, covered_by: Option<&str>) -> ScheduleState {
        ScheduleState {
            name: name.to_owned(),
            covered_by: covered_by.map(str::to_owned),
            planned: Some(PlannedTrigger {
                trigger: Trigger::EverySeconds(minutes * 60),
                zone: chrono_tz::UTC,
                late: TimeDelta::zero(),
                phase: None,
                last: last.map(at),
                not_before: None,
            }),
        }
    }

    fn due_name(all: &[ScheduleState], now: i64) -> Option<&str> {
        due_schedule(all, at(now)).map(|schedule| schedule.name.as_str())
    }

    #[test]
    fn s3_the_covering_trigger_wins_and_counts_for_the_covered_one() {
        let all = [
            every("small", 15, Some(0), Some("large")),
            every("large", 240, Some(0), None),
        ];
        assert_eq!(due_name(&all, 14), None);
        assert_eq!(due_name(&all, 15), Some("small"));
        assert_eq!(due_name(&all, 240), Some("large"), "both are due");
        let all = [
            every("small", 15, Some(0), Some("large")),
            every("large", 240, Some(10), None),
        ];
        assert_eq!(
            due_name(&all, 20),
            None,
            "the large one brought what the small one would have"
        );
    }

    /// As an instance has it by default.
    fn every_two_minutes(phase_s: i64, last: Timestamp) -> ScheduleState {
        let mut schedule = every("small", 2, None, None);
        let planned = schedule.planned.as_mut().expect("planned");
        planned.last = Some(last);
        planned.phase = Some(TriggerPhase {
            at: TimeDelta::seconds(phase_s),
            apart: TimeDelta::seconds(12),
        });
        schedule
    }

    #[test]
    fn instances_that_began_together_are_spread_over_the_interval_and_none_comes_later_than_it_may() {
        let (began, mut first) = (at(0), Vec::new());
        for phase_s in 0..120 {
            let mut last = began;
            for run in 0..3 {
                let schedule = every_two_minutes(phase_s, last);
                let next = next_at(&schedule, std::slice::from_ref(&schedule), last).expect("it comes");
                assert_eq!(next.timestamp().rem_euclid(120), phase_s);
                let waited = (next - last).num_seconds();
                assert!((12..132).contains(&waited), "{phase_s}: {waited} s");
                if run == 0 {
                    first.push(waited);
                } else {
                    assert!(
                        (119..=120).contains(&waited),
                        "a look at the clock later than its moment: {waited} s"
                    );
                }
                // It begins with the tick behind its moment.
                last = next + TimeDelta::milliseconds(700);
            }
        }
        first.sort_unstable();
        first.dedup();
        assert_eq!(first.len(), 120, "no two of them together");
    }

    #[test]
    fn a_pause_holds_a_trigger_back_and_what_is_not_planned_never_comes() {
        let mut all = [every("one", 15, Some(0), None)];
        all[0].planned.as_mut().expect("planned").not_before = Some(at(40));
        assert_eq!(due_name(&all, 39), None);
        assert_eq!(due_name(&all, 40), Some("one"));
        all[0].planned = None;
        assert_eq!(due_name(&all, 4_000), None);
    }

    #[test]
    fn e3_a_start_in_the_future_does_not_make_the_other_due_for_ever() {
        let all = [
            every("small", 15, Some(500), Some("large")),
            every("large", 240, Some(95), None),
        ];
        assert_eq!(due_name(&all, 100), None);
        assert_eq!(due_name(&all, 110), Some("small"));
    }
}
