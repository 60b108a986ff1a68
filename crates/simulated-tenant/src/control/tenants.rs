//! Tenants, the simulator's own behaviour, and a fresh start.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Json;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{ControlBody, Refused, refused};
use crate::state::{Fleet, Simulated, read};
use crate::tuning::Tuning;
use crate::world::NameStyle;

pub(super) async fn overview(State(sim): State<Simulated>) -> Json<Value> {
    let tenants = sim.tenants().into_iter().map(|tenant| {
        tenant.settle(sim.now());
        let devices = read(&tenant.world).len();
        json!({"tenantId": tenant.id, "devices": devices, "seed": tenant.fleet.seed, "effects": tenant.effects()})
    });
    Json(json!({
        "tenants": tenants.collect::<Vec<_>>(),
        "now": sim.clock().now(),
        "churnPerSecond": sim.churn(),
        "faults": sim.faults().list().len(),
        "requests": sim.log().counters().total,
    }))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct NewTenant {
    tenant_id: String,
    #[serde(default)]
    devices: usize,
    #[serde(default)]
    seed: u64,
    /// How its devices are called; as those of the first tenant without it.
    #[serde(default)]
    names: Option<NameStyle>,
}

/// A tenant and its world; its apps are put at `/simulator/apps`. Ids are in lower case, as Entra writes them.
pub(super) async fn add(State(sim): State<Simulated>, ControlBody(new): ControlBody<NewTenant>) -> StatusCode {
    let tenant_id = new.tenant_id.to_lowercase();
    sim.directory().add_tenant(&tenant_id, &[]);
    let first = sim.tenants().first().map(|tenant| tenant.fleet.names);
    sim.add_tenant(
        &tenant_id,
        Fleet {
            devices: new.devices,
            seed: new.seed,
            names: new.names.or(first).unwrap_or_default(),
        },
    );
    StatusCode::CREATED
}

pub(super) async fn reset(State(sim): State<Simulated>) -> StatusCode {
    sim.reset();
    StatusCode::NO_CONTENT
}

pub(super) async fn tuning(State(sim): State<Simulated>) -> Json<Tuning> {
    Json(Tuning::clone(&sim.tuning()))
}

/// Changes what is given and leaves the rest.
pub(super) async fn tune(
    State(sim): State<Simulated>,
    ControlBody(changes): ControlBody<Value>,
) -> Result<Json<Tuning>, Refused> {
    let mut now = serde_json::to_value(&*sim.tuning()).map_err(|error| refused(error.to_string()))?;
    merge(&mut now, changes);
    let tuning: Tuning = serde_json::from_value(now).map_err(|error| refused(error.to_string()))?;
    sim.set_tuning(tuning.clone());
    Ok(Json(tuning))
}

fn merge(into: &mut Value, changes: Value) {
    match (into, changes) {
        (Value::Object(into), Value::Object(changes)) => {
            for (key, value) in changes {
                merge(into.entry(key).or_insert(Value::Null), value);
            }
        }
        (into, value) => *into = value,
    }
}
