//! What is remembered of one party, shared by all that call as this party.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use chrono::TimeDelta;
use tokio::sync::watch;

use super::party::{RefusalParty, ResourceFamily};
use super::remembered_refusal::{ClockMoment, RefusalCause, RefusalVerdict, RememberedRefusal};
use crate::model::Timestamp;
use crate::observe::Clock;

/// Kinds of requests that are remembered of one party; more are not, rather than without end.
const PLACES_MAX: usize = 1_000;

/// A family, or a part of it that was refused alone.
type RefusalKey = (ResourceFamily, Option<String>);

/// How somebody asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefusalCheckMode {
    Usual,
    /// A person wants to know how it is now: a refusal without a time is no answer.
    Anew,
}

/// `Clone` shares it.
#[derive(Clone)]
pub struct RefusalMemory(Arc<RefusalMemoryState>);

struct RefusalMemoryState {
    party: RefusalParty,
    refusals: Mutex<HashMap<RefusalKey, RememberedRefusal>>,
    kept: Mutex<Kept>,
}

/// What a process before this one was refused without a time. Parts are known by their marks alone until somebody asks.
#[derive(Default)]
struct Kept {
    refusals: HashMap<(ResourceFamily, String), RememberedRefusal>,
    mark: Option<Marker>,
}

/// What a part is known by where it is kept: nobody can tell the part from it.
pub type Marker = Arc<dyn Fn(&str) -> String + Send + Sync>;

/// One that is kept beyond this process.
#[derive(Debug, Clone)]
pub struct KeptRefusal {
    pub family: ResourceFamily,
    /// Mark of the part that was refused alone; empty: the whole family.
    pub mark: String,
    pub refusal: RememberedRefusal,
}

/// How long behind its end a refusal without a time is kept: within it, the next one grows from there.
const GROWS: TimeDelta = TimeDelta::seconds(120);

static REGISTRY: LazyLock<Mutex<HashMap<RefusalParty, Weak<RefusalMemoryState>>>> = LazyLock::new(Mutex::default);
static CHANGES: LazyLock<watch::Sender<u64>> = LazyLock::new(|| watch::Sender::new(0));
static START: LazyLock<Instant> = LazyLock::new(Instant::now);

/// Moves whenever there is something to keep, or nothing any more, of any party in this process.
pub fn watch_changes() -> watch::Receiver<u64> {
    CHANGES.subscribe()
}

/// Now, by both clocks.
fn current_moment(clock: &Clock) -> ClockMoment {
    ClockMoment {
        wall: clock.now(),
        monotonic: START.elapsed(),
    }
}

fn lock_mutex<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl RememberedRefusal {
    /// How long until it is worth looking again.
    pub fn remaining_now(&self, clock: &Clock) -> Duration {
        self.remaining_at(current_moment(clock))
    }
}

impl RefusalMemory {
    /// The one memory of this party.
    pub fn for_party(party: RefusalParty) -> RefusalMemory {
        let mut registry = lock_mutex(&REGISTRY);
        if let Some(inner) = registry.get(&party).and_then(Weak::upgrade) {
            return RefusalMemory(inner);
        }
        registry.retain(|_, inner| inner.strong_count() > 0);
        let inner = Arc::new(RefusalMemoryState {
            party: party.clone(),
            refusals: Mutex::default(),
            kept: Mutex::default(),
        });
        registry.insert(party, Arc::downgrade(&inner));
        RefusalMemory(inner)
    }

    pub fn party(&self) -> &RefusalParty {
        &self.0.party
    }

    /// Lets through, or says what holds. `part`: what in the family it is, for refusals of that alone. When a refusal
    /// is over, the first one passes and the others wait for what it brings.
    pub fn request_pass(
        &self,
        family: ResourceFamily,
        part: &str,
        asking: RefusalCheckMode,
        clock: &Clock,
    ) -> Result<RequestPass, Box<RememberedRefusal>> {
        let at = current_moment(clock);
        let places = [(family, None), (family, Some(part.to_owned()))];
        let mut refusals = lock_mutex(&self.0.refusals);
        if let Some(kept) = self.kept_of(family, part) {
            refusals.entry(places[1].clone()).or_insert(kept);
        }
        let counts = |found: &RememberedRefusal| found.timed || asking == RefusalCheckMode::Usual;
        for key in &places {
            if let Some(found) = refusals.get(key).filter(|found| counts(found))
                && found.verdict_at(at) == RefusalVerdict::Closed
            {
                return Err(Box::new(found.clone()));
            }
        }
        let mut probes = false;
        for key in &places {
            if let Some(found) = refusals.get_mut(key) {
                found.set_probing(Some(at));
                probes = true;
            }
        }
        Ok(RequestPass {
            memory: self.clone(),
            keys: places,
            at,
            clock: clock.clone(),
            is_probe: probes,
            settled: false,
        })
    }

    /// What holds now: of which family, and what.
    pub fn active_refusals(&self, clock: &Clock) -> Vec<(ResourceFamily, RememberedRefusal)> {
        let at = current_moment(clock);
        let held = lock_mutex(&self.0.refusals);
        let kept = lock_mutex(&self.0.kept);
        let kept = kept.refusals.iter().map(|((family, _), held)| (family, held));
        let mut active: Vec<_> = held
            .iter()
            .map(|((family, _), held)| (family, held))
            .chain(kept)
            .filter(|(_, held)| !held.is_over(at))
            .map(|(family, held)| (*family, held.clone()))
            .collect();
        active.sort_by_key(|(family, held)| (*family, held.until));
        active
    }

    /// What holds because its time was said.
    pub fn timed_refusals(&self, clock: &Clock) -> Vec<(ResourceFamily, RememberedRefusal)> {
        let mut active = self.active_refusals(clock);
        active.retain(|(_, refusal)| refusal.timed);
        active
    }

    /// What is kept beyond this process: what holds because its time was said, and what was refused without a time lately.
    pub fn to_keep(&self, clock: &Clock, mark: &Marker) -> Vec<KeptRefusal> {
        let at = current_moment(clock);
        let held = lock_mutex(&self.0.refusals);
        let own = held.iter().map(|((family, part), held)| KeptRefusal {
            family: *family,
            mark: part.as_ref().map_or_else(String::new, |part| mark(part)),
            refusal: held.clone(),
        });
        let kept = lock_mutex(&self.0.kept);
        let of_before = kept.refusals.iter().map(|((family, mark), held)| KeptRefusal {
            family: *family,
            mark: mark.clone(),
            refusal: held.clone(),
        });
        let is_worth = |kept: &KeptRefusal| {
            if kept.refusal.timed {
                !kept.refusal.is_over(at)
            } else {
                kept.refusal.until + GROWS > at.wall
            }
        };
        own.chain(of_before).filter(is_worth).collect()
    }

    /// Takes over what was refused without a time, the `times`th time on end.
    pub fn remember_untimed(
        &self,
        (family, part_mark): (ResourceFamily, String),
        cause: RefusalCause,
        (until, times): (Timestamp, u32),
        (clock, mark): (&Clock, &Marker),
    ) {
        let at = current_moment(clock);
        if until + GROWS <= at.wall {
            return;
        }
        let refusal = RememberedRefusal::kept(cause, until, times, at);
        if part_mark.is_empty() {
            lock_mutex(&self.0.refusals).insert((family, None), refusal);
            return;
        }
        let mut kept = lock_mutex(&self.0.kept);
        kept.mark = Some(mark.clone());
        if kept.refusals.len() < PLACES_MAX {
            kept.refusals.insert((family, part_mark), refusal);
        }
    }

    /// What a process before this one was refused of this part: from now on it is known by its name.
    fn kept_of(&self, family: ResourceFamily, part: &str) -> Option<RememberedRefusal> {
        let mut kept = lock_mutex(&self.0.kept);
        if kept.refusals.is_empty() {
            return None;
        }
        let mark = kept.mark.clone()?;
        kept.refusals.remove(&(family, mark(part)))
    }

    /// Takes over what was kept.
    pub fn restore_refusal(&self, family: ResourceFamily, cause: RefusalCause, until: Timestamp, clock: &Clock) {
        if let Some(refusal) = RememberedRefusal::from_stored(cause, until, current_moment(clock)) {
            lock_mutex(&self.0.refusals).insert((family, None), refusal);
        }
    }

    /// Something was changed here: what was refused without a time is asked for anew.
    pub fn forget_untimed(&self) {
        lock_mutex(&self.0.refusals).retain(|_, refusal| refusal.timed);
        lock_mutex(&self.0.kept).refusals.clear();
        CHANGES.send_modify(|count| *count += 1);
    }

    /// The other side named a time without a request of its own being refused (a part of a batch).
    pub fn record_refusal(&self, family: ResourceFamily, retry_after: Duration, cause: RefusalCause, clock: &Clock) {
        self.store_refusal((family, None), Some(retry_after), cause, clock);
    }

    fn store_refusal(
        &self,
        key: RefusalKey,
        retry_after: Option<Duration>,
        cause: RefusalCause,
        clock: &Clock,
    ) -> RememberedRefusal {
        let at = current_moment(clock);
        let mut refusals = lock_mutex(&self.0.refusals);
        let previous = refusals.get(&key);
        let refusal = RememberedRefusal::after_refusal(previous, retry_after, cause, at);
        let is_new = previous.is_none_or(|previous| previous.until < refusal.until);
        let is_first = previous.is_none();
        let is_known = refusals.contains_key(&key);
        if is_known || refusals.len() < PLACES_MAX {
            refusals.insert(key.clone(), refusal.clone());
        }
        drop(refusals);
        if is_new {
            self.log_refusal(key.0, &refusal, is_first);
        }
        refusal
    }

    fn log_refusal(&self, family: ResourceFamily, refusal: &RememberedRefusal, is_first: bool) {
        let (until, code) = (
            refusal.until.to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
            &refusal.cause.code,
        );
        let (address, client_id) = (self.0.party.address(), self.0.party.client_id());
        if refusal.timed || is_first {
            tracing::warn!(
                server.address = address,
                client_id,
                family = family.name(),
                until,
                code,
                why = refusal.cause.text,
                "refused: no further requests of this kind until the given time"
            );
        } else {
            tracing::debug!(
                server.address = address,
                client_id,
                family = family.name(),
                until,
                code,
                "refused again"
            );
        }
        CHANGES.send_modify(|count| *count += 1);
    }
}

impl std::fmt::Debug for RefusalMemory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "Memory({:?}, {} refusals)",
            self.0.party,
            lock_mutex(&self.0.refusals).len()
        )
    }
}

/// Leave for one request. Dropped without a word it has learned nothing, and somebody else may ask.
pub struct RequestPass {
    memory: RefusalMemory,
    /// The family, and the part of it.
    keys: [RefusalKey; 2],
    at: ClockMoment,
    clock: Clock,
    is_probe: bool,
    settled: bool,
}

impl RequestPass {
    /// It was answered: what was refused before is forgotten. What was refused since then holds.
    pub fn mark_answered(mut self) {
        self.settled = true;
        self.forget_refusals(&[0, 1]);
    }

    /// It was refused, for so long where that was said: the whole family is closed.
    pub fn mark_refused(mut self, retry_after: Option<Duration>, cause: RefusalCause) -> RememberedRefusal {
        self.settled = true;
        self.release_probe();
        self.memory
            .store_refusal(self.keys[0].clone(), retry_after, cause, &self.clock)
    }

    /// This alone was refused: what else is in the family may be asked for.
    pub fn mark_part_refused(mut self, cause: RefusalCause) -> RememberedRefusal {
        self.settled = true;
        self.forget_refusals(&[0]);
        self.release_probe();
        self.memory
            .store_refusal(self.keys[1].clone(), None, cause, &self.clock)
    }

    fn forget_refusals(&self, which: &[usize]) {
        let mut refusals = lock_mutex(&self.memory.0.refusals);
        if refusals.is_empty() {
            return;
        }
        for key in which.iter().map(|at| &self.keys[*at]) {
            if refusals
                .get(key)
                .is_some_and(|refusal| refusal.since.monotonic <= self.at.monotonic)
                && refusals.remove(key).is_some_and(|refusal| !refusal.timed)
            {
                CHANGES.send_modify(|count| *count += 1);
            }
        }
    }

    fn release_probe(&self) {
        if !self.is_probe {
            return;
        }
        let mut refusals = lock_mutex(&self.memory.0.refusals);
        for key in &self.keys {
            if let Some(refusal) = refusals.get_mut(key) {
                refusal.set_probing(None);
            }
        }
    }
}

impl Drop for RequestPass {
    fn drop(&mut self) {
        if !self.settled {
            self.release_probe();
        }
    }
}

#[cfg(test)]
#[path = "memory_tests.rs"]
mod tests;
