//! Whether to try again, and when: a pure decision. What is safe to repeat is known elsewhere; this is for reads.
//!
//! Graph counts throttled requests too, so trying at once makes it worse, and Intune's 429 often comes without
//! `Retry-After` (GRAPH.md G.3). Without it the wait doubles from a start that fits the kind of failure, with full
//! jitter above half, so that instances that were thrown back together do not come back together.

use std::time::Duration;

/// What kind of failure it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
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
pub struct Bounds {
    /// Requests for one answer, the first included.
    pub attempts: u32,
    pub throttled_start: Duration,
    pub server_start: Duration,
    pub broken_start: Duration,
    /// Doubling ends here.
    pub longest: Duration,
    /// When Graph asks for more than this, it is not waited for: the walk ends, and is taken up by a later scan.
    pub longest_asked: Duration,
}

impl Default for Bounds {
    fn default() -> Self {
        Bounds {
            attempts: 6,
            throttled_start: Duration::from_secs(8),
            server_start: Duration::from_secs(2),
            broken_start: Duration::from_secs(1),
            longest: Duration::from_secs(120),
            longest_asked: Duration::from_secs(300),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    Wait(Duration),
    GiveUp,
}

/// `attempt` counts from 1, `jitter` is from 0 to 1.
pub fn decide(failure: Failure, attempt: u32, asked: RetryAfter, jitter: f64, bounds: &Bounds) -> Decision {
    let start = match failure {
        Failure::Final => return Decision::GiveUp,
        Failure::Throttled => bounds.throttled_start,
        Failure::Server => bounds.server_start,
        Failure::Broken => bounds.broken_start,
    };
    if attempt >= bounds.attempts {
        return Decision::GiveUp;
    }
    let jitter = jitter.clamp(0.0, 1.0);
    match asked {
        RetryAfter::After(asked) if asked > bounds.longest_asked => Decision::GiveUp,
        // Never before the time that was asked for; up to a tenth later, and never at once.
        RetryAfter::After(asked) => Decision::Wait(asked.mul_f64(1.0 + 0.1 * jitter).max(bounds.broken_start)),
        RetryAfter::None => {
            let doubled = start.saturating_mul(1 << (attempt - 1).min(16)).min(bounds.longest);
            Decision::Wait(doubled.mul_f64(0.5 + 0.5 * jitter))
        }
    }
}

/// Reads `Retry-After`: seconds, whole or with a fraction, or a date, which is counted from Graph's own `now`.
pub fn retry_after(header: Option<&str>, now: std::time::SystemTime) -> RetryAfter {
    let Some(text) = header.map(str::trim) else {
        return RetryAfter::None;
    };
    if let Ok(seconds) = text.parse::<f64>() {
        // Above this a duration can't be made, and nobody waits for it anyway.
        let good = seconds.is_finite() && (0.0..=1e9).contains(&seconds);
        return if good {
            RetryAfter::After(Duration::from_secs_f64(seconds))
        } else {
            RetryAfter::None
        };
    }
    match httpdate::parse_http_date(text) {
        Ok(date) => RetryAfter::After(date.duration_since(now).unwrap_or_default()),
        Err(_) => RetryAfter::None,
    }
}
