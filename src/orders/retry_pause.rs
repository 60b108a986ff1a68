//! How long to wait before the next attempt at an application or an order. Pure; the moment and the luck are passed in.
//!
//! An attempt that failed is never repeated at once: the pause doubles from a start that fits the trouble, and where Graph
//! says when to come back, it is no shorter than that. It never ends by itself: the time limit of the order does that.

use std::time::Duration;

/// What stood in the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TroubleKind {
    /// What was just made is not known everywhere yet.
    Replication,
    /// 429.
    Throttled,
    /// 5xx, no answer, no connection.
    Outage,
    /// A person has to do something: a missing permission, an app that is not published.
    Person,
}

/// A longer time than this is not believed.
const REQUESTED_MAX: Duration = Duration::from_secs(3600);

/// `attempts`: those that failed before this one; `jitter` is from 0 to 1.
pub fn pause_before_retry(kind: TroubleKind, attempts: u32, retry_after: Option<Duration>, jitter: f64) -> Duration {
    let (first_s, longest_s) = match kind {
        TroubleKind::Replication => (5, 120),
        TroubleKind::Throttled => (20, 600),
        TroubleKind::Outage => (10, 900),
        TroubleKind::Person => (60, 900),
    };
    let doubled = Duration::from_secs(first_s)
        .saturating_mul(1 << attempts.min(12))
        .min(Duration::from_secs(longest_s));
    let jitter = jitter.clamp(0.0, 1.0);
    let own = doubled.mul_f64(0.75 + 0.25 * jitter);
    match retry_after {
        // Never before the time that was asked for; up to a tenth later, so that not all come at once.
        Some(asked) => own.max(asked.min(REQUESTED_MAX).mul_f64(1.0 + 0.1 * jitter)),
        None => own,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: fn(u64) -> Duration = Duration::from_secs;

    #[test]
    fn sh_26_the_pause_doubles_up_to_a_bound() {
        let pauses: Vec<Duration> = (0..9)
            .map(|attempts| pause_before_retry(TroubleKind::Outage, attempts, None, 1.0))
            .collect();
        assert_eq!(pauses, [10, 20, 40, 80, 160, 320, 640, 900, 900].map(S));
        assert_eq!(
            pause_before_retry(TroubleKind::Replication, 0, None, 0.0),
            S(5).mul_f64(0.75)
        );
        assert_eq!(pause_before_retry(TroubleKind::Person, u32::MAX, None, 1.0), S(900));
    }

    #[test]
    fn what_graph_asks_for_is_never_undercut_and_believed_for_an_hour() {
        let asked = |seconds| pause_before_retry(TroubleKind::Throttled, 0, Some(S(seconds)), 0.0);
        assert_eq!(asked(300), S(300));
        assert_eq!(asked(1), S(15), "and a word of one second does not make it faster");
        assert_eq!(asked(86_400), S(3600));
    }
}
