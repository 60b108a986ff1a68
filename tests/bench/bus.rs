//! The bus as a process of its own, asked over its API.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::tenant::Tenant;

pub struct Bus {
    folder: tempfile::TempDir,
    http: reqwest::Client,
    url: String,
    token: String,
    process: Child,
}

impl Drop for Bus {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

pub struct Scan {
    pub took: Duration,
    pub requests: u64,
    pub seen: u64,
    pub changed: u64,
}

const PATIENCE: Duration = Duration::from_secs(600);
const POLL: Duration = Duration::from_millis(20);

impl Bus {
    pub async fn start(tenant: &Tenant) -> Bus {
        let folder = tempfile::tempdir().expect("a folder");
        let connect = &tenant.connect;
        let secret = folder.path().join("secret.txt");
        std::fs::write(&secret, &connect.client_secret).expect("the secret is written");
        let data: PathBuf = folder.path().join("data");
        std::fs::create_dir(&data).expect("the data folder");
        std::fs::write(
            data.join("bus.ini"),
            "[sics]\nlisten = 127.0.0.1:0\nauto_accept = yes\n",
        )
        .expect("bus.ini");
        let program = env!("CARGO_BIN_EXE_intune-connector");
        let added = Command::new(program)
            .args(["instances", "add", "--data"])
            .arg(&data)
            .args([
                "--tenant",
                &connect.tenant_id,
                "--client",
                &connect.client_id,
                "--servers",
                "*",
            ])
            .args([
                "--login-url",
                &connect.login,
                "--graph-url",
                &connect.graph,
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
            // Without an overlap: all that the fleet's own check-ins of the last minutes would add to an incremental.
            .args(["--set", "full=every 24h", "--set", "jitter_s=0", "--set", "overlap_s=0"])
            .stdout(Stdio::null())
            .status();
        assert!(added.expect("instances add runs").success());
        let process = Command::new(program)
            .args(["run", "--data"])
            .arg(&data)
            // As installer/intune-connector.service starts it.
            .env("MALLOC_ARENA_MAX", "1")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the bus starts");
        let http = reqwest::Client::builder().no_gzip().build().expect("a client");
        let mut bus = Bus {
            folder,
            http,
            url: String::new(),
            token: String::new(),
            process,
        };
        let local: Value = bus
            .until(|| {
                std::fs::read(data.join("local-connection.json"))
                    .ok()
                    .and_then(|text| serde_json::from_slice(&text).ok())
            })
            .await;
        bus.url = local["url"].as_str().expect("a url").to_owned();
        bus.token = local["token"].as_str().expect("a token").to_owned();
        bus
    }

    async fn until<T>(&self, mut look: impl FnMut() -> Option<T>) -> T {
        let began = Instant::now();
        loop {
            if let Some(found) = look() {
                return found;
            }
            assert!(began.elapsed() < PATIENCE, "nothing happened for {PATIENCE:?}");
            tokio::time::sleep(POLL).await;
        }
    }

    pub async fn get(&self, path: &str) -> Value {
        let answer = self
            .http
            .get(format!("{}{path}", self.url))
            .bearer_auth(&self.token)
            .send()
            .await
            .expect("an answer");
        serde_json::from_slice(&answer.bytes().await.expect("a body")).expect("JSON")
    }

    /// Nothing as body: none is sent.
    pub async fn send(&self, method: &str, path: &str, body: Value) {
        let method = method.parse().expect("a method of HTTP");
        let request = self
            .http
            .request(method, format!("{}{path}", self.url))
            .bearer_auth(&self.token);
        let request = if body.is_null() { request } else { request.json(&body) };
        let answer = request.send().await.expect("an answer");
        let status = answer.status();
        let said = answer.text().await.unwrap_or_default();
        assert!(status.is_success(), "{path}: {status} {said}");
    }

    async fn newest(&self, after: i64) -> (i64, Scan) {
        let began = Instant::now();
        loop {
            let scans = self.get("/sics/v1/scans?instance=IntuneConnector_1&limit=1").await;
            let scan = &scans["scans"][0]["scan"];
            if scan["state"] == "completed" && scan["id"].as_i64().is_some_and(|id| id > after) {
                let number = |name: &str| scan[name].as_u64().unwrap_or_default();
                let found = Scan {
                    took: Duration::from_millis(number("tookMs")),
                    requests: number("requests"),
                    seen: number("seen"),
                    changed: number("changed"),
                };
                return (scan["id"].as_i64().unwrap_or_default(), found);
            }
            assert!(began.elapsed() < PATIENCE, "no scan completed: {scans}");
            tokio::time::sleep(POLL).await;
        }
    }

    pub async fn wait_for_first_scan(&self) -> Scan {
        self.newest(0).await.1
    }

    pub async fn full_scan(&self) -> Scan {
        self.scan("full").await
    }

    pub async fn incremental_scan(&self) -> Scan {
        self.scan("incremental").await
    }

    async fn scan(&self, kind: &str) -> Scan {
        let before = self.newest(0).await.0;
        let body = json!({"instance": "IntuneConnector_1", "kind": kind});
        let answer = self
            .http
            .post(format!("{}/sics/v1/scans", self.url))
            .bearer_auth(&self.token)
            .json(&body)
            .send()
            .await;
        assert!(answer.expect("an answer").status().is_success());
        self.newest(before).await.1
    }

    /// So many servers read everything at once, each a process of its own; the time until the last one is done.
    pub async fn readers(&self, count: usize) -> Duration {
        let began = Instant::now();
        let me = std::env::current_exe().expect("this program");
        let readers: Vec<Child> = (0..count)
            .map(|n| {
                Command::new(&me)
                    .args(["--reader", &self.url, &format!("bench-{count}-{n}")])
                    .env("BENCH_TOKEN", &self.token)
                    .spawn()
                    .expect("a reader starts")
            })
            .collect();
        for mut reader in readers {
            assert!(reader.wait().expect("a reader ends").success());
        }
        began.elapsed()
    }

    pub fn peak_mib(&self) -> f64 {
        self.memory_mib("VmHWM")
    }

    pub fn resident_mib(&self) -> f64 {
        self.memory_mib("VmRSS")
    }

    fn memory_mib(&self, row: &str) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id())).expect("the bus runs");
        let line = status
            .lines()
            .find(|line| line.starts_with(row))
            .expect("Linux tells it");
        let kib: f64 = line
            .split_whitespace()
            .nth(1)
            .and_then(|text| text.parse().ok())
            .expect("a number");
        let _ = &self.folder;
        kib / 1024.0
    }
}
