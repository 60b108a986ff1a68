//! Accounts of people and management servers: the list, one account, adding one, its rights and roles, and the steps
//! that change it. What gives control over an account waits for a second person; the API decides that, the pages say for
//! whom it waits.

mod add;
mod detail;
mod list;
mod rights;
mod steps;
mod tokens;
mod waiting;

pub(crate) use detail::{ShownSession, ShownToken};
use sics_client::ClientError;
use sics_client::contract::{JobsQuery, OperatorView, SuspensionView};

use crate::failure::PageFailure;
use crate::page::PageContext;
use crate::routes::PageRoute;

pub(crate) fn routes() -> Vec<PageRoute> {
    // Names of accounts begin with a letter or a digit: none is called "-".
    vec![
        PageRoute::get("/operators", list::show_operators),
        PageRoute::get("/operators/-/new", add::show_new_operator),
        PageRoute::post("/operators/-/new", add::add_operator),
        PageRoute::get("/operators/-/waiting", waiting::show_waiting),
        PageRoute::get("/operators/{operator}", detail::show_operator),
        PageRoute::get("/operators/{operator}/rights", rights::show_rights),
        PageRoute::post("/operators/{operator}/rights", rights::change_rights),
        PageRoute::get("/operators/{operator}/roles", rights::show_roles),
        PageRoute::post("/operators/{operator}/roles", rights::give_role),
        PageRoute::get("/operators/{operator}/roles/{role}", steps::show_take_role),
        PageRoute::post("/operators/{operator}/roles/{role}", steps::take_role),
        PageRoute::get("/operators/{operator}/password", steps::show_password),
        PageRoute::post("/operators/{operator}/password", steps::set_password),
        PageRoute::get("/operators/{operator}/sessions", detail::show_operator),
        PageRoute::post("/operators/{operator}/sessions", detail::end_session),
        PageRoute::get("/operators/{operator}/tokens/new", tokens::show_new_token),
        PageRoute::post("/operators/{operator}/tokens/new", tokens::add_token),
        PageRoute::get("/operators/{operator}/tokens/{token}", tokens::show_revoke),
        PageRoute::post("/operators/{operator}/tokens/{token}", tokens::revoke_token),
        PageRoute::get("/operators/{operator}/steps/{step}", steps::show_step),
        PageRoute::post("/operators/{operator}/steps/{step}", steps::take_step),
    ]
}

/// Since when an account is suspended and why, as far as the caller may know.
async fn find_suspension(ctx: &PageContext, view: &OperatorView) -> Result<Option<SuspensionView>, ClientError> {
    if !view.suspended || !ctx.may_any(&["Jobs_Read", "Jobs_Approve", "Jobs_Cancel", "Jobs_Resolve"]) {
        return Ok(None);
    }
    let query = JobsQuery {
        limit: Some(1),
        ..JobsQuery::default()
    };
    let suspended = ctx.client().list_jobs(&query).await?.suspended;
    Ok(suspended.into_iter().find(|one| one.operator == view.name))
}

/// A form that its reader could not send is not shown.
pub(crate) fn require_manager(ctx: &PageContext) -> Result<(), PageFailure> {
    if ctx.may("Operators_Manage") {
        return Ok(());
    }
    Err(PageFailure::plain(
        http::StatusCode::FORBIDDEN,
        "operators-manage-missing",
    ))
}

/// The same for what only the account's own page does.
fn require_other(ctx: &PageContext, operator: &str) -> Result<(), PageFailure> {
    require_manager(ctx)?;
    if operator.eq_ignore_ascii_case(ctx.operator()) {
        return Err(PageFailure::plain(http::StatusCode::CONFLICT, "operators-yourself"));
    }
    Ok(())
}
