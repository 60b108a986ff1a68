//! Scans: what they found, and starting one now.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::json;

use super::Sics;
use super::auth::Caller;
use super::extract::{JsonBody, QueryParams};
use super::problem::ApiProblem;
use crate::contract::{InstanceState, InstanceStatus, ScanBody, ScanStarted, ScanView, ScansQuery, ScansView};

pub(crate) async fn list_scans(
    State(sics): State<Sics>,
    caller: Caller,
    QueryParams(asked): QueryParams<ScansQuery>,
) -> Result<Json<ScansView>, ApiProblem> {
    let most = sics.limits().scans_max;
    let limit = asked.limit.unwrap_or(20);
    if limit == 0 || limit > most {
        let detail = format!("limit={limit} is out of bounds");
        return Err(ApiProblem::bad_request(
            "wrongLimit",
            detail,
            format!("limit must be 1 to {most}."),
        ));
    }
    let instances = match &asked.instance {
        Some(name) => vec![sics.find_instance(&caller, name).await?],
        None => sics.reachable_instances(&caller).await?,
    };
    let mut scans = Vec::new();
    for instance in instances {
        let found = sics.store().list_scans(instance.id, limit).await?;
        scans.extend(found.into_iter().map(|scan| ScanView {
            instance: instance.name.to_string(),
            profile: instance.profile.clone(),
            scan,
        }));
    }
    Ok(Json(ScansView { scans }))
}

pub(crate) async fn start_scan(
    State(sics): State<Sics>,
    caller: Caller,
    JsonBody(body): JsonBody<ScanBody>,
) -> Result<(StatusCode, Json<ScanStarted>), ApiProblem> {
    let row = sics.find_instance(&caller, &body.instance).await?;
    let statuses = sics.engine().instance_statuses().await?;
    let runs = |status: &InstanceStatus| status.name == row.name && status.state == InstanceState::Scanning;
    let is_new = !statuses.iter().any(runs);
    let starting = sics.clone();
    let started = sics.run_to_end(async move {
        if is_new {
            let detail = json!({"kind": body.kind});
            starting
                .audit_before(&caller, "scan.started", &row.name, detail)
                .await?;
        }
        Ok(starting.engine().start_scan(row.name, body.kind).await?)
    });
    Ok((StatusCode::ACCEPTED, Json(started.await?)))
}
