//! Instances: installed, changed, removed, and their state. What the settings mean is for `config` and the engine.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::json;

use super::Sics;
use super::audit_recording::PerformedAct;
use super::auth::Caller;
use super::engine::ShownSecrets;
use super::extract::{JsonBody, PathParams, QueryParams};
use super::problem::ApiProblem;
use crate::contract::{
    BrakeView, ConfirmCompleteBody, ConfirmGoneBody, ConfirmQuery, DraftSettings, GoneView, InstanceCreation,
    InstanceView, InstancesView, ReleasedView, SnapshotView,
};
use crate::inventory::deletion_brake;
use crate::inventory::fleet_confirmation;
use crate::model::{EffectConfirmation, InstanceName, ResourceRef};

pub(crate) async fn list_instances(
    State(sics): State<Sics>,
    caller: Caller,
) -> Result<Json<InstancesView>, ApiProblem> {
    let mut instances = sics.engine().instance_statuses().await?;
    instances.retain(|status| caller.reaches_instance(&status.name));
    Ok(Json(InstancesView { instances }))
}

pub(crate) async fn show_instance(
    State(sics): State<Sics>,
    caller: Caller,
    PathParams(name): PathParams<InstanceName>,
) -> Result<Json<InstanceView>, ApiProblem> {
    Ok(Json(instance_view(&sics, &caller, name).await?))
}

async fn instance_view(sics: &Sics, caller: &Caller, name: InstanceName) -> Result<InstanceView, ApiProblem> {
    let all = sics.engine().instance_statuses().await?;
    let status = all.into_iter().find(|status| status.name == name);
    let status = status.ok_or_else(|| ApiProblem::not_found("instance", &name))?;
    let secrets = if caller
        .operator
        .has_right("Instances_Manage", ResourceRef::for_instance(&name))
    {
        ShownSecrets::Shortened
    } else {
        ShownSecrets::Set
    };
    let settings = sics.engine().instance_settings(name.clone(), secrets).await?;
    let members = match sics.engine().lifecycle_control() {
        Some(power) => power.list_members(name).await?,
        None => Vec::new(),
    };
    Ok(InstanceView {
        status,
        settings,
        members,
    })
}

pub(crate) async fn add_instance(
    State(sics): State<Sics>,
    caller: Caller,
    QueryParams(creation): QueryParams<InstanceCreation>,
    JsonBody(draft): JsonBody<DraftSettings>,
) -> Result<(StatusCode, Json<InstanceView>), ApiProblem> {
    let detail = json!({"keys": setting_keys(&draft)});
    let by = caller.relaxation_requester()?;
    let act = move |sics: Sics| async move {
        let name = match (
            creation == InstanceCreation::default(),
            sics.engine().lifecycle_control(),
        ) {
            (true, _) | (_, None) => sics.engine().add_instance(draft, by).await?,
            (false, Some(power)) => power.add_instance(draft, by, creation).await?,
        };
        Ok(PerformedAct {
            subject: name.to_string(),
            answer: name,
            detail,
        })
    };
    let name = sics.perform_act(&caller, "instance.added", "instance", act).await?;
    Ok((StatusCode::CREATED, Json(instance_view(&sics, &caller, name).await?)))
}

pub(crate) async fn change_instance(
    State(sics): State<Sics>,
    caller: Caller,
    PathParams(name): PathParams<InstanceName>,
    QueryParams(confirm): QueryParams<ConfirmQuery>,
    JsonBody(draft): JsonBody<DraftSettings>,
) -> Result<Json<InstanceView>, ApiProblem> {
    let detail = json!({"keys": setting_keys(&draft), "confirmed": confirm.confirm.as_ref().map(EffectConfirmation::device_count)});
    let (by, changed) = (caller.relaxation_requester()?, name.clone());
    let act = move |sics: Sics| async move {
        sics.engine()
            .change_instance(changed.clone(), draft, confirm.confirm, by)
            .await?;
        Ok(PerformedAct {
            answer: (),
            subject: changed.to_string(),
            detail,
        })
    };
    sics.perform_act(&caller, "instance.changed", &name, act).await?;
    Ok(Json(instance_view(&sics, &caller, name).await?))
}

/// Which settings were given; their values may be secrets.
fn setting_keys(draft: &DraftSettings) -> Vec<&str> {
    draft.0.keys().map(String::as_str).collect()
}

pub(crate) async fn remove(
    State(sics): State<Sics>,
    caller: Caller,
    PathParams(name): PathParams<InstanceName>,
    QueryParams(confirm): QueryParams<ConfirmQuery>,
) -> Result<Json<GoneView>, ApiProblem> {
    let subject = name.to_string();
    let act = move |sics: Sics| async move {
        let gone = sics.engine().remove_instance(name.clone(), confirm.confirm).await?;
        Ok(PerformedAct {
            answer: Json(GoneView { gone }),
            subject: name.to_string(),
            detail: json!({"devices": gone}),
        })
    };
    sics.perform_act(&caller, "instance.removed", subject, act).await
}

pub(crate) async fn show_brake(
    State(sics): State<Sics>,
    caller: Caller,
    PathParams(name): PathParams<InstanceName>,
) -> Result<Json<BrakeView>, ApiProblem> {
    let row = sics.find_instance(&caller, &name).await?;
    Ok(Json(
        deletion_brake::list_withheld_deletions(sics.store(), row.id).await?,
    ))
}

pub(crate) async fn confirm_gone(
    State(sics): State<Sics>,
    caller: Caller,
    PathParams(name): PathParams<InstanceName>,
    JsonBody(body): JsonBody<ConfirmGoneBody>,
) -> Result<Json<ReleasedView>, ApiProblem> {
    let (subject, digest, count) = (name.to_string(), body.digest, body.count);
    let act = move |sics: Sics| async move {
        let released = sics.engine().confirm_gone(name.clone(), digest.clone(), count).await?;
        Ok(PerformedAct {
            answer: Json(released),
            subject: name.to_string(),
            detail: json!({"digest": digest, "count": count}),
        })
    };
    sics.perform_act(&caller, "brake.released", subject, act).await
}

/// Why snapshots of this instance are open, and what can be confirmed (F4).
pub(crate) async fn show_snapshot(
    State(sics): State<Sics>,
    caller: Caller,
    PathParams(name): PathParams<InstanceName>,
) -> Result<Json<SnapshotView>, ApiProblem> {
    let row = sics.find_instance(&caller, &name).await?;
    Ok(Json(fleet_confirmation::view_snapshot(sics.store(), row.id).await?))
}

pub(crate) async fn confirm_complete(
    State(sics): State<Sics>,
    caller: Caller,
    PathParams(name): PathParams<InstanceName>,
    JsonBody(body): JsonBody<ConfirmCompleteBody>,
) -> Result<Json<SnapshotView>, ApiProblem> {
    let row = sics.find_instance(&caller, &name).await?;
    let shown = fleet_confirmation::view_snapshot(sics.store(), row.id).await?;
    let because: Vec<&str> = shown.fleet.open_because.iter().map(|why| why.code.name()).collect();
    let detail = json!({"digest": body.digest, "count": body.count, "openBecause": because});
    let entry = caller.entry("snapshot.confirmed", &name, detail);
    let store = sics.store().recorded(move |(): &()| Some(entry.clone()));
    fleet_confirmation::confirm_fleet(&store, row.id, &body.digest, body.count).await?;
    Ok(Json(fleet_confirmation::view_snapshot(sics.store(), row.id).await?))
}
