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
use super::campaign::SERVERS;
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
    /// What shows that the store has gone back was not noticed.
    Unnoticed,
    /// No scan came by itself.
    StandsStill,
    /// A situation that belongs to the campaign did not come about.
    Unreached,
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
    /// How often each server was told to start over.
    restarts: Mutex<BTreeMap<String, Restarts>>,
    /// Starts of the bus that its folder does not know any more: behind the first number, up to the second.
    lost: Mutex<Vec<(u64, u64)>>,
    reached: Mutex<BTreeMap<&'static str, u64>>,
    /// How often each server has read, since somebody began to count.
    reads: Mutex<BTreeMap<String, u64>>,
}

#[derive(Debug, Clone, Copy, Default)]
pub struct Restarts {
    pub count: u64,
    /// It is being told right now: what comes of it may come at any moment.
    pub under_way: bool,
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
            restarts: Mutex::default(),
            lost: Mutex::default(),
            reached: Mutex::default(),
            reads: Mutex::default(),
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

    /// This server is about to be told to start over (`true`), or was, whatever came of it.
    pub fn restarts_server(&self, server: &str, under_way: bool) {
        let mut restarts = self.0.restarts.lock().unwrap();
        let restarts = restarts.entry(server.to_owned()).or_default();
        restarts.count += 1;
        restarts.under_way = under_way;
    }

    pub fn restarts(&self, server: &str) -> Restarts {
        self.0.restarts.lock().unwrap().get(server).copied().unwrap_or_default()
    }

    /// The folder knows the starts up to `known` and none of those behind it, up to `last`.
    pub fn lost(&self, known: u64, last: u64) {
        self.0.lost.lock().unwrap().push((known, last));
    }

    /// Whether a bus whose folder was put back so often does not know that start any more.
    pub fn is_lost(&self, start: u64, life: u64) -> bool {
        let lost = self.0.lost.lock().unwrap();
        let mut before = lost.iter().take(usize::try_from(life).unwrap());
        before.any(|(known, last)| (known + 1..=*last).contains(&start))
    }

    /// A situation that the campaign is to meet was met.
    pub fn reached(&self, what: &'static str) {
        *self.0.reached.lock().unwrap().entry(what).or_default() += 1;
    }

    pub fn all_reached(&self) -> BTreeMap<&'static str, u64> {
        self.0.reached.lock().unwrap().clone()
    }

    /// An answer or an event has reached this server.
    pub fn has_read(&self, server: &str) {
        *self.0.reads.lock().unwrap().entry(server.to_owned()).or_default() += 1;
    }

    /// Waits until each server has read so often from now on.
    pub async fn wait_for_reads(&self, reads: u64, limit: Duration) -> Result<(), String> {
        let began = Instant::now();
        self.0.reads.lock().unwrap().clear();
        while self.readers_with(reads) < SERVERS.len() {
            if began.elapsed() > limit {
                return Err(format!("a server has not read {reads} times within {limit:?}"));
            }
            tokio::time::sleep(LOOK).await;
        }
        Ok(())
    }

    fn readers_with(&self, reads: u64) -> usize {
        let all = self.0.reads.lock().unwrap();
        all.values().filter(|read| **read >= reads).count()
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
