//! Changes that a management server could not process (B-15): it reports them and goes on; people see them, and have a
//! device sent again.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::Sics;
use super::auth::Caller;
use super::authorization::PathServer;
use super::changes::require_accepted;
use super::extract::JsonBody;
use super::problem::ApiProblem;
use super::server_visibility::{self, ServerVisibility};
use super::servers::find_owner;
use super::view::instance_names;
use crate::contract::{
    RejectBody, RejectView, RejectsBody, RejectsReceipt, RejectsView, ResendBody, ResentPlace, ResentView,
    UnprocessedNotice,
};
use crate::inventory::audience::is_in_audience;
use crate::model::{InstanceId, InstanceName, Seq};
use crate::store::{AddedRejects, ChangeRejectRow, InstanceRow, NewChangeReject, ResentPlaces, ServerRow};

/// Changes of one report.
const REPORT_MAX: usize = 100;
/// Changes that are kept of one server.
const KEPT_MAX: usize = 1_000;
/// Longest reason, characters.
const REASON_MAX: usize = 500;
/// Changes that an entry of the audit trail names.
const NAMED: usize = 10;

/// What the server receives, as far as the caller's scope goes.
async fn received_instances(sics: &Sics, caller: &Caller, row: &ServerRow) -> Result<Vec<InstanceRow>, ApiProblem> {
    let Some(owner) = find_owner(sics, row).await? else {
        return Ok(Vec::new());
    };
    let mut instances = sics.store().list_instances().await?;
    instances.retain(|instance| is_in_audience(row, &owner, instance) && caller.reaches_instance(&instance.name));
    Ok(instances)
}

pub(crate) async fn reject_changes(
    State(sics): State<Sics>,
    caller: Caller,
    PathServer(row): PathServer,
    JsonBody(body): JsonBody<RejectsBody>,
) -> Result<Json<RejectsReceipt>, ApiProblem> {
    require_accepted(&row)?;
    let received = received_instances(&sics, &caller, &row).await?;
    let newest = sics.store().newest_seq().await?;
    let rejects = read_report(body, &received, newest)?;
    let names = instance_names(&received);
    let audit_detail = move |added: &AddedRejects| describe_report(added, &names);
    let store = sics.recording(&caller, "change.rejected", &row.id, audit_detail);
    let count = rejects.len();
    let added = store.add_change_rejects(row.id.clone(), rejects, KEPT_MAX).await?;
    if !added.new.is_empty() {
        tracing::warn!(server = %row.id, changes = added.new.len(), "a management server could not process changes");
    }
    Ok(Json(RejectsReceipt {
        kept: (count - added.unknown.len() - added.left_out) as u64,
        unknown: added.unknown,
        left_out: added.left_out as u64,
    }))
}

/// Fails with the first thing that is wrong; an instance that the caller knows nothing of is one that does not exist.
fn read_report(body: RejectsBody, received: &[InstanceRow], newest: Seq) -> Result<Vec<NewChangeReject>, ApiProblem> {
    let wrong = |what: String, advice: &str| ApiProblem::bad_request("wrongBody", what, advice);
    let count = body.rejects.len();
    if count == 0 || count > REPORT_MAX {
        let what = format!("rejects has {count} entries");
        return Err(wrong(what, "Report 1 to 100 changes at once."));
    }
    let read_one = |reject: RejectBody| {
        let length = reject.reason.chars().count();
        if reject.reason.trim().is_empty() || length > REASON_MAX {
            let what = format!("reason has {length} characters");
            return Err(wrong(what, "Give a reason of 1 to 500 characters."));
        }
        if reject.seq.0 < 1 || reject.seq > newest {
            let what = format!("seq must be a position in the feed, from 1 to {}", newest.0);
            return Err(wrong(what, "Give the seq of the change."));
        }
        let instance = received.iter().find(|instance| instance.name == reject.instance);
        let instance = instance.ok_or_else(|| ApiProblem::not_found("instance", &reject.instance))?;
        Ok(NewChangeReject {
            instance: instance.id,
            device: reject.device_id,
            seq: reject.seq,
            reason: reject.reason,
        })
    };
    body.rejects.into_iter().map(read_one).collect()
}

/// `None`: nothing of it is new.
fn describe_report(added: &AddedRejects, names: &BTreeMap<InstanceId, InstanceName>) -> Option<Value> {
    if added.new.is_empty() {
        return None;
    }
    let named = added.new.iter().take(NAMED).map(|reject| {
        json!({
            "instance": names.get(&reject.instance), "deviceId": reject.device, "seq": reject.seq,
            "reason": reject.reason,
        })
    });
    let named: Vec<Value> = named.collect();
    Some(json!({"changes": added.new.len(), "leftOut": added.left_out, "first": named}))
}

pub(crate) async fn list_rejects(
    State(sics): State<Sics>,
    caller: Caller,
    PathServer(row): PathServer,
) -> Result<Json<RejectsView>, ApiProblem> {
    let names = instance_names(&received_instances(&sics, &caller, &row).await?);
    let rows = sics.store().list_change_rejects(Some(row.id)).await?;
    let view = |row: ChangeRejectRow| {
        Some(RejectView {
            instance: names.get(&row.instance)?.clone(),
            device_id: row.device,
            seq: row.seq,
            reason: row.reason,
            at: row.at,
            follows: row.follows,
        })
    };
    Ok(Json(RejectsView {
        rejects: rows.into_iter().filter_map(view).collect(),
    }))
}

pub(crate) async fn resend_device(
    State(sics): State<Sics>,
    caller: Caller,
    PathServer(row): PathServer,
    JsonBody(body): JsonBody<ResendBody>,
) -> Result<Json<ResentView>, ApiProblem> {
    let mut received = received_instances(&sics, &caller, &row).await?;
    if let Some(wanted) = &body.instance {
        received.retain(|instance| instance.name == *wanted);
        if received.is_empty() {
            return Err(ApiProblem::not_found("instance", wanted));
        }
    }
    let names = instance_names(&received);
    let (known, device) = (names.clone(), body.device_id);
    let audit_detail = move |places: &ResentPlaces| {
        let instances: Vec<&InstanceName> = places.iter().filter_map(|(id, _)| known.get(id)).collect();
        (!instances.is_empty()).then(|| json!({"deviceId": device, "instances": instances}))
    };
    let store = sics.recording(&caller, "server.resent", &row.id, audit_detail);
    let places = store.resend_device(names.keys().copied().collect(), device).await?;
    if places.is_empty() {
        return Err(ApiProblem::not_found("device", device));
    }
    let place = |(id, seq): (InstanceId, Seq)| {
        let instance = names.get(&id)?.clone();
        Some(ResentPlace { instance, seq })
    };
    Ok(Json(ResentView {
        resent: places.into_iter().filter_map(place).collect(),
    }))
}

/// For everybody who may see the server: which ones could not process changes.
pub(super) async fn unprocessed_notices(sics: &Sics, caller: &Caller) -> Result<Vec<UnprocessedNotice>, ApiProblem> {
    let rows = sics.store().list_change_rejects(None).await?;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let (servers, operators, instances) = (
        sics.store().list_servers().await?,
        sics.store().list_operators().await?,
        sics.store().list_instances().await?,
    );
    let reached: Vec<InstanceId> = instances
        .iter()
        .filter(|instance| caller.reaches_instance(&instance.name))
        .map(|instance| instance.id)
        .collect();
    let notice = |server: &ServerRow| {
        let visibility = server_visibility::visibility_among(caller, server, &operators, &instances);
        let own: Vec<DateTime<Utc>> = rows
            .iter()
            .filter(|row| row.server == server.id && reached.contains(&row.instance))
            .map(|row| row.at)
            .collect();
        let latest_at = own.iter().max().copied()?;
        (visibility != ServerVisibility::Nothing).then(|| UnprocessedNotice {
            server: server.id.to_string(),
            changes: own.len() as u64,
            latest_at,
        })
    };
    Ok(servers.iter().filter_map(notice).collect())
}
