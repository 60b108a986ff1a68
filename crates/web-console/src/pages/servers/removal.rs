//! Removing a management server: what it loses is shown by the API, and confirmed by tick and number.

use askama::Template;
use axum::extract::Path;
use http::StatusCode;
use sics_client::contract::{ConfirmQuery, ServerView};

use crate::failure::{PageFailure, PageResult};
use crate::form::FormFields;
use crate::page::PageContext;
use crate::pages::products::{ShownEffect, read_confirmation};
use crate::render::{go_to, show_page_as};

#[derive(Template)]
#[template(path = "pages/server_remove.html")]
struct RemovalPage<'a> {
    ctx: &'a PageContext,
    id: String,
    display_name: String,
    owner: String,
    effect: Option<ShownEffect>,
    problem: Option<&'a PageFailure>,
}

impl<'a> RemovalPage<'a> {
    fn new(ctx: &'a PageContext, view: &ServerView) -> RemovalPage<'a> {
        RemovalPage {
            ctx,
            id: view.id.clone(),
            display_name: ctx.plain(&view.display_name),
            owner: ctx.plain(view.owner.as_deref().unwrap_or_default()),
            effect: None,
            problem: None,
        }
    }
}

pub(super) async fn show_removal(ctx: PageContext, Path(id): Path<String>) -> PageResult {
    let view = ctx.client().show_server(&id).await?;
    show_page_as(StatusCode::OK, &RemovalPage::new(&ctx, &view))
}

pub(super) async fn remove_server(ctx: PageContext, Path(id): Path<String>, form: FormFields) -> PageResult {
    let shown = ShownEffect::from_form(&form);
    let confirm = match read_confirmation(&form, shown.as_ref()) {
        Ok(confirm) => confirm,
        Err(failure) => return show_again(&ctx, &id, shown, Some(&failure)).await,
    };
    match ctx.client().remove_server(&id, &ConfirmQuery { confirm }).await {
        Ok(()) => go_to(&ctx, "/servers", "server-removed"),
        Err(error) => match ShownEffect::from_error(&error) {
            Some(effect) => show_again(&ctx, &id, Some(effect), None).await,
            None => show_again(&ctx, &id, None, Some(&error.into())).await,
        },
    }
}

async fn show_again(
    ctx: &PageContext,
    id: &str,
    effect: Option<ShownEffect>,
    problem: Option<&PageFailure>,
) -> PageResult {
    let view = ctx.client().show_server(id).await?;
    let page = RemovalPage {
        effect,
        problem,
        ..RemovalPage::new(ctx, &view)
    };
    show_page_as(problem.map_or(StatusCode::CONFLICT, |problem| problem.status), &page)
}
