//! Tokens: sign-in without a password, for a limited time and scope.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use secrecy::ExposeSecret;
use serde_json::json;

use super::delegation::{require_account_covered, require_token_allowed};
use super::{AccountChangeReply, NAME_CHARS, find_operator, request_account_change, require_not_system};
use crate::contract::{IssuedToken, NewTokenBody, TokenView, TokensView};
use crate::model::{AccountChange, SecretHash};
use crate::sics::Sics;
use crate::sics::auth::Caller;
use crate::sics::auth::token::ApiToken;
use crate::sics::extract::{JsonBody, PathParams};
use crate::sics::problem::ApiProblem;
use crate::store::AppliedAccountChange;

pub(crate) async fn list_tokens(
    State(sics): State<Sics>,
    PathParams(name): PathParams<String>,
) -> Result<Json<TokensView>, ApiProblem> {
    let row = find_operator(&sics, &name).await?;
    let rows = sics.store().list_tokens(row.id).await?;
    Ok(Json(TokensView {
        tokens: rows.into_iter().map(TokenView::from).collect(),
    }))
}

pub(crate) async fn add_token(
    State(sics): State<Sics>,
    caller: Caller,
    PathParams(name): PathParams<String>,
    JsonBody(body): JsonBody<NewTokenBody>,
) -> Result<Response, ApiProblem> {
    let row = find_operator(&sics, &name).await?;
    require_not_system(&row)?;
    require_account_covered(&caller, &row)?;
    require_token_allowed(&caller, &row, sics.now())?;
    if body.name.is_empty() || body.name.chars().count() > NAME_CHARS {
        let detail = format!("a token's name has 1 to {NAME_CHARS} characters");
        return Err(ApiProblem::bad_request(
            "wrongName",
            detail,
            "Give it a short name for its purpose.",
        ));
    }
    if body.expires_at.is_some_and(|end| end <= sics.now()) {
        return Err(ApiProblem::bad_request(
            "wrongBody",
            "expiresAt is in the past",
            "Give a future time, or none.",
        ));
    }
    let most = sics.limits().tokens_per_operator;
    if sics.store().list_tokens(row.id).await?.len() >= most {
        let detail = format!("operator {name} already has {most} tokens");
        return Err(ApiProblem::conflict(
            "tooManyTokens",
            detail,
            "Remove those that are no longer used.",
        ));
    }
    let token = ApiToken::new().map_err(|error| ApiProblem::internal("random", &error))?;
    let change = AccountChange::AddToken {
        operator: row.id,
        name: row.name.clone(),
        label: body.name,
        sha256: SecretHash::new(hex::encode(token.sha256)),
        scope: body.scope,
        expires_at: body.expires_at,
    };
    let text = token.text.expose_secret().to_owned();
    let audit_detail = |made: &AppliedAccountChange| match made {
        AppliedAccountChange::Token(added) => Some(json!({
            "token": added.id, "name": added.name, "expiresAt": added.expires_at, "scope": added.scope,
        })),
        AppliedAccountChange::Operator(_) | AppliedAccountChange::Changed(_) => None,
    };
    match request_account_change(&sics, &caller, change, Some(text.clone()), audit_detail).await? {
        AccountChangeReply::Waits(answer) => Ok(answer),
        AccountChangeReply::Made(AppliedAccountChange::Token(added)) => {
            let view = TokenView {
                token: Some(IssuedToken(text)),
                ..added.into()
            };
            Ok((StatusCode::CREATED, Json(view)).into_response())
        }
        AccountChangeReply::Made(AppliedAccountChange::Operator(_) | AppliedAccountChange::Changed(_)) => {
            Err(ApiProblem::not_found("token", name))
        }
    }
}

pub(crate) async fn remove_token(
    State(sics): State<Sics>,
    caller: Caller,
    PathParams((name, id)): PathParams<(String, i64)>,
) -> Result<StatusCode, ApiProblem> {
    let row = find_operator(&sics, &name).await?;
    require_account_covered(&caller, &row)?;
    let audit_detail = move |removed: &bool| removed.then(|| json!({"token": id}));
    let store = sics.recording(&caller, "token.removed", &row.name, audit_detail);
    if !store.remove_token(row.id, id).await? {
        return Err(ApiProblem::not_found("token", id));
    }
    Ok(StatusCode::NO_CONTENT)
}
