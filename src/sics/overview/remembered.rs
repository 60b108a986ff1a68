//! Something that is made for all who ask, by one of them at a time, and kept for a moment: many callers cost no more than
//! one, and what is dear to make is made less often.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::Mutex;

use crate::sics::problem::ApiProblem;
use crate::store::Store;

/// How long something may be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Freshness {
    /// For so long whatever happens.
    pub pause: Duration,
    /// And at least so many times as long as it took to make: that bounds the share of the machine that it takes.
    pub rest: u32,
    /// No longer than this, though nothing was written: time passes, and not everything stands in the store.
    pub oldest: Duration,
}

/// When it was made, and from what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Making {
    pub at: Instant,
    pub took: Duration,
    /// Of the store, before it was made.
    pub commits: i64,
}

impl Freshness {
    /// Whether it is told once more. `commits`: as the store stands now.
    pub(super) fn is_fresh(self, made: Making, commits: i64, now: Instant) -> bool {
        let age = now.saturating_duration_since(made.at);
        let pause = self.pause.max(made.took.saturating_mul(self.rest));
        age < pause || (made.commits == commits && age < self.oldest)
    }
}

/// For what people look at and then act on: what they did shows at once.
const SOON: Freshness = Freshness {
    pause: Duration::from_millis(250),
    rest: 5,
    oldest: Duration::from_secs(5),
};

pub(super) struct Remembered<T>(Mutex<Option<(Making, Arc<T>)>>);

impl<T> Default for Remembered<T> {
    fn default() -> Self {
        Remembered(Mutex::new(None))
    }
}

impl<T> Remembered<T> {
    /// What is there, or what `make` makes now; whoever comes meanwhile waits for it.
    pub(super) async fn fetch<F>(&self, store: &Store, make: impl FnOnce() -> F) -> Result<Arc<T>, ApiProblem>
    where
        F: Future<Output = Result<T, ApiProblem>>,
    {
        let mut last = self.0.lock().await;
        let commits = store.count_commits().await?;
        if let Some((made, value)) = &*last
            && SOON.is_fresh(*made, commits, Instant::now())
        {
            return Ok(value.clone());
        }
        let begun = Instant::now();
        let value = Arc::new(make().await?);
        let made = Making {
            at: Instant::now(),
            took: begun.elapsed(),
            commits,
        };
        *last = Some((made, value.clone()));
        Ok(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_made_anew_when_the_store_has_moved_and_never_more_often_than_it_may() {
        let (pace, start) = (
            Freshness {
                pause: Duration::from_secs(5),
                rest: 20,
                oldest: Duration::from_secs(600),
            },
            Instant::now(),
        );
        let is_fresh = |took_ms: u64, age_s: u64, moved: bool| {
            let made = Making {
                at: start,
                took: Duration::from_millis(took_ms),
                commits: 7,
            };
            pace.is_fresh(made, 7 + i64::from(moved), start + Duration::from_secs(age_s))
        };
        assert!(is_fresh(10, 4, true), "within the pause");
        assert!(!is_fresh(10, 6, true), "the store has moved");
        assert!(is_fresh(10, 6, false), "the store has not moved");
        assert!(!is_fresh(10, 601, false), "time has passed");
        assert!(is_fresh(2_000, 39, true), "what took two seconds rests for forty");
        assert!(!is_fresh(2_000, 41, true));
    }
}
