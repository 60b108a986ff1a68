//! A target that receives two instances, and what the store keeps of it. The other side is played by a stub.

use intune_connector::contract::{
    AsideDetail, AsideDeviceFields, AsideRecordView, LinkOrigin, LinkPhase, RecordState, SetAsideReason, TargetKind,
    WriteClass, WriteCounts,
};
use intune_connector::model::{DeviceId, InstanceId, RightScope};
use intune_connector::store::{
    FieldValues, NewTargetAside, NewTargetQuestion, NewTargetServer, TargetQuestionItem, TargetWriteBatch,
    TargetWritten,
};
use reqwest::Method;
use serde_json::{Value, json};

use super::bus::{Bus, problem, status};
use crate::support::shelf::{device, id};

pub const TARGET: InstanceId = InstanceId(3);
pub const PATH: &str = "/sics/v1/targets/IntuneTargetOcs_3";
pub const RIGHTS: &[&str] = &["Targets_Read", "Targets_Manage"];

/// A target that receives two instances, with a device of each.
pub struct Scene {
    pub bus: Bus,
    /// Number and name of the second instance.
    pub second: (InstanceId, String),
    /// May do everything with targets.
    pub whole: String,
    /// The same, at the second instance only.
    pub part: String,
}

impl Scene {
    pub async fn new() -> Scene {
        let bus = Bus::new().await;
        let second = bus.shelf.another_instance().await;
        bus.shelf.full(vec![device(1, "PC-ONE")]).await;
        bus.engine.targets.install(3);
        let server = NewTargetServer {
            target: TARGET,
            kind: TargetKind::Ocs,
            server: "IntuneTargetOcs_3".parse().unwrap(),
            display_name: "Berlin".to_owned(),
            scope: RightScope::default(),
        };
        bus.shelf.store.create_target_server(server).await.unwrap();
        let whole = bus.operator("whole", RIGHTS, RightScope::default()).await;
        let there = RightScope {
            instances: Some(vec![second.name.clone()]),
            servers: None,
        };
        let part = bus.operator("part", RIGHTS, there).await;
        Scene {
            second: (second.id, second.name.to_string()),
            bus,
            whole,
            part,
        }
    }

    pub fn first(&self) -> InstanceId {
        self.bus.shelf.instance_id()
    }

    pub async fn get(&self, token: &str, rest: &str) -> Value {
        status(self.bus.get(token, &format!("{PATH}{rest}")), 200).await
    }

    pub async fn refused(&self, method: Method, token: &str, rest: &str, body: Value, expected: u16) -> String {
        problem(self.bus.send(method, token, &format!("{PATH}{rest}"), body), expected).await
    }

    /// One device of each instance has a record.
    pub async fn link_both(&self) {
        let writes = vec![
            written(self.first(), id(1), "PC-ONE"),
            written(self.second.0, id(2), "=PC-TWO"),
        ];
        self.write(None, writes).await;
    }

    pub async fn write(&self, run: Option<i64>, writes: Vec<TargetWritten>) {
        let batch = TargetWriteBatch {
            target: TARGET,
            run,
            day: self.bus.shelf.clock.now().date_naive(),
            requests: writes.len() as u64,
            writes,
        };
        self.bus.shelf.store.record_target_writes(batch).await.unwrap();
    }

    pub async fn set_aside(&self, instance: InstanceId, number: u128) {
        let record = |name: &str| AsideRecordView {
            record: name.to_owned(),
            device_id: None,
            name: Some(format!("name of {name}")),
            serial_number: Some("SN-1".to_owned()),
            state: RecordState::Active,
            user: None,
            synced_by_others: false,
        };
        let new = NewTargetAside {
            target: TARGET,
            instance,
            device: id(number),
            reason: SetAsideReason::SerialTwice,
            detail: AsideDetail {
                device: AsideDeviceFields {
                    device_name: Some(format!("PC-{number}")),
                    ..AsideDeviceFields::default()
                },
                records: vec![record("record-1"), record("record-9")],
                problem: None,
            },
        };
        self.bus.shelf.store.set_target_aside(new).await.unwrap();
    }

    /// Answers the digest of the question.
    pub async fn ask(&self, canary: bool) -> String {
        let item = |instance, number| TargetQuestionItem {
            instance,
            device: id(number),
            class: WriteClass::Create,
            record: None,
        };
        let new = NewTargetQuestion {
            target: TARGET,
            mapping_digest: "m".repeat(64),
            digest: "d".repeat(64),
            canary,
            counts: WriteCounts {
                create: 2,
                ..WriteCounts::default()
            },
            items: vec![item(self.first(), 1), item(self.second.0, 2)],
        };
        let digest = new.digest.clone();
        self.bus.shelf.store.ask_target_question(new).await.unwrap();
        digest
    }
}

pub fn written(instance: InstanceId, device: DeviceId, name: &str) -> TargetWritten {
    let values = |name: &str| FieldValues::from([("NAME".to_owned(), json!(name))]);
    TargetWritten {
        instance,
        device,
        record: format!("record-{}", device.0.as_u128()),
        origin: LinkOrigin::Created,
        phase: LinkPhase::Active,
        fingerprint: None,
        known: values(name),
        user: None,
        user_name: None,
        user_sought_at: None,
        last_sync: None,
        snapshot: 0,
        device_name: Some(name.to_owned()),
        serial: Some("SN".to_owned()),
        class: Some(WriteClass::Create),
        is_certain: true,
        before: FieldValues::new(),
        after: values(name),
    }
}
