//! What a device was: its changes field by field, earlier ids and names, its actions, its compliance decisions.

use chrono::{DateTime, Utc};
use connector_core::model::{ActionKind, ComplianceOutcome, DeviceId, GoneReason, Seq, TaskState};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

/// Which part of a device's history.
#[derive(Debug, Clone, Default, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct DeviceHistoryQuery {
    /// Changes before this position in the feed, as `before` of the page read last says; omitted: the newest, and
    /// everything else that is known.
    pub before: Option<i64>,
    /// Most changes of the feed on the page, each with all its fields, and most tasks and decisions: 1 to 500; 100 if
    /// omitted.
    #[param(minimum = 1, maximum = 500)]
    pub limit: Option<usize>,
}

/// The history of a device.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeviceHistoryView {
    /// Name of the instance that reads the device.
    pub instance: String,
    /// Intune device id.
    pub device_id: DeviceId,
    /// For how many days changes, earlier ids and decisions are kept (`history_days` of the instance); 0: they are not.
    pub days: u32,
    /// When the device was reported gone; null: it is there, or that was longer ago.
    pub gone_at: Option<DateTime<Utc>>,
    /// Why it has gone; null as `goneAt`.
    pub gone_reason: Option<GoneReason>,
    /// Fields that changed, newest first. A device that was read for the first time has none.
    pub changes: Vec<FieldChangeView>,
    /// For the next page of changes; null on the last page.
    pub before: Option<i64>,
    /// Earlier ids of the same hardware and earlier names of the device, newest first. Only on the first page.
    pub identities: Vec<EarlierIdentityView>,
    /// Actions on the device within the caller's rights, newest first. Only on the first page.
    pub tasks: Vec<DeviceTaskView>,
    /// There are older tasks than those.
    pub more_tasks: bool,
    /// Compliance decisions about the device, newest first; empty without the right `Compliance_Read`. Only on the first
    /// page.
    pub decisions: Vec<DeviceDecisionView>,
    /// There are older decisions than those.
    pub more_decisions: bool,
    /// Rights that the caller lacks here, so that parts are left out: without `Jobs_Read` the tasks of others, without
    /// `Compliance_Read` all decisions.
    pub missing_rights: Vec<String>,
}

/// One field before and after a change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FieldChangeView {
    /// When the connector noticed the change.
    pub at: DateTime<Utc>,
    /// The change's position in the feed; fields that changed together have the same.
    pub seq: Seq,
    /// Name in Graph; a member of an object as `object.member`.
    pub field: String,
    /// Its value until then: text and JSON of more than 256 characters is cut and ends in `…`; null: it had none.
    pub before: Value,
    /// Its value since then, likewise.
    pub after: Value,
}

/// An id or a name that the device had.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct EarlierIdentityView {
    /// Intune device id; the device's own, where it had another name.
    pub device_id: DeviceId,
    /// Its name then; null: it had none, or it is not known.
    pub device_name: Option<String>,
    /// Since when: its enrolment, or when it got the name; null: not known.
    pub since: Option<DateTime<Utc>>,
    /// Until when: when it was reported gone, or got another name; null: Intune still lists it, or it is not known.
    pub until: Option<DateTime<Utc>>,
    /// `renamed`: the device got another name; `sameHardware`: an older id that Intune still lists; otherwise why that
    /// device has gone (`replaced`, `deleted`, `byJob` …).
    pub reason: String,
}

/// An action on the device.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeviceTaskView {
    /// The bus's number of the job.
    pub job: i64,
    /// The bus's number of the task.
    pub task: i64,
    /// What was to be done.
    pub action: ActionKind,
    /// Where it stands.
    pub state: TaskState,
    /// Stable code, as of the task; null: none.
    pub cause: Option<String>,
    /// The account that asked for it; null: it is removed.
    pub asked_by: Option<String>,
    /// When it was asked for.
    pub at: DateTime<Utc>,
    /// When its state was changed last.
    pub updated_at: DateTime<Utc>,
    /// What became of it, one sentence; null: none is known.
    pub message: Option<String>,
}

/// A compliance decision about the device. One that came out as the one before it, at the same node, is the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeviceDecisionView {
    /// When it came out so for the first time.
    pub at: DateTime<Utc>,
    /// When it came out so for the last time, to ten minutes.
    pub until: DateTime<Utc>,
    /// The node that decided.
    pub node: String,
    /// What it came to.
    pub outcome: ComplianceOutcome,
    /// Why: codes of the reasons, with policy, setting or a sentence where these say nothing of a person.
    pub reasons: Vec<String>,
}
