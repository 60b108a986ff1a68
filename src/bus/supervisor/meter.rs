//! What a member did, as it counts itself. The numbers begin with the bus, not with each restart.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::contract::MeterReading;

/// Queues that one member may name.
const QUEUES_MAX: usize = 8;

#[derive(Debug, Clone, Default)]
pub struct MemberMeter(Arc<MeterCounters>);

#[derive(Debug, Default)]
struct MeterCounters {
    busy_ms: AtomicU64,
    requests: AtomicU64,
    rows: AtomicU64,
    queues: Mutex<BTreeMap<&'static str, u64>>,
}

impl MemberMeter {
    pub fn add_busy_ms(&self, more: u64) {
        self.0.busy_ms.fetch_add(more, Ordering::Relaxed);
    }

    pub fn add_requests(&self, more: u64) {
        self.0.requests.fetch_add(more, Ordering::Relaxed);
    }

    pub fn add_rows(&self, more: u64) {
        self.0.rows.fetch_add(more, Ordering::Relaxed);
    }

    /// How much waits in a queue now.
    pub fn set_queue_length(&self, name: &'static str, length: u64) {
        let mut queues = self.0.queues.lock().unwrap_or_else(PoisonError::into_inner);
        if queues.len() < QUEUES_MAX || queues.contains_key(name) {
            queues.insert(name, length);
        }
    }

    pub fn read_counters(&self) -> MeterReading {
        let queues = self.0.queues.lock().unwrap_or_else(PoisonError::into_inner);
        MeterReading {
            busy_ms: self.0.busy_ms.load(Ordering::Relaxed),
            requests: self.0.requests.load(Ordering::Relaxed),
            rows: self.0.rows.load(Ordering::Relaxed),
            queues: queues
                .iter()
                .map(|(name, length)| ((*name).to_owned(), *length))
                .collect(),
        }
    }
}
