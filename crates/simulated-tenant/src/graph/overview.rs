//! `GET /deviceManagement/managedDeviceOverview`: the counts that a scan is checked against.

use std::collections::BTreeSet;

use axum::http::Method;
use serde_json::{Value, json};

use super::select::{self, ResourceType, SELECT};
use super::{Answer, BOTH, Call, Class, Endpoint, READ, Version};
use crate::fault::Twist;
use crate::state::read;
use crate::world::{Device, Tally, Ticks, World};

pub(super) const ENDPOINT: Endpoint = Endpoint {
    method: Method::GET,
    path: "/deviceManagement/managedDeviceOverview",
    versions: BOTH,
    scopes: READ,
    class: Class::DeviceRead,
    options: SELECT,
    handle: overview,
};

fn overview(call: &Call) -> Answer {
    let world = read(&call.tenant.world);
    let count = match &call.asked.twist {
        Some(Twist::WrongCount { count }) => *count,
        _ => world.len(),
    };
    let of = |tally| world.tally(tally);
    let mut body = json!({
        "@odata.context": format!("{}/$metadata#deviceManagement/managedDeviceOverview/$entity", call.root()),
        "id": call.tenant.overview_id.to_string(),
        "enrolledDeviceCount": count,
        "mdmEnrolledCount": count,
        "dualEnrolledDeviceCount": 0,
        "deviceOperatingSystemSummary": {
            "androidCount": of(Tally::Android) + of(Tally::AndroidWorkProfile) + of(Tally::AndroidDedicated)
                + of(Tally::AndroidFullyManaged) + of(Tally::AndroidCorporateWorkProfile),
            "iosCount": of(Tally::Ios),
            "macOSCount": of(Tally::MacOs),
            "windowsMobileCount": 0,
            "windowsCount": of(Tally::Windows),
            "unknownCount": of(Tally::Unknown),
            "androidDedicatedCount": of(Tally::AndroidDedicated),
            "androidDeviceAdminCount": 0,
            "androidFullyManagedCount": of(Tally::AndroidFullyManaged),
            "androidWorkProfileCount": of(Tally::AndroidWorkProfile),
            "androidCorporateWorkProfileCount": of(Tally::AndroidCorporateWorkProfile),
            "configMgrDeviceCount": 0,
        },
        "deviceExchangeAccessStateSummary": {
            "allowedDeviceCount": 0, "blockedDeviceCount": 0, "quarantinedDeviceCount": 0,
            "unknownDeviceCount": 0, "unavailableDeviceCount": count,
        },
    });
    match call.asked.version {
        Version::V1 => select::answer(call, &OVERVIEW, body),
        Version::Beta => {
            body["lastModifiedDateTime"] = last_modified(call);
            body["managedDeviceModelsAndManufacturers"] = models_and_manufacturers(&world);
            select::answer(call, &BETA_OVERVIEW, body)
        }
    }
}

/// The counts are made when they are asked for.
fn last_modified(call: &Call) -> Value {
    let mut text = String::new();
    Ticks::from_utc(call.place.at).write_full(&mut text);
    json!(text)
}

/// Each that a device has, once; a device without one adds nothing.
fn models_and_manufacturers(world: &World) -> Value {
    let mut models = BTreeSet::new();
    let mut manufacturers = BTreeSet::new();
    for (_, entry) in world.behind(None) {
        let device = &entry.device;
        models.insert(shown(device, "model", device.model));
        manufacturers.insert(shown(device, "manufacturer", device.kind.manufacturer));
    }
    for names in [&mut models, &mut manufacturers] {
        names.remove("");
    }
    json!({"deviceModels": models, "deviceManufacturers": manufacturers})
}

/// What a test set wins over what the metal has.
fn shown<'a>(device: &'a Device, name: &str, own: &'a str) -> &'a str {
    let set = device.set.as_ref().and_then(|set| set.get(name));
    set.map_or(own, |value| value.as_str().unwrap_or_default())
}

const BETA_OVERVIEW: ResourceType = ResourceType {
    name: OVERVIEW.name,
    fields: &[
        "id",
        "enrolledDeviceCount",
        "mdmEnrolledCount",
        "dualEnrolledDeviceCount",
        "deviceOperatingSystemSummary",
        "deviceExchangeAccessStateSummary",
        "lastModifiedDateTime",
        "managedDeviceModelsAndManufacturers",
    ],
    defaults: &[],
};

const OVERVIEW: ResourceType = ResourceType {
    name: "microsoft.graph.managedDeviceOverview",
    fields: &[
        "id",
        "enrolledDeviceCount",
        "mdmEnrolledCount",
        "dualEnrolledDeviceCount",
        "deviceOperatingSystemSummary",
        "deviceExchangeAccessStateSummary",
    ],
    defaults: &[],
};
