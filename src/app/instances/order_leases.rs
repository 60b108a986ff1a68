//! What the microservice that takes orders lends to the engine that works on them, as long as both run; and what the API
//! sees of it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{mpsc, watch};

use crate::model::{InstanceId, Timestamp};
use crate::observe::Clock;
use crate::orders::OrderContext;

/// What is lent; dropped by all who hold its guard, it has been given back.
#[derive(Clone)]
pub(crate) struct OrderLease {
    pub context: OrderContext,
    pub wake: OrderWake,
    /// Of those who hold it.
    pub lease_guard: mpsc::Sender<()>,
}

/// By which somebody who left work for the workers has them look at once.
#[derive(Clone)]
pub(crate) struct OrderWake {
    clock: Clock,
    woken_at: Arc<Mutex<Option<Timestamp>>>,
}

impl OrderWake {
    pub(crate) fn new(clock: Clock) -> OrderWake {
        OrderWake {
            clock,
            woken_at: Arc::default(),
        }
    }

    pub(crate) fn wake(&self) {
        *self.lock_time() = Some(self.clock.now());
    }

    /// When they were last woken.
    pub(crate) fn woken_at(&self) -> Option<Timestamp> {
        *self.lock_time()
    }

    fn lock_time(&self) -> MutexGuard<'_, Option<Timestamp>> {
        self.woken_at.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Default)]
pub(crate) struct OrderLeases(Mutex<BTreeMap<InstanceId, watch::Sender<Option<OrderLease>>>>);

impl OrderLeases {
    fn lock_leases(&self) -> MutexGuard<'_, BTreeMap<InstanceId, watch::Sender<Option<OrderLease>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn set_lease(&self, number: InstanceId, lease: Option<OrderLease>) {
        self.lock_leases().entry(number).or_default().send_replace(lease);
    }

    pub(crate) fn watch_lease(&self, number: InstanceId) -> watch::Receiver<Option<OrderLease>> {
        self.lock_leases().entry(number).or_default().subscribe()
    }

    /// Looks at what runs, without holding it. `None`: it does not run.
    pub(crate) fn read_running<T>(
        &self,
        number: InstanceId,
        read: impl FnOnce(&OrderContext, &OrderWake) -> T,
    ) -> Option<T> {
        let leases = self.lock_leases();
        let lease = leases.get(&number)?.borrow();
        lease.as_ref().map(|lease| read(&lease.context, &lease.wake))
    }

    pub(crate) fn read_all_running<T>(&self, mut read: impl FnMut(&OrderContext) -> T) -> Vec<T> {
        let leases = self.lock_leases();
        let running = leases.values().filter_map(|lease| {
            let lease = lease.borrow();
            lease.as_ref().map(|lease| read(&lease.context))
        });
        running.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wake_is_remembered_with_its_time() {
        let now = crate::model::parse_time("2026-11-21T12:00:00Z").expect("a time");
        let wake = OrderWake::new(Clock::manual(now));
        assert_eq!(wake.woken_at(), None);
        wake.clone().wake();
        assert_eq!(wake.woken_at(), Some(now));
    }
}
