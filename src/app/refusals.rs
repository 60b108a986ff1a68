//! What Entra and Graph refused the instances of this folder, kept over a restart (E9). [`crate::refusal`] remembers and
//! knows no store; here its memories are held on to as long as the bus runs, filled from the store, and written back
//! whenever there is something new: what named its time, and what did not (a dead secret, a missing right), with how far
//! that has grown. A bus that is started again in a loop asks no more often than one that goes on.
//!
//! If the process dies before that is written, one request more is refused.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::TimeDelta;

use crate::config::InstanceSettings;
use crate::entra::Authority;
use crate::observe::Clock;
use crate::refusal::{
    self, KeptRefusal, Marker, RefusalCause, RefusalMemory, RefusalParty, RememberedRefusal, ResourceFamily,
};
use crate::store::{RefusalRow, Store, StoreError};

/// What named its time and ends sooner is not worth a commit.
const WORTH: TimeDelta = TimeDelta::seconds(10);

pub struct RefusalRegistry {
    store: Store,
    clock: Clock,
    memories: Mutex<HashMap<RefusalParty, RefusalMemory>>,
    /// As the store has them.
    stored_rows: tokio::sync::Mutex<Vec<RefusalRow>>,
}

impl RefusalRegistry {
    /// With what a process before this one was told.
    pub async fn open(store: Store, clock: Clock) -> Result<Arc<RefusalRegistry>, StoreError> {
        let rows = store.list_refusals().await?;
        let refusals = RefusalRegistry {
            store,
            clock,
            memories: Mutex::default(),
            stored_rows: tokio::sync::Mutex::new(rows.clone()),
        };
        for row in rows {
            let Ok(family) = row.family.parse::<ResourceFamily>() else {
                continue;
            };
            let cause = RefusalCause {
                code: row.code,
                text: row.text,
                advice: row.advice,
                transient: true,
            };
            let party = RefusalParty::new(&row.address, &row.tenant_id, &row.client_id);
            let (memory, clock) = (refusals.memory_for(party), &refusals.clock);
            match row.repetitions {
                0 => memory.restore_refusal(family, cause, row.until, clock),
                times => {
                    let cause = RefusalCause {
                        transient: row.is_transient,
                        ..cause
                    };
                    memory.remember_untimed(
                        (family, row.part),
                        cause,
                        (row.until, times),
                        (clock, &refusals.marker()),
                    );
                }
            }
        }
        Ok(Arc::new(refusals))
    }

    /// From now on what this instance is refused is kept.
    pub fn watch_instance(&self, settings: &InstanceSettings) {
        for party in refusal_parties(settings) {
            self.memory_for(party);
        }
    }

    /// Its settings were changed: what was refused without a time is asked for anew.
    pub fn forget_untimed(&self, settings: &InstanceSettings) {
        for party in refusal_parties(settings) {
            self.memory_for(party).forget_untimed();
        }
    }

    /// What this instance does not ask for now.
    pub fn active_refusals(&self, settings: &InstanceSettings) -> Vec<(ResourceFamily, RememberedRefusal)> {
        let of = |party| self.memory_for(party).active_refusals(&self.clock);
        refusal_parties(settings).into_iter().flat_map(of).collect()
    }

    /// Keeps what is new, until it is dropped.
    pub async fn run(self: Arc<Self>) {
        let mut changes = refusal::watch_changes();
        loop {
            changes.mark_unchanged();
            if let Err(error) = self.save_changes().await {
                tracing::warn!(error = %error, "failed to save the refusals: they will be lost when the bus stops");
            }
            if changes.changed().await.is_err() {
                return;
            }
        }
    }

    /// Writes down what holds, where it is not what stands there already.
    pub async fn save_changes(&self) -> Result<(), StoreError> {
        let mut stored_rows = self.stored_rows.lock().await;
        let rows = self.collect_rows();
        let is_known = |row: &RefusalRow| stored_rows.contains(row);
        // What had a time and is over goes with the next write; what had none is over when it was answered.
        let is_left = |row: &RefusalRow| row.repetitions == 0 || rows.contains(row);
        if !rows.iter().all(is_known) || !stored_rows.iter().all(is_left) {
            self.store.replace_refusals(rows.clone()).await?;
            *stored_rows = rows;
        }
        Ok(())
    }

    fn collect_rows(&self) -> Vec<RefusalRow> {
        let cutoff = self.clock.now() + WORTH;
        let memories: Vec<RefusalMemory> = self.lock_memories().values().cloned().collect();
        let of = |memory: RefusalMemory| {
            let party = memory.party().clone();
            let marker = self.marker();
            memory
                .to_keep(&self.clock, &marker)
                .into_iter()
                .filter(|kept| !kept.refusal.timed || kept.refusal.until > cutoff)
                .map(
                    move |KeptRefusal {
                              family,
                              mark,
                              refusal: held,
                          }| RefusalRow {
                        part: mark,
                        repetitions: if held.timed { 0 } else { held.times().max(1) },
                        is_transient: held.cause.transient,
                        address: party.address().to_owned(),
                        tenant_id: party.tenant_id().to_owned(),
                        client_id: party.client_id().to_owned(),
                        family: family.name().to_owned(),
                        // As the store keeps it, or what is read back would look new.
                        until: held.until
                            - TimeDelta::nanoseconds(i64::from(held.until.timestamp_subsec_nanos() % 1_000_000)),
                        code: held.cause.code,
                        text: held.cause.text,
                        advice: held.cause.advice,
                    },
                )
        };
        let mut rows: Vec<RefusalRow> = memories.into_iter().flat_map(of).collect();
        rows.sort();
        rows
    }

    fn marker(&self) -> Marker {
        Arc::new(self.store.refusal_marker())
    }

    fn memory_for(&self, party: RefusalParty) -> RefusalMemory {
        let mut memories = self.lock_memories();
        memories
            .entry(party)
            .or_insert_with_key(|party| RefusalMemory::for_party(party.clone()))
            .clone()
    }

    fn lock_memories(&self) -> MutexGuard<'_, HashMap<RefusalParty, RefusalMemory>> {
        self.memories.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// As whom an instance asks, and whom.
fn refusal_parties(settings: &InstanceSettings) -> Vec<RefusalParty> {
    let Authority {
        login_url,
        tenant_id,
        graph_url,
    } = Authority::for_instance(settings);
    let mut parties = Vec::new();
    for (_, credential) in settings.all_credentials() {
        for address in [&login_url, &graph_url] {
            let party = RefusalParty::new(address, &tenant_id, &credential.client_id);
            if !parties.contains(&party) {
                parties.push(party);
            }
        }
    }
    parties
}
