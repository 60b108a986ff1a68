//! The simulated tenant as a process of its own, and the bare walk over it.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use xxhash_rust::xxh3::xxh3_128;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Connect {
    pub tenant_id: String,
    pub client_id: String,
    pub client_secret: String,
    pub graph: String,
    pub login: String,
}

pub struct Tenant {
    pub connect: Connect,
    http: reqwest::Client,
    process: Child,
}

impl Drop for Tenant {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[derive(Deserialize)]
struct Page<'a> {
    #[serde(borrow)]
    value: Vec<&'a RawValue>,
    #[serde(rename = "@odata.nextLink")]
    next: Option<String>,
}

impl Tenant {
    pub async fn start(devices: u64) -> Tenant {
        let mut process = Command::new(env!("CARGO_BIN_EXE_intune-connector"))
            .args([
                "simulate",
                "--seed",
                "1",
                "--listen",
                "127.0.0.1:0",
                "--http",
                "--json",
                "--devices",
            ])
            .arg(devices.to_string())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the simulator starts");
        let mut line = String::new();
        let out = process.stdout.take().expect("its output is piped");
        BufReader::new(out)
            .read_line(&mut line)
            .expect("it prints how to connect");
        let connect = serde_json::from_str(&line).expect("the first line is JSON");
        let tenant = Tenant {
            connect,
            http: reqwest::Client::builder().no_gzip().build().expect("a client"),
            process,
        };
        // The same bytes for everybody: else the bus would be measured with the simulator's compression, and the bare
        // walk without.
        tenant.set("PATCH", "tuning", json!({"gzip": false})).await;
        tenant
    }

    async fn token(&self) -> String {
        let Connect {
            tenant_id,
            client_id,
            client_secret,
            graph,
            login,
        } = &self.connect;
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", client_id),
            ("client_secret", client_secret),
            ("scope", &format!("{graph}/.default")),
        ];
        let answer = self
            .http
            .post(format!("{login}/{tenant_id}/oauth2/v2.0/token"))
            .form(&form)
            .send()
            .await;
        let body: Value =
            serde_json::from_slice(&answer.expect("an answer").bytes().await.expect("a body")).expect("JSON");
        body["access_token"].as_str().expect("a token").to_owned()
    }

    /// All pages, split into devices, each hashed, nothing kept.
    async fn bare_walk(&self) -> Duration {
        let token = self.token().await;
        let mut link = Some(format!(
            "{}/v1.0/deviceManagement/managedDevices?$top=1000",
            self.connect.graph
        ));
        let (began, mut hash, mut count) = (Instant::now(), 0_u128, 0);
        while let Some(url) = link {
            let answer = self.http.get(url).bearer_auth(&token).send().await.expect("a page");
            assert!(answer.status().is_success(), "{}", answer.status());
            let body = answer.bytes().await.expect("its body");
            let page: Page<'_> = serde_json::from_slice(&body).expect("a page of JSON");
            for device in &page.value {
                hash ^= xxh3_128(device.get().as_bytes());
                count += 1;
            }
            link = page.next;
        }
        assert!(count > 0 && hash != 0);
        began.elapsed()
    }

    /// The best of five: what else the machine does, and what the simulator has to render first, is left out.
    pub async fn bare_walks(&self) -> Duration {
        let mut best = self.bare_walk().await;
        for _ in 0..4 {
            best = best.min(self.bare_walk().await);
        }
        best
    }

    pub async fn move_every_check_in(&self) {
        self.set("POST", "devices/check-in", json!({})).await;
    }

    /// Something that servers care about changes on so many devices, and they check in.
    pub async fn change(&self, devices: u64) {
        let steps = json!({"steps": devices, "kind": "change"});
        self.set("POST", "churn", steps).await;
    }

    async fn set(&self, method: &str, what: &str, body: Value) {
        let url = format!("{}/simulator/{what}", self.connect.graph);
        let method = method.parse().expect("a method of HTTP");
        let answer = self.http.request(method, url).json(&body).send().await;
        let status = answer.expect("the simulator answers").status();
        assert!(status.is_success(), "{what}: {status}");
    }
}
