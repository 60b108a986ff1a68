//! `GET /beta/deviceManagement/operationApprovalRequests`: what became of a request for approval. There is no way here
//! to approve one: an app cannot.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

use super::device::plain_guid;
use super::select::{self, ResourceType, SELECT};
use super::{Answer, BETA, Call, Class, Endpoint};
use crate::remote::Approval;

pub(super) const ALL: Endpoint = Endpoint {
    method: Method::GET,
    path: "/deviceManagement/operationApprovalRequests",
    versions: BETA,
    scopes: &[
        "DeviceManagementRBAC.Read.All",
        "DeviceManagementConfiguration.Read.All",
        "DeviceManagementRBAC.ReadWrite.All",
        "DeviceManagementConfiguration.ReadWrite.All",
    ],
    class: Class::DeviceRead,
    options: &["$filter", "$select"],
    handle: all,
};

pub(super) const ONE: Endpoint = Endpoint {
    path: "/deviceManagement/operationApprovalRequests/{id}",
    options: SELECT,
    handle: one,
    ..ALL
};

const APPROVAL: ResourceType = ResourceType {
    name: "microsoft.graph.operationApprovalRequest",
    fields: &[
        "id",
        "requestId",
        "requestDateTime",
        "expirationDateTime",
        "lastModifiedDateTime",
        "requestor",
        "status",
        "requestJustification",
        "approvalJustification",
    ],
    defaults: &[],
};

fn all(call: &Call) -> Answer {
    let wanted = match call.query.get("$filter").map(wanted).transpose() {
        Ok(wanted) => wanted,
        Err(problem) => return call.place.intune(StatusCode::BAD_REQUEST, "BadRequest", &problem),
    };
    let asked = call.tenant.approvals.all(call.place.at);
    let fitting = asked
        .iter()
        .filter(|asked| wanted.is_none_or(|code| code == asked.code));
    let value: Vec<Value> = fitting.map(shown).collect();
    let context = format!("{}/$metadata#deviceManagement/operationApprovalRequests", call.root());
    select::answer(call, &APPROVAL, json!({"@odata.context": context, "value": value}))
}

fn one(call: &Call) -> Answer {
    let code = call.keys.first().and_then(|key| plain_guid(key));
    let asked = call.tenant.approvals.all(call.place.at);
    let found = asked.iter().find(|asked| Some(asked.code) == code);
    let Some(found) = found else {
        return call.place.not_found();
    };
    let mut body = shown(found);
    let context = format!(
        "{}/$metadata#deviceManagement/operationApprovalRequests/$entity",
        call.root()
    );
    body["@odata.context"] = json!(context);
    select::answer(call, &APPROVAL, body)
}

/// Only `requestId eq '…'` is documented.
fn wanted(filter: &str) -> Result<Uuid, String> {
    let code = filter
        .strip_prefix("requestId eq '")
        .and_then(|rest| rest.strip_suffix('\''));
    code.and_then(plain_guid)
        .ok_or_else(|| format!("Invalid filter clause: {filter}"))
}

fn shown(asked: &Approval) -> Value {
    json!({
        "id": asked.code.to_string(),
        "requestId": asked.code.to_string(),
        "requestDateTime": asked.requested_at,
        "expirationDateTime": asked.lapses_at,
        "lastModifiedDateTime": asked.changed_at,
        "requestor": {"application": {"id": asked.client_id}},
        "status": asked.standing,
        "requestJustification": asked.justification,
        "approvalJustification": asked.approver_justification,
    })
}
