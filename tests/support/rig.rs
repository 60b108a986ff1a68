//! A simulated tenant, a store and a scanner between them, over real HTTP.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta};
use intune_connector::app::build_scanner;
use intune_connector::config::{InstanceDraft, InstanceSettings};
use intune_connector::graph::{GraphClient, GraphLimits, RetryBounds};
use intune_connector::inventory::scan::{InstanceScanner, ScanError};
use intune_connector::model::{ScanKind, ScanSummary};
use intune_connector::observe::Metrics;
use intune_connector::store::{self, Store};
use serde_json::{Value, json};
use simulated_tenant::{Options, Running, SimClock, Tuning, start};

use super::shelf::Shelf;
use super::view::View;

/// Between two tries of a test's request.
const SHORT: Duration = Duration::from_millis(2);

pub const LIST: &str = "/v1.0/deviceManagement/managedDevices";

pub const OVERVIEW: &str = "/v1.0/deviceManagement/managedDeviceOverview";

pub struct Rig {
    pub sim: Running,
    pub sim_clock: SimClock,
    pub shelf: Shelf,
    pub settings: Arc<InstanceSettings>,
    http: reqwest::Client,
}

impl Rig {
    /// A tenant with so many devices, ten on a page, and an empty store.
    pub async fn new(devices: usize) -> Rig {
        Rig::with(devices, &[]).await
    }

    pub async fn with(devices: usize, settings: &[(&str, &str)]) -> Rig {
        let shelf = Shelf::new().await;
        let sim_clock = SimClock::manual(DateTime::from_timestamp(shelf.clock.now().timestamp(), 0).unwrap());
        let options = Options {
            clock: sim_clock.clone(),
            tuning: Tuning {
                page_size: 10,
                ..Tuning::default()
            },
            ..Options::quick(devices, 7)
        };
        let sim = start(options).await.unwrap();
        let settings = Arc::new(instance_settings(&sim, &shelf, settings));
        let http = reqwest::Client::new();
        Rig {
            sim,
            sim_clock,
            shelf,
            settings,
            http,
        }
    }

    pub fn set(&mut self, pairs: &[(&str, &str)]) {
        self.settings = Arc::new(instance_settings(&self.sim, &self.shelf, pairs));
    }

    /// The product's own scanner, but for the patience of its retries.
    pub fn scanner(&self) -> InstanceScanner {
        let Rig { shelf, settings, .. } = self;
        let mut scanner = build_scanner(
            &shelf.store,
            &shelf.clock,
            &Metrics::new(),
            (shelf.instance_id(), shelf.instance.name.clone()),
            settings,
        )
        .unwrap();
        let retry = RetryBounds {
            throttled_start: SHORT,
            server_start: SHORT,
            broken_start: SHORT,
            longest_wait: SHORT,
            ..RetryBounds::default()
        };
        let limits = GraphLimits {
            retry,
            ..GraphLimits::from_settings(settings)
        };
        let tokens = scanner.graph.token_source().clone();
        let budget = scanner.graph.budget().clone();
        scanner.graph = GraphClient::with_limits(settings, tokens, budget, shelf.clock.clone(), limits).unwrap();
        scanner
    }

    pub async fn try_scan(&self, kind: ScanKind) -> Result<ScanSummary, ScanError> {
        self.advance(TimeDelta::minutes(1));
        self.scanner().run(kind).await
    }

    pub async fn full(&self) -> ScanSummary {
        self.try_scan(ScanKind::Full).await.unwrap()
    }

    pub async fn incremental(&self) -> ScanSummary {
        self.try_scan(ScanKind::Incremental).await.unwrap()
    }

    /// The slow pass, until nothing is left to learn.
    pub async fn enrich(&self) -> u64 {
        intune_connector::inventory::enrich::run(&self.scanner()).await.unwrap()
    }

    /// The primary users of those that are due.
    pub async fn read_users(&self) -> u64 {
        intune_connector::inventory::primary_user::run(&self.scanner())
            .await
            .unwrap()
    }

    /// Both clocks.
    pub fn advance(&self, by: TimeDelta) {
        self.shelf.clock.advance(by);
        self.sim_clock.advance(by);
    }

    pub async fn control(&self, method: &str, path: &str, body: Value) -> Value {
        let url = format!("{}/simulator/{path}", self.sim.base);
        let method = method.parse().unwrap();
        let answer = self.http.request(method, url).json(&body).send().await.unwrap();
        let status = answer.status();
        let text = answer.text().await.unwrap();
        assert!(status.is_success(), "{path}: {status} {text}");
        serde_json::from_str(&text).unwrap_or_default()
    }

    pub async fn fault(&self, rule: Value) {
        self.control("POST", "faults", rule).await;
    }

    pub async fn twist(&self, twist: Value) {
        self.fault(json!({"fault": {"kind": "list", "twist": twist}, "path": LIST, "fromPage": 2}))
            .await;
    }

    pub async fn heal(&self) {
        self.control("DELETE", "faults", json!({})).await;
    }

    /// A copy of the store, to be put back later.
    pub async fn copy(&self) -> PathBuf {
        let copy = self.shelf.folder.path().join("copy.db");
        self.shelf.store.write_backup(&copy).await.unwrap();
        copy
    }

    /// The store as it was when the copy was made, in a new epoch.
    pub fn put_back(self, copy: &Path) -> Rig {
        let Shelf {
            folder,
            clock,
            store: open,
            instance,
        } = self.shelf;
        drop(open);
        store::restore_backup(folder.path(), copy, &[7; 32]).unwrap();
        let open = Store::open(folder.path(), clock.clone(), [7; 32]).unwrap();
        Rig {
            shelf: Shelf {
                folder,
                clock,
                store: open,
                instance,
            },
            ..self
        }
    }

    /// More devices in the tenant.
    pub async fn enrol(&self, count: usize) {
        self.control("POST", "devices", json!({"count": count})).await;
    }

    /// What the tenant says that it has, until it is healed.
    pub async fn says(&self, count: u64) {
        let wrong = json!({"kind": "list", "twist": {"wrongCount": {"count": count}}});
        self.fault(json!({"fault": wrong, "path": OVERVIEW, "times": 0})).await;
    }

    /// The first records of the next list are not shown.
    pub async fn omits(&self, devices: usize) {
        let omitted = json!({"kind": "list", "twist": {"omitted": {"devices": devices}}});
        self.fault(json!({"fault": omitted, "path": LIST})).await;
    }

    /// The first record of so many pages of the next list can't be read.
    pub async fn spoils(&self, pages: usize, how: Value) {
        let unreadable = json!({"kind": "list", "twist": {"unreadable": {"how": how}}});
        self.fault(json!({"fault": unreadable, "path": LIST, "times": pages}))
            .await;
    }

    /// The tenant's devices as they are: id and name, sorted.
    pub async fn truth(&self) -> Vec<(String, String)> {
        let all = self.control("GET", "devices", json!({})).await;
        let devices = all["value"].as_array().or(all["devices"].as_array()).unwrap();
        let text = |device: &Value, key: &str| device[key].as_str().unwrap_or_default().to_owned();
        let mut truth: Vec<_> = devices
            .iter()
            .map(|device| (text(device, "id"), text(device, "deviceName")))
            .collect();
        truth.sort();
        truth
    }

    pub async fn remove(&self, id: &str) {
        self.control("DELETE", &format!("devices/{id}"), json!({})).await;
    }

    /// What a server holds that has read everything.
    pub async fn view(&self) -> View {
        let mut view = View::default();
        self.tell(&mut view).await;
        view
    }

    /// The same for a server that held something before: it reads without a cursor.
    pub async fn tell(&self, view: &mut View) {
        let server = self.shelf.server("judge").await;
        let mut cursor = None;
        loop {
            let batch = self.shelf.read(&server, cursor.as_deref(), 1_000).await;
            view.apply(&batch.changes);
            cursor = Some(batch.cursor);
            if !batch.has_more {
                return;
            }
        }
    }

    pub async fn assert_view_is_the_tenant(&self) {
        let view = self.view().await;
        let mut held: Vec<_> = view
            .devices
            .iter()
            .map(|((_, id), (name, _))| (id.clone(), name.clone()))
            .collect();
        held.sort();
        assert_eq!(held, self.truth().await);
    }
}

fn instance_settings(sim: &Running, shelf: &Shelf, pairs: &[(&str, &str)]) -> InstanceSettings {
    let secret = shelf.folder.path().join("secret.txt");
    std::fs::write(&secret, &sim.registration.client_secret).unwrap();
    let secret = secret.to_string_lossy().into_owned();
    let mut all = vec![
        ("tenant_id", sim.registration.tenant_id.as_str()),
        ("client_id", sim.registration.client_id.as_str()),
        ("secret_file", secret.as_str()),
        ("login_url", sim.base.as_str()),
        ("graph_url", sim.base.as_str()),
        ("servers", "*"),
        ("budget_percent", "100"),
        ("primary_user", "off"),
    ];
    all.retain(|(key, _)| !pairs.iter().any(|(other, _)| other == key));
    all.extend_from_slice(pairs);
    InstanceDraft::from_pairs(all).unwrap().build_settings().unwrap()
}
