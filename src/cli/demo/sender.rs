//! One more management server of the demonstration: it sends a synchronisation, a notification and a lock, and a wipe of
//! five devices, which waits until somebody else approves it; and it reads back what became of each.

use std::collections::HashMap;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use super::environment::{DemoEnvironment, find_first_scan};
use crate::cli::client::{ApiClient, encode_segment};
use crate::cli::failure::CommandFailure;
use crate::cli::output;

pub(crate) const ID: &str = "helpdesk";
/// What it may do, and nothing else.
const RIGHTS: [&str; 10] = [
    "Servers_Announce",
    "Changes_Read",
    "Scans_Read",
    "Devices_Read",
    "Jobs_Send",
    "Results_Read",
    "Actions_Sync",
    "Actions_Notify",
    "Actions_RemoteLock",
    "Actions_Wipe",
];
/// Devices of the wipe: more than go out without somebody else's approval.
const WIPED: usize = 5;
/// Lines that wait to be shown; nobody needs more.
const LINES: usize = 256;
/// Between two looks at whether the first scan has ended, and before reading results again after a failure.
const LOOK: Duration = Duration::from_millis(500);
/// How long one request waits for results.
const WAIT_MS: u64 = 5_000;

pub(crate) struct SenderHandle {
    lines: mpsc::Receiver<String>,
    /// What was sent, and where it stands: `sync` → `done`.
    pub job_states: watch::Receiver<Vec<(String, Value)>>,
    task: JoinHandle<()>,
}

impl SenderHandle {
    /// Waits for the first scan in the background, then sends.
    pub(crate) async fn start(environment: &DemoEnvironment, instance: &str) -> Result<SenderHandle, CommandFailure> {
        let client = environment.create_server_operator(ID, &RIGHTS).await?;
        let announcement = json!({ "displayName": "Help desk", "accepts": { "changes": false } });
        client.put(&format!("/servers/{ID}"), &announcement).await?;
        environment.accept_server(ID).await?;
        let enable_jobs = json!({ "sendsJobs": true });
        environment
            .client
            .patch(&format!("/servers/{ID}"), &[], &enable_jobs)
            .await?;
        let (tell, lines) = mpsc::channel(LINES);
        let (stand, stands) = watch::channel(Vec::new());
        let mut worker = SenderWorker {
            client,
            instance: instance.to_owned(),
            line_sender: tell,
            job_states: stand,
            names: HashMap::new(),
            jobs: HashMap::new(),
        };
        let task = tokio::spawn(async move {
            if let Err(failure) = worker.send_jobs().await {
                worker.push_line(format!("has stopped: {}", failure.message));
                worker
                    .job_states
                    .send_replace(vec![("stopped".to_owned(), Value::from(failure.message))]);
            }
        });
        Ok(SenderHandle {
            lines,
            job_states: stands,
            task,
        })
    }

    /// What happened since the last time.
    pub(crate) fn drain_lines(&mut self) -> Vec<String> {
        std::iter::from_fn(|| self.lines.try_recv().ok()).collect()
    }

    /// Everything is at its end, but for the wipe that waits for somebody.
    pub(crate) fn is_settled(&self) -> bool {
        let stands = self.job_states.borrow();
        let is_final = |state: &Value| state != "accepted" && state != "handedOver" && state != "pendingOnDevice";
        !stands.is_empty() && stands.iter().all(|(_, state)| is_final(state))
    }
}

impl Drop for SenderHandle {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct SenderWorker {
    client: ApiClient,
    instance: String,
    line_sender: mpsc::Sender<String>,
    job_states: watch::Sender<Vec<(String, Value)>>,
    /// Names of the devices by their ids.
    names: HashMap<String, String>,
    /// Actions by the ids of their jobs.
    jobs: HashMap<String, &'static str>,
}

impl SenderWorker {
    fn push_line(&self, text: String) {
        // Whoever does not look misses it.
        let _ = self
            .line_sender
            .try_send(format!("{ID}: {}", output::to_printable(&text, 160)));
    }

    async fn send_jobs(&mut self) -> Result<(), CommandFailure> {
        while find_first_scan(&self.client, &self.instance).await?.is_none() {
            tokio::time::sleep(LOOK).await;
        }
        let company_filter =
            |system: &str| format!("operatingSystem == \"{system}\" && managedDeviceOwnerType == \"company\"");
        let laptops = self.fetch_devices(&company_filter("Windows"), WIPED + 1).await?;
        let phones = self.fetch_devices(&company_filter("iOS"), 2).await?;
        let message = json!({ "notificationTitle": "Maintenance tonight", "notificationBody": "Please leave it on." });
        let reason = "left the company";
        self.send_job("sync", laptops.get(WIPED..).unwrap_or_default(), json!({}), "")
            .await?;
        self.send_job("notify", phones.get(..1).unwrap_or_default(), message, "")
            .await?;
        self.send_job("remoteLock", phones.get(1..).unwrap_or_default(), json!({}), "lost")
            .await?;
        let wiped = &laptops[..laptops.len().min(WIPED)];
        self.send_job("wipe", wiped, json!({}), reason).await?;
        self.read_results().await
    }

    async fn fetch_devices(&mut self, filter: &str, count: usize) -> Result<Vec<Value>, CommandFailure> {
        let query = [
            ("instance", self.instance.clone()),
            ("filter", filter.to_owned()),
            ("limit", count.to_string()),
        ];
        let page = self.client.get("/devices", &query).await?;
        let devices = page["devices"].as_array().cloned().unwrap_or_default();
        for device in &devices {
            let id = device["deviceId"].as_str().unwrap_or_default().to_owned();
            self.names
                .insert(id, output::format_cell(device.pointer("/device/deviceName")));
        }
        Ok(devices)
    }

    async fn send_job(
        &mut self,
        action: &'static str,
        devices: &[Value],
        parameters: Value,
        reason: &str,
    ) -> Result<(), CommandFailure> {
        if devices.is_empty() {
            return Ok(());
        }
        let pins: Vec<Value> = devices
            .iter()
            .map(|device| json!({ "id": device["deviceId"], "seq": device["seq"] }))
            .collect();
        let job = json!({
            "id": format!("demo-{action}"), "instance": self.instance, "action": action, "devices": pins,
            "expectDevices": devices.len(), "confirm": action, "parameters": parameters, "reason": reason,
        });
        let receipt = self
            .client
            .post(&format!("/servers/{}/jobs", encode_segment(ID)), &job)
            .await?;
        let waits = if receipt["needsApproval"] == true {
            format!(
                "; it waits for approval: jobs approve {} --approver demo",
                receipt["job"]
            )
        } else {
            String::new()
        };
        self.push_line(format!("sent {action} to {} devices{waits}", devices.len()));
        self.jobs.insert(format!("demo-{action}"), action);
        let state = receipt["states"]
            .as_object()
            .and_then(|states| states.keys().next().cloned());
        self.job_states
            .send_modify(|job_states| job_states.push((action.to_owned(), state.into())));
        Ok(())
    }

    /// For ever: a job that is approved later is told as well.
    async fn read_results(&self) -> Result<(), CommandFailure> {
        let path = format!("/servers/{}/results", encode_segment(ID));
        loop {
            let page = self.client.get(&path, &[("wait_ms", WAIT_MS.to_string())]).await?;
            for result in page["results"].as_array().into_iter().flatten() {
                self.apply_result(result);
            }
            if !page["position"].is_null() {
                let ack = json!({ "position": page["position"] });
                self.client.post(&format!("{path}/ack"), &ack).await?;
            }
        }
    }

    fn apply_result(&self, result: &Value) {
        let Some(action) = self.jobs.get(result["job"].as_str().unwrap_or_default()) else {
            return;
        };
        let state = &result["state"];
        self.job_states.send_modify(|job_states| {
            for (_, stand) in job_states.iter_mut().filter(|(job_action, _)| job_action == action) {
                *stand = state.clone();
            }
        });
        if state == "accepted" {
            return;
        }
        let name = self.names.get(result["deviceId"].as_str().unwrap_or_default());
        let text = result["detail"]["text"].as_str();
        let text = text.map(|text| format!(": {text}")).unwrap_or_default();
        let name = name.map_or("a device", String::as_str);
        self.push_line(format!("{action} on {name}: {}{text}", state.as_str().unwrap_or("-")));
    }
}
