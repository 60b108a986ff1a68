//! What whoever hands in, tries or cancels a job is answered.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use connector_core::model::{ActionKind, DeviceId, TaskState};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::UnjudgedView;
use super::jobs::ShownDevice;

/// The acknowledgement: what it reports is durable.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReceiptView {
    /// The sender's id of the job.
    pub id: String,
    /// The bus's number of the job; null for a dry run.
    pub job: Option<i64>,
    /// The instance whose devices they are.
    pub instance: String,
    /// The same for people: its name, profile and tenant.
    pub title: String,
    /// What is done to each device.
    pub action: ActionKind,
    /// Number of devices.
    pub devices: u64,
    /// A second person must agree before anything is sent.
    pub needs_approval: bool,
    /// The same job was accepted before; `states` is its current progress.
    pub known: bool,
    /// After this time nothing is sent any more.
    pub expires_at: DateTime<Utc>,
    /// Number of devices in each state.
    pub states: BTreeMap<TaskState, u64>,
    /// What would be done to each device.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dry_run: Option<Vec<DryRunResult>>,
    /// Devices that the filter could not evaluate; they are not included.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unjudged: Option<UnjudgedView>,
    /// Devices of the job on which the action cannot work: they will be refused. A job without any other device is not
    /// accepted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unfit: Option<UnfitView>,
}

/// Devices on which an action cannot work: how many, and the first 100.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UnfitView {
    /// How many they are.
    pub count: u64,
    /// The first 100 of them.
    pub devices: Vec<UnfitDevice>,
}

/// A device on which an action cannot work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UnfitDevice {
    /// Intune device id.
    pub device_id: DeviceId,
    /// Stable code of the rule that stops it.
    pub rule: String,
    /// Why not, one sentence.
    pub reason: String,
    /// What works instead; null: nothing is known.
    pub instead: Option<String>,
}

/// The result of a dry run for one device.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DryRunResult {
    /// Intune device id.
    pub device_id: DeviceId,
    /// As the inventory has it.
    pub device: ShownDevice,
    /// Whether the action would be carried out.
    pub would: bool,
    /// What the action does on this device.
    pub effect: String,
    /// Pending actions that Intune shows and that were not sent from here.
    pub pending: Vec<PendingAction>,
    /// Whether the device was read from Intune just now; otherwise from the inventory, which has no results of actions.
    pub fresh: bool,
    /// Stable code of the rule that stops it; null: none does.
    pub rule: Option<String>,
    /// Why not, one sentence; null: it would be carried out.
    pub reason: Option<String>,
    /// What to do instead; null: nothing is known.
    pub instead: Option<String>,
}

/// One action that Intune shows as pending.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PendingAction {
    /// The connector's name of the action; if it has none, Intune's name.
    pub action: String,
    /// Since when; null: Intune does not say.
    pub since: Option<DateTime<Utc>>,
    /// Where it shows: `managementState wipePending`, `deviceActionResults`.
    pub shown_by: String,
}

/// What a cancellation did.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct CancelledView {
    /// Devices to which nothing was or will be sent.
    pub cancelled: u64,
    /// Devices for which it was too late: Intune already has the action, or the task had ended.
    pub left: u64,
}
