//! One run with every step, followed live; and stopping it.

use askama::Template;
use axum::extract::Path;
use http::StatusCode;
use serde_json::Value;
use sics_client::contract::{StepView, WholeRunView};

use super::run_form::show_value;
use super::words::{RunRow, describe_span, step_words};
use crate::clock_text::TimeText;
use crate::failure::{PageFailure, PageResult};
use crate::page::PageContext;
use crate::render::{Markup, go_to, show_page_as};

#[derive(Template)]
#[template(path = "pages/workflow_run.html")]
struct RunPage<'a> {
    ctx: &'a PageContext,
    run: RunRow,
    parameters: Vec<(String, String)>,
    steps: Vec<StepRow>,
    can_cancel: bool,
    problem: Option<&'a PageFailure>,
}

struct StepRow {
    step: String,
    attempt: u32,
    activity: String,
    state: String,
    dot: &'static str,
    begun: TimeText,
    due: Option<TimeText>,
    took: String,
    inputs: Vec<(String, String)>,
    outputs: Vec<(String, String)>,
    /// Code and sentence of why it failed.
    fault: Option<(String, Markup)>,
}

pub(super) async fn show_run(ctx: PageContext, Path(run): Path<i64>) -> PageResult {
    render(&ctx, run, None).await
}

async fn render(ctx: &PageContext, run: i64, problem: Option<&PageFailure>) -> PageResult {
    let WholeRunView { run, steps } = ctx.client().show_run(run).await?;
    let row = RunRow::new(ctx, &run);
    let page = RunPage {
        ctx,
        parameters: list_values(ctx, &run.parameters),
        steps: steps.iter().map(|step| StepRow::new(ctx, step)).collect(),
        can_cancel: row.is_running && ctx.may("Workflows_Run"),
        run: row,
        problem,
    };
    show_page_as(problem.map_or(StatusCode::OK, |problem| problem.status), &page)
}

impl StepRow {
    fn new(ctx: &PageContext, step: &StepView) -> StepRow {
        let (dot, key) = step_words(step.state);
        let fault = step.fault.as_ref();
        StepRow {
            step: ctx.plain(&step.step),
            attempt: step.attempt,
            activity: ctx.plain(step.activity.as_deref().unwrap_or_default()),
            state: ctx.t(key),
            dot,
            begun: ctx.time(&step.begun_at),
            due: match step.ended_at {
                Some(_) => None,
                None => step.due_at.as_ref().map(|at| ctx.time(at)),
            },
            took: match step.ended_at {
                Some(ended) => describe_span(ctx, (ended - step.begun_at).num_milliseconds()),
                None => String::new(),
            },
            inputs: list_values(ctx, &step.inputs),
            outputs: step
                .outputs
                .as_ref()
                .map(|outputs| list_values(ctx, outputs))
                .unwrap_or_default(),
            fault: fault.map(|fault| (ctx.plain(&fault.code), ctx.said(&fault.message))),
        }
    }
}

/// Names and values of an object; anything else is one value without a name.
fn list_values(ctx: &PageContext, value: &Value) -> Vec<(String, String)> {
    match value {
        Value::Object(values) => values
            .iter()
            .map(|(name, value)| (ctx.plain(name), ctx.plain(show_value(value))))
            .collect(),
        Value::Null => Vec::new(),
        other => vec![(String::new(), ctx.plain(show_value(other)))],
    }
}

pub(super) async fn cancel_run(ctx: PageContext, Path(run): Path<i64>) -> PageResult {
    match ctx.client().cancel_run(run).await {
        Ok(_) => go_to(&ctx, &format!("/runs/{run}"), "run-cancelled"),
        Err(error) => render(&ctx, run, Some(&error.into())).await,
    }
}
