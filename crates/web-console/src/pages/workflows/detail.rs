//! One workflow: its text with its steps, what an offered text would change, parameters, enabling, runs.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::Path;
use http::StatusCode;
use sics_client::ClientError;
use sics_client::contract::{
    CallView, DangerLevel, ListRunsQuery, OfferedView, RunsView, TextQuery, TextView, WorkflowState, WorkflowView,
};

use super::definition_steps::draw_steps;
use super::line_diff::{LineChange, ShownLine, diff_lines, fold_same};
use super::run_form::{FieldShape, ParameterField, TypedParameters};
use super::words::{RunRow, danger_words, workflow_words};
use crate::clock_text::TimeText;
use crate::failure::{PageFailure, PageResult};
use crate::page::PageContext;
use crate::render::{Markup, show_page_as};

/// Runs that the page shows at once.
const RUNS_SHOWN: usize = 20;

#[derive(Template)]
#[template(path = "pages/workflow.html")]
struct WorkflowPage<'a> {
    ctx: &'a PageContext,
    face: WorkflowFace,
    due: Vec<(String, Option<TimeText>)>,
    text: String,
    steps: Option<Markup>,
    offered: Option<OfferedPart>,
    fields: Vec<ParameterField>,
    runs: Vec<RunRow>,
    older: Option<String>,
    can_run: bool,
    can_manage: bool,
    problem: Option<&'a PageFailure>,
}

struct WorkflowFace {
    name: String,
    summary: String,
    definition: String,
    version: String,
    hash: String,
    instance: String,
    engine: String,
    state: String,
    light: &'static str,
    is_enabled: bool,
    waiting: bool,
    enabled_by: String,
    danger: String,
    danger_light: &'static str,
    is_destructive: bool,
    on_demand: bool,
    calls: Vec<CallRow>,
    problem: Markup,
}

struct CallRow {
    activity: String,
    danger: String,
    light: &'static str,
}

/// Another text that waits to be enabled.
struct OfferedPart {
    version: String,
    summary: String,
    hash: String,
    by: String,
    since: TimeText,
    danger: String,
    danger_light: &'static str,
    is_destructive: bool,
    calls: Vec<CallRow>,
    lines: Vec<DiffRow>,
}

struct DiffRow {
    /// `+`, `-`, or nothing.
    sign: &'static str,
    text: String,
}

pub(super) async fn show_workflow(ctx: PageContext, Path(name): Path<String>) -> PageResult {
    render(&ctx, &name, &TypedParameters::default(), None).await
}

/// The page, with what was typed into the form for a run.
pub(super) async fn render(
    ctx: &PageContext,
    name: &str,
    typed: &TypedParameters,
    problem: Option<&PageFailure>,
) -> PageResult {
    let known = KnownWorkflow::read(ctx, name).await?;
    let list = ctx.list();
    let view = &known.view;
    let older = known.runs.next.map(|next| list.link_with("before", &next.to_string()));
    let fields = view.parameters.iter();
    let page = WorkflowPage {
        ctx,
        face: WorkflowFace::new(ctx, view),
        due: list_due(ctx, view),
        steps: draw_steps(ctx, &known.text.text),
        offered: known.offered_part(ctx),
        fields: fields
            .map(|parameter| ParameterField::new(ctx, parameter, typed))
            .collect(),
        runs: known.runs.runs.iter().map(|run| RunRow::new(ctx, run)).collect(),
        older,
        can_run: ctx.may("Workflows_Run"),
        can_manage: ctx.may("Workflows_Manage"),
        text: known
            .text
            .text
            .lines()
            .map(|line| show_code(ctx, line))
            .collect::<Vec<_>>()
            .join("\n"),
        problem,
    };
    show_page_as(problem.map_or(StatusCode::OK, |problem| problem.status), &page)
}

/// All that is read for the page.
struct KnownWorkflow {
    view: WorkflowView,
    text: TextView,
    offered_text: Option<TextView>,
    runs: RunsView,
}

impl KnownWorkflow {
    async fn read(ctx: &PageContext, name: &str) -> Result<KnownWorkflow, ClientError> {
        let client = ctx.client();
        let runs = ListRunsQuery {
            workflow: Some(name.to_owned()),
            before: ctx.list().value("before").parse().ok(),
            limit: Some(RUNS_SHOWN),
            ..ListRunsQuery::default()
        };
        let present = TextQuery::default();
        let (view, text, runs) = tokio::try_join!(
            client.show_workflow(name),
            client.show_workflow_text(name, &present),
            client.list_runs(&runs),
        )?;
        let offered_text = match &view.offered {
            Some(offered) => {
                let query = TextQuery {
                    hash: Some(offered.hash.clone()),
                };
                Some(client.show_workflow_text(name, &query).await?)
            }
            None => None,
        };
        Ok(KnownWorkflow {
            view,
            text,
            offered_text,
            runs,
        })
    }

    fn offered_part(&self, ctx: &PageContext) -> Option<OfferedPart> {
        let (offered, text) = (self.view.offered.as_ref()?, self.offered_text.as_ref()?);
        Some(OfferedPart::new(ctx, offered, &self.text.text, &text.text))
    }
}

impl WorkflowFace {
    fn new(ctx: &PageContext, view: &WorkflowView) -> WorkflowFace {
        let (light, key) = workflow_words(view.state);
        let (danger_light, danger_key) = danger_words(view.danger);
        WorkflowFace {
            name: ctx.plain(&view.name),
            summary: ctx.plain(&view.summary),
            definition: ctx.plain(&view.definition),
            version: ctx.plain(&view.version),
            hash: view.hash.clone(),
            instance: ctx.plain(&view.instance),
            engine: ctx.plain(view.engine.as_deref().unwrap_or_default()),
            state: ctx.t(key),
            light,
            is_enabled: view.state == WorkflowState::Enabled,
            waiting: view.waiting.is_some(),
            enabled_by: match &view.enabled_by {
                Some(name) => ctx.plain(name),
                None => ctx.t("workflows-own-name"),
            },
            danger: ctx.t(danger_key),
            danger_light,
            is_destructive: view.danger == DangerLevel::Destructive,
            on_demand: view.on_demand,
            calls: view.calls.iter().map(|call| CallRow::new(ctx, call)).collect(),
            problem: ctx.said(view.problem.as_deref().unwrap_or_default()),
        }
    }
}

impl CallRow {
    fn new(ctx: &PageContext, call: &CallView) -> CallRow {
        let (light, key) = match call.danger {
            Some(danger) => danger_words(danger),
            None => ("bad", "unknown"),
        };
        CallRow {
            activity: ctx.plain(&call.activity),
            danger: ctx.t(key),
            light,
        }
    }
}

impl OfferedPart {
    fn new(ctx: &PageContext, offered: &OfferedView, present: &str, text: &str) -> OfferedPart {
        let (danger_light, danger_key) = danger_words(offered.danger);
        let lines = diff_lines(present, text);
        OfferedPart {
            version: ctx.plain(&offered.version),
            summary: ctx.plain(&offered.summary),
            hash: offered.hash.clone(),
            by: match &offered.by {
                Some(name) => ctx.plain(name),
                None => ctx.t("workflows-from-file"),
            },
            since: ctx.time(&offered.since),
            danger: ctx.t(danger_key),
            danger_light,
            is_destructive: offered.danger == DangerLevel::Destructive,
            calls: offered.calls.iter().map(|call| CallRow::new(ctx, call)).collect(),
            lines: fold_same(&lines).iter().map(|line| diff_row(ctx, line)).collect(),
        }
    }
}

fn diff_row(ctx: &PageContext, line: &ShownLine<'_>) -> DiffRow {
    match line {
        ShownLine::Line(LineChange::Same, text) => DiffRow {
            sign: "",
            text: show_code(ctx, text),
        },
        ShownLine::Line(LineChange::Added, text) => DiffRow {
            sign: "+",
            text: show_code(ctx, text),
        },
        ShownLine::Line(LineChange::Removed, text) => DiffRow {
            sign: "-",
            text: show_code(ctx, text),
        },
        ShownLine::Folded(count) => DiffRow {
            sign: "…",
            text: ctx.count("workflows-lines-same", *count),
        },
    }
}

/// Code with what hides in it made visible; tabs stay.
pub(super) fn show_code(ctx: &PageContext, line: &str) -> String {
    let parts: Vec<String> = line.split('\t').map(|part| ctx.plain(part)).collect();
    parts.join("\t")
}

fn list_due(ctx: &PageContext, view: &WorkflowView) -> Vec<(String, Option<TimeText>)> {
    let due = view.next_due.iter();
    due.map(|(name, at)| (ctx.plain(name), at.as_ref().map(|at| ctx.time(at))))
        .collect()
}

/// The danger of one of its two texts; `None`: it has neither.
pub(super) fn danger_of(view: &WorkflowView, hash: &str) -> Option<DangerLevel> {
    let dangers: BTreeMap<&str, DangerLevel> = view
        .offered
        .iter()
        .map(|offered| (offered.hash.as_str(), offered.danger))
        .chain([(view.hash.as_str(), view.danger)])
        .collect();
    dangers.get(hash).copied()
}
