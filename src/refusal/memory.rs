//! What is remembered of one party, shared by all that ask as it.

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
    places: Mutex<HashMap<RefusalKey, RememberedRefusal>>,
    kept: Mutex<Kept>,
}

/// What a process before this one was refused without a time. Parts are known by their marks alone until somebody asks.
#[derive(Default)]
struct Kept {
    held: HashMap<(ResourceFamily, String), RememberedRefusal>,
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
    pub held: RememberedRefusal,
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
        run: START.elapsed(),
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
            places: Mutex::default(),
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
        let mut held = lock_mutex(&self.0.places);
        if let Some(kept) = self.kept_of(family, part) {
            held.entry(places[1].clone()).or_insert(kept);
        }
        let counts = |found: &RememberedRefusal| found.timed || asking == RefusalCheckMode::Usual;
        for place in &places {
            if let Some(found) = held.get(place).filter(|found| counts(found))
                && found.verdict_at(at) == RefusalVerdict::Closed
            {
                return Err(Box::new(found.clone()));
            }
        }
        let mut probes = false;
        for place in &places {
            if let Some(found) = held.get_mut(place) {
                found.set_probing(Some(at));
                probes = true;
            }
        }
        Ok(RequestPass {
            memory: self.clone(),
            places,
            at,
            clock: clock.clone(),
            probes,
            settled: false,
        })
    }

    /// What holds now: of which family, and what.
    pub fn active_refusals(&self, clock: &Clock) -> Vec<(ResourceFamily, RememberedRefusal)> {
        let at = current_moment(clock);
        let held = lock_mutex(&self.0.places);
        let kept = lock_mutex(&self.0.kept);
        let kept = kept.held.iter().map(|((family, _), held)| (family, held));
        let mut standing: Vec<_> = held
            .iter()
            .map(|((family, _), held)| (family, held))
            .chain(kept)
            .filter(|(_, held)| !held.is_over(at))
            .map(|(family, held)| (*family, held.clone()))
            .collect();
        standing.sort_by_key(|(family, held)| (*family, held.until));
        standing
    }

    /// What holds because its time was said.
    pub fn timed_refusals(&self, clock: &Clock) -> Vec<(ResourceFamily, RememberedRefusal)> {
        let mut standing = self.active_refusals(clock);
        standing.retain(|(_, held)| held.timed);
        standing
    }

    /// What is kept beyond this process: what holds because its time was said, and what was refused without a time lately.
    pub fn to_keep(&self, clock: &Clock, mark: &Marker) -> Vec<KeptRefusal> {
        let at = current_moment(clock);
        let held = lock_mutex(&self.0.places);
        let own = held.iter().map(|((family, part), held)| KeptRefusal {
            family: *family,
            mark: part.as_ref().map_or_else(String::new, |part| mark(part)),
            held: held.clone(),
        });
        let kept = lock_mutex(&self.0.kept);
        let of_before = kept.held.iter().map(|((family, mark), held)| KeptRefusal {
            family: *family,
            mark: mark.clone(),
            held: held.clone(),
        });
        let is_worth = |kept: &KeptRefusal| {
            if kept.held.timed {
                !kept.held.is_over(at)
            } else {
                kept.held.until + GROWS > at.wall
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
        let held = RememberedRefusal::kept(cause, until, times, at);
        if part_mark.is_empty() {
            lock_mutex(&self.0.places).insert((family, None), held);
            return;
        }
        let mut kept = lock_mutex(&self.0.kept);
        kept.mark = Some(mark.clone());
        if kept.held.len() < PLACES_MAX {
            kept.held.insert((family, part_mark), held);
        }
    }

    /// What a process before this one was refused of this part: from now on it is known by its name.
    fn kept_of(&self, family: ResourceFamily, part: &str) -> Option<RememberedRefusal> {
        let mut kept = lock_mutex(&self.0.kept);
        if kept.held.is_empty() {
            return None;
        }
        let mark = kept.mark.clone()?;
        kept.held.remove(&(family, mark(part)))
    }

    /// Takes over what was kept.
    pub fn restore_refusal(&self, family: ResourceFamily, cause: RefusalCause, until: Timestamp, clock: &Clock) {
        if let Some(held) = RememberedRefusal::from_stored(cause, until, current_moment(clock)) {
            lock_mutex(&self.0.places).insert((family, None), held);
        }
    }

    /// Something was changed here: what was refused without a time is asked for anew.
    pub fn forget_untimed(&self) {
        lock_mutex(&self.0.places).retain(|_, held| held.timed);
        lock_mutex(&self.0.kept).held.clear();
        CHANGES.send_modify(|count| *count += 1);
    }

    /// The other side named a time without a request of its own being refused (a part of a batch).
    pub fn record_refusal(&self, family: ResourceFamily, asked: Duration, cause: RefusalCause, clock: &Clock) {
        self.store_refusal((family, None), Some(asked), cause, clock);
    }

    fn store_refusal(
        &self,
        place: RefusalKey,
        asked: Option<Duration>,
        cause: RefusalCause,
        clock: &Clock,
    ) -> RememberedRefusal {
        let at = current_moment(clock);
        let mut places = lock_mutex(&self.0.places);
        let before = places.get(&place);
        let held = RememberedRefusal::after_refusal(before, asked, cause, at);
        let is_new = before.is_none_or(|before| before.until < held.until);
        let is_first = before.is_none();
        let is_known = places.contains_key(&place);
        if is_known || places.len() < PLACES_MAX {
            places.insert(place.clone(), held.clone());
        }
        drop(places);
        if is_new {
            self.log_refusal(place.0, &held, is_first);
        }
        held
    }

    fn log_refusal(&self, family: ResourceFamily, held: &RememberedRefusal, is_first: bool) {
        let (until, code) = (
            held.until.to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
            &held.cause.code,
        );
        let (address, client_id) = (self.0.party.address(), self.0.party.client_id());
        if held.timed || is_first {
            tracing::warn!(
                server.address = address,
                client_id,
                family = family.name(),
                until,
                code,
                why = held.cause.text,
                "refused: nobody asks for this before the time has come"
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
            lock_mutex(&self.0.places).len()
        )
    }
}

/// Leave for one request. Dropped without a word it has learned nothing, and somebody else may ask.
pub struct RequestPass {
    memory: RefusalMemory,
    /// The family, and the part of it.
    places: [RefusalKey; 2],
    at: ClockMoment,
    clock: Clock,
    probes: bool,
    settled: bool,
}

impl RequestPass {
    /// It was answered: what was refused before is forgotten. What was refused since then holds.
    pub fn mark_answered(mut self) {
        self.settled = true;
        self.forget_refusals(&[0, 1]);
    }

    /// It was refused, for so long where that was said: the whole family is closed.
    pub fn mark_refused(mut self, asked: Option<Duration>, cause: RefusalCause) -> RememberedRefusal {
        self.settled = true;
        self.release_probe();
        self.memory
            .store_refusal(self.places[0].clone(), asked, cause, &self.clock)
    }

    /// This alone was refused: what else is in the family may be asked for.
    pub fn mark_part_refused(mut self, cause: RefusalCause) -> RememberedRefusal {
        self.settled = true;
        self.forget_refusals(&[0]);
        self.release_probe();
        self.memory
            .store_refusal(self.places[1].clone(), None, cause, &self.clock)
    }

    fn forget_refusals(&self, which: &[usize]) {
        let mut places = lock_mutex(&self.memory.0.places);
        if places.is_empty() {
            return;
        }
        for place in which.iter().map(|at| &self.places[*at]) {
            if places.get(place).is_some_and(|held| held.since.run <= self.at.run)
                && places.remove(place).is_some_and(|held| !held.timed)
            {
                CHANGES.send_modify(|count| *count += 1);
            }
        }
    }

    fn release_probe(&self) {
        if !self.probes {
            return;
        }
        let mut places = lock_mutex(&self.memory.0.places);
        for place in &self.places {
            if let Some(held) = places.get_mut(place) {
                held.set_probing(None);
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
