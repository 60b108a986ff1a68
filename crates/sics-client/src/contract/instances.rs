//! Instances, and how each is.

use chrono::{DateTime, Utc};
use connector_core::model::{DeviceId, InstanceName, RejectionReason, ScanSummary, StartType, UnprovenReason};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};

use super::MemberSummary;

/// How a new instance begins.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct InstanceCreation {
    /// Id of the supervisor that runs it; omitted: the only one.
    pub supervisor: Option<String>,
    /// When its microservice starts; omitted: automatically.
    pub start_type: Option<StartType>,
    /// Whether it is left stopped after it was added; if omitted, no.
    #[serde(default)]
    pub stopped: bool,
}

/// Instances, each with its state.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct InstancesView {
    /// Those that the caller may see.
    pub instances: Vec<InstanceStatus>,
}

/// One instance: state, settings, members.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct InstanceView {
    /// How it is.
    pub status: InstanceStatus,
    /// Keys as in the settings file; of a secret only that it is set, and a shortened form for callers who may change
    /// it.
    #[schema(value_type = Object)]
    pub settings: Map<String, Value>,
    /// What was installed together with it under the same number.
    pub members: Vec<MemberSummary>,
}

/// How an instance is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct InstanceStatus {
    /// Its name.
    pub name: InstanceName,
    /// Coarse state.
    pub state: InstanceState,
    /// Short stable code: `AADSTS7000215`, `throttled`, `diskFull` …; null: nothing is wrong.
    pub cause: Option<String>,
    /// One sentence with advice; null: nothing is wrong.
    pub detail: Option<String>,
    /// Its name for people, as given in the wizard; null: none.
    pub profile: Option<String>,
    /// The tenant that it reads.
    pub tenant_id: String,
    /// How many devices it knows.
    pub devices: u64,
    /// The fleet is proven complete, and every record and property of it could be read.
    pub complete: bool,
    /// Whether a full scan has proven the fleet complete; if not, why snapshots are open (F4).
    pub fleet: FleetView,
    /// Records and properties that could not be read: their number, and the first 100.
    pub unread: UnreadView,
    /// The last full scan that ended; null: none yet.
    pub last_full: Option<ScanSummary>,
    /// The last incremental scan that ended; null: none yet.
    pub last_incremental: Option<ScanSummary>,
    /// When the next full scan is due; null: none is planned.
    pub next_full: Option<DateTime<Utc>>,
    /// When the next incremental scan is due; null: none is planned.
    pub next_incremental: Option<DateTime<Utc>>,
    /// Requests that are paused because Entra or Graph refused them (E9).
    pub refused: Vec<RefusalView>,
    /// Why the primary users of devices cannot be read, with advice; null: they can, or nobody receives them.
    #[serde(default)]
    pub primary_users_refused: Option<String>,
    /// Devices whose deletion the brake withholds.
    pub waiting_confirmation: u64,
    /// Days until the credential in use expires; null: not known, or it does not expire.
    pub credential_days_left: Option<i64>,
    /// Workflows with another text that has not been enabled (A10).
    pub changed_workflows: Vec<String>,
}

/// The coarse state of an instance; the cause code has the details.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum InstanceState {
    /// Waiting for its next run; the last one succeeded, or there was none yet.
    Idle,
    /// A scan is running.
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

/// Whether the fleet of an instance is proven whole.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FleetView {
    /// A full scan has proven the fleet whole in this epoch of the store: snapshots end.
    pub proven: bool,
    /// Why snapshots stay open.
    pub open_because: Vec<OpenSnapshotReason>,
    /// When the next automatic full scan tries to prove it; null: proven, or not scanned yet.
    pub next_try: Option<DateTime<Utc>>,
}

/// One reason why snapshots are open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OpenSnapshotReason {
    /// Stable code.
    pub code: UnprovenReason,
    /// What was found, in words.
    pub detail: String,
}

/// What an operator is shown before they confirm.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SnapshotView {
    /// Which instance it is, for people: its name, profile and tenant.
    pub title: String,
    /// Whether the fleet is proven whole, and why not.
    pub fleet: FleetView,
    /// Devices in the last list: what servers keep.
    pub count: u64,
    /// Identifies exactly what is shown; send it back with the confirmation. `null`: nothing can be confirmed.
    pub digest: Option<String>,
    /// Unreadable records, including those without an id, each with its problem.
    pub problems: Vec<String>,
}

/// What could not be read of an instance's devices (S8, E10).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UnreadView {
    /// How many records and properties.
    pub count: u64,
    /// The first [`UnreadView::SHOWN_MAX`] of them.
    pub records: Vec<UnreadRecord>,
}

impl UnreadView {
    /// Records that are shown of one instance.
    pub const SHOWN_MAX: u32 = 100;
}

/// A record or a property that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UnreadRecord {
    /// Intune device id; null: the record has no readable id.
    pub device_id: Option<DeviceId>,
    /// The property that was left out of the device; null: the whole record was rejected.
    pub property: Option<String>,
    /// Stable code of what is wrong.
    pub reason: RejectionReason,
    /// What is wrong, in words; names fields, never values.
    pub problem: String,
    /// Since when it cannot be read.
    pub since: DateTime<Utc>,
}

/// Requests that an instance has paused.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RefusalView {
    /// Which requests: `signIn`, `devices`, `count`, `actions`, `reports`, `applications`, `directory`,
    /// `installReports`, `orders`, `other`.
    pub what: String,
    /// No such request before this time; then one request shows whether the refusal still applies.
    pub until: DateTime<Utc>,
    /// Microsoft gave the time; otherwise retried within a minute.
    pub asked: bool,
    /// Short stable code: `throttled`, `AADSTS7000222` …
    pub code: String,
    /// What Microsoft said, in one sentence.
    pub reason: String,
    /// What to do about it.
    pub advice: String,
}

/// Confirms that devices have gone which the brake withholds: exactly those that were shown.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ConfirmGoneBody {
    /// `digest` as shown by `GET …/brake`.
    pub digest: String,
    /// `count` as shown by `GET …/brake`.
    pub count: u64,
}

/// Confirms that the last list of devices is whole: exactly the list that was shown.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ConfirmCompleteBody {
    /// `digest` as shown by `GET …/snapshot`.
    pub digest: String,
    /// `count` as shown by `GET …/snapshot`: devices of the list, which servers keep.
    pub count: u64,
}
