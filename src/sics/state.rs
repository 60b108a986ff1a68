//! What all handlers share.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::http::StatusCode;
use serde_json::Value;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use super::auth::password::PasswordError;
use super::auth::{Auth, Caller};
use super::engine::Engine;
use super::install::Installing;
use super::limits::Limits;
use super::problem::Problem;
use crate::actions::job::Desk;
use crate::config::Folder;
use crate::model::{InstanceName, ServerId, Timestamp};
use crate::observe::{Clock, Metrics};
use crate::store::{AsSeen, AuditEntry, InstanceRow, OperatorRow, ServerRow, Store};

/// What the API is made of.
pub struct Parts {
    pub store: Store,
    pub engine: Arc<dyn Engine>,
    pub clock: Clock,
    pub limits: Limits,
    /// Seals cursors, so that only what this bus has handed out is taken back (F3).
    pub cursor_key: [u8; 32],
    /// New management servers are accepted as soon as they announce themselves (F7).
    pub auto_accept: bool,
    pub metrics: Metrics,
    /// Its key seals the secrets of jobs.
    pub folder: Arc<Folder>,
    /// How products are installed.
    pub installing: Installing,
}

#[derive(Debug, thiserror::Error)]
#[error("failed to make the API ready: {0}")]
pub struct SicsError(#[from] PasswordError);

/// Shared by all requests; cheap to clone.
#[derive(Clone)]
pub struct Sics {
    inner: Arc<Inner>,
}

struct Inner {
    parts: Parts,
    auth: Auth,
    desk: Desk,
    closing: watch::Sender<bool>,
    /// Waiting readers, per server.
    waiting: Mutex<HashMap<ServerId, Arc<Semaphore>>>,
    searches: Arc<Semaphore>,
    /// Dry runs of scans.
    previews: Arc<Semaphore>,
    /// Checks of wizards.
    acts: Arc<Semaphore>,
    /// When the store was last told that a server was here.
    seen: Mutex<HashMap<ServerId, Timestamp>>,
    readiness: super::health::Remembered,
}

/// The store is told at most so often that a server was here; it is a commit each time.
const SEEN_EVERY_S: i64 = 60;
/// Checks of wizards that run at the same time.
const ACTS: usize = 4;

impl Sics {
    /// Makes a password hash on the way: some tens of milliseconds.
    pub fn new(parts: Parts) -> Result<Self, SicsError> {
        let auth = Auth::new(
            parts.store.clone(),
            parts.clock.clone(),
            parts.metrics.clone(),
            &parts.limits.login,
        )?;
        Ok(Sics {
            inner: Arc::new(Inner {
                auth,
                desk: Desk {
                    store: parts.store.clone(),
                    folder: parts.folder.clone(),
                    clock: parts.clock.clone(),
                },
                closing: watch::Sender::new(false),
                waiting: Mutex::default(),
                searches: Arc::new(Semaphore::new(parts.limits.device_searches)),
                previews: Arc::new(Semaphore::new(parts.limits.previews)),
                acts: Arc::new(Semaphore::new(ACTS)),
                seen: Mutex::default(),
                readiness: super::health::Remembered::default(),
                parts,
            }),
        })
    }

    /// The whole API, for [`super::serve`].
    pub fn router(&self) -> axum::Router {
        super::table::router(self)
    }

    /// `/metrics` without sign-in, for an address of its own (`metrics_listen`).
    pub fn metrics_router(&self) -> axum::Router {
        super::health::metrics_router(self)
    }

    pub(super) fn store(&self) -> &Store {
        &self.inner.parts.store
    }

    pub(super) fn engine(&self) -> &dyn Engine {
        self.inner.parts.engine.as_ref()
    }

    pub(super) fn auth(&self) -> &Auth {
        &self.inner.auth
    }

    pub(super) fn installing(&self) -> &Installing {
        &self.inner.parts.installing
    }

    /// Where jobs are handed in.
    pub(super) fn desk(&self) -> &Desk {
        &self.inner.desk
    }

    pub(super) fn limits(&self) -> &Limits {
        &self.inner.parts.limits
    }

    pub(super) fn cursor_key(&self) -> &[u8; 32] {
        &self.inner.parts.cursor_key
    }

    pub(super) fn auto_accept(&self) -> bool {
        self.inner.parts.auto_accept
    }

    pub(super) fn now(&self) -> Timestamp {
        self.inner.parts.clock.now()
    }

    pub(super) fn metrics(&self) -> &Metrics {
        &self.inner.parts.metrics
    }

    pub(super) fn readiness(&self) -> &super::health::Remembered {
        &self.inner.readiness
    }

    /// True from the moment the bus is asked to stop: whoever waits answers what he has.
    pub(super) fn closing(&self) -> watch::Receiver<bool> {
        self.inner.closing.subscribe()
    }

    pub(super) fn close(&self) {
        self.inner.closing.send_replace(true);
    }

    /// For whatever is judged by accounts and roles: the caller as they are now, and how the accounts stand. What else is
    /// judged has to be read behind this, and written through `store().judged_by(seen)`, which writes nothing where an
    /// account or a role has changed meanwhile (A10).
    pub(super) async fn judging(&self, caller: Caller) -> Result<(Caller, AsSeen), Problem> {
        let seen = self.store().accounts_as_seen().await?;
        let operator = Arc::new(self.auth().still(&caller).await?);
        Ok((Caller { operator, ..caller }, seen))
    }

    /// The instance of this name, if the caller's scope reaches it and it was not removed.
    pub(super) async fn instance(&self, caller: &Caller, name: &InstanceName) -> Result<InstanceRow, Problem> {
        if !caller.reaches_instance(name) {
            return Err(super::guard::out_of_scope(caller));
        }
        let rows = self.store().instances().await?;
        rows.into_iter()
            .find(|row| row.name == *name && row.removed_at.is_none())
            .ok_or_else(|| Problem::unknown("instance", name))
    }

    /// All instances that the caller's scope reaches, removed ones left out.
    pub(super) async fn instances(&self, caller: &Caller) -> Result<Vec<InstanceRow>, Problem> {
        let mut rows = self.store().instances().await?;
        rows.retain(|row| row.removed_at.is_none() && caller.reaches_instance(&row.name));
        Ok(rows)
    }

    /// The instances whose changes a server receives (F7).
    pub(super) async fn visible(&self, server: &ServerRow, owner: &OperatorRow) -> Result<Vec<InstanceRow>, Problem> {
        let mut rows = self.store().instances().await?;
        rows.retain(|row| crate::inventory::audience::receives(server, owner, row));
        Ok(rows)
    }

    /// A place among those of this server who wait.
    pub(super) fn wait_place(&self, server: &ServerId) -> Result<OwnedSemaphorePermit, Problem> {
        let mut waiting = self.inner.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let most = self.limits().waiting_per_server;
        waiting.retain(|_, places| places.available_permits() < most);
        let places = waiting
            .entry(server.clone())
            .or_insert_with(|| Arc::new(Semaphore::new(most)));
        places.clone().try_acquire_owned().map_err(|_| {
            Problem::new(
                StatusCode::TOO_MANY_REQUESTS,
                "tooManyReaders",
                format!("{most} readers of server {server} wait already"),
                "One reader per management server is enough; end the others.",
            )
            .retry_after(5)
        })
    }

    /// A place among those who look at whole fleets.
    pub(super) async fn search_place(&self) -> Result<OwnedSemaphorePermit, Problem> {
        let place = self.inner.searches.clone().acquire_owned().await;
        place.map_err(|error| Problem::internal("searchClosed", &error))
    }

    /// A place for a scan that keeps nothing.
    pub(super) fn preview_place(&self) -> Result<OwnedSemaphorePermit, Problem> {
        self.inner.previews.clone().try_acquire_owned().map_err(|_| {
            Problem::new(
                StatusCode::TOO_MANY_REQUESTS,
                "tooManyDryRuns",
                "a dry run is under way already",
                "Wait for its end: each reads a whole tenant.",
            )
            .retry_after(30)
        })
    }

    /// A place for a check of a wizard.
    pub(super) fn act_place(&self) -> Result<OwnedSemaphorePermit, Problem> {
        self.inner.acts.clone().try_acquire_owned().map_err(|_| {
            Problem::new(
                StatusCode::TOO_MANY_REQUESTS,
                "tooManyChecks",
                format!("{ACTS} checks are under way already"),
                "Wait for the end of one.",
            )
            .retry_after(10)
        })
    }

    pub(super) async fn seen(&self, server: &ServerId) {
        let now = self.now();
        let due = {
            let mut seen = self.inner.seen.lock().unwrap_or_else(PoisonError::into_inner);
            let before = seen.get(server);
            let due = before.is_none_or(|before| (now - *before).num_seconds().abs() >= SEEN_EVERY_S);
            if due {
                seen.insert(server.clone(), now);
            }
            due
        };
        if due && let Err(error) = self.store().server_seen(server.clone()).await {
            tracing::warn!(server = %server, error = %error, "failed to note that a server was here");
        }
    }

    /// What was done stays done, so a trail that can't be written is told in the log, not to the caller.
    pub(super) async fn audit(&self, caller: &Caller, action: &'static str, subject: impl ToString, detail: Value) {
        let entry = AuditEntry {
            actor: caller.name().to_owned(),
            action,
            subject: subject.to_string(),
            detail,
        };
        tracing::info!(operator = entry.actor, action, subject = entry.subject, "done");
        if let Err(error) = self.store().audit(entry).await {
            tracing::error!(action, error = %error, "failed to write the audit trail");
        }
    }
}
