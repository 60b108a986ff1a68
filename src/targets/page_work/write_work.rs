//! Batches of writes: intents before anything is made, a mark at each link before anything is changed, one call of the other
//! side, and what it confirmed recorded in one transaction.
//!
//! | what a write ended with | what becomes of it |
//! |---|---|
//! | confirmed | link, values from before, counts: recorded |
//! | refused | the device is set aside, the cursor goes on |
//! | not there | the link is forgotten, and the device meets the other side anew, at once |
//! | answer lost | looked at again, at once; what was to be made is made only if two looks show nothing |
//! | anything else | what was confirmed is recorded, and the target pauses |

use serde_json::Value;

use super::held_writes::HeldWait;
use super::record_work::trouble_error;
use super::{QueuedWrite, TargetPass, WriteQueue};
use crate::contract::{LinkPhase, WriteClass};
use crate::store::{TargetFound, TargetIntent, TargetSending, TargetWritten};
use crate::targets::aside_rows::refused_aside;
use crate::targets::device_work::LinkDraft;
use crate::targets::failpoints::TargetFailpoint;
use crate::targets::gone_work::DeviceAbsence;
use crate::targets::question_work::is_window_open;
use crate::targets::target_worker::load_target_mapping;
use crate::targets::told_problem::fault_problem;
use crate::targets::work_error::WorkError;
use crate::targets::write_gate::WritePermission;
use crate::targets::{DeviceKey, FieldValues, PlannedWrite, RecordId, TargetFault, ValueTrouble, WriteDone};

/// So often a write is sent in one pass; then the target pauses.
const ATTEMPTS_MAX: u32 = 3;
/// Attempts of a write that is not planned again within the pass: if its answer is lost, the target pauses, and what led to it
/// is told again.
pub(super) const LAST_ATTEMPT: u32 = ATTEMPTS_MAX - 1;

/// A write under way, without what was sent.
pub(super) struct SentWrite {
    pub draft: LinkDraft,
    pub class: WriteClass,
    values: FieldValues,
    pub permission: WritePermission,
    pub absence: Option<DeviceAbsence>,
    pub attempts: u32,
    troubles: Vec<ValueTrouble>,
}

fn split_write(queued: QueuedWrite) -> (PlannedWrite, SentWrite) {
    let values = queued.step.sent_values();
    let sent = SentWrite {
        draft: queued.step.draft,
        class: queued.step.class,
        values,
        permission: queued.permission,
        absence: queued.absence,
        attempts: queued.attempts,
        troubles: queued.troubles,
    };
    (queued.step.write, sent)
}

/// What may be sent: intents are kept, and the run has begun.
struct ReadyBatch {
    run: i64,
    writes: Vec<PlannedWrite>,
    sent: Vec<SentWrite>,
}

impl TargetPass<'_> {
    /// Sends what is queued, and plans again what that came to, until nothing is left.
    pub(in crate::targets) async fn settle_writes(&mut self) -> Result<(), WorkError> {
        loop {
            let WriteQueue { writes, links, .. } = self.queue.take_all();
            self.record_queued_links(links).await?;
            let sent = self.send_writes(writes).await;
            // What was refused is kept also where a fault ends this.
            self.keep_asides().await?;
            sent?;
            let again = std::mem::take(&mut self.again);
            if again.is_empty() && self.queue.is_empty() {
                return Ok(());
            }
            let mut has_waited = false;
            for redo in again {
                self.plan_again(redo, &mut has_waited).await?;
            }
        }
    }

    async fn send_writes(&mut self, writes: Vec<QueuedWrite>) -> Result<(), WorkError> {
        let batch = self.context.adapter.profile().batch.max(1);
        let mut waiting = writes.into_iter().peekable();
        while waiting.peek().is_some() {
            let batch = waiting.by_ref().take(batch).collect();
            let ready = self.prepare_batch(batch).await?;
            let results = self.context.adapter.write_records(&ready.writes).await;
            self.take_answer(ready, results).await?;
        }
        Ok(())
    }

    /// Sends what is queued, where that is a batch.
    pub(super) async fn send_full_batch(&mut self) -> Result<(), WorkError> {
        let batch = self.context.adapter.profile().batch.max(1);
        if self.queue.writes.len() >= batch {
            self.settle_writes().await?;
        }
        Ok(())
    }

    /// All that comes before a batch is sent.
    async fn prepare_batch(&mut self, batch: Vec<QueuedWrite>) -> Result<ReadyBatch, WorkError> {
        self.check_sending().await?;
        let (context, name) = (self.context, self.context.name.as_str());
        let (writes, sent): (Vec<PlannedWrite>, Vec<SentWrite>) = batch.into_iter().map(split_write).unzip();
        self.keep_intents(&sent).await?;
        self.mark_sendings(&writes).await?;
        let run = self.runs.require_run(context).await?;
        context.failpoints.reach(TargetFailpoint::BeforeWrite, name).await;
        Ok(ReadyBatch { run, writes, sent })
    }

    /// Records what was confirmed, and takes up what was not.
    async fn take_answer(
        &mut self,
        batch: ReadyBatch,
        results: Vec<Result<WriteDone, TargetFault>>,
    ) -> Result<(), WorkError> {
        let ReadyBatch { run, writes, sent } = batch;
        let (context, name) = (self.context, self.context.name.as_str());
        context.failpoints.reach(TargetFailpoint::AfterWrite, name).await;
        let untold = || {
            Err(TargetFault::Unreadable {
                problem: "fewer answers than writes".to_owned(),
            })
        };
        let results = results.into_iter().chain(std::iter::repeat_with(untold));
        let (mut written, mut failed) = (Vec::new(), None);
        for ((write, sent), result) in writes.into_iter().zip(sent).zip(results) {
            match result {
                Ok(done) => written.push(self.confirm_write(&write, sent, done)),
                Err(fault) => {
                    let passing = self.take_fault(write, sent, fault, &mut written).await?;
                    failed = failed.or(passing);
                }
            }
        }
        self.record_writes(run, written).await?;
        context.failpoints.reach(TargetFailpoint::AfterRecord, name).await;
        failed.map_or(Ok(()), |fault| Err(WorkError::Fault(fault)))
    }

    /// Before records are made: if the process dies, each is looked for first. And before records of others are written for
    /// the first time: what stands in them is known then, whatever happens.
    async fn keep_intents(&mut self, sent: &[SentWrite]) -> Result<(), WorkError> {
        self.keep_found(sent).await?;
        let made = sent.iter().filter(|sent| sent.class == WriteClass::Create);
        let intents = made.map(|sent| {
            let (device_name, serial) = sent.draft.names.clone().unwrap_or_default();
            TargetIntent {
                instance: sent.draft.key.instance,
                device: sent.draft.key.device,
                device_name,
                serial,
                last_sync: sent.draft.last_sync,
                snapshot: self.snapshot_of(sent.draft.key),
            }
        });
        let intents: Vec<TargetIntent> = intents.collect();
        if intents.is_empty() {
            return Ok(());
        }
        let (context, name) = (self.context, self.context.name.as_str());
        context.failpoints.reach(TargetFailpoint::BeforeIntent, name).await;
        for intent in &intents {
            self.memory.links.forget_link(DeviceKey {
                instance: intent.instance,
                device: intent.device,
            });
        }
        context.store.intend_target_records(context.target, intents).await?;
        context.failpoints.reach(TargetFailpoint::AfterIntent, name).await;
        Ok(())
    }

    /// Before records are written: if an answer gets lost, or the process dies, the record is looked at before anything is
    /// concluded from what is known of it. Otherwise a device that is meanwhile as it was before would be left as it was written.
    async fn mark_sendings(&mut self, writes: &[PlannedWrite]) -> Result<(), WorkError> {
        let linked = writes.iter().filter_map(|write| {
            Some(TargetSending {
                record: write.record_id()?.0.clone(),
                user: write.left_user().map(str::to_owned),
            })
        });
        let sendings: Vec<TargetSending> = linked.collect();
        if sendings.is_empty() {
            return Ok(());
        }
        let records = sendings.iter().map(|sending| RecordId(sending.record.clone()));
        self.memory.links.forget_links_of(&records.collect());
        let context = self.context;
        context.store.mark_target_sendings(context.target, sendings).await?;
        Ok(())
    }

    async fn keep_found(&mut self, sent: &[SentWrite]) -> Result<(), WorkError> {
        let found: Vec<TargetFound> = sent.iter().filter_map(|sent| self.found_link(sent)).collect();
        if found.is_empty() {
            return Ok(());
        }
        for link in &found {
            self.memory.links.forget_record(&RecordId(link.record.clone()));
            self.memory.links.forget_link(DeviceKey {
                instance: link.instance,
                device: link.device,
            });
        }
        let context = self.context;
        context.store.keep_found_records(context.target, found).await?;
        Ok(())
    }

    /// The link to a record that no link leads to yet.
    fn found_link(&self, sent: &SentWrite) -> Option<TargetFound> {
        let draft = &sent.draft;
        let (record, found) = (draft.record.as_ref()?, draft.found.as_ref()?);
        let mut known: FieldValues = sent.values.keys().map(|field| (field.clone(), Value::Null)).collect();
        known.extend(draft.known.clone());
        let (device_name, serial) = draft.names.clone().unwrap_or_default();
        Some(TargetFound {
            instance: draft.key.instance,
            device: draft.key.device,
            record: record.0.clone(),
            origin: draft.origin,
            // One that comes back into use is read again.
            phase: if sent.class == WriteClass::Move {
                LinkPhase::Gone
            } else {
                LinkPhase::Active
            },
            known,
            user: found.user.clone(),
            snapshot: self.snapshot_of(draft.key),
            device_name,
            serial,
        })
    }

    pub(super) fn confirm_write(&mut self, write: &PlannedWrite, sent: SentWrite, done: WriteDone) -> TargetWritten {
        if let (PlannedWrite::Create { device, .. }, Some(index)) = (write, self.memory.index.as_mut()) {
            index.add_made(&done.record, device);
        }
        let key = sent.draft.key;
        self.errors.extend(trouble_error(self.context, key, &sent.troubles));
        let snapshot = self.snapshot_of(key);
        sent.draft
            .into_written(done.record, Some(sent.class), sent.values, snapshot)
    }

    /// Answers a fault that concerns more than this record.
    async fn take_fault(
        &mut self,
        write: PlannedWrite,
        sent: SentWrite,
        fault: TargetFault,
        written: &mut Vec<TargetWritten>,
    ) -> Result<Option<TargetFault>, WorkError> {
        let (key, pair) = (sent.draft.key, (sent.draft.key.instance, sent.draft.key.device));
        let is_worn_out = sent.attempts + 1 >= ATTEMPTS_MAX;
        match fault {
            TargetFault::NotThere if sent.absence.is_some() => {
                // What is not there need not be retired.
                let record = sent.draft.record.clone().unwrap_or_else(|| RecordId(String::new()));
                let snapshot = self.snapshot_of(key);
                written.push(sent.draft.into_written(record, None, FieldValues::new(), snapshot));
            }
            TargetFault::NotThere if !is_worn_out => {
                self.forget_link(key).await?;
                self.push_again(write, &sent);
            }
            // A decision, and what somebody wants again, is carried out by the next pass.
            TargetFault::LostAnswer { .. } if !is_worn_out && sent.permission != WritePermission::Decided => {
                self.push_again(write, &sent);
            }
            TargetFault::Refused { .. } | TargetFault::NotThere => {
                tracing::warn!(instance.name = %self.context.name, device.id = %key.device, code = fault.code(),
                    "the other side refused a record");
                self.refused += 1;
                self.errors.push((pair, Some(fault_problem(self.context, &fault))));
                if let Some(source) = write.into_source() {
                    self.new_asides.push(refused_aside(self.context, &source, &fault));
                    self.keep_waiting(&source, HeldWait::Decision);
                }
                if sent.class == WriteClass::Create || sent.draft.found.is_some() {
                    self.forget_link(key).await?;
                }
            }
            other => return Ok(Some(other)),
        }
        Ok(None)
    }

    /// Before each batch: whether the target is to go on, by this mapping. Somebody who changes it wants nothing more written
    /// by the old one.
    pub(super) async fn check_sending(&self) -> Result<(), WorkError> {
        self.check_going_on()?;
        let mapping = load_target_mapping(self.context).await??;
        if mapping.digest() == self.mapping.digest() {
            Ok(())
        } else {
            Err(WorkError::Changed)
        }
    }

    /// Between two batches: nothing more is sent once the target is to stop, or its window has closed.
    pub(in crate::targets) fn check_going_on(&self) -> Result<(), WorkError> {
        if *self.stop.borrow() {
            return Err(WorkError::Stopped);
        }
        if self.context.signals.is_revert_waiting() {
            return Err(WorkError::Changed);
        }
        if is_window_open(self.context) {
            Ok(())
        } else {
            Err(WorkError::Closed)
        }
    }
}
