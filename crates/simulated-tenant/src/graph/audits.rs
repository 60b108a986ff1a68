//! `GET /beta/deviceManagement/remoteActionAudits`: what was asked of devices, also of those that are gone. It has
//! names of its own for actions, and none for a sync.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

use super::audit_filter::AuditFilter;
use super::device::plain_guid;
use super::select::{self, ResourceType, SELECT};
use super::{Answer, BETA, Call, Class, Endpoint};
use crate::remote::{Task, Trace};
use crate::state::{read, write};
use crate::world::{Dice, Ticks};

pub(super) const ALL: Endpoint = Endpoint {
    method: Method::GET,
    path: "/deviceManagement/remoteActionAudits",
    versions: BETA,
    scopes: &[
        "DeviceManagementManagedDevices.Read.All",
        "DeviceManagementConfiguration.Read.All",
        "DeviceManagementManagedDevices.ReadWrite.All",
        "DeviceManagementConfiguration.ReadWrite.All",
    ],
    class: Class::DeviceRead,
    options: &["$filter", "$select", "$top", "$skiptoken"],
    handle: all,
};

pub(super) const ONE: Endpoint = Endpoint {
    path: "/deviceManagement/remoteActionAudits/{id}",
    options: SELECT,
    handle: one,
    ..ALL
};

const AUDIT: ResourceType = ResourceType {
    name: "microsoft.graph.remoteActionAudit",
    fields: &[
        "id",
        "deviceDisplayName",
        "userName",
        "initiatedByUserPrincipalName",
        "action",
        "requestDateTime",
        "deviceOwnerUserPrincipalName",
        "deviceIMEI",
        "actionState",
        "managedDeviceId",
        "deviceActionCategory",
        "bulkDeviceActionId",
    ],
    defaults: &[],
};

/// An audit, before it is written.
pub(super) struct Audit<'a> {
    pub task: &'a Task,
    pub action: &'static str,
}

impl Audit<'_> {
    fn of(task: &Task) -> Option<Audit<'_>> {
        let is_shown = task.hidden.is_none() && task.conduct.leaves(Trace::Audits);
        let action = (task.verb.audit)(&task.parameters)?;
        is_shown.then_some(Audit { task, action })
    }

    fn id(&self) -> Uuid {
        Dice::apart(self.task.number, 0xA0D1).uuid()
    }

    fn shown(&self) -> Value {
        let task = self.task;
        let mut requested = String::new();
        task.started.write_full(&mut requested);
        json!({
            "id": self.id().to_string(),
            "deviceDisplayName": task.device_name,
            "userName": task.by,
            "initiatedByUserPrincipalName": task.by,
            "action": self.action,
            "requestDateTime": requested,
            "deviceOwnerUserPrincipalName": task.owner,
            "deviceIMEI": task.imei,
            "actionState": task.state.name(),
            "managedDeviceId": task.device_id.to_string(),
            "deviceActionCategory": "single",
            "bulkDeviceActionId": null,
        })
    }
}

fn all(call: &Call) -> Answer {
    let refuse = |message: &str| call.place.intune(StatusCode::BAD_REQUEST, "BadRequest", message);
    let filter = match call.query.get("$filter").map(AuditFilter::parse).transpose() {
        Ok(filter) => filter.unwrap_or_default(),
        Err(problem) => return refuse(&problem),
    };
    let number = |name: &str| call.query.get(name).map(str::parse::<usize>).transpose();
    let (Ok(top), Ok(skip)) = (number("$top"), number("$skiptoken")) else {
        return refuse("Invalid value for $top or $skiptoken.");
    };
    let size = call.tuning.page_size.max(1);
    let (top, skip) = (top.unwrap_or(size).clamp(1, size), skip.unwrap_or_default());
    look(call, filter.device());
    let world = read(&call.tenant.world);
    let mut fitting = world
        .docket()
        .all()
        .filter_map(Audit::of)
        .filter(|audit| filter.fits(audit))
        .skip(skip);
    let value: Vec<Value> = fitting.by_ref().take(top).map(|audit| audit.shown()).collect();
    let context = format!("{}/$metadata#deviceManagement/remoteActionAudits", call.root());
    let mut body = json!({"@odata.context": context, "value": value});
    if fitting.next().is_some() {
        let kept = call.query.raw_without("$skiptoken");
        let joint = if kept.is_empty() { "" } else { "&" };
        body["@odata.nextLink"] = json!(format!(
            "{}{}?{kept}{joint}$skiptoken={}",
            call.root(),
            ALL.path,
            skip + top
        ));
    }
    select::answer(call, &AUDIT, body)
}

fn one(call: &Call) -> Answer {
    look(call, None);
    let key = call.keys.first().and_then(|key| plain_guid(key));
    let world = read(&call.tenant.world);
    let found = world
        .docket()
        .all()
        .filter_map(Audit::of)
        .find(|audit| Some(audit.id()) == key);
    let Some(audit) = found else {
        return call.place.not_found();
    };
    let mut body = audit.shown();
    body["@odata.context"] = json!(format!(
        "{}/$metadata#deviceManagement/remoteActionAudits/$entity",
        call.root()
    ));
    select::answer(call, &AUDIT, body)
}

fn look(call: &Call, device: Option<Uuid>) {
    if read(&call.tenant.world).docket().hides_any() {
        write(&call.tenant.world).look(device, Ticks::from_utc(call.place.at));
    }
}
