//! What all handlers share.

mod permits;

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::future::BoxFuture;
use serde_json::{Value, json};
use tokio::sync::{Semaphore, watch};

use super::acts_under_way::ActsUnderWay;
use super::api_limits::SicsLimits;
use super::auth::password::PasswordError;
use super::auth::{Authenticator, Caller};
use super::denial_trail::DenialTrail;
use super::denials::DenialCause;
use super::devices::DeviceListing;
use super::engine::InstanceEngine;
use super::install::InstallContext;
use super::orders::TargetChecks;
use super::overview::OverviewState;
use super::problem::ApiProblem;
use super::readiness_cache::ReadinessCache;
use super::sessions::SetupDoor;
use super::targets::TargetLooks;
use super::unjudged_cache::UnjudgedCache;
use crate::actions::job::{FreshDevices, JobIntake};
use crate::config::{DataFolder, SecretKey};
use crate::inventory::audience::is_in_audience;
use crate::inventory::feed::FeedVisibility;
use crate::model::{DeviceId, InstanceName, OperatorId, ServerId, Timestamp};
use crate::observe::{Clock, Metrics};
use crate::store::{OperatorRow, ServerRow, Store};
pub(crate) use permits::WaitPermit;

/// What the API is made of.
pub struct SicsParts {
    pub store: Store,
    pub engine: Arc<dyn InstanceEngine>,
    pub clock: Clock,
    pub limits: SicsLimits,
    /// Seals cursors, so that only what this bus has handed out is taken back (F3).
    pub cursor_key: [u8; 32],
    /// New management servers are accepted as soon as they announce themselves (F7).
    pub auto_accept: bool,
    pub metrics: Metrics,
    /// Its key seals the secrets of jobs.
    pub folder: Arc<DataFolder>,
    /// How products are installed.
    pub install_context: InstallContext,
}

#[derive(Debug, thiserror::Error)]
#[error("failed to prepare the API: {0}")]
pub struct SicsError(#[from] PasswordError);

/// Shared by all requests; cheap to clone.
#[derive(Clone)]
pub struct Sics {
    inner: Arc<SicsState>,
}

struct SicsState {
    parts: SicsParts,
    auth: Authenticator,
    job_intake: JobIntake,
    shutdown: watch::Sender<bool>,
    acts_under_way: ActsUnderWay,
    /// Waiting readers, per server.
    server_wait_permits: Mutex<HashMap<ServerId, Arc<Semaphore>>>,
    /// The same, per account that reads.
    account_wait_permits: Mutex<HashMap<OperatorId, Arc<Semaphore>>>,
    search_permits: Arc<Semaphore>,
    device_listing: DeviceListing,
    /// Dry runs of scans.
    preview_permits: Arc<Semaphore>,
    /// Checks of wizards.
    check_permits: Arc<Semaphore>,
    backup_permits: Arc<Semaphore>,
    evidence_permits: Arc<Semaphore>,
    /// Readers of the log as it is written.
    log_permits: Arc<Semaphore>,
    /// When the store was last told that a server was connected.
    servers_seen_at: Mutex<HashMap<ServerId, Timestamp>>,
    readiness: ReadinessCache,
    /// Jobs that the guard refused.
    job_denials: Arc<DenialTrail>,
    unjudged: UnjudgedCache,
    setup_door: SetupDoor,
    overview: OverviewState,
    /// Looks at tenants before orders are taken.
    target_checks: TargetChecks,
    /// Looks at the other sides of targets.
    target_looks: TargetLooks,
}

/// Dry runs ask the instance that runs.
struct FreshDevicesByEngine(Arc<dyn InstanceEngine>);

impl FreshDevices for FreshDevicesByEngine {
    fn read_fresh_devices(
        &self,
        instance: InstanceName,
        ids: Vec<DeviceId>,
    ) -> BoxFuture<'_, HashMap<DeviceId, Option<Value>>> {
        self.0.read_devices(instance, ids)
    }
}

/// The store is told at most this often that a server was connected; it is a commit each time.
const SEEN_EVERY_S: i64 = 60;
/// Checks of wizards that run at the same time.
const ACTS: usize = 4;
/// Backups that are sent at the same time: each needs the room of a whole store on the disk.
const BACKUPS: usize = 2;

/// Evidence that is made or sent at the same time: each lies on the disk meanwhile.
const EVIDENCE_FILES: usize = 2;

/// Streams of the log at the same time: each holds some of its lines.
const LOG_STREAMS: usize = 16;

impl Sics {
    /// Makes a password hash on the way: some tens of milliseconds.
    pub fn new(parts: SicsParts) -> Result<Self, SicsError> {
        let auth = Authenticator::new(
            parts.store.clone(),
            parts.clock.clone(),
            parts.metrics.clone(),
            &parts.limits.login,
            parts.folder.secret_key().clone(),
        )?;
        Ok(Sics {
            inner: Arc::new(SicsState {
                auth,
                job_intake: JobIntake {
                    store: parts.store.clone(),
                    folder: parts.folder.clone(),
                    clock: parts.clock.clone(),
                    fresh_devices: Some(Arc::new(FreshDevicesByEngine(parts.engine.clone()))),
                },
                shutdown: watch::Sender::new(false),
                acts_under_way: ActsUnderWay::default(),
                server_wait_permits: Mutex::default(),
                search_permits: Arc::new(Semaphore::new(parts.limits.concurrent_searches)),
                device_listing: DeviceListing::new(&parts.limits, parts.folder.path()),
                preview_permits: Arc::new(Semaphore::new(parts.limits.concurrent_previews)),
                unjudged: UnjudgedCache::default(),
                setup_door: SetupDoor::default(),
                overview: OverviewState::default(),
                target_checks: TargetChecks::default(),
                target_looks: TargetLooks::default(),
                check_permits: Arc::new(Semaphore::new(ACTS)),
                backup_permits: Arc::new(Semaphore::new(BACKUPS)),
                evidence_permits: Arc::new(Semaphore::new(EVIDENCE_FILES)),
                log_permits: Arc::new(Semaphore::new(LOG_STREAMS)),
                servers_seen_at: Mutex::default(),
                readiness: ReadinessCache::default(),
                job_denials: DenialTrail::new(
                    parts.store.clone(),
                    parts.clock.clone(),
                    parts.limits.login.denial_bounds,
                ),
                account_wait_permits: Mutex::default(),
                parts,
            }),
        })
    }

    pub(super) fn store(&self) -> &Store {
        &self.inner.parts.store
    }

    pub(super) fn engine(&self) -> &dyn InstanceEngine {
        self.inner.parts.engine.as_ref()
    }

    pub(super) fn auth(&self) -> &Authenticator {
        &self.inner.auth
    }

    pub(super) fn install_context(&self) -> &InstallContext {
        &self.inner.parts.install_context
    }

    /// Where jobs are handed in.
    pub(super) fn job_intake(&self) -> &JobIntake {
        &self.inner.job_intake
    }

    pub(super) fn limits(&self) -> &SicsLimits {
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

    pub(super) fn readiness(&self) -> &ReadinessCache {
        &self.inner.readiness
    }

    /// True from the moment the bus is asked to stop: whoever waits answers what they have.
    pub(super) fn watch_shutdown(&self) -> watch::Receiver<bool> {
        self.inner.shutdown.subscribe()
    }

    pub(super) fn begin_shutdown(&self) {
        self.inner.shutdown.send_replace(true);
    }

    pub(super) fn acts_under_way(&self) -> &ActsUnderWay {
        &self.inner.acts_under_way
    }

    /// For every operation that changes something: the caller as they are now, and how the accounts stand. What else is
    /// judged is read behind this, and written through [`Sics::store_for_caller`].
    pub(super) async fn refresh_caller(&self, caller: Caller) -> Result<Caller, ApiProblem> {
        let seen = self.store().accounts_version().await?;
        let operator = Arc::new(self.auth().revalidate_account(&caller).await?);
        Ok(Caller {
            operator,
            accounts_version: seen,
            ..caller
        })
    }

    /// The store for what was judged by the rights of the caller: nothing is written where an account or a role has
    /// changed since the operation was let through (A10).
    pub(super) fn store_for_caller(&self, caller: &Caller) -> Store {
        self.store().with_accounts_version(caller.accounts_version)
    }

    /// The instances whose changes a server receives (F7). `reader`: its account, as far as the token in use reaches.
    pub(super) async fn feed_visibility(
        &self,
        server: &ServerRow,
        reader: &OperatorRow,
    ) -> Result<FeedVisibility, ApiProblem> {
        let rows = self.store().list_instances().await?;
        let (visible, others): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| is_in_audience(server, reader, row));
        if reader.has_right_for_all_instances("Changes_Read") {
            let apart = BTreeSet::new();
            return Ok(FeedVisibility { visible, hidden: apart });
        }
        let account = self.store().load_operator(reader.id).await?;
        let apart = others.iter().filter(|row| is_in_audience(server, &account, row));
        Ok(FeedVisibility {
            hidden: apart.map(|row| row.id).collect(),
            visible,
        })
    }

    pub(super) fn device_listing(&self) -> &DeviceListing {
        &self.inner.device_listing
    }

    pub(super) fn overview(&self) -> &OverviewState {
        &self.inner.overview
    }

    pub(super) fn target_checks(&self) -> &TargetChecks {
        &self.inner.target_checks
    }

    pub(super) fn target_looks(&self) -> &TargetLooks {
        &self.inner.target_looks
    }

    pub(super) fn unjudged(&self) -> &UnjudgedCache {
        &self.inner.unjudged
    }

    pub(super) fn setup_door(&self) -> &SetupDoor {
        &self.inner.setup_door
    }

    /// The folder of the daily logs.
    pub(super) fn log_folder(&self) -> std::path::PathBuf {
        self.inner.parts.folder.log_folder()
    }

    /// Seals what is kept.
    pub(super) fn secret_key(&self) -> &SecretKey {
        self.inner.parts.folder.secret_key()
    }

    /// The data folder with its settings and its key.
    pub(super) fn folder(&self) -> &DataFolder {
        &self.inner.parts.folder
    }

    /// The data folder.
    pub(super) fn data_folder(&self) -> &std::path::Path {
        self.inner.parts.folder.path()
    }

    pub(super) async fn record_server_seen(&self, server: &ServerId) {
        let now = self.now();
        let due = {
            let mut seen = self
                .inner
                .servers_seen_at
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            let before = seen.get(server);
            let due = before.is_none_or(|before| (now - *before).num_seconds().abs() >= SEEN_EVERY_S);
            if due {
                seen.insert(server.clone(), now);
            }
            due
        };
        if due && let Err(error) = self.store().record_server_seen(server.clone()).await {
            tracing::warn!(server = %server, error = %error, "failed to record that a server was connected");
        }
    }

    /// A rule refused a job: its first row of a minute is there afterwards, the others are counted.
    pub(super) async fn record_job_denial(&self, caller: &Caller, source: String, rule: &str) {
        let denial = DenialCause {
            action: "job.refused",
            account: Some(caller.name().to_owned()),
            subject: source,
            reason: rule.to_owned(),
        };
        self.inner.job_denials.record_denial(denial, json!({ "rule": rule }));
        self.inner.job_denials.write_pending().await;
    }

    /// Writes what was counted of refusals: where its minute is over, or `all` of it.
    pub(super) async fn flush_denials(&self, all: bool) {
        self.auth().flush_denials(all).await;
        self.inner.job_denials.flush_counts(all).await;
    }
}
