//! One's own account: who one is and what one may do, password, second factor, sessions, tokens.

mod confirm;
mod password;
mod second_factor;
mod sessions;
mod tokens;

use askama::Template;
use http::StatusCode;
use sics_client::ClientError;
use sics_client::contract::ConnectionView;

use crate::failure::{PageFailure, PageResult};
use crate::page::PageContext;
use crate::pages::access_words::{RightText, describe_right, describe_rights, describe_scope};
use crate::pages::account_change::explain_error;
use crate::render::show_page;
use crate::routes::PageRoute;

pub(crate) fn routes() -> Vec<PageRoute> {
    vec![
        PageRoute::get("/account", show_account),
        PageRoute::get("/account/confirm", confirm::show_confirm),
        PageRoute::post("/account/confirm", confirm::confirm_session),
        PageRoute::get("/account/password", password::show_password),
        PageRoute::post("/account/password", password::change_password),
        PageRoute::get("/account/second-factor", second_factor::show_second_factor),
        PageRoute::post("/account/second-factor", second_factor::change_second_factor),
        PageRoute::get("/account/sessions", sessions::show_sessions),
        PageRoute::post("/account/sessions", sessions::end_sessions),
        PageRoute::get("/account/tokens", tokens::show_tokens),
        PageRoute::get("/account/tokens/new", tokens::show_new_token),
        PageRoute::post("/account/tokens/new", tokens::add_token),
        PageRoute::get("/account/tokens/{token}", tokens::show_revoke),
        PageRoute::post("/account/tokens/{token}", tokens::revoke_token),
    ]
}

/// Whoever is signed in; not there while the API does not say who that is.
fn require_account(ctx: &PageContext) -> Result<&ConnectionView, PageFailure> {
    ctx.account()
        .ok_or_else(|| PageFailure::plain(StatusCode::SERVICE_UNAVAILABLE, "failure-page"))
}

/// What is told whose own password was wrong: not that the sign-in failed, they are signed in.
fn explain_own_sign_in(ctx: &PageContext, error: ClientError) -> PageFailure {
    if error.has_code("signInFailed") {
        PageFailure::plain(StatusCode::UNPROCESSABLE_ENTITY, "account-password-wrong")
    } else {
        explain_error(ctx, error)
    }
}

#[derive(Template)]
#[template(path = "pages/account.html")]
struct AccountPage<'a> {
    ctx: &'a PageContext,
    account: &'a ConnectionView,
    /// By the account itself.
    rights: Vec<RightText>,
    scope: String,
    /// Name, and where it holds.
    roles: Vec<(String, String)>,
    /// Every single right, whatever it comes from.
    all_rights: Vec<(String, String)>,
}

async fn show_account(ctx: PageContext) -> PageResult {
    let account = require_account(&ctx)?;
    if account.password_change_needed {
        return password::show_password_page(&ctx, None);
    }
    let roles = account.roles.iter().map(|held| {
        let name = ctx.word("role-name-", &held.role);
        (name, describe_scope(&ctx, &held.scope))
    });
    let all_rights = account
        .rights
        .iter()
        .map(|right| (describe_right(&ctx, right), right.clone()));
    show_page(&AccountPage {
        ctx: &ctx,
        account,
        rights: describe_rights(&ctx, &account.granted),
        scope: describe_scope(&ctx, &account.scope),
        roles: roles.collect(),
        all_rights: all_rights.collect(),
    })
}
