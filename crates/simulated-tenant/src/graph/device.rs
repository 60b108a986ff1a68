//! `GET /deviceManagement/managedDevices/{id}`: one device, with all that the list hides.

use axum::http::{Method, StatusCode};
use uuid::Uuid;

use super::answer::JSON;
use super::property::View;
use super::render::push_json;
use super::{Answer, BOTH, Call, Class, Endpoint, READ, Shape, Style};
use crate::state::{read, write};
use crate::world::{Ticks, World};

pub(super) const ENDPOINT: Endpoint = Endpoint {
    method: Method::GET,
    path: "/deviceManagement/managedDevices/{id}",
    versions: BOTH,
    scopes: READ,
    class: Class::DeviceRead,
    handle: get,
};

/// The id in the path, or the 400 that Intune gives for a malformed one.
pub(super) fn id_of(call: &Call) -> Result<Uuid, Box<Answer>> {
    let key = call.keys.first().map_or("", String::as_str);
    Uuid::parse_str(key).map_err(|_| {
        Box::new(
            call.place
                .intune(StatusCode::BAD_REQUEST, "InternalError", "An error has occurred"),
        )
    })
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
    let now = Ticks::from_utc(call.place.at);
    if read(&call.tenant.world).docket().hides_any() {
        write(&call.tenant.world).look(Some(id), now);
    }
    let world = read(&call.tenant.world);
    if world.get(id).is_none() {
        return call.place.not_found();
    }
    Answer::new(StatusCode::OK, JSON, object(call, &world, id, &shape))
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
