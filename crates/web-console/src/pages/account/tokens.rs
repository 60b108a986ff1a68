//! One's own tokens. A new one needs the password again: the page that asks for it leads back here.

use askama::Template;
use axum::extract::Path;

use super::require_account;
use crate::failure::PageResult;
use crate::form::FormFields;
use crate::page::PageContext;
use crate::pages::account_change::explain_error;
use crate::pages::name_paths::confirm_path;
use crate::pages::operators::ShownToken;
use crate::pages::token_pages::{TokenOwner, TypedToken, show_revoke_page, show_token, show_token_form};
use crate::render::{go_to, show_page};

/// The page of the list.
const TOKENS: &str = "/account/tokens";
/// The page of the form.
const NEW_TOKEN: &str = "/account/tokens/new";

#[derive(Template)]
#[template(path = "pages/account_tokens.html")]
struct TokensPage<'a> {
    ctx: &'a PageContext,
    tokens: Vec<ShownToken>,
    /// What the links of the table begin with.
    path: String,
    changeable: bool,
}

pub(super) async fn show_tokens(ctx: PageContext) -> PageResult {
    let view = ctx.client().list_tokens(ctx.operator()).await?;
    show_page(&TokensPage {
        ctx: &ctx,
        tokens: ShownToken::list(&ctx, view.tokens),
        path: "/account".to_owned(),
        changeable: true,
    })
}

fn own_token(ctx: &PageContext) -> TokenOwner {
    TokenOwner {
        title: ctx.t("account-token-new"),
        path: NEW_TOKEN.to_owned(),
        back: TOKENS.to_owned(),
    }
}

/// Asks for the password first where it was not given lately, so that nothing typed is lost on the way.
pub(super) async fn show_new_token(ctx: PageContext) -> PageResult {
    let session = require_account(&ctx)?.session.as_ref();
    if session.is_some_and(|session| session.confirmed_until.is_none()) {
        return go_to(&ctx, &confirm_path(&ctx.here()), "");
    }
    show_token_form(&ctx, own_token(&ctx), &TypedToken::begin(&ctx), None).await
}

pub(super) async fn add_token(ctx: PageContext, form: FormFields) -> PageResult {
    let typed = TypedToken::read(&form);
    let failure = match typed.to_body() {
        Ok(body) => match ctx.client().add_token(ctx.operator(), &body).await {
            Ok(reply) => return show_token(&ctx, own_token(&ctx), &reply),
            Err(error) if error.has_code("sessionNotConfirmed") => {
                return go_to(&ctx, &confirm_path(&typed.to_path(NEW_TOKEN)), "");
            }
            Err(error) => explain_error(&ctx, error),
        },
        Err(failure) => failure,
    };
    show_token_form(&ctx, own_token(&ctx), &typed, Some(&failure)).await
}

pub(super) async fn show_revoke(ctx: PageContext, Path(token): Path<String>) -> PageResult {
    show_revoke_page(
        &ctx,
        (ctx.operator(), &token),
        format!("{TOKENS}/{token}"),
        TOKENS.to_owned(),
        None,
    )
    .await
}

pub(super) async fn revoke_token(ctx: PageContext, Path(token): Path<String>) -> PageResult {
    match ctx.client().remove_token(ctx.operator(), &token).await {
        Ok(()) => go_to(&ctx, TOKENS, "token-revoked"),
        Err(error) => {
            let failure = explain_error(&ctx, error);
            let path = format!("{TOKENS}/{token}");
            show_revoke_page(&ctx, (ctx.operator(), &token), path, TOKENS.to_owned(), Some(&failure)).await
        }
    }
}
