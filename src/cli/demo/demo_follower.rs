//! One management server of the demonstration: it reads over HTTP and keeps its view in memory.

use std::collections::VecDeque;
use std::time::Duration;

use serde::Deserialize;
use serde_json::json;
use serde_json::value::RawValue;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::environment::DemoEnvironment;
use crate::cli::failure::CommandFailure;
use crate::cli::follow::{ChangeEffect, FeedClient, FeedClientError, FleetReplica};
use crate::cli::output;
use crate::model::{FeedChange, ServerId};

/// Changes in one batch.
const LIMIT: usize = 500;
/// Changes kept to be shown.
const RECENT: usize = 8;
/// Before an unaccepted server asks again.
const LOOK: Duration = Duration::from_millis(500);

/// How far one server is.
#[derive(Debug, Clone, Default)]
pub(crate) struct FollowerCounts {
    /// Changes told, marks left out.
    pub received: u64,
    /// Devices held and acknowledged.
    pub acknowledged: u64,
    pub added: u64,
    pub changed: u64,
    pub gone: u64,
    /// The snapshot was told to its end, and everything told is acknowledged.
    pub complete: bool,
    /// The newest changes with their number, for people.
    pub recent: VecDeque<(u64, String)>,
}

pub(crate) struct DemoFollower {
    pub id: String,
    counts: watch::Receiver<FollowerCounts>,
    task: Option<JoinHandle<CommandFailure>>,
}

impl DemoFollower {
    /// Announces it, has it accepted, and lets it read.
    pub(crate) async fn start(environment: &DemoEnvironment, number: u32) -> Result<DemoFollower, CommandFailure> {
        let id = format!("server-{number}");
        let name: ServerId = id
            .parse()
            .map_err(|error: crate::model::InvalidId| CommandFailure::general_error(error.to_string(), ""))?;
        let reader = FeedClient::new(
            environment
                .create_server_operator(&id, &["Changes_Read", "Servers_Announce"])
                .await?,
            name,
            LIMIT,
        );
        reader
            .announce_server(&format!("Management server {number}"), json!({ "changes": true }))
            .await?;
        environment.accept_server(&id).await?;
        let (counts_sender, counts) = watch::channel(FollowerCounts::default());
        Ok(DemoFollower {
            id,
            counts,
            task: Some(tokio::spawn(follow_feed(reader, counts_sender))),
        })
    }

    /// Its counts from now on, for whoever waits for them.
    pub(crate) fn watch_counts(&self) -> watch::Receiver<FollowerCounts> {
        self.counts.clone()
    }

    pub(crate) fn counts(&self) -> FollowerCounts {
        self.counts.borrow().clone()
    }

    /// Fails with what ended the reader, if it has ended.
    pub(crate) async fn check_running(&mut self) -> Result<(), CommandFailure> {
        if let Some(task) = self.task.take_if(|task| task.is_finished()) {
            let why = task
                .await
                .unwrap_or_else(|error| CommandFailure::general_error(error.to_string(), ""));
            return Err(CommandFailure {
                message: format!("{} has stopped: {}", self.id, why.message),
                ..why
            });
        }
        Ok(())
    }
}

impl Drop for DemoFollower {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}

/// Reads until something does not pass by itself.
async fn follow_feed(mut reader: FeedClient, counts_sender: watch::Sender<FollowerCounts>) -> CommandFailure {
    let mut view: FleetReplica = FleetReplica::default();
    let mut counts = FollowerCounts::default();
    let mut snapshot_ended = false;
    loop {
        let read = async {
            let batch = reader.next().await?;
            for change in &batch.changes {
                for effect in view.apply_change(change) {
                    count_effect(&mut counts, change, &effect);
                    snapshot_ended |= effect == ChangeEffect::SnapshotEnded;
                }
            }
            reader.acknowledge_batch(&batch).await?;
            Ok::<bool, FeedClientError>(batch.more)
        };
        match read.await {
            Ok(more) => {
                counts.acknowledged = view.len() as u64;
                counts.complete = snapshot_ended && !more && !view.is_snapshot_open();
                counts_sender.send_replace(counts.clone());
            }
            Err(FeedClientError::Later(_, pause)) => tokio::time::sleep(pause).await,
            Err(FeedClientError::NotAccepted(_)) => tokio::time::sleep(LOOK).await,
            Err(FeedClientError::Final(failure)) => return failure,
        }
    }
}

fn count_effect(counts: &mut FollowerCounts, change: &FeedChange, effect: &ChangeEffect) {
    let (number, sign) = match effect {
        ChangeEffect::Added(_) => (&mut counts.added, '+'),
        ChangeEffect::Changed(_) => (&mut counts.changed, '~'),
        ChangeEffect::Gone(..) => (&mut counts.gone, '-'),
        _ => return,
    };
    *number += 1;
    counts.received += 1;
    if counts.recent.len() == RECENT {
        counts.recent.pop_front();
    }
    counts
        .recent
        .push_back((counts.received, format!("{sign} {}", describe_change(change))));
}

/// What is shown of a device.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct DeviceFields {
    pub device_name: Option<String>,
    operating_system: Option<String>,
    user_principal_name: Option<String>,
}

impl DeviceFields {
    /// What can't be read shows nothing.
    pub(super) fn read(device: &RawValue) -> DeviceFields {
        serde_json::from_str(device.get()).unwrap_or_default()
    }
}

fn describe_change(change: &FeedChange) -> String {
    let Some(device) = change.device.as_deref().map(DeviceFields::read) else {
        let id = change.device_id.map(|id| id.to_string());
        return format!("{}  gone", id.unwrap_or_default());
    };
    let cell = |field: Option<&str>, width: usize| output::to_printable(field.unwrap_or("-"), width);
    // All are of one domain.
    let user = device
        .user_principal_name
        .as_deref()
        .and_then(|name| name.split('@').next());
    format!(
        "{:<34}  {:<8}  {}",
        cell(device.device_name.as_deref(), 34),
        cell(device.operating_system.as_deref(), 8),
        cell(user, 28)
    )
}
