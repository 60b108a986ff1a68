//! `GET /sics/v1/compliance/check`: yes or no for gateways (nginx `auth_request` and the like). The device id is in the
//! header that the node names, set by the gateway from the client certificate that it has verified.
//!
//! Only an outcome that the node allows is 204. Everything else is 403: errors and time-outs too, and a node that is not
//! there, because a gateway takes other answers for a fault of its own and may be told to let in on those.

use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use super::{NodeStatus, select_node};
use crate::contract::{ComplianceDecision, GatewayCheckQuery, Question, QuestionOptions};
use crate::sics::Sics;
use crate::sics::auth::Caller;
use crate::sics::extract::QueryParams;
use crate::sics::problem::ApiProblem;

const OUTCOME: HeaderName = HeaderName::from_static("x-intune-outcome");
const REASON: HeaderName = HeaderName::from_static("x-intune-reason");

pub(crate) async fn check_compliance(
    State(sics): State<Sics>,
    caller: Caller,
    headers: HeaderMap,
    asked: Result<QueryParams<GatewayCheckQuery>, ApiProblem>,
) -> Response {
    let refused = |problem: ApiProblem| {
        let code = "checkNotPossible";
        let detail = format!("cannot run the check: {}", problem.detail());
        ApiProblem::new(
            StatusCode::FORBIDDEN,
            code,
            detail,
            "Correct the address that the gateway calls.",
        )
        .into_response()
    };
    let node = asked.and_then(|QueryParams(query)| {
        let decisions = select_node::require_decision_provider(&sics)?;
        Ok((
            decisions,
            select_node::find_node(decisions, &caller, query.node.as_deref())?,
        ))
    });
    let (decisions, node) = match node {
        Ok(found) => found,
        Err(problem) => return refused(problem),
    };
    let question = gateway_question(&node, &headers);
    let decision = decisions.decide(&node, &question).await;
    gateway_response(&node, &decision)
}

/// Nothing is saved: nobody would read it.
fn gateway_question(node: &NodeStatus, headers: &HeaderMap) -> Question {
    let values: Vec<Value> = headers
        .get_all(node.settings.header.as_str())
        .iter()
        // What is no text is no id.
        .map(|value| value.to_str().map_or(Value::Bool(false), Value::from))
        .collect();
    let header = if values.iter().all(Value::is_string) {
        Value::Array(values)
    } else {
        Value::Bool(false)
    };
    // A gateway has no shared state: a node that looks there looks into the header of that name.
    let (header, shared_state) = if !node.settings.id_from_shared_state {
        (Some(Map::from_iter([(node.settings.header.clone(), header)])), None)
    } else {
        let mut values = header.as_array().cloned().unwrap_or_default();
        let value = match values.len() {
            0 => Value::Null,
            1 => values.remove(0),
            _ => Value::Bool(false),
        };
        (None, Some(Map::from_iter([(node.settings.header.clone(), value)])))
    };
    Question {
        header,
        shared_state,
        options: QuestionOptions {
            properties: Some(false),
            apps: Some(false),
            ..QuestionOptions::default()
        },
        ..Question::default()
    }
}

fn gateway_response(node: &NodeStatus, decision: &ComplianceDecision) -> Response {
    let mut response = if node.settings.allowed.contains(&decision.outcome) {
        StatusCode::NO_CONTENT.into_response()
    } else {
        let why = decision.reasons.first().map_or("", |reason| reason.text.as_str());
        let detail = match why {
            "" => format!("the device is {}", decision.label),
            why => format!("the device is {}: {why}", decision.label),
        };
        ApiProblem::new(
            StatusCode::FORBIDDEN,
            "deviceNotAllowed",
            detail,
            "intune-connector compliance explain shows how the decision was made.",
        )
        .with_member("outcome", decision.outcome.id())
        .with_member("label", decision.label.as_str())
        .with_member("reasons", json!(decision.reasons))
        .into_response()
    };
    let headers = response.headers_mut();
    headers.insert(OUTCOME, HeaderValue::from_static(decision.outcome.id()));
    let reason = decision
        .reasons
        .first()
        .map(|reason| HeaderValue::from_str(&reason.code));
    if let Some(Ok(reason)) = reason {
        headers.insert(REASON, reason);
    }
    response
}
