//! Why a job is not accepted, each reason with what to do about it.

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
