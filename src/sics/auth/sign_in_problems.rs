//! What somebody is told who does not get in. It says nothing of which names exist.

use axum::http::StatusCode;

use super::password::PasswordError;
use super::throttle::SignInDelay;
use crate::sics::problem::ApiProblem;

pub(super) fn sign_in_slowed_problem(held: SignInDelay) -> ApiProblem {
    ApiProblem::new(
        StatusCode::TOO_MANY_REQUESTS,
        "signInSlowed",
        "too many wrong sign-ins under this name or from this address",
        "Wait as long as Retry-After says, and check name and password meanwhile.",
    )
    .with_retry_after(held.retry_after_s)
}

pub fn not_signed_in_problem() -> ApiProblem {
    ApiProblem::new(
        StatusCode::UNAUTHORIZED,
        "notSignedIn",
        "this needs a sign-in",
        "Send an operator's name and password (Basic) or a token (Authorization: Bearer icp_…).",
    )
}

/// One answer for all reasons: which of them it was is nobody's business who can't sign in.
pub(super) fn sign_in_failed_problem() -> ApiProblem {
    ApiProblem::new(
        StatusCode::UNAUTHORIZED,
        "signInFailed",
        "name, password or token is wrong, expired or disabled",
        "Check the spelling; somebody with Operators_Manage can look at the account and its tokens. The audit trail has the reason.",
    )
}

pub(super) fn sign_in_busy_problem(error: PasswordError) -> ApiProblem {
    match error {
        PasswordError::Busy => ApiProblem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "signInBusy",
            "too many sign-ins at once",
            "Try again in a moment; tokens need no such patience.",
        )
        .with_retry_after(2),
        other => ApiProblem::internal("password", &other),
    }
}
