//! What is known of each instance, for all who ask: its settings, or why they can't be used; and of a running one its
//! client, its status, and where commands go.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{mpsc, watch};

use crate::bus::supervisor::MemberFailure;
use crate::compliance::DecisionService;
use crate::config::InstanceSettings;
use crate::graph::GraphClient;
use crate::inventory::scan_runner::{RunnerCommand, ScanRunnerStatus};
use crate::model::{InstanceId, InstanceName};

/// One instance as it stands.
pub struct InstanceSlot {
    pub id: InstanceId,
    pub settings: Option<Arc<InstanceSettings>>,
    pub failure: Option<MemberFailure>,
    pub enabled: bool,
    /// The client of a running one: its budget, and how far a next credential has come.
    pub graph: Option<GraphClient>,
    /// The client of its actions, where they started; with a credential of its own it has a budget of its own.
    pub action_client: Option<GraphClient>,
    /// Where a running one decides about devices.
    pub decision_service: Option<Arc<DecisionService>>,
    pub status: watch::Receiver<ScanRunnerStatus>,
    pub(super) commands: Option<mpsc::Sender<RunnerCommand>>,
}

impl InstanceSlot {
    /// One that does not run.
    pub(super) fn new_idle(
        id: InstanceId,
        settings: Option<Arc<InstanceSettings>>,
        trouble: Option<MemberFailure>,
        enabled: bool,
    ) -> Self {
        let (_, status) = watch::channel(ScanRunnerStatus::default());
        InstanceSlot {
            id,
            settings,
            failure: trouble,
            enabled,
            graph: None,
            action_client: None,
            decision_service: None,
            status,
            commands: None,
        }
    }

    /// It ended: nobody takes commands any more.
    pub(super) fn clear_runtime(&mut self) {
        (self.graph, self.action_client, self.commands, self.decision_service) = (None, None, None, None);
    }
}

#[derive(Default)]
pub(crate) struct InstanceSlots(Mutex<BTreeMap<InstanceName, InstanceSlot>>);

impl InstanceSlots {
    fn lock_slots(&self) -> MutexGuard<'_, BTreeMap<InstanceName, InstanceSlot>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn has_slot(&self, name: &InstanceName) -> bool {
        self.lock_slots().contains_key(name)
    }

    pub(crate) fn set_slot(&self, name: InstanceName, slot: InstanceSlot) {
        self.lock_slots().insert(name, slot);
    }

    pub(crate) fn remove(&self, name: &InstanceName) {
        self.lock_slots().remove(name);
    }

    /// `None` where there is none of that name.
    pub(crate) fn read_slot<T>(&self, name: &InstanceName, read: impl FnOnce(&InstanceSlot) -> T) -> Option<T> {
        self.lock_slots().get(name).map(read)
    }

    pub(crate) fn change_slot<T>(&self, name: &InstanceName, change: impl FnOnce(&mut InstanceSlot) -> T) -> Option<T> {
        self.lock_slots().get_mut(name).map(change)
    }

    pub(crate) fn read_all_slots<T>(&self, mut read: impl FnMut(&InstanceName, &InstanceSlot) -> T) -> Vec<T> {
        self.lock_slots().iter().map(|(name, slot)| read(name, slot)).collect()
    }
}
