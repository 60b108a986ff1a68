//! States of workflows, runs and steps as classes and words.

use connector_core::model::RunState;
use sics_client::contract::{DangerLevel, RunView, StepState, WorkflowState};

use crate::clock_text::TimeText;
use crate::page::PageContext;
use crate::pages::microservices::describe_duration;
use crate::render::Markup;

/// Class and key of its word.
pub(super) fn workflow_words(state: WorkflowState) -> (&'static str, &'static str) {
    match state {
        WorkflowState::Enabled => ("good", "workflows-state-enabled"),
        WorkflowState::Disabled => ("", "workflows-state-disabled"),
        WorkflowState::Waiting => ("warning", "workflows-state-waiting"),
    }
}

/// As the API names it.
pub(super) fn state_name(state: WorkflowState) -> &'static str {
    match state {
        WorkflowState::Enabled => "enabled",
        WorkflowState::Disabled => "disabled",
        WorkflowState::Waiting => "waiting",
    }
}

pub(super) fn danger_words(danger: DangerLevel) -> (&'static str, &'static str) {
    match danger {
        DangerLevel::None => ("", "workflows-danger-none"),
        DangerLevel::Harmless => ("", "danger-harmless"),
        DangerLevel::Disruptive => ("warning", "danger-disruptive"),
        DangerLevel::Destructive => ("bad", "danger-destructive"),
    }
}

pub(super) fn run_words(state: RunState) -> (&'static str, &'static str) {
    match state {
        RunState::Running => ("", "workflows-run-running"),
        RunState::Succeeded => ("good", "workflows-run-succeeded"),
        RunState::Failed => ("bad", "workflows-run-failed"),
        RunState::Cancelled => ("warning", "workflows-run-cancelled"),
    }
}

pub(super) fn step_words(state: StepState) -> (&'static str, &'static str) {
    match state {
        StepState::Running => ("wait", "workflows-run-running"),
        StepState::Waiting => ("wait", "workflows-step-waiting"),
        StepState::Done => ("good", "workflows-step-done"),
        StepState::Failed => ("bad", "workflows-run-failed"),
    }
}

/// What started a run, taken apart.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum RunCause<'a> {
    Schedule(&'a str),
    Demand,
    Job(i64),
    Other(&'a str),
}

pub(super) fn parse_cause(cause: &str) -> RunCause<'_> {
    match cause.split_once(':') {
        Some(("schedule", name)) => RunCause::Schedule(name),
        Some(("job", number)) => number.parse().map_or(RunCause::Other(cause), RunCause::Job),
        None if cause == "demand" => RunCause::Demand,
        Some(_) | None => RunCause::Other(cause),
    }
}

/// A run in lists.
pub(super) struct RunRow {
    pub(super) number: i64,
    pub(super) workflow: String,
    pub(super) version: String,
    pub(super) cause: String,
    /// Of the job that it carries out; empty: none.
    pub(super) cause_link: String,
    pub(super) operator: String,
    pub(super) dry_run: bool,
    pub(super) state: String,
    pub(super) light: &'static str,
    pub(super) outcome: String,
    pub(super) message: Markup,
    pub(super) cancelled_by: String,
    pub(super) started: TimeText,
    pub(super) took: String,
    pub(super) is_running: bool,
}

impl RunRow {
    pub(super) fn new(ctx: &PageContext, run: &RunView) -> RunRow {
        let (light, key) = run_words(run.state);
        let (cause, cause_link) = match parse_cause(&run.cause) {
            RunCause::Schedule(name) => (
                ctx.t1("workflows-cause-schedule", "name", ctx.plain(name)),
                String::new(),
            ),
            RunCause::Demand => (ctx.t("workflows-cause-demand"), String::new()),
            RunCause::Job(number) => (
                ctx.t1("job-number", "number", number.to_string()),
                ctx.link(&format!("/jobs/{number}")),
            ),
            RunCause::Other(text) => (ctx.plain(text), String::new()),
        };
        let shown = |text: &Option<String>| ctx.plain(text.as_deref().unwrap_or_default());
        RunRow {
            number: run.run,
            workflow: ctx.plain(&run.workflow),
            version: ctx.plain(&run.version),
            cause,
            cause_link,
            operator: match &run.operator {
                Some(name) => ctx.plain(name),
                None => ctx.t("workflows-own-name"),
            },
            dry_run: run.dry_run,
            state: ctx.t(key),
            light,
            outcome: shown(&run.outcome),
            message: ctx.said(run.message.as_deref().unwrap_or_default()),
            cancelled_by: shown(&run.cancelled_by),
            started: ctx.time(&run.started_at),
            took: match run.ended_at {
                Some(ended) => describe_span(ctx, (ended - run.started_at).num_milliseconds()),
                None => String::new(),
            },
            is_running: run.state == RunState::Running,
        }
    }
}

pub(super) fn describe_span(ctx: &PageContext, span_ms: i64) -> String {
    describe_duration(ctx, u64::try_from(span_ms).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes_of_runs_are_taken_apart() {
        for (text, cause) in [
            ("schedule:weekly", RunCause::Schedule("weekly")),
            ("demand", RunCause::Demand),
            ("job:7", RunCause::Job(7)),
            ("job:x", RunCause::Other("job:x")),
            ("something", RunCause::Other("something")),
        ] {
            assert_eq!(parse_cause(text), cause, "{text}");
        }
    }

    #[test]
    fn what_destroys_is_red() {
        assert_eq!(danger_words(DangerLevel::Destructive).0, "bad");
        assert_eq!(danger_words(DangerLevel::None).0, "");
        assert_eq!(run_words(RunState::Failed).0, "bad");
        assert_eq!(step_words(StepState::Done).0, "good");
    }
}
