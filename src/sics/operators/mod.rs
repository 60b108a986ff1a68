//! Accounts, of people and of management servers alike, and their tokens.
//!
//! Nobody gives what they do not have: granted rights must be covered by the granter's own, and an account that may do
//! more than the caller can't be changed by them (else resetting its password would be a way up). Nobody changes their
//! own rights or removes themselves, and the store refuses whatever would leave nobody who can manage operators.
//!
//! What gives control over an account that may approve, destroy or manage accounts waits for a second person (A9): it
//! is judged and made in one transaction, [`settle`] answers what became of it.

pub mod judge;
pub mod narrow;
mod password;
mod tokens;

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::Sics;
use super::auth::Caller;
use super::auth::password::PasswordError;
use super::extract::{Asked, Body, Confirm, Named};
use super::jobs::power::LooseningView;
use super::jobs::view::Names;
use super::problem::Problem;
use super::view::OperatorView;
use crate::actions::guard::people::is_folder;
use crate::actions::power;
use crate::model::{AccountChange, KeptHash, OperatorId, Right, Scope};
use crate::store::{AccountMade, AccountOutcome, AuditEntry, OperatorKind, OperatorRow};
use judge::{complete, covers_account, covers_rights};

pub use tokens::{NewTokenBody, TokensView, add_token, remove_token, tokens};

const NAME_CHARS: usize = 64;

pub use crate::model::LOCAL_OPERATOR;

#[derive(Debug, Serialize, ToSchema)]
pub struct OperatorsView {
    pub operators: Vec<OperatorView>,
}

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewOperatorBody {
    pub name: String,
    /// `person` or `server`.
    #[schema(value_type = String)]
    pub kind: OperatorKind,
    /// Left out: signs in by token only.
    #[serde(default, deserialize_with = "secret")]
    #[schema(value_type = Option<String>, format = Password)]
    pub password: Option<SecretString>,
    #[schema(value_type = Vec<String>)]
    pub rights: Vec<Right>,
    #[serde(default)]
    #[schema(value_type = Option<super::view::ScopeView>)]
    pub scope: Scope,
    /// Adds the rights without which others are of no use, instead of refusing.
    #[serde(default)]
    pub add_dependencies: bool,
}

/// What is left out stays as it is.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OperatorBody {
    #[serde(default, deserialize_with = "secret")]
    #[schema(value_type = Option<String>, format = Password)]
    pub password: Option<SecretString>,
    #[schema(value_type = Option<Vec<String>>)]
    pub rights: Option<Vec<Right>>,
    #[schema(value_type = Option<super::view::ScopeView>)]
    pub scope: Option<Scope>,
    pub disabled: Option<bool>,
    #[serde(default)]
    pub add_dependencies: bool,
    /// To set one's own password: the one that holds.
    #[serde(default, deserialize_with = "secret")]
    #[schema(value_type = Option<String>, format = Password)]
    pub current_password: Option<SecretString>,
}

fn secret<'de, D: serde::Deserializer<'de>>(given: D) -> Result<Option<SecretString>, D::Error> {
    Ok(Option::<String>::deserialize(given)?.map(SecretString::from))
}

fn names(rows: &[OperatorRow]) -> BTreeMap<OperatorId, String> {
    rows.iter().map(|row| (row.id, row.name.clone())).collect()
}

pub async fn list(State(sics): State<Sics>) -> Result<Json<OperatorsView>, Problem> {
    let rows = sics.store().operators().await?;
    let names = names(&rows);
    Ok(Json(OperatorsView {
        operators: rows.iter().map(|row| OperatorView::of(row, &names)).collect(),
    }))
}

pub(super) async fn find(sics: &Sics, name: &str) -> Result<OperatorRow, Problem> {
    let row = sics.store().operator_by_name(name).await?;
    row.ok_or_else(|| Problem::unknown("operator", name))
}

pub(super) async fn view(sics: &Sics, row: &OperatorRow) -> Result<Json<OperatorView>, Problem> {
    let rows = sics.store().operators().await?;
    Ok(Json(OperatorView::of(row, &names(&rows))))
}

pub async fn show(State(sics): State<Sics>, Named(name): Named<String>) -> Result<Json<OperatorView>, Problem> {
    let row = find(&sics, &name).await?;
    view(&sics, &row).await
}

pub async fn add(
    State(sics): State<Sics>,
    caller: Caller,
    Body(body): Body<NewOperatorBody>,
) -> Result<Response, Problem> {
    check_name(&body.name)?;
    let rights = complete(&caller, body.rights, &body.scope, body.add_dependencies)?;
    if body.kind == OperatorKind::Microservice {
        return Err(Problem::bad_request(
            "systemOperator",
            "accounts of microservices come with their installation",
            "Add a person or a server.",
        ));
    }
    let detail = json!({"kind": body.kind, "rights": rights, "scope": body.scope});
    let password = hashed(&sics, body.password).await?;
    let change = AccountChange::Add {
        given: password.is_some() && body.kind == OperatorKind::Person && !is_folder(&caller.operator),
        name: body.name.clone(),
        account: body.kind,
        password,
        rights,
        scope: body.scope,
    };
    let told = move |_: &AccountMade| Some(detail.clone());
    match settle(&sics, &caller, change, None, told).await? {
        Settled::Waits(answer) => Ok(answer),
        Settled::Made(_) => {
            let row = find(&sics, &body.name).await?;
            Ok((StatusCode::CREATED, view(&sics, &row).await?).into_response())
        }
    }
}

pub async fn change(
    State(sics): State<Sics>,
    caller: Caller,
    Named(name): Named<String>,
    Asked(confirm): Asked<Confirm>,
    Body(body): Body<OperatorBody>,
) -> Result<Response, Problem> {
    let before = find(&sics, &name).await?;
    not_the_bus_own(&before)?;
    covers_account(&caller, &before)?;
    let is_own = before.id == caller.operator.id;
    if is_own && (body.rights.is_some() || body.scope.is_some() || body.disabled.is_some()) {
        return Err(yourself());
    }
    let mut body = body;
    if is_own && body.password.is_some() {
        password::proven(&sics, &caller, body.current_password.take()).await?;
    }
    let scope = body.scope.as_ref().unwrap_or(&before.scope);
    body.rights = match body.rights {
        Some(rights) => Some(complete(&caller, rights, scope, body.add_dependencies)?),
        None => None,
    };
    // A wider scope carries what is there already further, too.
    covers_rights(&caller, body.rights.as_ref().unwrap_or(&before.rights), scope)?;
    narrow::confirmed(&sics, &confirm, |row| {
        if row.id == before.id {
            row.rights.clone_from(body.rights.as_ref().unwrap_or(&before.rights));
            row.scope.clone_from(scope);
        }
    })
    .await?;
    let detail = detail(&body);
    let change = AccountChange::Change {
        operator: before.id,
        name: before.name.clone(),
        given: before.kind == OperatorKind::Person && !is_own && !is_folder(&caller.operator),
        password: hashed(&sics, body.password).await?,
        rights: body.rights,
        scope: body.scope,
        disabled: body.disabled,
    };
    let told = move |_: &AccountMade| Some(detail.clone());
    match settle(&sics, &caller, change, None, told).await? {
        Settled::Waits(answer) => Ok(answer),
        Settled::Made(_) => Ok(view(&sics, &find(&sics, &before.name).await?).await?.into_response()),
    }
}

/// What became of a change of accounts: made, or the answer that says who may agree to it.
pub(super) enum Settled {
    Made(AccountMade),
    Waits(Response),
}

/// Makes a change of accounts, or asks a second person for it, as the row of this operation says (A9). `token`: a new
/// one, to be shown now, although it holds only when somebody has agreed. `told`: what the trail says of it once it is made.
pub(super) async fn settle(
    sics: &Sics,
    caller: &Caller,
    change: AccountChange,
    token: Option<String>,
    told: impl Fn(&AccountMade) -> Option<Value> + Send + Sync + 'static,
) -> Result<Settled, Problem> {
    let (action, subject) = change.entry();
    let named = caller.entry(action, subject, Value::Null);
    let store = sics
        .store()
        .recorded(move |outcome: &power::AccountsChanged| match outcome {
            Ok(AccountOutcome::Made(made)) => told(made).map(|detail| AuditEntry {
                detail,
                ..named.clone()
            }),
            Ok(AccountOutcome::Waits(_)) | Err(_) => None,
        });
    let outcome = power::change_accounts(&store, change, caller.loosening()?).await?;
    match outcome {
        AccountOutcome::Made(made) => Ok(Settled::Made(made)),
        AccountOutcome::Waits(row) => {
            let waits = LooseningView::of(row, &Names::read(sics).await?);
            let answer = (StatusCode::ACCEPTED, Json(WaitingView { waits, token }));
            Ok(Settled::Waits(answer.into_response()))
        }
    }
}

/// It is not done yet: a second person has to agree.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WaitingView {
    pub waits: LooseningView,
    /// Of a new token: shown now and never again; it holds when somebody has agreed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
}

/// What was changed; of the password only that it was.
fn detail(body: &OperatorBody) -> Value {
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

pub async fn remove(State(sics): State<Sics>, caller: Caller, Named(name): Named<String>) -> Result<Response, Problem> {
    let row = find(&sics, &name).await?;
    not_the_bus_own(&row)?;
    covers_account(&caller, &row)?;
    if row.id == caller.operator.id {
        return Err(yourself());
    }
    let servers = sics.store().servers().await?;
    let own: Vec<String> = servers
        .iter()
        .filter(|server| server.owner == row.id)
        .map(|server| server.id.to_string())
        .collect();
    if !own.is_empty() {
        return Err(Problem::conflict(
            "ownsServers",
            format!("operator {name} owns management servers: {}", own.join(", ")),
            "Remove these servers first, or disable the operator.",
        )
        .with("servers", own));
    }
    let change = AccountChange::Remove {
        operator: row.id,
        name: row.name.clone(),
    };
    let told = move |_: &AccountMade| Some(json!({}));
    match settle(&sics, &caller, change, None, told).await? {
        Settled::Waits(answer) => Ok(answer),
        Settled::Made(_) => Ok(StatusCode::NO_CONTENT.into_response()),
    }
}

async fn hashed(sics: &Sics, password: Option<SecretString>) -> Result<Option<KeptHash>, Problem> {
    let Some(password) = password else { return Ok(None) };
    match sics.auth().passwords.hash(password).await {
        Ok(hash) => Ok(Some(KeptHash::new(hash))),
        Err(error @ PasswordError::Length) => Err(Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "password",
            error.to_string(),
            "Take a longer one; three or four random words do.",
        )),
        Err(error) => Err(Problem::internal("password", &error)),
    }
}

/// Whether an account may be called that.
pub fn is_operator_name(name: &str) -> bool {
    (1..=NAME_CHARS).contains(&name.len())
        && name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.@".contains(c))
}

fn check_name(name: &str) -> Result<(), Problem> {
    if is_operator_name(name) {
        return Ok(());
    }
    Err(Problem::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "wrongName",
        "that can't be the name of an operator",
        format!("Up to {NAME_CHARS} letters, digits, '-', '_', '.' or '@', beginning with a letter or digit."),
    ))
}

/// The account by which commands on the bus's machine sign in belongs to the bus.
pub(super) fn not_the_bus_own(row: &OperatorRow) -> Result<(), Problem> {
    if row.kind == OperatorKind::Microservice {
        return Err(Problem::conflict(
            "systemOperator",
            format!("operator {} belongs to the microservice of this name", row.name),
            "It comes and goes with it; each start of the microservice gives it new credentials.",
        ));
    }
    if row.name != LOCAL_OPERATOR {
        return Ok(());
    }
    Err(Problem::conflict(
        "systemOperator",
        format!("operator {LOCAL_OPERATOR} belongs to the bus"),
        "Who may read the data folder may do everything; its permissions are what limits that.",
    ))
}

pub(super) fn yourself() -> Problem {
    Problem::conflict(
        "yourself",
        "your own rights and your own account are for somebody else to change",
        "Ask another operator with Operators_Manage.",
    )
}
