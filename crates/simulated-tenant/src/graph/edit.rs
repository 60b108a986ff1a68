//! `PATCH …/managedDevices/{id}`: the three properties that may be written, by the names of the version.

use axum::http::{Method, StatusCode};
use serde_json::Value;

use super::answer::JSON;
use super::device::{id_of, object};
use super::{Answer, BOTH, Call, Class, Endpoint, Shape, Style, Version, WRITE, action, body};
use crate::remote::{Kind, Param};
use crate::state::{read, write};

pub(super) const ENDPOINT: Endpoint = Endpoint {
    method: Method::PATCH,
    path: "/deviceManagement/managedDevices/{id}",
    versions: BOTH,
    scopes: WRITE,
    class: Class::DeviceWrite,
    options: &[],
    handle: patch,
};

const OWNERS: Kind = Kind::Enum(&["unknown", "company", "personal"]);

const WRITABLE: &[Param] = &[
    param("managedDeviceName", Kind::Text(255), false),
    param("notes", Kind::Text(4000), false),
    param("managedDeviceOwnerType", OWNERS, false),
    param("ownerType", OWNERS, true),
];

const fn param(name: &'static str, kind: Kind, beta: bool) -> Param {
    Param {
        name,
        kind,
        required: false,
        beta,
    }
}

fn patch(call: &Call) -> Answer {
    change(call).unwrap_or_else(|refusal| *refusal)
}

fn change(call: &Call) -> Result<Answer, Box<Answer>> {
    let refuse = |problem: String| Box::new(call.place.intune(StatusCode::BAD_REQUEST, "BadRequest", &problem));
    let id = id_of(call)?;
    let mut changes = body::parameters(&call.asked.body, WRITABLE, call.asked.version).map_err(refuse)?;
    if changes.is_empty() {
        return Err(refuse("Nothing to change.".to_owned()));
    }
    if let Some(name) = ["managedDeviceOwnerType", "ownerType"]
        .into_iter()
        .find(|name| changes.get(*name) == Some(&Value::Null))
    {
        return Err(refuse(format!("The value of the property '{name}' may not be null.")));
    }
    if read(&call.tenant.world).get(id).is_none() {
        return Err(Box::new(call.place.not_found()));
    }
    let code = action::approved(call, "update", id)?;
    let told = Value::Object(changes.clone());
    if call.asked.version == Version::Beta
        && let Some(owner) = changes.remove("ownerType")
    {
        changes.insert("managedDeviceOwnerType".to_owned(), owner);
    }
    let mut world = write(&call.tenant.world);
    if !world.patch(id, &changes) {
        return Err(Box::new(call.place.not_found()));
    }
    action::count(call, id, "update", None, told);
    drop(world);
    action::spend(call, code);
    Ok(answer(call, id))
}

fn answer(call: &Call, id: uuid::Uuid) -> Answer {
    let shape = Shape::new(Style::Get, call.asked.version, None, true);
    match shape {
        Ok(shape) if call.tuning.actions.patch_answers_device => {
            let world = read(&call.tenant.world);
            Answer::new(StatusCode::OK, JSON, object(call, &world, id, &shape))
        }
        _ => Answer::no_content(),
    }
}
