//! The whole bus in the test's own process, as `run` makes it: a data folder, a simulated tenant, the API over HTTP, and
//! clocks that the test moves.

mod budget;
mod clock;
mod fields;
mod fresh;
mod hung_up;
mod idle;
mod jobs;
mod lag;
mod preview;
mod ready;
mod scans;
mod servers;
mod settings;
mod stop;
mod verify;

use std::path::PathBuf;

use chrono::{DateTime, TimeDelta};
use intune_connector::app::{self, RunningBus};
use intune_connector::config::{DataFolder, InstanceDraft};
use intune_connector::observe::Clock;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use simulated_tenant::{self, LogEntry, SimClock, Tuning};

use crate::support::folder::TestFolder;
pub use crate::support::wait::until;
use crate::support::wait::{found, within};

pub const INSTANCE: &str = "IntuneConnector_1";
pub const LIST: &str = "/v1.0/deviceManagement/managedDevices";

pub struct Whole {
    pub sim: simulated_tenant::Running,
    pub sim_clock: SimClock,
    pub clock: Clock,
    pub bus: Option<RunningBus>,
    pub http: reqwest::Client,
    folder: TestFolder,
}

impl Whole {
    /// A tenant of so many devices, ten on a page, and a bus with one instance that reads it by these settings.
    pub async fn new(devices: usize, settings: &[(&str, &str)]) -> Whole {
        let mut whole = Whole::prepare(devices, settings).await;
        whole.start().await;
        whole
    }

    /// The same, not started yet.
    pub async fn prepare(devices: usize, settings: &[(&str, &str)]) -> Whole {
        let start = DateTime::from_timestamp(1_790_000_000, 0).unwrap();
        let sim_clock = SimClock::manual(start);
        let options = simulated_tenant::Options {
            clock: sim_clock.clone(),
            tuning: Tuning {
                page_size: 10,
                ..Tuning::default()
            },
            ..simulated_tenant::Options::quick(devices, 7)
        };
        let whole = Whole {
            sim: simulated_tenant::start(options).await.unwrap(),
            sim_clock,
            clock: Clock::manual(start),
            bus: None,
            http: reqwest::Client::builder().no_proxy().build().unwrap(),
            folder: TestFolder::new(),
        };
        let folder = DataFolder::open(whole.data()).unwrap();
        let draft = InstanceDraft::from_pairs(whole.pairs(settings)).unwrap();
        folder.write_instance(&INSTANCE.parse().unwrap(), &draft).unwrap();
        whole
    }

    /// Settings of an instance that reads this tenant; `own` go before the usual ones, and secrets of theirs go into
    /// files, which is where settings look for them.
    pub fn pairs(&self, own: &[(&str, &str)]) -> Vec<(String, String)> {
        let secret = self.folder.path().join("secret.txt");
        std::fs::write(&secret, &self.sim.registration.client_secret).unwrap();
        let secret = secret.to_string_lossy().into_owned();
        let usual = [
            ("tenant_id", self.sim.registration.tenant_id.as_str()),
            ("client_id", &self.sim.registration.client_id),
            ("secret_file", &secret),
            ("login_url", &self.sim.base),
            ("graph_url", &self.sim.base),
            ("servers", "*"),
            ("budget_percent", "100"),
            ("jitter_s", "0"),
            ("enrich", "off"),
            ("primary_user", "off"),
        ];
        let usual = usual
            .iter()
            .filter(|(key, _)| own.iter().all(|(given, _)| given != key));
        usual
            .chain(own)
            .map(|(key, value)| {
                if key.ends_with("_secret") {
                    let file = self.folder.path().join(format!("{key}.txt"));
                    std::fs::write(&file, value).unwrap();
                    (format!("{key}_file"), file.to_string_lossy().into_owned())
                } else {
                    ((*key).to_owned(), (*value).to_owned())
                }
            })
            .collect()
    }

    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    pub fn bus_ini(&self, text: &str) {
        std::fs::write(self.data().join("bus.ini"), text).unwrap();
    }

    pub async fn start(&mut self) {
        let options = app::StartOptions {
            failpoints: Default::default(),
            order_failpoints: Default::default(),
            target_failpoints: Default::default(),
            run_instances: true,
            listen: Some("127.0.0.1:0".parse().unwrap()),
            clock: self.clock.clone(),
        };
        self.bus = Some(app::start_bus(&self.data(), options).await.unwrap());
    }

    /// Stops the bus; one that does not stop has failed the test.
    pub async fn stop(&mut self) {
        within("the bus has stopped", self.bus.take().unwrap().stop()).await;
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

    pub async fn get(&self, path: &str) -> Value {
        self.good(Method::GET, path, json!({})).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Value {
        self.good(Method::POST, path, body).await
    }

    /// The answer to a request whose effect on so many devices is shown first and then confirmed.
    pub async fn confirmed(&self, method: Method, path: &str, body: Value, count: u64) -> Value {
        let (status, shown) = self.ask(method.clone(), path, body.clone()).await;
        assert_eq!(
            (status, &shown["count"]),
            (StatusCode::CONFLICT, &json!(count)),
            "{path}: {shown}"
        );
        let mark = if path.contains('?') { '&' } else { '?' };
        let path = format!("{path}{mark}confirm={}", shown["confirm"].as_str().unwrap());
        self.good(method, &path, body).await
    }

    /// Enables the text of a workflow that is offered, or the one that is there.
    pub async fn enable(&self, workflow: &str) -> Value {
        let path = format!("/sics/v1/workflows/{workflow}");
        let shown = self.get(&path).await;
        let hash = match &shown["offered"] {
            Value::Null => shown["hash"].clone(),
            offered => offered["hash"].clone(),
        };
        self.post(&format!("{path}/enable"), json!({ "hash": hash })).await
    }

    /// The scans of the instance, newest first.
    pub async fn scans(&self) -> Vec<Value> {
        let told = self.get(&format!("/sics/v1/scans?instance={INSTANCE}&limit=200")).await;
        let scans = told["scans"].as_array().unwrap().iter();
        scans.map(|row| row["scan"].clone()).collect()
    }

    /// Waits until so many scans of this kind have completed; answers the newest of them.
    pub async fn completed(&self, kind: &str, count: usize) -> Value {
        found(&format!("{count} {kind} scans have completed"), async || {
            let scans = self.scans().await;
            let done = |scan: &&Value| scan["state"] == "completed" && scan["kind"] == kind;
            if scans.iter().filter(done).count() >= count {
                Ok(scans.iter().find(done).unwrap().clone())
            } else {
                Err(scans)
            }
        })
        .await
    }

    /// A management server of the bus's own account, accepted, with these limits.
    pub async fn server(&self, id: &str, limits: Value) {
        let path = format!("/sics/v1/servers/{id}");
        self.good(Method::PUT, &path, json!({"displayName": id})).await;
        if limits != json!({}) {
            self.good(Method::PATCH, &path, limits).await;
        }
        self.post(&format!("{path}/accept"), json!({})).await;
    }

    pub async fn control(&self, method: &str, path: &str, body: Value) -> Value {
        let url = format!("{}/simulator/{path}", self.sim.base);
        let asked = self.http.request(method.parse().unwrap(), url).json(&body).send();
        let answer = asked.await.unwrap();
        let (status, text) = (answer.status(), answer.text().await.unwrap());
        assert!(status.is_success(), "{path}: {status} {text}");
        serde_json::from_str(&text).unwrap_or_default()
    }

    pub async fn fault(&self, rule: Value) {
        self.control("POST", "faults", rule).await;
    }

    pub async fn heal(&self) {
        self.control("DELETE", "faults", json!({})).await;
    }

    /// What was asked of the device list since the log was cleared.
    pub fn lists(&self) -> Vec<LogEntry> {
        let log = self.sim.simulated.log().entries(0, usize::MAX);
        log.into_iter().filter(|entry| entry.path == LIST).collect()
    }
}
