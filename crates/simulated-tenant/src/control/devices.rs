//! Devices by hand.

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Json, Response};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{ControlBody, Of, Refused, missing, refused};
use crate::graph::{Shape, Style, Version, View};
use crate::state::{Simulated, read, write};

/// Devices made in one request.
const MAX_AT_ONCE: usize = 1_000_000;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Look {
    tenant: Option<String>,
    /// `list` (the default) or `get`: whose rendering is shown.
    #[serde(default)]
    view: Option<String>,
    #[serde(default)]
    select: Option<String>,
}

impl Look {
    fn shape(&self) -> Result<Shape, Refused> {
        let style = match self.view.as_deref() {
            None | Some("list") => Style::List,
            Some("get") => Style::Get,
            Some(other) => return Err(refused(format!("view is list or get, not {other}"))),
        };
        Shape::new(style, Version::V1, self.select.as_deref(), false)
            .map_err(|missing| refused(format!("there is no property {}", missing.0)))
    }
}

/// The whole fleet as it truly is, in the list's order.
pub(super) async fn all(State(sim): State<Simulated>, Query(look): Query<Look>) -> Result<Response, Refused> {
    let shape = look.shape()?;
    let tenant = Of { tenant: look.tenant }.tenant(&sim)?;
    let world = read(&tenant.world);
    let mut body = String::from("{\"devices\":[");
    for (index, (_, entry)) in world.behind(None).enumerate() {
        if index > 0 {
            body.push(',');
        }
        // Not from the entry's own copy, which is the list's.
        shape.write(
            View {
                device: &entry.device,
                user: world.person(entry.device.user),
            },
            &mut body,
        );
    }
    body.push_str("]}");
    Ok(([(CONTENT_TYPE, "application/json")], body).into_response())
}

pub(super) async fn one(
    State(sim): State<Simulated>,
    Path(id): Path<Uuid>,
    Query(look): Query<Look>,
) -> Result<Response, Refused> {
    let shape = look.shape()?;
    let tenant = Of { tenant: look.tenant }.tenant(&sim)?;
    let world = read(&tenant.world);
    let device = world.get(id).ok_or_else(|| missing("device"))?;
    let mut body = String::new();
    shape.write(
        View {
            device,
            user: world.person(device.user),
        },
        &mut body,
    );
    Ok(([(CONTENT_TYPE, "application/json")], body).into_response())
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Wanted {
    count: usize,
    /// Only of this operating system.
    #[serde(default)]
    operating_system: Option<String>,
}

/// More devices, from the tenant's own dice; answers their ids.
pub(super) async fn generate(
    State(sim): State<Simulated>,
    Query(of): Query<Of>,
    ControlBody(wanted): ControlBody<Wanted>,
) -> Result<Response, Refused> {
    if wanted.count > MAX_AT_ONCE {
        return Err(refused(format!("at most {MAX_AT_ONCE} at once")));
    }
    let tenant = of.tenant(&sim)?;
    let ids = write(&tenant.world).populate(wanted.count, wanted.operating_system.as_deref(), sim.now());
    Ok((StatusCode::CREATED, Json(json!({"ids": ids}))).into_response())
}

pub(super) async fn clear(State(sim): State<Simulated>, Query(of): Query<Of>) -> Result<StatusCode, Refused> {
    write(&of.tenant(&sim)?.world).clear();
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct CheckIn {
    /// So many devices from the top of the list; all without it.
    #[serde(default)]
    count: Option<usize>,
    /// Only these.
    #[serde(default)]
    ids: Option<Vec<Uuid>>,
}

/// Check-in times move to now; whoever was asked something does it.
pub(super) async fn check_in(
    State(sim): State<Simulated>,
    Query(of): Query<Of>,
    ControlBody(wanted): ControlBody<CheckIn>,
) -> Result<Json<Value>, Refused> {
    let tenant = of.tenant(&sim)?;
    let mut world = write(&tenant.world);
    let now = sim.now();
    let ids: Vec<Uuid> = match wanted.ids {
        Some(ids) => ids,
        None => world
            .behind(None)
            .map(|(key, _)| key.id)
            .take(wanted.count.unwrap_or(usize::MAX))
            .collect(),
    };
    let checked_in = ids.into_iter().filter(|id| world.check_in(*id, now)).count();
    Ok(Json(json!({"checkedIn": checked_in})))
}

/// `{"properties":{…}}` by Graph's names; whatever is not given is invented. `leaveOut` names properties that are to
/// be missing from every answer.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Given {
    #[serde(default)]
    properties: Map<String, Value>,
    #[serde(default)]
    leave_out: Option<Vec<String>>,
}

pub(super) async fn put(
    State(sim): State<Simulated>,
    Path(id): Path<Uuid>,
    Query(of): Query<Of>,
    ControlBody(given): ControlBody<Given>,
) -> Result<StatusCode, Refused> {
    let tenant = of.tenant(&sim)?;
    let mut world = write(&tenant.world);
    world.put_with(id, &given.properties, sim.now());
    if let Some(names) = given.leave_out {
        world.leave_out(id, names);
    }
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn patch(
    State(sim): State<Simulated>,
    Path(id): Path<Uuid>,
    Query(of): Query<Of>,
    ControlBody(given): ControlBody<Given>,
) -> Result<StatusCode, Refused> {
    let tenant = of.tenant(&sim)?;
    let mut world = write(&tenant.world);
    if !world.patch(id, &given.properties) {
        return Err(missing("device"));
    }
    if let Some(names) = given.leave_out {
        world.leave_out(id, names);
    }
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn remove(
    State(sim): State<Simulated>,
    Path(id): Path<Uuid>,
    Query(of): Query<Of>,
) -> Result<StatusCode, Refused> {
    let tenant = of.tenant(&sim)?;
    let removed = write(&tenant.world).remove(id);
    removed.map(|_| StatusCode::NO_CONTENT).ok_or_else(|| missing("device"))
}

/// The unlock code of a Mac was used: it can be locked again.
pub(super) async fn unlock(
    State(sim): State<Simulated>,
    Path(id): Path<Uuid>,
    Query(of): Query<Of>,
) -> Result<StatusCode, Refused> {
    let tenant = of.tenant(&sim)?;
    if !write(&tenant.world).change(id, |device| device.locked_until = None) {
        return Err(missing("device"));
    }
    Ok(StatusCode::NO_CONTENT)
}
