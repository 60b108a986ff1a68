//! Removing an application: with its groups and assignments in the tenant or without them; what ends by it is counted by
//! the API, and confirmed by tick and number.

use askama::Template;
use axum::extract::Path;
use http::StatusCode;
use sics_client::contract::ApplicationRemoval;

use super::rows::ApplicationRow;
use crate::failure::{PageFailure, PageResult};
use crate::form::FormFields;
use crate::page::PageContext;
use crate::pages::approvals::person::form_status;
use crate::pages::products::{ShownEffect, read_confirmation};
use crate::render::{go_to, show_page_as};

#[derive(Template)]
#[template(path = "pages/applications/remove.html")]
struct RemovalPage<'a> {
    ctx: &'a PageContext,
    application: ApplicationRow,
    install_group: String,
    uninstall_group: String,
    clean_up: bool,
    effect: Option<ShownEffect>,
    problem: Option<&'a PageFailure>,
}

/// Whether groups and assignments go as well; they do where the form does not say.
fn wants_clean_up(form: &FormFields) -> bool {
    form.text("clean_up") != "no"
}

async fn render(
    ctx: &PageContext,
    id: &str,
    (clean_up, effect): (bool, Option<ShownEffect>),
    problem: Option<&PageFailure>,
) -> PageResult {
    let view = ctx.client().show_application(id).await?;
    let status = match problem {
        Some(problem) => form_status(problem),
        None if effect.is_some() => StatusCode::CONFLICT,
        None => StatusCode::OK,
    };
    let page = RemovalPage {
        ctx,
        application: ApplicationRow::new(ctx, &view),
        install_group: ctx.plain(view.install_group.as_deref().unwrap_or_default()),
        uninstall_group: ctx.plain(view.uninstall_group.as_deref().unwrap_or_default()),
        clean_up,
        effect,
        problem,
    };
    show_page_as(status, &page)
}

pub(super) async fn show_removal(ctx: PageContext, Path(id): Path<String>) -> PageResult {
    render(&ctx, &id, (true, None), None).await
}

pub(super) async fn remove_application(ctx: PageContext, Path(id): Path<String>, form: FormFields) -> PageResult {
    let (clean_up, shown) = (wants_clean_up(&form), ShownEffect::from_form(&form));
    if let Err(failure) = read_confirmation(&form, shown.as_ref()) {
        return render(&ctx, &id, (clean_up, shown), Some(&failure)).await;
    }
    let removal = ApplicationRemoval {
        clean_up,
        confirm: shown.map(|shown| shown.code),
    };
    match ctx.client().remove_application(&id, &removal).await {
        Ok(done) if done.removed => go_to(&ctx, "/applications", "application-removed"),
        Ok(_) => go_to(&ctx, &format!("/applications/{id}"), "application-removing"),
        Err(error) => match ShownEffect::from_error(&error) {
            Some(effect) => render(&ctx, &id, (clean_up, Some(effect)), None).await,
            None => render(&ctx, &id, (clean_up, None), Some(&error.into())).await,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::wizard::test_form::make_form;

    #[test]
    fn groups_stay_only_where_the_form_says_so() {
        for (chosen, clean_up) in [("yes", true), ("", true), ("no", false)] {
            assert_eq!(
                wants_clean_up(&make_form(&[("clean_up", chosen)])),
                clean_up,
                "{chosen}"
            );
        }
    }
}
