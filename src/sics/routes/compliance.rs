//! The routes of compliance decisions.

use sics_client::operation;

use super::AccessRule::Right;
use super::AccessScope::Filtered;
use super::route::{RouteEntry, route};
use crate::model::RelaxationRule;
use crate::sics::compliance::{decisions, gateway_check, nodes};

pub(super) fn compliance_routes() -> Vec<RouteEntry> {
    vec![
        route(
            operation::decide_compliance(),
            Right("Compliance_Decide"),
            Filtered,
            decisions::decide_compliance,
        )
        .relaxation_rule(RelaxationRule::Never),
        route(
            operation::check_compliance(),
            Right("Compliance_Decide"),
            Filtered,
            gateway_check::check_compliance,
        ),
        route(
            operation::list_nodes(),
            Right("Compliance_Read"),
            Filtered,
            nodes::list_nodes,
        ),
    ]
}
