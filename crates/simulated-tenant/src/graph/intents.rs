//! `GET /beta/users/{id}/mobileAppIntentAndStates/{device}`: what is wanted of each app on one device of a person, and
//! what became of it.

use axum::http::Method;
use serde_json::{Value, json};

use super::device::plain_guid;
use super::select::{self, ResourceType, SELECT};
use super::{Answer, BETA, Call, Class, Endpoint, READ, intune, people};
use crate::software::{InstallState, Intent};
use crate::state::read;

pub(super) const ENDPOINT: Endpoint = Endpoint {
    method: Method::GET,
    path: "/users/{id}/mobileAppIntentAndStates/{id}",
    versions: BETA,
    scopes: READ,
    class: Class::DeviceRead,
    options: SELECT,
    handle: show,
};

const INTENT_AND_STATE: ResourceType = ResourceType {
    name: "microsoft.graph.mobileAppIntentAndState",
    fields: &["id", "managedDeviceIdentifier", "userId", "mobileAppList"],
    defaults: &[],
};

fn show(call: &Call) -> Answer {
    shown(call).unwrap_or_else(|refusal| *refusal)
}

fn shown(call: &Call) -> Result<Answer, Box<Answer>> {
    let person = people::person(call)?;
    let key = call.keys.get(1).and_then(|key| plain_guid(key));
    let world = read(&call.tenant.world);
    let objects = read(&call.tenant.objects);
    let software = read(&call.tenant.software);
    let device = key.and_then(|id| world.get(id));
    let device = device.filter(|device| world.person(device.user).is_some_and(|user| user.id == person.id));
    let device = device.ok_or_else(|| Box::new(call.place.not_found()))?;
    let around = intune::around(call, &world, &objects);
    let rows = software.apps().iter().filter_map(|app| {
        let intent = software.intent(app.id, device.id, around)?;
        let said = software.row(app.id, device.id, around);
        let wanted = match intent {
            Intent::Uninstall => "requiredUninstall",
            _ => "requiredInstall",
        };
        Some(json!({
            "applicationId": app.id.to_string(),
            "displayName": app.name,
            "mobileAppIntent": wanted,
            "displayVersion": app.version,
            "installState": said.map_or(InstallState::Unknown, |row| row.state).name(),
            "supportedDeviceTypes": [],
        }))
    });
    let rows: Vec<Value> = rows.collect();
    let body = json!({
        "@odata.context": format!("{}/$metadata#users('{}')/mobileAppIntentAndStates/$entity", call.root(), person.id),
        "id": format!("{}_{}", person.id, device.id),
        "managedDeviceIdentifier": device.id.to_string(),
        "userId": person.id.to_string(),
        "mobileAppList": rows,
    });
    Ok(select::answer(call, &INTENT_AND_STATE, body))
}
