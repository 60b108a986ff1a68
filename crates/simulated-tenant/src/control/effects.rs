//! What was accepted, and what became of it.

use std::collections::BTreeMap;

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Json;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Of, Refused};
use crate::remote::{Effect, Task};
use crate::state::{Simulated, read};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Which {
    tenant: Option<String>,
    device: Option<Uuid>,
    verb: Option<String>,
    /// Behind this number.
    #[serde(default)]
    after: u64,
}

impl Which {
    fn fits(&self, device: Uuid, verb: &str) -> bool {
        self.device.is_none_or(|wanted| wanted == device) && self.verb.as_deref().is_none_or(|wanted| wanted == verb)
    }
}

/// Totals are of all; the rest is of what was asked for.
pub(super) async fn list(State(sim): State<Simulated>, Query(which): Query<Which>) -> Result<Json<Value>, Refused> {
    let tenant = Of {
        tenant: which.tenant.clone(),
    }
    .tenant(&sim)?;
    let effects = &tenant.effects;
    let chosen: Vec<Effect> = effects
        .all()
        .into_iter()
        .filter(|effect| effect.number > which.after && which.fits(effect.device_id, effect.verb))
        .collect();
    let mut devices: BTreeMap<Uuid, BTreeMap<&str, u64>> = effects.by_device();
    devices.retain(|device, verbs| {
        verbs.retain(|verb, _| which.fits(*device, verb));
        !verbs.is_empty()
    });
    let doubles: Vec<Value> = effects
        .doubles()
        .into_iter()
        .filter(|(device, verb, _)| which.fits(*device, verb))
        .map(|(device, verb, count)| json!({"deviceId": device, "verb": verb, "count": count}))
        .collect();
    Ok(Json(json!({
        "totals": effects.by_verb(), "devices": devices, "doubles": doubles, "effects": chosen,
    })))
}

pub(super) async fn clear(State(sim): State<Simulated>, Query(of): Query<Of>) -> Result<StatusCode, Refused> {
    of.tenant(&sim)?.effects.clear();
    Ok(StatusCode::NO_CONTENT)
}

/// The truth about what is pending, whatever Graph shows of it. Newest first.
pub(super) async fn tasks(State(sim): State<Simulated>, Query(which): Query<Which>) -> Result<Json<Value>, Refused> {
    let tenant = Of {
        tenant: which.tenant.clone(),
    }
    .tenant(&sim)?;
    let world = read(&tenant.world);
    let tasks = world.docket().all();
    let chosen = tasks.filter(|task| task.number > which.after && which.fits(task.device_id, task.verb.name));
    Ok(Json(json!({"tasks": chosen.map(shown).collect::<Vec<_>>()})))
}

fn shown(task: &Task) -> Value {
    json!({
        "number": task.number, "deviceId": task.device_id, "verb": task.verb.name, "state": task.state.name(),
        "startedAt": task.started.to_utc(), "updatedAt": task.updated.to_utc(), "ignored": task.ignored,
        "hidden": task.hidden.is_some(), "parameters": task.parameters,
    })
}
