//! Removing an installation: first what it is, then, as the API counts them, how many devices go from the servers; only tick
//! and number together remove it.

use askama::Template;
use axum::extract::Path;
use http::StatusCode;
use sics_client::contract::{ConfirmQuery, InstallationView};

use super::submit::form_status;
use crate::failure::{PageFailure, PageResult};
use crate::form::FormFields;
use crate::page::PageContext;
use crate::pages::products::{ShownEffect, read_confirmation};
use crate::render::{go_to, show_page_as};

#[derive(Template)]
#[template(path = "pages/installation_remove.html")]
struct RemovalPage<'a> {
    ctx: &'a PageContext,
    view: InstallationView,
    /// What it does to devices, once the API has said so.
    effect: Option<ShownEffect>,
    problem: Option<&'a PageFailure>,
}

pub(super) async fn show_removal(ctx: PageContext, Path(instance): Path<String>) -> PageResult {
    render(&ctx, &instance, None, None).await
}

async fn render(
    ctx: &PageContext,
    instance: &str,
    effect: Option<ShownEffect>,
    problem: Option<&PageFailure>,
) -> PageResult {
    let view = ctx.client().show_installation(instance).await?;
    let status = match (&effect, problem) {
        (_, Some(problem)) => form_status(problem),
        (Some(_), None) => StatusCode::CONFLICT,
        (None, None) => StatusCode::OK,
    };
    let page = RemovalPage {
        ctx,
        view,
        effect,
        problem,
    };
    show_page_as(status, &page)
}

pub(super) async fn remove_installation(
    ctx: PageContext,
    Path(instance): Path<String>,
    form: FormFields,
) -> PageResult {
    let shown = ShownEffect::from_form(&form);
    let confirm = match read_confirmation(&form, shown.as_ref()) {
        Ok(confirm) => ConfirmQuery { confirm },
        Err(failure) => return render(&ctx, &instance, shown, Some(&failure)).await,
    };
    match ctx.client().uninstall(&instance, &confirm).await {
        Ok(view) => go_to(&ctx, &format!("/products/{}", view.product), "installation-removed"),
        Err(error) => match ShownEffect::from_error(&error) {
            Some(effect) => render(&ctx, &instance, Some(effect), None).await,
            None => render(&ctx, &instance, shown, Some(&PageFailure::from(error))).await,
        },
    }
}
