//! When something would run: the next times of an interval or a cron expression, as the clock on the wall shows them.

use axum::Json;
use axum::extract::State;
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::schedule::{next_runs, parse_trigger};
use crate::sics::Sics;
use crate::sics::extract::Body;
use crate::sics::problem::Problem;

/// Runs that are told.
const RUNS: usize = 5;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RunsBody {
    /// `every 15m`, or a cron expression of five or six fields.
    pub trigger: String,
    /// IANA zone; UTC without it.
    pub zone: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RunsView {
    pub zone: String,
    /// RFC 3339 with the zone's offset at that time.
    pub runs: Vec<String>,
}

pub async fn next(State(sics): State<Sics>, Body(body): Body<RunsBody>) -> Result<Json<RunsView>, Problem> {
    let zone = body.zone.as_deref().unwrap_or("UTC");
    let zone: Tz = zone.parse().map_err(|_| {
        Problem::bad_request("zone", "there is no such time zone", "Write one such as Europe/Berlin.")
            .with("key", "zone")
    })?;
    let trigger = parse_trigger(&body.trigger).map_err(|error| {
        Problem::bad_request("trigger", error.to_string(), "Write an interval or a cron expression.")
            .with("key", "trigger")
    })?;
    let runs = next_runs(&trigger, zone, sics.now(), RUNS);
    let local = |run: &crate::model::Timestamp| run.with_timezone(&zone).to_rfc3339();
    Ok(Json(RunsView {
        zone: zone.name().to_owned(),
        runs: runs.iter().map(local).collect(),
    }))
}
