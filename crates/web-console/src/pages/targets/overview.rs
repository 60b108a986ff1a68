//! One target: how it stands, what keeps it from writing and what to do about it, what waits, and how far it has come.

use askama::Template;
use axum::extract::Path;
use chrono::TimeDelta;
use http::StatusCode;
use sics_client::contract::{ProgressPhase, ProgressView, TargetPauseView, TargetPhase, TargetView};

use super::head::{TargetHead, TargetTab};
use super::words::{fault_failure, shorten_digest};
use crate::clock_text::TimeText;
use crate::failure::{PageFailure, PageResult};
use crate::page::PageContext;
use crate::pages::approvals::person::form_status;
use crate::render::show_page_as;

#[derive(Template)]
#[template(path = "pages/targets/overview.html")]
struct OverviewPage<'a> {
    ctx: &'a PageContext,
    head: TargetHead,
    facts: TargetFacts,
    pause: Option<PauseCard>,
    /// As far as the reader may see management servers.
    progress: Vec<ProgressRow>,
    problem: Option<&'a PageFailure>,
}

/// How far a target is behind.
pub(super) struct LagText {
    /// Changes that it has not confirmed; empty: none.
    pub(super) behind: String,
    /// When the oldest of them happened.
    pub(super) oldest: Option<TimeText>,
}

impl LagText {
    pub(super) fn new(ctx: &PageContext, view: &TargetView) -> LagText {
        let seconds = view.lag_seconds.and_then(|seconds| i64::try_from(seconds).ok());
        let age = seconds.and_then(TimeDelta::try_seconds).filter(|_| view.behind > 0);
        LagText {
            behind: match view.behind {
                0 => String::new(),
                behind => ctx.count("targets-behind", behind),
            },
            oldest: age
                .and_then(|age| ctx.now().checked_sub_signed(age))
                .map(|at| ctx.time(&at)),
        }
    }
}

struct TargetFacts {
    server: String,
    running: bool,
    phase: String,
    is_canary: bool,
    lag: LagText,
    linked: u64,
    created: u64,
    adopted: u64,
    gone: u64,
    set_aside: u64,
    failing: u64,
    /// Planned writes that wait for consent.
    waiting: u64,
    /// They are of a new mapping, whose first records are there to be looked at.
    waits_for_look: bool,
    last_write: Option<TimeText>,
    requests: u64,
    mapping: String,
}

impl TargetFacts {
    fn new(ctx: &PageContext, view: &TargetView) -> TargetFacts {
        TargetFacts {
            server: view.server.to_string(),
            running: view.running,
            phase: ctx.word("targets-phase-", view.phase.name()),
            is_canary: view.phase == TargetPhase::Canary,
            lag: LagText::new(ctx, view),
            linked: view.linked,
            created: view.created,
            adopted: view.adopted,
            gone: view.gone,
            set_aside: view.set_aside,
            failing: view.failing,
            waiting: view.question.as_ref().map_or(0, |question| question.total),
            waits_for_look: view.question.as_ref().is_some_and(|question| question.canary),
            last_write: view.last_write_at.as_ref().map(|at| ctx.time(at)),
            requests: view.requests,
            mapping: shorten_digest(&view.mapping_digest),
        }
    }
}

/// Why it writes nothing.
struct PauseCard {
    failure: PageFailure,
    code: String,
    since: Option<TimeText>,
    until: Option<TimeText>,
}

impl PauseCard {
    fn new(ctx: &PageContext, pause: &TargetPauseView) -> PauseCard {
        PauseCard {
            failure: fault_failure(ctx, &pause.code, &pause.problem, &pause.advice),
            code: ctx.plain(&pause.code),
            since: pause.since.as_ref().map(|at| ctx.time(at)),
            until: pause.until.as_ref().map(|at| ctx.time(at)),
        }
    }
}

/// How far it has come with one instance.
struct ProgressRow {
    instance: String,
    profile: String,
    phase: String,
    light: &'static str,
    behind: u64,
    complete: bool,
}

impl ProgressRow {
    fn new(ctx: &PageContext, progress: &ProgressView) -> ProgressRow {
        let (light, key) = match progress.phase {
            ProgressPhase::Nothing => ("", "servers-phase-nothing"),
            ProgressPhase::Snapshot => ("warning", "servers-phase-snapshot"),
            ProgressPhase::Live => ("good", "servers-phase-live"),
        };
        ProgressRow {
            instance: progress.instance.to_string(),
            profile: ctx.plain(progress.profile.as_deref().unwrap_or_default()),
            phase: ctx.t(key),
            light,
            behind: progress.behind,
            complete: progress.complete,
        }
    }
}

/// None, where the reader may not see them.
async fn read_progress(ctx: &PageContext, view: &TargetView) -> Vec<ProgressRow> {
    if !ctx.may("Servers_Read") {
        return Vec::new();
    }
    let read = ctx.client().show_server(&view.server).await;
    let rows = read.map(|server| server.instances).unwrap_or_default();
    rows.iter().map(|row| ProgressRow::new(ctx, row)).collect()
}

pub(super) async fn show_target(ctx: PageContext, Path(name): Path<String>) -> PageResult {
    render_overview(&ctx, &name, None).await
}

/// The page again, with what went wrong.
pub(super) async fn render_overview(ctx: &PageContext, name: &str, problem: Option<&PageFailure>) -> PageResult {
    let view = ctx.client().show_target(name).await?;
    let page = OverviewPage {
        ctx,
        head: TargetHead::new(ctx, &view, TargetTab::Overview),
        facts: TargetFacts::new(ctx, &view),
        pause: view
            .paused
            .as_ref()
            .filter(|_| view.running)
            .map(|pause| PauseCard::new(ctx, pause)),
        progress: read_progress(ctx, &view).await,
        problem,
    };
    show_page_as(problem.map_or(StatusCode::OK, form_status), &page)
}
