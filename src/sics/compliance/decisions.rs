//! `POST /sics/v1/compliance/decisions`.

use axum::Json;
use axum::extract::State;

use super::select_node;
use crate::contract::{ComplianceDecision, Question};
use crate::sics::Sics;
use crate::sics::auth::Caller;
use crate::sics::extract::UncheckedTextBody;
use crate::sics::problem::ApiProblem;

pub(crate) async fn decide_compliance(
    State(sics): State<Sics>,
    caller: Caller,
    UncheckedTextBody(question): UncheckedTextBody<Question>,
) -> Result<Json<ComplianceDecision>, ApiProblem> {
    let decisions = select_node::require_decision_provider(&sics)?;
    let node = select_node::find_node(decisions, &caller, question.node.as_deref())?;
    Ok(Json(decisions.decide(&node, &question).await))
}
