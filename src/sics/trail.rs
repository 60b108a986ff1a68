//! Refusals on their way into the audit trail and the log: [`super::refusals`] says which become a row.
//!
//! Whoever is refused does not wait for the row: the time of an answer must not tell whether there was one to write.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;

use super::refusals::{Refusal, RefusalBounds, Refusals};
use crate::observe::Clock;
use crate::store::{AuditEntry, Store};

pub struct Trail {
    store: Store,
    clock: Clock,
    refusals: Mutex<Refusals>,
    unwritten: Mutex<VecDeque<AuditEntry>>,
    /// Rows are written one after the other, in the order in which they came.
    turn: tokio::sync::Mutex<()>,
}

impl Trail {
    pub fn new(store: Store, clock: Clock, bounds: RefusalBounds) -> Arc<Self> {
        Arc::new(Trail {
            store,
            clock,
            refusals: Mutex::new(Refusals::new(bounds)),
            unwritten: Mutex::default(),
            turn: tokio::sync::Mutex::default(),
        })
    }

    /// Written soon, or counted.
    pub fn refuse(self: &Arc<Self>, refusal: Refusal, detail: Value) {
        let rows = locked(&self.refusals).note(refusal, detail, self.clock.now());
        if rows.is_empty() {
            return;
        }
        locked(&self.unwritten).extend(rows);
        let trail = self.clone();
        tokio::spawn(async move { trail.write().await });
    }

    /// Writes what was counted: where its minute is over, or at the end `all` of it. Everything is written afterwards.
    pub async fn tell(&self, all: bool) {
        let rows = match all {
            true => locked(&self.refusals).rest(),
            false => locked(&self.refusals).due(self.clock.now()),
        };
        locked(&self.unwritten).extend(rows);
        self.write().await;
    }

    /// A trail that can't be written must not lock people out who come to mend it; readiness shows the store's cause.
    pub async fn write(&self) {
        let _turn = self.turn.lock().await;
        while let Some(row) = self.next() {
            let (action, held_back) = (row.action, row.detail["further"].as_u64().unwrap_or_default());
            tracing::info!(operator = row.actor, peer = row.subject, action, held_back, "refused");
            if let Err(error) = self.store.audit(row).await {
                tracing::error!(action, error = %error, "failed to write the audit trail");
            }
        }
    }

    fn next(&self) -> Option<AuditEntry> {
        locked(&self.unwritten).pop_front()
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
