//! Scans, and checks of a connection.

use std::collections::BTreeMap;

use super::{CheckStep, CheckStepState, DraftSettings};
use connector_core::model::{InstanceName, ScanId, ScanKind, ScanSummary};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Which scans.
#[derive(Debug, Clone, Default, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct ScansQuery {
    /// Name of the instance; omitted: all visible instances.
    #[param(value_type = Option<String>)]
    pub instance: Option<InstanceName>,
    /// Most scans of each instance: 1 to 200; 20 if omitted.
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<u32>,
}

/// Scans.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ScansView {
    /// Newest first within each instance.
    pub scans: Vec<ScanView>,
}

/// A scan of an instance.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ScanView {
    /// Name of the instance.
    pub instance: String,
    /// Name of the instance for people; null: none.
    pub profile: Option<String>,
    /// What it found.
    pub scan: ScanSummary,
}

/// The scan to start.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ScanBody {
    /// Name of the instance.
    pub instance: InstanceName,
    /// `full` or `incremental`.
    pub kind: ScanKind,
}

/// The scan that runs now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ScanStarted {
    /// Its number; null until it has one.
    pub scan: Option<ScanId>,
    /// The kind that is running: not the requested one if another scan was already running.
    pub kind: ScanKind,
    /// True: it was running before, and nothing was started.
    pub already_running: bool,
}

/// The scan to try out.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DryRunBody {
    /// Name of the instance.
    pub instance: InstanceName,
}

/// What to check: one of the two.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct VerifyBody {
    /// Name of an installed instance.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance: Option<InstanceName>,
    /// Settings to test without saving them, keys as in the settings file; also requires Instances_Manage.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub draft: Option<DraftSettings>,
}

/// What a connection check found.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct VerifyView {
    /// No step failed.
    pub ok: bool,
    /// Each step, in the order in which they were taken.
    pub steps: Vec<VerifyStep>,
}

/// One step of a connection check.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct VerifyStep {
    /// Kind of the step: `name`, `proxy`, `tls`, `connect`, `token`, `right`, `device`, `count`, `node`, `audits`,
    /// `server`.
    pub step: String,
    /// Subject of the step: a host, a right, a server id.
    pub subject: String,
    /// How it ended.
    pub state: VerifyStepState,
    /// What was found.
    pub detail: String,
    /// Stable code of the cause; null: the step succeeded.
    pub cause: Option<String>,
    /// What to do about it; null: nothing.
    pub cure: Option<String>,
    /// How long it took, milliseconds.
    pub took_ms: u64,
}

/// How a step of a connection check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum VerifyStepState {
    /// It succeeded.
    Ok,
    /// It failed.
    Failed,
    /// It was not taken; the detail says why, and which failed step it follows from.
    Skipped,
    /// It succeeded; `cure` says what could be better: a right that is not needed.
    Note,
}

/// A step as wizards show it: it blames no field.
impl From<VerifyStep> for CheckStep {
    fn from(step: VerifyStep) -> CheckStep {
        CheckStep {
            step: step.step,
            subject: step.subject,
            state: match step.state {
                VerifyStepState::Ok => CheckStepState::Ok,
                VerifyStepState::Failed => CheckStepState::Failed,
                VerifyStepState::Skipped => CheckStepState::Skipped,
                VerifyStepState::Note => CheckStepState::Note,
            },
            detail: step.detail,
            cause: step.cause,
            cure: step.cure,
            field: None,
            took_ms: step.took_ms,
        }
    }
}

/// Progress of a scan that saves nothing; the last step is its outcome.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum PreviewStep {
    /// Devices are being read.
    Progress {
        /// Devices so far.
        devices: u64,
        /// Devices that are expected in all; null: not known.
        expected: Option<u64>,
    },
    /// The devices that it has read, in numbers and examples; just before the outcome.
    Inventory(Box<PreviewInventory>),
    /// What the scan would have found.
    Found(Box<ScanSummary>),
    /// The scan failed.
    Failed {
        /// Short stable code.
        code: String,
        /// What failed, in one sentence.
        problem: String,
        /// What to do about it.
        advice: String,
    },
}

/// The devices that a scan that saves nothing has read, without those that are left out.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PreviewInventory {
    /// Operating system, and how many devices have it.
    pub systems: BTreeMap<String, u64>,
    /// Ownership, and how many devices have it.
    pub ownership: BTreeMap<String, u64>,
    /// Fields that have a value on at least one device.
    pub fields: u64,
    /// Settings by which devices are left out.
    pub left_out_by: Vec<String>,
    /// The first three devices; empty: the caller may not read devices.
    pub examples: Vec<PreviewExample>,
}

/// A device as an example.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PreviewExample {
    /// Its name.
    pub device_name: Option<String>,
    /// Its serial number.
    pub serial_number: Option<String>,
    /// Its operating system.
    pub operating_system: Option<String>,
    /// Version of the operating system.
    pub os_version: Option<String>,
    /// Its user.
    pub user_principal_name: Option<String>,
}
