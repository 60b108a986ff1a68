//! What happens after a member ended: a pure function of how it ended and how often it failed.

use chrono::TimeDelta;

use crate::model::Timestamp;

/// The first pause; the next is twice as long, and so on.
pub const PAUSE_FIRST: TimeDelta = TimeDelta::seconds(1);
pub const PAUSE_MOST: TimeDelta = TimeDelta::minutes(5);
/// After running this long a member counts as stable: its next failure is a first one.
pub const STEADY: TimeDelta = TimeDelta::minutes(10);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MemberEnding {
    /// It was told to stop and did, or was cut off.
    Stopped,
    /// It can't start, or gave up, for a reason that stays.
    Trouble,
    /// The same for a reason that may pass.
    PassingTrouble,
    /// It ended unexpectedly.
    Unasked,
    Panicked,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RestartDecision {
    Stopped,
    Failed,
    /// Starts again after a pause; so many failures in a row.
    Again {
        pause: TimeDelta,
        failures: u32,
    },
}

/// `ran`: how long it ran; `failures`: in a row before this ending.
pub fn next(ending: MemberEnding, ran: TimeDelta, failures: u32) -> RestartDecision {
    match ending {
        MemberEnding::Stopped => RestartDecision::Stopped,
        MemberEnding::Trouble => RestartDecision::Failed,
        MemberEnding::PassingTrouble | MemberEnding::Unasked | MemberEnding::Panicked => {
            let before = if ran >= STEADY { 0 } else { failures };
            RestartDecision::Again {
                pause: restart_pause(before),
                failures: before.saturating_add(1),
            }
        }
    }
}

fn restart_pause(failures: u32) -> TimeDelta {
    // 2^9 seconds are above the most already.
    (PAUSE_FIRST * 2_i32.pow(failures.min(9))).min(PAUSE_MOST)
}

/// Whether a pause that was to last from `from` to `until` is over. A clock that was set back ends it (E3).
pub fn is_pause_over(now: Timestamp, from: Timestamp, until: Timestamp) -> bool {
    now >= until || now < from
}

#[cfg(test)]
mod tests {
    use super::*;

    fn again(next: RestartDecision) -> (i64, u32) {
        match next {
            RestartDecision::Again { pause, failures } => (pause.num_seconds(), failures),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn b26_pauses_double_up_to_five_minutes_and_begin_anew_after_a_steady_time() {
        let mut failures = 0;
        let mut pauses = Vec::new();
        for _ in 0..12 {
            let (pause, now) = again(next(MemberEnding::Panicked, TimeDelta::seconds(3), failures));
            pauses.push(pause);
            failures = now;
        }
        assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]);
        assert_eq!(again(next(MemberEnding::Unasked, STEADY, failures)), (1, 1));
        assert_eq!(
            again(next(MemberEnding::PassingTrouble, TimeDelta::zero(), u32::MAX)),
            (300, u32::MAX)
        );
    }

    #[test]
    fn who_was_told_to_stop_rests_and_trouble_that_stays_is_not_tried_again() {
        assert_eq!(next(MemberEnding::Stopped, STEADY, 7), RestartDecision::Stopped);
        assert_eq!(
            next(MemberEnding::Trouble, TimeDelta::zero(), 0),
            RestartDecision::Failed
        );
    }

    #[test]
    fn e3_a_clock_that_was_set_back_ends_the_pause() {
        let from = Timestamp::UNIX_EPOCH + TimeDelta::days(1);
        let until = from + TimeDelta::minutes(5);
        assert!(!is_pause_over(from, from, until));
        assert!(is_pause_over(until, from, until));
        assert!(is_pause_over(from - TimeDelta::hours(1), from, until));
    }
}
