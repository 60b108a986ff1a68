//! Lists of the tenant that other tools read first and stop without: scope tags, configuration profiles, Autopilot
//! identities. Most are empty here, as they are in many tenants.

use axum::http::Method;
use serde_json::{Value, json};

use super::device::id_of;
use super::paged::paged;
use super::select::{PAGED, ResourceType};
use super::{Answer, BETA, BOTH, Call, Class, Endpoint, READ, permissions};
use crate::state::read;

pub(super) const ROLE_SCOPE_TAGS: Endpoint = Endpoint {
    method: Method::GET,
    path: "/deviceManagement/roleScopeTags",
    versions: BETA,
    scopes: permissions::RBAC_READ,
    class: Class::DeviceRead,
    options: PAGED,
    handle: role_scope_tags,
};

pub(super) const CONFIGURATIONS: Endpoint = Endpoint {
    path: "/deviceManagement/deviceConfigurations",
    versions: BOTH,
    scopes: permissions::CONFIGURATION_READ,
    handle: configurations,
    ..ROLE_SCOPE_TAGS
};

pub(super) const AUTOPILOT: Endpoint = Endpoint {
    path: "/deviceManagement/windowsAutopilotDeviceIdentities",
    versions: BOTH,
    scopes: permissions::ENROLMENT_READ,
    handle: autopilot,
    ..ROLE_SCOPE_TAGS
};

pub(super) const CONFIGURATION_STATES: Endpoint = Endpoint {
    path: "/deviceManagement/managedDevices/{id}/deviceConfigurationStates",
    versions: BOTH,
    scopes: READ,
    handle: configuration_states,
    ..ROLE_SCOPE_TAGS
};

const SCOPE_TAG: ResourceType = ResourceType {
    name: "microsoft.graph.roleScopeTag",
    fields: &["id", "displayName", "description", "isBuiltIn", "permissions"],
    defaults: &[],
};

const CONFIGURATION: ResourceType = ResourceType {
    name: "microsoft.graph.deviceConfiguration",
    fields: &[
        "id",
        "createdDateTime",
        "description",
        "lastModifiedDateTime",
        "displayName",
        "version",
    ],
    defaults: &[],
};

const IDENTITY: ResourceType = ResourceType {
    name: "microsoft.graph.windowsAutopilotDeviceIdentity",
    fields: &["id", "groupTag", "serialNumber", "manufacturer", "model", "displayName"],
    defaults: &[],
};

const CONFIGURATION_STATE: ResourceType = ResourceType {
    name: "microsoft.graph.deviceConfigurationState",
    fields: &[
        "id",
        "settingStates",
        "displayName",
        "version",
        "platformType",
        "state",
        "settingCount",
    ],
    defaults: &[],
};

fn role_scope_tags(call: &Call) -> Answer {
    let rows = [
        json!({"id": "0", "displayName": "Default", "description": "Default Role Scope Tag", "isBuiltIn": true}),
        json!({"id": "1", "displayName": "Sales", "description": null, "isBuiltIn": false}),
    ];
    list(call, &SCOPE_TAG, &rows)
}

fn configurations(call: &Call) -> Answer {
    list(call, &CONFIGURATION, &[])
}

fn autopilot(call: &Call) -> Answer {
    list(call, &IDENTITY, &[])
}

fn configuration_states(call: &Call) -> Answer {
    let id = match id_of(call) {
        Ok(id) => id,
        Err(refusal) => return *refusal,
    };
    if read(&call.tenant.world).get(id).is_none() {
        return call.place.not_found();
    }
    let path = format!("/deviceManagement/managedDevices/{id}/deviceConfigurationStates");
    let context = format!("deviceManagement/managedDevices('{id}')/deviceConfigurationStates");
    paged(
        call,
        &CONFIGURATION_STATE,
        (&path, &context),
        &[],
        call.tuning.page_size,
    )
}

fn list(call: &Call, kind: &ResourceType, rows: &[Value]) -> Answer {
    let path = call.endpoint.path;
    paged(
        call,
        kind,
        (path, path.trim_start_matches('/')),
        rows,
        call.tuning.page_size,
    )
}
