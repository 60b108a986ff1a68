//! The writes of a run, put back one after the other, each kept before the next one.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use tokio::time::Instant;

use super::put_back::{FieldsBack, choose_fields};
use crate::contract::{LeftFieldView, LinkOrigin, LinkPhase, RevertView, WriteClass};
use crate::model::{GoneReason, InstanceId, InstanceName};
use crate::store::{StoreError, TargetLinkRow, TargetRunRow, TargetWriteBatch, TargetWriteRow, TargetWritten};
use crate::targets::question_work::{is_window_open, local_day};
use crate::targets::target_context::TargetContext;
use crate::targets::work_error::TargetLookError;
use crate::targets::{
    DeviceKey, FieldValues, GoneRules, PlannedWrite, RecordId, RetireAction, TargetFault, is_same_value,
};

/// Writes that are read together.
const BATCH: usize = 100;
/// Why a record that a run made is listed.
const MADE: &str = "this run made the record; it stays";

pub(super) struct RunRevert<'a> {
    context: &'a TargetContext,
    /// The run that puts back.
    run: i64,
    names: BTreeMap<InstanceId, InstanceName>,
    /// What happens to records that the run made; `None`: they are listed.
    made: Option<GoneRules>,
    /// Those of which a field was put back.
    records: BTreeSet<RecordId>,
    pub view: RevertView,
}

impl<'a> RunRevert<'a> {
    pub(super) fn new(
        context: &'a TargetContext,
        run: i64,
        names: BTreeMap<InstanceId, InstanceName>,
        made: Option<GoneRules>,
    ) -> RunRevert<'a> {
        RunRevert {
            context,
            run,
            names,
            made,
            records: BTreeSet::new(),
            view: RevertView::default(),
        }
    }

    /// False: the time was over, or the window closed, before the last write.
    pub(super) async fn revert_writes(
        &mut self,
        row: &TargetRunRow,
        ends_at: Instant,
    ) -> Result<bool, TargetLookError> {
        let context = self.context;
        context.adapter.begin_series().await;
        let reverted = self.revert_all(row, ends_at).await;
        let shown = context.adapter.end_series().await;
        let is_whole = reverted?;
        shown?;
        Ok(is_whole)
    }

    async fn revert_all(&mut self, row: &TargetRunRow, ends_at: Instant) -> Result<bool, TargetLookError> {
        let mut after = None;
        loop {
            let writes = self.context.store.list_run_writes(row.id, after, BATCH).await?;
            let is_last = writes.len() < BATCH;
            after = writes.last().map(|write| write.id);
            for write in writes.into_iter().filter(|write| write.reverted_at.is_none()) {
                if Instant::now() >= ends_at || !is_window_open(self.context) {
                    return Ok(false);
                }
                self.revert_write(&write).await?;
            }
            if is_last {
                return Ok(true);
            }
        }
    }

    async fn revert_write(&mut self, write: &TargetWriteRow) -> Result<(), TargetLookError> {
        match write.class {
            WriteClass::Create => match self.made {
                Some(rules) => self.retire_made(write, rules).await,
                None => {
                    self.list_record(write, MADE);
                    Ok(())
                }
            },
            WriteClass::Retire => {
                self.list_record(write, "this run retired the record; it comes back when its device does");
                Ok(())
            }
            WriteClass::Move => {
                self.list_record(write, "this run brought the record back into use; it stays so");
                self.put_fields_back(write).await
            }
            WriteClass::Change => self.put_fields_back(write).await,
        }
    }

    async fn put_fields_back(&mut self, write: &TargetWriteRow) -> Result<(), TargetLookError> {
        let (adapter, id) = (&self.context.adapter, RecordId(write.record.clone()));
        let Some(record) = adapter.read_record(&id).await? else {
            self.list_record(write, "the record is not there any more, or can't be read");
            return Ok(());
        };
        let FieldsBack { put, done, left } = choose_fields(&write.before, &write.after, &record.values);
        for value in left {
            self.list_left(
                write,
                Some(value.field),
                (value.ours, value.now),
                "somebody changed it since",
            );
        }
        if !put.is_empty() {
            match adapter.put_back(&id, &put).await {
                Ok(()) => {}
                Err(fault) if fault.concerns_record() => {
                    self.list_refused(write, &put, &record.values, &fault);
                    return Ok(());
                }
                Err(fault) => return Err(fault.into()),
            }
        }
        let changed = put.len() as u64 + done;
        if changed > 0 {
            self.keep_put_back(write, &record.values, put).await?;
        }
        self.context.store.mark_write_reverted(write.id).await?;
        if changed > 0 {
            self.view.put_back += changed;
            self.records.insert(id);
            self.view.records = self.records.len() as u64;
        }
        Ok(())
    }

    /// What stands over there now is known, and is compared anew once people have agreed; also where an earlier attempt put it
    /// back and could not keep that.
    async fn keep_put_back(
        &mut self,
        write: &TargetWriteRow,
        stood: &FieldValues,
        put: FieldValues,
    ) -> Result<(), StoreError> {
        let Some(link) = self.find_link(write).await? else {
            return Ok(());
        };
        let is_known = |field: &String| is_same_value(link.known.get(field), stood.get(field));
        if put.is_empty() && write.after.keys().all(is_known) {
            return Ok(());
        }
        let mut known = stood.clone();
        known.extend(put.clone());
        let before = put.keys().map(|field| {
            let value = stood.get(field).cloned().unwrap_or(Value::Null);
            (field.clone(), value)
        });
        let written = TargetWritten {
            known,
            class: (!put.is_empty()).then_some(WriteClass::Change),
            before: before.collect(),
            after: put,
            ..written_of(link)
        };
        self.record_write(written).await
    }

    /// The link to the record: that of the device that was written, or of one that has the record since.
    async fn find_link(&self, write: &TargetWriteRow) -> Result<Option<TargetLinkRow>, StoreError> {
        let (store, target) = (&self.context.store, self.context.target);
        let links = store.list_record_links(target, write.record.clone()).await?;
        let is_own = |link: &TargetLinkRow| link.key() == (write.instance, write.device);
        Ok(links.into_iter().max_by_key(|link| (is_own(link), link.written_at)))
    }

    async fn record_write(&self, written: TargetWritten) -> Result<(), StoreError> {
        let batch = TargetWriteBatch {
            target: self.context.target,
            run: Some(self.run),
            day: local_day(self.context),
            requests: 0,
            writes: vec![written],
        };
        self.context.store.record_target_writes(batch).await
    }

    /// A record that the run made is treated as that of a deleted device.
    async fn retire_made(&mut self, write: &TargetWriteRow, rules: GoneRules) -> Result<(), TargetLookError> {
        let (context, key) = (
            self.context,
            DeviceKey {
                instance: write.instance,
                device: write.device,
            },
        );
        let link = context
            .store
            .load_target_link(context.target, (write.instance, write.device))
            .await?;
        let link = link.filter(|link| link.record == write.record && link.origin == LinkOrigin::Created);
        let profile = context.adapter.profile();
        let rules = rules.limit_actions(profile.retire_actions, context.settings.delete_allowed);
        let Some(link) = link.filter(|_| rules.deleted != RetireAction::Leave) else {
            self.list_record(write, MADE);
            return Ok(());
        };
        let retirement = PlannedWrite::Retire {
            key,
            record: RecordId(write.record.clone()),
            action: rules.deleted,
            reason: GoneReason::Deleted,
            at: context.clock.now(),
        };
        let results = context.adapter.write_records(std::slice::from_ref(&retirement)).await;
        match results.into_iter().next() {
            Some(Ok(_) | Err(TargetFault::NotThere)) => {}
            Some(Err(fault)) if fault.concerns_record() => {
                self.list_record(write, &fault.to_string());
                return Ok(());
            }
            Some(Err(fault)) => return Err(fault.into()),
            None => {
                let problem = "no answer to a write".to_owned();
                return Err(TargetFault::Unreadable { problem }.into());
            }
        }
        let written = TargetWritten {
            phase: LinkPhase::Gone,
            class: Some(WriteClass::Retire),
            user: None,
            user_name: None,
            user_sought_at: None,
            ..written_of(link)
        };
        self.record_write(written).await?;
        context.store.mark_write_reverted(write.id).await?;
        self.records.insert(RecordId(write.record.clone()));
        self.view.records = self.records.len() as u64;
        Ok(())
    }

    fn list_record(&mut self, write: &TargetWriteRow, reason: &str) {
        self.list_left(write, None, (Value::Null, Value::Null), reason);
    }

    fn list_refused(&mut self, write: &TargetWriteRow, put: &FieldValues, stood: &FieldValues, fault: &TargetFault) {
        for field in put.keys() {
            let value = |values: &FieldValues| values.get(field).cloned().unwrap_or(Value::Null);
            let values = (value(&write.after), value(stood));
            self.list_left(write, Some(field.clone()), values, &fault.to_string());
        }
    }

    fn list_left(&mut self, write: &TargetWriteRow, field: Option<String>, (ours, now): (Value, Value), reason: &str) {
        // Of an instance whose row is gone nobody could be told anything.
        let Some(instance) = self.names.get(&write.instance).cloned() else {
            return;
        };
        self.view.left.push(LeftFieldView {
            instance,
            device_id: write.device,
            record: write.record.clone(),
            field,
            ours,
            now,
            reason: reason.to_owned(),
        });
    }
}

/// A link as it stands, with nothing that counts as written.
fn written_of(link: TargetLinkRow) -> TargetWritten {
    TargetWritten {
        instance: link.instance,
        device: link.device,
        record: link.record,
        origin: link.origin,
        phase: link.phase,
        fingerprint: None,
        known: link.known,
        user: link.user,
        user_name: link.user_name,
        user_sought_at: link.user_sought_at,
        last_sync: link.last_sync,
        snapshot: link.snapshot,
        device_name: None,
        serial: None,
        class: None,
        // Only some of its fields were looked at.
        is_certain: false,
        before: FieldValues::new(),
        after: FieldValues::new(),
    }
}
