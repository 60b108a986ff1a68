//! An adapter and its GLPI.

use std::sync::Arc;

use intune_connector::config::{
    GlpiSettings, InventorySignIn, KindSettings, NetworkSettings, NoSerialRule, TargetSettings,
};
use intune_connector::contract::{CheckStep, RetireAction};
use intune_connector::model::{DeviceId, GoneReason, InstanceId, parse_time};
use intune_connector::targets::{
    DeviceKey, FieldValues, PlannedWrite, PrimaryUser, RecordId, RecordSearch, RequestPace, SourceDevice,
    TargetAdapter, TargetFault, TargetRecord, UserChange, glpi,
};
use secrecy::SecretString;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::support::glpi::{GlpiOptions, GlpiServer, GlpiVersion, ItemRow};

pub const SERIAL: &str = "PF0TEST1";

pub struct GlpiRig {
    pub server: GlpiServer,
    pub adapter: Arc<dyn TargetAdapter>,
}

impl GlpiRig {
    /// GLPI 11, with a user for its high-level API.
    pub async fn new() -> GlpiRig {
        GlpiRig::with(|_| (), |_| ()).await
    }

    /// GLPI 10: inventories alone.
    pub async fn without_api() -> GlpiRig {
        let as_ten = |options: &mut GlpiOptions| options.version = GlpiVersion::V10;
        GlpiRig::with(as_ten, |own| (own.user, own.password) = (None, None)).await
    }

    pub async fn with(change: impl FnOnce(&mut GlpiOptions), change_own: impl FnOnce(&mut GlpiSettings)) -> GlpiRig {
        let mut options = GlpiOptions::of_version(GlpiVersion::V11);
        change(&mut options);
        let mut own = own_settings(&options);
        change_own(&mut own);
        let server = GlpiServer::start(options).await;
        let adapter = adapter_for(&server, own);
        GlpiRig { server, adapter }
    }

    pub async fn write(&self, write: PlannedWrite) -> Result<RecordId, TargetFault> {
        let mut results = self.adapter.write_records(&[write]).await;
        assert_eq!(results.len(), 1);
        results.remove(0).map(|done| done.record)
    }

    /// A new record for device `number`, with these values.
    pub async fn create(&self, number: u128, values: Value) -> Result<RecordId, TargetFault> {
        self.write(create(number, values, UserChange::Keep)).await
    }

    pub async fn update(&self, update: Update) -> Result<RecordId, TargetFault> {
        self.write(update.plan()).await
    }

    pub async fn retire(&self, number: u128, record: &RecordId, action: RetireAction) -> Result<RecordId, TargetFault> {
        self.write(PlannedWrite::Retire {
            key: key(number),
            record: record.clone(),
            action,
            reason: GoneReason::Deleted,
            at: parse_time("2026-11-30T08:00:00Z").unwrap(),
        })
        .await
    }

    pub async fn by_device(&self, number: u128) -> Vec<TargetRecord> {
        let device = device(number, json!({}));
        self.adapter.find_records(RecordSearch::Device(&device)).await.unwrap()
    }

    pub async fn by_serial(&self, serial: &str) -> Vec<TargetRecord> {
        self.adapter.find_records(RecordSearch::Serial(serial)).await.unwrap()
    }

    /// A computer that is there already; its id as a record.
    pub fn add_computer(&self, name: &str, serial: &str, change: impl FnOnce(&mut ItemRow)) -> RecordId {
        self.server.with_state(|state| {
            let id = state.tables.add_item("Computer", name, serial);
            change(state.tables.item_mut(id));
            RecordId(format!("Computer/{id}"))
        })
    }

    /// The record as it is kept.
    pub fn see(&self, record: &RecordId) -> ItemRow {
        let (_, id) = record.0.split_once('/').unwrap();
        let id: u64 = id.parse().unwrap();
        self.server.with_state(|state| state.tables.item(id).clone())
    }

    /// Somebody over there changes a record in the browser; what they change is locked.
    pub fn edit_name(&self, record: &RecordId, name: &str) {
        let id = self.see(record).id;
        self.server.with_state(|state| {
            let item = state.tables.item_mut(id);
            item.name = name.to_owned();
            item.locks.insert("name".to_owned());
        });
    }

    /// An inventory of somebody who knows less.
    pub async fn post(&self, inventory: &Value) {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let url = format!("{}/front/inventory.php", self.server.url());
        let answer = client.post(url).json(inventory).send().await.unwrap();
        assert!(answer.status().is_success(), "{answer:?}");
    }

    pub fn last_inventory(&self) -> Value {
        self.server
            .with_state(|state| state.inventories.last().unwrap().clone())
    }

    pub fn count_inventories(&self) -> usize {
        self.server.count("POST inventory")
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

fn own_settings(options: &GlpiOptions) -> GlpiSettings {
    let secret = |text: &str| Some(SecretString::from(text.to_owned()));
    GlpiSettings {
        inventory_sign_in: InventorySignIn::Nothing,
        inventory_user: Some(options.inventory_user.clone()),
        inventory_password: secret(&options.inventory_password),
        client_id: Some(options.client_id.clone()),
        client_secret: secret(&options.client_secret),
        user: Some(options.user.clone()),
        password: secret(&options.password),
        gone_state: "Gone from Intune".to_owned(),
        stock_state: "In stock".to_owned(),
        active_state: None,
        no_serial: NoSerialRule::Hold,
        tag: None,
    }
}

fn adapter_for(server: &GlpiServer, own: GlpiSettings) -> Arc<dyn TargetAdapter> {
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
        own: KindSettings::Glpi(own),
    };
    glpi::build_adapter(&settings, RequestPace::new(0)).unwrap()
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

pub fn create(number: u128, given: Value, user: UserChange) -> PlannedWrite {
    let serial = given.get("bios.ssn").cloned().unwrap_or(Value::Null);
    let device = device(number, json!({"serialNumber": serial}));
    PlannedWrite::Create {
        key: device.key,
        device: Box::new(device),
        values: values(given),
        class_name: "Computer".to_owned(),
        user,
    }
}

/// A change of a record, put together.
pub struct Update {
    pub number: u128,
    pub record: RecordId,
    pub values: Value,
    /// What the target keeps beside `values`.
    pub rest: Value,
    pub restore: bool,
    /// Whether nothing was written through its link yet.
    pub lacks_id: bool,
    pub user: UserChange,
}

impl Update {
    /// Of a device with the usual serial number.
    pub fn of(number: u128, record: &RecordId, values: Value) -> Update {
        Update {
            number,
            record: record.clone(),
            values,
            rest: json!({"hardware.name": "PC-1", "bios.ssn": SERIAL}),
            restore: false,
            lacks_id: false,
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
            lacks_id: self.lacks_id,
            replaces: None,
            class_name: String::new(),
            user: self.user,
        }
    }
}
