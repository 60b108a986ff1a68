//! `GET /deviceManagement/detectedApps`: the software of the whole tenant, with the number of devices that have it, and
//! the devices of one.

use std::collections::BTreeMap;

use axum::http::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use super::apps::{DETECTED_APP, shown};
use super::condition::{Filterable, How};
use super::paged::paged;
use super::select::{self, PAGED, ResourceType, SELECT};
use super::{Answer, BOTH, Call, Class, Endpoint, READ, intune};
use crate::posture::{DetectedApp, apps_of};
use crate::state::read;
use crate::world::World;

const PATH: &str = "/deviceManagement/detectedApps";

pub(super) const ALL: Endpoint = Endpoint {
    method: Method::GET,
    path: PATH,
    versions: BOTH,
    scopes: READ,
    class: Class::DeviceRead,
    options: &["$select", "$top", "$skiptoken", "$count", "$filter", "$expand"],
    handle: all,
};

pub(super) const ONE: Endpoint = Endpoint {
    path: "/deviceManagement/detectedApps/{id}",
    options: SELECT,
    handle: one,
    ..ALL
};

pub(super) const DEVICES: Endpoint = Endpoint {
    path: "/deviceManagement/detectedApps/{id}/managedDevices",
    options: PAGED,
    handle: devices,
    ..ALL
};

const FILTERS: &[Filterable] = &[
    Filterable {
        name: "displayName",
        plain: &[How::Eq, How::StartsWith, How::Contains],
        advanced: &[],
    },
    Filterable {
        name: "platform",
        plain: &[How::Eq],
        advanced: &[],
    },
];

/// What the list of an app's devices shows of each: the rest is null there.
const APP_DEVICE: ResourceType = ResourceType {
    name: "microsoft.graph.managedDevice",
    fields: &[
        "id",
        "deviceName",
        "operatingSystem",
        "osVersion",
        "userId",
        "emailAddress",
    ],
    defaults: &[],
};

/// What `$expand` may show of devices.
const EXPANDED: &[&str] = &["id", "deviceName"];

/// An app and the devices that have it.
struct Found {
    app: DetectedApp,
    devices: Vec<Uuid>,
}

fn found(world: &World) -> BTreeMap<Uuid, Found> {
    let mut found: BTreeMap<Uuid, Found> = BTreeMap::new();
    for (key, entry) in world.behind(None) {
        for app in apps_of(&entry.device, world.told(key.id)) {
            let known = found.entry(app.id).or_insert_with(|| Found {
                app,
                devices: Vec::new(),
            });
            known.devices.push(key.id);
        }
    }
    found
}

fn row(found: &Found) -> Value {
    let mut row = shown(&found.app);
    row["deviceCount"] = json!(found.devices.len());
    row
}

fn all(call: &Call) -> Answer {
    listed(call).unwrap_or_else(|refusal| *refusal)
}

fn listed(call: &Call) -> Result<Answer, Box<Answer>> {
    let filter = intune::filter(call, FILTERS)?;
    let expanded = expanded(call)?;
    let world = read(&call.tenant.world);
    let apps = found(&world);
    let rows = apps.values().filter_map(|found| {
        let mut row = row(found);
        let value_of = |name: &str| row[name].clone();
        let fits = filter.as_ref().is_none_or(|filter| filter.fits(&value_of));
        if let Some(names) = &expanded {
            let devices = found.devices.iter().filter_map(|id| device(&world, *id, names));
            row["managedDevices"] = devices.collect();
        }
        fits.then_some(row)
    });
    let rows: Vec<Value> = rows.collect();
    let place = (PATH, "deviceManagement/detectedApps");
    Ok(paged(call, &DETECTED_APP, place, &rows, call.tuning.apps_page_size))
}

/// The members that `managedDevices($select=…)` names.
fn expanded(call: &Call) -> Result<Option<Vec<&'static str>>, Box<Answer>> {
    let Some(text) = call.query.get("$expand") else {
        return Ok(None);
    };
    let refuse = || {
        let message = format!("Parsing OData Select and Expand failed: '{text}' can not be expanded.");
        Box::new(intune::bad(call, &message))
    };
    let rest = text.trim().strip_prefix("managedDevices").ok_or_else(refuse)?;
    if rest.is_empty() {
        return Ok(Some(EXPANDED.to_vec()));
    }
    let names = rest.strip_prefix("($select=").and_then(|rest| rest.strip_suffix(')'));
    let names = names.ok_or_else(refuse)?.split(',').map(str::trim);
    let known = names.map(|name| EXPANDED.iter().find(|known| known.eq_ignore_ascii_case(name)).copied());
    let known: Option<Vec<&'static str>> = known.collect();
    known.map(Some).ok_or_else(refuse)
}

fn device(world: &World, id: Uuid, names: &[&str]) -> Option<Value> {
    let device = world.get(id)?;
    let mut row = json!({});
    for name in names {
        row[*name] = match *name {
            "deviceName" => json!(&*device.name),
            _ => json!(device.id.to_string()),
        };
    }
    Some(row)
}

fn one(call: &Call) -> Answer {
    let id = match intune::key(call, 0) {
        Ok(id) => id,
        Err(refusal) => return *refusal,
    };
    let world = read(&call.tenant.world);
    let Some(mut body) = found(&world).get(&id).map(row) else {
        return call.place.not_found();
    };
    body["@odata.context"] = json!(format!(
        "{}/$metadata#deviceManagement/detectedApps/$entity",
        call.root()
    ));
    select::answer(call, &DETECTED_APP, body)
}

fn devices(call: &Call) -> Answer {
    let id = match intune::key(call, 0) {
        Ok(id) => id,
        Err(refusal) => return *refusal,
    };
    let world = read(&call.tenant.world);
    let apps = found(&world);
    let Some(found) = apps.get(&id) else {
        return call.place.not_found();
    };
    let rows = found.devices.iter().filter_map(|id| {
        let device = world.get(*id)?;
        let user = world.person(device.user);
        Some(json!({
            "id": device.id.to_string(),
            "deviceName": &*device.name,
            "operatingSystem": device.kind.os,
            "osVersion": &*device.os_version,
            "userId": user.map(|user| user.id.to_string()),
            "emailAddress": user.map(|user| &*user.principal_name),
        }))
    });
    let rows: Vec<Value> = rows.collect();
    let path = format!("{PATH}/{id}/managedDevices");
    let context = format!("deviceManagement/detectedApps('{id}')/managedDevices");
    paged(call, &APP_DEVICE, (&path, &context), &rows, call.tuning.page_size)
}
