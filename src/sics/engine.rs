//! What the API needs of the instances that run behind it. The API holds no policy of theirs: it checks who asks, hands
//! the question on, and turns the answer into JSON. `app` implements this once for the running bus; tests have their own.

use std::collections::HashMap;
use std::fmt;

use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tokio::sync::mpsc;

use super::compliance::DecisionProvider;
use super::lifecycle::LifecycleControl;
use super::products::ProductCatalogue;
use crate::bus::CatalogueError;
use crate::inventory::deletion_brake::{BrakeError, ReleasedDeletions};
use crate::inventory::fleet_confirmation::FleetView;
use crate::model::{
    ConfirmableEffect, DeviceId, EffectConfirmation, InstanceName, RelaxationRequester, ScanId, ScanKind, ScanSummary,
    Timestamp,
};
use crate::store::{RejectedRecordRow, StoreError};
use crate::workflow::{ActivityRegistry, DueTimes};

pub type EngineFuture<'a, T> = BoxFuture<'a, Result<T, EngineError>>;

/// How much is shown of secrets that are set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShownSecrets {
    /// That they are set: for callers who may see the settings.
    Set,
    /// A few characters and the length of long ones, to tell two of them apart: for callers who may replace them.
    Shortened,
}

pub trait InstanceEngine: Send + Sync + 'static {
    /// Starts a scan before it is due, or reports the one that is already running (scans of one instance never
    /// overlap).
    fn start_scan(&self, instance: InstanceName, kind: ScanKind) -> EngineFuture<'_, ScanStarted>;

    /// Every instance that is installed, for people, `/readyz` and metrics.
    fn instance_statuses(&self) -> EngineFuture<'_, Vec<InstanceStatus>>;

    /// The settings as they stand, keys as in the file; never a secret (E1).
    fn instance_settings(&self, instance: InstanceName, secrets: ShownSecrets) -> EngineFuture<'_, Map<String, Value>>;

    /// `by`: who asks; they can't agree to what the settings loosen (A7).
    fn add_instance(&self, draft: DraftSettings, by: RelaxationRequester) -> EngineFuture<'_, InstanceName>;

    /// Changes only the keys given. A change that takes devices away from servers (audience, filter, fields, personal
    /// devices) returns [`EngineError::ConfirmationNeeded`] until `confirm` is what that showed (F7).
    fn change_instance(
        &self,
        instance: InstanceName,
        draft: DraftSettings,
        confirm: Option<EffectConfirmation>,
        by: RelaxationRequester,
    ) -> EngineFuture<'_, ()>;

    /// Returns how many devices were reported as gone; requires confirmation like a change (F7).
    fn remove_instance(&self, instance: InstanceName, confirm: Option<EffectConfirmation>) -> EngineFuture<'_, u64>;

    /// Releases the brake for exactly the devices shown ([`crate::inventory::deletion_brake`]); refused where the set has
    /// changed.
    fn confirm_gone(&self, instance: InstanceName, digest: String, count: u64) -> EngineFuture<'_, ReleasedDeletions>;

    /// A full scan that saves nothing, compared with what the instance holds; the sender is dropped after the last
    /// step.
    fn preview_scan(&self, instance: InstanceName) -> EngineFuture<'_, mpsc::Receiver<PreviewStep>>;

    /// The connection check, step by step as it goes; the sender is dropped after the last one.
    fn verify_connection(&self, target: VerifyTarget) -> EngineFuture<'_, mpsc::Receiver<VerifyStep>>;

    /// What Intune now reports of devices, `None` for one that it does not know; those that could not be read are left
    /// out. At most twenty of them.
    fn read_devices(
        &self,
        _instance: InstanceName,
        _ids: Vec<DeviceId>,
    ) -> BoxFuture<'_, HashMap<DeviceId, Option<Value>>> {
        Box::pin(async { HashMap::new() })
    }

    /// What starts and stops instances, where there is such a thing.
    fn lifecycle_control(&self) -> Option<&dyn LifecycleControl> {
        None
    }

    /// The catalogue, where there is one.
    fn product_catalogue(&self) -> Option<&dyn ProductCatalogue> {
        None
    }

    /// Who decides about devices, where somebody does.
    fn decision_provider(&self) -> Option<&dyn DecisionProvider> {
        None
    }

    /// What definitions of workflows may call.
    fn activity_registry(&self) -> ActivityRegistry {
        ActivityRegistry::default()
    }

    /// When each trigger of each running workflow comes next.
    fn workflow_due_times(&self) -> DueTimes {
        DueTimes::new()
    }
}

/// Settings from a request: key to value, unchecked, secrets in clear. Shows its keys only.
#[derive(Clone, Default, Deserialize)]
#[serde(transparent)]
pub struct DraftSettings(pub Map<String, Value>);

impl fmt::Debug for DraftSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ScanStarted {
    /// Null until the scan has a number.
    #[schema(value_type = Option<i64>)]
    pub scan: Option<ScanId>,
    /// The kind that is running: not the requested one if another scan was already running.
    #[schema(value_type = String)]
    pub kind: ScanKind,
    pub already_running: bool,
}

/// The coarse state of an instance; the cause code has the details.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum InstanceState {
    /// Waiting for its next run; the last one succeeded, or there was none yet.
    Idle,
    Scanning,
    /// The last run failed; it will be retried.
    Failing,
    /// The deletion brake withholds deletions: an operator must decide (S2).
    Braked,
    /// Not started, or stopped by an operator.
    Stopped,
    /// Disabled in its settings.
    Disabled,
    /// Its settings are not valid.
    Misconfigured,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct InstanceStatus {
    #[schema(value_type = String)]
    pub name: InstanceName,
    pub state: InstanceState,
    /// Short stable code: `AADSTS7000215`, `throttled`, `diskFull` …
    pub cause: Option<String>,
    /// One sentence with advice; only after a sign-in.
    pub detail: Option<String>,
    pub tenant_id: String,
    pub devices: u64,
    /// The fleet is proven complete, and every record and property of it could be read.
    pub complete: bool,
    /// Whether a full scan has proven the fleet complete; if not, why snapshots are open (F4).
    pub fleet: FleetView,
    /// Records and properties that could not be read: their number, and the first 100.
    pub unread: UnreadView,
    #[schema(value_type = Option<Object>)]
    pub last_full: Option<ScanSummary>,
    #[schema(value_type = Option<Object>)]
    pub last_incremental: Option<ScanSummary>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub next_full: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub next_incremental: Option<Timestamp>,
    /// Requests that are paused because Entra or Graph refused them (E9).
    pub refused: Vec<RefusalView>,
    /// Devices whose deletion the brake withholds.
    pub waiting_confirmation: u64,
    /// Days until the credential in use expires, if known.
    pub credential_days_left: Option<i64>,
    /// Workflows with another text that has not been enabled (A10).
    pub changed_workflows: Vec<String>,
}

/// What could not be read of an instance's devices (S8, E10).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UnreadView {
    pub count: u64,
    pub records: Vec<UnreadRecord>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UnreadRecord {
    /// `null`: the record has no readable id.
    #[schema(value_type = Option<String>)]
    pub device_id: Option<DeviceId>,
    /// The property that was left out of the device; `null`: the whole record was rejected.
    pub property: Option<String>,
    /// Stable code: `badDate`, `wrongType`, `badId` …
    pub reason: String,
    pub problem: String,
    #[schema(value_type = String, format = DateTime)]
    pub since: Timestamp,
}

impl UnreadView {
    /// Records that are shown of one instance.
    pub const SHOWN: u32 = 100;

    pub fn from_rows(count: u64, rows: Vec<RejectedRecordRow>) -> UnreadView {
        let record = |row: RejectedRecordRow| UnreadRecord {
            device_id: row.record.device_id,
            property: row.record.property,
            reason: row.record.reason.name().to_owned(),
            problem: row.record.problem,
            since: row.since,
        };
        UnreadView {
            count,
            records: rows.into_iter().map(record).collect(),
        }
    }
}

/// Requests that an instance has paused.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RefusalView {
    /// `signIn`, `devices`, `count`, `actions`, `reports`, `other`.
    pub what: String,
    /// No such request before this time; then one request shows whether the refusal still applies.
    #[schema(value_type = String, format = DateTime)]
    pub until: Timestamp,
    /// Microsoft gave the time; otherwise retried within a minute.
    pub asked: bool,
    /// Short stable code: `throttled`, `AADSTS7000222` …
    pub code: String,
    pub reason: String,
    pub advice: String,
}

#[derive(Debug, Clone)]
pub enum VerifyTarget {
    Instance(InstanceName),
    /// Settings that are not saved.
    Draft(DraftSettings),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum VerifyStepState {
    Ok,
    Failed,
    Skipped,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct VerifyStep {
    /// `name`, `proxy`, `tls`, `token`, `right`, `device`, `count`, `node`, `server`.
    pub step: String,
    /// Subject of the step: a host, a right, a server id.
    pub subject: String,
    pub state: VerifyStepState,
    /// What was found.
    pub detail: String,
    /// Stable code of the cause, if the step did not succeed.
    pub cause: Option<String>,
    /// What to do about it.
    pub cure: Option<String>,
    pub took_ms: u64,
}

/// Progress of a scan that saves nothing; the last step is its outcome.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum PreviewStep {
    Progress {
        devices: u64,
        expected: Option<u64>,
    },
    Found(Box<ScanSummary>),
    Failed {
        code: String,
        problem: String,
        advice: String,
    },
}

#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    #[error("instance {0} does not exist")]
    UnknownInstance(InstanceName),
    /// This takes devices away from management servers: confirm how many (F7).
    #[error("{0}")]
    ConfirmationNeeded(ConfirmableEffect),
    #[error(transparent)]
    Brake(#[from] BrakeError),
    /// Not possible in the current state (disabled, already running …).
    #[error("{problem}")]
    Conflict {
        code: &'static str,
        problem: String,
        advice: String,
    },
    /// The settings are wrong.
    #[error("{problem}")]
    Settings {
        key: String,
        problem: String,
        advice: String,
    },
    /// Entra or Graph did not carry out the request.
    #[error("{problem}")]
    Upstream {
        code: String,
        problem: String,
        advice: String,
    },
    #[error(transparent)]
    Catalogue(#[from] CatalogueError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("failed to work on the data folder: {0}")]
    Io(#[from] std::io::Error),
}
