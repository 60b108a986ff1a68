//! When something would run: the next times of an interval or a cron expression, as the clock on the wall shows them.

use axum::Json;
use axum::extract::State;
use chrono::SecondsFormat;
use chrono_tz::Tz;

use crate::contract::{NextRunsView, RunsBody};
use crate::schedule::{next_runs, parse_trigger};
use crate::sics::Sics;
use crate::sics::extract::JsonBody;
use crate::sics::problem::ApiProblem;

/// Runs that are listed.
const RUNS: usize = 5;

pub(crate) async fn next(
    State(sics): State<Sics>,
    JsonBody(body): JsonBody<RunsBody>,
) -> Result<Json<NextRunsView>, ApiProblem> {
    let zone = body.zone.as_deref().unwrap_or("UTC");
    let zone: Tz = zone.parse().map_err(|_| {
        ApiProblem::bad_request("zone", "unknown time zone", "Use a name such as Europe/Berlin.")
            .with_member("key", "zone")
    })?;
    let trigger = parse_trigger(&body.trigger).map_err(|error| {
        ApiProblem::bad_request("trigger", error.to_string(), "Use an interval or a cron expression.")
            .with_member("key", "trigger")
    })?;
    let runs = next_runs(&trigger, zone, sics.now(), RUNS);
    let local = |run: &crate::model::Timestamp| run.with_timezone(&zone).to_rfc3339_opts(SecondsFormat::Secs, false);
    Ok(Json(NextRunsView {
        zone: zone.name().to_owned(),
        runs: runs.iter().map(local).collect(),
    }))
}
