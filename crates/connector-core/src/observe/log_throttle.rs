//! Log lines that strangers can cause: of one cause one a minute, with the number of those that were held back, so that
//! neither the disk fills nor anything is passed over in silence.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

const PAUSE: Duration = Duration::from_secs(60);

/// Lines of one cause.
#[derive(Debug, Default)]
pub struct LogThrottle {
    state: Mutex<LogThrottleState>,
}

#[derive(Debug, Default)]
struct LogThrottleState {
    logged_at: Option<Instant>,
    suppressed: u64,
}

impl LogThrottleState {
    fn allow_line(&mut self, now: Instant) -> Option<u64> {
        let may_log = self
            .logged_at
            .is_none_or(|logged_at| now.duration_since(logged_at) >= PAUSE);
        if !may_log {
            self.suppressed += 1;
            return None;
        }
        self.logged_at = Some(now);
        Some(std::mem::take(&mut self.suppressed))
    }

    fn take_suppressed(&mut self, now: Instant) -> Option<u64> {
        match self.suppressed {
            0 => None,
            _ => self.allow_line(now).or_else(|| {
                // Looking is no line.
                self.suppressed -= 1;
                None
            }),
        }
    }
}

impl LogThrottle {
    pub const fn new() -> Self {
        LogThrottle {
            state: Mutex::new(LogThrottleState {
                logged_at: None,
                suppressed: 0,
            }),
        }
    }

    /// Whether a line may be written now; the number says how many were not since the one before.
    pub fn allow_line(&self) -> Option<u64> {
        self.lock_state().allow_line(Instant::now())
    }

    /// Those that were held back and that no line has told of, when it is time to tell.
    pub fn take_suppressed(&self) -> Option<u64> {
        self.lock_state().take_suppressed(Instant::now())
    }

    fn lock_state(&self) -> std::sync::MutexGuard<'_, LogThrottleState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn e8_one_line_a_minute_and_nothing_is_passed_over() {
        let (mut state, began) = (LogThrottleState::default(), Instant::now());
        assert_eq!(state.take_suppressed(began), None);
        assert_eq!(state.allow_line(began), Some(0));
        for second in 1..60 {
            assert_eq!(state.allow_line(began + Duration::from_secs(second)), None);
        }
        assert_eq!(state.take_suppressed(began + Duration::from_secs(59)), None);
        assert_eq!(state.take_suppressed(began + Duration::from_secs(60)), Some(59));
        assert_eq!(
            state.take_suppressed(began + Duration::from_secs(300)),
            None,
            "told already"
        );
        assert_eq!(state.allow_line(began + Duration::from_secs(300)), Some(0));
    }
}
