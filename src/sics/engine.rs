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
    /// That they are set: for whoever may see the settings.
    Set,
    /// A few characters and the length of long ones, to tell two of them apart: for whoever may give them anew.
    Shortened,
}

pub trait InstanceEngine: Send + Sync + 'static {
    /// Starts a scan that is not due, or tells of the one that runs already (runs of one instance never overlap).
    fn start_scan(&self, instance: InstanceName, kind: ScanKind) -> EngineFuture<'_, ScanStarted>;

    /// Every instance that is installed, for people, `/readyz` and metrics.
    fn instance_statuses(&self) -> EngineFuture<'_, Vec<InstanceStatus>>;

    /// The settings as they stand, keys as in the file; never a secret (E1).
    fn instance_settings(&self, instance: InstanceName, secrets: ShownSecrets) -> EngineFuture<'_, Map<String, Value>>;

    /// `by`: who asks; they can't agree to what the settings loosen (A7).
    fn add_instance(&self, draft: DraftSettings, by: RelaxationRequester) -> EngineFuture<'_, InstanceName>;

    /// Changes only the keys given. What takes devices away from servers (audience, filter, fields, personal devices)
    /// answers [`EngineError::ConfirmationNeeded`] until `confirm` is what that showed (F7).
    fn change_instance(
        &self,
        instance: InstanceName,
        draft: DraftSettings,
        confirm: Option<EffectConfirmation>,
        by: RelaxationRequester,
    ) -> EngineFuture<'_, ()>;

    /// Answers how many devices were told gone; asks for confirmation like a change (F7).
    fn remove_instance(&self, instance: InstanceName, confirm: Option<EffectConfirmation>) -> EngineFuture<'_, u64>;

    /// Releases the brake for exactly the devices shown ([`crate::inventory::deletion_brake`]); refused where the set has
    /// changed.
    fn confirm_gone(&self, instance: InstanceName, digest: String, count: u64) -> EngineFuture<'_, ReleasedDeletions>;

    /// A full scan that keeps nothing, told against what the instance holds; the sender is dropped after the last step.
    fn preview_scan(&self, instance: InstanceName) -> EngineFuture<'_, mpsc::Receiver<PreviewStep>>;

    /// The connection check, step by step as it goes; the sender is dropped after the last one.
    fn verify_connection(&self, target: VerifyTarget) -> EngineFuture<'_, mpsc::Receiver<VerifyStep>>;

    /// What Intune tells of devices now, `None` for one that it does not know; those that could not be read are left out.
    /// At most twenty of them.
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
    /// `None` where the scan has not come so far as to have one.
    #[schema(value_type = Option<i64>)]
    pub scan: Option<ScanId>,
    /// What runs now: another kind than the one asked for where that was running already.
    #[schema(value_type = String)]
    pub kind: ScanKind,
    pub already_running: bool,
}

/// How an instance is, coarsely; the cause code says more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum InstanceState {
    /// Waits for its next run; the last one went well, or there was none yet.
    Idle,
    Scanning,
    /// The last run failed; it is tried again.
    Failing,
    /// The brake holds devices back: an operator has to look (S2).
    Braked,
    /// Nobody started it, or somebody stopped it.
    Stopped,
    /// Switched off by its settings.
    Disabled,
    /// Its settings can't be used.
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
    /// One sentence with advice, for people who signed in.
    pub detail: Option<String>,
    pub tenant_id: String,
    pub devices: u64,
    /// The fleet is proven whole, and every record and property of it could be read.
    pub complete: bool,
    /// Whether a full scan has proven the fleet whole, and why snapshots are open where not (F4).
    pub fleet: FleetView,
    /// Records and properties that can't be read: how many, and the first 100 of them.
    pub unread: UnreadView,
    #[schema(value_type = Option<Object>)]
    pub last_full: Option<ScanSummary>,
    #[schema(value_type = Option<Object>)]
    pub last_incremental: Option<ScanSummary>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub next_full: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub next_incremental: Option<Timestamp>,
    /// What is not asked for now, because Entra or Graph refused it (E9).
    pub refused: Vec<RefusalView>,
    /// Devices that wait behind the brake.
    pub waiting_confirmation: u64,
    /// Until the credential in use ends, where that is known.
    pub credential_days_left: Option<i64>,
    /// Workflows of which there is another text that nobody has enabled (A10).
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
    /// The property that was left out of the device; `null`: the whole record was set aside.
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

/// What an instance leaves alone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RefusalView {
    /// `signIn`, `devices`, `count`, `actions`, `reports`, `other`.
    pub what: String,
    /// Nobody asks before; then one request shows whether it still holds.
    #[schema(value_type = String, format = DateTime)]
    pub until: Timestamp,
    /// Microsoft said how long; else it is asked again within a minute.
    pub asked: bool,
    /// Short stable code: `throttled`, `AADSTS7000222` …
    pub code: String,
    pub reason: String,
    pub advice: String,
}

#[derive(Debug, Clone)]
pub enum VerifyTarget {
    Instance(InstanceName),
    /// Settings that are kept nowhere.
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
    /// What it was about: a host, a right, a server id.
    pub subject: String,
    pub state: VerifyStepState,
    /// What was found.
    pub detail: String,
    /// Stable code of the cause, where it did not go well.
    pub cause: Option<String>,
    /// What to do about it.
    pub cure: Option<String>,
    pub took_ms: u64,
}

/// How far a scan that keeps nothing has come; the last step is not progress.
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
    /// This takes devices away from management servers: say how many (F7).
    #[error("{0}")]
    ConfirmationNeeded(ConfirmableEffect),
    #[error(transparent)]
    Brake(#[from] BrakeError),
    /// Not possible as things stand (switched off, already running …).
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
    /// Entra or Graph did not do what was asked.
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
