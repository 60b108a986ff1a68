//! Workflows and their runs.

use super::{answer_type, operations, waiting_answer};
use crate::contract::{
    ActivitiesView, CheckBody, CheckView, EnableBody, ListRunsQuery, RunView, RunsView, StartBody, TextQuery, TextView,
    WholeRunView, WorkflowQuery, WorkflowView, WorkflowsView,
};

operations! {
    /// Workflow engines with their state, and the installed workflows: state, version, next run, last run
    list_workflows() GET "/sics/v1/workflows" query WorkflowQuery, => 200 WorkflowsView;
    /// Activities that definitions may call, with inputs and outputs
    list_activities() GET "/sics/v1/workflows/activities" => 200 ActivitiesView;
    /// All errors in a definition, with line and column
    check_workflow() POST "/sics/v1/workflows/check" body CheckBody, => 200 CheckView;
    /// One workflow with its parameters
    show_workflow(workflow) GET "/sics/v1/workflows/{workflow}" => 200 WorkflowView;
    /// Enable exactly the text that was shown, in your own name; a destructive one waits for a second person (202)
    enable_workflow(workflow) POST "/sics/v1/workflows/{workflow}/enable" body EnableBody, => 200 | 202 WorkflowView;
    /// The definition itself: the one that runs, or the one that is offered
    show_workflow_text(workflow) GET "/sics/v1/workflows/{workflow}/text" query TextQuery, => 200 TextView;
    /// Switch off its triggers; runs already started continue
    disable_workflow(workflow) POST "/sics/v1/workflows/{workflow}/disable" => 200 WorkflowView;
    /// Start a run in your own name, or as a dry run
    start_run(workflow) POST "/sics/v1/workflows/{workflow}/runs" body StartBody, => 202 RunView;
    /// Runs, newest first
    list_runs() GET "/sics/v1/runs" query ListRunsQuery, => 200 RunsView;
    /// One run with every step
    show_run(run) GET "/sics/v1/runs/{run}" => 200 WholeRunView;
    /// Stop a run; what was already sent continues
    cancel_run(run) POST "/sics/v1/runs/{run}/cancel" => 202 RunView;
}
