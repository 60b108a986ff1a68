//! The simulated tenant's own clock. It stands apart from the connector's on purpose: a test can move one and not
//! the other, and so finds out what a tenant ten minutes ahead does to tokens, assertions and watermarks.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use chrono::{DateTime, TimeDelta, Utc};

/// Runs with the machine's clock plus an offset, or stands still at a set moment. `Clone` shares it.
#[derive(Debug, Clone, Default)]
pub struct SimClock(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    /// Standing still: `ms` is the moment itself. Running: `ms` is the distance from the machine's clock.
    still: AtomicBool,
    ms: AtomicI64,
}

impl SimClock {
    /// Runs with the machine's clock.
    pub fn system() -> Self {
        SimClock::default()
    }

    /// Stands still at `at` until moved.
    pub fn manual(at: DateTime<Utc>) -> Self {
        let clock = SimClock::default();
        clock.stand_still(at);
        clock
    }

    pub fn now(&self) -> DateTime<Utc> {
        let ms = self.0.ms.load(Ordering::SeqCst);
        if self.0.still.load(Ordering::SeqCst) {
            DateTime::from_timestamp_millis(ms).unwrap_or(DateTime::<Utc>::MAX_UTC)
        } else {
            Utc::now() + TimeDelta::milliseconds(ms)
        }
    }

    /// Moves it on (or back), running or not.
    pub fn advance(&self, by: TimeDelta) {
        self.0.ms.fetch_add(by.num_milliseconds(), Ordering::SeqCst);
    }

    /// Sets the moment; a running clock goes on running from there.
    pub fn set(&self, at: DateTime<Utc>) {
        let ms = if self.0.still.load(Ordering::SeqCst) {
            at.timestamp_millis()
        } else {
            (at - Utc::now()).num_milliseconds()
        };
        self.0.ms.store(ms, Ordering::SeqCst);
    }

    pub fn stand_still(&self, at: DateTime<Utc>) {
        self.0.still.store(true, Ordering::SeqCst);
        self.0.ms.store(at.timestamp_millis(), Ordering::SeqCst);
    }

    /// Lets it run with the machine's clock again, `offset` away from it.
    pub fn run(&self, offset: TimeDelta) {
        self.0.still.store(false, Ordering::SeqCst);
        self.0.ms.store(offset.num_milliseconds(), Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_still_clock_moves_only_when_moved() {
        let start = DateTime::from_timestamp(1_790_000_000, 0).unwrap();
        let clock = SimClock::manual(start);
        assert_eq!(clock.now(), start);
        clock.advance(TimeDelta::minutes(10));
        assert_eq!(clock.now(), start + TimeDelta::minutes(10));
    }

    #[test]
    fn a_running_clock_keeps_its_offset() {
        let clock = SimClock::system();
        clock.advance(TimeDelta::hours(5));
        let ahead = clock.now() - Utc::now();
        assert!(
            ahead > TimeDelta::minutes(299) && ahead < TimeDelta::minutes(301),
            "{ahead}"
        );
    }
}
