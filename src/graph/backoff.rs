//! Whether to try again, and when: a pure decision. What is safe to repeat is known elsewhere; this is for reads.
//!
//! Graph counts throttled requests too, so trying at once makes it worse, and Intune's 429 often comes without
//! `Retry-After`. Without it the wait doubles from a start that fits the kind of failure, with full
//! jitter above half, so that instances that were thrown back together do not come back together.

use std::time::Duration;

/// What kind of failure it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureKind {
    /// 429: too many requests.
    Throttled,
    /// 500, 502, 503, 504, 408: Graph or Intune has a problem.
    Server,
    /// No connection, connection lost, answer cut off, answer from somebody else.
    Broken,
    /// Trying again can't help.
    Final,
}

/// What Graph said about when to come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RetryAfter {
    None,
    After(Duration),
}

/// The bounds of trying again; tests shrink them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryBounds {
    /// Requests for one answer, the first included.
    pub attempts: u32,
    pub throttled_start: Duration,
    pub server_start: Duration,
    pub broken_start: Duration,
    /// Doubling ends here.
    pub longest_wait: Duration,
    /// When Graph asks for more than this, it is not waited for: the walk ends, and is taken up by a later scan.
    pub longest_requested_wait: Duration,
}

impl Default for RetryBounds {
    fn default() -> Self {
        RetryBounds {
            attempts: 6,
            throttled_start: Duration::from_secs(8),
            server_start: Duration::from_secs(2),
            broken_start: Duration::from_secs(1),
            longest_wait: Duration::from_secs(120),
            longest_requested_wait: Duration::from_secs(300),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RetryDecision {
    Wait(Duration),
    GiveUp,
}

/// `attempt` counts from 1, `jitter` is from 0 to 1.
pub fn decide_retry(
    failure: FailureKind,
    attempt: u32,
    retry_after: RetryAfter,
    jitter: f64,
    bounds: &RetryBounds,
) -> RetryDecision {
    let start = match failure {
        FailureKind::Final => return RetryDecision::GiveUp,
        FailureKind::Throttled => bounds.throttled_start,
        FailureKind::Server => bounds.server_start,
        FailureKind::Broken => bounds.broken_start,
    };
    if attempt >= bounds.attempts {
        return RetryDecision::GiveUp;
    }
    let jitter = jitter.clamp(0.0, 1.0);
    match retry_after {
        RetryAfter::After(retry_after) if retry_after > bounds.longest_requested_wait => RetryDecision::GiveUp,
        // Never before the time that was asked for; up to a tenth later, and never at once.
        RetryAfter::After(retry_after) => {
            RetryDecision::Wait(retry_after.mul_f64(1.0 + 0.1 * jitter).max(bounds.broken_start))
        }
        RetryAfter::None => {
            let doubled = start
                .saturating_mul(1 << (attempt - 1).min(16))
                .min(bounds.longest_wait);
            RetryDecision::Wait(doubled.mul_f64(0.5 + 0.5 * jitter))
        }
    }
}

/// What `Retry-After` says; see [`crate::refusal::parse_retry_after`].
pub fn parse_retry_after(header: Option<&str>, now: std::time::SystemTime) -> RetryAfter {
    crate::refusal::parse_retry_after(header, now).map_or(RetryAfter::None, RetryAfter::After)
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use proptest::prelude::*;

    use super::*;

    const S: fn(u64) -> Duration = Duration::from_secs;

    fn wait(failure: FailureKind, attempt: u32, asked: RetryAfter) -> RetryDecision {
        decide_retry(failure, attempt, asked, 1.0, &RetryBounds::default())
    }

    #[test]
    fn without_a_word_from_graph_the_wait_doubles_up_to_a_bound() {
        let waits: Vec<RetryDecision> = (1..=6)
            .map(|attempt| wait(FailureKind::Throttled, attempt, RetryAfter::None))
            .collect();
        let expected = [8, 16, 32, 64, 120].map(|seconds| RetryDecision::Wait(S(seconds)));
        assert_eq!(waits[..5], expected);
        assert_eq!(waits[5], RetryDecision::GiveUp);
    }

    #[test]
    fn what_graph_asks_for_is_kept_to_and_never_undercut() {
        let asked = RetryAfter::After(S(30));
        assert_eq!(
            decide_retry(FailureKind::Throttled, 1, asked, 0.0, &RetryBounds::default()),
            RetryDecision::Wait(S(30))
        );
        assert_eq!(wait(FailureKind::Throttled, 1, asked), RetryDecision::Wait(S(33)));
        assert_eq!(
            wait(FailureKind::Server, 1, RetryAfter::After(S(0))),
            RetryDecision::Wait(S(1)),
            "never at once"
        );
        assert_eq!(
            wait(FailureKind::Throttled, 1, RetryAfter::After(S(301))),
            RetryDecision::GiveUp
        );
    }

    #[test]
    fn what_can_not_help_is_not_tried() {
        assert_eq!(
            wait(FailureKind::Final, 1, RetryAfter::After(S(1))),
            RetryDecision::GiveUp
        );
    }

    proptest! {
        #[test]
        fn whatever_is_said_a_wait_has_bounds(header in ".{0,30}", attempt in 1u32..100, jitter in -1.0f64..2.0) {
            let bounds = RetryBounds::default();
            for failure in [FailureKind::Throttled, FailureKind::Server, FailureKind::Broken] {
                let asked = parse_retry_after(Some(&header), SystemTime::UNIX_EPOCH);
                match decide_retry(failure, attempt, asked, jitter, &bounds) {
                    RetryDecision::GiveUp => {}
                    RetryDecision::Wait(wait) => {
                        prop_assert!(attempt < bounds.attempts);
                        prop_assert!(wait >= bounds.broken_start / 2 && wait <= bounds.longest_requested_wait.mul_f64(1.1));
                    }
                }
            }
        }
    }
}
