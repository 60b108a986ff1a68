//! Apps by hand, who they are assigned to, and how installations end.

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Json, Response};
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{ControlBody, Of, Refused, missing, refused};
use crate::software::{
    Assignment, Intent, MobileApp, NewAssignment, OutcomeRule, Publishing, Surroundings, Target, find_type,
};
use crate::state::{Simulated, read, write};
use crate::world::Assigned;

/// The catalogue as it truly is, with its assignments.
pub(super) async fn list(State(sim): State<Simulated>, Query(of): Query<Of>) -> Result<Json<Value>, Refused> {
    let tenant = of.tenant(&sim)?;
    let software = read(&tenant.software);
    let apps = software.apps().iter().map(|app| {
        let assignments = software.assignments(app.id).iter().map(assignment);
        json!({
            "id": app.id, "displayName": app.name, "publisher": app.publisher, "type": app.kind.name,
            "isBetaType": app.kind.beta, "isAssignable": app.kind.assignable, "uninstalls": app.kind.uninstalls,
            "systems": app.kind.systems, "publishingState": app.publishing,
            "assignments": assignments.collect::<Vec<_>>(),
        })
    });
    Ok(Json(json!({"apps": apps.collect::<Vec<_>>()})))
}

fn assignment(assignment: &Assignment) -> Value {
    json!({
        "id": assignment.id, "intent": assignment.intent, "target": assignment.target.type_name(),
        "groupId": assignment.target.group(), "settings": assignment.settings, "madeBy": assignment.made_by,
        "createdAt": assignment.created.to_utc(),
    })
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct AppSpec {
    display_name: String,
    /// Without `#microsoft.graph.`.
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    publishing_state: Option<Publishing>,
}

/// Another app; answers its id.
pub(super) async fn add(
    State(sim): State<Simulated>,
    Query(of): Query<Of>,
    ControlBody(wanted): ControlBody<AppSpec>,
) -> Result<Response, Refused> {
    let tenant = of.tenant(&sim)?;
    let kind = find_type(&wanted.kind).ok_or_else(|| refused(format!("there is no type {}", wanted.kind)))?;
    let now = sim.now();
    let id = Uuid::new_v4();
    write(&tenant.software).add_app(MobileApp {
        id,
        kind,
        name: wanted.display_name,
        publisher: "Contoso IT".to_owned(),
        version: "1.0".to_owned(),
        publishing: wanted.publishing_state.unwrap_or(Publishing::Published),
        created: now,
        modified: now,
        has_icon: false,
        category: None,
    });
    Ok((StatusCode::CREATED, Json(json!({"id": id}))).into_response())
}

/// An administrator deletes the app from Intune.
pub(super) async fn remove(
    State(sim): State<Simulated>,
    Path(id): Path<Uuid>,
    Query(of): Query<Of>,
) -> Result<StatusCode, Refused> {
    let tenant = of.tenant(&sim)?;
    if write(&tenant.software).remove_app(id) {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(missing("app"))
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct AssignmentSpec {
    intent: Intent,
    /// None is all devices.
    #[serde(default)]
    group_id: Option<Uuid>,
}

/// An administrator assigns the app beside what there is.
pub(super) async fn assign(
    State(sim): State<Simulated>,
    Path(id): Path<Uuid>,
    Query(of): Query<Of>,
    ControlBody(wanted): ControlBody<AssignmentSpec>,
) -> Result<Response, Refused> {
    let tenant = of.tenant(&sim)?;
    let mut software = write(&tenant.software);
    if software.app(id).is_none() {
        return Err(missing("app"));
    }
    let new = NewAssignment {
        intent: wanted.intent,
        target: wanted.group_id.map_or(Target::AllDevices, Target::Group),
        settings: Value::Null,
    };
    let made = Assignment::new(new, None, sim.now());
    let answer = json!({"id": made.id});
    software.add_assignment(id, made);
    Ok((StatusCode::CREATED, Json(answer)).into_response())
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct WhichApp {
    tenant: Option<String>,
    /// Only of this app; all without it.
    #[serde(default)]
    app: Option<Uuid>,
}

/// What devices say of apps by now, and the rules by which installations end.
pub(super) async fn installs(
    State(sim): State<Simulated>,
    Query(which): Query<WhichApp>,
) -> Result<Json<Value>, Refused> {
    let of = Of { tenant: which.tenant };
    let tenant = of.tenant(&sim)?;
    let tuning = sim.tuning();
    let world = read(&tenant.world);
    let objects = read(&tenant.objects);
    let software = read(&tenant.software);
    let around = Surroundings {
        world: &world,
        objects: &objects,
        tuning: &tuning.software,
        now: sim.now(),
    };
    let apps = software.apps().iter().map(|app| app.id);
    let apps = apps.filter(|id| which.app.is_none_or(|wanted| wanted == *id));
    let rows = apps.flat_map(|app| {
        let said = software.rows(app, around).into_iter();
        said.map(move |(device, row)| {
            json!({
                "app": app, "device": device, "state": row.state, "errorCode": row.error_code, "at": row.at.to_utc(),
            })
        })
    });
    let rows: Vec<Value> = rows.collect();
    Ok(Json(json!({"installs": rows, "outcomes": software.outcomes()})))
}

/// Installations that this rule fits end so; a newer rule goes before an older one.
pub(super) async fn add_outcome(
    State(sim): State<Simulated>,
    Query(of): Query<Of>,
    ControlBody(rule): ControlBody<OutcomeRule>,
) -> Result<StatusCode, Refused> {
    write(&of.tenant(&sim)?.software).add_outcome(rule);
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn clear_outcomes(State(sim): State<Simulated>, Query(of): Query<Of>) -> Result<StatusCode, Refused> {
    write(&of.tenant(&sim)?.software).clear_outcomes();
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct PrimaryUser {
    /// By object id or sign-in name; none takes it away.
    user: Option<String>,
    /// Whether the list shows it, too; else only the relation `users` does.
    #[serde(default = "is_listed")]
    listed: bool,
}

const fn is_listed() -> bool {
    true
}

/// Changes the primary user of a device.
pub(super) async fn set_user(
    State(sim): State<Simulated>,
    Path(id): Path<Uuid>,
    Query(of): Query<Of>,
    ControlBody(wanted): ControlBody<PrimaryUser>,
) -> Result<StatusCode, Refused> {
    let tenant = of.tenant(&sim)?;
    let mut world = write(&tenant.world);
    let listed = wanted.listed;
    let user = match wanted.user {
        None => None,
        Some(key) => {
            let is_wanted = |user: &crate::world::User| {
                user.id.to_string() == key || user.principal_name.eq_ignore_ascii_case(&key)
            };
            let place = world.people().iter().position(is_wanted);
            Some(
                place
                    .and_then(|place| u32::try_from(place).ok())
                    .ok_or_else(|| missing("person"))?,
            )
        }
    };
    let changed = world.change(id, |device| {
        if !listed {
            device.assigned = Assigned::Apart(user);
            return;
        }
        device.user = user;
        device.assigned = Assigned::AsListed;
        device.forget(&["userId", "userPrincipalName", "userDisplayName", "emailAddress"]);
    });
    if changed {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(missing("device"))
    }
}
