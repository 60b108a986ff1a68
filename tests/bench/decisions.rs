//! `cargo bench --bench decisions`, part of `make bench`: decisions about devices, over the API.
//!
//! *Warm*: 500 questions a second about 200 devices that were read a moment ago, each sent when it is due, whether or not
//! those before are answered, and timed from then: waiting in a queue counts. *Cold*: a thousand devices that nobody has
//! read, asked for at once, of a Graph that takes 50 ms, and of one that takes 10 s: what counts is that the budget
//! is kept (no answer 429), that every answer comes within the time limit, and that it is the device's own state or an Error
//! that says why. Client, bus and tenant share one process here, so the real thing is faster. Nothing here decides whether a
//! test passes.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use intune_connector::app;
use intune_connector::config::{DataFolder, InstanceDraft};
use intune_connector::observe::Clock;
use serde_json::{Value, json};
use simulated_tenant::server::{self, Options, Running};

const INSTANCE: &str = "IntuneConnector_1";
const RATE: u32 = 500;
/// Within the 30 s for which an answer of Graph is kept.
const SECONDS: u32 = 20;
const WARM_DEVICES: usize = 200;
const BURST: usize = 1_000;
/// The bus takes 256 connections of one address; HTTP/2 carries 64 questions at once on each of these.
const CONNECTIONS: usize = 20;
const MEDIAN: Duration = Duration::from_millis(5);
/// The decision's limit (3 s, as set by default), and what the way to it and back may take on a loaded machine.
const LATEST: Duration = Duration::from_millis(3_500);
/// Half of the 2,000 requests in 20 s that are published for one application, as `budget_percent` is set by default.
const GRAPH_LIMIT: usize = 1_000;

/// A bus that serves these questions, and whom they are about.
struct Scene {
    tenant: Running,
    bus: app::RunningBus,
    http: reqwest::Client,
    /// One connection each.
    gateways: Vec<reqwest::Client>,
    /// Every device with its outcome.
    devices: Vec<(String, &'static str)>,
    _folder: tempfile::TempDir,
}

struct Answer {
    took: Duration,
    outcome: String,
    expected: &'static str,
    source: String,
    reasons: Vec<String>,
}

fn main() {
    // A thousand questions at once are two thousand sockets in this one process.
    if std::env::var_os("BENCH_FILES").is_none() {
        let me = std::env::current_exe().expect("this program");
        let script = "ulimit -n \"$(ulimit -Hn)\"; exec \"$0\"";
        let again = std::process::Command::new("sh")
            .args(["-c", script])
            .arg(me)
            .env("BENCH_FILES", "raised")
            .status();
        std::process::exit(again.expect("sh runs").code().unwrap_or(1));
    }
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        warm().await;
        cold(50).await;
        cold(10_000).await;
    });
}

impl Scene {
    async fn start(devices: usize) -> Scene {
        let tenant = server::start(Options::quick(devices, 1))
            .await
            .expect("the simulator starts");
        let folder = tempfile::tempdir().expect("a folder");
        prepare(folder.path(), &tenant);
        let options = app::StartOptions {
            run_instances: true,
            listen: None,
            clock: Clock::system(),
            failpoints: Default::default(),
            order_failpoints: Default::default(),
            target_failpoints: Default::default(),
        };
        let bus = app::start_bus(folder.path(), options).await.expect("the bus starts");
        let http = reqwest::Client::builder().no_proxy().build().expect("a client");
        let truth = http.get(format!("{}/simulator/devices", tenant.base)).send().await;
        let truth = truth.expect("the simulator answers").bytes().await.expect("a body");
        let truth: Value = serde_json::from_slice(&truth).expect("JSON");
        let devices = truth["devices"].as_array().expect("devices").iter().map(|device| {
            let id = device["id"].as_str().expect("an id").to_owned();
            (id, outcome(device["complianceState"].as_str().unwrap_or_default()))
        });
        Scene {
            devices: devices.collect(),
            gateways: (0..CONNECTIONS).map(|_| gateway()).collect(),
            tenant,
            bus,
            http,
            _folder: folder,
        }
    }

    async fn tune(&self, tuning: Value) {
        let url = format!("{}/simulator/tuning", self.tenant.base);
        let answer = self.http.patch(url).json(&tuning).send().await;
        assert!(answer.expect("the simulator answers").status().is_success());
    }

    /// One question; its time runs from `due`.
    async fn ask(&self, device: usize, due: Instant) -> Answer {
        self.ask_by(&self.http, device, due).await
    }

    async fn ask_by(&self, http: &reqwest::Client, device: usize, due: Instant) -> Answer {
        let (id, expected) = &self.devices[device];
        let sent = http
            .post(format!("{}/sics/v1/compliance/decisions", self.bus.local.url))
            .bearer_auth(&self.bus.local.token)
            .json(&json!({"deviceId": id}));
        let answer = sent.send().await.expect("the bus answers");
        let body = answer.bytes().await.expect("a body");
        let took = due.elapsed();
        let body: Value = serde_json::from_slice(&body).expect("JSON");
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let reasons = body["reasons"].as_array().map(Vec::as_slice).unwrap_or_default();
        Answer {
            took,
            outcome: text(&body["outcome"]),
            expected,
            source: text(&body["source"]),
            reasons: reasons.iter().map(|reason| text(&reason["code"])).collect(),
        }
    }

    fn requests(&self) -> usize {
        let log = self.tenant.simulated.log().entries(0, usize::MAX);
        log.iter()
            .filter(|entry| entry.path.contains("/managedDevices/"))
            .count()
    }
}

fn gateway() -> reqwest::Client {
    let builder = reqwest::Client::builder().no_proxy().http2_prior_knowledge();
    builder.build().expect("a client")
}

fn prepare(folder: &Path, tenant: &Running) {
    let settings = DataFolder::open(folder).expect("the data folder");
    let secret = folder.join("secret.txt");
    std::fs::write(&secret, &tenant.registration.client_secret).expect("the secret is written");
    std::fs::write(settings.bus_ini_path(), "[sics]\nlisten = 127.0.0.1:0\n").expect("bus.ini");
    let draft = InstanceDraft::from_pairs([
        ("tenant_id", tenant.registration.tenant_id.as_str()),
        ("client_id", &tenant.registration.client_id),
        ("secret_file", &secret.to_string_lossy()),
        ("login_url", &tenant.base),
        ("graph_url", &tenant.base),
        ("servers", "*"),
        ("incremental", "off"),
        ("full", "0 0 1 1 *"),
        ("enrich", "off"),
        ("primary_user", "off"),
    ]);
    let name = INSTANCE.parse().expect("it is a name");
    let written = settings.write_instance(&name, &draft.expect("the settings are right"));
    written.expect("the settings are written");
}

/// As the table of outcomes has it; the tenant's oddities are of no state that is known.
fn outcome(state: &str) -> &'static str {
    match state {
        "compliant" => "COMPLIANT",
        "noncompliant" => "NONCOMPLIANT",
        "inGracePeriod" => "INGRACEPERIOD",
        "configManager" => "CONFIGMANAGER",
        "conflict" => "CONFLICT",
        "error" => "ERROR",
        _ => "UNKNOWN",
    }
}

fn verdict(good: bool) -> &'static str {
    if good { "ok" } else { "MISSED" }
}

async fn warm() {
    let scene = Arc::new(Scene::start(WARM_DEVICES).await);
    for device in 0..WARM_DEVICES {
        scene.ask(device, Instant::now()).await;
    }
    let before = scene.requests();
    let (began, count) = (Instant::now(), RATE * SECONDS);
    let mut asked = Vec::new();
    for number in 0..count {
        let due = began + Duration::from_secs(1) * number / RATE;
        tokio::time::sleep_until(due.into()).await;
        let scene = scene.clone();
        asked.push(tokio::spawn(async move {
            scene.ask(number as usize % WARM_DEVICES, due).await
        }));
    }
    let answers = all(asked).await;
    let rate = f64::from(count) / began.elapsed().as_secs_f64();
    let times = times(&answers);
    let median = at(&times, 50);
    println!(
        "warm: {rate:.0} decisions a second; median {:.2} ms (at most {} ms), 95 % within {:.2} ms, 99 % within {:.2} ms   {}",
        millis(median),
        MEDIAN.as_millis(),
        millis(at(&times, 95)),
        millis(at(&times, 99)),
        verdict(median < MEDIAN && rate > f64::from(RATE) * 0.99)
    );
    let wrong = answers
        .iter()
        .filter(|answer| answer.outcome != answer.expected)
        .count();
    let more = scene.requests() - before;
    println!(
        "warm: {wrong} wrong outcomes, {more} requests to Graph meanwhile   {}",
        verdict(wrong == 0 && more == 0)
    );
    stop(scene).await;
}

/// `latency_ms`: what Graph takes for each answer.
async fn cold(latency_ms: u64) {
    let scene = Arc::new(Scene::start(BURST).await);
    // One question by each, so that connections and a token are there, as they are wherever somebody asked before.
    for http in &scene.gateways {
        scene.ask_by(http, 0, Instant::now()).await;
    }
    scene.tune(json!({"latencyMs": latency_ms})).await;
    let before = scene.requests();
    let began = Instant::now();
    let asked = (0..BURST).map(|device| {
        let scene = scene.clone();
        tokio::spawn(async move { scene.ask_by(&scene.gateways[device % CONNECTIONS], device, began).await })
    });
    let answers = all(asked.collect()).await;
    let times = times(&answers);
    let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
    let mut false_ones = 0;
    for answer in &answers {
        let is_own = answer.outcome == answer.expected && answer.source == "live";
        let says_why = answer.outcome == "ERROR" && !answer.reasons.is_empty();
        false_ones += usize::from(!is_own && !says_why);
        let kind = match answer.outcome.as_str() {
            "ERROR" if answer.expected != "ERROR" => format!("Error ({})", answer.reasons.join(", ")),
            _ => "the device's own state".to_owned(),
        };
        *kinds.entry(kind).or_default() += 1;
    }
    let what = format!("cold, Graph takes {latency_ms} ms");
    let kinds: Vec<String> = kinds.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
    println!(
        "{what}: {}; {false_ones} false ones   {}",
        kinds.join(", "),
        verdict(false_ones == 0)
    );
    println!(
        "{what}: median {:.0} ms, the last after {:.0} ms (at most {} ms)   {}",
        millis(at(&times, 50)),
        millis(at(&times, 100)),
        LATEST.as_millis(),
        verdict(at(&times, 100) <= LATEST)
    );
    let counters = json!(scene.tenant.simulated.log().counters());
    let throttled = counters["byStatus"]["429"].as_u64().unwrap_or(0);
    let requests = scene.requests() - before;
    println!(
        "{what}: {requests} requests answered by Graph (budget {GRAPH_LIMIT} in 20 s), {throttled} answers 429   {}",
        verdict(throttled == 0 && requests <= GRAPH_LIMIT)
    );
    stop(scene).await;
}

async fn all(asked: Vec<tokio::task::JoinHandle<Answer>>) -> Vec<Answer> {
    let mut answers = Vec::with_capacity(asked.len());
    for one in asked {
        answers.push(one.await.expect("a question ends"));
    }
    answers
}

fn times(answers: &[Answer]) -> Vec<Duration> {
    let mut times: Vec<Duration> = answers.iter().map(|answer| answer.took).collect();
    times.sort();
    times
}

/// Of sorted times, that within which so many per cent lie.
fn at(times: &[Duration], percent: usize) -> Duration {
    let place = (times.len() * percent).div_ceil(100).max(1) - 1;
    times.get(place).copied().unwrap_or_default()
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}

async fn stop(scene: Arc<Scene>) {
    if let Some(scene) = Arc::into_inner(scene) {
        scene.bus.stop().await;
        scene.tenant.stop().await;
    }
}
