//! `GET /organization`: the tenant itself, as a collection of one.

use axum::http::Method;
use serde_json::{Value, json};

use super::select::{self, ResourceType, SELECT};
use super::{Answer, BOTH, Call, Class, Endpoint, entra, permissions};

pub(super) const ALL: Endpoint = Endpoint {
    method: Method::GET,
    path: "/organization",
    versions: BOTH,
    scopes: permissions::ORGANIZATION_READ,
    class: Class::DirectoryRead,
    options: SELECT,
    handle: all,
};

pub(super) const ONE: Endpoint = Endpoint {
    path: "/organization/{id}",
    handle: one,
    ..ALL
};

const ORGANIZATION: ResourceType = ResourceType {
    name: "microsoft.graph.organization",
    fields: &[
        "id",
        "deletedDateTime",
        "businessPhones",
        "city",
        "country",
        "countryLetterCode",
        "createdDateTime",
        "displayName",
        "mobileDeviceManagementAuthority",
        "onPremisesLastSyncDateTime",
        "onPremisesSyncEnabled",
        "postalCode",
        "preferredLanguage",
        "state",
        "street",
        "technicalNotificationMails",
        "tenantType",
        "assignedPlans",
        "provisionedPlans",
        "verifiedDomains",
    ],
    defaults: &[],
};

fn shown(call: &Call) -> Value {
    let tenant = call.sim.directory().tenant(&call.tenant.id);
    let domains = tenant.map(|tenant| tenant.domains.clone()).unwrap_or_default();
    let domains: Vec<Value> = domains
        .iter()
        .map(String::as_str)
        .chain(["contoso.example"])
        .enumerate()
        .map(|(place, name)| {
            json!({
                "capabilities": "Email, OfficeCommunicationsOnline", "isDefault": place == 0,
                "isInitial": place == 0, "name": name, "type": "Managed",
            })
        })
        .collect();
    json!({
        "id": call.tenant.id,
        "deletedDateTime": null,
        "businessPhones": [],
        "city": "München",
        "country": null,
        "countryLetterCode": "DE",
        "createdDateTime": "2019-03-04T08:15:00Z",
        "displayName": "Contoso GmbH & Co. KG",
        "mobileDeviceManagementAuthority": "intune",
        "onPremisesLastSyncDateTime": null,
        "onPremisesSyncEnabled": null,
        "postalCode": "80331",
        "preferredLanguage": "de",
        "state": null,
        "street": null,
        "technicalNotificationMails": ["it@contoso.example"],
        "tenantType": "AAD",
        "assignedPlans": [],
        "provisionedPlans": [],
        "verifiedDomains": domains,
    })
}

fn all(call: &Call) -> Answer {
    let context = format!("{}/$metadata#organization", call.root());
    let body = json!({"@odata.context": context, "value": [shown(call)]});
    select::answer(call, &ORGANIZATION, body)
}

fn one(call: &Call) -> Answer {
    let key = call.keys.first().map_or("", String::as_str);
    if !key.eq_ignore_ascii_case(&call.tenant.id) {
        return entra::missing(call, key);
    }
    select::answer(call, &ORGANIZATION, entra::entity(call, "organization", shown(call)))
}
