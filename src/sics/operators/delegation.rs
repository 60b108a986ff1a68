//! Who may grant what to whom: nobody grants more than they have, right by right and scope by scope.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::actions::guard::account_changes;
use crate::model::{Grant, MissingRight, Right, RightScope, Timestamp, missing_rights};
use crate::sics::auth::{Caller, SignInMethod};
use crate::sics::problem::ApiProblem;
use crate::store::{OperatorKind, OperatorRow};

/// Each right has to be the caller's own wherever it would hold.
pub(crate) fn require_grant_covered(caller: &Caller, grant: Grant<'_>) -> Result<(), ApiProblem> {
    let Some(right) = account_changes::find_lacking_right(&caller.operator, grant) else {
        return Ok(());
    };
    let there = if grant.scope.is_everywhere() || !caller.has_right(right.as_str()) {
        ""
    } else {
        " there"
    };
    Err(ApiProblem::new(
        StatusCode::FORBIDDEN,
        "beyondYours",
        format!("operator {} does not have the right {right}{there}", caller.name()),
        "Only an operator who has a right can grant it, or change an account that has it.",
    )
    .with_member("right", right.as_str()))
}

pub(crate) fn require_account_covered(caller: &Caller, row: &OperatorRow) -> Result<(), ApiProblem> {
    row.grants().try_for_each(|grant| require_grant_covered(caller, grant))
}

pub(crate) fn require_rights_covered(caller: &Caller, rights: &[Right], scope: &RightScope) -> Result<(), ApiProblem> {
    require_grant_covered(caller, Grant { rights, scope })
}

/// The rights, all of them the caller's own, with those that they need where the caller wants them added; else what is missing is
/// told.
pub(crate) fn complete_rights(
    caller: &Caller,
    mut rights: Vec<Right>,
    scope: &RightScope,
    add: bool,
) -> Result<Vec<Right>, ApiProblem> {
    require_rights_covered(caller, &rights, scope)?;
    let lacking = missing_rights(&rights);
    if lacking.is_empty() {
        return Ok(rights);
    }
    if add {
        rights.extend(lacking.into_iter().map(|missing| missing.right));
        require_rights_covered(caller, &rights, scope)?;
        return Ok(rights);
    }
    let describe_missing = |missing: &MissingRight| format!("{} (needed by {})", missing.right, missing.needed_by);
    let text: Vec<String> = lacking.iter().map(describe_missing).collect();
    let list: Vec<Value> = lacking
        .iter()
        .map(|missing| json!({"right": missing.right, "neededBy": missing.needed_by}))
        .collect();
    Err(ApiProblem::conflict(
        "dependenciesMissing",
        format!("required rights are missing: {}", text.join(", ")),
        "Grant them too, or have them added (addDependencies, --add-dependencies).",
    )
    .with_member("missing", list))
}

/// Who may have a token for this account: nobody creates one for another person, and a token that got into wrong hands
/// must not be able to create more tokens (A9). A session may for some minutes after its password was given.
pub(crate) fn require_token_allowed(caller: &Caller, row: &OperatorRow, now: Timestamp) -> Result<(), ApiProblem> {
    let (code, detail, advice) = match (row.id == caller.operator.id, row.kind, &caller.by) {
        (true, _, SignInMethod::Password { .. }) | (false, OperatorKind::Server, _) => return Ok(()),
        (true, _, SignInMethod::Session { .. }) if caller.by.is_fresh(now) => return Ok(()),
        (true, _, SignInMethod::Session { .. }) => (
            "sessionNotConfirmed",
            "a token for your own account requires your password again".to_owned(),
            "Confirm the session with your password: POST /sics/v1/sessions/current/confirm. It counts for five minutes.",
        ),
        (true, _, SignInMethod::Token(_)) => (
            "passwordNeeded",
            "a token cannot create another token for its own account".to_owned(),
            "Sign in with name and password for this.",
        ),
        (false, OperatorKind::Person, _) => (
            "notYourToken",
            format!("{} is a person: you cannot create a token for another person", row.name),
            "They create one themselves: \
             intune-connector login URL --user NAME. For a program, add an account of kind server.",
        ),
    };
    Err(ApiProblem::new(StatusCode::FORBIDDEN, code, detail, advice))
}
