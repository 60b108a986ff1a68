//! `GET /deviceManagement/deviceCompliancePolicies`: the policies of the tenant, whose states devices tell.

use axum::http::Method;
use serde_json::{Value, json};

use super::paged::paged;
use super::select::{self, PAGED, ResourceType};
use super::{Answer, BOTH, Call, Class, Endpoint, Version, intune, permissions};
use crate::posture::{TenantPolicy, tenant_policies};
use crate::software::ALL_USERS;

const PATH: &str = "/deviceManagement/deviceCompliancePolicies";

pub(super) const ALL: Endpoint = Endpoint {
    method: Method::GET,
    path: PATH,
    versions: BOTH,
    scopes: permissions::CONFIGURATION_READ,
    class: Class::DeviceRead,
    options: &["$select", "$top", "$skiptoken", "$count", "$expand"],
    handle: all,
};

pub(super) const ONE: Endpoint = Endpoint {
    path: "/deviceManagement/deviceCompliancePolicies/{id}",
    options: &["$select", "$expand"],
    handle: one,
    ..ALL
};

pub(super) const ASSIGNMENTS: Endpoint = Endpoint {
    path: "/deviceManagement/deviceCompliancePolicies/{id}/assignments",
    options: PAGED,
    handle: assignments,
    ..ALL
};

const POLICY: ResourceType = ResourceType {
    name: "microsoft.graph.deviceCompliancePolicy",
    fields: &[
        "id",
        "createdDateTime",
        "description",
        "lastModifiedDateTime",
        "displayName",
        "version",
        "roleScopeTagIds",
    ],
    defaults: &[],
};

const ASSIGNMENT: ResourceType = ResourceType {
    name: "microsoft.graph.deviceCompliancePolicyAssignment",
    fields: &["id", "target", "source", "sourceId"],
    defaults: &[],
};

/// Whether the assignments are expanded.
fn expands(call: &Call) -> Result<bool, Box<Answer>> {
    match call.query.get("$expand").map(str::trim) {
        None => Ok(false),
        Some("assignments") => Ok(true),
        Some(other) => {
            let message = format!("Parsing OData Select and Expand failed: '{other}' can not be expanded.");
            Err(Box::new(intune::bad(call, &message)))
        }
    }
}

fn shown(call: &Call, policy: &TenantPolicy, expands: bool) -> Value {
    let mut row = json!({
        "@odata.type": format!("#microsoft.graph.{}", policy.type_name),
        "id": policy.id.to_string(),
        "createdDateTime": "2025-01-14T10:00:00Z",
        "description": null,
        "lastModifiedDateTime": "2026-06-30T08:30:00Z",
        "displayName": policy.name,
        "version": 3,
    });
    if call.asked.version == Version::Beta {
        row["roleScopeTagIds"] = json!(["0"]);
    }
    if expands {
        row["assignments"] = json!([assignment(policy)]);
    }
    row
}

fn assignment(policy: &TenantPolicy) -> Value {
    json!({
        "id": format!("{}_{ALL_USERS}", policy.id),
        "source": "direct",
        "sourceId": policy.id.to_string(),
        "target": {
            "@odata.type": "#microsoft.graph.allLicensedUsersAssignmentTarget",
        },
    })
}

fn all(call: &Call) -> Answer {
    let expands = match expands(call) {
        Ok(expands) => expands,
        Err(refusal) => return *refusal,
    };
    let policies = tenant_policies();
    let rows: Vec<Value> = policies.iter().map(|policy| shown(call, policy, expands)).collect();
    let place = (PATH, "deviceManagement/deviceCompliancePolicies");
    paged(call, &POLICY, place, &rows, call.tuning.page_size)
}

/// The policy of the path.
fn find(call: &Call) -> Result<TenantPolicy, Box<Answer>> {
    let id = intune::key(call, 0)?;
    let found = tenant_policies().into_iter().find(|policy| policy.id == id);
    found.ok_or_else(|| Box::new(call.place.not_found()))
}

fn one(call: &Call) -> Answer {
    let found = expands(call).and_then(|expands| Ok((find(call)?, expands)));
    match found {
        Ok((policy, expands)) => {
            let mut body = shown(call, &policy, expands);
            let context = format!(
                "{}/$metadata#deviceManagement/deviceCompliancePolicies/$entity",
                call.root()
            );
            body["@odata.context"] = json!(context);
            select::answer(call, &POLICY, body)
        }
        Err(refusal) => *refusal,
    }
}

fn assignments(call: &Call) -> Answer {
    let policy = match find(call) {
        Ok(policy) => policy,
        Err(refusal) => return *refusal,
    };
    let path = format!("{PATH}/{}/assignments", policy.id);
    let context = format!("deviceManagement/deviceCompliancePolicies('{}')/assignments", policy.id);
    let rows = [assignment(&policy)];
    paged(call, &ASSIGNMENT, (&path, &context), &rows, call.tuning.page_size)
}
