//! A target whose other side is an OCS Inventory server.
//!
//! One inventory after the other. Two requests for a computer that is not there yet make two of it, so one is never sent while
//! another may still be at work: after a lost answer, and when a target begins (its predecessor may have been killed), a new
//! computer waits for [`STILL_AT_WORK`].

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::client::{OcsClient, PostFailure};
use super::duplicates::merges_strangers;
use super::fields::FIELDS;
use super::ocs_profile;
use super::read::{find_computers, read_computer_record};
use super::translate::{OcsInventory, check_ocs_field, make_device_id, translate_values, translate_write};
use super::verify::verify_ocs;
use crate::config::OcsSettings;
use crate::contract::CheckStep;
use crate::targets::{
    DeviceKey, FieldValues, KindProfile, PlannedWrite, RecordId, RecordPage, RecordSearch, SourceDevice, TargetAdapter,
    TargetFault, TargetField, TargetFuture, TargetRecord, WriteDone,
};

/// OCS keeps an inventory within a fraction of it.
const STILL_AT_WORK: Duration = Duration::from_secs(3);
/// After so many refusals the inventory is to blame, and not the server.
const REFUSALS_MAX: u32 = 5;

type WriteResult = Result<WriteDone, TargetFault>;

pub(super) struct OcsTarget {
    client: OcsClient,
    own: OcsSettings,
    began: Instant,
    doubts: Mutex<WriteDoubts>,
}

/// What is remembered of writes that did not end well.
#[derive(Default)]
struct WriteDoubts {
    /// By DEVICEID.
    lost: HashMap<String, Instant>,
    refusals: HashMap<DeviceKey, u32>,
}

impl OcsTarget {
    pub(super) fn new(client: OcsClient, own: OcsSettings) -> OcsTarget {
        OcsTarget {
            client,
            own,
            began: Instant::now(),
            doubts: Mutex::new(WriteDoubts::default()),
        }
    }

    fn lock_doubts(&self) -> MutexGuard<'_, WriteDoubts> {
        self.doubts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn write_all(&self, writes: &[PlannedWrite]) -> Vec<WriteResult> {
        let mut results: Vec<WriteResult> = Vec::with_capacity(writes.len());
        let mut stopped: Option<TargetFault> = None;
        for write in writes {
            let written = match &stopped {
                Some(fault) => Err(fault.clone().into()),
                None => self.write_one(write).await,
            };
            if let Err(failure) = &written
                && !failure.spares_others
            {
                // What stands in the way of this one stands in the way of the rest.
                stopped = Some(unsent_fault(failure.fault.clone()));
            }
            results.push(written.map_err(|failure| failure.fault));
        }
        self.doubt_refusals(writes, &mut results);
        results
    }

    async fn write_one(&self, write: &PlannedWrite) -> Result<WriteDone, PostFailure> {
        let Some(inventory) = translate_write(write, self.own.tag.as_deref())? else {
            let record = write.record_id().cloned().ok_or(TargetFault::NotThere)?;
            return Ok(WriteDone { record });
        };
        self.send_inventory(&inventory).await?;
        Ok(WriteDone {
            record: RecordId(inventory.device_id),
        })
    }

    async fn send_inventory(&self, inventory: &OcsInventory) -> Result<(), PostFailure> {
        if inventory.is_new {
            let lost = self.lock_doubts().lost.get(&inventory.device_id).copied();
            tokio::time::sleep_until(quiet_from(self.began, lost)).await;
        }
        let mut sent = self.client.post_inventory(&inventory.xml).await;
        if sent.as_ref().is_err_and(|failure| failure.fault.concerns_record()) {
            // Once more: its database may have been away for a moment.
            sent = self.client.post_inventory(&inventory.xml).await;
        }
        let mut doubts = self.lock_doubts();
        let is_lost = matches!(&sent, Err(failure) if matches!(failure.fault, TargetFault::LostAnswer { .. }));
        if is_lost {
            doubts.lost.insert(inventory.device_id.clone(), Instant::now());
        } else if sent.is_ok() {
            doubts.lost.remove(&inventory.device_id);
        }
        sent
    }

    /// A server that keeps nothing refuses everything: a refusal is believed where another inventory was kept, or where it
    /// comes again and again.
    fn doubt_refusals(&self, writes: &[PlannedWrite], results: &mut [WriteResult]) {
        let is_kept = results.iter().any(Result::is_ok);
        let mut doubts = self.lock_doubts();
        for (write, result) in writes.iter().zip(results) {
            let key = write.device_key();
            match result {
                Ok(_) => _ = doubts.refusals.remove(&key),
                Err(TargetFault::Refused { problem, field: None }) => {
                    let count = doubts.refusals.entry(key).or_default();
                    *count += 1;
                    if !is_kept && *count < REFUSALS_MAX {
                        let problem = std::mem::take(problem);
                        *result = Err(TargetFault::Unavailable { problem });
                    }
                }
                Err(_) => {}
            }
        }
    }

    async fn find_by_device(&self, device: &SourceDevice) -> Result<Vec<TargetRecord>, TargetFault> {
        // Without a way to look, an inventory is sent: the same DEVICEID is the same computer.
        let found = find_computers(&self.client, &make_device_id(device)).await?;
        Ok(found.unwrap_or_default())
    }

    /// OCS takes computers whole, so what is there is read first.
    async fn put_values(&self, id: &RecordId, values: &FieldValues) -> Result<(), TargetFault> {
        let record = read_computer_record(&self.client, id).await?;
        let mut whole = record.ok_or(TargetFault::NotThere)?.values;
        whole.extend(values.clone());
        let inventory = translate_values(id, &whole)?;
        self.send_inventory(&inventory).await.map_err(|failure| failure.fault)
    }
}

/// From when on no earlier request is at work any more.
fn quiet_from(began: Instant, lost: Option<Instant>) -> Instant {
    lost.unwrap_or(began) + STILL_AT_WORK
}

/// What was not sent was not lost either.
fn unsent_fault(fault: TargetFault) -> TargetFault {
    match fault {
        TargetFault::LostAnswer { problem } => TargetFault::Unreachable { problem },
        other => other,
    }
}

impl TargetAdapter for OcsTarget {
    fn profile(&self) -> &KindProfile {
        ocs_profile()
    }

    fn merges_by_name(&self, _: &SourceDevice) -> bool {
        merges_strangers(self.own.duplicate_level)
    }

    fn list_fields(&self) -> TargetFuture<'_, Vec<TargetField>> {
        let fields = FIELDS.iter().map(|field| TargetField {
            name: field.name.to_owned(),
            label: field.label.to_owned(),
            custom: false,
            writable: true,
            known_values: Vec::new(),
        });
        let fields: Vec<TargetField> = fields.collect();
        async move { Ok(fields) }.boxed()
    }

    fn check_field(&self, name: &str) -> Result<(), TargetFault> {
        check_ocs_field(name)
    }

    /// OCS has no fields of people's own that could be written from outside.
    fn make_fields<'a>(&'a self, names: &'a [String]) -> TargetFuture<'a, Vec<String>> {
        async move { Ok(names.to_vec()) }.boxed()
    }

    fn find_records<'a>(&'a self, search: RecordSearch<'a>) -> TargetFuture<'a, Vec<TargetRecord>> {
        async move {
            match search {
                RecordSearch::Device(device) => self.find_by_device(device).await,
                RecordSearch::Serial(_) => Ok(Vec::new()),
            }
        }
        .boxed()
    }

    fn list_records(&self, _: Option<String>) -> TargetFuture<'_, RecordPage> {
        async { Ok(RecordPage::default()) }.boxed()
    }

    fn read_record<'a>(&'a self, id: &'a RecordId) -> TargetFuture<'a, Option<TargetRecord>> {
        read_computer_record(&self.client, id).boxed()
    }

    /// The user is a text of the inventory.
    fn find_user<'a>(&'a self, _: &'a str) -> TargetFuture<'a, Option<String>> {
        async { Ok(None) }.boxed()
    }

    fn write_records<'a>(&'a self, writes: &'a [PlannedWrite]) -> BoxFuture<'a, Vec<Result<WriteDone, TargetFault>>> {
        self.write_all(writes).boxed()
    }

    fn put_back<'a>(&'a self, id: &'a RecordId, values: &'a FieldValues) -> TargetFuture<'a, ()> {
        self.put_values(id, values).boxed()
    }

    fn verify_connection<'a>(&'a self, steps: mpsc::Sender<CheckStep>) -> BoxFuture<'a, ()> {
        verify_ocs(&self.client, &self.own, steps).boxed()
    }
}

#[cfg(test)]
#[path = "ocs_target_tests.rs"]
mod tests;
