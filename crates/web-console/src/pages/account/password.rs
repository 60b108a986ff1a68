//! Changing one's own password.

use askama::Template;
use http::StatusCode;
use sics_client::contract::{ConfirmQuery, OperatorBody};

use super::{explain_own_sign_in, require_account};
use crate::failure::{PageFailure, PageResult};
use crate::form::FormFields;
use crate::page::PageContext;
use crate::pages::account_change::{finish_change, form_status};
use crate::render::show_page_as;

#[derive(Template)]
#[template(path = "pages/account_password.html")]
struct PasswordPage<'a> {
    ctx: &'a PageContext,
    /// Somebody else has set the password: nothing else can be done before.
    needed: bool,
    second_factor: bool,
    problem: Option<&'a PageFailure>,
}

impl PasswordPage<'_> {
    fn is_wrong(&self, code: &str) -> bool {
        self.problem.is_some_and(|problem| problem.code == code)
    }
}

pub(super) fn show_password_page(ctx: &PageContext, problem: Option<&PageFailure>) -> PageResult {
    let account = require_account(ctx)?;
    let page = PasswordPage {
        ctx,
        needed: account.password_change_needed,
        second_factor: account.second_factor,
        problem,
    };
    show_page_as(problem.map_or(StatusCode::OK, form_status), &page)
}

pub(super) async fn show_password(ctx: PageContext) -> PageResult {
    show_password_page(&ctx, None)
}

pub(super) async fn change_password(ctx: PageContext, form: FormFields) -> PageResult {
    if form.raw("password") != form.raw("repeat") {
        let differs = PageFailure::plain(StatusCode::UNPROCESSABLE_ENTITY, "failure-passwords-differ");
        return show_password_page(&ctx, Some(&differs));
    }
    let body = OperatorBody {
        password: Some(form.secret("password")),
        current_password: Some(form.secret("current")),
        code: form.given("code"),
        ..OperatorBody::default()
    };
    let changed = ctx
        .client()
        .change_operator(ctx.operator(), &ConfirmQuery::default(), &body)
        .await;
    match changed {
        Ok(reply) => finish_change(&ctx, &reply, "/account", "password-changed"),
        Err(error) => show_password_page(&ctx, Some(&explain_own_sign_in(&ctx, error))),
    }
}
