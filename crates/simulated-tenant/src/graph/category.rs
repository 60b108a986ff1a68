//! Device categories: the tenant's list, a device's own, and `PUT …/deviceCategory/$ref`, which sets it.

use axum::http::{Method, StatusCode};
use serde_json::{Map, Value, json};

use super::device::id_of;
use super::select::{self, ResourceType, SELECT};
use super::{Answer, BOTH, Call, Class, Endpoint, READ, Version, WRITE, action, strict_json};
use crate::state::{read, write};
use crate::world::Dice;

pub(super) const ALL: Endpoint = Endpoint {
    method: Method::GET,
    path: "/deviceManagement/deviceCategories",
    versions: BOTH,
    scopes: READ,
    class: Class::DeviceRead,
    options: SELECT,
    handle: all,
};

pub(super) const OF_DEVICE: Endpoint = Endpoint {
    path: "/deviceManagement/managedDevices/{id}/deviceCategory",
    handle: of_device,
    ..ALL
};

pub(super) const SET: Endpoint = Endpoint {
    method: Method::PUT,
    path: "/deviceManagement/managedDevices/{id}/deviceCategory/$ref",
    versions: BOTH,
    scopes: WRITE,
    class: Class::DeviceWrite,
    options: &[],
    handle: set,
};

const CATEGORY: ResourceType = ResourceType {
    name: "microsoft.graph.deviceCategory",
    fields: &["id", "displayName", "description", "roleScopeTagIds"],
    defaults: &[],
};

const CATEGORIES: &[(&str, &str)] = &[
    ("Kiosk", "Stands in a shop"),
    ("Lager & Versand", "Scanners and tablets of the warehouse"),
    ("Développement", ""),
    ("Sales", "Travels"),
];

/// Follows from the tenant's seed, as everything else.
fn id_of_category(call: &Call, index: usize) -> String {
    Dice::apart(call.tenant.fleet.seed, 0xCA7E + index as u64)
        .uuid()
        .to_string()
}

fn shown(call: &Call, index: usize) -> Value {
    let (name, description) = CATEGORIES[index];
    let category = json!({
        "id": id_of_category(call, index), "displayName": name, "description": description,
    });
    in_version(call, category, json!(["0"]))
}

/// What a device without a category has.
fn of_none(call: &Call) -> Value {
    let category = json!({"id": uuid::Uuid::nil().to_string(), "displayName": "Unknown", "description": null});
    in_version(call, category, json!([]))
}

fn in_version(call: &Call, mut category: Value, tags: Value) -> Value {
    if call.asked.version == Version::Beta {
        category["roleScopeTagIds"] = tags;
    }
    category
}

fn all(call: &Call) -> Answer {
    let context = format!("{}/$metadata#deviceManagement/deviceCategories", call.root());
    let value: Vec<Value> = (0..CATEGORIES.len()).map(|index| shown(call, index)).collect();
    select::answer(call, &CATEGORY, json!({"@odata.context": context, "value": value}))
}

fn of_device(call: &Call) -> Answer {
    let id = match id_of(call) {
        Ok(id) => id,
        Err(refusal) => return *refusal,
    };
    let world = read(&call.tenant.world);
    let Some(device) = world.get(id) else {
        return call.place.not_found();
    };
    let set = device.set.as_ref().and_then(|set| set.get("deviceCategoryDisplayName"));
    let index = CATEGORIES
        .iter()
        .position(|(name, _)| set.and_then(Value::as_str) == Some(name));
    let context = format!("{}/$metadata#deviceManagement/deviceCategories/$entity", call.root());
    // A device without one has the category of no id.
    let mut body = index.map_or_else(|| of_none(call), |index| shown(call, index));
    body["@odata.context"] = json!(context);
    select::answer(call, &CATEGORY, body)
}

fn set(call: &Call) -> Answer {
    refer(call).unwrap_or_else(|refusal| *refusal)
}

fn refer(call: &Call) -> Result<Answer, Box<Answer>> {
    let refuse = |problem: &str| Box::new(call.place.intune(StatusCode::BAD_REQUEST, "BadRequest", problem));
    let id = id_of(call)?;
    let body = strict_json::parse(&call.asked.body).map_err(|problem| refuse(&problem))?;
    let link = body["@odata.id"]
        .as_str()
        .ok_or_else(|| refuse("The property '@odata.id' is required."))?;
    let wanted = link
        .trim_end_matches("')")
        .rsplit_once("/deviceManagement/deviceCategories")
        .map(|(_, key)| key.trim_start_matches(['/', '(', '\'']))
        .ok_or_else(|| refuse("The link leads to no device category."))?;
    let index = (0..CATEGORIES.len())
        .find(|index| id_of_category(call, *index).eq_ignore_ascii_case(wanted))
        .ok_or_else(|| Box::new(call.place.not_found()))?;
    if read(&call.tenant.world).get(id).is_none() {
        return Err(Box::new(call.place.not_found()));
    }
    let code = action::approved(call, "deviceCategory", id)?;
    let change = Map::from_iter([("deviceCategoryDisplayName".to_owned(), json!(CATEGORIES[index].0))]);
    let mut world = write(&call.tenant.world);
    if !world.patch(id, &change) {
        return Err(Box::new(call.place.not_found()));
    }
    action::count(call, id, "deviceCategory", None, body.clone());
    drop(world);
    action::spend(call, code);
    Ok(Answer::no_content())
}
