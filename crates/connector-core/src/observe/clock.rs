//! The clock, injected: nothing else in the house asks the machine what time it is.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, Utc};

use crate::model::Timestamp;

/// Wall-clock time in UTC. Tests hold a manual one and move it; `Clone` shares it.
#[derive(Debug, Clone, Default)]
pub struct Clock {
    /// Milliseconds since 1970; `None` reads the machine's clock.
    manual: Option<Arc<AtomicI64>>,
}

impl Clock {
    pub fn system() -> Self {
        Clock { manual: None }
    }

    pub fn manual(start: Timestamp) -> Self {
        Clock {
            manual: Some(Arc::new(AtomicI64::new(start.timestamp_millis()))),
        }
    }

    pub fn now(&self) -> Timestamp {
        match &self.manual {
            None => Utc::now(),
            Some(ms) => {
                DateTime::from_timestamp_millis(ms.load(Ordering::SeqCst)).expect("a manual clock is set to real dates")
            }
        }
    }

    /// Moves a manual clock; the machine's own is left alone.
    pub fn advance(&self, by: chrono::TimeDelta) {
        if let Some(ms) = &self.manual {
            ms.fetch_add(by.num_milliseconds(), Ordering::SeqCst);
        }
    }
}
