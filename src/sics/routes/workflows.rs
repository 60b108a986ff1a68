//! Routes of workflows and their runs.

use sics_client::operation;

use super::AccessRule::Right;
use super::AccessScope::{Everywhere, Filtered};
use super::route::{RouteEntry, route};
use crate::model::RelaxationRule;
use crate::sics::workflows;

pub(super) fn workflow_routes() -> Vec<RouteEntry> {
    vec![
        route(
            operation::list_workflows(),
            Right("Workflows_Read"),
            Filtered,
            workflows::list_workflows,
        ),
        route(
            operation::list_activities(),
            Right("Workflows_Read"),
            Everywhere,
            workflows::list_activities,
        ),
        route(
            operation::check_workflow(),
            Right("Workflows_Read"),
            Everywhere,
            workflows::check_workflow,
        )
        .relaxation_rule(RelaxationRule::Never),
        route(
            operation::show_workflow(),
            Right("Workflows_Read"),
            Filtered,
            workflows::show_workflow,
        ),
        route(
            operation::enable_workflow(),
            Right("Workflows_Manage"),
            Filtered,
            workflows::enable_workflow,
        )
        .relaxation_rule(RelaxationRule::ByContent),
        route(
            operation::show_workflow_text(),
            Right("Workflows_Read"),
            Filtered,
            workflows::show_workflow_text,
        ),
        route(
            operation::disable_workflow(),
            Right("Workflows_Manage"),
            Filtered,
            workflows::disable_workflow,
        )
        .relaxation_rule(RelaxationRule::Never),
        route(
            operation::start_run(),
            Right("Workflows_Run"),
            Filtered,
            workflows::start_run,
        )
        .relaxation_rule(RelaxationRule::Never),
        route(
            operation::list_runs(),
            Right("Workflows_Read"),
            Filtered,
            workflows::list_runs,
        ),
        route(
            operation::show_run(),
            Right("Workflows_Read"),
            Filtered,
            workflows::show_run,
        ),
        route(
            operation::cancel_run(),
            Right("Workflows_Run"),
            Filtered,
            workflows::cancel_run,
        )
        .relaxation_rule(RelaxationRule::Never),
    ]
}
