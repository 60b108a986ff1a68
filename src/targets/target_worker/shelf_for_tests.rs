//! A small inventory in memory, as an other side of a kind of its own, and a bus with one instance and one target that writes
//! into it. The store is a real one.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};

use futures_util::future::BoxFuture;
use tokio::sync::mpsc;

use crate::contract::{CheckStep, RetireAction, WriteForm};
use crate::model::DeviceId;
use crate::targets::samples_for_tests::sample_mapping;
use crate::targets::{
    FieldValues, KindProfile, PlannedWrite, RecordId, RecordPage, RecordSearch, RecordState, RecordSummary,
    TargetAdapter, TargetFault, TargetField, TargetFuture, TargetRecord, UserChange, WriteDone,
};

static PROFILE: KindProfile = KindProfile {
    name: "shelf",
    display_name: "Shelf",
    proven_on: &["a map in memory"],
    writes: WriteForm::Single,
    batch: 5,
    lists_records: true,
    adopts_records: true,
    assigns_users: true,
    makes_fields: false,
    offers_mapping: true,
    retire_actions: &[RetireAction::Retire, RetireAction::Stock, RetireAction::Delete],
    default_mapping: sample_mapping,
    longest_text: |_| None,
};

/// What somebody does at a moment.
pub(super) type ShelfAct = Box<dyn FnOnce() -> BoxFuture<'static, ()> + Send>;

/// What stands on the shelf, and how often it was asked.
#[derive(Default)]
pub(super) struct ShelfState {
    pub records: BTreeMap<String, TargetRecord>,
    pub users: BTreeMap<String, String>,
    pub reads: usize,
    /// Of these: for users.
    pub lookups: usize,
    pub writes: usize,
    /// What the next writes end with, one after the other; a lost answer is a write that happened.
    pub faults: VecDeque<TargetFault>,
    /// Done while the next one looks for records, and before they get an answer.
    pub at_look: Option<ShelfAct>,
}

#[derive(Clone, Default)]
pub(super) struct Shelf(Arc<Mutex<ShelfState>>);

impl Shelf {
    pub(super) fn look(&self) -> MutexGuard<'_, ShelfState> {
        self.0.lock().unwrap()
    }

    /// Puts a record there that others made.
    pub(super) fn put_record(&self, id: &str, serial: &str, name: &str) {
        let record = TargetRecord {
            id: RecordId(id.to_owned()),
            device: None,
            serial: Some(serial.to_owned()),
            name: Some(name.to_owned()),
            state: RecordState::Active,
            user: None,
            values: FieldValues::from([("name".to_owned(), name.into())]),
            synced_by_others: false,
        };
        self.look().records.insert(id.to_owned(), record);
    }

    /// Somebody fills a field by hand.
    pub(super) fn set_value(&self, device: DeviceId, field: &str, value: &str) {
        let mut state = self.look();
        let mut records = state.records.values_mut();
        let record = records.find(|record| record.device == Some(device)).unwrap();
        record.values.insert(field.to_owned(), value.into());
    }

    /// Reads and writes since somebody asked.
    pub(super) fn take_requests(&self) -> (usize, usize) {
        let mut state = self.look();
        (std::mem::take(&mut state.reads), std::mem::take(&mut state.writes))
    }

    pub(super) fn names(&self) -> Vec<String> {
        let state = self.look();
        let names = state.records.values().filter_map(|record| record.values.get("name"));
        let mut names: Vec<String> = names.filter_map(|name| name.as_str().map(str::to_owned)).collect();
        names.sort();
        names
    }

    pub(super) fn find_device(&self, device: DeviceId) -> Vec<TargetRecord> {
        let state = self.look();
        let own = state.records.values().filter(|record| record.device == Some(device));
        own.cloned().collect()
    }

    fn write(&self, write: &PlannedWrite) -> Result<WriteDone, TargetFault> {
        let mut state = self.look();
        state.writes += 1;
        let fault = state.faults.pop_front();
        if let Some(fault) = fault
            .as_ref()
            .filter(|fault| !matches!(fault, TargetFault::LostAnswer { .. }))
        {
            return Err(fault.clone());
        }
        let done = state.carry_out(write)?;
        fault.map_or(Ok(done), Err)
    }
}

impl ShelfState {
    fn carry_out(&mut self, write: &PlannedWrite) -> Result<WriteDone, TargetFault> {
        match write {
            PlannedWrite::Create {
                device, values, user, ..
            } => {
                let id = format!("made-{}", self.records.len() + 1);
                let mut record = TargetRecord {
                    id: RecordId(id.clone()),
                    device: Some(device.key.device),
                    serial: device.text("serialNumber").map(str::to_owned),
                    name: None,
                    state: RecordState::Active,
                    user: None,
                    values: values.clone(),
                    synced_by_others: false,
                };
                change_user(&mut record, user);
                self.records.insert(id.clone(), record);
                Ok(WriteDone { record: RecordId(id) })
            }
            PlannedWrite::Update {
                device,
                record: id,
                values,
                restore,
                user,
                ..
            } => {
                let record = self.records.get_mut(&id.0).ok_or(TargetFault::NotThere)?;
                record.device = Some(device.key.device);
                record.values.extend(values.clone());
                if *restore {
                    record.state = RecordState::Active;
                }
                change_user(record, user);
                Ok(WriteDone { record: id.clone() })
            }
            PlannedWrite::Retire { record: id, action, .. } => {
                let record = self.records.get_mut(&id.0).ok_or(TargetFault::NotThere)?;
                record.state = match action {
                    RetireAction::Delete => RecordState::Deleted,
                    RetireAction::Leave | RetireAction::Retire | RetireAction::Stock => RecordState::Retired,
                };
                record.user = None;
                Ok(WriteDone { record: id.clone() })
            }
        }
    }
}

fn change_user(record: &mut TargetRecord, user: &UserChange) {
    match user {
        UserChange::Keep => {}
        UserChange::Clear => record.user = None,
        UserChange::Assign(id) => record.user = Some(id.clone()),
    }
}

fn answer<'a, T: Send + 'a>(value: T) -> TargetFuture<'a, T> {
    Box::pin(std::future::ready(Ok(value)))
}

impl TargetAdapter for Shelf {
    fn profile(&self) -> &KindProfile {
        &PROFILE
    }

    fn list_fields(&self) -> TargetFuture<'_, Vec<TargetField>> {
        answer(Vec::new())
    }

    fn make_fields<'a>(&'a self, names: &'a [String]) -> TargetFuture<'a, Vec<String>> {
        answer(names.to_vec())
    }

    fn find_records<'a>(&'a self, search: RecordSearch<'a>) -> TargetFuture<'a, Vec<TargetRecord>> {
        let mut state = self.look();
        state.reads += 1;
        let found = state.records.values().filter(|record| match search {
            RecordSearch::Device(device) => record.device == Some(device.key.device),
            RecordSearch::Serial(serial) => record.serial.as_deref() == Some(serial),
        });
        let found: Vec<TargetRecord> = found.cloned().collect();
        let act = state.at_look.take();
        Box::pin(async move {
            if let Some(act) = act {
                act().await;
            }
            Ok(found)
        })
    }

    fn list_records(&self, _: Option<String>) -> TargetFuture<'_, RecordPage> {
        let mut state = self.look();
        state.reads += 1;
        let records = state.records.values().map(|record| RecordSummary {
            id: record.id.clone(),
            device: record.device,
            serial: record.serial.clone(),
            name: record.name.clone(),
            state: record.state,
        });
        answer(RecordPage {
            records: records.collect(),
            next: None,
        })
    }

    fn read_record<'a>(&'a self, id: &'a RecordId) -> TargetFuture<'a, Option<TargetRecord>> {
        let mut state = self.look();
        state.reads += 1;
        answer(state.records.get(&id.0).cloned())
    }

    fn find_user<'a>(&'a self, user: &'a str) -> TargetFuture<'a, Option<String>> {
        let mut state = self.look();
        state.reads += 1;
        state.lookups += 1;
        answer(state.users.get(user).cloned())
    }

    fn write_records<'a>(&'a self, writes: &'a [PlannedWrite]) -> BoxFuture<'a, Vec<Result<WriteDone, TargetFault>>> {
        let results = writes.iter().map(|write| self.write(write)).collect();
        Box::pin(std::future::ready(results))
    }

    fn put_back<'a>(&'a self, id: &'a RecordId, values: &'a FieldValues) -> TargetFuture<'a, ()> {
        let mut state = self.look();
        state.writes += 1;
        let found = state.records.get_mut(&id.0).ok_or(TargetFault::NotThere);
        let put = found.map(|record| record.values.extend(values.clone()));
        Box::pin(std::future::ready(put))
    }

    fn verify_connection<'a>(&'a self, _: mpsc::Sender<CheckStep>) -> BoxFuture<'a, ()> {
        Box::pin(std::future::ready(()))
    }
}
