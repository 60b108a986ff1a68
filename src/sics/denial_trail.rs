//! Refusals on their way into the audit trail and the log: [`super::denials`] says which become a row.
//!
//! Whoever is refused does not wait for the row: the time of an answer must not tell whether there was one to write.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;

use super::denials::{DenialBounds, DenialCause, DenialCounter};
use crate::observe::Clock;
use crate::store::{AuditEntry, Store};

pub(crate) struct DenialTrail {
    store: Store,
    clock: Clock,
    denials: Mutex<DenialCounter>,
    unwritten: Mutex<VecDeque<AuditEntry>>,
    /// Rows are written one after the other, in the order in which they came.
    write_lock: tokio::sync::Mutex<()>,
}

impl DenialTrail {
    pub(crate) fn new(store: Store, clock: Clock, bounds: DenialBounds) -> Arc<Self> {
        Arc::new(DenialTrail {
            store,
            clock,
            denials: Mutex::new(DenialCounter::new(bounds)),
            unwritten: Mutex::default(),
            write_lock: tokio::sync::Mutex::default(),
        })
    }

    /// Written soon, or counted.
    pub(crate) fn record_denial(self: &Arc<Self>, denial: DenialCause, detail: Value) {
        let rows = lock_mutex(&self.denials).record_denial(denial, detail, self.clock.now());
        if rows.is_empty() {
            return;
        }
        lock_mutex(&self.unwritten).extend(rows);
        let trail = self.clone();
        tokio::spawn(async move { trail.write_pending().await });
    }

    /// Writes what was counted: where its minute is over, or at the end `all` of it. Everything is written afterwards.
    pub(crate) async fn flush_counts(&self, all: bool) {
        let rows = if all {
            lock_mutex(&self.denials).drain_all()
        } else {
            lock_mutex(&self.denials).drain_due(self.clock.now())
        };
        lock_mutex(&self.unwritten).extend(rows);
        self.write_pending().await;
    }

    /// A trail that cannot be written must not lock out the people who come to repair it; readiness shows the store's
    /// cause.
    pub(crate) async fn write_pending(&self) {
        let _turn = self.write_lock.lock().await;
        while let Some(row) = self.next() {
            let (action, held_back) = (row.action, row.detail["further"].as_u64().unwrap_or_default());
            tracing::info!(operator = row.actor, peer = row.subject, action, held_back, "refused");
            if let Err(error) = self.store.record_audit_entry(row).await {
                tracing::error!(action, error = %error, "failed to write the audit trail");
            }
        }
    }

    fn next(&self) -> Option<AuditEntry> {
        lock_mutex(&self.unwritten).pop_front()
    }
}

fn lock_mutex<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
