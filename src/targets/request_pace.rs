//! How fast requests go to the other side: at most as many within any minute as the settings allow, none while the other
//! side wants none. One place, shared by all clients of a target, so that its worker, previews and checks keep one budget.
//!
//! Who asks first goes first. A budget that the other side tells only makes it slower, never faster than the settings.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// In which requests are counted.
const SPAN: Duration = Duration::from_secs(60);
/// A longer wait than this is not believed.
const WAIT_MAX: Duration = Duration::from_secs(3600);

/// Hands out the right to send one request. `Clone` shares the budget; `Default` sets no limit.
#[derive(Clone, Default)]
pub struct RequestPace {
    shared: Arc<SharedPace>,
}

#[derive(Default)]
struct SharedPace {
    per_minute: u32,
    /// Whoever waits stands in this queue.
    queue: tokio::sync::Mutex<()>,
    sent: Mutex<SentRequests>,
    count: AtomicU64,
}

/// The requests of the last minute.
#[derive(Default)]
struct SentRequests {
    at: VecDeque<Instant>,
    not_before: Option<Instant>,
    told: Option<ToldBudget>,
}

/// What the other side told of its budget last.
#[derive(Clone, Copy)]
struct ToldBudget {
    left: u64,
    /// When its minute was first heard of: it began before that.
    heard: Instant,
}

impl SentRequests {
    /// `None`: a request may go out now, and is counted. Else how long to wait before asking again.
    fn take_place(&mut self, per_minute: u32, now: Instant) -> Option<Duration> {
        if let Some(wait) = self.not_before.map(|until| until.saturating_duration_since(now))
            && !wait.is_zero()
        {
            return Some(wait);
        }
        if per_minute == 0 {
            return None;
        }
        while self.at.front().is_some_and(|sent| now.duration_since(*sent) >= SPAN) {
            self.at.pop_front();
        }
        match self.at.front() {
            Some(first) if self.at.len() >= per_minute as usize => Some((*first + SPAN).saturating_duration_since(now)),
            _ => {
                self.at.push_back(now);
                None
            }
        }
    }

    /// With nothing left, the next request waits until the minute over there is certain to be over. It began when the first
    /// request of it arrived there, so between the sending of that request and its answer; more left than before tells of
    /// a new one.
    fn note_left(&mut self, left: u64, now: Instant) {
        let heard = match self.told {
            Some(told) if left < told.left => told.heard,
            // Nothing is left still.
            Some(told) if left == told.left && left == 0 && now < told.heard + SPAN => told.heard,
            _ => now,
        };
        self.told = Some(ToldBudget { left, heard });
        if left == 0 {
            self.wait_until(heard + SPAN);
        }
    }

    fn wait_until(&mut self, until: Instant) {
        self.not_before = Some(self.not_before.map_or(until, |known| known.max(until)));
    }
}

impl RequestPace {
    /// `per_minute` 0 sets no limit.
    pub fn new(per_minute: u32) -> RequestPace {
        RequestPace {
            shared: Arc::new(SharedPace {
                per_minute,
                ..SharedPace::default()
            }),
        }
    }

    /// Waits until one request may go out.
    pub async fn acquire(&self) {
        let _turn = self.shared.queue.lock().await;
        loop {
            let wait = self.lock_sent().take_place(self.shared.per_minute, Instant::now());
            let Some(wait) = wait else { break };
            // It may be told meanwhile that it takes longer.
            tokio::time::sleep(wait).await;
        }
        self.shared.count.fetch_add(1, Ordering::Relaxed);
    }

    /// What the other side says is left of its budget. With nothing left, nothing goes out before a new minute has begun there.
    pub fn note_remaining(&self, left: u64) {
        self.lock_sent().note_left(left, Instant::now());
    }

    /// The other side wants nothing before that.
    pub fn note_retry_after(&self, wait: Duration) {
        self.lock_sent().wait_until(Instant::now() + wait.min(WAIT_MAX));
    }

    /// How many requests were sent since the start.
    pub fn count_requests(&self) -> u64 {
        self.shared.count.load(Ordering::Relaxed)
    }

    fn lock_sent(&self) -> std::sync::MutexGuard<'_, SentRequests> {
        self.shared.sent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for RequestPace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RequestPace({} a minute)", self.shared.per_minute)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: fn(u64) -> Duration = Duration::from_secs;

    #[test]
    fn never_more_than_the_limit_within_any_minute() {
        let (mut sent, start) = (SentRequests::default(), Instant::now());
        assert_eq!(sent.take_place(2, start), None);
        assert_eq!(sent.take_place(2, start + S(50)), None);
        assert_eq!(sent.take_place(2, start + S(55)), Some(S(5)));
        assert_eq!(sent.take_place(2, start + S(60)), None);
        assert_eq!(
            sent.take_place(2, start + S(60)),
            Some(S(50)),
            "the second one still counts"
        );
    }

    #[test]
    fn nothing_goes_out_before_the_other_side_wants_it() {
        let (mut sent, start) = (SentRequests::default(), Instant::now());
        sent.wait_until(start + S(30));
        sent.wait_until(start + S(10));
        assert_eq!(sent.take_place(0, start), Some(S(30)), "the later time holds");
        assert_eq!(sent.take_place(0, start + S(30)), None);
        assert_eq!(sent.take_place(0, start + S(30)), None, "0 sets no limit");
    }

    #[test]
    fn an_empty_budget_is_waited_for_from_the_first_answer_of_its_minute() {
        let (mut sent, start) = (SentRequests::default(), Instant::now());
        // Sent at 0, answered at 8: the minute over there may have begun at 8.
        assert_eq!(sent.take_place(0, start), None);
        sent.note_left(1, start + S(8));
        assert_eq!(sent.take_place(0, start + S(8)), None);
        sent.note_left(0, start + S(9));
        assert_eq!(
            sent.take_place(0, start + S(60)),
            Some(S(8)),
            "not a minute from the sending"
        );
        assert_eq!(sent.take_place(0, start + S(68)), None);
        // More is left than before: a new minute.
        sent.note_left(1, start + S(70));
        sent.note_left(0, start + S(71));
        sent.note_left(0, start + S(75));
        assert_eq!(sent.take_place(0, start + S(129)), Some(S(1)));
    }

    #[tokio::test]
    async fn requests_are_counted_and_an_empty_budget_makes_them_wait() {
        let pace = RequestPace::new(0);
        pace.acquire().await;
        pace.note_remaining(7);
        pace.clone().acquire().await;
        assert_eq!(pace.count_requests(), 2);
        pace.note_remaining(0);
        let wait = pace.lock_sent().take_place(0, Instant::now()).unwrap();
        assert!(wait > S(50) && wait <= SPAN, "{wait:?}");
        pace.note_retry_after(S(1_000_000));
        let wait = pace.lock_sent().take_place(0, Instant::now()).unwrap();
        assert!(wait <= WAIT_MAX);
    }
}
