//! `POST /groups/{id}/members/$ref` and `DELETE /groups/{id}/members/{id}/$ref`. An existing member is 400, an unknown
//! object or group 404, and a group that was just made does not know its members yet. Without `/$ref`, a DELETE
//! addresses the object itself: whoever may delete it, does.

use axum::http::Method;
use serde_json::json;
use uuid::Uuid;

use super::{Answer, BOTH, Call, Class, Endpoint, entra, group_body, intune, permissions};
use crate::objects::{DirectoryObject, Group, GroupKind, Objects};
use crate::software::devices_of;
use crate::state::{read, write};
use crate::world::World;

pub(super) const ADD: Endpoint = Endpoint {
    method: Method::POST,
    path: "/groups/{id}/members/$ref",
    versions: BOTH,
    scopes: permissions::MEMBER_WRITE,
    class: Class::DirectoryWrite,
    options: &[],
    handle: add,
};

pub(super) const REMOVE: Endpoint = Endpoint {
    method: Method::DELETE,
    path: "/groups/{id}/members/{id}/$ref",
    handle: remove,
    ..ADD
};

/// Without `/$ref`: the object itself.
pub(super) const REMOVE_OBJECT: Endpoint = Endpoint {
    method: Method::DELETE,
    path: "/groups/{id}/members/{id}",
    handle: remove_object,
    ..ADD
};

pub(super) const NOT_MASTERED_HERE: &str =
    "Unable to update the specified properties for objects that have originated within an external service.";
const MAIL_ENABLED: &str = "Cannot Update a mail-enabled security groups and or distribution list.";
const ALREADY: &str =
    "One or more added object references already exist for the following modified properties: 'members'.";

fn add(call: &Call) -> Answer {
    added(call).unwrap_or_else(|refusal| *refusal)
}

fn added(call: &Call) -> Result<Answer, Box<Answer>> {
    let id = entra::key(call, 0)?;
    let member = group_body::reference(&call.asked.body).map_err(|problem| Box::new(entra::bad(call, &problem)))?;
    add_all(call, id, &[member])
}

/// Adds all of them, or none.
pub(super) fn add_all(call: &Call, group: Uuid, members: &[Uuid]) -> Result<Answer, Box<Answer>> {
    let now = entra::now(call);
    let world = read(&call.tenant.world);
    let mut objects = write(&call.tenant.objects);
    let it = writable(call, &objects, group)?;
    let is_double = |place: usize| members[..place].contains(&members[place]);
    for (place, member) in members.iter().enumerate() {
        checked_member(call, &world, &objects, *member)?;
        if it.holds(*member) || is_double(place) {
            return Err(Box::new(entra::bad(call, ALREADY)));
        }
    }
    remember(call, &world, &objects, group, members);
    if let Some(it) = objects.group_mut(group) {
        members.iter().for_each(|member| it.add_member(*member, now));
    }
    entra::count(call, json!({"members": members}));
    Ok(Answer::no_content())
}

fn remove(call: &Call) -> Answer {
    removed(call).unwrap_or_else(|refusal| *refusal)
}

fn removed(call: &Call) -> Result<Answer, Box<Answer>> {
    let (group, member) = (entra::key(call, 0)?, entra::key(call, 1)?);
    let now = entra::now(call);
    let world = read(&call.tenant.world);
    let mut objects = write(&call.tenant.objects);
    let it = writable(call, &objects, group)?;
    if !it.holds(member) {
        return Err(Box::new(entra::missing(call, &member.to_string())));
    }
    if matches!(objects.find(&world, member), Some(DirectoryObject::Device(_))) {
        require_device_write(call)?;
    }
    remember(call, &world, &objects, group, &[member]);
    if let Some(it) = objects.group_mut(group) {
        it.remove_member(member, now);
    }
    entra::count(call, json!({"members": [member]}));
    Ok(Answer::no_content())
}

fn remove_object(call: &Call) -> Answer {
    object_removed(call).unwrap_or_else(|refusal| *refusal)
}

fn object_removed(call: &Call) -> Result<Answer, Box<Answer>> {
    let (group, member) = (entra::key(call, 0)?, entra::key(call, 1)?);
    let world = read(&call.tenant.world);
    let mut objects = write(&call.tenant.objects);
    let it = writable(call, &objects, group)?;
    if !it.holds(member) {
        return Err(Box::new(entra::missing(call, &member.to_string())));
    }
    let needed = match objects.find(&world, member) {
        Some(DirectoryObject::Device(_)) => permissions::DEVICE_WRITE,
        Some(DirectoryObject::Person(_)) => permissions::USER_WRITE,
        Some(DirectoryObject::Group(_)) | None => permissions::GROUP_WRITE,
    };
    if !entra::has_any(call, needed) {
        return Err(Box::new(call.place.insufficient_privileges()));
    }
    objects.set_absent(member, true);
    objects.delete_group(member, entra::now(call));
    entra::count(call, json!({"deleted": member}));
    Ok(Answer::no_content())
}

/// The group, if this app may change its members by now.
fn writable<'a>(call: &Call, objects: &'a Objects, id: Uuid) -> Result<&'a Group, Box<Answer>> {
    let group = objects.group(id).filter(|group| group.is_seen(entra::groups_at(call)));
    let group = group.ok_or_else(|| Box::new(entra::missing(call, &id.to_string())))?;
    match group.kind {
        GroupKind::Security | GroupKind::Unified => Ok(group),
        GroupKind::RoleAssignable if entra::has_any(call, permissions::ROLE_GROUP_WRITE) => Ok(group),
        GroupKind::Dynamic | GroupKind::RoleAssignable => Err(Box::new(call.place.insufficient_privileges())),
        GroupKind::MailSecurity => Err(Box::new(entra::bad(call, MAIL_ENABLED))),
        GroupKind::OnPremises => Err(Box::new(entra::bad(call, NOT_MASTERED_HERE))),
    }
}

/// Whether this object can become a member, by this app.
pub(super) fn checked_member(call: &Call, world: &World, objects: &Objects, id: Uuid) -> Result<(), Box<Answer>> {
    match objects.find(world, id) {
        None => Err(Box::new(entra::missing(call, &id.to_string()))),
        Some(DirectoryObject::Device(_)) => require_device_write(call),
        Some(DirectoryObject::Person(_) | DirectoryObject::Group(_)) => Ok(()),
    }
}

fn require_device_write(call: &Call) -> Result<(), Box<Answer>> {
    let is_needed = call.tuning.directory.device_members_need_device_write;
    if is_needed && !entra::has_any(call, permissions::DEVICE_WRITE) {
        return Err(Box::new(call.place.insufficient_privileges()));
    }
    Ok(())
}

/// Keeps what the members' devices say of the group's apps, before that changes.
fn remember(call: &Call, world: &World, objects: &Objects, group: Uuid, members: &[Uuid]) {
    let devices: Vec<Uuid> = members.iter().flat_map(|member| devices_of(*member, world)).collect();
    let mut software = write(&call.tenant.software);
    for app in software.apps_of_group(group) {
        software.remember(app, Some(&devices), intune::around(call, world, objects));
    }
}
