//! Requests that are held, and their release.

use std::time::Duration;

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Json;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{ControlBody, Refused, missing};
use crate::fault::Release;
use crate::state::Simulated;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Wait {
    /// Answers when so many are held …
    #[serde(default)]
    count: usize,
    /// … or after so long.
    #[serde(default)]
    wait_ms: u64,
}

pub(super) async fn list(State(sim): State<Simulated>, Query(wait): Query<Wait>) -> Json<Value> {
    let limit = Duration::from_millis(wait.wait_ms);
    Json(json!({"holds": sim.faults().holds().wait(wait.count, limit).await}))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct How {
    then: Release,
}

pub(super) async fn release(
    State(sim): State<Simulated>,
    Path(id): Path<u64>,
    ControlBody(how): ControlBody<How>,
) -> Result<StatusCode, Refused> {
    if sim.faults().holds().release(Some(id), how.then) == 0 {
        return Err(missing("request held"));
    }
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn release_all(State(sim): State<Simulated>, ControlBody(how): ControlBody<How>) -> Json<Value> {
    Json(json!({"released": sim.faults().holds().release(None, how.then)}))
}
