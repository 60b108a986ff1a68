//! `GET /groups/{id}/members`, as it was before the replication lag, and `GET /groups/{id}/owners`.

use std::collections::BTreeSet;

use axum::http::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use super::directory_devices::{self, DEVICE};
use super::groups::{self, GROUP};
use super::select::ResourceType;
use super::users::{self, USER};
use super::{Answer, BOTH, Call, Class, Endpoint, entra, permissions};
use crate::objects::{DirectoryObject, Objects};
use crate::state::read;
use crate::world::World;

pub(super) const ALL: Endpoint = Endpoint {
    method: Method::GET,
    path: "/groups/{id}/members",
    versions: BOTH,
    scopes: permissions::GROUP_READ,
    class: Class::DirectoryRead,
    options: &["$select", "$top", "$skiptoken", "$count"],
    handle: all,
};

/// Members of groups within the group, too.
pub(super) const TRANSITIVE: Endpoint = Endpoint {
    path: "/groups/{id}/transitiveMembers",
    handle: transitive,
    ..ALL
};

/// No group has an owner here: an application that makes one does not become its owner.
pub(super) const OWNERS: Endpoint = Endpoint {
    path: "/groups/{id}/owners",
    handle: owners,
    ..ALL
};

/// A member is of any type, and may be asked for the members of any.
pub(super) const DIRECTORY_OBJECT: ResourceType = ResourceType {
    name: "microsoft.graph.directoryObject",
    fields: &[
        "id",
        "deletedDateTime",
        "displayName",
        "userPrincipalName",
        "mail",
        "accountEnabled",
        "deviceId",
        "operatingSystem",
        "description",
        "groupTypes",
        "securityEnabled",
        "mailEnabled",
        "mailNickname",
        "userType",
        "isAssignableToRole",
    ],
    defaults: &[],
};

fn all(call: &Call) -> Answer {
    list(call, false).unwrap_or_else(|refusal| *refusal)
}

fn transitive(call: &Call) -> Answer {
    list(call, true).unwrap_or_else(|refusal| *refusal)
}

fn owners(call: &Call) -> Answer {
    let objects = read(&call.tenant.objects);
    match find(call, &objects) {
        Ok(id) => {
            let path = format!("/groups/{id}/owners");
            entra::page(call, &DIRECTORY_OBJECT, (&path, "directoryObjects"), &[])
        }
        Err(refusal) => *refusal,
    }
}

/// The group of the path.
fn find(call: &Call, objects: &Objects) -> Result<Uuid, Box<Answer>> {
    let id = entra::key(call, 0)?;
    entra::filter(call, &[])?;
    match objects.group_seen(id, entra::groups_at(call)) {
        Some(_) => Ok(id),
        None => Err(Box::new(entra::missing(call, &id.to_string()))),
    }
}

fn list(call: &Call, transitive: bool) -> Result<Answer, Box<Answer>> {
    let world = read(&call.tenant.world);
    let objects = read(&call.tenant.objects);
    let id = find(call, &objects)?;
    let members = members_of(call, &objects, id, transitive);
    let rows = members
        .into_iter()
        .filter_map(|member| shown(call, &world, &objects, member));
    let rows: Vec<Value> = rows.collect();
    let last = call.endpoint.path.rsplit('/').next().unwrap_or_default();
    let path = format!("/groups/{id}/{last}");
    Ok(entra::page(call, &DIRECTORY_OBJECT, (&path, "directoryObjects"), &rows))
}

fn members_of(call: &Call, objects: &Objects, id: Uuid, transitive: bool) -> BTreeSet<Uuid> {
    let at = entra::members_at(call);
    let mut found = BTreeSet::new();
    let mut edge = vec![id];
    while let Some(group) = edge.pop() {
        let Some(group) = objects.group(group) else { continue };
        for member in group.members_seen(at) {
            if found.insert(member) && transitive {
                edge.push(member);
            }
        }
    }
    found
}

/// An object with its type; nothing where the directory has it no more.
pub(super) fn shown(call: &Call, world: &World, objects: &Objects, id: Uuid) -> Option<Value> {
    let (kind, mut row) = match objects.find(world, id)? {
        DirectoryObject::Person(person) => ("user", trimmed(call, users::shown(&person), &USER)),
        DirectoryObject::Device(device) => ("device", trimmed(call, directory_devices::shown(&device), &DEVICE)),
        DirectoryObject::Group(group) => ("group", trimmed(call, groups::shown(group), &GROUP)),
    };
    row["@odata.type"] = json!(format!("#microsoft.graph.{kind}"));
    Some(row)
}

/// Without `$select`, a member shows what its own type shows.
fn trimmed(call: &Call, mut row: Value, kind: &ResourceType) -> Value {
    if let Value::Object(members) = &mut row
        && call.query.get("$select").is_none()
        && !kind.defaults.is_empty()
    {
        members.retain(|name, _| kind.defaults.contains(&name.as_str()));
    }
    row
}
