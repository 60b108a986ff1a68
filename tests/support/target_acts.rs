//! What is done with a target over the API: how it stands, what it asks, what it has set aside, its links, runs and
//! mapping.

use std::collections::BTreeMap;

use reqwest::Method;
use serde_json::{Value, json};

use super::target_bodies::INSTANCE;
use super::targets::{Laptop, TargetScene};
use super::wait::found;

/// Records that are written before somebody looks.
pub const CANARY: u64 = 20;
/// Devices of a page of links.
const LINKS_PAGE: usize = 500;

fn path_of(target: &str, end: &str) -> String {
    format!("/sics/v1/targets/{target}{end}")
}

/// Whether everything that the bus knows is written, or set aside.
fn is_settled(seen: &Value) -> bool {
    seen["behind"] == 0 && seen["question"].is_null() && seen["paused"].is_null()
}

impl TargetScene {
    pub async fn target(&self, target: &str) -> Value {
        self.get(&path_of(target, "")).await
    }

    /// Waits until a target stands like that.
    pub async fn until_target(&self, target: &str, what: &str, fits: impl Fn(&Value) -> bool) -> Value {
        found(&format!("{target}: {what}"), async || {
            let seen = self.target(target).await;
            if fits(&seen) { Ok(seen) } else { Err(seen) }
        })
        .await
    }

    /// The same, while time passes.
    pub async fn passing_until(&self, target: &str, what: &str, fits: impl Fn(&Value) -> bool) -> Value {
        self.passing(&format!("{target}: {what}"), async || {
            let seen = self.target(target).await;
            if fits(&seen) { Ok(seen) } else { Err(seen) }
        })
        .await
    }

    /// Waits until a target has written all that there is; what waits for consent stands in the way.
    pub async fn settled(&self, target: &str) -> Value {
        self.until_target(target, "everything is written", is_settled).await
    }

    /// The same, while time passes: after a rest.
    pub async fn passing_settled(&self, target: &str) -> Value {
        self.passing_until(target, "everything is written", is_settled).await
    }

    /// A scan, and then everything is written.
    pub async fn scan_and_settle(&self, target: &str) -> Value {
        self.scan().await;
        self.settled(target).await
    }

    /// What waits for consent, as soon as something does.
    pub async fn question(&self, target: &str) -> Value {
        self.until_target(target, "a question is asked", |seen| !seen["question"].is_null())
            .await;
        found("the question can be read", async || {
            let (status, seen) = self.ask(Method::GET, &path_of(target, "/question"), json!({})).await;
            if status.is_success() { Ok(seen) } else { Err(seen) }
        })
        .await
    }

    /// Agrees to exactly this.
    pub async fn agree(&self, target: &str, question: &Value) -> Value {
        let body = json!({"digest": question["digest"]});
        self.post(&path_of(target, "/consent"), body).await
    }

    /// Agrees to whatever is asked, until everything is written: somebody who has looked each time. Answers the questions.
    pub async fn agree_until_settled(&self, target: &str) -> Vec<Value> {
        let mut asked = Vec::new();
        loop {
            let seen = self
                .passing_until(target, "everything is written or asked", |seen| {
                    is_settled(seen) || !seen["question"].is_null()
                })
                .await;
            if is_settled(&seen) {
                return asked;
            }
            let (status, question) = self.ask(Method::GET, &path_of(target, "/question"), json!({})).await;
            if !status.is_success() {
                // It was answered or superseded meanwhile.
                continue;
            }
            let body = json!({"digest": question["digest"]});
            let (status, told) = self.ask(Method::POST, &path_of(target, "/consent"), body).await;
            assert!(status.is_success() || told["code"] == "questionChanged", "{told}");
            asked.push(question);
        }
    }

    /// Devices for which a person has to decide and has not.
    pub async fn aside(&self, target: &str) -> Vec<Value> {
        let told = self.get(&path_of(target, "/set-aside")).await;
        let devices = told["devices"].as_array().unwrap().iter();
        devices.filter(|row| row["decision"].is_null()).cloned().collect()
    }

    /// Waits until a device is set aside.
    pub async fn until_aside(&self, target: &str, device: &str) -> Value {
        found("the device is set aside", async || {
            let rows = self.aside(target).await;
            let row = rows.iter().find(|row| row["deviceId"] == device).cloned();
            row.ok_or(rows)
        })
        .await
    }

    pub async fn decide(&self, target: &str, device: &str, body: Value) -> Value {
        self.post(&path_of(target, &format!("/set-aside/{INSTANCE}/{device}")), body)
            .await
    }

    /// All links, by device.
    pub async fn links(&self, target: &str) -> BTreeMap<String, Value> {
        let (mut links, mut after) = (BTreeMap::new(), String::new());
        loop {
            let page = self
                .get(&path_of(target, &format!("/links?limit={LINKS_PAGE}{after}")))
                .await;
            for link in page["links"].as_array().unwrap() {
                links.insert(link["deviceId"].as_str().unwrap().to_owned(), link.clone());
            }
            match page["next"].as_str() {
                Some(next) => after = format!("&after={next}"),
                None => return links,
            }
        }
    }

    pub async fn link(&self, target: &str, device: &str) -> Value {
        let page = self.get(&path_of(target, &format!("/links?search={device}"))).await;
        let links = page["links"].as_array().unwrap().iter();
        let mut own = links.filter(|link| link["deviceId"] == device);
        own.next().cloned().unwrap_or(Value::Null)
    }

    pub async fn runs(&self, target: &str) -> Vec<Value> {
        let told = self.get(&path_of(target, "/runs")).await;
        told["runs"].as_array().unwrap().clone()
    }

    pub async fn revert(&self, target: &str, run: &Value) -> Value {
        self.post(&path_of(target, &format!("/runs/{}/revert", run["run"])), json!({}))
            .await
    }

    pub async fn preview(&self, target: &str) -> Value {
        self.get(&path_of(target, "/preview?limit=500")).await
    }

    pub async fn verify(&self, target: &str) -> Value {
        self.post(&path_of(target, "/verify"), json!({})).await
    }

    pub async fn resend(&self, target: &str, device: &str) {
        let body = json!({"instance": INSTANCE, "deviceId": device});
        self.post(&path_of(target, "/resend"), body).await;
    }

    pub async fn forget_link(&self, target: &str, device: &str) {
        let body = json!({"instance": INSTANCE, "deviceId": device});
        let told = self.post(&path_of(target, "/links/forget"), body).await;
        assert_eq!(told["forgotten"], 1, "{told}");
    }

    pub async fn forget_all_links(&self, target: &str) -> u64 {
        let told = self
            .confirmed(Method::POST, &path_of(target, "/links/forget"), json!({}))
            .await;
        told["forgotten"].as_u64().unwrap()
    }

    /// The mapping that it works by.
    pub async fn mapping(&self, target: &str) -> Value {
        let told = self.get(&path_of(target, "/mapping")).await;
        serde_json::from_str(told["text"].as_str().unwrap()).unwrap()
    }

    /// Sets the mapping, and waits until the target works by it.
    pub async fn set_mapping(&self, target: &str, text: &str) -> Value {
        let newest = self.newest_run(target).await;
        let before = self.get(&path_of(target, "/mapping")).await;
        let body = json!({ "text": text });
        let set = self.good(Method::PUT, &path_of(target, "/mapping"), body).await;
        if set["digest"] != before["digest"] {
            let digest = set["digest"].as_str().unwrap();
            found("the target works by the mapping", async || {
                let runs = self.runs(target).await;
                let is_by_it = |run: &Value| {
                    let by = run["mappingDigest"].as_str().unwrap_or_default();
                    run["run"].as_i64() > Some(newest) && by.starts_with(digest)
                };
                runs.iter().any(is_by_it).then_some(()).ok_or(runs)
            })
            .await;
        }
        set
    }

    async fn newest_run(&self, target: &str) -> i64 {
        let runs = self.runs(target).await;
        runs.iter().filter_map(|run| run["run"].as_i64()).max().unwrap_or(0)
    }

    /// Changes the mapping as somebody does who takes the file, changes it and gives it back.
    pub async fn change_mapping(&self, target: &str, change: impl FnOnce(&mut Value)) -> Value {
        let mut mapping = self.mapping(target).await;
        change(&mut mapping);
        self.set_mapping(target, &mapping.to_string()).await
    }

    pub async fn make_fields(&self, target: &str) -> Value {
        self.post(&path_of(target, "/fields"), json!({})).await
    }

    /// Takes the installation away; what that would do is confirmed.
    pub async fn uninstall(&self, target: &str) {
        let path = format!("/sics/v1/installations/{target}");
        let (status, shown) = self.ask(Method::DELETE, &path, json!({})).await;
        if !status.is_success() {
            let path = format!("{path}?confirm={}", shown["confirm"].as_str().unwrap());
            self.good(Method::DELETE, &path, json!({})).await;
        }
        found("the target is gone", async || {
            let (status, seen) = self.ask(Method::GET, &path_of(target, ""), json!({})).await;
            (status.as_u16() == 404).then_some(()).ok_or(seen)
        })
        .await;
    }

    /// Wipes a device by a job of the bus, until Intune has done it.
    pub async fn wipe(&self, laptop: &Laptop) {
        let listed = self.get(&format!("/sics/v1/devices?search={}", laptop.name)).await;
        let device = json!({"id": laptop.id, "seq": listed["devices"][0]["seq"]});
        let job =
            json!({"action": "wipe", "devices": [device], "expectDevices": 1, "confirm": "wipe", "reason": "sold"});
        let sent = self.post("/sics/v1/jobs", job).await;
        let path = format!("/sics/v1/jobs/{}", sent["job"]);
        self.passing("the device is wiped", async || {
            let ids = json!({"ids": [laptop.id]});
            self.control("POST", "devices/check-in", ids).await;
            let seen = self.get(&path).await;
            (seen["states"]["done"] == 1).then_some(()).ok_or(seen)
        })
        .await;
    }

    /// Has it look at once, as any decision does: the mapping is set as it is.
    pub async fn nudge(&self, target: &str) {
        let mapping = self.get(&path_of(target, "/mapping")).await;
        let body = json!({"text": mapping["text"]});
        self.good(Method::PUT, &path_of(target, "/mapping"), body).await;
    }

    /// Has everything told to it again, as after an outage of months.
    pub async fn resync(&self, target: &str) {
        self.post(&format!("/sics/v1/servers/{target}/resync"), json!({})).await;
        self.nudge(target).await;
    }
}
