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
            "compliance decisions are not configured here",
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
                "there is no such node, or the rights of the caller do not hold for its instance",
                "GET /sics/v1/compliance/nodes lists those that can be asked.",
            ));
        }
    }
    match nodes.len() {
        1 => Ok(nodes.remove(0)),
        0 => Err(ApiProblem::new(
            StatusCode::NOT_FOUND,
            "noNodes",
            "there is no instance whose nodes could be asked",
            "Install an instance, or have the scope of the operator widened.",
        )),
        count => Err(ApiProblem::bad_request(
            "whichNode",
            format!("{count} nodes could be meant"),
            "Name one: NAME, or INSTANCE/NAME.",
        )),
    }
}
