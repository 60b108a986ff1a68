//! Why a job is not accepted, each reason with what to do about it.

use serde_json::Value;

use crate::actions::guard::pending_actions::PendingAction;

use crate::store::{JobRefusal, StoreError};

#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// The request itself is wrong; `code` is stable.
    #[error("{detail}")]
    Wrong {
        code: &'static str,
        detail: String,
        advice: String,
    },
    /// The id is taken by a job with other content.
    #[error("job {id} already exists with different content")]
    Conflict { id: String },
    /// A rule says no.
    #[error("{}", refused.detail)]
    Refused { refused: JobRefusal, suspended: bool },
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("cannot seal the parameters: {0}")]
    Seal(String),
}

impl JobError {
    pub fn invalid_request(code: &'static str, detail: impl Into<String>, advice: impl Into<String>) -> JobError {
        JobError::Wrong {
            code,
            detail: detail.into(),
            advice: advice.into(),
        }
    }

    pub fn code(&self) -> &str {
        match self {
            JobError::Wrong { code, .. } => code,
            JobError::Conflict { .. } => "idTaken",
            JobError::Refused { refused, .. } => refused.rule,
            JobError::Store(error) => error.code(),
            JobError::Seal(_) => "seal",
        }
    }

    pub fn advice(&self) -> String {
        match self {
            JobError::Wrong { advice, .. } => advice.clone(),
            JobError::Conflict { .. } => "Give each job its own id; ids never expire.".to_owned(),
            JobError::Refused {
                refused,
                suspended: true,
            } => format!(
                "{} Your destructive rights are suspended and your open jobs stopped: another operator has to review this.",
                refused.advice
            ),
            JobError::Refused { refused, .. } => refused.advice.clone(),
            JobError::Store(_) | JobError::Seal(_) => "Nothing was saved. See the log of the bus.".to_owned(),
        }
    }
}

/// The result of a dry run for one device.
#[derive(Debug, Clone, PartialEq, serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DryRunResult {
    #[schema(value_type = String)]
    pub device_id: crate::model::DeviceId,
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
