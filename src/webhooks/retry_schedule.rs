//! When a message is sent again: a pure decision. Eleven tries over a day, each pause moved a little to either side, so that
//! messages that failed together do not come back together. A message is never given up without a try: one that waited
//! while the bus was off is sent once more, however old it is.

use std::time::Duration;

use chrono::TimeDelta;

use super::send_outcome::SendOutcome;
use crate::model::Timestamp;
use crate::store::WebhookAttempt;

/// How long a message is tried.
pub const LIFETIME: TimeDelta = TimeDelta::hours(24);
/// Pauses behind the first, second … try, seconds; the last one holds for all further ones.
const PAUSES_S: [u32; 10] = [5, 30, 120, 600, 1_800, 3_600, 7_200, 14_400, 28_800, 28_800];
/// The longest pause that a receiver can ask for.
const LONGEST_REQUESTED: Duration = Duration::from_secs(3_600);
/// By which part of itself a pause is shorter or longer.
const JITTER: f64 = 0.1;

/// What to record of a try that ended at `now`. `attempts`: tries before this one; `jitter` is from 0 to 1. A receiver can
/// ask for a longer pause than ours (`Retry-After`, an hour at most), not for a shorter one.
pub fn decide_attempt(
    outcome: SendOutcome,
    attempts: u32,
    created_at: Timestamp,
    now: Timestamp,
    jitter: f64,
) -> WebhookAttempt {
    let (error, retry_after) = match outcome {
        SendOutcome::Accepted => return WebhookAttempt::Delivered,
        SendOutcome::Gone => {
            return WebhookAttempt::Dead {
                error: "HTTP 410: the receiver does not take this message any more".to_owned(),
            };
        }
        SendOutcome::Failed { error, retry_after } => (error, retry_after),
    };
    let end = created_at + LIFETIME;
    if now >= end {
        return WebhookAttempt::Dead { error };
    }
    let requested = retry_after.unwrap_or_default().min(LONGEST_REQUESTED);
    let pause = pause_behind(attempts, jitter).max(requested);
    let at = now + TimeDelta::from_std(pause).unwrap_or(LIFETIME);
    WebhookAttempt::Retry { at: at.min(end), error }
}

fn pause_behind(attempts: u32, jitter: f64) -> Duration {
    let index = usize::try_from(attempts).map_or(PAUSES_S.len(), |index| index.min(PAUSES_S.len() - 1));
    let pause = f64::from(PAUSES_S[index]);
    let factor = 1.0 + JITTER * (2.0 * jitter.clamp(0.0, 1.0) - 1.0);
    Duration::from_secs_f64(pause * factor)
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;

    fn start() -> Timestamp {
        DateTime::from_timestamp(1_790_000_000, 0).unwrap()
    }

    fn failed(retry_after: Option<Duration>) -> SendOutcome {
        SendOutcome::Failed {
            error: "HTTP 500".into(),
            retry_after,
        }
    }

    /// The pauses until it is dead.
    fn pauses(jitter: f64) -> Vec<TimeDelta> {
        let (mut now, mut all) = (start(), Vec::new());
        for attempts in 0.. {
            match decide_attempt(failed(None), attempts, start(), now, jitter) {
                WebhookAttempt::Retry { at, .. } => {
                    all.push(at - now);
                    now = at;
                }
                WebhookAttempt::Dead { error } => {
                    assert_eq!(error, "HTTP 500");
                    break;
                }
                WebhookAttempt::Delivered => panic!("a failure is no delivery"),
            }
        }
        all
    }

    #[test]
    fn a_message_is_tried_for_a_day_and_then_dead() {
        let even = pauses(0.5);
        assert_eq!(even[..10], PAUSES_S.map(|pause| TimeDelta::seconds(pause.into())));
        for jitter in [0.0, 0.3, 0.5, 1.0] {
            let pauses = pauses(jitter);
            let whole = pauses.iter().fold(TimeDelta::zero(), |sum, pause| sum + *pause);
            assert_eq!(whole, LIFETIME, "{pauses:?}");
            assert!((10..=13).contains(&pauses.len()), "{pauses:?}");
        }
        let fourth = |jitter| pauses(jitter)[3].num_seconds();
        assert_eq!((fourth(0.0), fourth(1.0)), (540, 660));
    }

    #[test]
    fn the_receiver_can_ask_for_a_longer_pause_of_an_hour_at_most() {
        let after =
            |attempts: u32, asked: Duration| match decide_attempt(failed(Some(asked)), attempts, start(), start(), 0.5)
            {
                WebhookAttempt::Retry { at, .. } => (at - start()).num_seconds(),
                _ => panic!("no retry"),
            };
        assert_eq!(after(0, Duration::from_secs(17)), 17);
        assert_eq!(after(0, Duration::from_secs(1)), 5, "never shorter than ours");
        assert_eq!(after(0, Duration::from_secs(999_999)), 3_600);
    }

    #[test]
    fn a_410_and_a_day_end_it_and_a_delivery_does_too() {
        let decide = |outcome, now| decide_attempt(outcome, 3, start(), now, 0.5);
        assert!(matches!(
            decide(SendOutcome::Accepted, start()),
            WebhookAttempt::Delivered
        ));
        assert!(matches!(
            decide(SendOutcome::Gone, start()),
            WebhookAttempt::Dead { .. }
        ));
        assert!(matches!(
            decide(failed(None), start() + LIFETIME),
            WebhookAttempt::Dead { .. }
        ));
        // The last pause ends with the day.
        let late = start() + LIFETIME - TimeDelta::seconds(1);
        let WebhookAttempt::Retry { at, .. } = decide(failed(None), late) else {
            panic!("the day is not over")
        };
        assert_eq!(at, start() + LIFETIME);
    }
}
