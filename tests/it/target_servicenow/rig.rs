//! An adapter and its ServiceNow.

use std::sync::Arc;

use intune_connector::config::{
    EmptyRule, KindSettings, LookRule, MatchRule, NetworkSettings, ReconcileDoor, ServiceNowSettings, StatusValue,
    TargetSettings,
};
use intune_connector::contract::{CheckStep, RetireAction};
use intune_connector::model::{DeviceId, GoneReason, InstanceId, parse_time};
use intune_connector::targets::{
    DeviceKey, FieldValues, PlannedWrite, PrimaryUser, RecordId, RequestPace, SourceDevice, TargetAdapter, TargetFault,
    UserChange, servicenow,
};
use secrecy::SecretString;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::support::servicenow::{CiRecord, ServiceNowOptions, ServiceNowServer};

pub const WRITE: &str = "POST identifyreconcile/enhanced";
pub const TRIAL: &str = "POST identifyreconcile/queryEnhanced";
pub const DOORS: [ReconcileDoor; 2] = [ReconcileDoor::Enhanced, ReconcileDoor::Batch];

pub struct ServiceNowRig {
    pub server: ServiceNowServer,
    pub adapter: Arc<dyn TargetAdapter>,
    own: ServiceNowSettings,
}

impl ServiceNowRig {
    pub async fn new() -> ServiceNowRig {
        ServiceNowRig::with(ServiceNowOptions::default(), |_| ()).await
    }

    pub async fn with(options: ServiceNowOptions, change: impl FnOnce(&mut ServiceNowSettings)) -> ServiceNowRig {
        let mut own = own_settings(&options);
        change(&mut own);
        let server = ServiceNowServer::start(options).await;
        let adapter = adapter_for(&server, own.clone());
        ServiceNowRig { server, adapter, own }
    }

    /// As after a restart: it knows nothing of this server.
    pub fn forget_all(&mut self) {
        self.adapter = adapter_for(&self.server, self.own.clone());
    }

    pub async fn write(&self, write: PlannedWrite) -> Result<RecordId, TargetFault> {
        let mut results = self.write_all(&[write]).await;
        assert_eq!(results.len(), 1);
        results.remove(0)
    }

    pub async fn write_all(&self, writes: &[PlannedWrite]) -> Vec<Result<RecordId, TargetFault>> {
        let results = self.adapter.write_records(writes).await;
        results
            .into_iter()
            .map(|result| result.map(|done| done.record))
            .collect()
    }

    /// A new CI for device `number`.
    pub async fn create(&self, number: u128, values: Value) -> Result<RecordId, TargetFault> {
        self.write(create(number, values)).await
    }

    pub async fn update(&self, number: u128, record: &RecordId, values: Value) -> Result<RecordId, TargetFault> {
        self.write(update(number, record, values)).await
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

    /// The CI as it is kept.
    pub fn see(&self, record: &RecordId) -> CiRecord {
        let all = self.server.list_cis();
        all.into_iter().find(|ci| ci.sys_id == record.0).unwrap()
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

fn status(pairs: &[(&str, &str)]) -> Vec<StatusValue> {
    let owned = pairs.iter().map(|(field, value)| StatusValue {
        field: (*field).to_owned(),
        value: (*value).to_owned(),
    });
    owned.collect()
}

pub fn own_settings(options: &ServiceNowOptions) -> ServiceNowSettings {
    ServiceNowSettings {
        user: Some(options.user.clone()),
        password: Some(SecretString::from(options.password.as_str())),
        client_id: None,
        client_secret: None,
        data_source: "IntuneConnector".to_owned(),
        other_sources: Vec::new(),
        root_table: "cmdb_ci_hardware".to_owned(),
        id_field: "correlation_id".to_owned(),
        default_class: "cmdb_ci_computer".to_owned(),
        door: ReconcileDoor::Enhanced,
        items_per_request: 50,
        match_by: MatchRule::Key,
        first_look: LookRule::New,
        empty_by: EmptyRule::Reconcile,
        active_values: status(&[("install_status", "1"), ("operational_status", "1")]),
        stock_values: status(&[("install_status", "6"), ("operational_status", "2")]),
        gone_values: status(&[("install_status", "7"), ("operational_status", "6")]),
    }
}

fn adapter_for(server: &ServiceNowServer, own: ServiceNowSettings) -> Arc<dyn TargetAdapter> {
    let settings = TargetSettings {
        url: Some(server.url().parse().unwrap()),
        network: NetworkSettings::default(),
        client_identity: None,
        sign_in_expires_on: None,
        allow_private_addresses: true,
        instances: None,
        requests_per_minute: 0,
        write_window: None,
        zone: chrono_tz::UTC,
        assign_users: true,
        delete_allowed: false,
        own: KindSettings::ServiceNow(own),
    };
    servicenow::build_adapter(&settings, RequestPace::new(0)).unwrap()
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

fn field_values(given: Value) -> FieldValues {
    given.as_object().cloned().unwrap().into_iter().collect()
}

pub fn create(number: u128, values: Value) -> PlannedWrite {
    PlannedWrite::Create {
        key: key(number),
        device: Box::new(device(number)),
        values: field_values(values),
        class_name: String::new(),
        user: UserChange::Keep,
    }
}

/// A change of what the target keeps already.
pub fn update(number: u128, record: &RecordId, values: Value) -> PlannedWrite {
    PlannedWrite::Update {
        key: key(number),
        device: Box::new(device(number)),
        record: record.clone(),
        values: field_values(values.clone()),
        all: field_values(values),
        restore: false,
        lacks_id: false,
        replaces: None,
        class_name: String::new(),
        user: UserChange::Keep,
    }
}

/// The first write to a CI that was found; `all` is what it has in common with the device.
pub fn adopt(number: u128, record: &RecordId, all: Value) -> PlannedWrite {
    let link = json!({"intune_id": key(number).device.to_string()});
    PlannedWrite::Update {
        key: key(number),
        device: Box::new(device(number)),
        record: record.clone(),
        values: field_values(link),
        all: field_values(all),
        restore: false,
        lacks_id: false,
        replaces: None,
        class_name: String::new(),
        user: UserChange::Keep,
    }
}

pub fn named(number: u128) -> Value {
    json!({"name": format!("PC-{number}"), "serial_number": format!("SN17A{number:04}")})
}

pub fn code(result: &Result<RecordId, TargetFault>) -> &'static str {
    result.as_ref().err().map_or("good", TargetFault::code)
}
