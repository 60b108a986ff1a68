//! Why a job is not taken, in the form of all refusals: status, stable code, and what to do about it.

use axum::http::StatusCode;

use crate::actions::job::JobError;
use crate::sics::problem::Problem;
use crate::store::Refused;

impl From<JobError> for Problem {
    fn from(error: JobError) -> Self {
        let (detail, advice) = (error.to_string(), error.advice());
        match error {
            JobError::Wrong { code, .. } => Problem::new(status_of(code), code, detail, advice),
            JobError::Conflict { .. } => Problem::conflict("idTaken", detail, advice),
            JobError::Refused { refused, suspended } => {
                Problem::new(refusal(&refused), refused.rule, detail, advice).with("suspended", suspended)
            }
            JobError::Store(error) => error.into(),
            JobError::Seal(_) => Problem::internal("seal", &error),
        }
    }
}

fn status_of(code: &str) -> StatusCode {
    match code {
        "unknownDevice" | "unknownInstance" | "unknownDefinition" => StatusCode::NOT_FOUND,
        // It was right once, or elsewhere.
        "seenTooOld" | "neverHandedOut" | "expectDevices" | "noDevices" => StatusCode::CONFLICT,
        _ => StatusCode::BAD_REQUEST,
    }
}

/// A right that is missing is another matter than a limit that is reached.
fn refusal(refused: &Refused) -> StatusCode {
    match refused.rule {
        "missingRight" | "outOfScope" | "operator" | "suspended" | "personally" | "brokenGlassOff" => {
            StatusCode::FORBIDDEN
        }
        _ => StatusCode::CONFLICT,
    }
}
