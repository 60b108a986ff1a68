//! Instances: installed, changed, removed, and how they are. What the settings mean is for `config` and the engine.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use super::Sics;
use super::auth::Caller;
use super::engine::{Draft, InstanceStatus, ShownSecrets};
use super::extract::{Asked, Body, Confirm, Named};
use super::power::{Creation, MemberStand};
use super::problem::Problem;
use crate::inventory::brake;
use crate::inventory::wholeness::{self, SnapshotView};
use crate::model::{At, Confirmation, InstanceName};

#[derive(Debug, Serialize, ToSchema)]
pub struct InstancesView {
    pub instances: Vec<InstanceStatus>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct InstanceView {
    pub status: InstanceStatus,
    /// Keys as in the settings file; of a secret that it is set, and its shortened form for those who may change it.
    #[schema(value_type = Object)]
    pub settings: Map<String, Value>,
    /// What was installed together with it under the same number.
    pub members: Vec<MemberStand>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ConfirmGoneBody {
    /// As `GET …/brake` showed it.
    pub digest: String,
    /// As `GET …/brake` showed it.
    pub count: u64,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ConfirmCompleteBody {
    /// As `GET …/snapshot` showed it.
    pub digest: String,
    /// As `GET …/snapshot` showed it: devices of the list, which servers keep.
    pub count: u64,
}

pub async fn list(State(sics): State<Sics>, caller: Caller) -> Result<Json<InstancesView>, Problem> {
    let mut instances = sics.engine().instance_status().await?;
    instances.retain(|status| caller.reaches_instance(&status.name));
    Ok(Json(InstancesView { instances }))
}

pub async fn show(
    State(sics): State<Sics>,
    caller: Caller,
    Named(name): Named<InstanceName>,
) -> Result<Json<InstanceView>, Problem> {
    Ok(Json(view(&sics, &caller, name).await?))
}

async fn view(sics: &Sics, caller: &Caller, name: InstanceName) -> Result<InstanceView, Problem> {
    let all = sics.engine().instance_status().await?;
    let status = all.into_iter().find(|status| status.name == name);
    let status = status.ok_or_else(|| Problem::unknown("instance", &name))?;
    let secrets = match caller.operator.may("Instances_Manage", At::instance(&name)) {
        true => ShownSecrets::Shortened,
        false => ShownSecrets::Set,
    };
    let settings = sics.engine().instance_settings(name.clone(), secrets).await?;
    let members = match sics.engine().power() {
        Some(power) => power.members(name).await?,
        None => Vec::new(),
    };
    Ok(InstanceView {
        status,
        settings,
        members,
    })
}

pub async fn add(
    State(sics): State<Sics>,
    caller: Caller,
    Asked(creation): Asked<Creation>,
    Body(draft): Body<Draft>,
) -> Result<(StatusCode, Json<InstanceView>), Problem> {
    let detail = json!({"keys": keys(&draft)});
    let intent = sics.intend(&caller, "instance.added", "instance").await?;
    let by = caller.loosening()?;
    let name = match (creation == Creation::default(), sics.engine().power()) {
        (true, _) | (_, None) => sics.engine().add_instance(draft, by).await?,
        (false, Some(power)) => power.add(draft, by, creation).await?,
    };
    intent.done(&name, detail).await;
    Ok((StatusCode::CREATED, Json(view(&sics, &caller, name).await?)))
}

pub async fn change(
    State(sics): State<Sics>,
    caller: Caller,
    Named(name): Named<InstanceName>,
    Asked(confirm): Asked<Confirm>,
    Body(draft): Body<Draft>,
) -> Result<Json<InstanceView>, Problem> {
    let detail = json!({"keys": keys(&draft), "confirmed": confirm.confirm.as_ref().map(Confirmation::count)});
    let intent = sics.intend(&caller, "instance.changed", &name).await?;
    sics.engine()
        .change_instance(name.clone(), draft, confirm.confirm, caller.loosening()?)
        .await?;
    intent.done(&name, detail).await;
    Ok(Json(view(&sics, &caller, name).await?))
}

/// Which settings were given; their values may be secrets.
fn keys(draft: &Draft) -> Vec<&str> {
    draft.0.keys().map(String::as_str).collect()
}

pub async fn remove(
    State(sics): State<Sics>,
    caller: Caller,
    Named(name): Named<InstanceName>,
    Asked(confirm): Asked<Confirm>,
) -> Result<Json<Value>, Problem> {
    let intent = sics.intend(&caller, "instance.removed", &name).await?;
    let gone = sics.engine().remove_instance(name.clone(), confirm.confirm).await?;
    intent.done(&name, json!({"devices": gone})).await;
    Ok(Json(json!({"gone": gone})))
}

pub async fn brake(
    State(sics): State<Sics>,
    caller: Caller,
    Named(name): Named<InstanceName>,
) -> Result<Json<brake::Waiting>, Problem> {
    let row = sics.instance(&caller, &name).await?;
    Ok(Json(brake::waiting(sics.store(), row.id).await?))
}

pub async fn confirm_gone(
    State(sics): State<Sics>,
    caller: Caller,
    Named(name): Named<InstanceName>,
    Body(body): Body<ConfirmGoneBody>,
) -> Result<Json<brake::Released>, Problem> {
    let (digest, count) = (body.digest, body.count);
    let intent = sics.intend(&caller, "brake.released", &name).await?;
    let released = sics.engine().confirm_gone(name.clone(), digest.clone(), count).await?;
    let detail = json!({"digest": digest, "count": count});
    intent.done(&name, detail).await;
    Ok(Json(released))
}

/// Why snapshots of this instance are open, and what can be confirmed (F4).
pub async fn snapshot(
    State(sics): State<Sics>,
    caller: Caller,
    Named(name): Named<InstanceName>,
) -> Result<Json<SnapshotView>, Problem> {
    let row = sics.instance(&caller, &name).await?;
    Ok(Json(wholeness::look(sics.store(), row.id).await?))
}

pub async fn confirm_complete(
    State(sics): State<Sics>,
    caller: Caller,
    Named(name): Named<InstanceName>,
    Body(body): Body<ConfirmCompleteBody>,
) -> Result<Json<SnapshotView>, Problem> {
    let row = sics.instance(&caller, &name).await?;
    let shown = wholeness::look(sics.store(), row.id).await?;
    let because: Vec<String> = shown.fleet.open_because.into_iter().map(|why| why.code).collect();
    let detail = json!({"digest": body.digest, "count": body.count, "openBecause": because});
    let entry = caller.entry("snapshot.confirmed", &name, detail);
    let store = sics.store().recorded(move |(): &()| Some(entry.clone()));
    wholeness::confirm(&store, row.id, &body.digest, body.count).await?;
    Ok(Json(wholeness::look(sics.store(), row.id).await?))
}
