//! An adapter and its NetBox.

use std::sync::Arc;

use intune_connector::config::{GoneStatus, KindSettings, NetBoxSettings, NetworkSettings, TargetSettings};
use intune_connector::contract::{CheckStep, RetireAction};
use intune_connector::model::{DeviceId, GoneReason, InstanceId, parse_time};
use intune_connector::targets::{
    DeviceKey, FieldValues, PlannedWrite, PrimaryUser, RecordId, RecordSearch, RequestPace, SourceDevice,
    TargetAdapter, TargetFault, TargetRecord, UserChange, net_box,
};
use secrecy::SecretString;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::support::net_box::{DeviceRecord, NetBoxOptions, NetBoxServer, NetBoxVersion};

pub const VERSIONS: [NetBoxVersion; 2] = [NetBoxVersion::V42, NetBoxVersion::V46];

pub struct NetBoxRig {
    pub server: NetBoxServer,
    pub adapter: Arc<dyn TargetAdapter>,
}

impl NetBoxRig {
    pub async fn new(version: NetBoxVersion) -> NetBoxRig {
        NetBoxRig::with(NetBoxOptions::of_version(version), |_| ()).await
    }

    pub async fn with(options: NetBoxOptions, change: impl FnOnce(&mut NetBoxSettings)) -> NetBoxRig {
        let mut own = own_settings(&options.token);
        change(&mut own);
        let server = NetBoxServer::start(options).await;
        let adapter = adapter_for(&server, own);
        NetBoxRig { server, adapter }
    }

    pub async fn write_all(&self, writes: &[PlannedWrite]) -> Vec<Result<RecordId, TargetFault>> {
        let results = self.adapter.write_records(writes).await;
        assert_eq!(results.len(), writes.len());
        results
            .into_iter()
            .map(|result| result.map(|done| done.record))
            .collect()
    }

    pub async fn write(&self, write: PlannedWrite) -> Result<RecordId, TargetFault> {
        self.write_all(&[write]).await.remove(0)
    }

    /// New devices of these numbers, all in one call.
    pub async fn create_many(&self, numbers: std::ops::RangeInclusive<u128>) -> Vec<RecordId> {
        let writes: Vec<PlannedWrite> = numbers
            .map(|number| {
                create(
                    number,
                    json!({"name": format!("PC-{number}"), "serial": format!("SN{number:06}")}),
                )
            })
            .collect();
        let made = self.write_all(&writes).await;
        made.into_iter().map(|made| made.unwrap()).collect()
    }

    pub async fn retire(&self, record: &RecordId, action: RetireAction) -> Result<RecordId, TargetFault> {
        self.write(PlannedWrite::Retire {
            key: key(1),
            record: record.clone(),
            action,
            reason: GoneReason::Deleted,
            at: parse_time("2026-11-30T08:00:00Z").unwrap(),
        })
        .await
    }

    pub async fn find(&self, number: u128) -> Result<Vec<TargetRecord>, TargetFault> {
        let device = device(number);
        self.adapter.find_records(RecordSearch::Device(&device)).await
    }

    pub async fn find_serial(&self, serial: &str) -> Vec<TargetRecord> {
        self.adapter.find_records(RecordSearch::Serial(serial)).await.unwrap()
    }

    /// The device as it is kept.
    pub fn see(&self, record: &RecordId) -> DeviceRecord {
        let id: u64 = record.0.parse().unwrap();
        self.server.with_state(|state| state.tables.devices[&id].clone())
    }

    pub async fn verify(&self) -> Vec<CheckStep> {
        let (sender, mut steps) = mpsc::channel(64);
        self.adapter.verify_connection(sender).await;
        let mut all = Vec::new();
        while let Some(step) = steps.recv().await {
            all.push(step);
        }
        all
    }
}

pub fn own_settings(token: &str) -> NetBoxSettings {
    NetBoxSettings {
        token: SecretString::from(token.to_owned()),
        id_field: "intune_id".to_owned(),
        gone_field: "intune_gone".to_owned(),
        site: "Intune".to_owned(),
        default_role: "Endpoint".to_owned(),
        tag: "Intune".to_owned(),
        gone_status: GoneStatus::Decommissioning,
    }
}

/// An adapter that knows nothing of this server yet.
pub fn adapter_for(server: &NetBoxServer, own: NetBoxSettings) -> Arc<dyn TargetAdapter> {
    adapter_at(&server.url(), own)
}

pub fn adapter_at(url: &str, own: NetBoxSettings) -> Arc<dyn TargetAdapter> {
    let settings = TargetSettings {
        url: Some(url.parse().unwrap()),
        network: NetworkSettings::default(),
        client_identity: None,
        sign_in_expires_on: None,
        allow_private_addresses: true,
        instances: None,
        requests_per_minute: 0,
        write_window: None,
        zone: chrono_tz::UTC,
        assign_users: false,
        delete_allowed: true,
        own: KindSettings::NetBox(own),
    };
    net_box::build_adapter(&settings, RequestPace::new(0)).unwrap()
}

pub fn key(number: u128) -> DeviceKey {
    DeviceKey {
        instance: InstanceId(1),
        device: DeviceId(uuid::Uuid::from_u128(number)),
    }
}

pub fn device(number: u128) -> SourceDevice {
    SourceDevice {
        key: key(number),
        instance_name: "IntuneConnector_1".parse().unwrap(),
        replaces: None,
        same_as: None,
        changed_at: parse_time("2026-11-30T08:00:00Z").unwrap(),
        values: serde_json::Map::new(),
        primary_user: PrimaryUser::NotRead,
    }
}

pub fn values(given: Value) -> FieldValues {
    given.as_object().cloned().unwrap().into_iter().collect()
}

pub fn create(number: u128, given: Value) -> PlannedWrite {
    let device = device(number);
    PlannedWrite::Create {
        key: device.key,
        device: Box::new(device),
        values: values(given),
        class_name: "Computer".to_owned(),
        user: UserChange::Keep,
    }
}

/// A change of a record that carries our id already.
pub fn update(number: u128, record: &RecordId, given: Value) -> PlannedWrite {
    let device = device(number);
    let mut all = values(json!({"intune_id": device.key.device.to_string()}));
    all.extend(values(given.clone()));
    PlannedWrite::Update {
        key: device.key,
        device: Box::new(device),
        record: record.clone(),
        values: values(given),
        all,
        restore: false,
        lacks_id: false,
        replaces: None,
        class_name: "Computer".to_owned(),
        user: UserChange::Keep,
    }
}

/// The same for a record that comes back into use.
pub fn restore(number: u128, record: &RecordId) -> PlannedWrite {
    match update(number, record, json!({})) {
        PlannedWrite::Update {
            key,
            device,
            record,
            values,
            all,
            replaces,
            class_name,
            user,
            ..
        } => PlannedWrite::Update {
            key,
            device,
            record,
            values,
            all,
            restore: true,
            lacks_id: false,
            replaces,
            class_name,
            user,
        },
        other => other,
    }
}
