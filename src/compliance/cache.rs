//! What was read of a device a moment ago, and what is being read now: concurrent questions about one device ask Graph
//! once. A failure is told to all who waited for it, and forgotten.
//!
//! Reading runs in a task of its own, so that it goes on for the others when one who asked hangs up.

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::TimeDelta;
use tokio::sync::watch;
use tracing::Instrument;

use super::facts::Facts;
use super::node::Want;
use super::reading::ReadError;
use crate::model::{DeviceId, Timestamp};
use crate::observe::Clock;

/// Readings under way at most; beyond it a question is refused at once rather than late.
const FLIGHTS_MAX: usize = 4_096;
/// What is kept of one node, counted by the answers of Graph.
const BYTES_MAX: usize = 64 << 20;

pub type Key = (DeviceId, Want);
type Read = Result<Arc<Facts>, ReadError>;

pub struct Cache {
    inner: Arc<Mutex<Inner>>,
    clock: Clock,
    keep: TimeDelta,
}

#[derive(Default)]
struct Inner {
    kept: HashMap<Key, Arc<Facts>>,
    bytes: usize,
    flights: HashMap<Key, watch::Receiver<Option<Read>>>,
}

impl Cache {
    pub fn new(clock: Clock, keep_s: u32) -> Self {
        Cache {
            inner: Arc::default(),
            clock,
            keep: TimeDelta::seconds(i64::from(keep_s)),
        }
    }

    /// What is kept, unless `fresh`; else what is being read; else what `read` brings.
    pub async fn get<F>(&self, key: Key, fresh: bool, read: impl FnOnce() -> F) -> Read
    where
        F: Future<Output = Result<Facts, ReadError>> + Send + 'static,
    {
        let mut flight = {
            let mut inner = lock(&self.inner);
            let now = self.clock.now();
            if !fresh && let Some(kept) = inner.kept.get(&key).filter(|facts| is_young(facts, now, self.keep)) {
                return Ok(kept.clone());
            }
            match inner.flights.get(&key) {
                Some(flight) => flight.clone(),
                None if inner.flights.len() >= FLIGHTS_MAX => return Err(ReadError::Busy),
                None => {
                    let (tell, told) = watch::channel(None);
                    inner.flights.insert(key, told.clone());
                    self.take_off(key, tell, read());
                    told
                }
            }
        };
        match flight.wait_for(Option::is_some).await {
            Ok(landed) => landed.clone().unwrap_or(Err(ReadError::BrokeOff)),
            Err(_) => Err(ReadError::BrokeOff),
        }
    }

    fn take_off<F>(&self, key: Key, tell: watch::Sender<Option<Read>>, read: F)
    where
        F: Future<Output = Result<Facts, ReadError>> + Send + 'static,
    {
        let landing = Landing {
            inner: self.inner.clone(),
            key,
        };
        let (clock, keep) = (self.clock.clone(), self.keep);
        tokio::spawn(
            async move {
                let read = read.await.map(Arc::new);
                if let Ok(facts) = &read
                    && facts.is_whole()
                {
                    lock(&landing.inner).keep(key, facts, clock.now(), keep);
                }
                drop(landing);
                tell.send_replace(Some(read));
            }
            .in_current_span(),
        );
    }
}

/// Whoever asks from now on starts anew, also where reading panicked.
struct Landing {
    inner: Arc<Mutex<Inner>>,
    key: Key,
}

impl Drop for Landing {
    fn drop(&mut self) {
        lock(&self.inner).flights.remove(&self.key);
    }
}

impl Inner {
    fn keep(&mut self, key: Key, facts: &Arc<Facts>, now: Timestamp, keep: TimeDelta) {
        if keep.is_zero() || facts.bytes > BYTES_MAX {
            return;
        }
        if self.bytes + facts.bytes > BYTES_MAX {
            self.kept.retain(|_, facts| is_young(facts, now, keep));
            self.bytes = self.kept.values().map(|facts| facts.bytes).sum();
        }
        if self.bytes + facts.bytes > BYTES_MAX {
            self.kept.clear();
            self.bytes = 0;
        }
        self.bytes += facts.bytes;
        if let Some(old) = self.kept.insert(key, facts.clone()) {
            self.bytes -= old.bytes;
        }
    }
}

/// A clock that was set back makes nothing younger.
fn is_young(facts: &Facts, now: Timestamp, keep: TimeDelta) -> bool {
    let age = now - facts.read_at;
    age >= TimeDelta::zero() && age < keep
}

fn lock(inner: &Mutex<Inner>) -> MutexGuard<'_, Inner> {
    // Whole after every statement.
    inner.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use chrono::DateTime;
    use tokio::sync::Semaphore;

    use super::super::facts::{Apps, States};
    use super::*;

    fn clock() -> Clock {
        Clock::manual(DateTime::from_timestamp(1_790_000_000, 0).expect("a time"))
    }

    fn key() -> Key {
        let want = Want {
            properties: false,
            apps: false,
            reasons: false,
        };
        (DeviceId(uuid::Uuid::from_u128(1)), want)
    }

    fn facts(clock: &Clock, apps: Apps) -> Facts {
        Facts {
            device: serde_json::Map::new(),
            apps,
            apps_without_name: 0,
            states: States::NotAsked,
            read_at: clock.now(),
            bytes: 1,
        }
    }

    #[tokio::test]
    async fn many_questions_about_one_device_are_one_reading() {
        let clock = clock();
        let cache = Arc::new(Cache::new(clock.clone(), 30));
        let (count, gate) = (Arc::new(AtomicUsize::new(0)), Arc::new(Semaphore::new(0)));
        let askers: Vec<_> = (0..50)
            .map(|_| {
                let (cache, count, gate, clock) = (cache.clone(), count.clone(), gate.clone(), clock.clone());
                tokio::spawn(async move {
                    let read = || async move {
                        count.fetch_add(1, Ordering::SeqCst);
                        let _passed = gate.acquire().await;
                        Ok(facts(&clock, Apps::NotAsked))
                    };
                    cache.get(key(), false, read).await.is_ok()
                })
            })
            .collect();
        tokio::task::yield_now().await;
        gate.add_permits(50);
        for asker in askers {
            assert!(asker.await.expect("no panic"));
        }
        assert_eq!(count.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn what_was_read_is_kept_for_its_time_and_failures_never() {
        let clock = clock();
        let cache = Cache::new(clock.clone(), 30);
        let count = Arc::new(AtomicUsize::new(0));
        let ask = async |fresh: bool, result: Result<Apps, ReadError>| {
            let (counted, clock) = (count.clone(), clock.clone());
            let read = || async move {
                counted.fetch_add(1, Ordering::SeqCst);
                result.map(|apps| facts(&clock, apps))
            };
            let _ = cache.get(key(), fresh, read).await;
            count.load(Ordering::SeqCst)
        };
        assert_eq!(ask(false, Err(ReadError::OtherDevice)).await, 1);
        assert_eq!(
            ask(false, Ok(Apps::Failed("throttled".into()))).await,
            2,
            "the failure was not kept"
        );
        assert_eq!(ask(false, Ok(Apps::NotAsked)).await, 3, "nor was half a reading");
        clock.advance(TimeDelta::seconds(29));
        assert_eq!(ask(false, Ok(Apps::NotAsked)).await, 3);
        assert_eq!(ask(true, Ok(Apps::NotAsked)).await, 4, "who wants it fresh gets it");
        clock.advance(TimeDelta::seconds(30));
        assert_eq!(ask(false, Ok(Apps::NotAsked)).await, 5);
        clock.advance(TimeDelta::seconds(-60));
        assert_eq!(
            ask(false, Ok(Apps::NotAsked)).await,
            6,
            "a clock set back makes nothing young"
        );
    }

    #[tokio::test]
    async fn a_reading_that_panics_is_an_error_and_the_next_one_starts_anew() {
        let clock = clock();
        let cache = Cache::new(clock.clone(), 30);
        let panics = cache.get(key(), false, || async { panic!("on purpose") }).await;
        assert!(matches!(panics, Err(ReadError::BrokeOff)));
        let again = clock.clone();
        let read = cache
            .get(key(), false, || async move { Ok(facts(&again, Apps::NotAsked)) })
            .await;
        assert!(read.is_ok());
    }
}
