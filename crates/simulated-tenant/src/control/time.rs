//! Time and what it brings.

use axum::extract::{Query, State};
use axum::response::Json;
use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{ControlBody, Of, Refused, refused};
use crate::state::{Simulated, write};
use crate::world::HappeningKind;

/// Happenings in one request.
const MAX_STEPS: usize = 1_000_000;
/// How long a device waits between two check-ins, about.
const RHYTHM_S: i64 = 8 * 3600;

pub(super) async fn clock(State(sim): State<Simulated>) -> Json<Value> {
    Json(json!({"now": sim.clock().now()}))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Setting {
    /// Sets the moment.
    #[serde(default)]
    now: Option<DateTime<Utc>>,
    /// Runs with the machine's clock, so many seconds away from it.
    #[serde(default)]
    offset_s: Option<i64>,
    /// Stands still from now on.
    #[serde(default)]
    still: bool,
}

pub(super) async fn set(
    State(sim): State<Simulated>,
    ControlBody(setting): ControlBody<Setting>,
) -> Result<Json<Value>, Refused> {
    let clock = sim.clock();
    if let Some(offset_s) = setting.offset_s {
        clock.run(TimeDelta::try_seconds(offset_s).ok_or_else(|| refused("offsetS is too large"))?);
    }
    if let Some(now) = setting.now {
        clock.set(now);
    }
    if setting.still {
        clock.stand_still(clock.now());
    }
    Ok(Json(json!({"now": clock.now()})))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Passing {
    advance_s: i64,
    /// The fleet lives through the time; else only the clock moves.
    #[serde(default)]
    live: bool,
}

pub(super) async fn advance(
    State(sim): State<Simulated>,
    ControlBody(passing): ControlBody<Passing>,
) -> Result<Json<Value>, Refused> {
    let span = TimeDelta::try_seconds(passing.advance_s).ok_or_else(|| refused("advanceS is too large"))?;
    sim.clock().advance(span);
    let mut happened = 0;
    if passing.live && passing.advance_s > 0 {
        for tenant in sim.tenants() {
            let devices = crate::state::read(&tenant.world).len() as i64;
            let steps = devices.saturating_mul(passing.advance_s) / RHYTHM_S;
            let steps = usize::try_from(steps).unwrap_or_default().min(MAX_STEPS);
            happened += sim.live_through(&tenant, steps, span).len();
        }
    }
    Ok(Json(json!({"now": sim.clock().now(), "happened": happened})))
}

pub(super) async fn churn(State(sim): State<Simulated>) -> Json<Value> {
    Json(json!({"perSecond": sim.churn()}))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Rate {
    per_second: f64,
}

pub(super) async fn set_churn(State(sim): State<Simulated>, ControlBody(rate): ControlBody<Rate>) -> Json<Value> {
    sim.set_churn(rate.per_second);
    churn(State(sim)).await
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Steps {
    steps: usize,
    /// Only this kind of happening.
    #[serde(default)]
    kind: Option<HappeningKind>,
}

/// Lets things happen now; answers what did.
pub(super) async fn step(
    State(sim): State<Simulated>,
    Query(of): Query<Of>,
    ControlBody(wanted): ControlBody<Steps>,
) -> Result<Json<Value>, Refused> {
    if wanted.steps > MAX_STEPS {
        return Err(refused(format!("at most {MAX_STEPS} steps at once")));
    }
    let tenant = of.tenant(&sim)?;
    let now = sim.now();
    let mut world = write(&tenant.world);
    let happened: Vec<_> = (0..wanted.steps)
        .map(|_| match wanted.kind {
            Some(kind) => world.happen(kind, now),
            None => world.live_once(now),
        })
        .collect();
    Ok(Json(json!({"happened": happened})))
}
