//! Another kind of inventory, brought by this file alone: a few records in memory, with the one trait that a kind has. The
//! worker of a target writes it as it does all others: 20 first, one record for each device, nothing for what is unchanged.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use intune_connector::config::TargetDraft;
use intune_connector::contract::{CheckStep, RetireAction, TargetKind, WriteForm};
use intune_connector::model::{InstanceId, RightScope, ServerId};
use intune_connector::observe::Metrics;
use intune_connector::store::{NewTargetServer, TargetQuestionRow};
use intune_connector::targets::{
    FieldValues, KindProfile, PlannedWrite, RecordId, RecordPage, RecordSearch, RecordState, RequestPace,
    TargetAdapter, TargetContext, TargetFault, TargetField, TargetFuture, TargetMapping, TargetRecord, TargetSignals,
    WriteDone, run_target,
};
use tokio::sync::{mpsc, watch};

use crate::support::rig::Rig;
use crate::support::wait::{found, within};

const TARGET: InstanceId = InstanceId(90);
const NAME: &str = "IntuneTargetPostgreSql_90";
const MAPPING: &str = r#"{
    "fields": [
        {"field": "label", "from": "deviceName", "mode": "own"},
        {"field": "system", "expression": "operatingSystem + ' ' + osVersion", "mode": "own"},
        {"field": "remark", "value": "from Intune", "mode": "fill"}
    ],
    "classes": [],
    "gone": {"deleted": "retire", "wiped": "retire", "retired": "retire"}
}"#;

static PROFILE: KindProfile = KindProfile {
    name: "shelf",
    display_name: "A shelf",
    proven_on: &["itself"],
    writes: WriteForm::Single,
    batch: 3,
    lists_records: false,
    adopts_records: true,
    assigns_users: false,
    makes_fields: false,
    offers_mapping: true,
    retire_actions: &[RetireAction::Retire, RetireAction::Leave],
    default_mapping: shelf_mapping,
    longest_text: |_| None,
};

fn shelf_mapping() -> TargetMapping {
    TargetMapping::parse(MAPPING).unwrap()
}

/// The inventory, and the adapter for it in one.
#[derive(Default)]
struct ShelfInventory {
    records: Mutex<BTreeMap<u64, TargetRecord>>,
    /// Writes that were sent.
    writes: Mutex<Vec<&'static str>>,
}

impl ShelfInventory {
    fn list(&self) -> Vec<TargetRecord> {
        self.records.lock().unwrap().values().cloned().collect()
    }

    fn count_writes(&self) -> usize {
        self.writes.lock().unwrap().len()
    }

    fn find(&self, fits: impl Fn(&TargetRecord) -> bool) -> Vec<TargetRecord> {
        let mut records = self.list();
        records.retain(|record| fits(record));
        records
    }

    fn write(&self, write: &PlannedWrite) -> Result<WriteDone, TargetFault> {
        let mut records = self.records.lock().unwrap();
        let (word, id) = match write {
            PlannedWrite::Create { device, values, .. } => {
                let number = records.len() as u64 + 1;
                let record = TargetRecord {
                    id: RecordId(number.to_string()),
                    device: Some(device.key.device),
                    serial: device.usable_serial().map(str::to_owned),
                    name: None,
                    state: RecordState::Active,
                    user: None,
                    values: values.clone(),
                    synced_by_others: false,
                };
                records.insert(number, record);
                ("create", RecordId(number.to_string()))
            }
            PlannedWrite::Update {
                device, record, values, ..
            } => {
                let stands = find_mut(&mut records, record)?;
                stands.device = Some(device.key.device);
                stands.state = RecordState::Active;
                stands.values.extend(values.clone());
                ("update", record.clone())
            }
            PlannedWrite::Retire { record, .. } => {
                find_mut(&mut records, record)?.state = RecordState::Retired;
                ("retire", record.clone())
            }
        };
        self.writes.lock().unwrap().push(word);
        Ok(WriteDone { record: id })
    }
}

fn find_mut<'a>(
    records: &'a mut BTreeMap<u64, TargetRecord>,
    id: &RecordId,
) -> Result<&'a mut TargetRecord, TargetFault> {
    let number: Option<u64> = id.0.parse().ok();
    number
        .and_then(|number| records.get_mut(&number))
        .ok_or(TargetFault::NotThere)
}

impl TargetAdapter for ShelfInventory {
    fn profile(&self) -> &KindProfile {
        &PROFILE
    }

    fn list_fields(&self) -> TargetFuture<'_, Vec<TargetField>> {
        async { Ok(Vec::new()) }.boxed()
    }

    fn make_fields<'a>(&'a self, names: &'a [String]) -> TargetFuture<'a, Vec<String>> {
        async { Ok(names.to_vec()) }.boxed()
    }

    fn find_records<'a>(&'a self, search: RecordSearch<'a>) -> TargetFuture<'a, Vec<TargetRecord>> {
        let records = match search {
            RecordSearch::Device(device) => self.find(|record| record.device == Some(device.key.device)),
            RecordSearch::Serial(serial) => self.find(|record| record.serial.as_deref() == Some(serial)),
        };
        async move { Ok(records) }.boxed()
    }

    fn list_records(&self, _: Option<String>) -> TargetFuture<'_, RecordPage> {
        async {
            Err(TargetFault::Unreadable {
                problem: "a shelf has no list".to_owned(),
            })
        }
        .boxed()
    }

    fn read_record<'a>(&'a self, id: &'a RecordId) -> TargetFuture<'a, Option<TargetRecord>> {
        async move { Ok(self.find(|record| record.id == *id).pop()) }.boxed()
    }

    fn find_user<'a>(&'a self, _: &'a str) -> TargetFuture<'a, Option<String>> {
        async { Ok(None) }.boxed()
    }

    fn write_records<'a>(&'a self, writes: &'a [PlannedWrite]) -> BoxFuture<'a, Vec<Result<WriteDone, TargetFault>>> {
        async move { writes.iter().map(|write| self.write(write)).collect() }.boxed()
    }

    fn put_back<'a>(&'a self, id: &'a RecordId, values: &'a FieldValues) -> TargetFuture<'a, ()> {
        async move {
            let mut records = self.records.lock().unwrap();
            find_mut(&mut records, id)?.values.extend(values.clone());
            Ok(())
        }
        .boxed()
    }

    fn verify_connection<'a>(&'a self, _: mpsc::Sender<CheckStep>) -> BoxFuture<'a, ()> {
        async {}.boxed()
    }
}

/// A target of this kind over the store of a rig. Its settings are those of a kind that there is: it has none of its own.
async fn build_context(rig: &Rig, inventory: Arc<ShelfInventory>) -> TargetContext {
    let pairs = [
        ("host", "127.0.0.1"),
        ("database", "none"),
        ("user", "nobody"),
        ("password", "none"),
        ("tls", "off"),
        ("allow_private_addresses", "yes"),
    ];
    let draft = TargetDraft::from_pairs(TargetKind::PostgreSql, pairs).unwrap();
    let server: ServerId = NAME.parse().unwrap();
    let new = NewTargetServer {
        target: TARGET,
        kind: TargetKind::PostgreSql,
        server: server.clone(),
        display_name: "A shelf".to_owned(),
        scope: RightScope::default(),
    };
    rig.shelf.store.create_target_server(new).await.unwrap();
    TargetContext {
        store: rig.shelf.store.clone(),
        cursor_key: [5; 32],
        adapter: inventory,
        kind: TargetKind::PostgreSql,
        settings: Arc::new(draft.build_settings().unwrap()),
        target: TARGET,
        name: NAME.parse().unwrap(),
        server,
        clock: rig.shelf.clock.clone(),
        metrics: Metrics::new(),
        failpoints: Default::default(),
        signals: TargetSignals::with_pace(RequestPace::default()),
    }
}

async fn question(context: &TargetContext) -> TargetQuestionRow {
    found("a question is asked", async || {
        let waiting = context.store.find_waiting_question(TARGET).await.unwrap();
        waiting.ok_or("none")
    })
    .await
}

async fn until_written(inventory: &ShelfInventory, writes: usize) {
    found("everything is written", async || {
        let count = inventory.count_writes();
        (count == writes).then_some(()).ok_or(count)
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kind_is_one_trait_and_gets_everything_else_from_the_worker() {
    let rig = Rig::new(32).await;
    rig.full().await;
    let inventory = Arc::new(ShelfInventory::default());
    let context = build_context(&rig, Arc::clone(&inventory)).await;
    let (stop, stopped) = watch::channel(false);
    let worker = tokio::spawn(run_target(context.clone(), stopped));
    let asked = question(&context).await;
    assert!(asked.canary && inventory.list().len() == 20, "{asked:?}");
    let by = intune_connector::model::OperatorId(1);
    let agreed = context.store.consent_target_question(TARGET, asked.digest, by).await;
    assert!(agreed.unwrap().is_some());
    context.signals.wake_worker();
    until_written(&inventory, 32).await;
    let truth = rig.truth().await;
    let mut names: Vec<(String, String)> = inventory
        .list()
        .iter()
        .map(|record| {
            let label = record.values["label"].as_str().unwrap_or_default().to_owned();
            (record.device.unwrap().to_string(), label)
        })
        .collect();
    names.sort();
    let trimmed = |(id, name): &(String, String)| (id.clone(), name.trim().to_owned());
    let names: Vec<_> = names.iter().map(trimmed).collect();
    assert_eq!(names, truth.iter().map(trimmed).collect::<Vec<_>>());

    // One changes, one goes; nothing else is sent.
    let (changed, gone) = (truth[0].0.clone(), truth[1].0.clone());
    let now = rig.sim_clock.now().to_rfc3339();
    let properties = serde_json::json!({"deviceName": "RENAMED", "lastSyncDateTime": now});
    let body = serde_json::json!({ "properties": properties });
    rig.control("PATCH", &format!("devices/{changed}"), body).await;
    rig.remove(&gone).await;
    rig.full().await;
    until_written(&inventory, 34).await;
    let of_device = |id: &str| inventory.find(|record| record.device.is_some_and(|device| device.to_string() == id));
    let renamed = of_device(&changed);
    assert_eq!(
        (renamed.len(), &renamed[0].values["label"]),
        (1, &serde_json::json!("RENAMED"))
    );
    assert_eq!(of_device(&gone)[0].state, RecordState::Retired);
    stop.send_replace(true);
    within("the worker has stopped", worker).await.unwrap().unwrap();

    // What people filled stays; a worker that is started anew sends nothing.
    let written = inventory.count_writes();
    let (again, stopped) = watch::channel(false);
    let worker = tokio::spawn(run_target(context.clone(), stopped));
    rig.full().await;
    found("it has read to the end", async || {
        let server = context
            .store
            .find_server(context.server.clone())
            .await
            .unwrap()
            .unwrap();
        let position = server.positions.get(&rig.shelf.instance_id()).copied();
        let instance = rig.shelf.instance_id();
        let pending = context.store.count_pending_changes(instance, position).await.unwrap();
        (pending == 0).then_some(()).ok_or(pending)
    })
    .await;
    again.send_replace(true);
    within("the worker has stopped", worker).await.unwrap().unwrap();
    assert_eq!(inventory.count_writes(), written);
    assert!(
        inventory
            .list()
            .iter()
            .all(|record| record.values["remark"] == "from Intune")
    );
}
