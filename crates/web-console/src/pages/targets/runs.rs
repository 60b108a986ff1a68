//! Runs: what was written together, newest first.

use askama::Template;
use axum::extract::Path;
use sics_client::contract::{TargetRunView, TargetView};

use super::head::{TargetHead, TargetTab};
use super::words::{describe_counts, shorten_digest};
use crate::clock_text::TimeText;
use crate::failure::PageResult;
use crate::list_state::ListState;
use crate::page::PageContext;
use crate::pages::microservices::describe_duration;
use crate::pages::row_page::cut_page;
use crate::render::show_page;

#[derive(Template)]
#[template(path = "pages/targets/runs.html")]
struct RunsPage<'a> {
    ctx: &'a PageContext,
    head: TargetHead,
    list: ListState,
    runs: Vec<RunRow>,
    matching: u64,
    total: u64,
}

/// A run, as lists and its own page show it.
pub(super) struct RunRow {
    pub(super) run: i64,
    pub(super) kind: String,
    pub(super) started: TimeText,
    /// `None`: it goes on.
    pub(super) took: Option<String>,
    /// What it wrote; empty: nothing.
    pub(super) counts: String,
    pub(super) total: u64,
    pub(super) mapping: String,
    pub(super) is_current_mapping: bool,
    pub(super) reverts: Option<i64>,
    pub(super) reverted_by: Option<i64>,
}

impl RunRow {
    pub(super) fn new(ctx: &PageContext, target: &TargetView, view: &TargetRunView) -> RunRow {
        let took = view.ended_at.map(|ended| ended - view.started_at);
        let took = took.map(|took| u64::try_from(took.num_milliseconds()).unwrap_or_default());
        RunRow {
            run: view.run,
            kind: ctx.word("targets-run-", view.kind.name()),
            started: ctx.time(&view.started_at),
            took: took.map(|took_ms| describe_duration(ctx, took_ms)),
            counts: describe_counts(ctx, &view.counts),
            total: view.counts.total(),
            mapping: shorten_digest(&view.mapping_digest),
            is_current_mapping: view.mapping_digest == target.mapping_digest,
            reverts: view.reverts,
            reverted_by: view.reverted_by,
        }
    }
}

pub(super) async fn show_runs(ctx: PageContext, Path(name): Path<String>) -> PageResult {
    let list = ctx.list();
    let (target, view) = tokio::try_join!(ctx.client().show_target(&name), ctx.client().list_target_runs(&name))?;
    let total = view.runs.len() as u64;
    let page = cut_page(view.runs, &list);
    show_page(&RunsPage {
        ctx: &ctx,
        head: TargetHead::new(&ctx, &target, TargetTab::Runs),
        runs: page.rows.iter().map(|run| RunRow::new(&ctx, &target, run)).collect(),
        matching: page.matching,
        total,
        list,
    })
}
