//! A bus with targets over a simulated tenant, in the test's own process: devices are put into the tenant, a scan brings
//! them, targets write them into inventories that are outside ([`super::inventories`]). What is done with a target over the
//! API stands in [`super::target_acts`].
//!
//! The clocks are moved by the test; by them days and windows are told. A target that rests does so by the machine's own time,
//! a few seconds after a first fault.

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use chrono::{DateTime, TimeDelta, Utc};
use intune_connector::app::{self, RunningBus};
use intune_connector::config::{DataFolder, InstanceDraft};
use intune_connector::observe::Clock;
use reqwest::{Method, StatusCode};
use serde_json::{Map, Value, json};
use simulated_tenant::{Running, SimClock};
use uuid::Uuid;

use super::folder::TestFolder;
use super::inventories::Inventory;
use super::target_bodies::{INSTANCE, installation_path, instance_pairs};
use super::wait::{found, within};

/// Between two looks of a test that lets time pass.
const PASSING: TimeDelta = TimeDelta::seconds(1);

/// A Windows device that a test has put into the tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Laptop {
    pub id: String,
    pub name: String,
    pub serial: String,
}

pub struct TargetScene {
    pub sim: Running,
    pub sim_clock: SimClock,
    pub clock: Clock,
    pub bus: Option<RunningBus>,
    pub http: reqwest::Client,
    /// Part of every name and serial number: an inventory may be used by several tests.
    pub mark: String,
    folder: TestFolder,
    made: AtomicUsize,
}

impl TargetScene {
    /// An empty tenant, and a bus with one instance that reads it.
    pub async fn new() -> TargetScene {
        TargetScene::with_settings(&[]).await
    }

    /// The same, with settings of the instance that go before the usual ones.
    pub async fn with_settings(own: &[(&str, &str)]) -> TargetScene {
        let mut scene = TargetScene::prepare(own).await;
        scene.start().await;
        found("the empty tenant is read once", async || {
            let scans = scene.scans(INSTANCE).await;
            let is_done = |scan: &Value| scan["state"] == "completed";
            scans.iter().any(is_done).then_some(()).ok_or(scans)
        })
        .await;
        scene
    }

    async fn prepare(own: &[(&str, &str)]) -> TargetScene {
        let start = DateTime::from_timestamp(1_790_000_000, 0).unwrap();
        let sim_clock = SimClock::manual(start);
        let mut options = simulated_tenant::Options {
            clock: sim_clock.clone(),
            ..simulated_tenant::Options::quick(0, 7)
        };
        // The budget of Graph has tests of its own.
        options.tuning.limits.enabled = false;
        let scene = TargetScene {
            sim: simulated_tenant::start(options).await.unwrap(),
            sim_clock,
            clock: Clock::manual(start),
            bus: None,
            http: reqwest::Client::builder().no_proxy().build().unwrap(),
            mark: Uuid::new_v4().simple().to_string()[..6].to_uppercase(),
            folder: TestFolder::new(),
            made: AtomicUsize::new(0),
        };
        let mut pairs = instance_pairs(&scene.sim, scene.folder.path());
        pairs.retain(|(key, _)| own.iter().all(|(given, _)| given != key));
        pairs.extend(own.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())));
        let draft = InstanceDraft::from_pairs(pairs).unwrap();
        let data = DataFolder::open(scene.data()).unwrap();
        data.write_instance(&INSTANCE.parse().unwrap(), &draft).unwrap();
        scene
    }

    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    pub async fn start(&mut self) {
        let options = app::StartOptions {
            run_instances: true,
            listen: Some("127.0.0.1:0".parse().unwrap()),
            clock: self.clock.clone(),
            failpoints: Default::default(),
            order_failpoints: Default::default(),
            target_failpoints: Default::default(),
        };
        self.bus = Some(app::start_bus(&self.data(), options).await.unwrap());
    }

    /// Stops the bus; one that does not stop has failed the test.
    pub async fn stop(&mut self) {
        within("the bus has stopped", self.bus.take().unwrap().stop()).await;
    }

    pub async fn restart(&mut self) {
        self.stop().await;
        self.start().await;
    }

    pub fn bus(&self) -> &RunningBus {
        self.bus.as_ref().unwrap()
    }

    /// Both clocks.
    pub fn advance(&self, by: TimeDelta) {
        self.clock.advance(by);
        self.sim_clock.advance(by);
    }

    pub async fn ask(&self, method: Method, path: &str, body: Value) -> (StatusCode, Value) {
        let local = &self.bus().local;
        let request = self.http.request(method, format!("{}{path}", local.url));
        let answer = request.bearer_auth(&local.token).json(&body).send().await.unwrap();
        let (status, text) = (answer.status(), answer.text().await.unwrap());
        (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
    }

    /// The answer to a request that goes well.
    pub async fn good(&self, method: Method, path: &str, body: Value) -> Value {
        let (status, answer) = self.ask(method, path, body).await;
        assert!(status.is_success(), "{path}: {status} {answer}");
        answer
    }

    /// The code of a refusal.
    pub async fn refused(&self, method: Method, path: &str, body: Value) -> String {
        let (status, answer) = self.ask(method, path, body).await;
        assert!(status.is_client_error(), "{path}: {status} {answer}");
        assert_ne!(answer["advice"].as_str().unwrap_or_default(), "", "{answer}");
        answer["code"].as_str().unwrap().to_owned()
    }

    pub async fn get(&self, path: &str) -> Value {
        self.good(Method::GET, path, json!({})).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Value {
        self.good(Method::POST, path, body).await
    }

    /// What is refused at first, with what it would do, and then confirmed.
    pub async fn confirmed(&self, method: Method, path: &str, body: Value) -> Value {
        let (status, shown) = self.ask(method.clone(), path, body.clone()).await;
        assert_eq!(status, StatusCode::CONFLICT, "{path}: {shown}");
        let path = format!("{path}?confirm={}", shown["confirm"].as_str().unwrap());
        self.good(method, &path, body).await
    }

    /// Looks until there is something, and lets time pass meanwhile.
    pub async fn passing<T, F: Future<Output = Result<T, Value>>>(&self, what: &str, mut look: impl FnMut() -> F) -> T {
        found(what, || {
            let looked = look();
            async move {
                let seen = looked.await;
                if seen.is_err() {
                    self.advance(PASSING);
                }
                seen
            }
        })
        .await
    }

    /// Installs a target as the wizard does, over the answers that lead to this inventory; answers its name as soon as it
    /// runs.
    pub async fn install(&self, inventory: &Inventory, answers: Value) -> String {
        let name = self.finish_install(self.try_install(inventory, answers).await).await;
        if inventory.kind().makes_fields() {
            // The custom fields of its mapping that a fresh inventory lacks are made when somebody wants them.
            self.make_fields(&name).await;
        }
        name
    }

    /// As soon as what was begun runs: its name.
    pub async fn finish_install(&self, begun: (StatusCode, Value)) -> String {
        let (status, made) = begun;
        assert!(status.is_success(), "{status} {made}");
        let name = made["name"].as_str().unwrap().to_owned();
        self.until_installed(&name).await;
        self.until_running(&name).await;
        name
    }

    /// What the installer says to such an installation.
    pub async fn try_install(&self, inventory: &Inventory, answers: Value) -> (StatusCode, Value) {
        if let Inventory::File(side) = inventory {
            side.list_in(&self.data());
        }
        let body = json!({"answers": inventory.answers(answers), "anyway": ["verify"]});
        self.ask(Method::POST, &installation_path(inventory.kind()), body).await
    }

    /// Changes settings of a target.
    pub async fn reconfigure(&self, target: &str, answers: Value) {
        let body = json!({"answers": answers, "anyway": ["verify"]});
        let path = format!("/sics/v1/installations/{target}");
        self.good(Method::PATCH, &path, body).await;
        self.until_installed(target).await;
        self.until_running(target).await;
    }

    async fn until_installed(&self, target: &str) {
        let path = format!("/sics/v1/installations/{target}");
        found("the target is installed", async || {
            let seen = self.get(&path).await;
            (seen["state"] == "installed").then_some(()).ok_or(seen)
        })
        .await;
    }

    pub async fn until_running(&self, target: &str) {
        found("the target runs", async || {
            let (status, seen) = self
                .ask(Method::GET, &format!("/sics/v1/targets/{target}"), json!({}))
                .await;
            (status.is_success() && seen["running"] == true)
                .then_some(())
                .ok_or(seen)
        })
        .await;
    }

    /// Has the tenant read whole, from now on.
    pub async fn scan(&self) {
        self.scan_instance(INSTANCE).await;
    }

    pub async fn scan_instance(&self, instance: &str) {
        self.advance(TimeDelta::minutes(1));
        let before = self.newest_scan(instance).await;
        let body = json!({"instance": instance, "kind": "full"});
        found("a full scan has completed", async || {
            let scans = self.scans(instance).await;
            let is_done = |scan: &Value| {
                scan["id"].as_i64() > Some(before) && scan["kind"] == "full" && scan["state"] == "completed"
            };
            if scans.iter().any(is_done) {
                return Ok(());
            }
            // One that runs already may have read what has changed since.
            let (status, told) = self.ask(Method::POST, "/sics/v1/scans", body.clone()).await;
            // An instance that was made a moment ago may not run yet.
            assert!(status.is_success() || told["code"] == "notRunning", "{status} {told}");
            Err(scans)
        })
        .await;
    }

    async fn scans(&self, instance: &str) -> Vec<Value> {
        let told = self.get(&format!("/sics/v1/scans?instance={instance}&limit=20")).await;
        let scans = told["scans"].as_array().unwrap().iter();
        scans.map(|row| row["scan"].clone()).collect()
    }

    async fn newest_scan(&self, instance: &str) -> i64 {
        let scans = self.scans(instance).await;
        scans.iter().filter_map(|scan| scan["id"].as_i64()).max().unwrap_or(0)
    }

    pub async fn control(&self, method: &str, path: &str, body: Value) -> Value {
        let url = format!("{}/simulator/{path}", self.sim.base);
        let asked = self.http.request(method.parse().unwrap(), url).json(&body).send();
        let answer = asked.await.unwrap();
        let (status, text) = (answer.status(), answer.text().await.unwrap());
        assert!(status.is_success(), "{path}: {status} {text}");
        serde_json::from_str(&text).unwrap_or_default()
    }

    /// The tenant's devices as they are.
    pub async fn truth(&self) -> Vec<Value> {
        let all = self.control("GET", "devices", json!({})).await;
        all["devices"].as_array().unwrap().clone()
    }

    /// Puts so many laptops into the tenant; a scan has to bring them.
    pub async fn put_laptops(&self, count: usize) -> Vec<Laptop> {
        let mut laptops = Vec::with_capacity(count);
        for _ in 0..count {
            laptops.push(self.put_laptop(json!({})).await);
        }
        laptops
    }

    /// One with these properties over the usual ones.
    pub async fn put_laptop(&self, properties: Value) -> Laptop {
        self.put_device(&Uuid::new_v4().to_string(), properties).await
    }

    pub async fn put_device(&self, id: &str, properties: Value) -> Laptop {
        let number = self.made.fetch_add(1, Ordering::Relaxed) + 1;
        let usual = json!({
            "deviceName": format!("PC-{}-{number:04}", self.mark),
            "serialNumber": format!("SN{}{number:04}", self.mark),
            "operatingSystem": "Windows", "osVersion": "10.0.26100.4061", "manufacturer": "LENOVO",
            "model": "21HM0067GE", "managedDeviceOwnerType": "company", "managementState": "managed",
            "deviceEnrollmentType": "windowsAzureADJoin",
            "enrolledDateTime": "2026-03-01T08:00:00Z", "lastSyncDateTime": self.now_text(),
        });
        let mut all: Map<String, Value> = usual.as_object().unwrap().clone();
        all.extend(properties.as_object().unwrap().clone());
        let text = |key: &str| all[key].as_str().unwrap_or_default().to_owned();
        let laptop = Laptop {
            id: id.to_owned(),
            name: text("deviceName"),
            serial: text("serialNumber"),
        };
        self.control("PUT", &format!("devices/{id}"), json!({ "properties": all }))
            .await;
        laptop
    }

    /// Changes properties of a device, which checks in.
    pub async fn patch(&self, id: &str, properties: Value) {
        let mut all = properties.as_object().unwrap().clone();
        all.entry("lastSyncDateTime").or_insert(json!(self.now_text()));
        self.control("PATCH", &format!("devices/{id}"), json!({ "properties": all }))
            .await;
    }

    pub async fn remove(&self, id: &str) {
        self.control("DELETE", &format!("devices/{id}"), json!({})).await;
    }

    /// The primary user of a device, by user principal name.
    pub async fn set_user(&self, id: &str, user: Option<&str>) {
        self.control("PUT", &format!("devices/{id}/user"), json!({ "user": user }))
            .await;
        self.patch(id, json!({})).await;
    }

    /// User principal names of people of the tenant. Devices that are there go.
    pub async fn people(&self, count: usize) -> Vec<String> {
        let enrolled = json!({"count": 3 * count, "operatingSystem": "Windows"});
        self.control("POST", "devices", enrolled).await;
        let devices = self.truth().await;
        let mut names: Vec<String> = devices
            .iter()
            .filter_map(|device| Some(device["userPrincipalName"].as_str()?.to_owned()))
            .collect();
        names.sort();
        names.dedup();
        assert!(names.len() >= count, "{names:?}");
        self.control("DELETE", "devices", json!({})).await;
        names.truncate(count);
        names
    }

    fn now_text(&self) -> String {
        let now: DateTime<Utc> = self.sim_clock.now();
        now.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
    }
}
