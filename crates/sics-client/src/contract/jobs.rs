//! Jobs: one action, some devices, and what becomes of each.

use std::collections::BTreeMap;

use super::given::{deserialize_secret, serialize_secret};
use chrono::{DateTime, Utc};
use connector_core::model::{
    ActionDanger, ActionKind, ApprovalState, DeviceId, InstanceName, PendingActionPolicy, TaskState,
};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::{BrokenGlassView, UnjudgedView};

#[derive(Debug, Clone, Default, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct JobsQuery {
    pub instance: Option<InstanceName>,
    pub approval: Option<ApprovalState>,
    pub open: Option<bool>,
    pub before: Option<i64>,
    pub limit: Option<usize>,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct TasksQuery {
    /// Tasks after this one.
    pub after: Option<i64>,
    pub limit: Option<usize>,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct JobSummaryView {
    /// The bus's number of the job.
    pub job: i64,
    /// The sender's id of the job.
    pub id: String,
    /// The management server that sent it; null: an operator sent it.
    pub server: Option<String>,
    /// The account that sent it.
    pub operator: Option<String>,
    pub instance: Option<String>,
    pub action: ActionKind,
    pub danger: ActionDanger,
    pub devices: u64,
    /// Number of devices in each state.
    pub states: BTreeMap<TaskState, u64>,
    /// `none`, `waiting`, `approved`, `rejected`, `lapsed`.
    pub approval: ApprovalState,
    /// What an approval is bound to: action, parameters and exactly these devices.
    pub approval_digest: Option<String>,
    /// While it waits for approval: who may agree now; empty: only the requester, a day later.
    pub may_agree: Vec<String>,
    pub decided_by: Option<String>,
    pub decided_at: Option<DateTime<Utc>>,
    /// Secret ones are shown as `(sealed)`.
    #[schema(value_type = Object)]
    pub parameters: Value,
    pub reason: Option<String>,
    pub requested_by: Option<String>,
    pub definition: Option<String>,
    pub urgent: bool,
    /// What it does if Intune shows a pending action that this bus did not send: `stop`, `wait`, `goOn`.
    pub when_pending: PendingActionPolicy,
    /// An emergency action without a second person.
    pub broken_glass: bool,
    pub created_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct JobsView {
    /// Tasks whose outcome a person must record, within the caller's scope; first devices that are gone. Only on the
    /// first page.
    pub needs_operator: Vec<AttentionView>,
    /// Newest first.
    pub jobs: Vec<JobSummaryView>,
    /// For the next page; null on the last page.
    pub before: Option<i64>,
    /// Operators whose destructive rights the tripwire has suspended.
    pub suspended: Vec<SuspensionView>,
    /// Emergency actions that no second person has reviewed yet.
    pub broken_glass: Vec<BrokenGlassView>,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WholeJobView {
    #[serde(flatten)]
    pub job: JobSummaryView,
    /// One row per device.
    pub tasks: Vec<TaskView>,
    /// For the next page of tasks; null on the last page.
    pub after: Option<i64>,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TaskView {
    pub task: i64,
    pub device_id: DeviceId,
    /// As it was when the job was accepted: name, serial number, user, last check-in.
    #[schema(value_type = Object)]
    pub device: Value,
    pub state: TaskState,
    /// Stable code: the rule that refused, Microsoft's code, what was found.
    pub cause: Option<String>,
    /// A sentence in `text`, and its details.
    #[schema(value_type = Option<Object>)]
    pub detail: Option<Value>,
    /// What it will do on this device, while nothing has been sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effect: Option<String>,
    /// Number of calls made.
    pub attempts: u32,
    pub sent_at: Option<DateTime<Utc>>,
    pub next_look_at: Option<DateTime<Utc>>,
    pub updated_at: DateTime<Utc>,
    pub transitions: Vec<TransitionView>,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TransitionView {
    pub at: DateTime<Utc>,
    pub state: TaskState,
    pub cause: Option<String>,
    #[schema(value_type = Option<Object>)]
    pub detail: Option<Value>,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AttentionView {
    /// The bus's number of the job.
    pub job: i64,
    pub task: i64,
    pub instance: Option<String>,
    pub action: ActionKind,
    pub device_id: DeviceId,
    pub device_name: Option<String>,
    /// `goneUnproven`: the device is no longer listed, and nothing proves that the action caused it; `needsOperator`:
    /// it is unknown whether the action took effect.
    pub state: TaskState,
    /// The reason, in one sentence.
    pub text: Option<String>,
    pub updated_at: DateTime<Utc>,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SuspensionView {
    pub operator: String,
    pub since: DateTime<Utc>,
    pub why: String,
}

/// The acknowledgement: what it reports is durable.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReceiptView {
    /// The sender's id of the job.
    pub id: String,
    /// The bus's number of the job; null for a dry run.
    pub job: Option<i64>,
    pub instance: String,
    pub action: ActionKind,
    pub devices: u64,
    /// A second person must agree before anything is sent.
    pub needs_approval: bool,
    /// The same job was accepted before; `states` is its current progress.
    pub known: bool,
    pub expires_at: DateTime<Utc>,
    /// Number of devices in each state.
    pub states: BTreeMap<TaskState, u64>,
    /// What would be done to each device.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dry_run: Option<Vec<DryRunResult>>,
    /// Devices that the filter could not evaluate; they are not included.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unjudged: Option<UnjudgedView>,
}

/// The result of a dry run for one device.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DryRunResult {
    pub device_id: DeviceId,
    /// Name, serial number, user, last check-in.
    #[schema(value_type = Object)]
    pub device: Value,
    /// Whether the action would be carried out.
    pub would: bool,
    /// What the action does on this device.
    pub effect: String,
    /// Pending actions that Intune shows and that were not sent from here.
    pub pending: Vec<PendingAction>,
    /// Whether the device was read from Intune just now; otherwise from the inventory, which has no results of actions.
    pub fresh: bool,
    /// Why not: `rule` is a stable code, `reason` a sentence, `instead` an alternative.
    pub rule: Option<String>,
    pub reason: Option<String>,
    pub instead: Option<String>,
}

/// One action that Intune shows as pending.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PendingAction {
    /// The connector's name of the action; if it has none, Intune's name.
    pub action: ActionKind,
    #[serde(skip)]
    pub verb: Option<ActionKind>,
    pub since: Option<DateTime<Utc>>,
    /// Where it shows: `managementState wipePending`, `deviceActionResults`.
    pub shown_by: String,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct CancelledView {
    /// Devices to which nothing was or will be sent.
    pub cancelled: u64,
    /// Devices for which it was too late: Intune already has the action, or the task had ended.
    pub left: u64,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ResolveBody {
    pub task: i64,
    /// `done`, `failed`, `notSupported` or `deviceGone`.
    pub state: TaskState,
    /// How you know this.
    pub note: String,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ApproveBody {
    pub name: String,
    #[serde(deserialize_with = "deserialize_secret", serialize_with = "serialize_secret")]
    #[schema(value_type = String, format = Password)]
    pub password: SecretString,
    /// `approvalDigest` of the job as it was shown.
    pub digest: String,
}

/// The person who decides, whatever connection is in use.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PersonBody {
    pub name: String,
    #[serde(deserialize_with = "deserialize_secret", serialize_with = "serialize_secret")]
    #[schema(value_type = String, format = Password)]
    pub password: SecretString,
}

#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct SecretsView {
    pub secrets: Vec<SecretView>,
    /// When the secrets are erased.
    pub note: String,
}

#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SecretView {
    /// `unlockPin`, `passcode`, `position`.
    pub kind: String,
    pub value: String,
    pub at: DateTime<Utc>,
    pub erased_at: DateTime<Utc>,
}
