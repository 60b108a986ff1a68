//! What is kept of a batch: links, errors and set-aside devices, before anything is acknowledged.

use super::{QueuedLink, TargetPass};
use crate::store::{TargetKey, TargetProblem, TargetStateChange, TargetWriteBatch, TargetWritten};
use crate::targets::question_work::local_day;
use crate::targets::target_context::TargetContext;
use crate::targets::told_problem::name_target;
use crate::targets::work_error::WorkError;
use crate::targets::{DeviceKey, RecordId, ValueTrouble};

impl TargetPass<'_> {
    pub(super) async fn record_queued_links(&mut self, links: Vec<QueuedLink>) -> Result<(), WorkError> {
        if links.is_empty() {
            return Ok(());
        }
        let mut written = Vec::with_capacity(links.len());
        for link in links {
            let key = DeviceKey {
                instance: link.written.instance,
                device: link.written.device,
            };
            self.errors.extend(trouble_error(self.context, key, &link.troubles));
            written.push(link.written);
        }
        // Of some it is found now that their records were made.
        let run = if written.iter().any(|link| link.class.is_some()) {
            Some(self.runs.require_run(self.context).await?)
        } else {
            None
        };
        self.record_batch(run, written).await?;
        self.keep_errors().await
    }

    /// What the other side confirmed, with all that follows from it.
    pub(super) async fn record_writes(&mut self, run: i64, written: Vec<TargetWritten>) -> Result<(), WorkError> {
        self.record_batch(Some(run), written).await?;
        self.keep_errors().await
    }

    async fn record_batch(&mut self, run: Option<i64>, writes: Vec<TargetWritten>) -> Result<(), WorkError> {
        let batch = self.build_write_batch(run, writes);
        if batch.writes.is_empty() && batch.requests == 0 {
            return Ok(());
        }
        Ok(self.context.store.record_target_writes(batch).await?)
    }

    /// What is to be recorded; whoever asks for these devices from now on asks the store.
    pub(super) fn build_write_batch(&mut self, run: Option<i64>, writes: Vec<TargetWritten>) -> TargetWriteBatch {
        let records = writes.iter().map(|written| RecordId(written.record.clone()));
        self.memory.links.forget_links_of(&records.collect());
        for written in &writes {
            let key = DeviceKey {
                instance: written.instance,
                device: written.device,
            };
            self.memory.links.forget_link(key);
            self.memory.links.forget_record(&RecordId(written.record.clone()));
            self.waiting.remove_device(key);
            // Linked, so nobody has to decide any more.
            self.asides.remove(&(written.instance, written.device));
            self.confirmed += u64::from(written.class.is_some());
        }
        TargetWriteBatch {
            target: self.context.target,
            run,
            day: local_day(self.context),
            requests: self.runs.take_requests(self.context),
            writes,
        }
    }

    pub(super) async fn keep_errors(&mut self) -> Result<(), WorkError> {
        let errors = std::mem::take(&mut self.errors);
        if !errors.is_empty() {
            let store = &self.context.store;
            store.set_target_link_errors(self.context.target, errors).await?;
        }
        Ok(())
    }

    /// Devices that are set aside; and of refused ones how many, so that a wrong mapping tries no more than a few.
    pub(super) async fn keep_asides(&mut self) -> Result<(), WorkError> {
        let refused = std::mem::take(&mut self.refused);
        if refused > 0 {
            let change = TargetStateChange {
                canary_refused: refused,
                ..TargetStateChange::default()
            };
            self.context
                .store
                .save_target_state(self.context.target, change)
                .await?;
        }
        let asides = std::mem::take(&mut self.new_asides);
        if !asides.is_empty() {
            self.context.store.set_targets_aside(asides).await?;
        }
        Ok(())
    }
}

/// Fields that could not be made are told with the link of their device; nothing of their values is.
pub(super) fn trouble_error(
    context: &TargetContext,
    key: DeviceKey,
    troubles: &[ValueTrouble],
) -> Option<(TargetKey, Option<TargetProblem>)> {
    let first = troubles.first()?;
    let told: Vec<String> = troubles.iter().map(ToString::to_string).collect();
    let problem = TargetProblem {
        code: first.code().to_owned(),
        message: format!("fields that could not be made: {}", told.join("; ")),
        advice: name_target(&first.advice(), context),
        at: context.clock.now(),
    };
    Some(((key.instance, key.device), Some(problem)))
}
