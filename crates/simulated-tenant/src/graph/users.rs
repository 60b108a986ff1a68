//! The users of a device (one at most, as a collection) and a user by id or sign-in name.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use super::device::id_of;
use super::select::{self, ResourceType, SELECT};
use super::{Answer, BOTH, Call, Class, Endpoint, READ};
use crate::state::read;
use crate::world::User;

pub(super) const OF_DEVICE: Endpoint = Endpoint {
    method: Method::GET,
    path: "/deviceManagement/managedDevices/{id}/users",
    versions: BOTH,
    scopes: READ,
    class: Class::DeviceRead,
    options: SELECT,
    handle: of_device,
};

pub(super) const ONE: Endpoint = Endpoint {
    method: Method::GET,
    path: "/users/{id}",
    versions: BOTH,
    scopes: &[
        "User.ReadBasic.All",
        "User.Read.All",
        "User.ReadWrite.All",
        "Directory.Read.All",
        "DeviceManagementManagedDevices.Read.All",
        "DeviceManagementManagedDevices.ReadWrite.All",
    ],
    class: Class::Free,
    options: SELECT,
    handle: one,
};

const DEPARTMENTS: &[&str] = &["Development", "Purchasing", "Sales", "Warehouse"];

fn of_device(call: &Call) -> Answer {
    let id = match id_of(call) {
        Ok(id) => id,
        Err(refusal) => return *refusal,
    };
    let world = read(&call.tenant.world);
    let Some(device) = world.get(id) else {
        return call.place.not_found();
    };
    let users: Vec<Value> = world.person(device.user).into_iter().map(shown).collect();
    let context = format!("{}/$metadata#users", call.root());
    select::answer(call, &USER, json!({"@odata.context": context, "value": users}))
}

fn one(call: &Call) -> Answer {
    let key = call.keys.first().map_or("", String::as_str);
    let world = read(&call.tenant.world);
    let is_wanted = |user: &&User| user.id.to_string() == key || user.principal_name.eq_ignore_ascii_case(key);
    let Some(user) = world.people().iter().find(is_wanted) else {
        let message = format!(
            "Resource '{key}' does not exist or one of its queried reference-property objects are not present."
        );
        return call
            .place
            .graph(StatusCode::NOT_FOUND, "Request_ResourceNotFound", &message);
    };
    let mut body = shown(user);
    body["@odata.context"] = json!(format!("{}/$metadata#users/$entity", call.root()));
    select::answer(call, &USER, body)
}

/// Graph shows the first eleven unless told otherwise.
const USER: ResourceType = ResourceType {
    name: "microsoft.graph.user",
    fields: &[
        "businessPhones",
        "displayName",
        "givenName",
        "jobTitle",
        "mail",
        "mobilePhone",
        "officeLocation",
        "preferredLanguage",
        "surname",
        "userPrincipalName",
        "id",
        "accountEnabled",
        "city",
        "companyName",
        "country",
        "createdDateTime",
        "department",
        "employeeId",
        "mailNickname",
        "onPremisesImmutableId",
        "onPremisesSyncEnabled",
        "state",
        "usageLocation",
        "userType",
    ],
    defaults: &[
        "businessPhones",
        "displayName",
        "givenName",
        "jobTitle",
        "mail",
        "mobilePhone",
        "officeLocation",
        "preferredLanguage",
        "surname",
        "userPrincipalName",
        "id",
    ],
};

pub(super) fn plain(user: &User) -> Value {
    let mut user = shown(user);
    if let Value::Object(members) = &mut user {
        members.retain(|name, _| USER.defaults.contains(&name.as_str()));
    }
    user
}

fn shown(user: &User) -> Value {
    json!({
        "businessPhones": [],
        "displayName": &*user.display_name,
        "givenName": user.given,
        "jobTitle": null,
        "mail": &*user.principal_name,
        "mobilePhone": null,
        "officeLocation": null,
        "preferredLanguage": null,
        "surname": user.display_name.strip_prefix(user.given).map(str::trim),
        "userPrincipalName": &*user.principal_name,
        "id": user.id.to_string(),
        "accountEnabled": true,
        "city": null,
        "companyName": null,
        "country": null,
        "createdDateTime": "2024-01-08T07:30:00Z",
        "department": DEPARTMENTS[usize::from(user.id.as_bytes()[0]) % DEPARTMENTS.len()],
        "employeeId": null,
        "mailNickname": user.principal_name.split('@').next(),
        "onPremisesImmutableId": null,
        "onPremisesSyncEnabled": null,
        "state": null,
        "usageLocation": "DE",
        "userType": "Member",
    })
}
