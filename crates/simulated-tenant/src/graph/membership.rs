//! Who is in which group, asked from the member's side: `checkMemberObjects`, `checkMemberGroups`, `memberOf` and
//! `transitiveMemberOf`. Checks look through nested groups, `memberOf` does not.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

use super::device::plain_guid;
use super::members::{DIRECTORY_OBJECT, shown};
use super::{Answer, BOTH, Call, Class, Endpoint, entra, people, permissions, strict_json};
use crate::state::read;

const CHECK: Endpoint = Endpoint {
    method: Method::POST,
    path: "/directoryObjects/{id}/checkMemberObjects",
    versions: BOTH,
    scopes: permissions::GROUP_READ,
    // It reads, whatever its method.
    class: Class::DirectoryRead,
    options: &[],
    handle: check_objects,
};

pub(super) const CHECK_OBJECTS_OF_OBJECT: Endpoint = CHECK;
pub(super) const CHECK_OBJECTS_OF_USER: Endpoint = Endpoint {
    path: "/users/{id}/checkMemberObjects",
    ..CHECK
};
pub(super) const CHECK_OBJECTS_OF_DEVICE: Endpoint = Endpoint {
    path: "/devices/{id}/checkMemberObjects",
    ..CHECK
};
pub(super) const CHECK_OBJECTS_OF_GROUP: Endpoint = Endpoint {
    path: "/groups/{id}/checkMemberObjects",
    ..CHECK
};

pub(super) const CHECK_GROUPS_OF_OBJECT: Endpoint = Endpoint {
    path: "/directoryObjects/{id}/checkMemberGroups",
    handle: check_groups,
    ..CHECK
};
pub(super) const CHECK_GROUPS_OF_USER: Endpoint = Endpoint {
    path: "/users/{id}/checkMemberGroups",
    ..CHECK_GROUPS_OF_OBJECT
};
pub(super) const CHECK_GROUPS_OF_DEVICE: Endpoint = Endpoint {
    path: "/devices/{id}/checkMemberGroups",
    ..CHECK_GROUPS_OF_OBJECT
};
pub(super) const CHECK_GROUPS_OF_GROUP: Endpoint = Endpoint {
    path: "/groups/{id}/checkMemberGroups",
    ..CHECK_GROUPS_OF_OBJECT
};

pub(super) const OF_USER: Endpoint = Endpoint {
    method: Method::GET,
    path: "/users/{id}/memberOf",
    options: &["$select", "$top", "$skiptoken", "$count"],
    handle: list,
    ..CHECK
};
pub(super) const OF_DEVICE: Endpoint = Endpoint {
    path: "/devices/{id}/memberOf",
    ..OF_USER
};
pub(super) const OF_GROUP: Endpoint = Endpoint {
    path: "/groups/{id}/memberOf",
    ..OF_USER
};
pub(super) const TRANSITIVE_OF_USER: Endpoint = Endpoint {
    path: "/users/{id}/transitiveMemberOf",
    ..OF_USER
};
pub(super) const TRANSITIVE_OF_DEVICE: Endpoint = Endpoint {
    path: "/devices/{id}/transitiveMemberOf",
    ..OF_USER
};
pub(super) const TRANSITIVE_OF_GROUP: Endpoint = Endpoint {
    path: "/groups/{id}/transitiveMemberOf",
    ..OF_USER
};

/// Ids in one check, at most.
const MAX_IDS: usize = 20;

/// The object of the path; a person also by sign-in name.
fn object(call: &Call) -> Result<Uuid, Box<Answer>> {
    if call.endpoint.path.starts_with("/users/") {
        return people::person(call).map(|person| person.id);
    }
    let id = entra::key(call, 0)?;
    let world = read(&call.tenant.world);
    let objects = read(&call.tenant.objects);
    if objects.find(&world, id).is_none() {
        return Err(Box::new(entra::missing(call, &id.to_string())));
    }
    Ok(id)
}

fn check_objects(call: &Call) -> Answer {
    check(call, "ids").unwrap_or_else(|refusal| *refusal)
}

fn check_groups(call: &Call) -> Answer {
    check(call, "groupIds").unwrap_or_else(|refusal| *refusal)
}

fn check(call: &Call, member: &str) -> Result<Answer, Box<Answer>> {
    let refuse = |problem: String| Box::new(entra::bad(call, &problem));
    let object = object(call)?;
    let body = strict_json::parse(&call.asked.body).map_err(refuse)?;
    let named = body.as_object().filter(|body| body.keys().all(|name| name == member));
    let ids = named.and_then(|body| body.get(member)).and_then(Value::as_array);
    let ids = ids.ok_or_else(|| refuse(format!("The body is an object with the member '{member}'.")))?;
    if ids.is_empty() || ids.len() > MAX_IDS {
        return Err(refuse(format!("The number of ids must be between 1 and {MAX_IDS}.")));
    }
    let wanted: Option<Vec<Uuid>> = ids.iter().map(|id| id.as_str().and_then(plain_guid)).collect();
    let wanted = wanted.ok_or_else(|| refuse(format!("Invalid value specified for '{member}'.")))?;
    let objects = read(&call.tenant.objects);
    let is_in = objects.groups_of(object, entra::members_at(call), true);
    let found: Vec<String> = wanted
        .iter()
        .filter(|id| is_in.contains(*id))
        .map(Uuid::to_string)
        .collect();
    let context = format!("{}/$metadata#Collection(Edm.String)", call.root());
    Ok(Answer::json(
        StatusCode::OK,
        &json!({"@odata.context": context, "value": found}),
    ))
}

fn list(call: &Call) -> Answer {
    listed(call).unwrap_or_else(|refusal| *refusal)
}

fn listed(call: &Call) -> Result<Answer, Box<Answer>> {
    entra::filter(call, &[])?;
    let object = object(call)?;
    let last = call.endpoint.path.rsplit('/').next().unwrap_or_default();
    let world = read(&call.tenant.world);
    let objects = read(&call.tenant.objects);
    let groups = objects.groups_of(object, entra::members_at(call), last == "transitiveMemberOf");
    let rows = groups.into_iter().filter_map(|id| shown(call, &world, &objects, id));
    let rows: Vec<Value> = rows.collect();
    let head = call.endpoint.path.split('/').nth(1).unwrap_or_default();
    let path = format!("/{head}/{object}/{last}");
    Ok(entra::page(call, &DIRECTORY_OBJECT, (&path, "directoryObjects"), &rows))
}
