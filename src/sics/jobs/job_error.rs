//! Why a job is not accepted, in the form of all refusals: status, stable code, and what to do about it.

use axum::http::StatusCode;

use crate::actions::job::JobError;
use crate::sics::problem::ApiProblem;
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
