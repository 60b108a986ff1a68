//! The password again, for what needs it; then back to where one came from.

use askama::Template;
use http::StatusCode;
use sics_client::contract::ConfirmSessionBody;

use super::{explain_own_sign_in, require_account};
use crate::failure::{PageFailure, PageResult};
use crate::form::FormFields;
use crate::page::PageContext;
use crate::pages::account_change::form_status;
use crate::render::{go_to, own_path, show_page_as};

#[derive(Template)]
#[template(path = "pages/account_confirm.html")]
struct ConfirmPage<'a> {
    ctx: &'a PageContext,
    next: String,
    second_factor: bool,
    problem: Option<&'a PageFailure>,
}

fn show_confirm_page(ctx: &PageContext, next: String, problem: Option<&PageFailure>) -> PageResult {
    let page = ConfirmPage {
        ctx,
        next,
        second_factor: require_account(ctx)?.second_factor,
        problem,
    };
    show_page_as(problem.map_or(StatusCode::OK, form_status), &page)
}

pub(super) async fn show_confirm(ctx: PageContext) -> PageResult {
    let next = own_path(ctx.list().value("next"));
    show_confirm_page(&ctx, next, None)
}

pub(super) async fn confirm_session(ctx: PageContext, form: FormFields) -> PageResult {
    let next = own_path(form.text("next"));
    let body = ConfirmSessionBody {
        password: form.secret("password"),
        code: form.given("code"),
    };
    match ctx.client().confirm_session(&body).await {
        Ok(_) => go_to(&ctx, &next, ""),
        Err(error) => show_confirm_page(&ctx, next, Some(&explain_own_sign_in(&ctx, error))),
    }
}
