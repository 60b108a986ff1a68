//! The routes of compliance decisions.

use axum::http::StatusCode;

use super::Need::Right;
use super::Place::Filtered;
use super::row::{Row, get, post};
use crate::model::Loosens;
use crate::sics::compliance::{ask, check, nodes};

#[rustfmt::skip]
pub(super) fn rows() -> Vec<Row> {
    vec![
        post("/sics/v1/compliance/decisions", Right("Compliance_Decide"), Filtered, ask::decide)
            .loosens(Loosens::Never).says("decideCompliance", "Whether a device may be trusted; answered with 200 whatever the outcome")
            .takes("Question").gives("Decision"),
        get("/sics/v1/compliance/check", Right("Compliance_Decide"), Filtered, check::check)
            .says("checkCompliance", "For gateways: 204 lets in, 403 does not; the id stands in the header of the node")
            .asks(&[("node", "NAME or INSTANCE/NAME; may be left out where there is one")])
            .status(StatusCode::NO_CONTENT),
        get("/sics/v1/compliance/nodes", Right("Compliance_Read"), Filtered, nodes::list)
            .says("listNodes", "Nodes with their settings, and from where their last answer came").gives("NodesView"),
    ]
}
