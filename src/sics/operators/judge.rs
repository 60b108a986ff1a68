//! Who may give what to whom: nobody more than they have, right by right and place by place.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::actions::guard::accounts;
use crate::model::{Grant, Missing, Right, Scope, missing};
use crate::sics::auth::{By, Caller};
use crate::sics::problem::Problem;
use crate::store::{OperatorKind, OperatorRow};

/// Each right has to be the caller's own wherever it would hold.
pub fn covers(caller: &Caller, grant: Grant<'_>) -> Result<(), Problem> {
    let Some(right) = accounts::lacking(&caller.operator, grant) else {
        return Ok(());
    };
    let there = if grant.scope.is_everywhere() || !caller.may(right.as_str()) {
        ""
    } else {
        " there"
    };
    Err(Problem::new(
        StatusCode::FORBIDDEN,
        "beyondYours",
        format!("operator {} does not have the right {right}{there}", caller.name()),
        "Only who has a right can grant it, or change an account that has it.",
    )
    .with("right", right.as_str()))
}

pub fn covers_account(caller: &Caller, row: &OperatorRow) -> Result<(), Problem> {
    row.grants().try_for_each(|grant| covers(caller, grant))
}

pub fn covers_rights(caller: &Caller, rights: &[Right], scope: &Scope) -> Result<(), Problem> {
    covers(caller, Grant { rights, scope })
}

/// The rights, all of them the caller's own, with those that they need where he wants them added; else what is missing is
/// told.
pub fn complete(caller: &Caller, mut rights: Vec<Right>, scope: &Scope, add: bool) -> Result<Vec<Right>, Problem> {
    covers_rights(caller, &rights, scope)?;
    let lacking = missing(&rights);
    if lacking.is_empty() {
        return Ok(rights);
    }
    if add {
        rights.extend(lacking.into_iter().map(|one| one.right));
        covers_rights(caller, &rights, scope)?;
        return Ok(rights);
    }
    let told = |one: &Missing| format!("{} (needed by {})", one.right, one.needed_by);
    let text: Vec<String> = lacking.iter().map(told).collect();
    let list: Vec<Value> = lacking
        .iter()
        .map(|one| json!({"right": one.right, "neededBy": one.needed_by}))
        .collect();
    Err(Problem::conflict(
        "dependenciesMissing",
        format!(
            "rights are missing without which others are of no use: {}",
            text.join(", ")
        ),
        "Grant them too, or say addDependencies.",
    )
    .with("missing", list))
}

/// Who may have a token for this account: nobody makes one for another person, and a token that got into wrong hands
/// must not be able to make more of itself (A9).
pub fn may_have_token(caller: &Caller, row: &OperatorRow) -> Result<(), Problem> {
    let (code, detail, advice) = match (row.id == caller.operator.id, row.kind, &caller.by) {
        (true, _, By::Password) | (false, OperatorKind::Server | OperatorKind::Microservice, _) => return Ok(()),
        (true, _, By::Token(_)) => (
            "passwordNeeded",
            "a token can't make another token of its own account".to_owned(),
            "Sign in with name and password for this.",
        ),
        (false, OperatorKind::Person, _) => (
            "notYourToken",
            format!("{} is a person, and nobody makes a token for another person", row.name),
            "They make one for themselves: intune-connector login URL --user NAME. For a program, add an account of kind server.",
        ),
    };
    Err(Problem::new(StatusCode::FORBIDDEN, code, detail, advice))
}
