//! Changing your own password requires the current one, never a token: whoever finds a token must not be able to take
//! over the person's account (A9). The token of a session is not enough either, without the password.

use axum::http::StatusCode;
use secrecy::SecretString;

use crate::sics::Sics;
use crate::sics::auth::{Caller, PersonCredentials, SignInMethod};
use crate::sics::problem::ApiProblem;

/// Whether the caller knows the current password, and shows a code where they have a second factor; wrong ones are counted
/// and slowed like at any sign-in.
pub(crate) async fn require_current_password(
    sics: &Sics,
    caller: &Caller,
    current: Option<SecretString>,
    code: Option<String>,
) -> Result<(), ApiProblem> {
    if let SignInMethod::Token(_) = caller.by {
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
    let given = PersonCredentials {
        name: caller.name().to_owned(),
        password: current,
        factor: caller.given_factor(caller.name(), code, sics.now()),
    };
    let person = sics.auth().sign_in_person(given, caller.address).await?;
    if person.operator.id == caller.operator.id {
        Ok(())
    } else {
        Err(ApiProblem::not_found("operator", caller.name()))
    }
}

fn password_problem(code: &str, detail: &str, advice: &str) -> ApiProblem {
    ApiProblem::new(StatusCode::FORBIDDEN, code, detail, advice)
}
