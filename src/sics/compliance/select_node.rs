//! Which node is meant.

use axum::http::StatusCode;

use super::{DecisionProvider, NodeStatus};
use crate::sics::Sics;
use crate::sics::auth::Caller;
use crate::sics::problem::ApiProblem;

pub(crate) fn require_decision_provider(sics: &Sics) -> Result<&dyn DecisionProvider, ApiProblem> {
    sics.engine().decision_provider().ok_or_else(|| {
        ApiProblem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "noDecisions",
            "no compliance service runs on this bus",
            "Start the bus with its instances.",
        )
    })
}

/// Those that the caller's scope reaches.
pub(crate) fn reachable_nodes(decisions: &dyn DecisionProvider, caller: &Caller) -> Vec<NodeStatus> {
    let mut nodes = decisions.list_nodes();
    nodes.retain(|node| caller.reaches_instance(&node.instance));
    nodes
}

/// `NAME` or `INSTANCE/NAME`; without either the only one.
pub(crate) fn find_node(
    decisions: &dyn DecisionProvider,
    caller: &Caller,
    name: Option<&str>,
) -> Result<NodeStatus, ApiProblem> {
    let mut nodes = reachable_nodes(decisions, caller);
    if let Some(name) = name {
        let (instance, name) = match name.split_once('/') {
            Some((instance, name)) => (Some(instance), name),
            None => (None, name),
        };
        nodes.retain(|node| {
            node.settings.name.eq_ignore_ascii_case(name)
                && instance.is_none_or(|instance| node.instance.as_str().eq_ignore_ascii_case(instance))
        });
        if nodes.is_empty() {
            return Err(ApiProblem::new(
                StatusCode::NOT_FOUND,
                "unknownNode",
                "node not found, or its instance is outside your scope",
                "GET /sics/v1/compliance/nodes lists the available nodes, and so does `intune-connector compliance nodes`.",
            ));
        }
    }
    match nodes.len() {
        1 => Ok(nodes.remove(0)),
        0 => Err(ApiProblem::new(
            StatusCode::NOT_FOUND,
            "noNodes",
            "no instance with nodes is available",
            "Install an instance, or widen the scope of the operator.",
        )),
        count => Err(ApiProblem::bad_request(
            "whichNode",
            format!("{count} nodes match"),
            "Specify one: NAME, or INSTANCE/NAME.",
        )),
    }
}
