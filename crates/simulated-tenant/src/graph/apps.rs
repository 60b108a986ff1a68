//! `GET /deviceManagement/managedDevices/{id}/detectedApps`: beta only, unless the tuning says that Microsoft has moved
//! it to v1.0.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use super::device::id_of;
use super::paged::paged;
use super::select::{PAGED, ResourceType};
use super::{Answer, BOTH, Call, Class, Endpoint, READ, Version};
use crate::posture::{DetectedApp, apps_of};
use crate::state::read;

pub(super) const OF_DEVICE: Endpoint = Endpoint {
    method: Method::GET,
    path: "/deviceManagement/managedDevices/{id}/detectedApps",
    versions: BOTH,
    scopes: READ,
    class: Class::DeviceRead,
    options: PAGED,
    handle: of_device,
};

fn of_device(call: &Call) -> Answer {
    if call.asked.version == Version::V1 && !call.tuning.detected_apps_on_v1 {
        let message = "Resource not found for the segment 'detectedApps'.";
        return call.place.graph(StatusCode::BAD_REQUEST, "BadRequest", message);
    }
    let id = match id_of(call) {
        Ok(id) => id,
        Err(refusal) => return *refusal,
    };
    let world = read(&call.tenant.world);
    let Some(device) = world.get(id) else {
        return call.place.not_found();
    };
    let apps: Vec<Value> = apps_of(device, world.told(id)).iter().map(shown).collect();
    let path = format!("/deviceManagement/managedDevices/{id}/detectedApps");
    let context = format!("deviceManagement/managedDevices('{id}')/detectedApps");
    paged(
        call,
        &DETECTED_APP,
        (&path, &context),
        &apps,
        call.tuning.apps_page_size,
    )
}

pub(super) const DETECTED_APP: ResourceType = ResourceType {
    name: "microsoft.graph.detectedApp",
    fields: &[
        "id",
        "displayName",
        "version",
        "sizeInByte",
        "deviceCount",
        "publisher",
        "platform",
    ],
    defaults: &[],
};

pub(super) fn shown(app: &DetectedApp) -> Value {
    json!({
        "id": app.id.to_string(),
        "displayName": app.display_name,
        "version": app.version,
        "sizeInByte": app.size_bytes,
        "deviceCount": app.device_count,
        "publisher": app.publisher,
        "platform": app.platform,
    })
}
