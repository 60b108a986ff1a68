//! The routes of compliance decisions.

use axum::http::StatusCode;

use super::AccessRule::Right;
use super::AccessScope::Filtered;
use super::route::{RouteEntry, get, post};
use crate::model::RelaxationRule;
use crate::sics::compliance::{decisions, gateway_check, nodes};

#[rustfmt::skip]
pub(super) fn compliance_routes() -> Vec<RouteEntry> {
    vec![
        post("/sics/v1/compliance/decisions", Right("Compliance_Decide"), Filtered, decisions::decide_compliance)
            .relaxation_rule(RelaxationRule::Never).operation("decideCompliance", "Whether a device may be trusted; returns 200 whatever the outcome")
            .body("Question").response("ComplianceDecision"),
        get("/sics/v1/compliance/check", Right("Compliance_Decide"), Filtered, gateway_check::check_compliance)
            .operation("checkCompliance", "For gateways: 204 allows, 403 denies; the device id is in the header of the node")
            .query(&[("node", "NAME or INSTANCE/NAME; optional if there is only one")])
            .status(StatusCode::NO_CONTENT),
        get("/sics/v1/compliance/nodes", Right("Compliance_Read"), Filtered, nodes::list_nodes)
            .operation("listNodes", "Nodes with their settings and the source of their last answer").response("NodesView"),
    ]
}
