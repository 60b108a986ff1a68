//! Why a job is not taken, not approved, or what the guard goes by not changed.

use axum::http::StatusCode;

use super::ApiProblem;
use crate::actions::guard::NotApproved;
use crate::actions::job::JobError;
use crate::actions::policy_changes::PolicyChangeError;
use crate::store::JobRefusal;

impl From<JobError> for ApiProblem {
    fn from(error: JobError) -> Self {
        let (detail, advice) = (error.to_string(), error.advice());
        match error {
            JobError::Wrong { code, .. } => ApiProblem::new(status_of_code(code), code, detail, advice),
            JobError::Conflict { .. } => ApiProblem::conflict("idTaken", detail, advice),
            JobError::Refused { refused, suspended } => {
                ApiProblem::new(status_of_denial(&refused), refused.rule, detail, advice)
                    .with_member("suspended", suspended)
            }
            JobError::Store(error) => error.into(),
            JobError::Seal(_) => ApiProblem::internal("seal", &error),
        }
    }
}

fn status_of_code(code: &str) -> StatusCode {
    match code {
        "unknownDevice" | "unknownInstance" | "unknownDefinition" => StatusCode::NOT_FOUND,
        // It was right once, or elsewhere.
        "seenTooOld" | "neverHandedOut" | "expectDevices" | "noDevices" => StatusCode::CONFLICT,
        _ => StatusCode::BAD_REQUEST,
    }
}

/// A missing right has another status than a reached limit.
fn status_of_denial(refused: &JobRefusal) -> StatusCode {
    match refused.rule {
        "missingRight"
        | "outOfScope"
        | "operator"
        | "suspended"
        | "personally"
        | "brokenGlassOff"
        | "secondFactorRequired" => StatusCode::FORBIDDEN,
        _ => StatusCode::CONFLICT,
    }
}

impl From<NotApproved> for ApiProblem {
    fn from(why: NotApproved) -> Self {
        let status = match why.code {
            "digest" | "notWaiting" | "seen" | "expired" | "stale" | "requesterGone" => StatusCode::CONFLICT,
            _ => StatusCode::FORBIDDEN,
        };
        ApiProblem::new(status, why.code, why.detail, why.advice)
    }
}

impl From<PolicyChangeError> for ApiProblem {
    fn from(error: PolicyChangeError) -> Self {
        match error {
            PolicyChangeError::NotApproved(why) => why.into(),
            PolicyChangeError::Store(error) => error.into(),
        }
    }
}
