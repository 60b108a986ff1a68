//! `GET /deviceManagement/managedDevices/{id}/deviceCompliancePolicyStates`: how a device stands to each compliance
//! policy. Whether the collection carries its `settingStates` or leaves them empty, so that they have to be read
//! policy by policy, has been seen both ways: the tuning chooses.

use axum::http::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use super::device::id_of;
use super::paged::paged;
use super::select::{self, PAGED, ResourceType, SELECT};
use super::{Answer, BOTH, Call, Class, Endpoint, READ, Version};
use crate::posture::{PolicyState, SettingState, policies_of};
use crate::state::read;
use crate::world::User;

pub(super) const OF_DEVICE: Endpoint = Endpoint {
    method: Method::GET,
    path: "/deviceManagement/managedDevices/{id}/deviceCompliancePolicyStates",
    versions: BOTH,
    scopes: READ,
    class: Class::DeviceRead,
    options: PAGED,
    handle: of_device,
};

pub(super) const ONE: Endpoint = Endpoint {
    path: "/deviceManagement/managedDevices/{id}/deviceCompliancePolicyStates/{id}",
    options: SELECT,
    handle: one,
    ..OF_DEVICE
};

pub(super) const SETTINGS: Endpoint = Endpoint {
    path: "/deviceManagement/managedDevices/{id}/deviceCompliancePolicyStates/{id}/settingStates",
    handle: settings,
    ..OF_DEVICE
};

fn of_device(call: &Call) -> Answer {
    let (id, rows) = match rows(call) {
        Ok(found) => found,
        Err(refusal) => return *refusal,
    };
    let with_settings = call.tuning.policies_with_settings;
    let shown: Vec<Value> = rows.iter().map(|row| row.shown(call, with_settings)).collect();
    paged(
        call,
        &POLICY_STATE,
        (&path(id), &context(id)),
        &shown,
        call.tuning.page_size,
    )
}

fn one(call: &Call) -> Answer {
    let (id, rows) = match rows(call) {
        Ok(found) => found,
        Err(refusal) => return *refusal,
    };
    let Some(row) = wanted(call, &rows) else {
        return call.place.not_found();
    };
    let mut body = row.shown(call, true);
    body["@odata.context"] = json!(format!("{}/$metadata#{}/$entity", call.root(), context(id)));
    select::answer(call, &POLICY_STATE, body)
}

fn settings(call: &Call) -> Answer {
    let (id, rows) = match rows(call) {
        Ok(found) => found,
        Err(refusal) => return *refusal,
    };
    let Some(row) = wanted(call, &rows) else {
        return call.place.not_found();
    };
    let path = format!("{}/{}/settingStates", path(id), row.policy.id);
    let context = format!("{}('{}')/settingStates", context(id), row.policy.id);
    paged(
        call,
        &SETTING_STATE,
        (&path, &context),
        &row.settings(),
        call.tuning.page_size,
    )
}

const POLICY_STATE: ResourceType = ResourceType {
    name: "microsoft.graph.deviceCompliancePolicyState",
    fields: &[
        "id",
        "displayName",
        "version",
        "platformType",
        "state",
        "settingCount",
        "settingStates",
        "userId",
        "userPrincipalName",
    ],
    defaults: &[],
};

const SETTING_STATE: ResourceType = ResourceType {
    name: "microsoft.graph.deviceCompliancePolicySettingState",
    fields: &[
        "setting",
        "settingName",
        "instanceDisplayName",
        "state",
        "errorCode",
        "errorDescription",
        "userId",
        "userName",
        "userEmail",
        "userPrincipalName",
        "currentValue",
        "sources",
    ],
    defaults: &[],
};

fn path(device: Uuid) -> String {
    format!("/deviceManagement/managedDevices/{device}/deviceCompliancePolicyStates")
}

fn context(device: Uuid) -> String {
    format!("deviceManagement/managedDevices('{device}')/deviceCompliancePolicyStates")
}

fn wanted<'a>(call: &Call, rows: &'a [Row]) -> Option<&'a Row> {
    let key = call.keys.get(1)?;
    rows.iter().find(|row| row.policy.id.to_string() == key.to_lowercase())
}

/// A policy's state with the user for whom it was found.
struct Row {
    policy: PolicyState,
    user: Option<User>,
}

fn rows(call: &Call) -> Result<(Uuid, Vec<Row>), Box<Answer>> {
    let id = id_of(call)?;
    let world = read(&call.tenant.world);
    let device = world.get(id).ok_or_else(|| Box::new(call.place.not_found()))?;
    let user = world.person(device.user);
    let rows = policies_of(device, world.told(id)).into_iter().map(|policy| Row {
        policy,
        user: user.cloned(),
    });
    Ok((id, rows.collect()))
}

impl Row {
    fn shown(&self, call: &Call, with_settings: bool) -> Value {
        let policy = &self.policy;
        let settings = if with_settings { self.settings() } else { Vec::new() };
        let mut row = json!({
            "id": policy.id.to_string(),
            "displayName": policy.display_name,
            "version": policy.version,
            "platformType": policy.platform,
            "state": policy.state,
            "settingCount": policy.settings.len(),
            "settingStates": settings,
        });
        if call.asked.version == Version::Beta {
            row["userId"] = json!(self.user.as_ref().map(|user| user.id.to_string()));
            row["userPrincipalName"] = json!(self.user.as_ref().map(|user| &*user.principal_name));
        }
        row
    }

    fn settings(&self) -> Vec<Value> {
        self.policy
            .settings
            .iter()
            .map(|setting| self.setting(setting))
            .collect()
    }

    fn setting(&self, setting: &SettingState) -> Value {
        json!({
            "setting": setting.setting,
            "settingName": setting.setting,
            "instanceDisplayName": null,
            "state": setting.state,
            "errorCode": setting.error_code,
            "errorDescription": null,
            "userId": self.user.as_ref().map(|user| user.id.to_string()),
            "userName": self.user.as_ref().map(|user| &*user.display_name),
            "userEmail": self.user.as_ref().map(|user| &*user.principal_name),
            "userPrincipalName": self.user.as_ref().map(|user| &*user.principal_name),
            "currentValue": setting.current_value,
            "sources": [{
                "id": self.policy.id.to_string(),
                "displayName": self.policy.display_name,
                "sourceType": "deviceConfiguration",
            }],
        })
    }
}
