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
        "Send an operator's name and password (Basic) or a token (Authorization: Bearer icp_… or ics_…).",
    )
}

/// Only who knows the password hears it.
pub(super) fn second_factor_needed_problem() -> ApiProblem {
    ApiProblem::new(
        StatusCode::UNAUTHORIZED,
        "secondFactorNeeded",
        "this account has a second factor, and its code is missing",
        "Send the code that the app shows (`code` in the body; with Basic the header X-Second-Factor), or use a token: \
         intune-connector login URL --user NAME asks for the code.",
    )
}

pub(super) fn second_factor_wrong_problem() -> ApiProblem {
    ApiProblem::new(
        StatusCode::UNAUTHORIZED,
        "secondFactorWrong",
        "the code of the second factor is wrong, or was used before",
        "Wait for the next code of the app and send that one; check the clock of the device that shows it. A recovery \
         code works once.",
    )
}

/// For a token that was one of a session: it tells nobody else anything.
pub(super) fn session_expired_problem() -> ApiProblem {
    ApiProblem::new(
        StatusCode::UNAUTHORIZED,
        "sessionExpired",
        "this session has ended",
        "Sign in again.",
    )
}

/// The bus wants one for this, and none was shown.
pub(super) fn second_factor_required_problem(operator: &str) -> ApiProblem {
    ApiProblem::new(
        StatusCode::FORBIDDEN,
        "secondFactorRequired",
        format!("operator {operator} has to sign in with a second factor for this (`second_factor = privileged`)"),
        "Set one up, in the console or with intune-connector operators second-factor --url URL --user NAME; then sign in \
         with password and code. A token shows no code.",
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

/// A header that is none, whoever sent it: nothing was looked up yet.
pub(super) fn unreadable_header_problem() -> ApiProblem {
    ApiProblem::new(
        StatusCode::UNAUTHORIZED,
        "signInFailed",
        "the header Authorization cannot be read",
        "It begins with Bearer, before a token, or with Basic, before name and password in base64 (curl: --user NAME), and is \
         sent once.",
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

#[cfg(test)]
mod tests {
    use super::{sign_in_failed_problem, unreadable_header_problem};

    #[test]
    fn wn_48_a_header_without_its_scheme_is_told_as_one() {
        let (header, refused) = (unreadable_header_problem(), sign_in_failed_problem());
        assert_eq!(header.code(), refused.code());
        assert!(header.detail().contains("header Authorization"));
    }
}
