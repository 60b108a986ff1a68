//! Tokens: an account without its password, for as long and as far as is said.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::judge::{covers_account, may_have_token};
use super::{NAME_CHARS, Settled, find, not_the_bus_own, settle};
use crate::model::{AccountChange, KeptHash, Scope, Timestamp};
use crate::sics::Sics;
use crate::sics::auth::Caller;
use crate::sics::auth::token::Token;
use crate::sics::extract::{Body, Named};
use crate::sics::problem::Problem;
use crate::sics::view::TokenView;
use crate::store::AccountMade;

#[derive(Debug, Serialize, ToSchema)]
pub struct TokensView {
    pub tokens: Vec<TokenView>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewTokenBody {
    /// What it is for.
    pub name: String,
    /// Left out: it does not expire.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expires_at: Option<Timestamp>,
    /// Where it holds, within where the account's rights do. Left out: wherever they do.
    #[serde(default)]
    #[schema(value_type = Option<crate::sics::view::ScopeView>)]
    pub scope: Scope,
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
) -> Result<Response, Problem> {
    let row = find(&sics, &name).await?;
    not_the_bus_own(&row)?;
    covers_account(&caller, &row)?;
    may_have_token(&caller, &row)?;
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
    let change = AccountChange::AddToken {
        operator: row.id,
        name: row.name.clone(),
        label: body.name,
        sha256: KeptHash::new(hex::encode(token.sha256)),
        scope: body.scope,
        expires_at: body.expires_at,
    };
    let text = token.text.expose_secret().to_owned();
    let told = |made: &AccountMade| match made {
        AccountMade::Token(added) => Some(json!({
            "token": added.id, "name": added.name, "expiresAt": added.expires_at, "scope": added.scope,
        })),
        AccountMade::Operator(_) | AccountMade::Changed(_) => None,
    };
    match settle(&sics, &caller, change, Some(text.clone()), told).await? {
        Settled::Waits(answer) => Ok(answer),
        Settled::Made(AccountMade::Token(added)) => {
            let view = TokenView {
                token: Some(text),
                ..added.into()
            };
            Ok((StatusCode::CREATED, Json(view)).into_response())
        }
        Settled::Made(AccountMade::Operator(_) | AccountMade::Changed(_)) => Err(Problem::unknown("token", name)),
    }
}

pub async fn remove_token(
    State(sics): State<Sics>,
    caller: Caller,
    Named((name, id)): Named<(String, i64)>,
) -> Result<StatusCode, Problem> {
    let row = find(&sics, &name).await?;
    covers_account(&caller, &row)?;
    let told = move |removed: &bool| removed.then(|| json!({"token": id}));
    let store = sics.recording(&caller, "token.removed", &row.name, told);
    if !store.remove_token(row.id, id).await? {
        return Err(Problem::unknown("token", id));
    }
    Ok(StatusCode::NO_CONTENT)
}
