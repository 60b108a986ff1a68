//! Faults: armed, shown with what they struck, taken back.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Json, Response};
use serde_json::{Value, json};

use super::{Refused, missing, refused};
use crate::simulator::fault::Rule;
use crate::simulator::state::Simulated;

pub async fn list(State(sim): State<Simulated>) -> Json<Value> {
    Json(json!({"faults": sim.faults().list()}))
}

/// Takes a [`Rule`]; `fault` itself must be given.
pub async fn arm(State(sim): State<Simulated>, Json(body): Json<Value>) -> Result<Response, Refused> {
    if body.get("fault").is_none() {
        return Err(refused("fault is missing"));
    }
    let rule: Rule = serde_json::from_value(body).map_err(|error| refused(error.to_string()))?;
    let id = sim.faults().arm(rule).ok_or_else(|| refused("too many faults"))?;
    Ok((StatusCode::CREATED, Json(json!({"id": id}))).into_response())
}

pub async fn clear(State(sim): State<Simulated>) -> StatusCode {
    sim.faults().clear();
    StatusCode::NO_CONTENT
}

pub async fn disarm(State(sim): State<Simulated>, Path(id): Path<u64>) -> Result<StatusCode, Refused> {
    if sim.faults().disarm(id) {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(missing("fault"))
    }
}
