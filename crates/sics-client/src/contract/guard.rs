//! What guards actions: limits, kill switch, broken glass, and agreeing to what loosens them.

use std::collections::{BTreeMap, BTreeSet};

use super::given::{deserialize_secret, serialize_secret};
use chrono::{DateTime, Utc};
use connector_core::model::{ActionDanger, ActionKind, DeviceId, RelaxationState, TaskState};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::{GivenJob, JobBody, ShownDevice};

/// What the guard of actions goes by.
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

/// What one instance lets through.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct InstanceGuardView {
    /// Name of the instance.
    pub instance: String,
    /// As it holds now.
    pub policy: InstancePolicyView,
}

/// Limits and approvals to change. Omitted fields stay unchanged.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GuardBody {
    /// Limits to change.
    #[serde(default)]
    pub limits: LimitsPart,
    /// What to change of when a second person must agree.
    #[serde(default)]
    pub approval: ApprovalPart,
}

/// Limits to change: destructive actions, all together, above which a job is refused, each 0 to 500; disruptive ones, above
/// which a second person has to approve, each 0 to 500000. Omitted ones stay unchanged.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LimitsPart {
    /// Devices of one job.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub per_job: Option<u64>,
    /// Devices of a tenant within an hour.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub per_hour: Option<u64>,
    /// Devices of a tenant within 24 hours.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub per_day: Option<u64>,
    /// Devices of one operator, over all tenants, within an hour.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operator_per_hour: Option<u64>,
    /// Devices of one operator, over all tenants, within 24 hours.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operator_per_day: Option<u64>,
    /// Devices of one disruptive job.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disruptive_per_job: Option<u64>,
    /// Devices of disruptive jobs of a tenant, and of one operator over all tenants, within an hour.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disruptive_per_hour: Option<u64>,
}

/// When a second person has to approve a destructive job; numbers of devices are 0 to 500. Omitted ones stay unchanged.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ApprovalPart {
    /// True: every destructive job needs it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub always: Option<bool>,
    /// False: no job needs approval by a second person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub needed: Option<bool>,
    /// A job of more devices needs it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub above: Option<u64>,
    /// More devices within an hour need it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub per_hour: Option<u64>,
    /// More devices within 24 hours need it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub per_day: Option<u64>,
    /// True: in an emergency one person may act on one device without approval.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub broken_glass: Option<bool>,
}

/// Name and password of the person who agrees, and what they agree to.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AgreementBody {
    /// Their name.
    pub name: String,
    /// Their password.
    #[serde(deserialize_with = "deserialize_secret", serialize_with = "serialize_secret")]
    #[schema(value_type = String, format = Password)]
    pub password: SecretString,
    /// A code of their second factor, if they have one. Not needed in their own session that was confirmed with one within
    /// the last five minutes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The digest as shown.
    pub digest: String,
}

/// How the kill switch is to be.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct KillSwitchBody {
    /// True: on at once; false: off as soon as a second person agrees.
    pub on: bool,
    /// Id of the tenant; omitted: all tenants.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tenant: Option<String>,
    /// Why, for those who find it on; needed to switch it on; at most 1000 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Where the kill switch is on, and what it no longer stops.
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

/// A kill switch that is on.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SwitchView {
    /// Id of the tenant; `*`: all.
    pub tenant: String,
    /// Who switched it on; `restore`: the bus, as its store was rolled back.
    pub by: String,
    /// Why.
    pub reason: String,
    /// When.
    pub at: DateTime<Utc>,
}

/// An action that Intune already has.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UnderWayView {
    /// The bus's number of the job.
    pub job: i64,
    /// The bus's number of the task.
    pub task: i64,
    /// The instance whose device it is; null: it is removed.
    pub instance: Option<String>,
    /// Intune device id.
    pub device_id: DeviceId,
    /// As it was when the job was accepted.
    pub device: ShownDevice,
    /// What is done to the device.
    pub action: ActionKind,
    /// Where it stands.
    pub state: TaskState,
    /// When Intune took it; null: it may not have it yet.
    pub sent_at: Option<DateTime<Utc>>,
}

/// A change that loosens the guard, and needs a second person.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RelaxationView {
    /// Its number.
    pub id: i64,
    /// `bus`, or the name of an instance.
    pub scope: String,
    /// `key`, `from`, `to`, and a `sentence` that describes it.
    #[schema(value_type = Object)]
    pub change: Value,
    /// Who asked for it; null: found in a settings file.
    pub asked_by: Option<String>,
    /// When it was asked for, or found.
    pub asked_at: DateTime<Utc>,
    /// Whether it waits, or what was decided.
    pub state: RelaxationState,
    /// Who may agree to it now; empty: only the requester, a day later.
    pub may_agree: Vec<String>,
    /// If nobody else may agree: when the requester may; null: others may.
    pub alone_at: Option<DateTime<Utc>>,
    /// The command with which to agree.
    pub agree_by: String,
    /// If this switches off a kill switch: actions that would be sent at once, the most dangerous first.
    pub goes_out: Vec<BlockedActionView>,
    /// SHA-256 of what is shown here, including what would be sent; required to agree (A10).
    pub digest: String,
}

impl RelaxationView {
    /// The sentence that describes the change; empty where there is none.
    pub fn sentence(&self) -> &str {
        self.change.get("sentence").and_then(Value::as_str).unwrap_or_default()
    }
}

/// Actions that wait only for the kill switch (and for maintenance windows and limits, if any).
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BlockedActionView {
    /// Id of the tenant.
    pub tenant: String,
    /// What would be done.
    pub action: ActionKind,
    /// How much harm it can do.
    pub danger: ActionDanger,
    /// Number of devices.
    pub devices: u64,
}

/// The person who acts, whatever connection is in use.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BreakGlassBody {
    /// Their name.
    pub name: String,
    /// Their password.
    #[serde(deserialize_with = "deserialize_secret", serialize_with = "serialize_secret")]
    #[schema(value_type = String, format = Password)]
    pub password: SecretString,
    /// A code of their second factor, if they have one. Not needed in their own session that was confirmed with one within
    /// the last five minutes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The reason; kept on one line, at most 500 characters.
    pub reason: String,
    /// The job, as for POST /sics/v1/jobs: `wipe`, `retire` or `remoteLock` of one named device.
    #[schema(value_type = JobBody)]
    pub job: GivenJob,
}

/// An emergency action of one person without a second one.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BrokenGlassView {
    /// Its number.
    pub id: i64,
    /// The bus's number of the job.
    pub job: i64,
    /// The instance whose device it is; null: it is removed.
    pub instance: Option<String>,
    /// Intune device id.
    pub device_id: DeviceId,
    /// What is done to the device.
    pub action: ActionKind,
    /// Who did it.
    pub by: String,
    /// Why it could not wait.
    pub reason: String,
    /// When.
    pub at: DateTime<Utc>,
    /// The second person who reviewed it; null: not reviewed yet.
    pub seen_by: Option<String>,
    /// When; null: not reviewed yet.
    pub seen_at: Option<DateTime<Utc>>,
}

/// Emergency actions.
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
    /// CEL: devices that only a synchronisation may touch; null: none.
    pub never_touch: Option<String>,
    /// The same, by id.
    pub never_touch_ids: BTreeSet<DeviceId>,
    /// Actions that are let through on personal devices although they are refused there by default.
    pub personal_allowed: BTreeSet<ActionKind>,
    /// Maintenance windows; none: always open.
    pub windows: Vec<PolicyWindowView>,
    /// Versions of Graph other than the actions' own: `v1.0`, `beta`.
    pub versions: BTreeMap<ActionKind, String>,
    /// Names that stand for actions.
    pub definitions: BTreeMap<String, ActionKind>,
    /// What jobs call the definition that carries them out, beside its own name; null: by its name alone.
    pub on_demand: Option<String>,
}

/// A maintenance window: opens at each moment of a cron expression.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PolicyWindowView {
    /// Cron expression, with seconds.
    pub cron: String,
    /// How long it stays open, minutes.
    pub minutes: u32,
    /// Time zone of the expression, such as `Europe/Berlin`.
    pub zone: String,
}
