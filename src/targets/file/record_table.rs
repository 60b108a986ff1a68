//! The records of a target, and what planned writes make of them. Pure.
//!
//! A table is never changed half: a page of writes makes another one, which holds once it is on the disk. Records are shared
//! between the two, so a page costs what it changes.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::columns::check_field;
use crate::contract::RetireAction;
use crate::model::{DeviceId, format_time};
use crate::targets::{
    FieldValues, PlannedWrite, RecordId, RecordState, RecordSummary, SourceDevice, TargetFault, TargetRecord, WriteDone,
};

/// Where a record stands, as files say it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum FileState {
    Active,
    Retired,
    Stock,
}

impl FileState {
    pub(super) fn name(self) -> &'static str {
        match self {
            FileState::Active => "active",
            FileState::Retired => "retired",
            FileState::Stock => "stock",
        }
    }
}

/// One record, as the record file keeps it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct FileRecord {
    /// That of the device that it was made for; it stays when another device takes the record over.
    pub id: String,
    pub device: DeviceId,
    /// The name of its instance.
    pub instance: String,
    pub state: FileState,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gone_at: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gone_reason: Option<String>,
    /// Those that are not empty, by the names of the mapping.
    pub values: FieldValues,
}

impl FileRecord {
    pub(super) fn is_gone(&self) -> bool {
        self.state != FileState::Active
    }

    fn text(&self, field: &str) -> Option<String> {
        self.values.get(field).and_then(Value::as_str).map(str::to_owned)
    }

    fn record_state(&self) -> RecordState {
        if self.is_gone() {
            RecordState::Retired
        } else {
            RecordState::Active
        }
    }

    pub(super) fn to_record(&self) -> TargetRecord {
        TargetRecord {
            id: RecordId(self.id.clone()),
            device: Some(self.device),
            serial: self.text("serialNumber"),
            name: self.text("deviceName"),
            state: self.record_state(),
            user: None,
            values: self.values.clone(),
            synced_by_others: false,
        }
    }

    pub(super) fn to_summary(&self) -> RecordSummary {
        RecordSummary {
            id: RecordId(self.id.clone()),
            device: Some(self.device),
            serial: self.text("serialNumber"),
            name: self.text("deviceName"),
            state: self.record_state(),
        }
    }

    fn put_values(&mut self, values: &FieldValues) {
        for (field, value) in values {
            match value {
                Value::Null => drop(self.values.remove(field)),
                other => drop(self.values.insert(field.clone(), other.clone())),
            }
        }
    }

    fn use_for(&mut self, device: &SourceDevice) {
        self.device = device.key.device;
        self.instance = device.instance_name.to_string();
    }

    fn activate(&mut self) {
        self.state = FileState::Active;
        self.gone_at = None;
        self.gone_reason = None;
    }
}

/// Which files a change shows in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct TouchedRows {
    /// Of devices that are there.
    pub active: bool,
    /// Of devices that have gone.
    pub gone: bool,
}

impl TouchedRows {
    pub(super) fn is_any(self) -> bool {
        self.active || self.gone
    }

    pub(super) fn add(&mut self, other: TouchedRows) {
        self.active |= other.active;
        self.gone |= other.gone;
    }

    fn note(&mut self, record: &FileRecord) {
        if record.is_gone() {
            self.gone = true;
        } else {
            self.active = true;
        }
    }
}

/// All records, in the order of making.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct RecordTable {
    rows: BTreeMap<u64, Arc<FileRecord>>,
    by_id: HashMap<String, u64>,
    by_device: HashMap<DeviceId, u64>,
}

/// What came of a page of writes.
pub(super) struct AppliedWrites {
    pub table: RecordTable,
    pub touched: TouchedRows,
    /// One for each write, in order.
    pub results: Vec<Result<WriteDone, TargetFault>>,
}

impl RecordTable {
    /// At the end, or in the place of the record with the same id.
    pub(super) fn push(&mut self, record: FileRecord) {
        let known = self.by_id.get(&record.id).copied();
        let place = known.unwrap_or_else(|| self.rows.last_key_value().map_or(0, |(last, _)| last + 1));
        if let Some(before) = self.rows.get(&place).cloned() {
            self.forget_device(before.device, place);
        }
        self.put_row(place, record);
    }

    pub(super) fn remove(&mut self, id: &str) {
        if let Some(place) = self.by_id.get(id).copied() {
            self.remove_row(place);
        }
    }

    pub(super) fn records(&self) -> impl Iterator<Item = &FileRecord> {
        self.rows.values().map(Arc::as_ref)
    }

    pub(super) fn find_by_id(&self, id: &RecordId) -> Option<&FileRecord> {
        self.rows.get(self.by_id.get(&id.0)?).map(Arc::as_ref)
    }

    pub(super) fn find_by_device(&self, device: DeviceId) -> Option<&FileRecord> {
        self.rows.get(self.by_device.get(&device)?).map(Arc::as_ref)
    }

    fn put_row(&mut self, place: u64, record: FileRecord) {
        self.by_id.insert(record.id.clone(), place);
        self.by_device.insert(record.device, place);
        self.rows.insert(place, Arc::new(record));
    }

    fn remove_row(&mut self, place: u64) {
        if let Some(record) = self.rows.remove(&place) {
            self.by_id.remove(&record.id);
            self.forget_device(record.device, place);
        }
    }

    /// Another record may carry it by now.
    fn forget_device(&mut self, device: DeviceId, place: u64) {
        if self.by_device.get(&device) == Some(&place) {
            self.by_device.remove(&device);
        }
    }

    /// An id that no record has: a record that moved on to another device keeps that of its first one.
    fn find_free_id(&self, device: DeviceId) -> String {
        let numbered = (2_u32..).map(|number| format!("{device}-{number}"));
        let mut ids = std::iter::once(device.to_string()).chain(numbered);
        ids.find(|id| !self.by_id.contains_key(id)).unwrap_or_default()
    }

    /// `columns`: those that the settings name.
    pub(super) fn apply_writes(&self, writes: &[PlannedWrite], columns: &[String]) -> AppliedWrites {
        let mut applied = AppliedWrites {
            table: self.clone(),
            touched: TouchedRows::default(),
            results: Vec::with_capacity(writes.len()),
        };
        for write in writes {
            let result = apply_write(&mut applied.table, &mut applied.touched, write, columns);
            applied.results.push(result.map(|record| WriteDone { record }));
        }
        applied
    }

    /// Values of one record put back. `None`: there is no such record.
    pub(super) fn put_back(&self, id: &RecordId, values: &FieldValues) -> Option<(RecordTable, TouchedRows)> {
        let place = *self.by_id.get(&id.0)?;
        let (mut table, mut touched) = (self.clone(), TouchedRows::default());
        change_row(&mut table, &mut touched, place, |record| record.put_values(values));
        Some((table, touched))
    }
}

fn apply_write(
    table: &mut RecordTable,
    touched: &mut TouchedRows,
    write: &PlannedWrite,
    columns: &[String],
) -> Result<RecordId, TargetFault> {
    match write {
        PlannedWrite::Create { device, values, .. } => {
            check_fields(values, columns)?;
            Ok(create_record(table, touched, device, values))
        }
        PlannedWrite::Update {
            device,
            record,
            values,
            restore,
            ..
        } => {
            check_fields(values, columns)?;
            let place = *table.by_id.get(&record.0).ok_or(TargetFault::NotThere)?;
            change_row(table, touched, place, |stands| {
                stands.put_values(values);
                stands.use_for(device);
                if *restore {
                    stands.activate();
                }
            });
            Ok(record.clone())
        }
        PlannedWrite::Retire {
            record,
            action,
            reason,
            at,
            ..
        } => {
            let place = table.by_id.get(&record.0).copied();
            let (Some(place), state) = (place, retired_state(*action)) else {
                // What is to be deleted and is not there is as it should be.
                let is_done = *action == RetireAction::Delete;
                return if is_done {
                    Ok(record.clone())
                } else {
                    Err(TargetFault::NotThere)
                };
            };
            match state {
                Some(state) => change_row(table, touched, place, |stands| {
                    stands.state = state;
                    stands.gone_at = Some(format_time(*at));
                    stands.gone_reason = Some(reason.name().to_owned());
                }),
                None if *action == RetireAction::Delete => {
                    if let Some(stands) = table.rows.get(&place) {
                        touched.note(stands);
                    }
                    table.remove_row(place);
                }
                None => (),
            }
            Ok(record.clone())
        }
    }
}

/// `None`: no state comes of it.
fn retired_state(action: RetireAction) -> Option<FileState> {
    match action {
        RetireAction::Retire => Some(FileState::Retired),
        RetireAction::Stock => Some(FileState::Stock),
        RetireAction::Leave | RetireAction::Delete => None,
    }
}

fn check_fields(values: &FieldValues, columns: &[String]) -> Result<(), TargetFault> {
    values.keys().try_for_each(|field| check_field(columns, field))
}

/// The same device once more, as after a crash, gets the same record.
fn create_record(
    table: &mut RecordTable,
    touched: &mut TouchedRows,
    device: &SourceDevice,
    values: &FieldValues,
) -> RecordId {
    let known = table.by_device.get(&device.key.device).copied();
    if let Some((place, id)) = known.and_then(|place| Some((place, table.rows.get(&place)?.id.clone()))) {
        change_row(table, touched, place, |stands| {
            stands.values.clear();
            stands.put_values(values);
            stands.use_for(device);
            stands.activate();
        });
        return RecordId(id);
    }
    let mut record = FileRecord {
        id: table.find_free_id(device.key.device),
        device: device.key.device,
        instance: device.instance_name.to_string(),
        state: FileState::Active,
        gone_at: None,
        gone_reason: None,
        values: FieldValues::new(),
    };
    record.put_values(values);
    let id = RecordId(record.id.clone());
    touched.note(&record);
    table.push(record);
    id
}

/// Changes one record; what comes out as it was touches nothing.
fn change_row(table: &mut RecordTable, touched: &mut TouchedRows, place: u64, change: impl FnOnce(&mut FileRecord)) {
    let Some(before) = table.rows.get(&place).cloned() else {
        return;
    };
    let mut after = FileRecord::clone(&before);
    change(&mut after);
    if after == *before {
        return;
    }
    touched.note(&before);
    touched.note(&after);
    if after.device != before.device {
        table.forget_device(before.device, place);
    }
    table.put_row(place, after);
}

#[cfg(test)]
#[path = "record_table_tests.rs"]
mod tests;
