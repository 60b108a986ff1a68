//! The judge: collects breaches of what the feed promises, and at the end compares each server's view with the tenant.
//! It looks at the tenant itself and at what was told over HTTP, never into the store.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::Value;
use simulated_tenant::Tenant;
use uuid::Uuid;

use super::bus::LOOK;
use super::fields::{Allowed, differences};
use super::view::View;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Breach {
    /// A device was called gone, or left out of a snapshot, and is there.
    WrongGone,
    /// Something older was told after something newer.
    OutOfOrder,
    /// A device that had gone was told again; ids never come back.
    CameBack,
    /// The tenant has it, the view does not.
    Lost,
    /// The view has it, the tenant does not.
    Left,
    /// Both have it, and not alike.
    Differs,
    /// The API answered what it should not.
    Refused,
    /// The bus ended by itself, panicked, or did not do what it was asked for.
    Bus,
    /// The chain of the audit trail is broken.
    Audit,
}

#[derive(Debug, Clone)]
pub struct Complaint {
    pub breach: Breach,
    pub text: String,
}

#[derive(Clone)]
pub struct Judge(Arc<Inner>);

struct Inner {
    tenant: Arc<Tenant>,
    complaints: Mutex<Vec<Complaint>>,
    changes_read: AtomicU64,
    /// Servers that were told to start over, and how often that has not shown yet.
    restarted: Mutex<BTreeMap<String, u64>>,
}

/// What servers are limited to at times.
pub const LIMITED: &[&str] = &[
    "deviceName",
    "subscriberCarrier",
    "operatingSystem",
    "osVersion",
    "complianceState",
    "isEncrypted",
    "userPrincipalName",
    "azureADRegistered",
    "managedDeviceOwnerType",
];

/// The tenant's devices by id, as it shows them to whoever asks it directly: in a list, and each alone.
pub type Truth = BTreeMap<String, (Value, Value)>;

/// Which part of a view is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Devices that the tenant has. What vanished is only known after a full scan.
    Present,
    Whole,
}

impl Judge {
    pub fn new(tenant: Arc<Tenant>) -> Judge {
        Judge(Arc::new(Inner {
            tenant,
            complaints: Mutex::default(),
            changes_read: AtomicU64::new(0),
            restarted: Mutex::default(),
        }))
    }

    pub fn complain(&self, breach: Breach, text: String) {
        self.0.complaints.lock().unwrap().push(Complaint { breach, text });
    }

    /// Waits until something of that kind was complained about.
    pub async fn wait_for(&self, breach: Breach, limit: Duration) -> Result<(), String> {
        let began = Instant::now();
        while self.complaints().iter().all(|complaint| complaint.breach != breach) {
            if began.elapsed() > limit {
                return Err(format!("no {breach:?} within {limit:?}"));
            }
            tokio::time::sleep(LOOK).await;
        }
        Ok(())
    }

    pub fn complaints(&self) -> Vec<Complaint> {
        self.0.complaints.lock().unwrap().clone()
    }

    /// This server is about to be told to start over: one 410 is in order.
    pub fn restarted(&self, server: &str) {
        *self.0.restarted.lock().unwrap().entry(server.to_owned()).or_default() += 1;
    }

    /// Whether a 410 of this server is in order.
    pub fn may_start_over(&self, server: &str) -> bool {
        let mut restarted = self.0.restarted.lock().unwrap();
        let left = restarted.entry(server.to_owned()).or_default();
        let may = *left > 0;
        *left = left.saturating_sub(1);
        may
    }

    pub fn read_one(&self) {
        self.0.changes_read.fetch_add(1, Ordering::Relaxed);
    }

    pub fn changes_read(&self) -> u64 {
        self.0.changes_read.load(Ordering::Relaxed)
    }

    /// Whether the tenant has this device now. One that has vanished never comes back, so a device that is there now
    /// was there at any time since it appeared.
    pub fn exists(&self, id: &str) -> bool {
        let id = Uuid::parse_str(id).expect("ids of devices are GUIDs");
        self.0.tenant.world.read().unwrap().get(id).is_some()
    }

    /// `allowed`: what the server may see now.
    pub fn compare(&self, (server, allowed): (&str, &Allowed), view: &View, truth: &Truth, part: Part) {
        let when = match part {
            Part::Present => "after the last scan",
            Part::Whole => "at the end",
        };
        let bodies: BTreeMap<&str, &Arc<str>> = view.bodies.iter().map(|((_, id), body)| (id.as_str(), body)).collect();
        for (id, (list, whole)) in truth {
            match bodies.get(id.as_str()) {
                None => self.complain(Breach::Lost, format!("{server}: {id} is missing in its view {when}")),
                Some(body) => {
                    let told: Value = serde_json::from_str(body).unwrap();
                    for difference in differences(list, whole, &told, allowed) {
                        self.complain(Breach::Differs, format!("{server}: of {id} {difference} {when}"));
                    }
                }
            }
        }
        if part == Part::Whole {
            for id in bodies.keys().filter(|id| !truth.contains_key(**id)) {
                self.complain(
                    Breach::Left,
                    format!("{server}: {id} has vanished and is in its view {when}"),
                );
            }
        }
    }
}
