//! What a caller is told whose sign-in failed. It does not reveal which names exist.

use axum::http::StatusCode;

use super::password::PasswordError;
use super::throttle::SignInDelay;
use crate::sics::problem::ApiProblem;

pub(super) fn sign_in_slowed_problem(held: SignInDelay) -> ApiProblem {
    ApiProblem::new(
        StatusCode::TOO_MANY_REQUESTS,
        "signInSlowed",
        "too many failed sign-ins with this name or from this address",
        "Wait for the time in Retry-After, and check name and password.",
    )
    .with_retry_after(held.retry_after_s)
}

pub fn not_signed_in_problem() -> ApiProblem {
    ApiProblem::new(
        StatusCode::UNAUTHORIZED,
        "notSignedIn",
        "this request requires a sign-in",
        "Send an operator's name and password (Basic) or a token (Authorization: Bearer icp_…).",
    )
}

/// One answer for all reasons: a caller who cannot sign in must not learn which of them it was.
pub(super) fn sign_in_failed_problem() -> ApiProblem {
    ApiProblem::new(
        StatusCode::UNAUTHORIZED,
        "signInFailed",
        "name, password or token is wrong, expired or disabled",
        "Check the spelling. An operator with Operators_Manage can check the account and its tokens; the audit trail \
         gives the reason.",
    )
}

pub(super) fn sign_in_busy_problem(error: PasswordError) -> ApiProblem {
    match error {
        PasswordError::Busy => ApiProblem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "signInBusy",
            "too many sign-ins at once",
            "Try again in a moment, or sign in with a token.",
        )
        .with_retry_after(2),
        other => ApiProblem::internal("password", &other),
    }
}
