//! Jobs: one action, some devices, and what becomes of each.

use std::collections::BTreeMap;

use super::given::{deserialize_secret, serialize_secret};
use chrono::{DateTime, Utc};
use connector_core::model::{
    ActionDanger, ActionKind, ApprovalState, DeviceId, InstanceName, PendingActionPolicy, TaskState, word_enum,
};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::{BrokenGlassView, SortOrder};

word_enum! {
    /// What jobs are sorted by.
    pub enum JobSort {
        /// The bus's number of the job.
        Number "job",
        /// When it was accepted; of the same moment, by number.
        Time "createdAt",
    }
}

/// Which jobs to list, in which order. A job has to match everything that is given.
#[derive(Debug, Clone, Default, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct JobsQuery {
    /// Only jobs of this instance; not for the jobs of one server.
    #[param(value_type = Option<String>)]
    pub instance: Option<InstanceName>,
    /// Only jobs of this action.
    #[param(inline)]
    pub action: Option<ActionKind>,
    /// Only jobs that the account of this name sent, upper and lower case alike.
    pub sender: Option<String>,
    /// Only jobs with a device in this state.
    #[param(inline)]
    pub state: Option<TaskState>,
    /// Only jobs whose approval stands there.
    #[param(inline)]
    pub approval: Option<ApprovalState>,
    /// True: only jobs with devices of which something is still expected.
    pub open: Option<bool>,
    /// Begin of a period, which belongs to it (RFC 3339): only jobs that were accepted then or later.
    pub from: Option<String>,
    /// End of a period, which does not belong to it (RFC 3339): only jobs that were accepted earlier.
    pub until: Option<String>,
    /// Only jobs in whose reason this text stands, upper and lower case alike.
    pub text: Option<String>,
    /// What they are sorted by; omitted: the number.
    #[param(inline)]
    pub sort: Option<JobSort>,
    /// `asc`, or `desc` if omitted: newest first.
    #[param(inline)]
    pub order: Option<SortOrder>,
    /// Jobs behind this one in the order, as `before` of the page read last says; of jobs newest first, those with a
    /// smaller number.
    pub before: Option<i64>,
    /// `true`: `total` is counted. Default: false.
    pub count: Option<bool>,
    /// Most jobs in the answer, 1 to 1000; omitted: 100.
    #[param(minimum = 1, maximum = 1_000)]
    pub limit: Option<usize>,
}

/// Which tasks of a job to show.
#[derive(Debug, Clone, Default, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct TasksQuery {
    /// Tasks with a larger number, as `after` of the page read last says.
    pub after: Option<i64>,
    /// Most tasks in the answer, 1 to 1000; omitted: 100.
    #[param(minimum = 1, maximum = 1_000)]
    pub limit: Option<usize>,
}

/// A job, and how many of its devices are where.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct JobSummaryView {
    /// The bus's number of the job.
    pub job: i64,
    /// The sender's id of the job.
    pub id: String,
    /// The management server that sent it; null: an operator sent it.
    pub server: Option<String>,
    /// The account that sent it; null: it is removed.
    pub operator: Option<String>,
    /// The instance whose devices they are; null: it is removed.
    pub instance: Option<String>,
    /// What is done to each device.
    pub action: ActionKind,
    /// How much harm it can do.
    pub danger: ActionDanger,
    /// Number of devices.
    pub devices: u64,
    /// Number of devices in each state.
    pub states: BTreeMap<TaskState, u64>,
    /// Whether a second person has to agree, and whether one did: `none`, `waiting`, `approved`, `rejected`, `lapsed`.
    pub approval: ApprovalState,
    /// What an approval is bound to: action, parameters and exactly these devices; null: it needs none.
    pub approval_digest: Option<String>,
    /// While it waits for approval: who may agree now; empty: only the requester, a day later.
    pub may_agree: Vec<String>,
    /// Who approved or rejected it; null: nobody has.
    pub decided_by: Option<String>,
    /// When; null: nobody has.
    pub decided_at: Option<DateTime<Utc>>,
    /// Parameters of the action, by name. Secret ones are shown as `(sealed)`.
    #[schema(value_type = Object)]
    pub parameters: Value,
    /// Why, in the sender's words; null: not said.
    pub reason: Option<String>,
    /// Who asked for it, in the sender's words; null: not said.
    pub requested_by: Option<String>,
    /// Name of the definition that was named instead of an action; null: none.
    pub definition: Option<String>,
    /// Not held back by maintenance windows.
    pub urgent: bool,
    /// What it does if Intune shows a pending action that this bus did not send: `stop`, `wait`, `goOn`.
    pub when_pending: PendingActionPolicy,
    /// An emergency action without a second person.
    pub broken_glass: bool,
    /// When it was accepted.
    pub created_at: DateTime<Utc>,
    /// After this time nothing is sent any more.
    pub expires_at: DateTime<Utc>,
}

/// A page of jobs, and what needs people's attention.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct JobsView {
    /// Tasks whose outcome a person must record, within the caller's scope; first devices that are gone. Only on the
    /// first page.
    pub needs_operator: Vec<AttentionView>,
    /// In the order that was asked for.
    pub jobs: Vec<JobSummaryView>,
    /// For the next page; null on the last page.
    pub before: Option<i64>,
    /// How many jobs match, on all pages; with `count=true`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<u64>,
    /// Operators whose destructive rights the tripwire has suspended.
    pub suspended: Vec<SuspensionView>,
    /// Emergency actions that no second person has reviewed yet.
    pub broken_glass: Vec<BrokenGlassView>,
}

/// A job and its devices.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WholeJobView {
    /// The job.
    #[serde(flatten)]
    pub job: JobSummaryView,
    /// One row per device.
    pub tasks: Vec<TaskView>,
    /// For the next page of tasks; null on the last page.
    pub after: Option<i64>,
}

/// The action on one device of a job.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TaskView {
    /// The bus's number of the task.
    pub task: i64,
    /// Intune device id.
    pub device_id: DeviceId,
    /// As it was when the job was accepted.
    pub device: ShownDevice,
    /// Where it stands.
    pub state: TaskState,
    /// Stable code: the rule that refused, Microsoft's code, what was found; null: none.
    pub cause: Option<String>,
    /// A sentence in `text`, and its details; null: none.
    #[schema(value_type = Option<Object>)]
    pub detail: Option<Value>,
    /// What it will do on this device, while nothing has been sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effect: Option<String>,
    /// Number of calls made.
    pub attempts: u32,
    /// When Intune took it; null: it has not.
    pub sent_at: Option<DateTime<Utc>>,
    /// When the bus looks at it again; null: not by itself.
    pub next_look_at: Option<DateTime<Utc>>,
    /// When its state was changed last.
    pub updated_at: DateTime<Utc>,
    /// All steps, oldest first.
    pub transitions: Vec<TransitionView>,
}

impl TaskView {
    /// The sentence that explains where it stands, where there is one.
    pub fn explanation(&self) -> Option<&str> {
        find_sentence(self.detail.as_ref())
    }
}

/// What people know a device by; a member is null where the device has none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct ShownDevice {
    /// Name of the device.
    pub device_name: Option<String>,
    /// Serial number.
    pub serial_number: Option<String>,
    /// Sign-in name of its user.
    pub user_principal_name: Option<String>,
    /// Last check-in, whole seconds.
    pub last_sync_date_time: Option<DateTime<Utc>>,
    /// Platform, as the list of actions names them.
    pub platform: Option<String>,
}

/// A step of a task.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TransitionView {
    /// When it was taken.
    pub at: DateTime<Utc>,
    /// Where the task stood then.
    pub state: TaskState,
    /// Stable code, as of the task; null: none.
    pub cause: Option<String>,
    /// A sentence in `text`, and its details; null: none.
    #[schema(value_type = Option<Object>)]
    pub detail: Option<Value>,
}

impl TransitionView {
    /// The sentence that explains it, where there is one.
    pub fn explanation(&self) -> Option<&str> {
        find_sentence(self.detail.as_ref())
    }
}

/// The sentence for people in the details of a step.
pub(super) fn find_sentence(detail: Option<&Value>) -> Option<&str> {
    detail?.get("text")?.as_str()
}

/// A task whose outcome a person must record.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AttentionView {
    /// The bus's number of the job.
    pub job: i64,
    /// The bus's number of the task.
    pub task: i64,
    /// The instance whose device it is; null: it is removed.
    pub instance: Option<String>,
    /// What was to be done.
    pub action: ActionKind,
    /// Intune device id.
    pub device_id: DeviceId,
    /// Name of the device as it was when the job was accepted; null: it had none.
    pub device_name: Option<String>,
    /// `goneUnproven`: the device is no longer listed, and nothing proves that the action caused it; `needsOperator`:
    /// it is unknown whether the action took effect.
    pub state: TaskState,
    /// The reason, in one sentence; null: none is known.
    pub text: Option<String>,
    /// When its state was changed last.
    pub updated_at: DateTime<Utc>,
}

/// An operator whose destructive rights are suspended.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SuspensionView {
    /// Name of the account.
    pub operator: String,
    /// Since when.
    pub since: DateTime<Utc>,
    /// What the tripwire saw, one sentence.
    pub why: String,
}

/// The outcome of a device, as a person found it.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ResolveBody {
    /// The bus's number of the task.
    pub task: i64,
    /// `done`, `failed`, `notSupported` or `deviceGone`.
    pub state: TaskState,
    /// How you know this; 1 to 1000 characters.
    pub note: String,
}

/// Name and password of the person who approves a job, and which one.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ApproveBody {
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
    /// `approvalDigest` of the job as it was shown.
    pub digest: String,
}

/// The person who decides, whatever connection is in use.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PersonBody {
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
}

/// What an action returned in secret. Not to be logged: it has no debug print.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct SecretsView {
    /// One entry a secret; empty: none, or erased.
    pub secrets: Vec<SecretView>,
    /// When the secrets are erased.
    pub note: String,
}

/// One secret of a device.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SecretView {
    /// `unlockPin`, `passcode`, `position`.
    pub kind: String,
    /// The secret itself.
    pub value: String,
    /// When it was read from Intune.
    pub at: DateTime<Utc>,
    /// When it is erased.
    pub erased_at: DateTime<Utc>,
}
