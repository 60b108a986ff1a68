//! `POST /sics/v1/compliance/decisions`.

use axum::Json;
use axum::extract::State;

use super::which;
use crate::compliance::{Decision, Question};
use crate::sics::Sics;
use crate::sics::auth::Caller;
use crate::sics::extract::PassedOn;
use crate::sics::problem::Problem;

pub async fn decide(
    State(sics): State<Sics>,
    caller: Caller,
    PassedOn(question): PassedOn<Question>,
) -> Result<Json<Decision>, Problem> {
    let decisions = which::decisions(&sics)?;
    let node = which::find(decisions, &caller, question.node.as_deref())?;
    Ok(Json(decisions.decide(&node, &question).await))
}
