//! Putting back what a run wrote: what it is, before; how far it went and what was left as it is, afterwards.

use askama::Template;
use axum::extract::Path;
use http::StatusCode;
use sics_client::contract::{LeftFieldView, RevertView};

use super::device_cell::DeviceCell;
use super::head::{TargetHead, TargetTab};
use super::runs::RunRow;
use super::words::{other_side_failure, show_value, unmet};
use crate::failure::{PageFailure, PageResult};
use crate::form::FormFields;
use crate::page::PageContext;
use crate::pages::approvals::person::form_status;
use crate::render::{Markup, show_page_as};

/// Fields that were left, on one page; the API has all.
const LEFT_SHOWN: usize = 300;

#[derive(Template)]
#[template(path = "pages/targets/revert.html")]
struct RevertPage<'a> {
    ctx: &'a PageContext,
    head: TargetHead,
    run: RunRow,
    /// `None`: nothing was put back yet.
    result: Option<RevertResult>,
    problem: Option<&'a PageFailure>,
}

struct RevertResult {
    put_back: u64,
    records: u64,
    complete: bool,
    left: Vec<LeftRow>,
    /// Of those that were left, how many are not shown.
    unlisted: usize,
}

/// A field that has its value still.
struct LeftRow {
    device: DeviceCell,
    record: String,
    /// Empty: the whole record.
    field: String,
    ours: String,
    now: String,
    reason: Markup,
}

impl LeftRow {
    fn new(ctx: &PageContext, view: &LeftFieldView) -> LeftRow {
        LeftRow {
            device: DeviceCell::new(ctx, None, &view.instance, view.device_id),
            record: ctx.plain(&view.record),
            field: ctx.plain(view.field.as_deref().unwrap_or_default()),
            ours: show_value(ctx, &view.ours),
            now: show_value(ctx, &view.now),
            reason: ctx.said(&view.reason),
        }
    }
}

impl RevertResult {
    fn new(ctx: &PageContext, view: &RevertView) -> RevertResult {
        let left = view.left.iter().take(LEFT_SHOWN);
        RevertResult {
            put_back: view.put_back,
            records: view.records,
            complete: view.complete,
            left: left.map(|row| LeftRow::new(ctx, row)).collect(),
            unlisted: view.left.len().saturating_sub(LEFT_SHOWN),
        }
    }
}

pub(super) async fn show_revert(ctx: PageContext, Path((name, run)): Path<(String, String)>) -> PageResult {
    render(&ctx, (&name, &run), None, None).await
}

async fn render(
    ctx: &PageContext,
    (name, run): (&str, &str),
    result: Option<&RevertView>,
    problem: Option<&PageFailure>,
) -> PageResult {
    let (target, runs) = tokio::try_join!(ctx.client().show_target(name), ctx.client().list_target_runs(name))?;
    let known = runs.runs.iter().find(|known| known.run.to_string() == run);
    let known = known.ok_or_else(PageFailure::not_found)?;
    let page = RevertPage {
        ctx,
        head: TargetHead::new(ctx, &target, TargetTab::Runs),
        run: RunRow::new(ctx, &target, known),
        result: result.map(|view| RevertResult::new(ctx, view)),
        problem,
    };
    show_page_as(problem.map_or(StatusCode::OK, form_status), &page)
}

async fn revert(ctx: &PageContext, name: &str, run: &str, form: &FormFields) -> Result<RevertView, PageFailure> {
    if !form.is_ticked("agree") {
        return Err(unmet("targets-not-agreed"));
    }
    let reverted = ctx.client().revert_target_run(name, run).await;
    reverted.map_err(other_side_failure)
}

pub(super) async fn revert_run(
    ctx: PageContext,
    Path((name, run)): Path<(String, String)>,
    form: FormFields,
) -> PageResult {
    match revert(&ctx, &name, &run, &form).await {
        Ok(view) => render(&ctx, (&name, &run), Some(&view), None).await,
        Err(failure) => render(&ctx, (&name, &run), None, Some(&failure)).await,
    }
}
