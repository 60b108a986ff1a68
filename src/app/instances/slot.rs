//! What is known of each instance, for all who ask: its settings, or why they can't be used; and of a running one its
//! client, its status, and where commands go.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{mpsc, watch};

use crate::bus::supervisor::Trouble;
use crate::compliance::Office;
use crate::config::InstanceSettings;
use crate::graph::Graph;
use crate::inventory::runner::{Command, Status};
use crate::model::{InstanceId, InstanceName};

/// One instance as it stands.
pub struct Slot {
    pub id: InstanceId,
    pub settings: Option<Arc<InstanceSettings>>,
    pub trouble: Option<Trouble>,
    pub enabled: bool,
    /// The client of a running one: its budget, and how far a next credential has come.
    pub graph: Option<Graph>,
    /// The client of its actions, where they started; with a credential of its own it has a budget of its own.
    pub acting: Option<Graph>,
    /// Where a running one decides about devices.
    pub office: Option<Arc<Office>>,
    pub status: watch::Receiver<Status>,
    pub(super) commands: Option<mpsc::Sender<Command>>,
}

impl Slot {
    /// One that does not run.
    pub(super) fn idle(
        id: InstanceId,
        settings: Option<Arc<InstanceSettings>>,
        trouble: Option<Trouble>,
        enabled: bool,
    ) -> Self {
        let (_, status) = watch::channel(Status::default());
        Slot {
            id,
            settings,
            trouble,
            enabled,
            graph: None,
            acting: None,
            office: None,
            status,
            commands: None,
        }
    }

    /// It ended: nobody takes commands any more.
    pub(super) fn rest(&mut self) {
        (self.graph, self.acting, self.commands, self.office) = (None, None, None, None);
    }
}

#[derive(Default)]
pub struct Slots(Mutex<BTreeMap<InstanceName, Slot>>);

impl Slots {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<InstanceName, Slot>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn has(&self, name: &InstanceName) -> bool {
        self.lock().contains_key(name)
    }

    pub fn put(&self, name: InstanceName, slot: Slot) {
        self.lock().insert(name, slot);
    }

    pub fn remove(&self, name: &InstanceName) {
        self.lock().remove(name);
    }

    /// `None` where there is none of that name.
    pub fn look<T>(&self, name: &InstanceName, look: impl FnOnce(&Slot) -> T) -> Option<T> {
        self.lock().get(name).map(look)
    }

    pub fn change<T>(&self, name: &InstanceName, change: impl FnOnce(&mut Slot) -> T) -> Option<T> {
        self.lock().get_mut(name).map(change)
    }

    pub fn look_at_all<T>(&self, mut look: impl FnMut(&InstanceName, &Slot) -> T) -> Vec<T> {
        self.lock().iter().map(|(name, slot)| look(name, slot)).collect()
    }
}
