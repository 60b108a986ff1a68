//! Tokens of another account: made for management servers, revoked for everybody.

use axum::extract::Path;

use super::{require_manager, require_other};
use crate::failure::PageResult;
use crate::form::FormFields;
use crate::page::PageContext;
use crate::pages::account_change::explain_error;
use crate::pages::name_paths::operator_path;
use crate::pages::token_pages::{TokenOwner, TypedToken, show_revoke_page, show_token, show_token_form};
use crate::render::go_to;

fn token_owner(ctx: &PageContext, operator: &str) -> TokenOwner {
    let back = operator_path(operator);
    TokenOwner {
        title: ctx.t1("operators-token-title", "name", ctx.plain(operator)),
        path: format!("{back}/tokens/new"),
        back,
    }
}

pub(super) async fn show_new_token(ctx: PageContext, Path(operator): Path<String>) -> PageResult {
    require_other(&ctx, &operator)?;
    let view = ctx.client().show_operator(&operator).await?;
    let typed = TypedToken::begin(&ctx);
    show_token_form(&ctx, token_owner(&ctx, &view.name), &typed, None).await
}

pub(super) async fn add_token(ctx: PageContext, Path(operator): Path<String>, form: FormFields) -> PageResult {
    let (owner, typed) = (token_owner(&ctx, &operator), TypedToken::read(&form));
    let failure = match typed.to_body() {
        Ok(body) => match ctx.client().add_token(&operator, &body).await {
            Ok(reply) => return show_token(&ctx, owner, &reply),
            Err(error) => explain_error(&ctx, error),
        },
        Err(failure) => failure,
    };
    show_token_form(&ctx, owner, &typed, Some(&failure)).await
}

fn revoke_path(operator: &str, token: &str) -> String {
    format!("{}/tokens/{token}", operator_path(operator))
}

pub(super) async fn show_revoke(ctx: PageContext, Path((operator, token)): Path<(String, String)>) -> PageResult {
    require_manager(&ctx)?;
    let (path, back) = (revoke_path(&operator, &token), operator_path(&operator));
    show_revoke_page(&ctx, (&operator, &token), path, back, None).await
}

pub(super) async fn revoke_token(ctx: PageContext, Path((operator, token)): Path<(String, String)>) -> PageResult {
    let back = operator_path(&operator);
    match ctx.client().remove_token(&operator, &token).await {
        Ok(()) => go_to(&ctx, &back, "token-revoked"),
        Err(error) => {
            let failure = explain_error(&ctx, error);
            let path = revoke_path(&operator, &token);
            show_revoke_page(&ctx, (&operator, &token), path, back, Some(&failure)).await
        }
    }
}
