//! What is remembered of one party, shared by all that ask as it.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use chrono::TimeDelta;
use tokio::sync::watch;

use super::held::{Cause, Held, Moment, Verdict};
use super::party::{Family, Party};
use crate::model::Timestamp;
use crate::observe::Clock;

/// Kinds of requests that are remembered of one party; more are not, rather than without end.
const PLACES_MAX: usize = 1_000;

/// A family, or a part of it that was refused alone.
type Place = (Family, Option<String>);

/// How somebody asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asking {
    Usual,
    /// A person wants to know how it is now: a refusal without a time is no answer.
    Anew,
}

/// `Clone` shares it.
#[derive(Clone)]
pub struct Memory(Arc<Inner>);

struct Inner {
    party: Party,
    places: Mutex<HashMap<Place, Held>>,
    kept: Mutex<Kept>,
}

/// What a process before this one was refused without a time. Parts are known by their marks alone until somebody asks.
#[derive(Default)]
struct Kept {
    held: HashMap<(Family, String), Held>,
    mark: Option<Marker>,
}

/// What a part is known by where it is kept: nobody can tell the part from it.
pub type Marker = Arc<dyn Fn(&str) -> String + Send + Sync>;

/// One that is kept beyond this process.
#[derive(Debug, Clone)]
pub struct KeptRefusal {
    pub family: Family,
    /// Mark of the part that was refused alone; empty: the whole family.
    pub mark: String,
    pub held: Held,
}

/// How long behind its end a refusal without a time is kept: within it, the next one grows from there.
const GROWS: TimeDelta = TimeDelta::seconds(120);

static REGISTRY: LazyLock<Mutex<HashMap<Party, Weak<Inner>>>> = LazyLock::new(Mutex::default);
static CHANGES: LazyLock<watch::Sender<u64>> = LazyLock::new(|| watch::Sender::new(0));
static START: LazyLock<Instant> = LazyLock::new(Instant::now);

/// Moves whenever there is something to keep, or nothing any more, of any party in this process.
pub fn changes() -> watch::Receiver<u64> {
    CHANGES.subscribe()
}

/// Now, by both clocks.
fn moment(clock: &Clock) -> Moment {
    Moment {
        wall: clock.now(),
        run: START.elapsed(),
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Held {
    /// How long until it is worth looking again.
    pub fn left_now(&self, clock: &Clock) -> Duration {
        self.left(moment(clock))
    }
}

impl Memory {
    /// The one memory of this party.
    pub fn of(party: Party) -> Memory {
        let mut registry = lock(&REGISTRY);
        if let Some(inner) = registry.get(&party).and_then(Weak::upgrade) {
            return Memory(inner);
        }
        registry.retain(|_, inner| inner.strong_count() > 0);
        let inner = Arc::new(Inner {
            party: party.clone(),
            places: Mutex::default(),
            kept: Mutex::default(),
        });
        registry.insert(party, Arc::downgrade(&inner));
        Memory(inner)
    }

    pub fn party(&self) -> &Party {
        &self.0.party
    }

    /// Lets through, or says what holds. `part`: what in the family it is, for refusals of that alone. When a refusal
    /// is over, the first one passes and the others wait for what it brings.
    pub fn enter(&self, family: Family, part: &str, asking: Asking, clock: &Clock) -> Result<Pass, Box<Held>> {
        let at = moment(clock);
        let places = [(family, None), (family, Some(part.to_owned()))];
        let mut held = lock(&self.0.places);
        if let Some(kept) = self.kept_of(family, part) {
            held.entry(places[1].clone()).or_insert(kept);
        }
        let counts = |found: &Held| found.timed || asking == Asking::Usual;
        for place in &places {
            if let Some(found) = held.get(place).filter(|found| counts(found))
                && found.verdict(at) == Verdict::Closed
            {
                return Err(Box::new(found.clone()));
            }
        }
        let mut probes = false;
        for place in &places {
            if let Some(found) = held.get_mut(place) {
                found.probe(Some(at));
                probes = true;
            }
        }
        Ok(Pass {
            memory: self.clone(),
            places,
            at,
            clock: clock.clone(),
            probes,
            settled: false,
        })
    }

    /// What holds now: of which family, and what.
    pub fn standing(&self, clock: &Clock) -> Vec<(Family, Held)> {
        let at = moment(clock);
        let held = lock(&self.0.places);
        let kept = lock(&self.0.kept);
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
    pub fn timed(&self, clock: &Clock) -> Vec<(Family, Held)> {
        let mut standing = self.standing(clock);
        standing.retain(|(_, held)| held.timed);
        standing
    }

    /// What is kept beyond this process: what holds because its time was said, and what was refused without a time lately.
    pub fn to_keep(&self, clock: &Clock, mark: &Marker) -> Vec<KeptRefusal> {
        let at = moment(clock);
        let held = lock(&self.0.places);
        let own = held.iter().map(|((family, part), held)| KeptRefusal {
            family: *family,
            mark: part.as_ref().map_or_else(String::new, |part| mark(part)),
            held: held.clone(),
        });
        let kept = lock(&self.0.kept);
        let of_before = kept.held.iter().map(|((family, mark), held)| KeptRefusal {
            family: *family,
            mark: mark.clone(),
            held: held.clone(),
        });
        let is_worth = |kept: &KeptRefusal| match kept.held.timed {
            true => !kept.held.is_over(at),
            false => kept.held.until + GROWS > at.wall,
        };
        own.chain(of_before).filter(is_worth).collect()
    }

    /// Takes over what was refused without a time, the `times`th time on end.
    pub fn remember_untimed(
        &self,
        (family, part_mark): (Family, String),
        cause: Cause,
        (until, times): (Timestamp, u32),
        (clock, mark): (&Clock, &Marker),
    ) {
        let at = moment(clock);
        if until + GROWS <= at.wall {
            return;
        }
        let held = Held::kept(cause, until, times, at);
        if part_mark.is_empty() {
            lock(&self.0.places).insert((family, None), held);
            return;
        }
        let mut kept = lock(&self.0.kept);
        kept.mark = Some(mark.clone());
        if kept.held.len() < PLACES_MAX {
            kept.held.insert((family, part_mark), held);
        }
    }

    /// What a process before this one was refused of this part: from now on it is known by its name.
    fn kept_of(&self, family: Family, part: &str) -> Option<Held> {
        let mut kept = lock(&self.0.kept);
        if kept.held.is_empty() {
            return None;
        }
        let mark = kept.mark.clone()?;
        kept.held.remove(&(family, mark(part)))
    }

    /// Takes over what was kept.
    pub fn remember(&self, family: Family, cause: Cause, until: Timestamp, clock: &Clock) {
        if let Some(held) = Held::remembered(cause, until, moment(clock)) {
            lock(&self.0.places).insert((family, None), held);
        }
    }

    /// Something was changed here: what was refused without a time is asked for anew.
    pub fn forget_untimed(&self) {
        lock(&self.0.places).retain(|_, held| held.timed);
        lock(&self.0.kept).held.clear();
        CHANGES.send_modify(|count| *count += 1);
    }

    /// The other side named a time without a request of its own being refused (a part of a batch).
    pub fn note(&self, family: Family, asked: Duration, cause: Cause, clock: &Clock) {
        self.close((family, None), Some(asked), cause, clock);
    }

    fn close(&self, place: Place, asked: Option<Duration>, cause: Cause, clock: &Clock) -> Held {
        let at = moment(clock);
        let mut places = lock(&self.0.places);
        let before = places.get(&place);
        let held = Held::after(before, asked, cause, at);
        let is_new = before.is_none_or(|before| before.until < held.until);
        let is_first = before.is_none();
        let is_known = places.contains_key(&place);
        if is_known || places.len() < PLACES_MAX {
            places.insert(place.clone(), held.clone());
        }
        drop(places);
        if is_new {
            self.tell(place.0, &held, is_first);
        }
        held
    }

    fn tell(&self, family: Family, held: &Held, is_first: bool) {
        let (until, code) = (
            held.until.to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
            &held.cause.code,
        );
        let (address, client_id) = (self.0.party.address(), self.0.party.client_id());
        if held.timed || is_first {
            tracing::warn!(
                server.address = address,
                client_id,
                family = family.word(),
                until,
                code,
                why = held.cause.text,
                "refused: nobody asks for this before the time has come"
            );
        } else {
            tracing::debug!(
                server.address = address,
                client_id,
                family = family.word(),
                until,
                code,
                "refused again"
            );
        }
        CHANGES.send_modify(|count| *count += 1);
    }
}

impl std::fmt::Debug for Memory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Memory({:?}, {} refusals)", self.0.party, lock(&self.0.places).len())
    }
}

/// Leave for one request. Dropped without a word it has learned nothing, and somebody else may ask.
pub struct Pass {
    memory: Memory,
    /// The family, and the part of it.
    places: [Place; 2],
    at: Moment,
    clock: Clock,
    probes: bool,
    settled: bool,
}

impl Pass {
    /// It was answered: what was refused before is forgotten. What was refused since then holds.
    pub fn good(mut self) {
        self.settled = true;
        self.forget(&[0, 1]);
    }

    /// It was refused, for so long where that was said: the whole family is closed.
    pub fn refused(mut self, asked: Option<Duration>, cause: Cause) -> Held {
        self.settled = true;
        self.release();
        self.memory.close(self.places[0].clone(), asked, cause, &self.clock)
    }

    /// This alone was refused: what else is in the family may be asked for.
    pub fn refused_alone(mut self, cause: Cause) -> Held {
        self.settled = true;
        self.forget(&[0]);
        self.release();
        self.memory.close(self.places[1].clone(), None, cause, &self.clock)
    }

    fn forget(&self, which: &[usize]) {
        let mut places = lock(&self.memory.0.places);
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

    fn release(&self) {
        if !self.probes {
            return;
        }
        let mut places = lock(&self.memory.0.places);
        for place in &self.places {
            if let Some(held) = places.get_mut(place) {
                held.probe(None);
            }
        }
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        if !self.settled {
            self.release();
        }
    }
}

#[cfg(test)]
#[path = "memory_tests.rs"]
mod tests;
