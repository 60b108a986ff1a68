//! The simulator's state: tenants with their worlds, and what all of them share. Cheap to clone; every part has a lock
//! of its own, so a page being read does not wait for the log.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use axum::http::HeaderMap;
use chrono::TimeDelta;
use uuid::Uuid;

use super::clock::SimClock;
use super::directory::Directory;
use super::fault::Faults;
use super::graph::{Ids, Throttle};
use super::log::Log;
use super::objects::Objects;
use super::remote::{Approvals, Effect, Effects};
use super::reports::ExportJobs;
use super::software::Software;
use super::tuning::Tuning;
use super::world::{Dice, Happening, NameStyle, Ticks, World};
use super::writes::Writes;

/// Request extension: the connection is TLS, so links begin with https.
#[derive(Debug, Clone, Copy)]
pub struct Secure(pub bool);

/// Response extension: who was answered, for the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Who {
    pub tenant_id: String,
    pub client_id: String,
}

/// Response extension: the algorithm of the assertion that earned the answer, for the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AssertionAlgorithm(pub(crate) String);

/// How a tenant starts.
#[derive(Debug, Clone, Copy)]
pub struct Fleet {
    pub devices: usize,
    pub seed: u64,
    pub names: NameStyle,
}

#[derive(Debug, Clone)]
pub struct Simulated(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    directory: Directory,
    clock: SimClock,
    tuning: RwLock<Arc<Tuning>>,
    tenants: RwLock<BTreeMap<String, Arc<Tenant>>>,
    faults: Faults,
    log: Log,
    throttle: Throttle,
    /// Changes per second, as the bits of an f64.
    churn: AtomicU64,
    requests: AtomicU64,
}

#[derive(Debug)]
pub struct Tenant {
    pub id: String,
    pub fleet: Fleet,
    pub overview_id: Uuid,
    pub world: RwLock<World>,
    /// What was accepted, device by device.
    pub effects: Effects,
    pub approvals: Approvals,
    /// Groups and what else Entra has. Locks are taken in the order world, objects, software.
    pub objects: RwLock<Objects>,
    /// The catalogue of apps, their assignments and what becomes of them.
    pub software: RwLock<Software>,
    pub exports: ExportJobs,
    /// What was written to groups, memberships and assignments.
    pub writes: Writes,
}

/// A world that somebody panicked over is still the best there is: tests go on and say what they see.
pub(crate) fn read<T>(lock: &RwLock<T>) -> RwLockReadGuard<'_, T> {
    lock.read().unwrap_or_else(PoisonError::into_inner)
}

pub(crate) fn write<T>(lock: &RwLock<T>) -> RwLockWriteGuard<'_, T> {
    lock.write().unwrap_or_else(PoisonError::into_inner)
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Tenant {
    fn new(id: &str, fleet: Fleet, now: Ticks) -> Self {
        let mut world = World::with_names(fleet.seed, fleet.names);
        world.populate(fleet.devices, None, now);
        let objects = Objects::of_seed(fleet.seed, &world, now);
        let software = Software::of_seed(fleet.seed, &objects, now);
        Tenant {
            id: id.to_owned(),
            fleet,
            overview_id: Dice::apart(fleet.seed, 0x0E11).uuid(),
            world: RwLock::new(world),
            effects: Effects::default(),
            approvals: Approvals::default(),
            objects: RwLock::new(objects),
            software: RwLock::new(software),
            exports: ExportJobs::default(),
            writes: Writes::default(),
        }
    }

    /// Does what has become due in it.
    pub fn settle(&self, now: Ticks) {
        if read(&self.world).docket().is_due(now) {
            write(&self.world).settle(now);
        }
    }

    /// How many effects each verb had.
    pub fn effects(&self) -> BTreeMap<&'static str, u64> {
        self.effects.by_verb()
    }
}

impl Simulated {
    pub fn new(directory: Directory, clock: SimClock, tuning: Tuning) -> Self {
        Simulated(Arc::new(Inner {
            directory,
            clock,
            tuning: RwLock::new(Arc::new(tuning)),
            tenants: RwLock::default(),
            faults: Faults::default(),
            log: Log::default(),
            throttle: Throttle::default(),
            churn: AtomicU64::new(0),
            requests: AtomicU64::new(0),
        }))
    }

    /// Adds a tenant with its fleet, or starts it anew. Its id is not case-sensitive.
    pub fn add_tenant(&self, tenant_id: &str, fleet: Fleet) {
        let id = tenant_id.to_lowercase();
        let tenant = Tenant::new(&id, fleet, self.now());
        write(&self.0.tenants).insert(id, Arc::new(tenant));
    }

    pub fn tenant(&self, tenant_id: &str) -> Option<Arc<Tenant>> {
        read(&self.0.tenants).get(&tenant_id.to_lowercase()).cloned()
    }

    pub fn tenants(&self) -> Vec<Arc<Tenant>> {
        read(&self.0.tenants).values().cloned().collect()
    }

    /// As at the start: the fleets of the first day, no faults, an empty log, full budgets, no churn.
    pub fn reset(&self) {
        for tenant in self.tenants() {
            self.add_tenant(&tenant.id, tenant.fleet);
        }
        self.0.faults.clear();
        self.0.log.clear();
        self.0.throttle.forget();
        self.set_churn(0.0);
    }

    pub fn directory(&self) -> &Directory {
        &self.0.directory
    }

    pub fn clock(&self) -> &SimClock {
        &self.0.clock
    }

    pub fn now(&self) -> Ticks {
        Ticks::from_utc(self.0.clock.now())
    }

    pub fn tuning(&self) -> Arc<Tuning> {
        read(&self.0.tuning).clone()
    }

    pub fn set_tuning(&self, tuning: Tuning) {
        *write(&self.0.tuning) = Arc::new(tuning);
    }

    pub fn faults(&self) -> &Faults {
        &self.0.faults
    }

    /// What was accepted in all tenants, of one device or of all.
    pub fn effects(&self, device: Option<Uuid>) -> Vec<Effect> {
        let all = self.tenants().into_iter().flat_map(|tenant| match device {
            Some(id) => tenant.effects.of_device(id),
            None => tenant.effects.all(),
        });
        all.collect()
    }

    /// How often this verb took effect on this device.
    pub fn effects_of(&self, device: Uuid, verb: &str) -> u64 {
        self.tenants()
            .iter()
            .map(|tenant| tenant.effects.of(device, verb))
            .sum()
    }

    pub fn log(&self) -> &Log {
        &self.0.log
    }

    pub fn throttle(&self) -> &Throttle {
        &self.0.throttle
    }

    /// The ids of a new request: its own, and the client's if it sent one.
    pub fn new_ids(&self, headers: &HeaderMap) -> Ids {
        let number = self.0.requests.fetch_add(1, Ordering::Relaxed);
        let request = Dice::apart(number, 0x1D5).uuid().to_string();
        let client = headers.get("client-request-id").and_then(|value| value.to_str().ok());
        Ids {
            client: client.unwrap_or(&request).to_owned(),
            request,
        }
    }

    /// Changes per second in real time, over all tenants; 0 is a fleet that sleeps, and more than [`MOST_CHURN`] is that.
    pub fn set_churn(&self, per_second: f64) {
        let bounded = if per_second.is_nan() {
            0.0
        } else {
            per_second.clamp(0.0, MOST_CHURN)
        };
        self.0.churn.store(bounded.to_bits(), Ordering::Relaxed);
    }

    pub fn churn(&self) -> f64 {
        f64::from_bits(self.0.churn.load(Ordering::Relaxed))
    }

    /// Lets time pass in the tenants: `steps` happenings each, spread over `span` up to now.
    pub fn live_through(&self, tenant: &Tenant, steps: usize, span: TimeDelta) -> Vec<Happening> {
        let end = self.now();
        let mut world = write(&tenant.world);
        let span_s = span.num_seconds().max(0);
        (0..steps)
            .map(|step| {
                let left_s = span_s - span_s.saturating_mul(step as i64 + 1) / steps as i64;
                world.live_once(end.plus_seconds(-left_s))
            })
            .collect()
    }

    /// Real-time churn, until dropped.
    pub async fn live(self) {
        let mut ticks = tokio::time::interval(TICK);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut due = 0.0;
        let mut turn = 0;
        loop {
            ticks.tick().await;
            due += self.churn() * TICK.as_secs_f64();
            let tenants = self.tenants();
            while due >= 1.0 && !tenants.is_empty() {
                due -= 1.0;
                turn += 1;
                let now = self.now();
                write(&tenants[turn % tenants.len()].world).live_once(now);
            }
        }
    }
}

const TICK: std::time::Duration = std::time::Duration::from_millis(50);
/// Most changes per second: what is due in one tick is done before anything else gets its turn, the end included.
pub const MOST_CHURN: f64 = 10_000.0;
