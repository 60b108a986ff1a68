//! The assignments of an app: the list, one, a new one, and the removal of one. None of these touches the others, unlike
//! `assign`.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use super::assignment_body::{Refused, checked, parse};
use super::paged::paged;
use super::select::{self, PAGED, ResourceType, SELECT};
use super::{Answer, BOTH, Call, Class, Endpoint, Version, entra, intune, permissions};
use crate::software::{Assignment, NewAssignment, Software, Target};
use crate::state::{read, write};

pub(super) const ALL: Endpoint = Endpoint {
    method: Method::GET,
    path: "/deviceAppManagement/mobileApps/{id}/assignments",
    versions: BOTH,
    scopes: permissions::APPS_READ,
    class: Class::AppRead,
    options: PAGED,
    handle: all,
};

pub(super) const ONE: Endpoint = Endpoint {
    path: "/deviceAppManagement/mobileApps/{id}/assignments/{id}",
    options: SELECT,
    handle: one,
    ..ALL
};

pub(super) const CREATE: Endpoint = Endpoint {
    method: Method::POST,
    path: ALL.path,
    versions: BOTH,
    scopes: permissions::APPS_WRITE,
    class: Class::AppWrite,
    options: &[],
    handle: create,
};

pub(super) const DELETE: Endpoint = Endpoint {
    method: Method::DELETE,
    path: ONE.path,
    handle: delete,
    ..CREATE
};

const ASSIGNMENT: ResourceType = ResourceType {
    name: "microsoft.graph.mobileAppAssignment",
    fields: &["id", "intent", "target", "settings", "source", "sourceId"],
    defaults: &[],
};

pub(super) fn shown(call: &Call, assignment: &Assignment) -> Value {
    let mut target = json!({"@odata.type": format!("#microsoft.graph.{}", assignment.target.type_name())});
    if let Some(group) = assignment.target.group() {
        target["groupId"] = json!(group.to_string());
    }
    let is_beta = call.asked.version == Version::Beta;
    if is_beta {
        target["deviceAndAppManagementAssignmentFilterId"] = Value::Null;
        target["deviceAndAppManagementAssignmentFilterType"] = json!("none");
    }
    let mut row = json!({
        "id": assignment.id,
        "intent": assignment.intent.name(),
        "target": target,
        "settings": assignment.settings,
    });
    if is_beta {
        row["source"] = json!("direct");
        row["sourceId"] = json!(assignment.target.group().map(|group| group.to_string()));
    }
    row
}

fn all(call: &Call) -> Answer {
    let software = read(&call.tenant.software);
    let app = match intune::app(call, &software) {
        Ok(app) => app,
        Err(refusal) => return *refusal,
    };
    let assigned = software.assignments(app.id).iter();
    let rows: Vec<Value> = assigned.map(|assignment| shown(call, assignment)).collect();
    let path = format!("/deviceAppManagement/mobileApps/{}/assignments", app.id);
    let context = format!("deviceAppManagement/mobileApps('{}')/assignments", app.id);
    paged(
        call,
        &ASSIGNMENT,
        (&path, &context),
        &rows,
        call.tuning.software.page_size,
    )
}

fn entity(call: &Call, app: uuid::Uuid, assignment: &Assignment) -> Value {
    let mut body = shown(call, assignment);
    body["@odata.context"] = json!(format!(
        "{}/$metadata#deviceAppManagement/mobileApps('{app}')/assignments/$entity",
        call.root()
    ));
    body
}

/// The assignment of the path.
fn find<'a>(call: &Call, software: &'a Software, app: uuid::Uuid) -> Result<&'a Assignment, Box<Answer>> {
    let id = call.keys.get(1).map_or("", String::as_str);
    let found = software.assignments(app).iter().find(|assignment| assignment.id == id);
    found.ok_or_else(|| Box::new(call.place.not_found()))
}

fn one(call: &Call) -> Answer {
    let software = read(&call.tenant.software);
    let found = intune::app(call, &software).and_then(|app| Ok((app.id, find(call, &software, app.id)?)));
    match found {
        Ok((app, assignment)) => select::answer(call, &ASSIGNMENT, entity(call, app, assignment)),
        Err(refusal) => *refusal,
    }
}

fn create(call: &Call) -> Answer {
    created(call).unwrap_or_else(|refusal| *refusal)
}

fn created(call: &Call) -> Result<Answer, Box<Answer>> {
    let world = read(&call.tenant.world);
    let objects = read(&call.tenant.objects);
    let mut software = write(&call.tenant.software);
    let app = intune::app(call, &software)?;
    let new = parse(call, &call.asked.body).and_then(|new| checked(call, app, &objects, new));
    let new = new.map_err(|refused| Box::new(refused.answer(call)))?;
    let id = app.id;
    let body = match taken(&software, id, &new) {
        Some(same) if call.tuning.software.repeated_assignment_is_taken && same.intent == new.intent => same.clone(),
        Some(_) => {
            let refused = Refused::Bad("The MobileApp Assignment already exists for this target.".to_owned());
            return Err(Box::new(refused.answer(call)));
        }
        None => {
            software.remember(id, None, intune::around(call, &world, &objects));
            let made = Assignment::new(new, Some(call.caller.client_id.clone()), entra::now(call));
            software.add_assignment(id, made.clone());
            entra::count(call, json!({"id": made.id}));
            made
        }
    };
    Ok(Answer::json(StatusCode::CREATED, &entity(call, id, &body)))
}

/// The assignment that has this target already, whatever its intent.
fn taken<'a>(software: &'a Software, app: uuid::Uuid, new: &NewAssignment) -> Option<&'a Assignment> {
    let is_excluded = |target: Target| matches!(target, Target::ExcludedGroup(_));
    software.assignments(app).iter().find(|assignment| {
        assignment.target == new.target || {
            let same_group = new.target.group().is_some() && assignment.target.group() == new.target.group();
            same_group && is_excluded(assignment.target) != is_excluded(new.target)
        }
    })
}

fn delete(call: &Call) -> Answer {
    deleted(call).unwrap_or_else(|refusal| *refusal)
}

fn deleted(call: &Call) -> Result<Answer, Box<Answer>> {
    let world = read(&call.tenant.world);
    let objects = read(&call.tenant.objects);
    let mut software = write(&call.tenant.software);
    let app = intune::app(call, &software)?.id;
    let id = find(call, &software, app)?.id.clone();
    software.remember(app, None, intune::around(call, &world, &objects));
    software.remove_assignment(app, &id);
    entra::count(call, json!({"id": id}));
    Ok(Answer::no_content())
}
