//! A bus with a fleet, jobs and a person, as a process of its own, and browsers that are signed in to its console.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use http::Method;
use serde_json::{Value, json};
use simulated_tenant::server::{self, Options, Running};
use tokio::task::JoinHandle;

pub const INSTANCE: &str = "IntuneConnector_1";
/// Seed of the tenant.
pub const SEED: u64 = 1;
/// Who is signed in.
pub const PERSON: &str = "bench";
const PASSWORD: &str = "correct horse battery";
/// Opens on the 29th of February: until then jobs wait.
const WINDOW: &str = "maintenance_windows=0 0 29 2 * for 1m in UTC";
/// Of the jobs, so many in ten have come to an end.
const ENDED_OF_TEN: usize = 9;
const PAGE_TYPE: &[u8] = b"text/html";
const PATIENCE: Duration = Duration::from_secs(600);
const POLL: Duration = Duration::from_millis(20);

pub struct ConsoleBus {
    pub tenant: Running,
    http: reqwest::Client,
    api: String,
    token: String,
    console: String,
    process: Child,
    _folder: tempfile::TempDir,
}

impl Drop for ConsoleBus {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl ConsoleBus {
    pub async fn start(devices: usize, jobs: usize) -> ConsoleBus {
        let tenant = server::start(Options::quick(devices, SEED))
            .await
            .expect("the simulator starts");
        let folder = tempfile::tempdir().expect("a folder");
        let data = folder.path().join("data");
        std::fs::create_dir(&data).expect("the data folder");
        std::fs::write(data.join("bus.ini"), "[sics]\nlisten = 127.0.0.1:0\n").expect("bus.ini");
        add_instance(&data, &tenant);
        let process = Command::new(env!("CARGO_BIN_EXE_intune-connector"))
            .args(["run", "--quiet", "--data"])
            .arg(&data)
            // As installer/intune-connector.service starts it.
            .env("MALLOC_ARENA_MAX", "1")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the bus starts");
        let local = wait_for_connection(&data).await;
        let text = |name: &str| local[name].as_str().expect("the bus names it").to_owned();
        let bus = ConsoleBus {
            tenant,
            http: build_client(),
            api: text("url"),
            token: text("token"),
            console: text("console"),
            process,
            _folder: folder,
        };
        bus.wait_for_scan(0).await;
        let person = json!({"name": PERSON, "kind": "person", "password": PASSWORD, "rights": ["*"]});
        bus.post("/sics/v1/operators", &person).await;
        bus.send_jobs(jobs).await;
        bus
    }

    pub async fn get(&self, path: &str) -> Value {
        let asked = self.http.get(format!("{}{path}", self.api)).bearer_auth(&self.token);
        read_json(asked.send().await.expect("the bus answers")).await
    }

    async fn post(&self, path: &str, body: &Value) -> Value {
        let asked = self.http.post(format!("{}{path}", self.api)).bearer_auth(&self.token);
        read_json(asked.json(body).send().await.expect("the bus answers")).await
    }

    /// In the name of whoever this token is of; without one, in that of the owner of the machine. `None`: it is refused.
    pub async fn ask(&self, token: Option<&str>, method: Method, path: &str, body: &Value) -> Option<Value> {
        let asked = self.http.request(method, format!("{}{path}", self.api));
        let asked = asked.bearer_auth(token.unwrap_or(&self.token)).json(body);
        let answer = asked.send().await.expect("the bus answers");
        answer.error_for_status().ok()?.json().await.ok()
    }

    /// The number of the newest scan that has completed, as soon as it is one behind this.
    async fn wait_for_scan(&self, after: i64) -> i64 {
        let began = Instant::now();
        loop {
            let scans = self.get(&format!("/sics/v1/scans?instance={INSTANCE}&limit=1")).await;
            let scan = &scans["scans"][0]["scan"];
            let id = scan["id"].as_i64().unwrap_or_default();
            if scan["state"] == "completed" && id > after {
                return id;
            }
            assert!(began.elapsed() < PATIENCE, "no scan completed: {scans}");
            tokio::time::sleep(POLL).await;
        }
    }

    /// Every device checks in, and all of them are read.
    pub async fn scan_moved(&self) {
        let before = self.wait_for_scan(0).await;
        let moved = self
            .http
            .post(format!("{}/simulator/devices/check-in", self.tenant.base));
        let moved = moved.json(&json!({})).send().await.expect("the simulator answers");
        assert!(moved.status().is_success(), "{:?}", moved.text().await);
        self.post("/sics/v1/scans", &json!({"instance": INSTANCE, "kind": "full"}))
            .await;
        self.wait_for_scan(before).await;
    }

    /// Jobs of one device each; most of them are cancelled, the others wait for their window.
    async fn send_jobs(&self, jobs: usize) {
        let page = self.get("/sics/v1/devices?platform=Windows&limit=1000").await;
        let devices = page["devices"].as_array().expect("devices");
        let ids: Vec<&Value> = devices.iter().map(|device| &device["deviceId"]).collect();
        let mut sent = 0;
        // Not each of them can be asked to check in; those that cannot are refused.
        for (number, id) in ids.iter().cycle().take(jobs * 10).enumerate() {
            if sent == jobs {
                break;
            }
            let name = format!("bench-{number}");
            let job = json!({"action": "sync", "instance": INSTANCE, "devices": [{"id": id}], "id": name});
            let asked = self.http.post(format!("{}/sics/v1/jobs", self.api));
            let asked = asked.bearer_auth(&self.token).json(&job);
            let answer = asked.send().await.expect("the bus answers");
            if answer.status() == 409 {
                continue;
            }
            let job = read_json(answer).await["job"].clone();
            sent += 1;
            if sent % 10 < ENDED_OF_TEN {
                self.post(&format!("/sics/v1/jobs/{job}/cancel"), &json!({})).await;
            }
        }
        assert_eq!(sent, jobs, "too few devices can be asked to check in");
    }

    /// So many browsers, each with a session of its own. Signing in costs memory for a moment: it is done before anything
    /// is measured.
    pub async fn sign_in(&self, count: usize) -> Vec<Browser> {
        let port = self.console.rsplit(':').next().expect("a port").trim_end_matches('/');
        let mut browsers = Vec::new();
        for _ in 0..count {
            let body = json!({"name": PERSON, "password": PASSWORD});
            let asked = self.http.post(format!("{}/sics/v1/sessions", self.api)).json(&body);
            let started = read_json(asked.send().await.expect("the bus answers")).await;
            let token = started["token"].as_str().expect("a token");
            browsers.push(Browser {
                http: build_client(),
                console: self.console.clone(),
                cookie: format!("session-{port}={token}"),
                token: token.to_owned(),
            });
        }
        browsers
    }

    pub fn peak_mib(&self) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id())).expect("the bus runs");
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = line.and_then(|text| text.trim().trim_end_matches(" kB").parse::<f64>().ok());
        kib.expect("Linux tells it") / 1024.0
    }
}

fn add_instance(data: &Path, tenant: &Running) {
    let secret = data.with_file_name("secret.txt");
    std::fs::write(&secret, &tenant.registration.client_secret).expect("the secret is written");
    let added = Command::new(env!("CARGO_BIN_EXE_intune-connector"))
        .args(["instances", "add", "--servers", "*", "--data"])
        .arg(data)
        .args(["--tenant", &tenant.registration.tenant_id])
        .args(["--client", &tenant.registration.client_id])
        .args([
            "--login-url",
            &tenant.base,
            "--graph-url",
            &tenant.base,
            "--secret-file",
        ])
        .arg(&secret)
        .args([
            "--set",
            "budget_percent=100",
            "--set",
            "enrich=off",
            "--set",
            "primary_user=off",
            "--set",
            "incremental=off",
        ])
        .args([
            "--set",
            "full=every 24h",
            "--set",
            "jitter_s=0",
            "--set",
            "verbs=sync",
            "--set",
            WINDOW,
        ])
        .stdout(Stdio::null())
        .status();
    assert!(added.expect("instances add runs").success());
}

async fn wait_for_connection(data: &Path) -> Value {
    let began = Instant::now();
    loop {
        let read = std::fs::read(data.join("local-connection.json")).ok();
        if let Some(local) = read.and_then(|text| serde_json::from_slice(&text).ok()) {
            return local;
        }
        assert!(began.elapsed() < PATIENCE, "the bus does not start");
        tokio::time::sleep(POLL).await;
    }
}

fn build_client() -> reqwest::Client {
    let redirects = reqwest::redirect::Policy::none();
    let client = reqwest::Client::builder().no_gzip().redirect(redirects);
    client.build().expect("a client")
}

async fn read_json(answer: reqwest::Response) -> Value {
    let status = answer.status();
    let body = answer.text().await.expect("a body");
    assert!(status.is_success(), "{status}: {body}");
    serde_json::from_str(&body).unwrap_or_default()
}

/// Somebody's browser, signed in.
pub struct Browser {
    http: reqwest::Client,
    console: String,
    cookie: String,
    /// Of its session.
    pub token: String,
}

/// What a path answers.
#[derive(Debug, Clone, Copy)]
pub struct Answer {
    pub status: u16,
    /// Something to look at, not a file.
    pub is_page: bool,
    pub bytes: usize,
}

impl Browser {
    fn ask(&self, path: &str) -> reqwest::RequestBuilder {
        let asked = self.http.get(format!("{}{path}", self.console));
        asked.header(http::header::COOKIE, &self.cookie)
    }

    pub async fn get(&self, path: &str) -> Answer {
        let answer = self.ask(path).send().await.expect("the console answers");
        let kind = answer.headers().get(http::header::CONTENT_TYPE);
        Answer {
            status: answer.status().as_u16(),
            is_page: kind.is_some_and(|kind| kind.as_bytes().starts_with(PAGE_TYPE)),
            bytes: answer.bytes().await.expect("a body").len(),
        }
    }

    /// As its pages do: one stream for all of them.
    pub fn hold_stream(&self) -> HeldStream {
        let asked = self.ask("/live").header(http::header::ACCEPT, "text/event-stream");
        let events = Arc::new(AtomicUsize::new(0));
        let counted = events.clone();
        let task = tokio::spawn(async move {
            let answer = asked.send().await.expect("the console answers");
            assert_eq!(answer.status(), 200, "the stream of events");
            let mut pieces = answer.bytes_stream();
            while let Some(Ok(piece)) = pieces.next().await {
                let ends = piece.windows(2).filter(|two| *two == b"\n\n").count();
                counted.fetch_add(ends, Ordering::Relaxed);
            }
        });
        HeldStream { task, events }
    }
}

pub struct HeldStream {
    task: JoinHandle<()>,
    events: Arc<AtomicUsize>,
}

impl HeldStream {
    /// How many events it has brought.
    pub async fn end(self) -> usize {
        assert!(!self.task.is_finished(), "the console has ended the stream");
        self.task.abort();
        let _ = self.task.await;
        self.events.load(Ordering::Relaxed)
    }
}
