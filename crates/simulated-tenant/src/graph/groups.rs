//! `GET /groups`: what reads see of groups, which is what was so before the replication lag.

use axum::http::Method;
use serde_json::{Value, json};

use super::condition::{Filterable, How};
use super::select::{self, ResourceType, SELECT};
use super::{Answer, BOTH, Call, Class, Endpoint, entra, permissions};
use crate::objects::{Group, GroupKind};
use crate::state::read;

pub(super) const ALL: Endpoint = Endpoint {
    method: Method::GET,
    path: "/groups",
    versions: BOTH,
    scopes: permissions::GROUP_READ,
    class: Class::DirectoryRead,
    options: &["$select", "$top", "$skiptoken", "$count", "$filter"],
    handle: all,
};

pub(super) const ONE: Endpoint = Endpoint {
    path: "/groups/{id}",
    options: SELECT,
    handle: one,
    ..ALL
};

const TEXT: &[How] = &[How::Eq, How::In, How::StartsWith];

const FILTERS: &[Filterable] = &[
    Filterable {
        name: "displayName",
        plain: TEXT,
        advanced: &[How::Ne, How::EndsWith],
    },
    Filterable {
        name: "mailNickname",
        plain: TEXT,
        advanced: &[How::Ne, How::EndsWith],
    },
    Filterable {
        name: "mail",
        plain: TEXT,
        advanced: &[How::Ne, How::EndsWith],
    },
    Filterable {
        name: "id",
        plain: &[How::Eq, How::In],
        advanced: &[How::Ne],
    },
    Filterable {
        name: "securityEnabled",
        plain: &[How::Eq],
        advanced: &[How::Ne],
    },
    Filterable {
        name: "mailEnabled",
        plain: &[How::Eq],
        advanced: &[How::Ne],
    },
    Filterable {
        name: "description",
        plain: &[],
        advanced: &[How::Eq, How::Ne, How::In, How::StartsWith],
    },
    Filterable {
        name: "isAssignableToRole",
        plain: &[How::Eq],
        advanced: &[How::Ne],
    },
];

pub(super) const GROUP: ResourceType = ResourceType {
    name: "microsoft.graph.group",
    fields: &[
        "id",
        "deletedDateTime",
        "classification",
        "createdDateTime",
        "creationOptions",
        "description",
        "displayName",
        "expirationDateTime",
        "groupTypes",
        "isAssignableToRole",
        "mail",
        "mailEnabled",
        "mailNickname",
        "membershipRule",
        "membershipRuleProcessingState",
        "onPremisesDomainName",
        "onPremisesLastSyncDateTime",
        "onPremisesNetBiosName",
        "onPremisesSamAccountName",
        "onPremisesSecurityIdentifier",
        "onPremisesSyncEnabled",
        "preferredDataLocation",
        "preferredLanguage",
        "proxyAddresses",
        "renewedDateTime",
        "resourceBehaviorOptions",
        "resourceProvisioningOptions",
        "securityEnabled",
        "securityIdentifier",
        "theme",
        "uniqueName",
        "visibility",
        "onPremisesProvisioningErrors",
        "serviceProvisioningErrors",
    ],
    defaults: &[],
};

fn all(call: &Call) -> Answer {
    let filter = match entra::filter(call, FILTERS) {
        Ok(filter) => filter,
        Err(refusal) => return *refusal,
    };
    let objects = read(&call.tenant.objects);
    let seen = objects.groups_seen(entra::groups_at(call)).map(shown);
    let rows = seen.filter(|row| {
        let value_of = |name: &str| row[name].clone();
        filter.as_ref().is_none_or(|filter| filter.fits(&value_of))
    });
    let rows: Vec<Value> = rows.collect();
    entra::page(call, &GROUP, ("/groups", "groups"), &rows)
}

fn one(call: &Call) -> Answer {
    let id = match entra::key(call, 0) {
        Ok(id) => id,
        Err(refusal) => return *refusal,
    };
    let objects = read(&call.tenant.objects);
    let Some(group) = objects.group_seen(id, entra::groups_at(call)) else {
        return entra::missing(call, &id.to_string());
    };
    select::answer(call, &GROUP, entra::entity(call, "groups", shown(group)))
}

pub(super) fn shown(group: &Group) -> Value {
    let kinds: &[&str] = match group.kind {
        GroupKind::Dynamic => &["DynamicMembership"],
        GroupKind::Unified => &["Unified"],
        _ => &[],
    };
    let is_dynamic = group.kind == GroupKind::Dynamic;
    let is_synced = group.kind == GroupKind::OnPremises;
    let mail = group
        .is_mail_enabled()
        .then(|| format!("{}@contoso.example", group.mail_nickname));
    let of_domain = |text: &str| if is_synced { json!(text) } else { Value::Null };
    json!({
        "id": group.id.to_string(),
        "deletedDateTime": null,
        "classification": null,
        "createdDateTime": group.created.text(),
        "creationOptions": [],
        "description": group.description,
        "displayName": group.display_name,
        "expirationDateTime": null,
        "groupTypes": kinds,
        "isAssignableToRole": if group.kind == GroupKind::RoleAssignable { json!(true) } else { Value::Null },
        "mail": mail,
        "mailEnabled": group.is_mail_enabled(),
        "mailNickname": group.mail_nickname,
        "membershipRule": if is_dynamic { json!("(device.deviceOSType -eq \"Windows\")") } else { Value::Null },
        "membershipRuleProcessingState": if is_dynamic { json!("On") } else { Value::Null },
        "onPremisesDomainName": of_domain("contoso.local"),
        "onPremisesLastSyncDateTime": of_domain("2026-11-01T04:00:00Z"),
        "onPremisesNetBiosName": of_domain("CONTOSO"),
        "onPremisesSamAccountName": of_domain(&group.mail_nickname),
        "onPremisesSecurityIdentifier": null,
        "onPremisesSyncEnabled": if is_synced { json!(true) } else { Value::Null },
        "preferredDataLocation": null,
        "preferredLanguage": null,
        "proxyAddresses": mail.iter().map(|mail| format!("SMTP:{mail}")).collect::<Vec<_>>(),
        "renewedDateTime": group.created.text(),
        "resourceBehaviorOptions": [],
        "resourceProvisioningOptions": [],
        "securityEnabled": group.kind != GroupKind::Unified,
        "securityIdentifier": security_identifier(group),
        "theme": null,
        "uniqueName": null,
        "visibility": null,
        "onPremisesProvisioningErrors": [],
        "serviceProvisioningErrors": [],
    })
}

/// Follows from the object id, as Entra makes it: its bytes as four numbers.
fn security_identifier(group: &Group) -> String {
    let bytes = group.id.to_bytes_le();
    let numbers: Vec<String> = bytes
        .chunks_exact(4)
        .map(|four| u32::from_le_bytes([four[0], four[1], four[2], four[3]]).to_string())
        .collect();
    format!("S-1-12-1-{}", numbers.join("-"))
}
