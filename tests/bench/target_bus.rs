//! A bus with a simulated tenant and targets, as a process of its own, asked over its API as a person does.
#![allow(dead_code, reason = "the benches each use a part")]

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};
use simulated_tenant::server::{self, Options, Running};

pub const INSTANCE: &str = "IntuneConnector_1";
/// An inventory may take half a minute for a thousand devices.
const PATIENCE: Duration = Duration::from_secs(3_600);
const LOOK: Duration = Duration::from_millis(250);

pub struct TargetBus {
    pub tenant: Running,
    http: reqwest::Client,
    api: String,
    token: String,
    process: Child,
    _folder: tempfile::TempDir,
}

impl Drop for TargetBus {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl TargetBus {
    /// With this tenant, which it has read by these settings. `change`: of the command that starts it.
    pub async fn start(options: Options, settings: &[&str], change: impl FnOnce(&mut Command)) -> TargetBus {
        let tenant = server::start(options).await.expect("the simulator starts");
        let folder = tempfile::tempdir().expect("a folder");
        let data = folder.path().join("data");
        std::fs::create_dir(&data).expect("the data folder");
        std::fs::write(data.join("bus.ini"), "[sics]\nlisten = 127.0.0.1:0\n").expect("bus.ini");
        add_instance(&data, &tenant, settings);
        let mut command = Command::new(env!("CARGO_BIN_EXE_intune-connector"));
        command.args(["run", "--quiet", "--data"]).arg(&data);
        // As installer/intune-connector.service starts it.
        command.env("MALLOC_ARENA_MAX", "1");
        change(&mut command);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        let process = command.spawn().expect("the bus starts");
        let local = found("the bus runs", async || {
            let read = std::fs::read(data.join("local-connection.json")).ok();
            let read = read.and_then(|text| serde_json::from_slice::<Value>(&text).ok());
            read.ok_or(Value::Null)
        })
        .await;
        let text = |name: &str| local[name].as_str().expect("the bus names it").to_owned();
        let bus = TargetBus {
            tenant,
            http: reqwest::Client::builder().no_proxy().build().expect("a client"),
            api: text("url"),
            token: text("token"),
            process,
            _folder: folder,
        };
        bus.wait_for_scan(0).await;
        bus
    }

    pub fn pid(&self) -> u32 {
        self.process.id()
    }

    async fn ask(&self, method: Method, path: &str, body: &Value) -> (bool, Value) {
        let asked = self.http.request(method, format!("{}{path}", self.api));
        let answer = asked
            .bearer_auth(&self.token)
            .json(body)
            .send()
            .await
            .expect("the bus answers");
        let is_good = answer.status().is_success();
        let text = answer.text().await.expect("a body");
        (is_good, serde_json::from_str(&text).unwrap_or(Value::String(text)))
    }

    pub async fn get(&self, path: &str) -> Value {
        let (is_good, told) = self.ask(Method::GET, path, &json!({})).await;
        assert!(is_good, "{path}: {told}");
        told
    }

    async fn post(&self, path: &str, body: Value) -> Value {
        let (is_good, told) = self.ask(Method::POST, path, &body).await;
        assert!(is_good, "{path}: {told}");
        told
    }

    /// The newest scan that has completed, as soon as it is one behind this number.
    async fn wait_for_scan(&self, after: i64) -> Value {
        found("a scan has completed", async || {
            let told = self.get(&format!("/sics/v1/scans?instance={INSTANCE}&limit=1")).await;
            let scan = &told["scans"][0]["scan"];
            let is_done = scan["state"] == "completed" && scan["id"].as_i64().is_some_and(|id| id > after);
            is_done.then(|| scan.clone()).ok_or(told)
        })
        .await
    }

    /// Reads the whole tenant; answers how many devices were other than before.
    pub async fn scan(&self) -> u64 {
        let newest = self.wait_for_scan(0).await;
        self.post("/sics/v1/scans", json!({"instance": INSTANCE, "kind": "full"}))
            .await;
        let scan = self.wait_for_scan(newest["id"].as_i64().unwrap_or_default()).await;
        scan["changed"].as_u64().unwrap_or_default()
    }

    /// Something that servers care about changes on so many devices, and they check in.
    pub async fn change(&self, devices: u64) {
        let steps = json!({"steps": devices, "kind": "change"});
        self.control(Method::POST, "churn", &steps).await;
    }

    /// The hand that moves the tenant.
    pub async fn control(&self, method: Method, what: &str, body: &Value) {
        let url = format!("{}/simulator/{what}", self.tenant.base);
        let asked = self.http.request(method, url).json(body).send();
        let answer = asked.await.expect("the simulator answers");
        assert!(answer.status().is_success(), "{what}: {:?}", answer.text().await);
    }

    /// As the wizard does; answers the name of the target when it runs.
    pub async fn install(&self, product: &str, answers: Value) -> String {
        let path = format!("/sics/v1/products/{product}/installations");
        let made = self
            .post(&path, json!({"answers": answers, "anyway": ["verify"]}))
            .await;
        let name = made["name"].as_str().expect("it has a name").to_owned();
        found("the target runs", async || {
            let (is_good, seen) = self.ask(Method::GET, &path_of(&name, ""), &json!({})).await;
            (is_good && seen["running"] == true).then_some(()).ok_or(seen)
        })
        .await;
        name
    }

    pub async fn target(&self, name: &str) -> Value {
        self.get(&path_of(name, "")).await
    }

    /// What it wants consent to, as soon as it does.
    pub async fn question(&self, name: &str) -> Value {
        found("a question is asked", async || {
            let (is_good, seen) = self.ask(Method::GET, &path_of(name, "/question"), &json!({})).await;
            if is_good { Ok(seen) } else { Err(seen) }
        })
        .await
    }

    /// Agrees to exactly this.
    pub async fn consent(&self, name: &str, question: &Value) {
        let body = json!({"digest": question["digest"]});
        let (is_good, told) = self.ask(Method::POST, &path_of(name, "/consent"), &body).await;
        assert!(is_good || told["code"] == "questionChanged", "{told}");
    }

    /// Waits until everything is written, and agrees to whatever is asked on the way; answers the target, and how often it
    /// asked.
    pub async fn settle(&self, name: &str) -> (Value, u32) {
        let (began, mut asked) = (Instant::now(), 0);
        loop {
            let seen = self.target(name).await;
            if !seen["question"].is_null() {
                let question = self.question(name).await;
                self.consent(name, &question).await;
                asked += 1;
            } else if seen["behind"] == 0 && seen["paused"].is_null() {
                return (seen, asked);
            }
            assert!(began.elapsed() < PATIENCE, "not everything is written: {seen}");
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Has everything told to it again.
    pub async fn tell_again(&self, name: &str) {
        self.post(&format!("/sics/v1/servers/{name}/resync"), json!({})).await;
    }
}

fn path_of(target: &str, end: &str) -> String {
    format!("/sics/v1/targets/{target}{end}")
}

fn add_instance(data: &Path, tenant: &Running, settings: &[&str]) {
    let secret = data.with_file_name("secret.txt");
    std::fs::write(&secret, &tenant.registration.client_secret).expect("the secret is written");
    let added = Command::new(env!("CARGO_BIN_EXE_intune-connector"))
        .args(["instances", "add", "--servers", "*", "--data"])
        .arg(data)
        .args(["--tenant", &tenant.registration.tenant_id])
        .args(["--client", &tenant.registration.client_id])
        .args(["--login-url", &tenant.base, "--graph-url", &tenant.base])
        .arg("--secret-file")
        .arg(&secret)
        .args(settings.iter().flat_map(|setting| ["--set", *setting]))
        .stdout(Stdio::null())
        .status();
    assert!(added.expect("instances add runs").success());
}

/// Looks until there is something; `Err` is what is there instead.
async fn found<T, F: Future<Output = Result<T, Value>>>(what: &str, mut look: impl FnMut() -> F) -> T {
    let began = Instant::now();
    loop {
        match look().await {
            Ok(found) => return found,
            Err(seen) => assert!(began.elapsed() < PATIENCE, "waited in vain for: {what}; seen: {seen}"),
        }
        tokio::time::sleep(LOOK).await;
    }
}
