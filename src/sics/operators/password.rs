//! One's own password changes only with the one that holds, never by a token: whoever finds a token must not be able to
//! make themselves the person behind it (A9).

use axum::http::StatusCode;
use secrecy::SecretString;

use crate::sics::Sics;
use crate::sics::auth::{By, Caller};
use crate::sics::problem::Problem;

/// Whether the caller knows the password that holds; wrong ones are counted and slowed like at any sign-in.
pub async fn proven(sics: &Sics, caller: &Caller, current: Option<SecretString>) -> Result<(), Problem> {
    if caller.by != By::Password {
        return Err(refused(
            "passwordNeeded",
            "a token can't change the password of its own account",
            "Sign in with name and password for this.",
        ));
    }
    let Some(current) = current else {
        return Err(refused(
            "currentPasswordNeeded",
            "your own password changes only together with the one that holds",
            "Give currentPassword as well.",
        ));
    };
    let person = sics.auth().person(caller.name(), current, caller.address).await?;
    match person.operator.id == caller.operator.id {
        true => Ok(()),
        false => Err(Problem::unknown("operator", caller.name())),
    }
}

fn refused(code: &str, detail: &str, advice: &str) -> Problem {
    Problem::new(StatusCode::FORBIDDEN, code, detail, advice)
}
