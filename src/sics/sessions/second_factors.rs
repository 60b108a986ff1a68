//! Setting up, removing and resetting the second factor of a person.
//!
//! Its owner sets it up with their password and one right code, and removes it with their password and a code. Taking it
//! away from somebody else gives control over their account to whoever knows the password, so it is a change of accounts
//! like others (A9).

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::contract::{
    CodeBody, IssuedSecret, PasswordBody, PasswordCodeBody, RecoveryCodesView, SecondFactorDraftView,
};
use crate::model::AccountChange;
use crate::sics::Sics;
use crate::sics::auth::{Caller, GivenFactor, PersonCredentials};
use crate::sics::extract::{JsonBody, PathParams};
use crate::sics::operators::delegation::require_account_covered;
use crate::sics::operators::{
    AccountChangeReply, find_operator, operator_view, request_account_change, require_not_system,
};
use crate::sics::problem::ApiProblem;
use crate::store::{AppliedAccountChange, OperatorKind};

/// Machines have none, and neither has an account without a password.
fn require_person(caller: &Caller) -> Result<(), ApiProblem> {
    if caller.operator.kind == OperatorKind::Person && caller.operator.password_hash.is_some() {
        return Ok(());
    }
    Err(ApiProblem::new(
        StatusCode::FORBIDDEN,
        "notAPerson",
        format!("{} is not the account of a person with a password", caller.name()),
        "A second factor is for people; a program signs in with a token.",
    ))
}

/// That the caller's own account signs in by this.
async fn require_own_sign_in(sics: &Sics, caller: &Caller, given: PersonCredentials) -> Result<(), ApiProblem> {
    let person = sics.auth().sign_in_person(given, caller.address).await?;
    if person.operator.id == caller.operator.id {
        Ok(())
    } else {
        Err(ApiProblem::not_found("operator", caller.name()))
    }
}

fn already_set_problem() -> ApiProblem {
    ApiProblem::conflict(
        "secondFactorSet",
        "this account has a second factor",
        "Remove it first, with your password and a code: POST /sics/v1/second-factor/remove",
    )
}

pub(crate) async fn begin_second_factor(
    State(sics): State<Sics>,
    caller: Caller,
    JsonBody(body): JsonBody<PasswordBody>,
) -> Result<Json<SecondFactorDraftView>, ApiProblem> {
    require_person(&caller)?;
    if caller.operator.second_factor_since.is_some() {
        return Err(already_set_problem());
    }
    let given = PersonCredentials {
        name: caller.name().to_owned(),
        password: body.password,
        factor: GivenFactor::Nothing,
    };
    require_own_sign_in(&sics, &caller, given).await?;
    let shown = sics.auth().draft_second_factor(&caller.operator)?;
    Ok(Json(SecondFactorDraftView {
        secret: IssuedSecret(shown.secret),
        uri: IssuedSecret(shown.uri),
    }))
}

/// Its owner's other sessions end, as they were begun without it.
pub(crate) async fn confirm_second_factor(
    State(sics): State<Sics>,
    caller: Caller,
    JsonBody(body): JsonBody<CodeBody>,
) -> Result<Json<RecoveryCodesView>, ApiProblem> {
    require_person(&caller)?;
    let confirmed = sics.auth().confirm_draft(&caller.operator, &body.code)?;
    let audit_detail = |added: &bool| added.then(|| json!({}));
    let store = sics.recording(&caller, "secondFactor.set", caller.name(), audit_detail);
    if !store.add_second_factor(confirmed.new).await? {
        return Err(already_set_problem());
    }
    sics.auth().keep_session(&caller, true).await?;
    Ok(Json(RecoveryCodesView {
        codes: confirmed.recovery_codes.into_iter().map(IssuedSecret).collect(),
    }))
}

pub(crate) async fn remove_second_factor(
    State(sics): State<Sics>,
    caller: Caller,
    JsonBody(body): JsonBody<PasswordCodeBody>,
) -> Result<StatusCode, ApiProblem> {
    require_person(&caller)?;
    if caller.operator.second_factor_since.is_none() {
        return Err(not_set_problem(caller.name()));
    }
    let code = Some(body.code).filter(|code| !code.is_empty());
    let given = PersonCredentials {
        name: caller.name().to_owned(),
        password: body.password,
        factor: caller.given_factor(caller.name(), code, sics.now()),
    };
    require_own_sign_in(&sics, &caller, given).await?;
    let audit_detail = |removed: &bool| removed.then(|| json!({}));
    let store = sics.recording(&caller, "secondFactor.removed", caller.name(), audit_detail);
    if !store.remove_second_factor(caller.operator.id).await? {
        return Err(not_set_problem(caller.name()));
    }
    sics.auth().keep_session(&caller, false).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) async fn reset_second_factor(
    State(sics): State<Sics>,
    caller: Caller,
    PathParams(name): PathParams<String>,
) -> Result<Response, ApiProblem> {
    let row = find_operator(&sics, &name).await?;
    require_not_system(&row)?;
    require_account_covered(&caller, &row)?;
    if row.id == caller.operator.id {
        return Err(ApiProblem::conflict(
            "yourself",
            "you cannot reset your own second factor",
            "Remove it with your password and a code, or with a recovery code; without any, ask another operator with \
             Operators_Manage.",
        ));
    }
    if row.second_factor_since.is_none() {
        return Err(not_set_problem(&row.name));
    }
    let change = AccountChange::ResetSecondFactor {
        operator: row.id,
        name: row.name.clone(),
    };
    let audit_detail = |made: &AppliedAccountChange| match made {
        AppliedAccountChange::Changed(true) => Some(json!({})),
        AppliedAccountChange::Changed(false) | AppliedAccountChange::Operator(_) | AppliedAccountChange::Token(_) => {
            None
        }
    };
    match request_account_change(&sics, &caller, change, None, audit_detail).await? {
        AccountChangeReply::Waits(answer) => Ok(answer),
        AccountChangeReply::Made(_) => {
            let changed = find_operator(&sics, &row.name).await?;
            Ok(operator_view(&sics, &changed).await?.into_response())
        }
    }
}

fn not_set_problem(operator: &str) -> ApiProblem {
    ApiProblem::conflict(
        "secondFactorNotSet",
        format!("operator {operator} has no second factor"),
        "There is nothing to do.",
    )
}
