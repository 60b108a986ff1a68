//! Why a job is not taken: each with what to do about it.

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
    #[error("job {id} exists already, with other content")]
    Conflict { id: String },
    /// A rule says no.
    #[error("{}", refused.detail)]
    Refused { refused: JobRefusal, suspended: bool },
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the parameters could not be sealed: {0}")]
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
            JobError::Conflict { .. } => "Give each job an id of its own; ids never expire.".to_owned(),
            JobError::Refused {
                refused,
                suspended: true,
            } => format!(
                "{} Your rights to destructive actions are suspended and your open jobs stopped: another operator has to look.",
                refused.advice
            ),
            JobError::Refused { refused, .. } => refused.advice.clone(),
            JobError::Store(_) | JobError::Seal(_) => "The log of the bus says more; nothing was kept.".to_owned(),
        }
    }
}

/// What a device of a dry run would come to.
#[derive(Debug, Clone, PartialEq, serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DryRunResult {
    #[schema(value_type = String)]
    pub device_id: crate::model::DeviceId,
    /// Name, serial number, user, last check-in.
    #[schema(value_type = Object)]
    pub device: Value,
    /// Whether it would be carried out.
    pub would: bool,
    /// What it does on this very device.
    pub effect: String,
    /// What Intune shows as pending on it and was not sent from here.
    pub pending: Vec<PendingAction>,
    /// Whether Intune was asked for it just now; else it is judged by the inventory, which knows no results of actions.
    pub fresh: bool,
    /// Why not, stable and as a sentence, and what could be done instead.
    pub rule: Option<String>,
    pub reason: Option<String>,
    pub instead: Option<String>,
}
