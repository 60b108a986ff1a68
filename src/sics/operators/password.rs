//! Changing your own password requires the current one, never a token: whoever finds a token must not be able to take
//! over the person's account (A9).

use axum::http::StatusCode;
use secrecy::SecretString;

use crate::sics::Sics;
use crate::sics::auth::{Caller, SignInMethod};
use crate::sics::problem::ApiProblem;

/// Whether the caller knows the current password; wrong ones are counted and slowed like at any sign-in.
pub(crate) async fn require_current_password(
    sics: &Sics,
    caller: &Caller,
    current: Option<SecretString>,
) -> Result<(), ApiProblem> {
    if caller.by != SignInMethod::Password {
        return Err(password_problem(
            "passwordNeeded",
            "a token cannot change the password of its own account",
            "Sign in with name and password for this.",
        ));
    }
    let Some(current) = current else {
        return Err(password_problem(
            "currentPasswordNeeded",
            "changing your own password requires the current one",
            "Send currentPassword as well.",
        ));
    };
    let person = sics
        .auth()
        .sign_in_person(caller.name(), current, caller.address)
        .await?;
    if person.operator.id == caller.operator.id {
        Ok(())
    } else {
        Err(ApiProblem::not_found("operator", caller.name()))
    }
}

fn password_problem(code: &str, detail: &str, advice: &str) -> ApiProblem {
    ApiProblem::new(StatusCode::FORBIDDEN, code, detail, advice)
}
