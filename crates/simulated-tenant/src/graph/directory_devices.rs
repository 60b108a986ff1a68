//! `GET /devices`: the devices of the directory, whose object ids groups hold. A device has an object id, an Entra device
//! id and an Intune id, and no two of them are the same.

use axum::http::Method;
use serde_json::{Value, json};

use super::condition::{Filterable, How};
use super::select::{self, PAGED, ResourceType, SELECT};
use super::users::{self, USER};
use super::{Answer, BOTH, Call, Class, Endpoint, entra, permissions};
use crate::objects::{DirectoryDevice, Person};
use crate::state::read;

pub(super) const ALL: Endpoint = Endpoint {
    method: Method::GET,
    path: "/devices",
    versions: BOTH,
    scopes: permissions::DEVICE_READ,
    class: Class::DirectoryRead,
    options: &["$select", "$top", "$skiptoken", "$count", "$filter"],
    handle: all,
};

pub(super) const ONE: Endpoint = Endpoint {
    path: "/devices/{id}",
    options: SELECT,
    handle: one,
    ..ALL
};

pub(super) const OWNERS: Endpoint = Endpoint {
    path: "/devices/{id}/registeredOwners",
    options: PAGED,
    handle: people,
    ..ALL
};

pub(super) const USERS: Endpoint = Endpoint {
    path: "/devices/{id}/registeredUsers",
    ..OWNERS
};

const FILTERS: &[Filterable] = &[
    Filterable {
        name: "deviceId",
        plain: &[How::Eq, How::In],
        advanced: &[How::Ne],
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
        name: "operatingSystem",
        plain: &[How::Eq, How::StartsWith],
        advanced: &[How::Ne],
    },
];

pub(super) const DEVICE: ResourceType = ResourceType {
    name: "microsoft.graph.device",
    fields: &[
        "id",
        "deletedDateTime",
        "accountEnabled",
        "approximateLastSignInDateTime",
        "createdDateTime",
        "deviceId",
        "deviceOwnership",
        "deviceVersion",
        "displayName",
        "enrollmentType",
        "isCompliant",
        "isManaged",
        "isRooted",
        "managementType",
        "manufacturer",
        "mdmAppId",
        "model",
        "onPremisesLastSyncDateTime",
        "onPremisesSyncEnabled",
        "operatingSystem",
        "operatingSystemVersion",
        "physicalIds",
        "profileType",
        "registrationDateTime",
        "systemLabels",
        "trustType",
        "alternativeSecurityIds",
        "extensionAttributes",
    ],
    defaults: &[],
};

/// Intune, as the directory names who manages a device.
const INTUNE_APP: &str = "0000000a-0000-0000-c000-000000000000";

fn all(call: &Call) -> Answer {
    let filter = match entra::filter(call, FILTERS) {
        Ok(filter) => filter,
        Err(refusal) => return *refusal,
    };
    let world = read(&call.tenant.world);
    let objects = read(&call.tenant.objects);
    let by_id = filter.as_ref().and_then(|filter| filter.only("deviceId"));
    let rows: Vec<Value> = match by_id {
        Some(id) => {
            let id = uuid::Uuid::try_parse(id).ok();
            let found = id.and_then(|id| objects.device_of_entra(&world, id));
            found.iter().map(shown).collect()
        }
        None => {
            // Rows are made of those that fit alone: the fleet may be large.
            let fitting = objects.devices(&world).filter(|device| {
                let value_of = |name: &str| value_of(device, name);
                filter.as_ref().is_none_or(|filter| filter.fits(&value_of))
            });
            fitting.map(|device| shown(&device)).collect()
        }
    };
    entra::page(call, &DEVICE, ("/devices", "devices"), &rows)
}

/// What filters compare.
fn value_of(device: &DirectoryDevice<'_>, name: &str) -> Value {
    match name {
        "deviceId" => json!(device.device_id.to_string()),
        "displayName" => json!(&*device.device.name),
        "id" => json!(device.object_id.to_string()),
        "accountEnabled" => json!(!device.is_stale),
        "operatingSystem" => json!(device.device.kind.os),
        _ => Value::Null,
    }
}

fn one(call: &Call) -> Answer {
    let id = match entra::key(call, 0) {
        Ok(id) => id,
        Err(refusal) => return *refusal,
    };
    let world = read(&call.tenant.world);
    let objects = read(&call.tenant.objects);
    let Some(device) = objects.device(&world, id) else {
        return entra::missing(call, &id.to_string());
    };
    select::answer(call, &DEVICE, entra::entity(call, "devices", shown(&device)))
}

/// The person who registered it: its primary user.
fn people(call: &Call) -> Answer {
    let id = match entra::key(call, 0) {
        Ok(id) => id,
        Err(refusal) => return *refusal,
    };
    let world = read(&call.tenant.world);
    let objects = read(&call.tenant.objects);
    let Some(device) = objects.device(&world, id) else {
        return entra::missing(call, &id.to_string());
    };
    let user = world.person(device.device.user).filter(|_| !device.is_stale);
    let rows = user.into_iter().map(|user| {
        let mut row = users::shown(&Person::of(user));
        row["@odata.type"] = json!("#microsoft.graph.user");
        row
    });
    let rows: Vec<Value> = rows.collect();
    let last = call.endpoint.path.rsplit('/').next().unwrap_or_default();
    entra::page(
        call,
        &USER,
        (&format!("/devices/{id}/{last}"), "directoryObjects"),
        &rows,
    )
}

pub(super) fn shown(device: &DirectoryDevice<'_>) -> Value {
    let it = device.device;
    let is_managed = !device.is_stale;
    json!({
        "id": device.object_id.to_string(),
        "deletedDateTime": null,
        "accountEnabled": is_managed,
        "approximateLastSignInDateTime": it.last_sync.text(),
        "createdDateTime": it.enrolled.text(),
        "deviceId": device.device_id.to_string(),
        "deviceOwnership": if it.company { "Company" } else { "Personal" },
        "deviceVersion": 2,
        "displayName": &*it.name,
        "enrollmentType": if is_managed { Some(it.kind.enrollment) } else { None },
        "isCompliant": is_managed && it.compliance == "compliant",
        "isManaged": is_managed,
        "isRooted": null,
        "managementType": if is_managed { Some("MDM") } else { None },
        "manufacturer": it.kind.manufacturer,
        "mdmAppId": if is_managed { Some(INTUNE_APP) } else { None },
        "model": it.model,
        "onPremisesLastSyncDateTime": null,
        "onPremisesSyncEnabled": null,
        "operatingSystem": it.kind.os,
        "operatingSystemVersion": &*it.os_version,
        "physicalIds": [],
        "profileType": "RegisteredDevice",
        "registrationDateTime": it.enrolled.text(),
        "systemLabels": [],
        "trustType": if it.company { "AzureAd" } else { "Workplace" },
        "alternativeSecurityIds": [],
        "extensionAttributes": {},
    })
}
