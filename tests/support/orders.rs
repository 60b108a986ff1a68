//! A bus with an installation of app orders over a simulated tenant, in the test's own process: applications are linked,
//! orders placed, and time passes by rounds. A round is over when each of the three jobs has looked at what is there.

use std::path::PathBuf;
use std::sync::atomic::AtomicU32;

use chrono::{DateTime, TimeDelta, Utc};
use intune_connector::app::{self, RunningBus};
use intune_connector::config::DataFolder;
use intune_connector::model::RightScope;
use intune_connector::observe::Clock;
use intune_connector::sics::auth::password;
use intune_connector::store::{NewOperator, OperatorKind};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use simulated_tenant::{NameStyle, Running, SimClock, Tuning};

use super::folder::TestFolder;
use super::order_bodies::ROLES;
pub use super::order_bodies::{INSTANCE, PRODUCT, merge, usual_answers};
use super::order_tenant;
use super::wait::{found, within};

/// The three jobs, as their workflows are called.
pub const JOBS: [&str; 3] = [
    "IntuneAssignmentWorker_1",
    "IntuneOrderProcessor_1",
    "IntuneOrderStatusProcessor_1",
];
pub const PASSWORD: &str = "correct horse battery";
/// Who approves; a second person, so that it is not the only one.
pub const ANNA: &str = "anna";
pub const BEN: &str = "ben";
/// From round to round; every job is due after it.
const STEP_S: i64 = 61;

pub struct OrderScene {
    pub sim: Running,
    pub sim_clock: SimClock,
    pub clock: Clock,
    pub bus: Option<RunningBus>,
    pub http: reqwest::Client,
    folder: TestFolder,
    pub(super) placed: AtomicU32,
}

impl OrderScene {
    /// Installed with these answers over the usual ones.
    pub async fn new(answers: Value) -> OrderScene {
        OrderScene::with_tuning(answers, Tuning::default()).await
    }

    pub async fn with_tuning(answers: Value, tuning: Tuning) -> OrderScene {
        let mut scene = OrderScene::prepare(tuning).await;
        scene.start().await;
        scene.install(answers).await;
        for name in [ANNA, BEN] {
            scene.add_person(name).await;
        }
        scene
    }

    /// A tenant, and a data folder that no bus has run on.
    async fn prepare(tuning: Tuning) -> OrderScene {
        let start = DateTime::from_timestamp(1_790_000_000, 0).unwrap();
        let sim_clock = SimClock::manual(start);
        let options = simulated_tenant::Options {
            clock: sim_clock.clone(),
            names: NameStyle::Plain,
            tuning,
            ..simulated_tenant::Options::quick(0, 7)
        };
        let scene = OrderScene {
            sim: simulated_tenant::start(options).await.unwrap(),
            sim_clock,
            clock: Clock::manual(start),
            bus: None,
            http: reqwest::Client::builder().no_proxy().build().unwrap(),
            folder: TestFolder::new(),
            placed: AtomicU32::new(0),
        };
        order_tenant::grant(&scene.sim, &ROLES).await;
        drop(DataFolder::open(scene.data()).unwrap());
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

    pub async fn stop(&mut self) {
        within("the bus has stopped", self.bus.take().unwrap().stop()).await;
    }

    pub fn bus(&self) -> &RunningBus {
        self.bus.as_ref().unwrap()
    }

    /// Installs the product, and waits until it takes orders.
    pub async fn install(&self, answers: Value) {
        let body = json!({"answers": usual_answers(&self.sim, answers), "anyway": ["verify"]});
        let path = format!("/sics/v1/products/{PRODUCT}/installations");
        self.post(&path, body).await;
        found("app orders are installed", async || {
            let seen = self.get(&format!("/sics/v1/installations/{INSTANCE}")).await;
            (seen["state"] == "installed").then_some(()).ok_or(seen)
        })
        .await;
        self.until_running().await;
    }

    async fn until_running(&self) {
        found("app orders run", async || {
            let (status, seen) = self.ask(Method::GET, "/sics/v1/apps", json!({})).await;
            status.is_success().then_some(()).ok_or(seen)
        })
        .await;
    }

    /// Changes settings of the installation.
    pub async fn reconfigure(&self, answers: Value) {
        let body = json!({"answers": answers, "anyway": ["verify"]});
        self.good(Method::PATCH, &format!("/sics/v1/installations/{INSTANCE}"), body)
            .await;
        self.until_running().await;
    }

    async fn add_person(&self, name: &str) {
        let new = NewOperator {
            name: name.into(),
            kind: OperatorKind::Person,
            password_hash: Some(password::hash(&PASSWORD.into()).unwrap()),
            rights: vec!["*".parse().unwrap()],
            scope: RightScope::default(),
            created_by: None,
        };
        self.bus().store.add_operator(new).await.unwrap();
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

    /// How often the faults that are armed have struck.
    pub async fn struck(&self) -> u64 {
        let all = self.control("GET", "faults", json!({})).await;
        let rules = all["faults"].as_array().or(all.as_array()).unwrap().iter();
        rules.map(|rule| rule["struck"].as_u64().unwrap_or_default()).sum()
    }

    /// Requests that came to Graph with this method and a path that ends so, since the log was cleared.
    pub fn requests(&self, method: &str, path_end: &str) -> usize {
        let log = self.sim.simulated.log().entries(0, usize::MAX);
        let fits = |entry: &&simulated_tenant::LogEntry| entry.method == method && entry.path.ends_with(path_end);
        log.iter().filter(fits).count()
    }

    /// Lets a minute pass, until each job has looked at what is there now.
    pub async fn round(&self) {
        self.round_after(TimeDelta::seconds(STEP_S)).await;
    }

    /// The same after another time, of a minute at least.
    pub async fn round_after(&self, by: TimeDelta) {
        self.advance(by.max(TimeDelta::seconds(STEP_S)));
        let since = self.clock.now();
        for job in JOBS {
            let path = format!("/sics/v1/runs?workflow={job}&limit=5");
            found(&format!("{job} has run"), async || {
                let seen = self.get(&path).await;
                let has_run = |run: &Value| run["state"] != "running" && read_time(&run["startedAt"]) >= Some(since);
                let is_through = seen["runs"].as_array().unwrap().iter().any(has_run);
                is_through.then_some(()).ok_or(seen)
            })
            .await;
        }
    }
}

pub fn read_time(text: &Value) -> Option<DateTime<Utc>> {
    text.as_str()?.parse().ok()
}
