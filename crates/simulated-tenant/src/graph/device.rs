//! `GET /deviceManagement/managedDevices/{id}`: one device, with all that the list hides.

use axum::http::{Method, StatusCode};
use serde_json::Value;
use uuid::Uuid;

use super::answer::JSON;
use super::property::View;
use super::render::push_json;
use super::{Answer, BOTH, Call, Class, Endpoint, READ, Shape, Style, Version, apps, users};
use crate::posture::apps_of;
use crate::state::{read, write};
use crate::world::{Device, Ticks, World};

pub(super) const ENDPOINT: Endpoint = Endpoint {
    method: Method::GET,
    path: "/deviceManagement/managedDevices/{id}",
    versions: BOTH,
    scopes: READ,
    class: Class::DeviceRead,
    options: &["$select", "$expand"],
    handle: get,
};

/// The id in the path, or the 400 that Intune gives for a malformed one.
pub(super) fn id_of(call: &Call) -> Result<Uuid, Box<Answer>> {
    let key = call.keys.first().map_or("", String::as_str);
    plain_guid(key).ok_or_else(|| {
        Box::new(
            call.place
                .intune(StatusCode::BAD_REQUEST, "InternalError", "An error has occurred"),
        )
    })
}

/// A GUID as Graph writes it: five groups, no braces, no `urn:`.
pub(super) fn plain_guid(text: &str) -> Option<Uuid> {
    const LENGTH: usize = 36;
    Uuid::try_parse(text).ok().filter(|_| text.len() == LENGTH)
}

fn get(call: &Call) -> Answer {
    let id = match id_of(call) {
        Ok(id) => id,
        Err(refusal) => return *refusal,
    };
    let shape = match Shape::new(Style::Get, call.asked.version, call.query.get("$select"), true) {
        Ok(shape) => shape.hiding_new(call.hides_new()),
        Err(missing) => {
            let message = format!("Could not find a property named '{}'.", missing.0);
            return call.place.intune(StatusCode::BAD_REQUEST, "BadRequest", &message);
        }
    };
    let expanded = match expanded(call) {
        Ok(expanded) => expanded,
        Err(refusal) => return *refusal,
    };
    let now = Ticks::from_utc(call.place.at);
    if read(&call.tenant.world).docket().hides_any() {
        write(&call.tenant.world).look(Some(id), now);
    }
    let world = read(&call.tenant.world);
    if world.get(id).is_none() {
        return call.place.not_found();
    }
    let mut body = object(call, &world, id, &shape);
    if let Some(device) = world.get(id) {
        body.pop();
        for member in expanded {
            body.push_str(&format!(",\"{}\":{}", member.name, (member.rows)(&world, device)));
        }
        body.push('}');
    }
    Answer::new(StatusCode::OK, JSON, body)
}

/// A collection that `$expand` shows within the device.
struct ExpandedMember {
    name: &'static str,
    rows: fn(&World, &Device) -> Value,
}

const USERS: ExpandedMember = ExpandedMember {
    name: "users",
    rows: |world, device| {
        let user = world.person(device.primary_user());
        user.into_iter().map(users::plain).collect()
    },
};
const DETECTED_APPS: ExpandedMember = ExpandedMember {
    name: "detectedApps",
    rows: |world, device| {
        let apps = apps_of(device, world.told(device.id));
        apps.iter().map(apps::shown).collect()
    },
};

fn expanded(call: &Call) -> Result<Vec<&'static ExpandedMember>, Box<Answer>> {
    let has_apps = call.asked.version == Version::Beta || call.tuning.detected_apps_on_v1;
    let names = call.query.get("$expand").unwrap_or_default().split(',').map(str::trim);
    let found = names.filter(|name| !name.is_empty()).map(|name| match name {
        "users" => Ok(&USERS),
        "detectedApps" if has_apps => Ok(&DETECTED_APPS),
        other => {
            let message = format!("Parsing OData Select and Expand failed: '{other}' can not be expanded.");
            let refusal = call.place.intune(StatusCode::BAD_REQUEST, "BadRequest", &message);
            Err(Box::new(refusal))
        }
    });
    found.collect()
}

/// The device with its context, as a single GET shows it; empty where there is none.
pub(super) fn object(call: &Call, world: &World, id: Uuid, shape: &Shape) -> String {
    let Some(device) = world.get(id) else {
        return String::new();
    };
    let mut body = String::with_capacity(2800);
    body.push_str("{\"@odata.context\":");
    let context = format!(
        "{}/$metadata#deviceManagement/managedDevices{}/$entity",
        call.root(),
        shape.context()
    );
    push_json(&context, &mut body);
    body.push(',');
    shape.write_members(
        View {
            device,
            user: world.person(device.user),
        },
        &mut body,
    );
    if body.ends_with(',') {
        body.pop();
    }
    body.push('}');
    body
}
