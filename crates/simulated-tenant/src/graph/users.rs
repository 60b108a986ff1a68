//! The users of a device (one at most, as a collection) and a user by id or sign-in name.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use super::device::id_of;
use super::select::{self, ResourceType, SELECT};
use super::{Answer, BOTH, Call, Class, Endpoint, READ, entra, permissions};
use crate::objects::Person;
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
    scopes: permissions::USER_READ,
    class: Class::DirectoryRead,
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
    let people = world.person(device.primary_user()).into_iter().map(Person::of);
    let users: Vec<Value> = people.map(|person| shown(&person)).collect();
    let context = format!("{}/$metadata#users", call.root());
    select::answer(call, &USER, json!({"@odata.context": context, "value": users}))
}

fn one(call: &Call) -> Answer {
    if let Err(refusal) = check_activity(call) {
        return *refusal;
    }
    let key = call.keys.first().map_or("", String::as_str);
    let world = read(&call.tenant.world);
    let found = read(&call.tenant.objects).person(&world, key);
    let Some(person) = found else {
        return entra::missing(call, key);
    };
    let mut body = shown(&person);
    body["@odata.context"] = json!(format!("{}/$metadata#users/$entity", call.root()));
    select::answer(call, &USER, body)
}

/// When people signed in is for applications that may read the audit log, whatever else they may.
pub(super) fn check_activity(call: &Call) -> Result<(), Box<Answer>> {
    let select = call.query.get("$select").unwrap_or_default();
    let is_chosen = select
        .split(',')
        .any(|name| name.trim().eq_ignore_ascii_case("signInActivity"));
    if !is_chosen || entra::has_any(call, permissions::AUDIT_LOG_READ) {
        return Ok(());
    }
    let message = "Calling principal does not have required MSGraph permissions AuditLog.Read.All";
    let code = "Authentication_MSGraphPermissionMissing";
    Err(Box::new(call.place.graph(StatusCode::FORBIDDEN, code, message)))
}

/// Graph shows the first eleven unless told otherwise.
pub(super) const USER: ResourceType = ResourceType {
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
        "ageGroup",
        "city",
        "companyName",
        "country",
        "createdDateTime",
        "department",
        "employeeId",
        "employeeType",
        "mailNickname",
        "onPremisesImmutableId",
        "onPremisesSyncEnabled",
        "signInActivity",
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
    let mut user = shown(&Person::of(user));
    if let Value::Object(members) = &mut user {
        members.retain(|name, _| USER.defaults.contains(&name.as_str()));
    }
    user
}

pub(super) fn shown(person: &Person) -> Value {
    json!({
        "businessPhones": [],
        "displayName": person.display_name,
        "givenName": person.given,
        "jobTitle": null,
        "mail": person.mail,
        "mobilePhone": null,
        "officeLocation": null,
        "preferredLanguage": null,
        "surname": person.display_name.strip_prefix(&*person.given).map(str::trim),
        "userPrincipalName": person.principal_name,
        "id": person.id.to_string(),
        "accountEnabled": person.is_enabled,
        "ageGroup": null,
        "city": null,
        "companyName": null,
        "country": null,
        "createdDateTime": "2024-01-08T07:30:00Z",
        "department": DEPARTMENTS[usize::from(person.id.as_bytes()[0]) % DEPARTMENTS.len()],
        "employeeId": null,
        "employeeType": null,
        "mailNickname": person.principal_name.split('@').next(),
        "onPremisesImmutableId": null,
        "onPremisesSyncEnabled": null,
        "signInActivity": null,
        "state": null,
        "usageLocation": "DE",
        "userType": if person.is_guest { "Guest" } else { "Member" },
    })
}
