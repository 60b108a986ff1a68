//! `POST /groups`, `PATCH` and `DELETE` of one. What is written is true at once; reads see it after the replication lag.

use axum::http::{Method, StatusCode};
use serde_json::json;
use uuid::Uuid;

use super::group_body::GroupBody;
use super::groups::shown;
use super::member_edit::{self, checked_member};
use super::{Answer, BOTH, Call, Class, Endpoint, entra, intune, permissions};
use crate::objects::GroupKind;
use crate::state::{read, write};

pub(super) const CREATE: Endpoint = Endpoint {
    method: Method::POST,
    path: "/groups",
    versions: BOTH,
    scopes: permissions::GROUP_CREATE,
    class: Class::DirectoryWrite,
    options: &[],
    handle: create,
};

/// Members may be added with less than what other changes need.
pub(super) const CHANGE: Endpoint = Endpoint {
    method: Method::PATCH,
    path: "/groups/{id}",
    scopes: permissions::MEMBER_WRITE,
    handle: change,
    ..CREATE
};

pub(super) const DELETE: Endpoint = Endpoint {
    method: Method::DELETE,
    path: "/groups/{id}",
    scopes: permissions::GROUP_WRITE,
    handle: delete,
    ..CREATE
};

fn create(call: &Call) -> Answer {
    created(call).unwrap_or_else(|refusal| *refusal)
}

fn created(call: &Call) -> Result<Answer, Box<Answer>> {
    let refuse = |problem: String| Box::new(entra::bad(call, &problem));
    let mut body = GroupBody::parse(&call.asked.body).map_err(refuse)?;
    let members = std::mem::take(&mut body.members);
    let new = body.into_new(&call.caller.client_id).map_err(refuse)?;
    if new.kind == GroupKind::RoleAssignable && !entra::has_any(call, permissions::ROLE_GROUP_WRITE) {
        return Err(Box::new(call.place.insufficient_privileges()));
    }
    let now = entra::now(call);
    let world = read(&call.tenant.world);
    let mut objects = write(&call.tenant.objects);
    let nickname = new.mail_nickname.as_str();
    let is_taken = objects
        .groups()
        .any(|group| group.mail_nickname.eq_ignore_ascii_case(nickname));
    if is_taken && call.tuning.directory.unique_nicknames {
        let message = "Another object with the same value for property mailNickname already exists.";
        return Err(refuse(message.to_owned()));
    }
    for member in &members {
        checked_member(call, &world, &objects, *member)?;
    }
    let id = objects.create_group(new, now);
    if let Some(group) = objects.group_mut(id) {
        members.iter().for_each(|member| group.add_member(*member, now));
    }
    entra::count(call, json!({"id": id, "members": members}));
    let body = objects.group(id).map(shown).unwrap_or_default();
    Ok(Answer::json(StatusCode::CREATED, &entra::entity(call, "groups", body)))
}

fn change(call: &Call) -> Answer {
    changed(call).unwrap_or_else(|refusal| *refusal)
}

fn changed(call: &Call) -> Result<Answer, Box<Answer>> {
    let refuse = |problem: String| Box::new(entra::bad(call, &problem));
    let id = entra::key(call, 0)?;
    let body = GroupBody::parse(&call.asked.body).map_err(refuse)?;
    if !body.members.is_empty() {
        if body.display_name.is_some() || body.description.is_some() || body.mail_nickname.is_some() {
            return Err(refuse("Members are added in a request of their own.".to_owned()));
        }
        return member_edit::add_all(call, id, &body.members);
    }
    if !entra::has_any(call, permissions::GROUP_WRITE) {
        return Err(Box::new(call.place.insufficient_privileges()));
    }
    let mut objects = write(&call.tenant.objects);
    let group = objects
        .group_mut(id)
        .filter(|group| group.is_seen(entra::groups_at(call)));
    let group = group.ok_or_else(|| Box::new(entra::missing(call, &id.to_string())))?;
    if group.kind == GroupKind::OnPremises || group.kind == GroupKind::MailSecurity {
        return Err(refuse(member_edit::NOT_MASTERED_HERE.to_owned()));
    }
    if let Some(name) = body.display_name {
        group.display_name = name;
    }
    if let Some(nickname) = body.mail_nickname {
        group.mail_nickname = nickname;
    }
    if let Some(description) = body.description {
        group.description = description;
    }
    entra::count(call, json!({"id": id}));
    Ok(Answer::no_content())
}

fn delete(call: &Call) -> Answer {
    deleted(call).unwrap_or_else(|refusal| *refusal)
}

fn deleted(call: &Call) -> Result<Answer, Box<Answer>> {
    let id: Uuid = entra::key(call, 0)?;
    let now = entra::now(call);
    let world = read(&call.tenant.world);
    let mut objects = write(&call.tenant.objects);
    let group = objects.group(id).filter(|group| group.is_seen(entra::groups_at(call)));
    let kind = group.map(|group| group.kind);
    match kind {
        None => return Err(Box::new(entra::missing(call, &id.to_string()))),
        Some(GroupKind::RoleAssignable) if !entra::has_any(call, permissions::ROLE_GROUP_WRITE) => {
            return Err(Box::new(call.place.insufficient_privileges()));
        }
        Some(GroupKind::OnPremises | GroupKind::MailSecurity) => {
            return Err(Box::new(entra::bad(call, member_edit::NOT_MASTERED_HERE)));
        }
        Some(_) => {}
    }
    let mut software = write(&call.tenant.software);
    for app in software.apps_of_group(id) {
        software.remember(app, None, intune::around(call, &world, &objects));
    }
    objects.delete_group(id, now);
    entra::count(call, json!({"id": id}));
    Ok(Answer::no_content())
}
