//! Between the two microservices of an installation: what the one that reads a tenant lends to the one that runs
//! workflows, as long as both run. Who lends waits until it has been given back before he stops.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{mpsc, watch};

use crate::compliance::Office;
use crate::inventory::runner::{Command, Status};
use crate::inventory::scan::Scanner;
use crate::model::InstanceId;
use crate::store::InstanceRow;
use crate::workflow::Handle;

/// What is lent; dropped by all who hold it, it has been given back.
#[derive(Clone)]
pub struct Wired {
    pub scanner: Scanner,
    pub row: InstanceRow,
    pub commands: mpsc::Sender<Command>,
    pub status: watch::Receiver<Status>,
    pub office: Arc<Office>,
    /// Of those who hold it.
    pub held: mpsc::Sender<()>,
}

#[derive(Default)]
pub struct Wiring {
    lent: Mutex<BTreeMap<InstanceId, watch::Sender<Option<Wired>>>>,
    engines: Mutex<BTreeMap<InstanceId, Handle>>,
}

impl Wiring {
    fn lent(&self) -> MutexGuard<'_, BTreeMap<InstanceId, watch::Sender<Option<Wired>>>> {
        self.lent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn engines(&self) -> MutexGuard<'_, BTreeMap<InstanceId, Handle>> {
        self.engines.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn lend(&self, number: InstanceId, wired: Option<Wired>) {
        self.lent().entry(number).or_default().send_replace(wired);
    }

    pub fn watch(&self, number: InstanceId) -> watch::Receiver<Option<Wired>> {
        self.lent().entry(number).or_default().subscribe()
    }

    pub fn runs(&self, number: InstanceId, engine: Option<Handle>) {
        match engine {
            Some(engine) => self.engines().insert(number, engine),
            None => self.engines().remove(&number),
        };
    }

    pub fn engine<T>(&self, number: InstanceId, look: impl FnOnce(&Handle) -> T) -> Option<T> {
        self.engines().get(&number).map(look)
    }

    pub fn all_engines<T>(&self, look: impl FnMut(&Handle) -> T) -> Vec<T> {
        self.engines().values().map(look).collect()
    }
}
