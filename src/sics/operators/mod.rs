//! Accounts, of people and of management servers alike, and their tokens.
//!
//! Nobody grants what they do not have: granted rights must be covered by the granter's own, and an account that may do
//! more than the caller cannot be changed by them (otherwise resetting its password would be a way up). Nobody changes
//! their own rights or removes themselves, and the store refuses a change that would leave nobody who can manage
//! operators.
//!
//! What gives control over an account that may approve, destroy or manage accounts waits for a second person (A9): it
//! is judged and made in one transaction, [`request_account_change`] answers what became of it.

pub(crate) mod delegation;
mod password;
pub(crate) mod revocation;
mod tokens;

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use secrecy::SecretString;
use serde_json::{Value, json};

use super::Sics;
use super::auth::Caller;
use super::auth::password::PasswordError;
use super::extract::{JsonBody, PathParams, QueryParams};
use super::jobs::kill_switch::relaxation_view;
use super::jobs::view::JobNames;
use super::problem::ApiProblem;
use super::view;
use crate::actions::guard::tied_accounts::is_data_folder_account;
use crate::actions::policy_changes;
use crate::contract::{
    ConfirmQuery, IssuedToken, NewOperatorBody, OperatorBody, OperatorView, OperatorsView, WaitingView,
};
use crate::model::{AccountChange, OperatorId, SecretHash};
use crate::store::{AccountOutcome, AppliedAccountChange, AuditEntry, OperatorKind, OperatorRow};
use delegation::{complete_rights, require_account_covered, require_rights_covered};

pub(crate) use tokens::{add_token, list_tokens, remove_token};

const NAME_CHARS: usize = 64;

pub use crate::model::LOCAL_OPERATOR;

fn operator_names(rows: &[OperatorRow]) -> BTreeMap<OperatorId, String> {
    rows.iter().map(|row| (row.id, row.name.clone())).collect()
}

pub(crate) async fn list_operators(State(sics): State<Sics>) -> Result<Json<OperatorsView>, ApiProblem> {
    let rows = sics.store().list_operators().await?;
    let (names, signed_in) = (operator_names(&rows), sics.store().list_last_sign_ins().await?);
    let operators = rows.iter().map(|row| view::operator_view(row, &names, &signed_in));
    Ok(Json(OperatorsView {
        operators: operators.collect(),
    }))
}

pub(super) async fn find_operator(sics: &Sics, name: &str) -> Result<OperatorRow, ApiProblem> {
    let row = sics.store().find_operator_by_name(name).await?;
    row.ok_or_else(|| ApiProblem::not_found("operator", name))
}

pub(super) async fn operator_view(sics: &Sics, row: &OperatorRow) -> Result<Json<OperatorView>, ApiProblem> {
    let rows = sics.store().list_operators().await?;
    let signed_in = sics.store().list_last_sign_ins().await?;
    Ok(Json(view::operator_view(row, &operator_names(&rows), &signed_in)))
}

pub(crate) async fn show_operator(
    State(sics): State<Sics>,
    PathParams(name): PathParams<String>,
) -> Result<Json<OperatorView>, ApiProblem> {
    let row = find_operator(&sics, &name).await?;
    operator_view(&sics, &row).await
}

pub(crate) async fn add_operator(
    State(sics): State<Sics>,
    caller: Caller,
    JsonBody(body): JsonBody<NewOperatorBody>,
) -> Result<Response, ApiProblem> {
    check_operator_name(&body.name)?;
    let rights = complete_rights(&caller, body.rights, &body.scope, body.add_dependencies)?;
    let detail = json!({"kind": body.kind, "rights": rights, "scope": body.scope});
    let password = hash_given_password(&sics, body.password).await?;
    let change = AccountChange::Add {
        given: password.is_some() && body.kind == OperatorKind::Person && !is_data_folder_account(&caller.operator),
        name: body.name.clone(),
        account: body.kind,
        password,
        rights,
        scope: body.scope,
    };
    let audit_detail = move |_: &AppliedAccountChange| Some(detail.clone());
    match request_account_change(&sics, &caller, change, None, audit_detail).await? {
        AccountChangeReply::Waits(answer) => Ok(answer),
        AccountChangeReply::Made(_) => {
            let row = find_operator(&sics, &body.name).await?;
            Ok((StatusCode::CREATED, operator_view(&sics, &row).await?).into_response())
        }
    }
}

pub(crate) async fn change_operator(
    State(sics): State<Sics>,
    caller: Caller,
    PathParams(name): PathParams<String>,
    QueryParams(confirm): QueryParams<ConfirmQuery>,
    JsonBody(body): JsonBody<OperatorBody>,
) -> Result<Response, ApiProblem> {
    let before = find_operator(&sics, &name).await?;
    require_not_system(&before)?;
    require_account_covered(&caller, &before)?;
    let is_own = before.id == caller.operator.id;
    if is_own && (body.rights.is_some() || body.scope.is_some() || body.disabled.is_some()) {
        return Err(own_account_problem());
    }
    let mut body = body;
    if is_own && body.password.is_some() {
        let (current, code) = (body.current_password.take(), body.code.take());
        password::require_current_password(&sics, &caller, current, code).await?;
    }
    let scope = body.scope.as_ref().unwrap_or(&before.scope);
    body.rights = match body.rights {
        Some(rights) => Some(complete_rights(&caller, rights, scope, body.add_dependencies)?),
        None => None,
    };
    // A wider scope carries what is there already further, too.
    require_rights_covered(&caller, body.rights.as_ref().unwrap_or(&before.rights), scope)?;
    revocation::require_confirmed_loss(&sics, &confirm, |row| {
        if row.id == before.id {
            row.rights.clone_from(body.rights.as_ref().unwrap_or(&before.rights));
            row.scope.clone_from(scope);
        }
    })
    .await?;
    let detail = change_detail(&body);
    let change = AccountChange::Change {
        operator: before.id,
        name: before.name.clone(),
        given: before.kind == OperatorKind::Person && !is_own && !is_data_folder_account(&caller.operator),
        password: hash_given_password(&sics, body.password).await?,
        rights: body.rights,
        scope: body.scope,
        disabled: body.disabled,
    };
    let renews_own_password = is_own && has_password(&change);
    let audit_detail = move |_: &AppliedAccountChange| Some(detail.clone());
    match request_account_change(&sics, &caller, change, None, audit_detail).await? {
        AccountChangeReply::Waits(answer) => Ok(answer),
        AccountChangeReply::Made(_) => {
            if renews_own_password {
                // Their other sessions end with the old password.
                let has_second_factor = caller.by.has_second_factor();
                sics.auth().keep_session(&caller, has_second_factor).await?;
            }
            let changed = find_operator(&sics, &before.name).await?;
            Ok(operator_view(&sics, &changed).await?.into_response())
        }
    }
}

/// Whether it sets a password.
fn has_password(change: &AccountChange) -> bool {
    matches!(change, AccountChange::Change { password: Some(_), .. })
}

/// The result of a change of accounts: made, or the response that says who may agree to it.
pub(super) enum AccountChangeReply {
    Made(AppliedAccountChange),
    Waits(Response),
}

/// Makes a change of accounts, or asks a second person for it, as the row of this operation says (A9). `token`: a new
/// one, to be shown now, although it holds only when somebody has agreed. `audit_detail`: what the trail says of it once it is made.
pub(super) async fn request_account_change(
    sics: &Sics,
    caller: &Caller,
    change: AccountChange,
    token: Option<String>,
    audit_detail: impl Fn(&AppliedAccountChange) -> Option<Value> + Send + Sync + 'static,
) -> Result<AccountChangeReply, ApiProblem> {
    let (action, subject) = change.audit_entry();
    let base_entry = caller.entry(action, subject, Value::Null);
    let store = sics
        .store()
        .recorded(move |outcome: &policy_changes::AccountsChanged| match outcome {
            Ok(AccountOutcome::Made(made)) => audit_detail(made).map(|detail| AuditEntry {
                detail,
                ..base_entry.clone()
            }),
            Ok(AccountOutcome::Waits(_)) | Err(_) => None,
        });
    let outcome = policy_changes::change_accounts(&store, change, caller.relaxation_requester()?).await?;
    match outcome {
        AccountOutcome::Made(made) => Ok(AccountChangeReply::Made(made)),
        AccountOutcome::Waits(row) => {
            let waits = relaxation_view(row, &JobNames::read_names(sics).await?);
            let token = token.map(IssuedToken);
            let answer = (StatusCode::ACCEPTED, Json(WaitingView { waits, token }));
            Ok(AccountChangeReply::Waits(answer.into_response()))
        }
    }
}

/// What was changed; of the password only that it was.
fn change_detail(body: &OperatorBody) -> Value {
    let mut detail = serde_json::Map::new();
    if body.password.is_some() {
        detail.insert("password".into(), "changed".into());
    }
    for (key, value) in [
        ("rights", body.rights.as_ref().map(|rights| json!(rights))),
        ("scope", body.scope.as_ref().map(|scope| json!(scope))),
        ("disabled", body.disabled.map(Value::from)),
    ] {
        if let Some(value) = value {
            detail.insert(key.into(), value);
        }
    }
    Value::Object(detail)
}

pub(crate) async fn remove(
    State(sics): State<Sics>,
    caller: Caller,
    PathParams(name): PathParams<String>,
) -> Result<Response, ApiProblem> {
    let row = find_operator(&sics, &name).await?;
    require_not_system(&row)?;
    require_account_covered(&caller, &row)?;
    if row.id == caller.operator.id {
        return Err(own_account_problem());
    }
    let servers = sics.store().list_servers().await?;
    let owned_servers: Vec<String> = servers
        .iter()
        .filter(|server| server.owner == row.id)
        .map(|server| server.id.to_string())
        .collect();
    if !owned_servers.is_empty() {
        return Err(ApiProblem::conflict(
            "ownsServers",
            format!("operator {name} owns management servers: {}", owned_servers.join(", ")),
            "Remove these servers first, or disable the operator.",
        )
        .with_member("servers", owned_servers));
    }
    let change = AccountChange::Remove {
        operator: row.id,
        name: row.name.clone(),
    };
    let audit_detail = move |_: &AppliedAccountChange| Some(json!({}));
    match request_account_change(&sics, &caller, change, None, audit_detail).await? {
        AccountChangeReply::Waits(answer) => Ok(answer),
        AccountChangeReply::Made(_) => Ok(StatusCode::NO_CONTENT.into_response()),
    }
}

/// For a password that is set. One that is shown at a sign-in fails in other ways (`auth/sign_in_problems.rs`).
pub(super) async fn hash_given_password(
    sics: &Sics,
    password: Option<SecretString>,
) -> Result<Option<SecretHash>, ApiProblem> {
    let Some(password) = password else { return Ok(None) };
    match sics.auth().passwords.hash(password).await {
        Ok(hash) => Ok(Some(SecretHash::new(hash))),
        Err(error @ PasswordError::Length) => Err(ApiProblem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "password",
            error.to_string(),
            "Choose a longer one, such as three or four random words.",
        )),
        Err(error) => Err(ApiProblem::internal("password", &error)),
    }
}

/// Whether an account may have this name.
pub fn is_operator_name(name: &str) -> bool {
    (1..=NAME_CHARS).contains(&name.len())
        && name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.@".contains(c))
}

pub(super) fn check_operator_name(name: &str) -> Result<(), ApiProblem> {
    if is_operator_name(name) {
        return Ok(());
    }
    Err(ApiProblem::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "wrongName",
        "invalid operator name",
        format!("Use up to {NAME_CHARS} letters, digits, '-', '_', '.' or '@', starting with a letter or digit."),
    ))
}

/// The account by which commands on the bus's machine sign in belongs to the bus.
pub(super) fn require_not_system(row: &OperatorRow) -> Result<(), ApiProblem> {
    if row.name != LOCAL_OPERATOR {
        return Ok(());
    }
    Err(ApiProblem::conflict(
        "systemOperator",
        format!("operator {LOCAL_OPERATOR} belongs to the bus"),
        "Anyone who can read the data folder can do everything; limit access with its permissions.",
    ))
}

pub(super) fn own_account_problem() -> ApiProblem {
    ApiProblem::conflict(
        "yourself",
        "you cannot change your own rights or your own account",
        "Ask another operator with Operators_Manage.",
    )
}
