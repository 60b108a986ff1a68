//! Groups by hand, what was written to the directory, and objects that it shall not have.

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Json, Response};
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{ControlBody, Of, Refused, missing};
use crate::objects::{DirectoryObject, Group, GroupKind, NewGroup, Objects};
use crate::state::{Simulated, read, write};
use crate::world::World;

/// All groups with their members, in truth: no lag.
pub(super) async fn list(State(sim): State<Simulated>, Query(of): Query<Of>) -> Result<Json<Value>, Refused> {
    let tenant = of.tenant(&sim)?;
    let world = read(&tenant.world);
    let objects = read(&tenant.objects);
    let groups: Vec<Value> = objects.groups().map(|group| shown(&world, &objects, group)).collect();
    Ok(Json(json!({"groups": groups})))
}

fn shown(world: &World, objects: &Objects, group: &Group) -> Value {
    let members = group.members().map(|(id, since)| {
        let (kind, name) = match objects.find(world, id) {
            Some(DirectoryObject::Person(person)) => ("user", person.principal_name),
            Some(DirectoryObject::Device(device)) => ("device", device.device.name.to_string()),
            Some(DirectoryObject::Group(group)) => ("group", group.display_name.clone()),
            None => ("unknown", String::new()),
        };
        json!({"id": id, "kind": kind, "name": name, "since": since.to_utc()})
    });
    json!({
        "id": group.id, "displayName": group.display_name, "description": group.description,
        "mailNickname": group.mail_nickname, "kind": group.kind, "madeBy": group.made_by,
        "createdAt": group.created.to_utc(), "members": members.collect::<Vec<_>>(),
    })
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct GroupSpec {
    display_name: String,
    #[serde(default)]
    kind: GroupKind,
    #[serde(default)]
    description: Option<String>,
    /// Object ids.
    #[serde(default)]
    members: Vec<Uuid>,
}

/// A group that other people made; answers its id.
pub(super) async fn add(
    State(sim): State<Simulated>,
    Query(of): Query<Of>,
    ControlBody(wanted): ControlBody<GroupSpec>,
) -> Result<Response, Refused> {
    let tenant = of.tenant(&sim)?;
    let now = sim.now();
    let mut objects = write(&tenant.objects);
    let new = NewGroup {
        mail_nickname: wanted
            .display_name
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .collect(),
        display_name: wanted.display_name,
        description: wanted.description,
        kind: wanted.kind,
        made_by: None,
    };
    let id = objects.create_group(new, now);
    if let Some(group) = objects.group_mut(id) {
        wanted.members.iter().for_each(|member| group.add_member(*member, now));
    }
    Ok((StatusCode::CREATED, Json(json!({"id": id}))).into_response())
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Since {
    tenant: Option<String>,
    /// Behind this number.
    #[serde(default)]
    after: u64,
}

/// What was written and taken, counted by endpoint.
pub(super) async fn writes(State(sim): State<Simulated>, Query(since): Query<Since>) -> Result<Json<Value>, Refused> {
    let of = Of { tenant: since.tenant };
    let tenant = of.tenant(&sim)?;
    let writes = &tenant.writes;
    Ok(Json(
        json!({"totals": writes.by_endpoint(), "writes": writes.list(since.after)}),
    ))
}

pub(super) async fn clear_writes(State(sim): State<Simulated>, Query(of): Query<Of>) -> Result<StatusCode, Refused> {
    of.tenant(&sim)?.writes.clear();
    Ok(StatusCode::NO_CONTENT)
}

/// People and devices of the directory, with all the ids they have.
pub(super) async fn directory(State(sim): State<Simulated>, Query(of): Query<Of>) -> Result<Json<Value>, Refused> {
    let tenant = of.tenant(&sim)?;
    let world = read(&tenant.world);
    let objects = read(&tenant.objects);
    let devices: Vec<Value> = objects
        .devices(&world)
        .map(|device| {
            let user = world.person(device.device.user).map(|user| user.id);
            json!({
                "id": device.object_id, "deviceId": device.device_id, "displayName": &*device.device.name,
                "managedDeviceId": if device.is_stale { None } else { Some(device.device.id) },
                "operatingSystem": device.device.kind.os, "userId": user, "isStale": device.is_stale,
            })
        })
        .collect();
    let of_fleet = world.people().iter().enumerate().map(|(place, user)| {
        let devices = u32::try_from(place).map_or(&[][..], |place| world.devices_of_user(place));
        json!({"id": user.id, "userPrincipalName": &*user.principal_name, "managedDeviceIds": devices})
    });
    let of_seed = objects
        .people()
        .iter()
        .map(|person| json!({"id": person.id, "userPrincipalName": person.principal_name, "managedDeviceIds": []}));
    let users: Vec<Value> = of_fleet.chain(of_seed).collect();
    Ok(Json(
        json!({"devices": devices, "users": users, "absent": objects.absent()}),
    ))
}

/// The directory does not have this object any more: by object id or Entra device id.
pub(super) async fn hide(
    State(sim): State<Simulated>,
    Path(id): Path<Uuid>,
    Query(of): Query<Of>,
) -> Result<StatusCode, Refused> {
    write(&of.tenant(&sim)?.objects).set_absent(id, true);
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn unhide(
    State(sim): State<Simulated>,
    Path(id): Path<Uuid>,
    Query(of): Query<Of>,
) -> Result<StatusCode, Refused> {
    let tenant = of.tenant(&sim)?;
    let mut objects = write(&tenant.objects);
    if !objects.is_absent(id) {
        return Err(missing("object that is left out"));
    }
    objects.set_absent(id, false);
    Ok(StatusCode::NO_CONTENT)
}
