//! The budget: how fast Graph may be asked, kept below what Microsoft publishes rather than run into.
//!
//! One for each Graph, tenant and application in the whole process, shared by all instances: Graph counts them together
//! too, and a Graph at another address (another cloud, a simulated one) counts for itself.
//! Applications of one tenant also share the tenant's limit. The order of things: [`RateBudget::reserve_requests`] waits until the
//! request fits into the last 20 seconds of both, and counts it. What Graph says no to is remembered elsewhere
//! ([`crate::refusal`]). Decisions have a share of their own: however many gateways ask, scans and actions go on.
//!
//! Where instances of one application differ in percent, the most careful one holds for all of them.
//! Nothing of this is kept on disk: after a restart the window begins empty, which half of the limits has room for.

mod limits;
mod window;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, Weak};
use std::time::{Duration, Instant};

use crate::config::InstanceSettings;
use crate::entra::Authority;
pub use limits::{BudgetLane, RequestFamily};
use limits::{decision_limit, lane_limit};
use window::SlidingWindow;

/// Reading, or changing something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestAccess {
    Read,
    Write,
}

/// When a request was counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CountedRequest {
    at_ms: u64,
    family: RequestFamily,
}

/// What a budget looks like at this moment; limits are those of an action, in 20 s.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BudgetGauge {
    pub used: u32,
    pub limit: u32,
    pub writes_used: u32,
    pub writes_limit: u32,
}

#[derive(Debug, Default)]
struct RequestCounters {
    total: SlidingWindow,
    writes: SlidingWindow,
}

/// Microsoft counts each family by itself.
#[derive(Debug, Default)]
struct FamilyCounters([RequestCounters; RequestFamily::ALL.len()]);

#[derive(Debug, Default)]
struct AppBudget {
    counters: FamilyCounters,
    /// What of it was for decisions.
    decisions: SlidingWindow,
    /// Percent of each holder and how many hold it.
    percents: BTreeMap<u8, usize>,
}

#[derive(Debug)]
struct SharedBudget {
    app: Mutex<AppBudget>,
    tenant: Arc<Mutex<FamilyCounters>>,
}

/// Holds its percent in the shared budget as long as it lives.
#[derive(Debug)]
struct BudgetShare {
    shared: Arc<SharedBudget>,
    percent: u8,
}

/// A share in the budget of one application. `Clone` is the same share.
#[derive(Debug, Clone)]
pub struct RateBudget {
    share: Arc<BudgetShare>,
}

type BudgetRegistry<K, V> = LazyLock<Mutex<HashMap<K, Weak<V>>>>;
/// By address of Graph, tenant and client id.
static APPS: BudgetRegistry<(String, String, String), SharedBudget> = LazyLock::new(Mutex::default);
/// By address of Graph and tenant.
static TENANTS: BudgetRegistry<(String, String), Mutex<FamilyCounters>> = LazyLock::new(Mutex::default);
static START: LazyLock<Instant> = LazyLock::new(Instant::now);

impl RateBudget {
    /// The budget of an instance, shared by all that ask the same Graph as this application of its tenant.
    pub fn for_application(settings: &InstanceSettings, client_id: &str) -> Self {
        let graph_url = Authority::for_instance(settings).graph_url;
        Self::find_or_create([&graph_url, &settings.tenant_id, client_id], settings.budget_percent)
    }

    fn find_or_create(graph_tenant_client: [&str; 3], percent: u8) -> Self {
        let [graph, tenant, client] = graph_tenant_client.map(str::to_ascii_lowercase);
        let of_tenant = find_or_insert(&TENANTS, (graph.clone(), tenant.clone()), Mutex::default);
        let shared = find_or_insert(&APPS, (graph, tenant, client), || SharedBudget {
            app: Mutex::default(),
            tenant: of_tenant,
        });
        Self::join_shared(shared, percent)
    }

    /// One that nobody else shares: for trying things out, and for tests.
    pub fn unshared(percent: u8) -> Self {
        Self::join_shared(
            Arc::new(SharedBudget {
                app: Mutex::default(),
                tenant: Arc::default(),
            }),
            percent,
        )
    }

    fn join_shared(shared: Arc<SharedBudget>, percent: u8) -> Self {
        let percent = percent.clamp(1, 100);
        *lock_unpoisoned(&shared.app).percents.entry(percent).or_default() += 1;
        RateBudget {
            share: Arc::new(BudgetShare { shared, percent }),
        }
    }

    /// Waits until `count` requests about devices fit, and counts them.
    pub async fn reserve_requests(&self, lane: BudgetLane, access: RequestAccess, count: u32) -> CountedRequest {
        self.reserve_in_family(RequestFamily::Devices, lane, access, count)
            .await
    }

    /// The same for requests of any family.
    pub async fn reserve_in_family(
        &self,
        family: RequestFamily,
        lane: BudgetLane,
        access: RequestAccess,
        count: u32,
    ) -> CountedRequest {
        loop {
            let at_ms = monotonic_ms();
            let wait_ms = self.try_reserve_in(family, (lane, access), count, at_ms);
            if wait_ms == 0 {
                return CountedRequest { at_ms, family };
            }
            tokio::time::sleep(Duration::from_millis(wait_ms)).await;
        }
    }

    /// A write that was counted goes out now. Between the two its intent is committed, which takes its time on a busy
    /// disk; counted as of then, many that hesitated could go out in a heap.
    pub fn count_from_now(&self, counted: CountedRequest) {
        let now_ms = monotonic_ms();
        let mut tenant = lock_unpoisoned(&self.share.shared.tenant);
        let mut app = lock_unpoisoned(&self.share.shared.app);
        tenant.of(counted.family).postpone_write(counted.at_ms, now_ms);
        app.counters.of(counted.family).postpone_write(counted.at_ms, now_ms);
    }

    pub fn read_gauge(&self) -> BudgetGauge {
        let now_ms = monotonic_ms();
        let mut app = lock_unpoisoned(&self.share.shared.app);
        let percent = app.lowest_percent();
        let limits = RequestFamily::Devices.limits();
        let counters = app.counters.of(RequestFamily::Devices);
        BudgetGauge {
            used: counters.total.count_used(now_ms),
            limit: lane_limit(limits.app_any, percent, BudgetLane::Action),
            writes_used: counters.writes.count_used(now_ms),
            writes_limit: lane_limit(limits.app_writes, percent, BudgetLane::Action),
        }
    }

    #[cfg(test)]
    fn try_reserve(&self, lane: BudgetLane, access: RequestAccess, count: u32, now_ms: u64) -> u64 {
        self.try_reserve_in(RequestFamily::Devices, (lane, access), count, now_ms)
    }

    /// Zero when it was counted; else how long to wait before asking again. The tenant is always locked first.
    fn try_reserve_in(
        &self,
        family: RequestFamily,
        (lane, access): (BudgetLane, RequestAccess),
        count: u32,
        now_ms: u64,
    ) -> u64 {
        let mut tenant = lock_unpoisoned(&self.share.shared.tenant);
        let mut app = lock_unpoisoned(&self.share.shared.app);
        let percent = app.lowest_percent();
        let limits = family.limits();
        let of = |published| lane_limit(published, percent, lane);
        let counters = app.counters.of(family);
        let mut wait_ms = counters.total.wait_ms(count, of(limits.app_any), now_ms);
        if access == RequestAccess::Write {
            wait_ms = wait_ms.max(counters.writes.wait_ms(count, of(limits.app_writes), now_ms));
        }
        if lane == BudgetLane::Decision {
            let limit = decision_limit(limits.app_any, percent);
            wait_ms = wait_ms.max(app.decisions.wait_ms(count, limit, now_ms));
        }
        let of_tenant = tenant.of(family);
        wait_ms = wait_ms.max(of_tenant.total.wait_ms(count, of(limits.tenant_any), now_ms));
        if access == RequestAccess::Write {
            wait_ms = wait_ms.max(of_tenant.writes.wait_ms(count, of(limits.tenant_writes), now_ms));
        }
        if wait_ms == 0 {
            app.counters.of(family).record_requests(access, count, now_ms);
            if lane == BudgetLane::Decision {
                app.decisions.record_requests(count, now_ms);
            }
            of_tenant.record_requests(access, count, now_ms);
        }
        wait_ms
    }
}

impl FamilyCounters {
    fn of(&mut self, family: RequestFamily) -> &mut RequestCounters {
        &mut self.0[family as usize]
    }
}

impl RequestCounters {
    /// Of one write.
    fn postpone_write(&mut self, counted_ms: u64, now_ms: u64) {
        self.total.postpone_request(counted_ms, now_ms);
        self.writes.postpone_request(counted_ms, now_ms);
    }

    fn record_requests(&mut self, access: RequestAccess, count: u32, now_ms: u64) {
        self.total.record_requests(count, now_ms);
        if access == RequestAccess::Write {
            self.writes.record_requests(count, now_ms);
        }
    }
}

impl AppBudget {
    fn lowest_percent(&self) -> u8 {
        self.percents.keys().next().copied().unwrap_or(1)
    }
}

impl Drop for BudgetShare {
    fn drop(&mut self) {
        let mut app = lock_unpoisoned(&self.shared.app);
        if let Some(count) = app.percents.get_mut(&self.percent) {
            *count -= 1;
            if *count == 0 {
                app.percents.remove(&self.percent);
            }
        }
    }
}

/// The living value of this key, or a new one.
fn find_or_insert<K: std::hash::Hash + Eq, V>(
    registry: &BudgetRegistry<K, V>,
    key: K,
    new: impl FnOnce() -> V,
) -> Arc<V> {
    let mut registry = lock_unpoisoned(registry);
    if let Some(value) = registry.get(&key).and_then(Weak::upgrade) {
        return value;
    }
    registry.retain(|_, value| value.strong_count() > 0);
    let value = Arc::new(new());
    registry.insert(key, Arc::downgrade(&value));
    value
}

/// What is counted stays usable when a thread died while counting.
fn lock_unpoisoned<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

/// Monotonic: steps of the wall clock change no budget.
fn monotonic_ms() -> u64 {
    u64::try_from(START.elapsed().as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
