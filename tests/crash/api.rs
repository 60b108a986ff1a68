//! The campaign's own way to the running bus, as somebody who operates it.

use std::time::{Duration, Instant};

use intune_connector::app::LocalConnection;
use serde_json::{Value, json};

use super::bus::{INSTANCE, LOOK, RunningBus};
use super::fields::Allowed;

/// For everything that is waited for.
pub const LIMIT: Duration = Duration::from_secs(120);

pub struct Api {
    http: reqwest::Client,
    way: LocalConnection,
}

impl Api {
    pub fn new(way: LocalConnection) -> Api {
        let http = reqwest::Client::builder().timeout(LIMIT).build().unwrap();
        Api { http, way }
    }

    /// Waits until so many management servers are there, and all are like that.
    pub async fn servers(&self, count: usize, what: &str, fits: impl Fn(&Value) -> bool) -> Result<(), String> {
        let began = Instant::now();
        loop {
            let servers = self.get("/servers").await?;
            let all = servers["servers"].as_array().cloned().unwrap_or_default();
            if all.len() == count && all.iter().all(&fits) {
                return Ok(());
            }
            if began.elapsed() > LIMIT {
                return Err(format!("not within {LIMIT:?}: {what}: {servers}"));
            }
            tokio::time::sleep(LOOK * 2).await;
        }
    }

    /// What the server may see by its own limits and by those of the instance.
    pub async fn allowed(&self, server: &str) -> Result<Allowed, String> {
        let own = self.get(&format!("/servers/{server}")).await?["fields"].clone();
        let of_instance = self.get(&format!("/instances/{INSTANCE}")).await?["settings"]["fields"].clone();
        let own: Allowed = serde_json::from_value(own).map_err(|error| error.to_string())?;
        let of_instance: Allowed = match of_instance.as_str() {
            None | Some("*") => None,
            Some(names) => Some(names.split(',').map(|name| name.trim().to_owned()).collect()),
        };
        Ok(match (own, of_instance) {
            (Some(own), Some(other)) => Some(own.intersection(&other).cloned().collect()),
            (own, other) => own.or(other),
        })
    }

    pub async fn get(&self, path: &str) -> Result<Value, String> {
        let asked = self
            .http
            .get(format!("{}/sics/v1{path}", self.way.url))
            .bearer_auth(&self.way.token);
        let answer = asked.send().await.map_err(|error| error.to_string())?;
        let (status, body) = (
            answer.status(),
            answer.bytes().await.map_err(|error| error.to_string())?,
        );
        match serde_json::from_slice(&body) {
            Ok(value) if status.is_success() => Ok(value),
            _ => Err(format!(
                "{path} was answered with {status}: {}",
                String::from_utf8_lossy(&body)
            )),
        }
    }

    pub async fn scans(&self) -> Result<Vec<Value>, String> {
        let scans = self.get(&format!("/scans?instance={INSTANCE}")).await?;
        Ok(scans["scans"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|row| row["scan"].clone())
            .collect())
    }

    /// The newest scan's number; 0 before the first.
    pub async fn newest_scan(&self) -> Result<i64, String> {
        let scans = self.scans().await?;
        Ok(scans.iter().filter_map(|scan| scan["id"].as_i64()).max().unwrap_or(0))
    }

    /// Whether an incremental scan behind that one completes in this time. Nobody asks for those, so it comes by itself.
    pub async fn scans_by_itself(&self, behind: i64, limit: Duration) -> Result<bool, String> {
        let began = Instant::now();
        while began.elapsed() < limit {
            let done = |scan: &Value| {
                scan["id"].as_i64() > Some(behind) && scan["state"] == "completed" && scan["kind"] == "incremental"
            };
            if self.scans().await?.iter().any(done) {
                return Ok(true);
            }
            tokio::time::sleep(LOOK * 2).await;
        }
        Ok(false)
    }

    /// Asks for scans until one that began now has completed and is good.
    pub async fn scan(&self, kind: &str, good: impl Fn(&Value) -> bool) -> Result<(), String> {
        let began = Instant::now();
        let before = self.newest_scan().await?;
        let done = |scan: &&Value| scan["id"].as_i64() > Some(before) && scan["state"] == "completed" && good(scan);
        loop {
            let scans = self.scans().await?;
            if scans.iter().any(|scan| done(&scan)) {
                return Ok(());
            }
            if began.elapsed() > LIMIT {
                let newest = scans.first().cloned().unwrap_or_default();
                return Err(format!(
                    "no {kind} scan came to a good end within {LIMIT:?}; the newest: {newest}"
                ));
            }
            let body = json!({"instance": INSTANCE, "kind": kind});
            let url = format!("{}/sics/v1/scans", self.way.url);
            let asked = self
                .http
                .post(url)
                .bearer_auth(&self.way.token)
                .json(&body)
                .send()
                .await;
            asked.map_err(|error| error.to_string())?;
            tokio::time::sleep(LOOK * 2).await;
        }
    }
}

/// A management server's way to it.
pub struct ServerApi {
    pub http: reqwest::Client,
    pub root: String,
    pub way: RunningBus,
}

impl ServerApi {
    pub fn request(&self, method: reqwest::Method, path: &str) -> reqwest::RequestBuilder {
        self.http
            .request(method, format!("{}{path}", self.root))
            .bearer_auth(&self.way.token)
    }
}
