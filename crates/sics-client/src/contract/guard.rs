//! What guards actions: limits, kill switch, broken glass, and agreeing to what loosens them.

use std::collections::{BTreeMap, BTreeSet};

use super::given::{deserialize_secret, serialize_secret};
use chrono::{DateTime, Utc};
use connector_core::model::{ActionDanger, ActionKind, DeviceId, TaskState};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct GuardView {
    /// For all destructive actions: `perJob`, `perHour`, `perDay`, `operatorPerHour`, `operatorPerDay`. For disruptive
    /// actions, above which a second person must agree: `disruptivePerJob`, `disruptivePerHour`.
    pub limits: LimitsView,
    /// When a second person must agree to destructive actions: `above` this number of devices, above this number
    /// `perHour` or `perDay`, or `always`; `needed`: whether at all; `brokenGlass`: whether emergency actions are
    /// allowed.
    pub approval: ApprovalView,
    /// For each visible instance: `verbs` that are enabled, and its exceptions.
    pub instances: Vec<InstanceGuardView>,
    /// Relaxations that wait for a second person.
    pub waiting: Vec<RelaxationView>,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct InstanceGuardView {
    pub instance: String,
    pub policy: InstancePolicyView,
}

/// Omitted fields stay unchanged.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GuardBody {
    #[serde(default)]
    pub limits: LimitsPart,
    #[serde(default)]
    pub approval: ApprovalPart,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LimitsPart {
    pub per_job: Option<u64>,
    pub per_hour: Option<u64>,
    pub per_day: Option<u64>,
    pub operator_per_hour: Option<u64>,
    pub operator_per_day: Option<u64>,
    pub disruptive_per_job: Option<u64>,
    pub disruptive_per_hour: Option<u64>,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ApprovalPart {
    pub always: Option<bool>,
    /// False: no job needs approval by a second person.
    pub needed: Option<bool>,
    pub above: Option<u64>,
    pub per_hour: Option<u64>,
    pub per_day: Option<u64>,
    pub broken_glass: Option<bool>,
}

/// Name and password of the person who agrees, and what they agree to.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AgreementBody {
    pub name: String,
    #[serde(deserialize_with = "deserialize_secret", serialize_with = "serialize_secret")]
    #[schema(value_type = String, format = Password)]
    pub password: SecretString,
    /// The digest as shown.
    pub digest: String,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct KillSwitchBody {
    pub on: bool,
    /// Omitted: all tenants.
    pub tenant: Option<String>,
    pub reason: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct KillSwitchView {
    /// Where it is on; empty: nowhere.
    pub on: Vec<SwitchView>,
    /// Actions that Intune already has and that cannot be recalled, newest first.
    pub under_way: Vec<UnderWayView>,
    /// Requests that wait for a second person.
    pub waiting: Vec<RelaxationView>,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SwitchView {
    /// `*`: all.
    pub tenant: String,
    pub by: String,
    pub reason: String,
    pub at: DateTime<Utc>,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UnderWayView {
    pub job: i64,
    pub task: i64,
    pub instance: Option<String>,
    pub device_id: DeviceId,
    #[schema(value_type = Object)]
    pub device: Value,
    pub action: ActionKind,
    pub state: TaskState,
    pub sent_at: Option<DateTime<Utc>>,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RelaxationView {
    pub id: i64,
    /// `bus`, or the name of an instance.
    pub scope: String,
    /// `key`, `from`, `to`, and a `sentence` that describes it.
    #[schema(value_type = Object)]
    pub change: Value,
    /// Null: found in a settings file.
    pub asked_by: Option<String>,
    pub asked_at: DateTime<Utc>,
    pub state: TaskState,
    /// Who may agree to it now; empty: only the requester, a day later.
    pub may_agree: Vec<String>,
    /// If nobody else may agree: when the requester may.
    pub alone_at: Option<DateTime<Utc>>,
    /// The command with which to agree.
    pub agree_by: String,
    /// If this switches off a kill switch: actions that would be sent at once, the most dangerous first.
    pub goes_out: Vec<BlockedActionView>,
    /// SHA-256 of what is shown here, including what would be sent; required to agree (A10).
    pub digest: String,
}

/// Actions that wait only for the kill switch (and for maintenance windows and limits, if any).
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BlockedActionView {
    pub tenant: String,
    pub action: ActionKind,
    pub danger: ActionDanger,
    pub devices: u64,
}

/// The person who acts, whatever connection is in use.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BreakGlassBody {
    pub name: String,
    #[serde(deserialize_with = "deserialize_secret", serialize_with = "serialize_secret")]
    #[schema(value_type = String, format = Password)]
    pub password: SecretString,
    /// The reason; kept on one line, at most 500 characters.
    pub reason: String,
    /// The job, as for POST /sics/v1/jobs: `wipe`, `retire` or `remoteLock` of one named device.
    #[schema(value_type = Object)]
    pub job: Value,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BrokenGlassView {
    pub id: i64,
    pub job: i64,
    pub instance: Option<String>,
    pub device_id: DeviceId,
    pub action: ActionKind,
    /// Who did it.
    pub by: String,
    pub reason: String,
    pub at: DateTime<Utc>,
    /// The second person who reviewed it; null: not reviewed yet.
    pub seen_by: Option<String>,
    pub seen_at: Option<DateTime<Utc>>,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BrokenGlassesView {
    /// Those that no second person has reviewed, newest first; then the others.
    pub broken_glass: Vec<BrokenGlassView>,
}

/// Limits as they hold. Destructive actions, all together, above which a job is refused; disruptive ones, above which a
/// second person has to approve.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LimitsView {
    /// Devices of one job.
    pub per_job: u64,
    /// Devices of a tenant within an hour.
    pub per_hour: u64,
    /// Devices of a tenant within 24 hours.
    pub per_day: u64,
    /// Devices of one operator, over all tenants, within an hour.
    pub operator_per_hour: u64,
    /// Devices of one operator, over all tenants, within 24 hours.
    pub operator_per_day: u64,
    /// Devices of one disruptive job.
    pub disruptive_per_job: u64,
    /// Devices of disruptive jobs of a tenant, and of one operator over all tenants, within an hour.
    pub disruptive_per_hour: u64,
}

/// When a second person has to approve a destructive job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ApprovalView {
    /// False: no job needs approval.
    pub needed: bool,
    /// Every destructive job needs it.
    pub always: bool,
    /// A job of more devices needs it.
    pub above: u64,
    /// More devices within an hour need it.
    pub per_hour: u64,
    /// More devices within 24 hours need it.
    pub per_day: u64,
    /// In an emergency one person may act on one device without approval.
    pub broken_glass: bool,
}

/// What an instance lets through.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct InstancePolicyView {
    /// Actions that are switched on.
    pub verbs: BTreeSet<ActionKind>,
    /// CEL: devices that only a synchronisation may touch.
    pub never_touch: Option<String>,
    /// The same, by id.
    pub never_touch_ids: BTreeSet<DeviceId>,
    /// Actions that are let through on personal devices although they are refused there by default.
    pub personal_allowed: BTreeSet<ActionKind>,
    /// Maintenance windows; none: always open.
    #[schema(value_type = Vec<Object>)]
    pub windows: Vec<Value>,
    /// Versions of Graph other than the actions' own: `v1.0`, `beta`.
    pub versions: BTreeMap<ActionKind, String>,
    /// Names that stand for actions.
    pub definitions: BTreeMap<String, ActionKind>,
    /// What jobs call the definition that carries them out, beside its own name.
    pub on_demand: Option<String>,
}
