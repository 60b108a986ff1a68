//! Scans, and checks of a connection.

use super::DraftSettings;
use connector_core::model::{InstanceName, ScanId, ScanKind, ScanSummary};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

#[derive(Debug, Clone, Default, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct ScansQuery {
    pub instance: Option<InstanceName>,
    pub limit: Option<u32>,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ScansView {
    /// Newest first within each instance.
    pub scans: Vec<ScanView>,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ScanView {
    pub instance: String,
    pub scan: ScanSummary,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ScanBody {
    pub instance: InstanceName,
    /// `full` or `incremental`.
    pub kind: ScanKind,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ScanStarted {
    /// Null until the scan has a number.
    pub scan: Option<ScanId>,
    /// The kind that is running: not the requested one if another scan was already running.
    pub kind: ScanKind,
    pub already_running: bool,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DryRunBody {
    pub instance: InstanceName,
}

/// One of the two.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct VerifyBody {
    /// An installed instance.
    pub instance: Option<InstanceName>,
    /// Settings to test without saving them, keys as in the settings file; also requires Instances_Manage.
    pub draft: Option<DraftSettings>,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct VerifyView {
    /// No step failed.
    pub ok: bool,
    pub steps: Vec<VerifyStep>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
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

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum VerifyStepState {
    Ok,
    Failed,
    Skipped,
}

/// Progress of a scan that saves nothing; the last step is its outcome.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
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
