//! One management server of the demonstration: it reads over HTTP and keeps its view in memory.

use std::collections::VecDeque;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::stage::Stage;
use crate::cli::failure::Failure;
use crate::cli::follow::{Effect, ManagementServer, Reader, ReaderError};
use crate::cli::out;
use crate::model::{Change, ServerId};

/// Changes in one batch.
const LIMIT: usize = 500;
/// Changes kept to be shown.
const RECENT: usize = 8;
/// Before an unaccepted server asks again.
const LOOK: Duration = Duration::from_millis(500);

/// How far one server is.
#[derive(Debug, Clone, Default)]
pub struct Counts {
    /// Changes told, marks left out.
    pub received: u64,
    /// Devices held and acknowledged.
    pub acknowledged: u64,
    pub added: u64,
    pub changed: u64,
    pub gone: u64,
    /// The snapshot was told to its end, and everything told is acknowledged.
    pub whole: bool,
    /// The newest changes with their number, for people.
    pub recent: VecDeque<(u64, String)>,
}

pub struct Follower {
    pub id: String,
    counts: watch::Receiver<Counts>,
    task: Option<JoinHandle<Failure>>,
}

impl Follower {
    /// Announces it, has it accepted, and lets it read.
    pub async fn start(stage: &Stage, number: u32) -> Result<Follower, Failure> {
        let id = format!("server-{number}");
        let name: ServerId = id
            .parse()
            .map_err(|error: crate::model::InvalidId| Failure::failed(error.to_string(), ""))?;
        let reader = Reader::new(
            stage.admit(&id, &["Changes_Read", "Servers_Announce"]).await?,
            name,
            LIMIT,
        );
        reader
            .announce(&format!("Management server {number}"), json!({ "changes": true }))
            .await?;
        stage.accept(&id).await?;
        let (tell, counts) = watch::channel(Counts::default());
        Ok(Follower {
            id,
            counts,
            task: Some(tokio::spawn(follow(reader, tell))),
        })
    }

    pub fn counts(&self) -> Counts {
        self.counts.borrow().clone()
    }

    /// Fails with what ended the reader, if it has ended.
    pub async fn still_well(&mut self) -> Result<(), Failure> {
        if let Some(task) = self.task.take_if(|task| task.is_finished()) {
            let why = task
                .await
                .unwrap_or_else(|error| Failure::failed(error.to_string(), ""));
            return Err(Failure {
                what: format!("{} has stopped: {}", self.id, why.what),
                ..why
            });
        }
        Ok(())
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}

/// Reads until something does not pass by itself.
async fn follow(mut reader: Reader, tell: watch::Sender<Counts>) -> Failure {
    let mut view: ManagementServer = ManagementServer::default();
    let mut counts = Counts::default();
    let mut snapshot_ended = false;
    loop {
        let read = async {
            let batch = reader.next().await?;
            for change in &batch.changes {
                for effect in view.apply(change) {
                    count(&mut counts, change, &effect);
                    snapshot_ended |= effect == Effect::SnapshotEnded;
                }
            }
            reader.acknowledge(&batch).await?;
            Ok::<bool, ReaderError>(batch.more)
        };
        match read.await {
            Ok(more) => {
                counts.acknowledged = view.len() as u64;
                counts.whole = snapshot_ended && !more && !view.snapshot_open();
                tell.send_replace(counts.clone());
            }
            Err(ReaderError::Later(_, pause)) => tokio::time::sleep(pause).await,
            Err(ReaderError::NotAccepted(_)) => tokio::time::sleep(LOOK).await,
            Err(ReaderError::Final(failure)) => return failure,
        }
    }
}

fn count(counts: &mut Counts, change: &Change, effect: &Effect) {
    let (number, sign) = match effect {
        Effect::Added(_) => (&mut counts.added, '+'),
        Effect::Changed(_) => (&mut counts.changed, '~'),
        Effect::Gone(..) => (&mut counts.gone, '-'),
        _ => return,
    };
    *number += 1;
    counts.received += 1;
    if counts.recent.len() == RECENT {
        counts.recent.pop_front();
    }
    counts
        .recent
        .push_back((counts.received, format!("{sign} {}", about(change))));
}

fn about(change: &Change) -> String {
    let body = change
        .device
        .as_deref()
        .and_then(|raw| serde_json::from_str::<Value>(raw.get()).ok());
    let Some(body) = body else {
        return change.device_id.map(|id| id.to_string()).unwrap_or_default();
    };
    let field = |name: &str, width: usize| out::printable(body[name].as_str().unwrap_or("-"), width);
    format!(
        "{}  {}  {}",
        field("deviceName", 30),
        field("operatingSystem", 12),
        field("userPrincipalName", 40)
    )
}
