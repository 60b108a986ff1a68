//! What people decide about a job: approve, reject, cancel.

use axum::extract::Path;
use sics_client::contract::TasksQuery;

use super::job_page::{RefusedForm, render_job};
use crate::failure::{PageFailure, PageResult};
use crate::form::FormFields;
use crate::page::PageContext;
use crate::pages::approvals::person::{PersonFields, approve_body, check_typed_count};
use crate::render::{go_to, own_path};

/// The page that a form came from, or that of the job.
fn page_after(form: &FormFields, id: &str) -> String {
    match form.text("next") {
        "" => own_path(&format!("/jobs/{id}")),
        next => own_path(next),
    }
}

async fn show_refused(
    ctx: &PageContext,
    id: &str,
    form: &FormFields,
    (name, failure): (&'static str, PageFailure),
) -> PageResult {
    let refused = RefusedForm {
        form: name,
        failure: &failure,
        person: PersonFields::typed(ctx, form, &failure),
    };
    render_job(ctx, id, Some(refused)).await
}

async fn approve(ctx: &PageContext, id: &str, form: &FormFields) -> Result<(), PageFailure> {
    let head = TasksQuery {
        after: None,
        limit: Some(1),
    };
    let job = ctx.client().show_job(id, &head).await?.job;
    check_typed_count(form, job.devices)?;
    ctx.client().approve_job(id, &approve_body(form)).await?;
    Ok(())
}

pub(super) async fn approve_job(ctx: PageContext, Path(id): Path<String>, form: FormFields) -> PageResult {
    match approve(&ctx, &id, &form).await {
        // What was approved goes out only once the kill switch is off.
        Ok(()) if ctx.kill_switch() => go_to(&ctx, &page_after(&form, &id), "job-approved-held"),
        Ok(()) => go_to(&ctx, &page_after(&form, &id), "job-approved"),
        Err(failure) => show_refused(&ctx, &id, &form, ("approve", failure)).await,
    }
}

pub(super) async fn reject_job(ctx: PageContext, Path(id): Path<String>, form: FormFields) -> PageResult {
    match ctx.client().reject_job(&id).await {
        Ok(_) => go_to(&ctx, &page_after(&form, &id), "job-rejected"),
        Err(error) => show_refused(&ctx, &id, &form, ("reject", error.into())).await,
    }
}

pub(super) async fn cancel_job(ctx: PageContext, Path(id): Path<String>, form: FormFields) -> PageResult {
    match ctx.client().cancel_job(&id).await {
        Ok(done) if done.cancelled == 0 => go_to(&ctx, &page_after(&form, &id), "job-cancelled-too-late"),
        Ok(done) if done.left > 0 => go_to(&ctx, &page_after(&form, &id), "job-cancelled-partly"),
        Ok(_) => go_to(&ctx, &page_after(&form, &id), "job-cancelled"),
        Err(error) => show_refused(&ctx, &id, &form, ("cancel", error.into())).await,
    }
}
