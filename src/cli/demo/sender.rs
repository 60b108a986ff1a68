//! One more management server of the demonstration: it sends a synchronisation, a notification and a lock, and a wipe of
//! five devices, which waits until somebody else approves it; and it reads back what became of each.

use std::collections::HashMap;
use std::time::Duration;

use serde_json::{Map, Value, json};
use sics_client::SicsClient;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use super::demo_follower::DeviceFields;
use super::environment::{DemoEnvironment, find_first_scan};
use super::folded_text::fold_text;
use super::paste_commands::PasteCommands;
use crate::cli::failure::CommandFailure;
use crate::cli::output;
use crate::contract::{
    AckResultsBody, AnnounceBody, ConfirmQuery, DeviceView, DevicesQuery, GivenParameters, JobBody, JobTargetBody,
    LimitsBody, ResultView, ResultsQuery,
};
use crate::model::{ActionKind, DeviceId, InstanceName, TaskState, format_count};

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
/// Longest name of a device, and widest line of an explanation.
const WIDTHS: (usize, usize) = (28, 70);
/// Lines that wait to be shown; nobody needs more.
const LINES: usize = 256;
/// Between two looks at whether the first scan has ended, and before reading results again after a failure.
const LOOK: Duration = Duration::from_millis(500);
/// How long one request waits for results.
const WAIT_MS: u64 = 5_000;

/// What was sent, and where it stands: `sync`, `done`.
#[derive(Debug, Clone)]
pub(crate) struct JobProgress {
    /// The action; `stopped`: the sender has failed.
    pub name: String,
    /// State of the device told last; why the sender has stopped.
    pub status: String,
}

pub(crate) struct SenderHandle {
    lines: mpsc::Receiver<String>,
    pub job_states: watch::Receiver<Vec<JobProgress>>,
    task: JoinHandle<()>,
}

impl SenderHandle {
    /// Waits for the first scan in the background, then sends.
    pub(crate) async fn start(
        environment: &DemoEnvironment,
        instance: &InstanceName,
        commands: Option<PasteCommands>,
    ) -> Result<SenderHandle, CommandFailure> {
        let client = environment.create_server_operator(ID, &RIGHTS).await?;
        let announcement = AnnounceBody {
            display_name: "Help desk".to_owned(),
            accepts: json!({ "changes": false }),
        };
        client.announce_server(ID, &announcement).await?;
        environment.accept_server(ID).await?;
        let enable_jobs = LimitsBody {
            sends_jobs: Some(true),
            ..LimitsBody::default()
        };
        environment
            .client
            .limit_server(ID, &ConfirmQuery::default(), &enable_jobs)
            .await?;
        let (tell, lines) = mpsc::channel(LINES);
        let (stand, stands) = watch::channel(Vec::new());
        let mut worker = SenderWorker {
            client,
            instance: instance.clone(),
            commands,
            line_sender: tell,
            job_states: stand,
            names: HashMap::new(),
            jobs: HashMap::new(),
        };
        let task = tokio::spawn(async move {
            if let Err(failure) = worker.send_jobs().await {
                worker.push_line(format!("has stopped: {}", failure.message));
                worker.job_states.send_replace(vec![JobProgress {
                    name: "stopped".to_owned(),
                    status: failure.message,
                }]);
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
        are_settled(&self.job_states.borrow())
    }
}

pub(crate) fn are_settled(jobs: &[JobProgress]) -> bool {
    let open = [TaskState::Accepted, TaskState::HandedOver, TaskState::PendingOnDevice];
    let is_final = |job: &JobProgress| !open.iter().any(|state| state.name() == job.status);
    !jobs.is_empty() && jobs.iter().all(is_final)
}

impl Drop for SenderHandle {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct SenderWorker {
    client: SicsClient,
    instance: InstanceName,
    /// What to print for whoever wants to approve; nobody can where the bus ends at once.
    commands: Option<PasteCommands>,
    line_sender: mpsc::Sender<String>,
    job_states: watch::Sender<Vec<JobProgress>>,
    /// Names of the devices.
    names: HashMap<DeviceId, String>,
    /// Actions by the ids of their jobs.
    jobs: HashMap<String, ActionKind>,
}

impl SenderWorker {
    fn push_line(&self, text: String) {
        // Whoever does not look misses it.
        let _ = self.line_sender.try_send(format!("{ID}: {text}"));
    }

    async fn send_jobs(&mut self) -> Result<(), CommandFailure> {
        while find_first_scan(&self.client, &self.instance).await?.is_none() {
            tokio::time::sleep(LOOK).await;
        }
        let company_filter =
            |system: &str| format!("operatingSystem == \"{system}\" && managedDeviceOwnerType == \"company\"");
        let laptops = self.fetch_devices(&company_filter("Windows"), WIPED + 1).await?;
        let phones = self.fetch_devices(&company_filter("iOS"), 2).await?;
        let mut message = Map::new();
        message.insert("notificationTitle".to_owned(), "Maintenance tonight".into());
        message.insert("notificationBody".to_owned(), "Please leave it on.".into());
        let synchronised = laptops.get(WIPED..).unwrap_or_default();
        self.send_job(ActionKind::Sync, synchronised, Map::new(), "").await?;
        let notified = phones.get(..1).unwrap_or_default();
        self.send_job(ActionKind::Notify, notified, message, "").await?;
        let locked = phones.get(1..).unwrap_or_default();
        self.send_job(ActionKind::RemoteLock, locked, Map::new(), "lost")
            .await?;
        let wiped = &laptops[..laptops.len().min(WIPED)];
        self.send_job(ActionKind::Wipe, wiped, Map::new(), "left the company")
            .await?;
        self.read_results().await
    }

    async fn fetch_devices(&mut self, filter: &str, count: usize) -> Result<Vec<DeviceView>, CommandFailure> {
        let query = DevicesQuery {
            instance: Some(self.instance.to_string()),
            filter: Some(filter.to_owned()),
            limit: Some(count),
            ..DevicesQuery::default()
        };
        let devices = self.client.list_devices(&query).await?.devices;
        for device in &devices {
            let name = DeviceFields::read(&device.device).device_name;
            self.names.insert(device.device_id, output::format_value(&name));
        }
        Ok(devices)
    }

    async fn send_job(
        &mut self,
        action: ActionKind,
        devices: &[DeviceView],
        parameters: Map<String, Value>,
        reason: &str,
    ) -> Result<(), CommandFailure> {
        if devices.is_empty() {
            return Ok(());
        }
        let pinned = |device: &DeviceView| JobTargetBody {
            seq: Some(device.seq),
            ..JobTargetBody::from_id(device.device_id)
        };
        let id = format!("demo-{action}");
        let job = JobBody {
            id: Some(id.clone()),
            instance: Some(self.instance.clone()),
            action: Some(action),
            devices: devices.iter().map(pinned).collect(),
            expect_devices: Some(devices.len() as u64),
            confirm: Some(action.name().to_owned()),
            parameters: GivenParameters(parameters),
            reason: Some(reason.to_owned()),
            ..JobBody::default()
        };
        let receipt = self.client.send_job(ID, &job).await?;
        let devices = format_count(devices.len() as u64, "device");
        if receipt.needs_approval {
            self.push_line(format!(
                "sent {action} to {devices}; it waits until somebody else approves it"
            ));
            if let Some(commands) = &self.commands {
                let job = output::format_value(&receipt.job);
                let command = commands.format_command(&format!("jobs approve {job} --approver demo"));
                let _ = self.line_sender.try_send(command);
            }
        } else {
            self.push_line(format!("sent {action} to {devices}"));
        }
        self.jobs.insert(id, action);
        let state = receipt.states.keys().next().copied().unwrap_or(TaskState::Accepted);
        self.job_states.send_modify(|job_states| {
            job_states.push(JobProgress {
                name: action.name().to_owned(),
                status: state.name().to_owned(),
            });
        });
        Ok(())
    }

    /// For ever: a job that is approved later is told as well.
    async fn read_results(&self) -> Result<(), CommandFailure> {
        let query = ResultsQuery {
            wait_ms: Some(WAIT_MS),
            ..ResultsQuery::default()
        };
        loop {
            let page = self.client.read_results(ID, &query).await?;
            for result in &page.results {
                self.apply_result(result);
            }
            if let Some(position) = page.position {
                self.client
                    .acknowledge_results(ID, &AckResultsBody { position })
                    .await?;
            }
        }
    }

    fn apply_result(&self, result: &ResultView) {
        let Some(action) = self.jobs.get(&result.job) else {
            return;
        };
        let state = result.state.name();
        self.job_states.send_modify(|job_states| {
            for job in job_states.iter_mut().filter(|job| job.name == action.name()) {
                job.status = state.to_owned();
            }
        });
        if result.state == TaskState::Accepted {
            return;
        }
        let name = self.names.get(&result.device_id).map_or("a device", String::as_str);
        let name = output::to_printable(name, WIDTHS.0);
        self.push_line(format!("{action} on {name}: {state}"));
        for line in fold_text(result.explanation().unwrap_or_default(), WIDTHS.1) {
            let _ = self.line_sender.try_send(format!("    {line}"));
        }
    }
}
