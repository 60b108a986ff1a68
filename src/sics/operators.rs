//! Accounts, of people and of management servers alike, and their tokens.
//!
//! Nobody gives what he does not have: granted rights must be covered by the granter's own, and an account that may do
//! more than the caller can't be changed by him (else resetting its password would be a way up). Nobody changes his own
//! rights or removes himself, so somebody who can manage operators is always left.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::Sics;
use super::auth::password::PasswordError;
use super::auth::token::Token;
use super::auth::{By, Caller};
use super::extract::{Body, Named};
use super::problem::Problem;
use super::view::{OperatorView, TokenView};
use crate::model::{OperatorId, Right, Scope, Timestamp};
use crate::store::{NewOperator, NewToken, OperatorChange, OperatorKind, OperatorRow};

const NAME_CHARS: usize = 64;

/// Account of the commands on the bus's own machine; made and renewed at each start.
pub const LOCAL_OPERATOR: &str = "local";

#[derive(Debug, Serialize, ToSchema)]
pub struct OperatorsView {
    pub operators: Vec<OperatorView>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct TokensView {
    pub tokens: Vec<TokenView>,
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
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewTokenBody {
    /// What it is for.
    pub name: String,
    /// Left out: it does not expire.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expires_at: Option<Timestamp>,
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

async fn find(sics: &Sics, name: &str) -> Result<OperatorRow, Problem> {
    let row = sics.store().operator_by_name(name).await?;
    row.ok_or_else(|| Problem::unknown("operator", name))
}

async fn view(sics: &Sics, row: &OperatorRow) -> Result<Json<OperatorView>, Problem> {
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
) -> Result<(StatusCode, Json<OperatorView>), Problem> {
    check_name(&body.name)?;
    covers(&caller, &body.rights)?;
    if body.kind == OperatorKind::Microservice {
        return Err(Problem::bad_request(
            "systemOperator",
            "accounts of microservices come with their installation",
            "Add a person or a server.",
        ));
    }
    let row = sics
        .store()
        .add_operator(NewOperator {
            name: body.name,
            kind: body.kind,
            password_hash: hashed(&sics, body.password).await?,
            rights: body.rights,
            scope: body.scope,
            created_by: Some(caller.operator.id),
        })
        .await?;
    let detail = json!({"kind": row.kind, "rights": row.rights, "scope": row.scope});
    sics.audit(&caller, "operator.added", &row.name, detail).await;
    Ok((StatusCode::CREATED, view(&sics, &row).await?))
}

pub async fn change(
    State(sics): State<Sics>,
    caller: Caller,
    Named(name): Named<String>,
    Body(body): Body<OperatorBody>,
) -> Result<Json<OperatorView>, Problem> {
    let before = find(&sics, &name).await?;
    not_the_bus_own(&before)?;
    covers(&caller, &before.rights)?;
    if before.id == caller.operator.id && (body.rights.is_some() || body.scope.is_some() || body.disabled.is_some()) {
        return Err(yourself());
    }
    covers(&caller, body.rights.as_deref().unwrap_or_default())?;
    let detail = detail(&body);
    let change = OperatorChange {
        password_hash: hashed(&sics, body.password).await?,
        rights: body.rights,
        scope: body.scope,
        disabled: body.disabled,
    };
    let row = sics.store().change_operator(before.id, change).await?;
    sics.audit(&caller, "operator.changed", &row.name, detail).await;
    view(&sics, &row).await
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

pub async fn remove(
    State(sics): State<Sics>,
    caller: Caller,
    Named(name): Named<String>,
) -> Result<StatusCode, Problem> {
    let row = find(&sics, &name).await?;
    not_the_bus_own(&row)?;
    covers(&caller, &row.rights)?;
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
    sics.store().remove_operator(row.id).await?;
    sics.audit(&caller, "operator.removed", &row.name, json!({})).await;
    Ok(StatusCode::NO_CONTENT)
}

pub async fn tokens(State(sics): State<Sics>, Named(name): Named<String>) -> Result<Json<TokensView>, Problem> {
    let row = find(&sics, &name).await?;
    let rows = sics.store().tokens(row.id).await?;
    Ok(Json(TokensView {
        tokens: rows.into_iter().map(TokenView::from).collect(),
    }))
}

pub async fn add_token(
    State(sics): State<Sics>,
    caller: Caller,
    Named(name): Named<String>,
    Body(body): Body<NewTokenBody>,
) -> Result<(StatusCode, Json<TokenView>), Problem> {
    let row = find(&sics, &name).await?;
    not_the_bus_own(&row)?;
    covers(&caller, &row.rights)?;
    with_password(&caller)?;
    if body.name.is_empty() || body.name.chars().count() > NAME_CHARS {
        let detail = format!("a token's name has 1 to {NAME_CHARS} characters");
        return Err(Problem::bad_request(
            "wrongName",
            detail,
            "Say in a word what it is for.",
        ));
    }
    if body.expires_at.is_some_and(|end| end <= sics.now()) {
        return Err(Problem::bad_request(
            "wrongBody",
            "expiresAt has passed",
            "Give a time to come, or none.",
        ));
    }
    let most = sics.limits().tokens_per_operator;
    if sics.store().tokens(row.id).await?.len() >= most {
        let detail = format!("operator {name} has {most} tokens already");
        return Err(Problem::conflict(
            "tooManyTokens",
            detail,
            "Remove those that are no longer used.",
        ));
    }
    let token = Token::new().map_err(|error| Problem::internal("random", &error))?;
    let new = NewToken {
        operator: row.id,
        name: body.name,
        sha256: token.sha256,
        expires_at: body.expires_at,
    };
    let added = sics.store().add_token(new).await?;
    let detail = json!({"token": added.id, "name": added.name, "expiresAt": added.expires_at});
    sics.audit(&caller, "token.added", &row.name, detail).await;
    let view = TokenView {
        token: Some(token.text.expose_secret().to_owned()),
        ..added.into()
    };
    Ok((StatusCode::CREATED, Json(view)))
}

pub async fn remove_token(
    State(sics): State<Sics>,
    caller: Caller,
    Named((name, id)): Named<(String, i64)>,
) -> Result<StatusCode, Problem> {
    let row = find(&sics, &name).await?;
    covers(&caller, &row.rights)?;
    if !sics.store().remove_token(row.id, id).await? {
        return Err(Problem::unknown("token", id));
    }
    sics.audit(&caller, "token.removed", &row.name, json!({"token": id}))
        .await;
    Ok(StatusCode::NO_CONTENT)
}

async fn hashed(sics: &Sics, password: Option<SecretString>) -> Result<Option<String>, Problem> {
    let Some(password) = password else { return Ok(None) };
    match sics.auth().passwords.hash(password).await {
        Ok(hash) => Ok(Some(hash)),
        Err(error @ PasswordError::Length) => Err(Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "password",
            error.to_string(),
            "Take a longer one; three or four random words do.",
        )),
        Err(error) => Err(Problem::internal("password", &error)),
    }
}

fn check_name(name: &str) -> Result<(), Problem> {
    let good = (1..=NAME_CHARS).contains(&name.len())
        && name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.@".contains(c));
    if good {
        return Ok(());
    }
    Err(Problem::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "wrongName",
        "that can't be the name of an operator",
        format!("Up to {NAME_CHARS} letters, digits, '-', '_', '.' or '@', beginning with a letter or digit."),
    ))
}

/// Nobody gives what he does not have.
fn covers(caller: &Caller, rights: &[Right]) -> Result<(), Problem> {
    match rights.iter().find(|right| !caller.may(right.as_str())) {
        None => Ok(()),
        Some(right) => Err(Problem::new(
            StatusCode::FORBIDDEN,
            "beyondYours",
            format!("operator {} does not have the right {right}", caller.name()),
            "Only who has a right himself can grant it, or change an account that has it.",
        )
        .with("right", right.as_str())),
    }
}

/// A token that got into wrong hands must not be able to make more of itself.
fn with_password(caller: &Caller) -> Result<(), Problem> {
    if caller.by == By::Password || caller.may("Operators_Manage") {
        return Ok(());
    }
    Err(Problem::new(
        StatusCode::FORBIDDEN,
        "passwordNeeded",
        "a token can't make another token",
        "Sign in with name and password for this, or ask somebody with Operators_Manage.",
    ))
}

/// The account by which commands on the bus's machine sign in belongs to the bus.
fn not_the_bus_own(row: &OperatorRow) -> Result<(), Problem> {
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

fn yourself() -> Problem {
    Problem::conflict(
        "yourself",
        "your own rights and your own account are for somebody else to change",
        "Ask another operator with Operators_Manage.",
    )
}
