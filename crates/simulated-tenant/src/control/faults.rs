//! Faults: armed, shown with what they struck, taken back.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Json, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{ControlBody, Refused, missing, refused};
use crate::fault::{Rule, action_catalogue, catalogue};
use crate::state::Simulated;

/// What an answer can have; those before 200 end no request.
const STATUSES: std::ops::RangeInclusive<u16> = 200..=599;

pub(super) async fn list(State(sim): State<Simulated>) -> Json<Value> {
    Json(json!({"faults": sim.faults().list()}))
}

/// Takes a [`Rule`]; `fault` itself must be given.
pub(super) async fn arm(
    State(sim): State<Simulated>,
    ControlBody(body): ControlBody<Value>,
) -> Result<Response, Refused> {
    if body.get("fault").is_none() {
        return Err(refused("fault is missing"));
    }
    let rule: Rule = serde_json::from_value(body).map_err(|error| refused(error.to_string()))?;
    if rule.fault.status().is_some_and(|status| !STATUSES.contains(&status)) {
        return Err(refused(format!("status is {} to {}", STATUSES.start(), STATUSES.end())));
    }
    let id = sim.faults().arm(rule).ok_or_else(|| refused("too many faults"))?;
    Ok((StatusCode::CREATED, Json(json!({"id": id}))).into_response())
}

pub(super) async fn clear(State(sim): State<Simulated>) -> StatusCode {
    sim.faults().clear();
    StatusCode::NO_CONTENT
}

pub(super) async fn disarm(State(sim): State<Simulated>, Path(id): Path<u64>) -> Result<StatusCode, Refused> {
    if sim.faults().disarm(id) {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(missing("fault"))
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Mix {
    /// Of each fault, in a thousand.
    chance: u16,
    /// How often each may strike; 0 is until it is taken back.
    #[serde(default)]
    times: u32,
    /// Also those that make a client wait.
    #[serde(default)]
    slow: bool,
    /// Those of actions instead of those of reading.
    #[serde(default)]
    actions: bool,
    /// Faults left out, by the names in the answer.
    #[serde(default)]
    without: Vec<String>,
}

/// Arms the whole catalogue by chance; answers the names.
pub(super) async fn mix(
    State(sim): State<Simulated>,
    ControlBody(mix): ControlBody<Mix>,
) -> Result<Json<Value>, Refused> {
    let mut names = Vec::new();
    let named = if mix.actions {
        action_catalogue::every().into_iter().map(Into::into).collect()
    } else {
        catalogue::every()
    };
    for named in named {
        if (named.slow && !mix.slow) || mix.without.iter().any(|name| name == named.name) {
            continue;
        }
        let rule = Rule {
            chance: mix.chance,
            times: mix.times,
            ..named.rule
        };
        sim.faults().arm(rule).ok_or_else(|| refused("too many faults"))?;
        names.push(named.name);
    }
    Ok(Json(json!({"armed": names})))
}
