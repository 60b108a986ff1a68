//! `GET /users`, and the devices of one person: those that Intune manages and those that the directory knows.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use super::condition::{Filterable, How};
use super::paged::paged;
use super::select::{PAGED, ResourceType};
use super::users::{USER, check_activity, shown};
use super::{Answer, BOTH, Call, Class, Endpoint, READ, Shape, Style, View, directory_devices, entra, permissions};
use crate::objects::Person;
use crate::state::read;

pub(super) const ALL: Endpoint = Endpoint {
    method: Method::GET,
    path: "/users",
    versions: BOTH,
    scopes: permissions::USER_READ,
    class: Class::DirectoryRead,
    options: &["$select", "$top", "$skiptoken", "$count", "$filter", "$expand"],
    handle: all,
};

/// Managed devices whose primary user the person is.
pub(super) const DEVICES: Endpoint = Endpoint {
    path: "/users/{id}/managedDevices",
    scopes: READ,
    class: Class::DeviceRead,
    options: PAGED,
    handle: devices,
    ..ALL
};

pub(super) const REGISTERED: Endpoint = Endpoint {
    path: "/users/{id}/registeredDevices",
    scopes: permissions::DEVICE_READ,
    options: PAGED,
    handle: registered,
    ..ALL
};

pub(super) const OWNED: Endpoint = Endpoint {
    path: "/users/{id}/ownedDevices",
    ..REGISTERED
};

const FILTERS: &[Filterable] = &[
    Filterable {
        name: "userPrincipalName",
        plain: &[How::Eq, How::In, How::StartsWith],
        advanced: &[How::Ne, How::EndsWith],
    },
    Filterable {
        name: "mail",
        plain: &[How::Eq, How::In, How::StartsWith],
        advanced: &[How::Ne, How::EndsWith],
    },
    Filterable {
        name: "displayName",
        plain: &[How::Eq, How::In, How::StartsWith],
        advanced: &[How::Ne],
    },
    Filterable {
        name: "id",
        plain: &[How::Eq, How::In],
        advanced: &[How::Ne],
    },
    Filterable {
        name: "accountEnabled",
        plain: &[How::Eq],
        advanced: &[How::Ne],
    },
    Filterable {
        name: "userType",
        plain: &[How::Eq, How::In],
        advanced: &[How::Ne],
    },
];

/// Nobody here has a manager, and of whoever has none, Graph leaves the member out.
fn check_expand(call: &Call) -> Result<(), Box<Answer>> {
    let Some(text) = call.query.get("$expand").map(str::trim) else {
        return Ok(());
    };
    let rest = text.strip_prefix("manager");
    if rest.is_some_and(|rest| rest.is_empty() || (rest.starts_with('(') && rest.ends_with(')'))) {
        return Ok(());
    }
    let message = format!("Parsing OData Select and Expand failed: '{text}' can not be expanded.");
    Err(Box::new(call.refuse(StatusCode::BAD_REQUEST, "BadRequest", &message)))
}

fn all(call: &Call) -> Answer {
    let checked = check_activity(call).and_then(|()| check_expand(call));
    let filter = match checked.and_then(|()| entra::filter(call, FILTERS)) {
        Ok(filter) => filter,
        Err(refusal) => return *refusal,
    };
    let world = read(&call.tenant.world);
    let objects = read(&call.tenant.objects);
    // A sign-in name is looked up; everything else is a walk.
    let named = filter.as_ref().and_then(|filter| filter.only("userPrincipalName"));
    let people: Vec<Person> = match named {
        Some(name) => objects.person(&world, name).into_iter().collect(),
        None => {
            let of_fleet = world.people().iter().map(Person::of);
            let all = of_fleet.chain(objects.people().iter().cloned());
            all.filter(|person| !objects.is_absent(person.id)).collect()
        }
    };
    let rows = people.iter().filter_map(|person| {
        let row = shown(person);
        let value_of = |name: &str| row[name].clone();
        let fits = filter.as_ref().is_none_or(|filter| filter.fits(&value_of));
        fits.then_some(row)
    });
    let rows: Vec<Value> = rows.collect();
    entra::page(call, &USER, ("/users", "users"), &rows)
}

/// The person of the path.
pub(super) fn person(call: &Call) -> Result<Person, Box<Answer>> {
    let key = call.keys.first().map_or("", String::as_str);
    let world = read(&call.tenant.world);
    let found = read(&call.tenant.objects).person(&world, key);
    found.ok_or_else(|| Box::new(entra::missing(call, key)))
}

fn devices(call: &Call) -> Answer {
    let person = match person(call) {
        Ok(person) => person,
        Err(refusal) => return *refusal,
    };
    let select = call.query.get("$select");
    let shape = match Shape::new(Style::List, call.asked.version, select, true) {
        Ok(shape) => shape.hiding_new(call.hides_new()),
        Err(missing) => {
            let message = format!("Could not find a property named '{}'.", missing.0);
            return super::intune::bad(call, &message);
        }
    };
    let world = read(&call.tenant.world);
    let index = world.person_index(person.id);
    let ids = index.map_or(&[][..], |index| world.devices_of_user(index));
    let rows = ids.iter().filter_map(|id| {
        let device = world.get(*id)?;
        let mut text = String::new();
        shape.write(
            View {
                device,
                user: world.person(device.user),
            },
            &mut text,
        );
        serde_json::from_str(&text).ok()
    });
    let rows: Vec<Value> = rows.collect();
    let place = format!("/users/{}/managedDevices", person.id);
    paged(
        call,
        &MANAGED_DEVICE,
        (&place, "managedDevices"),
        &rows,
        call.tuning.page_size,
    )
}

/// Its members were chosen before: what `$select` names is there, and nothing else.
const MANAGED_DEVICE: ResourceType = ResourceType {
    name: "microsoft.graph.managedDevice",
    fields: &[],
    defaults: &[],
};

fn registered(call: &Call) -> Answer {
    let person = match person(call) {
        Ok(person) => person,
        Err(refusal) => return *refusal,
    };
    let world = read(&call.tenant.world);
    let objects = read(&call.tenant.objects);
    let index = world.person_index(person.id);
    let ids = index.map_or(&[][..], |index| world.devices_of_user(index));
    let rows = ids.iter().filter_map(|id| {
        let entra = world.get(*id)?.entra?;
        let device = objects.device_of_entra(&world, entra)?;
        let mut row = directory_devices::shown(&device);
        row["@odata.type"] = json!("#microsoft.graph.device");
        Some(row)
    });
    let rows: Vec<Value> = rows.collect();
    let last = call.endpoint.path.rsplit('/').next().unwrap_or_default();
    let place = format!("/users/{}/{last}", person.id);
    entra::page(call, &directory_devices::DEVICE, (&place, "directoryObjects"), &rows)
}
