//! Answers that are held back until somebody lets them go: a test waits until a request is held, does what it came for
//! (kills the client, say), and then decides what becomes of the request. It may be held before it is carried out, or
//! after. Whoever sent it may be dead by then; it is carried out all the same, as a request is that has left the
//! machine.

use std::sync::Mutex;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use tokio::sync::{oneshot, watch};

use crate::state::lock;

/// Held at once; what comes on top is not held.
const MAX_HELD: usize = 1000;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Stage {
    /// Nothing has happened yet.
    Before,
    /// It took effect, and only the answer is missing.
    After,
}

/// What becomes of a request that was held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Release {
    /// It goes on where it stopped.
    Go,
    /// The connection is reset; held before, it never takes effect.
    Reset,
}

/// A request that is held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Held {
    pub id: u64,
    pub stage: Stage,
    pub method: String,
    pub path: String,
    pub request_id: String,
    pub since: DateTime<Utc>,
}

#[derive(Debug, Default)]
pub struct Holds {
    inner: Mutex<Inner>,
    changed: watch::Sender<()>,
}

#[derive(Debug, Default)]
struct Inner {
    next_id: u64,
    held: Vec<(Held, oneshot::Sender<Release>)>,
}

impl Holds {
    /// Takes a request in; its id is given here. The receiver tells when it may go, and how.
    pub fn enter(&self, mut held: Held) -> Option<oneshot::Receiver<Release>> {
        let (sender, receiver) = oneshot::channel();
        let mut inner = lock(&self.inner);
        if inner.held.len() >= MAX_HELD {
            return None;
        }
        inner.next_id += 1;
        held.id = inner.next_id;
        inner.held.push((held, sender));
        drop(inner);
        self.changed.send_replace(());
        Some(receiver)
    }

    /// Oldest first.
    pub fn list(&self) -> Vec<Held> {
        lock(&self.inner).held.iter().map(|(held, _)| held.clone()).collect()
    }

    /// Waits until at least so many are held, or the time is over.
    pub async fn wait(&self, count: usize, limit: Duration) -> Vec<Held> {
        let mut changes = self.changed.subscribe();
        let enough = async {
            while lock(&self.inner).held.len() < count {
                if changes.changed().await.is_err() {
                    return;
                }
            }
        };
        // Whoever waited in vain sees it in the list.
        let _ = tokio::time::timeout(limit, enough).await;
        self.list()
    }

    /// Lets one go, or all; how many those were.
    pub fn release(&self, id: Option<u64>, how: Release) -> usize {
        let mut inner = lock(&self.inner);
        let (gone, kept) = std::mem::take(&mut inner.held)
            .into_iter()
            .partition::<Vec<_>, _>(|(held, _)| id.is_none_or(|id| id == held.id));
        inner.held = kept;
        drop(inner);
        let count = gone.len();
        for (_, sender) in gone {
            // Nobody waits where the simulator itself is going down.
            let _ = sender.send(how);
        }
        count
    }
}
