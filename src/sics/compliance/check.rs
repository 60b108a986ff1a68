//! `GET /sics/v1/compliance/check`: yes or no for gateways (nginx `auth_request` and the like). The device's id stands in
//! the header that the node names, put there by the gateway from the client certificate that it has verified.
//!
//! Only an outcome that the node allows is 204. Everything else is 403: errors and time-outs too, and a node that is not
//! there, because a gateway takes other answers for a fault of its own and may be told to let in on those.

use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{NodeStand, which};
use crate::compliance::{Decision, Options, Question};
use crate::sics::Sics;
use crate::sics::auth::Caller;
use crate::sics::extract::Asked;
use crate::sics::problem::Problem;

const OUTCOME: HeaderName = HeaderName::from_static("x-intune-outcome");
const REASON: HeaderName = HeaderName::from_static("x-intune-reason");

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CheckQuery {
    node: Option<String>,
}

pub async fn check(
    State(sics): State<Sics>,
    caller: Caller,
    headers: HeaderMap,
    asked: Result<Asked<CheckQuery>, Problem>,
) -> Response {
    let refused = |problem: Problem| {
        let code = "checkNotPossible";
        let detail = format!("the check can't be made: {}", problem.detail());
        Problem::new(
            StatusCode::FORBIDDEN,
            code,
            detail,
            "Mend the address that the gateway asks.",
        )
        .into_response()
    };
    let node = asked.and_then(|Asked(query)| {
        let decisions = which::decisions(&sics)?;
        Ok((decisions, which::find(decisions, &caller, query.node.as_deref())?))
    });
    let (decisions, node) = match node {
        Ok(found) => found,
        Err(problem) => return refused(problem),
    };
    let question = question(&node, &headers);
    let decision = decisions.decide(&node, &question).await;
    answer(&node, &decision)
}

/// Nothing is saved: nobody would read it.
fn question(node: &NodeStand, headers: &HeaderMap) -> Question {
    let values: Vec<Value> = headers
        .get_all(node.settings.header.as_str())
        .iter()
        // What is no text is no id.
        .map(|value| value.to_str().map_or(Value::Bool(false), Value::from))
        .collect();
    let header = match values.iter().all(Value::is_string) {
        true => Value::Array(values),
        false => Value::Bool(false),
    };
    // A gateway has no shared state: a node that looks there looks into the header of that name.
    let (header, shared_state) = match node.settings.id_from_shared_state {
        false => (Some(Map::from_iter([(node.settings.header.clone(), header)])), None),
        true => {
            let mut values = header.as_array().cloned().unwrap_or_default();
            let value = match values.len() {
                0 => Value::Null,
                1 => values.remove(0),
                _ => Value::Bool(false),
            };
            (None, Some(Map::from_iter([(node.settings.header.clone(), value)])))
        }
    };
    Question {
        header,
        shared_state,
        options: Options {
            properties: Some(false),
            apps: Some(false),
            ..Options::default()
        },
        ..Question::default()
    }
}

fn answer(node: &NodeStand, decision: &Decision) -> Response {
    let mut response = match node.settings.allowed.contains(&decision.outcome) {
        true => StatusCode::NO_CONTENT.into_response(),
        false => {
            let why = decision.reasons.first().map_or("", |reason| reason.text.as_str());
            let detail = match why {
                "" => format!("the device is {}", decision.label),
                why => format!("the device is {}: {why}", decision.label),
            };
            Problem::new(
                StatusCode::FORBIDDEN,
                "deviceNotAllowed",
                detail,
                "intune-connector compliance explain shows how the decision came about.",
            )
            .with("outcome", decision.outcome.id())
            .with("label", decision.label)
            .with("reasons", json!(decision.reasons))
            .into_response()
        }
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
