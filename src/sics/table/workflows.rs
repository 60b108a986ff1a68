//! Routes of workflows and their runs.

use axum::http::StatusCode;

use super::Need::Right;
use super::Place::{Everywhere, Filtered};
use super::row::{Row, get, post};
use crate::model::Loosens;
use crate::sics::workflows;

#[rustfmt::skip]
pub(super) fn rows() -> Vec<Row> {
    vec![
        get("/sics/v1/workflows", Right("Workflows_Read"), Filtered, workflows::list)
            .says("listWorkflows", "Workflows that are installed: state, version, next due, last run")
            .asks(&[("instance", "name")]).gives("WorkflowsView"),
        get("/sics/v1/workflows/activities", Right("Workflows_Read"), Everywhere, workflows::activities)
            .says("listActivities", "What definitions may call, with inputs and outputs"),
        post("/sics/v1/workflows/check", Right("Workflows_Read"), Everywhere, workflows::check)
            .loosens(Loosens::Never).says("checkWorkflow", "Everything that is wrong in a definition, with line and column")
            .takes("CheckBody").gives("CheckView"),
        get("/sics/v1/workflows/{workflow}", Right("Workflows_Read"), Filtered, workflows::show)
            .says("showWorkflow", "One workflow with its parameters").gives("WorkflowView"),
        post("/sics/v1/workflows/{workflow}/enable", Right("Workflows_Manage"), Filtered, workflows::enable)
            .loosens(Loosens::ByContent).says("enableWorkflow", "Enable exactly the text that was shown, in one's own name; one that can destroy waits for a second person (202)")
            .takes("EnableBody").gives("WorkflowView"),
        get("/sics/v1/workflows/{workflow}/text", Right("Workflows_Read"), Filtered, workflows::text)
            .says("showWorkflowText", "The definition itself: the one that runs, or the one that is offered")
            .asks(&[("hash", "which of the two; left out: the one that runs")]).gives("TextView"),
        post("/sics/v1/workflows/{workflow}/disable", Right("Workflows_Manage"), Filtered, workflows::disable)
            .loosens(Loosens::Never).says("disableWorkflow", "Switch its triggers off; runs that have begun go on").gives("WorkflowView"),
        post("/sics/v1/workflows/{workflow}/runs", Right("Workflows_Run"), Filtered, workflows::start)
            .loosens(Loosens::Never).says("startRun", "Start a run in one's own name, or try it dry").takes("StartBody").gives("RunView")
            .status(StatusCode::ACCEPTED),
        get("/sics/v1/runs", Right("Workflows_Read"), Filtered, workflows::list_runs)
            .says("listRuns", "Runs, the newest first")
            .asks(&[
                ("instance", "name"), ("workflow", "name"), ("open", "true: only those that go on"),
                ("before", "runs before this number, as the page before gave it"), ("limit", "runs a page, 1 to 1000 (100)"),
            ]).gives("RunsView"),
        get("/sics/v1/runs/{run}", Right("Workflows_Read"), Filtered, workflows::show_run)
            .says("showRun", "One run with every step").gives("WholeRunView"),
        post("/sics/v1/runs/{run}/cancel", Right("Workflows_Run"), Filtered, workflows::cancel)
            .loosens(Loosens::Never).says("cancelRun", "Stop a run; what was sent goes on").gives("RunView").status(StatusCode::ACCEPTED),
    ]
}
