//! A bus in a folder of its own: one instance whose devices tests put in and take out, and one target that writes them onto a
//! [`Shelf`].

use std::sync::Arc;

use chrono::TimeDelta;
use futures_util::future::BoxFuture;
use serde_json::{Value, json};
use tokio::sync::{Notify, watch};

use super::pass_work::PassEnd;
use super::shelf_for_tests::Shelf;
use super::{TargetWorker, WorkerRest};
use crate::config::{KindSettings, NetworkSettings, OcsSettings, TargetSettings};
use crate::contract::TargetKind;
use crate::model::{
    BodyDifference, DeviceBody, DeviceId, DeviceIdentity, DeviceVerdict, FleetProof, GoneReason, IncomingDevice,
    InstanceId, OperatorId, ReadSource, RightScope, ScanKind, ScanState, StoredDevice, VolatileFields, parse_time,
};
use crate::observe::{Clock, Metrics};
use crate::store::{
    InstanceRow, NewInstance, NewScan, NewTargetServer, ScanEnd, ServerLimits, Store, TargetLinkRow,
    TargetQuestionItem, TargetQuestionRow, TargetWriteRow,
};
use crate::targets::samples_for_tests::device_id;
use crate::targets::work_error::WorkError;
use crate::targets::{
    TargetContext, TargetFailpoint, TargetFailpointHook, TargetFailpoints, TargetMapping, TargetSignals,
};

/// Number of the installation that is the target.
pub(super) const TARGET: InstanceId = InstanceId(9);

/// What reaches this moment never goes on.
struct CrashAt {
    point: TargetFailpoint,
    reached: Notify,
}

impl TargetFailpointHook for CrashAt {
    fn on_failpoint<'a>(&'a self, point: TargetFailpoint, _: &'a str) -> BoxFuture<'a, ()> {
        if point != self.point {
            return Box::pin(std::future::ready(()));
        }
        self.reached.notify_one();
        Box::pin(std::future::pending())
    }
}

pub(super) struct TargetBench {
    _folder: tempfile::TempDir,
    pub context: TargetContext,
    pub shelf: Shelf,
    pub instance: InstanceRow,
    worker: TargetWorker,
    stop: watch::Sender<bool>,
}

impl TargetBench {
    pub(super) async fn new() -> TargetBench {
        let folder = tempfile::tempdir().unwrap();
        let clock = Clock::manual(parse_time("2026-03-01T08:00:00Z").unwrap());
        let store = Store::open(folder.path(), clock.clone(), [0; 32]).unwrap();
        let new = NewInstance {
            prefix: "IntuneConnector".to_owned(),
            tenant_id: "tenant".to_owned(),
            client_id: "client".to_owned(),
            audience: None,
        };
        let instance = store.add_instance(new).await.unwrap();
        let server = NewTargetServer {
            target: TARGET,
            kind: TargetKind::Ocs,
            server: "IntuneTargetOcs_9".parse().unwrap(),
            display_name: "Shelf".to_owned(),
            scope: RightScope {
                instances: None,
                servers: None,
            },
        };
        let server = store.create_target_server(server).await.unwrap();
        let shelf = Shelf::default();
        let context = TargetContext {
            store,
            cursor_key: [7; 32],
            adapter: Arc::new(shelf.clone()),
            kind: TargetKind::Ocs,
            settings: Arc::new(settings()),
            target: TARGET,
            name: "IntuneTargetOcs_9".parse().unwrap(),
            server: server.id,
            clock,
            metrics: Metrics::new(),
            failpoints: TargetFailpoints::default(),
            signals: TargetSignals::default(),
        };
        let worker = TargetWorker::prepare(context.clone()).await.unwrap();
        let bench = TargetBench {
            _folder: folder,
            context,
            shelf,
            instance,
            worker,
            stop: watch::Sender::new(false),
        };
        bench.prove_fleet(bench.instance.id).await;
        bench
    }

    /// Another tenant.
    pub(super) async fn add_instance(&self) -> InstanceId {
        let new = NewInstance {
            prefix: "IntuneConnector".to_owned(),
            tenant_id: "other-tenant".to_owned(),
            client_id: "client".to_owned(),
            audience: None,
        };
        let instance = self.context.store.add_instance(new).await.unwrap();
        self.prove_fleet(instance.id).await;
        instance.id
    }

    /// A full scan has seen everything that is there.
    async fn prove_fleet(&self, instance: InstanceId) {
        let store = &self.context.store;
        let new = NewScan {
            instance,
            kind: ScanKind::Full,
            shape_digest: 1,
            started_at: self.context.clock.now(),
            interruption: "interrupted",
        };
        let mut summary = store.begin_scan(new).await.unwrap();
        summary.state = ScanState::Completed;
        let end = ScanEnd {
            watermark: None,
            fleet: FleetProof::Proven,
        };
        store.end_scan(instance, summary, end).await.unwrap();
    }

    /// A device as Intune has it from now on; `fields` beside id, name and serial number.
    pub(super) async fn put_device(&self, number: u128, name: &str, serial: &str, fields: Value) {
        self.put_device_in(self.instance.id, number, name, serial, fields).await;
    }

    pub(super) async fn put_device_in(
        &self,
        instance: InstanceId,
        number: u128,
        name: &str,
        serial: &str,
        fields: Value,
    ) {
        self.context.clock.advance(TimeDelta::seconds(1));
        let id = device_id(number);
        let mut body = json!({"id": id, "deviceName": name, "serialNumber": serial, "deviceClass": "computer",
            "physicalMemoryInBytes": 8_589_934_592_u64});
        let more = fields.as_object().cloned().unwrap_or_default();
        body.as_object_mut().unwrap().extend(more);
        let text = body.to_string();
        let hash = xxhash_rust::xxh3::xxh3_128(text.as_bytes()).to_le_bytes();
        let last_sync = body["lastSyncDateTime"].as_str().and_then(parse_time);
        let incoming = IncomingDevice {
            id,
            source: ReadSource::List,
            raw_hash: hash,
            fingerprint: hash,
            volatile_fields: VolatileFields {
                last_sync_s: last_sync.map_or(0, |at| at.timestamp()),
                others: 0,
            },
            identity: DeviceIdentity {
                serial_number: crate::inventory::usable_serial(serial),
                ..DeviceIdentity::default()
            },
            left_out: false,
            body: DeviceBody::from_json(&text),
            enrichment: None,
            rejected_properties: Vec::new(),
        };
        let decide = |stored: Option<&StoredDevice>, _: &IncomingDevice, _, _| {
            if stored.is_some_and(|stored| stored.present) {
                DeviceVerdict::Changed
            } else {
                DeviceVerdict::New
            }
        };
        let written = self.context.store.commit_device(
            instance,
            self.context.clock.now(),
            incoming,
            Arc::new(decide),
            Arc::new(|list, _| list.to_owned()),
            Arc::new(|_, _, _| BodyDifference::default()),
        );
        written.await.unwrap();
    }

    /// A fleet of so many, each with a serial number of its own.
    pub(super) async fn put_fleet(&self, count: u128) {
        for number in 1..=count {
            let (name, serial) = (format!("PC-{number:04}"), format!("PF0TEST{number:04}"));
            self.put_device(number, &name, &serial, json!({})).await;
        }
    }

    /// It is not in Intune any more.
    pub(super) async fn take_device(&self, number: u128, reason: GoneReason) {
        self.take_device_in(self.instance.id, number, reason).await;
    }

    pub(super) async fn take_device_in(&self, instance: InstanceId, number: u128, reason: GoneReason) {
        let store = &self.context.store;
        let row = store.find_device(instance, device_id(number)).await.unwrap().unwrap();
        store.publish_gone(instance, vec![(row.row, reason)]).await.unwrap();
    }

    /// One pass of the worker.
    pub(super) async fn pass(&mut self) -> Result<PassEnd, WorkError> {
        self.worker.work_to_head(self.stop.subscribe()).await
    }

    /// What the worker does about the end of a pass.
    pub(super) async fn rest_after(&mut self, ended: Result<PassEnd, WorkError>) -> WorkerRest {
        self.worker.choose_rest(ended).await.unwrap()
    }

    /// The worker of another start: nothing is remembered but what is in the store.
    pub(super) async fn restart(&mut self) {
        self.worker = TargetWorker::prepare(self.context.clone()).await.unwrap();
    }

    /// A pass in which the process dies at this moment, and the worker of the next start.
    pub(super) async fn crash_at(&mut self, point: TargetFailpoint) {
        let crash = Arc::new(CrashAt {
            point,
            reached: Notify::new(),
        });
        self.context.failpoints.hook = crash.clone();
        self.restart().await;
        tokio::select! {
            ended = self.worker.work_to_head(self.stop.subscribe()) => panic!("it did not come by {point:?}: {ended:?}"),
            () = crash.reached.notified() => {}
        }
        self.context.failpoints = TargetFailpoints::default();
        self.restart().await;
    }

    /// All that was written, newest first.
    pub(super) async fn writes(&self) -> Vec<TargetWriteRow> {
        let store = &self.context.store;
        let mut writes = Vec::new();
        for run in store.list_target_runs(TARGET, 100).await.unwrap() {
            writes.extend(store.list_run_writes(run.id, None, 10_000).await.unwrap());
        }
        writes
    }

    pub(super) async fn save_mapping(&self, mapping: &TargetMapping) {
        let store = &self.context.store;
        let saved = store.save_target_mapping(TARGET, mapping.to_text(), mapping.digest(), OperatorId(1));
        saved.await.unwrap();
    }

    /// The management server receives only what this filter lets through.
    pub(super) async fn set_filter(&self, filter: &str) {
        let limits = ServerLimits {
            filter: Some(Some(filter.to_owned())),
            ..ServerLimits::default()
        };
        let server = self.context.server.clone();
        self.context.store.change_server(server, limits).await.unwrap();
    }

    /// All is told again.
    pub(super) async fn resync(&self) {
        let store = &self.context.store;
        let server = store.find_server(self.context.server.clone()).await.unwrap().unwrap();
        crate::inventory::feed::resync_server(store, &server).await.unwrap();
    }

    pub(super) async fn link(&self, number: u128) -> TargetLinkRow {
        let key = (self.instance.id, device_id(number));
        let link = self.context.store.load_target_link(TARGET, key).await.unwrap();
        link.unwrap()
    }

    pub(super) async fn question(&self) -> Option<(TargetQuestionRow, Vec<TargetQuestionItem>)> {
        let store = &self.context.store;
        let row = store.find_waiting_question(TARGET).await.unwrap()?;
        let items = store.list_question_items(row.id, None, 10_000).await.unwrap();
        Some((row, items))
    }

    pub(super) async fn consent(&self) {
        let (row, _) = self.question().await.unwrap();
        let store = &self.context.store;
        let agreed = store.consent_target_question(TARGET, row.digest, OperatorId(1)).await;
        assert!(agreed.unwrap().is_some());
    }

    /// A fleet that is written and agreed to, with the counts of the day behind it.
    pub(super) async fn settled(count: u128) -> TargetBench {
        let mut bench = TargetBench::new().await;
        bench.put_fleet(count).await;
        while bench.pass().await.unwrap() == PassEnd::Asked {
            bench.consent().await;
        }
        bench.next_day();
        bench.shelf.take_requests();
        bench
    }

    pub(super) fn next_day(&self) {
        self.context.clock.advance(TimeDelta::days(1));
    }

    pub(super) fn device(&self, number: u128) -> DeviceId {
        device_id(number)
    }
}

fn settings() -> TargetSettings {
    TargetSettings {
        url: None,
        network: NetworkSettings::default(),
        client_identity: None,
        sign_in_expires_on: None,
        allow_private_addresses: false,
        instances: None,
        requests_per_minute: 0,
        write_window: None,
        zone: chrono_tz::UTC,
        assign_users: true,
        delete_allowed: false,
        own: KindSettings::Ocs(OcsSettings {
            user: None,
            password: None,
            rest_url: None,
            duplicate_level: 7,
            tag: None,
        }),
    }
}
