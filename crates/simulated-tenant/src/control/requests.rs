//! The log of requests and its counters.

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Json;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::log::Counters;
use crate::state::Simulated;

#[derive(Debug, Deserialize)]
pub(super) struct Range {
    /// Behind this number.
    #[serde(default)]
    after: u64,
    /// The newest so many.
    #[serde(default)]
    limit: Option<usize>,
}

pub(super) async fn list(State(sim): State<Simulated>, Query(range): Query<Range>) -> Json<Value> {
    Json(json!({"requests": sim.log().entries(range.after, range.limit.unwrap_or(1000))}))
}

pub(super) async fn clear(State(sim): State<Simulated>) -> StatusCode {
    sim.log().clear();
    StatusCode::NO_CONTENT
}

pub(super) async fn counters(State(sim): State<Simulated>) -> Json<Counters> {
    Json(sim.log().counters())
}
