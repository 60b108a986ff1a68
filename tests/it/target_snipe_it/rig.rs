//! An adapter and its Snipe-IT.

use std::sync::Arc;

use intune_connector::config::{AssetTagRule, KindSettings, NetworkSettings, SnipeItSettings, TargetSettings};
use intune_connector::contract::{CheckStep, RetireAction};
use intune_connector::model::{DeviceId, GoneReason, InstanceId, parse_time};
use intune_connector::targets::{
    DeviceKey, FieldValues, PlannedWrite, PrimaryUser, RecordId, RequestPace, SourceDevice, TargetAdapter, TargetFault,
    UserChange, snipe_it,
};
use secrecy::SecretString;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::support::snipe_it::{SeenAsset, SnipeOptions, SnipeServer, SnipeVersion};

pub const VERSIONS: [SnipeVersion; 2] = [SnipeVersion::V7, SnipeVersion::V8];

pub struct SnipeRig {
    pub server: SnipeServer,
    pub adapter: Arc<dyn TargetAdapter>,
}

impl SnipeRig {
    pub async fn new(version: SnipeVersion) -> SnipeRig {
        SnipeRig::with(SnipeOptions::of_version(version), |_| ()).await
    }

    pub async fn with(options: SnipeOptions, change: impl FnOnce(&mut SnipeItSettings)) -> SnipeRig {
        let mut own = own_settings(&options.token);
        change(&mut own);
        let server = SnipeServer::start(options).await;
        let adapter = adapter_for(&server, own);
        SnipeRig { server, adapter }
    }

    /// A rig whose custom fields are made.
    pub async fn with_fields(version: SnipeVersion, names: &[&str]) -> SnipeRig {
        let rig = SnipeRig::new(version).await;
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        assert_eq!(rig.adapter.make_fields(&names).await.unwrap(), [""; 0]);
        rig
    }

    pub async fn write(&self, write: PlannedWrite) -> Result<RecordId, TargetFault> {
        let mut results = self.adapter.write_records(&[write]).await;
        assert_eq!(results.len(), 1);
        results.remove(0).map(|done| done.record)
    }

    /// A new asset for device `number`.
    pub async fn create(&self, number: u128, values: Value, user: Option<u64>) -> Result<RecordId, TargetFault> {
        self.write(create(number, values, user)).await
    }

    pub async fn update(&self, update: Update) -> Result<RecordId, TargetFault> {
        self.write(update.plan()).await
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

    /// The asset as it is kept.
    pub fn see(&self, record: &RecordId) -> SeenAsset {
        let id: u64 = record.0.parse().unwrap();
        let all = self.server.list_assets();
        all.into_iter().find(|asset| asset.id == id).unwrap()
    }

    pub fn add_user(&self, name: &str) -> u64 {
        let email = format!("{name}@example.com");
        self.server
            .with_state(|state| state.tables.add_user(name, Some(email.as_str())))
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

pub fn own_settings(token: &str) -> SnipeItSettings {
    SnipeItSettings {
        token: SecretString::from(token.to_owned()),
        id_field: "Intune ID".to_owned(),
        status_label: "Ready to Deploy".to_owned(),
        gone_label: "Intune: gone".to_owned(),
        asset_tag: AssetTagRule::Auto,
        default_category: "Intune devices".to_owned(),
        built_in_sync: false,
    }
}

/// An adapter that knows nothing of this server yet.
pub fn adapter_for(server: &SnipeServer, own: SnipeItSettings) -> Arc<dyn TargetAdapter> {
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
        delete_allowed: true,
        own: KindSettings::SnipeIt(own),
    };
    snipe_it::build_adapter(&settings, RequestPace::new(0)).unwrap()
}

pub fn key(number: u128) -> DeviceKey {
    DeviceKey {
        instance: InstanceId(1),
        device: DeviceId(uuid::Uuid::from_u128(number)),
    }
}

pub fn device(number: u128, values: Value) -> SourceDevice {
    SourceDevice {
        key: key(number),
        instance_name: "IntuneConnector_1".parse().unwrap(),
        replaces: None,
        same_as: None,
        changed_at: parse_time("2026-11-30T08:00:00Z").unwrap(),
        values: values.as_object().cloned().unwrap(),
        primary_user: PrimaryUser::NotRead,
    }
}

pub fn values(given: Value) -> FieldValues {
    given.as_object().cloned().unwrap().into_iter().collect()
}

pub fn create(number: u128, given: Value, user: Option<u64>) -> PlannedWrite {
    let serial = given.get("serial").cloned().unwrap_or(Value::Null);
    let device = device(number, json!({"serialNumber": serial}));
    PlannedWrite::Create {
        key: device.key,
        device: Box::new(device),
        values: values(given),
        class_name: "Computers".to_owned(),
        user: user.map_or(UserChange::Keep, |user| UserChange::Assign(user.to_string())),
    }
}

/// A change of an asset, put together.
pub struct Update {
    pub number: u128,
    pub record: RecordId,
    pub values: Value,
    /// What the target keeps beside `values`.
    pub rest: Value,
    pub restore: bool,
    pub user: UserChange,
}

impl Update {
    pub fn of(number: u128, record: &RecordId, values: Value) -> Update {
        Update {
            number,
            record: record.clone(),
            values,
            rest: json!({"intune_id": key(number).device.to_string()}),
            restore: false,
            user: UserChange::Keep,
        }
    }

    fn plan(self) -> PlannedWrite {
        let device = device(self.number, json!({}));
        let mut all = values(self.rest);
        all.extend(values(self.values.clone()));
        PlannedWrite::Update {
            key: device.key,
            device: Box::new(device),
            record: self.record,
            values: values(self.values),
            all,
            restore: self.restore,
            lacks_id: false,
            replaces: None,
            class_name: "Tablets".to_owned(),
            user: self.user,
        }
    }
}

pub fn assign(user: u64) -> UserChange {
    UserChange::Assign(user.to_string())
}
