//! What the worker of one target, its previews and its reverts share.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::{Mutex, MutexGuard, Notify};

use super::failpoints::TargetFailpoints;
use super::request_pace::RequestPace;
use super::target_adapter::TargetAdapter;
use crate::config::TargetSettings;
use crate::contract::TargetKind;
use crate::model::{InstanceId, InstanceName, ServerId};
use crate::observe::{Clock, Metrics};
use crate::store::{Store, StoreError};

/// `Clone` shares everything.
#[derive(Clone)]
pub struct TargetContext {
    pub store: Store,
    pub cursor_key: [u8; 32],
    pub adapter: Arc<dyn TargetAdapter>,
    pub kind: TargetKind,
    pub settings: Arc<TargetSettings>,
    /// Number of the installation.
    pub target: InstanceId,
    pub name: InstanceName,
    /// The management server that it is.
    pub server: ServerId,
    pub clock: Clock,
    pub metrics: Metrics,
    pub failpoints: TargetFailpoints,
    pub signals: TargetSignals,
}

/// By which others reach a worker that waits. `Clone` shares everything.
#[derive(Clone)]
pub struct TargetSignals {
    shared: Arc<SharedSignals>,
}

struct SharedSignals {
    wake: Notify,
    /// Held by whoever writes into the other side.
    writing: Mutex<()>,
    /// Somebody wants to put a run back: the worker makes room between two batches.
    reverts: AtomicUsize,
    pace: RequestPace,
}

impl Default for TargetSignals {
    fn default() -> Self {
        TargetSignals::with_pace(RequestPace::default())
    }
}

impl TargetSignals {
    /// With the pace that the adapter asks, so that its requests are counted.
    pub fn with_pace(pace: RequestPace) -> TargetSignals {
        TargetSignals {
            shared: Arc::new(SharedSignals {
                wake: Notify::new(),
                writing: Mutex::new(()),
                reverts: AtomicUsize::new(0),
                pace,
            }),
        }
    }

    /// Somebody has agreed, decided, changed the mapping, or wants a device again: the worker looks at once.
    pub fn wake_worker(&self) {
        self.shared.wake.notify_one();
    }

    pub(super) async fn wait_for_wake(&self) {
        self.shared.wake.notified().await;
    }

    /// Worker and reverts write one after the other.
    pub(super) async fn lock_writing(&self) -> MutexGuard<'_, ()> {
        self.shared.writing.lock().await
    }

    /// Until what is answered is dropped, the worker begins nothing.
    pub(super) fn begin_revert(&self) -> RevertTurn {
        self.shared.reverts.fetch_add(1, Ordering::SeqCst);
        RevertTurn(Arc::clone(&self.shared))
    }

    pub(super) fn is_revert_waiting(&self) -> bool {
        self.shared.reverts.load(Ordering::SeqCst) > 0
    }

    pub(super) fn pace(&self) -> &RequestPace {
        &self.shared.pace
    }
}

/// Held by who puts a run back.
pub(super) struct RevertTurn(Arc<SharedSignals>);

impl Drop for RevertTurn {
    fn drop(&mut self) {
        self.0.reverts.fetch_sub(1, Ordering::SeqCst);
    }
}

impl std::fmt::Debug for TargetSignals {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TargetSignals")
    }
}

/// Why the worker of a target ended by itself; the supervisor starts it again.
#[derive(Debug, thiserror::Error)]
pub enum TargetFailure {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the management server {0} of this target does not exist")]
    ServerMissing(ServerId),
}

impl TargetFailure {
    /// Stable, for machines.
    pub fn code(&self) -> &'static str {
        match self {
            TargetFailure::Store(error) => error.code(),
            TargetFailure::ServerMissing(_) => "serverMissing",
        }
    }

    pub fn advice(&self) -> String {
        match self {
            TargetFailure::Store(_) => "check the disk of the data folder: intune-connector doctor".to_owned(),
            TargetFailure::ServerMissing(server) => {
                format!("start the target again, which registers it: intune-connector instances start {server}")
            }
        }
    }
}
