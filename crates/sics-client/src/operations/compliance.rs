//! Compliance decisions.

use super::{answer_type, operations, waiting_answer};
use crate::contract::{ComplianceDecision, GatewayCheckQuery, NodesView, Question};

operations! {
    /// Whether a device may be trusted; returns 200 whatever the outcome
    decide_compliance() POST "/sics/v1/compliance/decisions" body Question, => 200 ComplianceDecision;
    /// For gateways: 204 allows, 403 denies; the device id is in the header of the node
    check_compliance() GET "/sics/v1/compliance/check" query GatewayCheckQuery, => 204;
    /// Nodes with their settings and the source of their last answer
    list_nodes() GET "/sics/v1/compliance/nodes" => 200 NodesView;
}
