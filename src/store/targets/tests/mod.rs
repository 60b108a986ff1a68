//! Targets in a real store.

mod aside_flow;
mod link_flow;
mod link_lists;
mod question_flow;
mod run_flow;
mod target_removal;

use chrono::NaiveDate;
use serde_json::json;
use uuid::Uuid;

use super::*;
use crate::contract::{LinkOrigin, LinkPhase, TargetPhase, TargetRunKind, WriteClass, WriteCounts};
use crate::model::{OperatorId, parse_time};
use crate::observe::Clock;
use crate::store::Store;

const TARGET: InstanceId = InstanceId(3);
const OTHER_TARGET: InstanceId = InstanceId(4);
const CONTOSO: InstanceId = InstanceId(1);
const FABRIKAM: InstanceId = InstanceId(2);
const ANNA: OperatorId = OperatorId(7);
const KEY: [u8; 32] = [0; 32];

struct Bench {
    folder: tempfile::TempDir,
    store: Store,
    clock: Clock,
}

fn bench() -> Bench {
    let folder = tempfile::tempdir().unwrap();
    let clock = Clock::manual(parse_time("2026-03-01T08:00:00Z").unwrap());
    let store = Store::open(folder.path(), clock.clone(), KEY).unwrap();
    Bench { folder, store, clock }
}

/// Devices in the order of their ids.
fn device(number: u128) -> DeviceId {
    DeviceId(Uuid::from_u128(number))
}

fn key(number: u128) -> TargetKey {
    (CONTOSO, device(number))
}

fn today() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 3, 1).unwrap()
}

fn values(name: &str) -> FieldValues {
    FieldValues::from([("name".to_owned(), json!(name))])
}

/// As it is after a write of this class; `None`: it was only linked.
fn written(number: u128, class: Option<WriteClass>) -> TargetWritten {
    TargetWritten {
        instance: CONTOSO,
        device: device(number),
        record: format!("record-{number}"),
        origin: LinkOrigin::Created,
        phase: LinkPhase::Active,
        fingerprint: Some([1; 16]),
        known: values("after"),
        user: Some("anna@contoso.com".to_owned()),
        user_name: Some("anna@contoso.com".to_owned()),
        user_sought_at: None,
        last_sync: None,
        snapshot: 0,
        device_name: Some(format!("PC-{number}")),
        serial: Some(format!("SN{number:04}")),
        class,
        is_certain: true,
        before: values("before"),
        after: values("after"),
    }
}

fn batch(run: Option<i64>, writes: Vec<TargetWritten>) -> TargetWriteBatch {
    TargetWriteBatch {
        target: TARGET,
        run,
        day: today(),
        requests: writes.len() as u64,
        writes,
    }
}

fn problem(code: &str) -> TargetProblem {
    TargetProblem {
        code: code.to_owned(),
        message: "It was refused.".to_owned(),
        advice: "Change the mapping.".to_owned(),
        at: parse_time("2026-03-01T08:00:00Z").unwrap(),
    }
}

fn item(number: u128, class: WriteClass) -> TargetQuestionItem {
    TargetQuestionItem {
        instance: CONTOSO,
        device: device(number),
        class,
        record: None,
    }
}

/// A question for the making of these devices' records.
fn question(digest: &str, devices: std::ops::Range<u128>) -> NewTargetQuestion {
    let mut counts = WriteCounts::default();
    counts.add_writes(WriteClass::Create, devices.clone().count() as u64);
    NewTargetQuestion {
        target: TARGET,
        mapping_digest: "mapping".to_owned(),
        digest: digest.to_owned(),
        canary: false,
        counts,
        items: devices.map(|number| item(number, WriteClass::Create)).collect(),
    }
}

impl Bench {
    async fn link(&self, number: u128) -> Option<TargetLinkRow> {
        self.store.load_target_link(TARGET, key(number)).await.unwrap()
    }

    async fn write(&self, run: Option<i64>, writes: Vec<TargetWritten>) {
        self.store.record_target_writes(batch(run, writes)).await.unwrap();
    }

    /// Records that were made, of as many devices.
    async fn create(&self, devices: std::ops::Range<u128>) {
        let writes = devices.map(|number| written(number, Some(WriteClass::Create)));
        self.write(None, writes.collect()).await;
    }

    async fn state(&self) -> TargetStateRow {
        self.store.load_target_state(TARGET).await.unwrap()
    }

    async fn ask(&self, digest: &str, devices: std::ops::Range<u128>) -> i64 {
        self.store.ask_target_question(question(digest, devices)).await.unwrap()
    }

    async fn consent(&self, digest: &str) -> Option<QuestionState> {
        let consented = self.store.consent_target_question(TARGET, digest.to_owned(), ANNA);
        consented.await.unwrap().map(|row| row.state)
    }

    async fn question_state(&self, digest: &str) -> Option<QuestionState> {
        let found = self.store.find_target_question(TARGET, digest.to_owned());
        found.await.unwrap().map(|row| row.state)
    }

    async fn allowed(&self) -> Vec<DeviceId> {
        let allowances = self.store.list_target_allowances(TARGET).await.unwrap();
        allowances.into_iter().map(|((_, device), _)| device).collect()
    }
}
