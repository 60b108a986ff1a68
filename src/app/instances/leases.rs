//! Between the two microservices of an installation: what the one that reads a tenant, or takes orders
//! ([`super::order_leases`]), lends to the one that runs workflows, as long as both run. The lender waits until it has
//! been given back before it stops. Targets have no such second one; what the API sees of them is in
//! [`super::target_leases`].

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{mpsc, watch};

use super::order_leases::OrderLeases;
use super::target_leases::TargetLeases;
use crate::compliance::DecisionService;
use crate::inventory::scan::InstanceScanner;
use crate::inventory::scan_runner::{RunnerCommand, ScanRunnerStatus};
use crate::model::InstanceId;
use crate::store::InstanceRow;
use crate::workflow::EngineHandle;

/// What is lent; dropped by all who hold it, it has been given back.
#[derive(Clone)]
pub(crate) struct ConnectorLease {
    pub scanner: InstanceScanner,
    pub row: InstanceRow,
    pub commands: mpsc::Sender<RunnerCommand>,
    pub status: watch::Receiver<ScanRunnerStatus>,
    pub decision_service: Arc<DecisionService>,
    /// Of those who hold it.
    pub lease_guard: mpsc::Sender<()>,
}

#[derive(Default)]
pub(crate) struct LeaseRegistry {
    /// Of installations that take orders.
    pub(crate) orders: OrderLeases,
    pub(crate) targets: TargetLeases,
    leased: Mutex<BTreeMap<InstanceId, watch::Sender<Option<ConnectorLease>>>>,
    engines: Mutex<BTreeMap<InstanceId, EngineHandle>>,
}

impl LeaseRegistry {
    fn lock_leases(&self) -> MutexGuard<'_, BTreeMap<InstanceId, watch::Sender<Option<ConnectorLease>>>> {
        self.leased.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock_engines(&self) -> MutexGuard<'_, BTreeMap<InstanceId, EngineHandle>> {
        self.engines.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn set_lease(&self, number: InstanceId, lease: Option<ConnectorLease>) {
        self.lock_leases().entry(number).or_default().send_replace(lease);
    }

    pub(crate) fn watch_lease(&self, number: InstanceId) -> watch::Receiver<Option<ConnectorLease>> {
        self.lock_leases().entry(number).or_default().subscribe()
    }

    pub(crate) fn set_engine(&self, number: InstanceId, engine: Option<EngineHandle>) {
        match engine {
            Some(engine) => self.lock_engines().insert(number, engine),
            None => self.lock_engines().remove(&number),
        };
    }

    pub(crate) fn read_engine<T>(&self, number: InstanceId, read: impl FnOnce(&EngineHandle) -> T) -> Option<T> {
        self.lock_engines().get(&number).map(read)
    }

    pub(crate) fn read_all_engines<T>(&self, read: impl FnMut(&EngineHandle) -> T) -> Vec<T> {
        self.lock_engines().values().map(read).collect()
    }
}
