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

use super::facts::DeviceFacts;
use super::facts_reader::FactsReadError;
use super::node::ReadSelection;
use crate::model::{DeviceId, Timestamp};
use crate::observe::Clock;

/// Readings under way at most; beyond it a question is refused at once rather than late.
const FLIGHTS_MAX: usize = 4_096;
/// What is kept of one node, counted by the answers of Graph.
const BYTES_MAX: usize = 64 << 20;

pub(crate) type ReadingKey = (DeviceId, ReadSelection);
type ReadingResult = Result<Arc<DeviceFacts>, FactsReadError>;

pub(crate) struct FactsCache {
    state: Arc<Mutex<FactsCacheState>>,
    clock: Clock,
    time_to_live: TimeDelta,
}

#[derive(Default)]
struct FactsCacheState {
    entries: HashMap<ReadingKey, Arc<DeviceFacts>>,
    bytes: usize,
    in_flight: HashMap<ReadingKey, watch::Receiver<Option<ReadingResult>>>,
}

impl FactsCache {
    pub(crate) fn new(clock: Clock, keep_s: u32) -> Self {
        FactsCache {
            state: Arc::default(),
            clock,
            time_to_live: TimeDelta::seconds(i64::from(keep_s)),
        }
    }

    /// What is kept, unless `fresh`; else what is being read; else what `read` brings.
    pub(crate) async fn get<F>(&self, key: ReadingKey, fresh: bool, read: impl FnOnce() -> F) -> ReadingResult
    where
        F: Future<Output = Result<DeviceFacts, FactsReadError>> + Send + 'static,
    {
        let mut flight = {
            let mut inner = lock_mutex(&self.state);
            let now = self.clock.now();
            if !fresh
                && let Some(kept) = inner
                    .entries
                    .get(&key)
                    .filter(|facts| is_fresh(facts, now, self.time_to_live))
            {
                return Ok(kept.clone());
            }
            match inner.in_flight.get(&key) {
                Some(flight) => flight.clone(),
                None if inner.in_flight.len() >= FLIGHTS_MAX => return Err(FactsReadError::Busy),
                None => {
                    let (sender, receiver) = watch::channel(None);
                    inner.in_flight.insert(key, receiver.clone());
                    self.spawn_reading(key, sender, read());
                    receiver
                }
            }
        };
        match flight.wait_for(Option::is_some).await {
            Ok(result) => result.clone().unwrap_or(Err(FactsReadError::BrokeOff)),
            Err(_) => Err(FactsReadError::BrokeOff),
        }
    }

    fn spawn_reading<F>(&self, key: ReadingKey, sender: watch::Sender<Option<ReadingResult>>, read: F)
    where
        F: Future<Output = Result<DeviceFacts, FactsReadError>> + Send + 'static,
    {
        let in_flight = ReadingInFlight {
            state: self.state.clone(),
            key,
        };
        let (clock, keep) = (self.clock.clone(), self.time_to_live);
        tokio::spawn(
            async move {
                let read = read.await.map(Arc::new);
                if let Ok(facts) = &read
                    && facts.is_complete()
                {
                    lock_mutex(&in_flight.state).keep_facts(key, facts, clock.now(), keep);
                }
                drop(in_flight);
                sender.send_replace(Some(read));
            }
            .in_current_span(),
        );
    }
}

/// Whoever asks from now on starts anew, also where reading panicked.
struct ReadingInFlight {
    state: Arc<Mutex<FactsCacheState>>,
    key: ReadingKey,
}

impl Drop for ReadingInFlight {
    fn drop(&mut self) {
        lock_mutex(&self.state).in_flight.remove(&self.key);
    }
}

impl FactsCacheState {
    fn keep_facts(&mut self, key: ReadingKey, facts: &Arc<DeviceFacts>, now: Timestamp, time_to_live: TimeDelta) {
        if time_to_live.is_zero() || facts.bytes > BYTES_MAX {
            return;
        }
        if self.bytes + facts.bytes > BYTES_MAX {
            self.entries.retain(|_, facts| is_fresh(facts, now, time_to_live));
            self.bytes = self.entries.values().map(|facts| facts.bytes).sum();
        }
        if self.bytes + facts.bytes > BYTES_MAX {
            self.entries.clear();
            self.bytes = 0;
        }
        self.bytes += facts.bytes;
        if let Some(old) = self.entries.insert(key, facts.clone()) {
            self.bytes -= old.bytes;
        }
    }
}

/// A clock that was set back makes nothing younger.
fn is_fresh(facts: &DeviceFacts, now: Timestamp, time_to_live: TimeDelta) -> bool {
    let age = now - facts.read_at;
    age >= TimeDelta::zero() && age < time_to_live
}

fn lock_mutex(state: &Mutex<FactsCacheState>) -> MutexGuard<'_, FactsCacheState> {
    // Whole after every statement.
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use chrono::DateTime;
    use tokio::sync::Semaphore;

    use super::super::facts::{InstalledApps, PolicyStates};
    use super::*;

    fn clock() -> Clock {
        Clock::manual(DateTime::from_timestamp(1_790_000_000, 0).expect("a time"))
    }

    fn key() -> ReadingKey {
        let want = ReadSelection {
            properties: false,
            apps: false,
            reasons: false,
        };
        (DeviceId(uuid::Uuid::from_u128(1)), want)
    }

    fn facts(clock: &Clock, apps: InstalledApps) -> DeviceFacts {
        DeviceFacts {
            device: serde_json::Map::new(),
            apps,
            apps_without_name: 0,
            policy_states: PolicyStates::NotAsked,
            read_at: clock.now(),
            bytes: 1,
        }
    }

    #[tokio::test]
    async fn many_questions_about_one_device_are_one_reading() {
        let clock = clock();
        let cache = Arc::new(FactsCache::new(clock.clone(), 30));
        let (count, gate) = (Arc::new(AtomicUsize::new(0)), Arc::new(Semaphore::new(0)));
        let askers: Vec<_> = (0..50)
            .map(|_| {
                let (cache, count, gate, clock) = (cache.clone(), count.clone(), gate.clone(), clock.clone());
                tokio::spawn(async move {
                    let read = || async move {
                        count.fetch_add(1, Ordering::SeqCst);
                        let _passed = gate.acquire().await;
                        Ok(facts(&clock, InstalledApps::NotAsked))
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
        let cache = FactsCache::new(clock.clone(), 30);
        let count = Arc::new(AtomicUsize::new(0));
        let ask = async |fresh: bool, result: Result<InstalledApps, FactsReadError>| {
            let (counted, clock) = (count.clone(), clock.clone());
            let read = || async move {
                counted.fetch_add(1, Ordering::SeqCst);
                result.map(|apps| facts(&clock, apps))
            };
            let _ = cache.get(key(), fresh, read).await;
            count.load(Ordering::SeqCst)
        };
        assert_eq!(ask(false, Err(FactsReadError::OtherDevice)).await, 1);
        assert_eq!(
            ask(false, Ok(InstalledApps::Failed("throttled".into()))).await,
            2,
            "the failure was not kept"
        );
        assert_eq!(
            ask(false, Ok(InstalledApps::NotAsked)).await,
            3,
            "nor was half a reading"
        );
        clock.advance(TimeDelta::seconds(29));
        assert_eq!(ask(false, Ok(InstalledApps::NotAsked)).await, 3);
        assert_eq!(
            ask(true, Ok(InstalledApps::NotAsked)).await,
            4,
            "who wants it fresh gets it"
        );
        clock.advance(TimeDelta::seconds(30));
        assert_eq!(ask(false, Ok(InstalledApps::NotAsked)).await, 5);
        clock.advance(TimeDelta::seconds(-60));
        assert_eq!(
            ask(false, Ok(InstalledApps::NotAsked)).await,
            6,
            "a clock set back makes nothing young"
        );
    }

    #[tokio::test]
    async fn a_reading_that_panics_is_an_error_and_the_next_one_starts_anew() {
        let clock = clock();
        let cache = FactsCache::new(clock.clone(), 30);
        let panics = cache.get(key(), false, || async { panic!("on purpose") }).await;
        assert!(matches!(panics, Err(FactsReadError::BrokeOff)));
        let again = clock.clone();
        let read = cache
            .get(
                key(),
                false,
                || async move { Ok(facts(&again, InstalledApps::NotAsked)) },
            )
            .await;
        assert!(read.is_ok());
    }
}
