//! Routes of workflows and their runs.

use axum::http::StatusCode;

use super::AccessRule::Right;
use super::AccessScope::{Everywhere, Filtered};
use super::route::{RouteEntry, get, post};
use crate::model::RelaxationRule;
use crate::sics::workflows;

#[rustfmt::skip]
pub(super) fn workflow_routes() -> Vec<RouteEntry> {
    vec![
        get("/sics/v1/workflows", Right("Workflows_Read"), Filtered, workflows::list_workflows)
            .operation("listWorkflows", "Installed workflows: state, version, next run, last run")
            .query(&[("instance", "name")]).response("WorkflowsView"),
        get("/sics/v1/workflows/activities", Right("Workflows_Read"), Everywhere, workflows::list_activities)
            .operation("listActivities", "Activities that definitions may call, with inputs and outputs"),
        post("/sics/v1/workflows/check", Right("Workflows_Read"), Everywhere, workflows::check_workflow)
            .relaxation_rule(RelaxationRule::Never).operation("checkWorkflow", "All errors in a definition, with line and column")
            .body("CheckBody").response("CheckView"),
        get("/sics/v1/workflows/{workflow}", Right("Workflows_Read"), Filtered, workflows::show_workflow)
            .operation("showWorkflow", "One workflow with its parameters").response("WorkflowView"),
        post("/sics/v1/workflows/{workflow}/enable", Right("Workflows_Manage"), Filtered, workflows::enable_workflow)
            .relaxation_rule(RelaxationRule::ByContent).operation("enableWorkflow", "Enable exactly the text that was shown, in your own name; a destructive one waits for a second person (202)")
            .body("EnableBody").response("WorkflowView"),
        get("/sics/v1/workflows/{workflow}/text", Right("Workflows_Read"), Filtered, workflows::show_workflow_text)
            .operation("showWorkflowText", "The definition itself: the one that runs, or the one that is offered")
            .query(&[("hash", "which of the two; omitted: the one that runs")]).response("TextView"),
        post("/sics/v1/workflows/{workflow}/disable", Right("Workflows_Manage"), Filtered, workflows::disable_workflow)
            .relaxation_rule(RelaxationRule::Never).operation("disableWorkflow", "Switch off its triggers; runs already started continue").response("WorkflowView"),
        post("/sics/v1/workflows/{workflow}/runs", Right("Workflows_Run"), Filtered, workflows::start_run)
            .relaxation_rule(RelaxationRule::Never).operation("startRun", "Start a run in your own name, or as a dry run").body("StartBody").response("RunView")
            .status(StatusCode::ACCEPTED),
        get("/sics/v1/runs", Right("Workflows_Read"), Filtered, workflows::list_runs)
            .operation("listRuns", "Runs, newest first")
            .query(&[
                ("instance", "name"), ("workflow", "name"), ("open", "true: only runs that have not ended"),
                ("before", "runs before this number, from the previous page"), ("limit", "runs per page, 1 to 1000 (100)"),
            ]).response("RunsView"),
        get("/sics/v1/runs/{run}", Right("Workflows_Read"), Filtered, workflows::show_run)
            .operation("showRun", "One run with every step").response("WholeRunView"),
        post("/sics/v1/runs/{run}/cancel", Right("Workflows_Run"), Filtered, workflows::cancel_run)
            .relaxation_rule(RelaxationRule::Never).operation("cancelRun", "Stop a run; what was already sent continues").response("RunView").status(StatusCode::ACCEPTED),
    ]
}
