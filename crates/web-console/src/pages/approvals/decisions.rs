//! What is decided on the page of approvals. Jobs are decided on their own pages.

use axum::extract::Path;

use super::person::{PersonFields, agreement_body, person_body};
use super::{RefusedForm, render_approvals};
use crate::failure::{PageFailure, PageResult};
use crate::form::FormFields;
use crate::page::PageContext;
use crate::render::{go_to, own_path};

async fn answer(
    ctx: &PageContext,
    form: &FormFields,
    (name, message): (String, &str),
    decided: Result<(), PageFailure>,
) -> PageResult {
    match decided {
        Ok(()) => {
            let next = match form.text("next") {
                "" => "/approvals".to_owned(),
                next => own_path(next),
            };
            go_to(ctx, &next, message)
        }
        Err(failure) => {
            let refused = RefusedForm {
                form: name,
                failure: &failure,
                person: PersonFields::typed(ctx, form, &failure),
            };
            render_approvals(ctx, Some(refused)).await
        }
    }
}

pub(super) async fn approve_change(ctx: PageContext, Path(id): Path<String>, form: FormFields) -> PageResult {
    let decided = ctx.client().approve_loosening(&id, &agreement_body(&form)).await;
    let decided = decided.map(|_| ()).map_err(PageFailure::from);
    answer(&ctx, &form, (format!("change-{id}"), "change-approved"), decided).await
}

pub(super) async fn reject_change(ctx: PageContext, Path(id): Path<String>, form: FormFields) -> PageResult {
    let decided = ctx.client().reject_loosening(&id, &person_body(&form)).await;
    let decided = decided.map(|_| ()).map_err(PageFailure::from);
    answer(&ctx, &form, (format!("change-{id}"), "change-rejected"), decided).await
}

pub(super) async fn acknowledge_glass(ctx: PageContext, Path(id): Path<String>, form: FormFields) -> PageResult {
    let decided = ctx.client().acknowledge_broken_glass(&id, &person_body(&form)).await;
    let decided = decided.map(|_| ()).map_err(PageFailure::from);
    answer(&ctx, &form, (format!("glass-{id}"), "glass-reviewed"), decided).await
}

pub(super) async fn lift_suspension(ctx: PageContext, Path(operator): Path<String>, form: FormFields) -> PageResult {
    let asked = ctx.client().lift_suspension(&operator).await;
    let asked = asked.map(|_| ()).map_err(PageFailure::from);
    answer(
        &ctx,
        &form,
        (format!("suspension-{operator}"), "suspension-asked"),
        asked,
    )
    .await
}
