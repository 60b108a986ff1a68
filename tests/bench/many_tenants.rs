//! Many simulated tenants in this process, on one address, and a bus with an instance for each, as a process of its own. Settings
//! are those of an instance that somebody has just added: nothing but who and where.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use intune_connector::config::{DataFolder, InstanceDraft};
use serde_json::{Value, json};
use simulated_tenant::server::{self, Options, Registration, Running};
use simulated_tenant::{Fleet, NameStyle};

const LIST: &str = "/v1.0/deviceManagement/managedDevices";
/// By it what is read beside the list (primary users, and what only a single request tells) can be told.
const BATCH: &str = "$batch";
/// What a throttled tenant says, seconds.
const RETRY_AFTER_S: u64 = 20;
/// Scans of an instance that are looked at.
const SCANS: u32 = 100;
const PATIENCE: Duration = Duration::from_secs(900);
const LOOK: Duration = Duration::from_millis(500);
/// Nothing was read beside the lists for so long: there is nothing left to read.
const READ_OUT: Duration = Duration::from_secs(15);

pub struct ManyTenants {
    running: Running,
    registrations: Vec<Registration>,
}

impl ManyTenants {
    pub async fn start(count: usize, devices: usize) -> ManyTenants {
        let options = Options::quick(devices, 1);
        let running = server::start(options).await.expect("the simulator starts");
        let mut registrations = vec![running.registration.clone()];
        for seed in 2..=count as u64 {
            let registration = server::register(running.simulated.directory(), seed);
            let fleet = Fleet {
                devices,
                seed,
                names: NameStyle::Awkward,
            };
            running.simulated.add_tenant(&registration.tenant_id, fleet);
            registrations.push(registration);
        }
        ManyTenants { running, registrations }
    }

    /// Of this one, every list is refused for now.
    pub async fn throttle(&self, at: usize) {
        let rule = json!({
            "fault": {"kind": "throttled", "retryAfter": {"seconds": RETRY_AFTER_S}}, "path": LIST,
            "tenant": self.registrations[at].tenant_id, "times": 0,
        });
        let url = format!("{}/simulator/faults", self.running.base);
        let answer = reqwest::Client::new().post(url).json(&rule).send().await;
        let answer = answer.expect("the simulator answers");
        assert!(answer.status().is_success(), "{:?}", answer.text().await);
    }

    /// What was asked of Graph so far.
    pub fn count_requests(&self) -> u64 {
        self.count_paths(|path| path.contains("/v1.0/") || path.contains("/beta/"))
    }

    fn count_paths(&self, fits: impl Fn(&str) -> bool) -> u64 {
        let counters = self.running.simulated.log().counters();
        let fitting = counters.by_path.iter().filter(|(path, _)| fits(path));
        fitting.map(|(_, count)| count).sum()
    }

    /// Waits until nothing is read any more beside the lists.
    pub async fn until_read_out(&self) {
        let began = Instant::now();
        let mut newest = (self.count_paths(|path| path.ends_with(BATCH)), Instant::now());
        while newest.1.elapsed() < READ_OUT {
            tokio::time::sleep(LOOK).await;
            let count = self.count_paths(|path| path.ends_with(BATCH));
            if count > newest.0 {
                newest = (count, Instant::now());
            }
            assert!(began.elapsed() < PATIENCE, "devices are read one by one for ever");
        }
    }
}

pub struct ManyBus {
    process: Child,
    http: reqwest::Client,
    api: String,
    token: String,
    _folder: tempfile::TempDir,
}

impl Drop for ManyBus {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A scan that has begun.
#[derive(Debug, Clone)]
pub struct SeenScan {
    pub instance: String,
    pub is_full: bool,
    pub is_completed: bool,
    pub began: DateTime<Utc>,
    pub took_ms: u64,
}

impl ManyBus {
    /// With an instance for each of these tenants.
    pub async fn start(tenants: Option<&ManyTenants>) -> ManyBus {
        let folder = tempfile::tempdir().expect("a folder");
        let data = folder.path().join("data");
        add_instances(&data, tenants);
        let process = Command::new(env!("CARGO_BIN_EXE_intune-connector"))
            .args(["run", "--quiet", "--data"])
            .arg(&data)
            // As installer/intune-connector.service starts it.
            .env("MALLOC_ARENA_MAX", "1")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the bus starts");
        let (began, path) = (Instant::now(), data.join("local-connection.json"));
        let local: Value = loop {
            let read = std::fs::read(&path).ok();
            if let Some(local) = read.and_then(|text| serde_json::from_slice(&text).ok()) {
                break local;
            }
            assert!(began.elapsed() < PATIENCE, "the bus does not start");
            tokio::time::sleep(LOOK).await;
        };
        let text = |name: &str| local[name].as_str().expect("the bus names it").to_owned();
        ManyBus {
            process,
            http: reqwest::Client::builder().no_proxy().build().expect("a client"),
            api: text("url"),
            token: text("token"),
            _folder: folder,
        }
    }

    pub fn pid(&self) -> u32 {
        self.process.id()
    }

    /// The newest scans of each instance, the newest first.
    async fn scans(&self, limit: u32) -> Vec<SeenScan> {
        let asked = self.http.get(format!("{}/sics/v1/scans?limit={limit}", self.api));
        let answer = asked.bearer_auth(&self.token).send().await.expect("the bus answers");
        let text = answer.text().await.expect("a body");
        let told: Value = serde_json::from_str(&text).expect("JSON");
        let rows = told["scans"].as_array().expect("scans").iter();
        rows.map(|row| SeenScan {
            instance: row["instance"].as_str().expect("a name").to_owned(),
            is_full: row["scan"]["kind"] == "full",
            is_completed: row["scan"]["state"] == "completed",
            began: row["scan"]["startedAt"]
                .as_str()
                .and_then(|at| at.parse().ok())
                .expect("a time"),
            took_ms: row["scan"]["tookMs"].as_u64().unwrap_or_default(),
        })
        .collect()
    }

    pub async fn all_scans(&self) -> Vec<SeenScan> {
        self.scans(SCANS).await
    }

    /// Waits until so many instances have completed a scan.
    pub async fn until_scanned(&self, instances: usize) {
        let began = Instant::now();
        loop {
            // The newest of some is running.
            let scans = self.scans(3).await;
            let completed = scans.iter().filter(|scan| scan.is_completed);
            let completed = completed.map(|scan| &scan.instance).collect::<BTreeSet<_>>().len();
            if completed >= instances {
                return;
            }
            assert!(began.elapsed() < PATIENCE, "only {completed} of {instances} were read");
            tokio::time::sleep(LOOK).await;
        }
    }
}

/// The name of an instance, by the place of its tenant.
pub fn instance_name(at: usize) -> String {
    format!("IntuneConnector_{}", at + 1)
}

fn add_instances(data: &Path, tenants: Option<&ManyTenants>) {
    let settings = DataFolder::open(data).expect("the data folder");
    std::fs::write(settings.bus_ini_path(), "[sics]\nlisten = 127.0.0.1:0\n").expect("bus.ini");
    let Some(tenants) = tenants else { return };
    let base = &tenants.running.base;
    for (at, registration) in tenants.registrations.iter().enumerate() {
        let secret = data.with_file_name(format!("secret-{at}.txt"));
        std::fs::write(&secret, &registration.client_secret).expect("the secret is written");
        let draft = InstanceDraft::from_pairs([
            ("tenant_id", registration.tenant_id.as_str()),
            ("client_id", &registration.client_id),
            ("secret_file", &secret.to_string_lossy()),
            ("login_url", base),
            ("graph_url", base),
        ]);
        let name = instance_name(at).parse().expect("it is a name");
        let draft = draft.expect("the settings are right");
        settings
            .write_instance(&name, &draft)
            .expect("the settings are written");
    }
}
