//! Scans: what they found, and one more now.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::Sics;
use super::auth::Caller;
use super::engine::{InstanceState, InstanceStatus, ScanStarted};
use super::extract::{Asked, Body};
use super::problem::Problem;
use crate::model::{InstanceName, ScanKind, ScanSummary};

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScansQuery {
    pub instance: Option<InstanceName>,
    pub limit: Option<u32>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ScansView {
    /// Newest first within each instance.
    pub scans: Vec<ScanView>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ScanView {
    pub instance: String,
    #[schema(value_type = Object)]
    pub scan: ScanSummary,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ScanBody {
    #[schema(value_type = String)]
    pub instance: InstanceName,
    /// `full` or `incremental`.
    #[schema(value_type = String)]
    pub kind: ScanKind,
}

pub async fn list(
    State(sics): State<Sics>,
    caller: Caller,
    Asked(asked): Asked<ScansQuery>,
) -> Result<Json<ScansView>, Problem> {
    let most = sics.limits().scans_max;
    let limit = asked.limit.unwrap_or(20);
    if limit == 0 || limit > most {
        let detail = format!("limit={limit} is out of bounds");
        return Err(Problem::bad_request(
            "wrongLimit",
            detail,
            format!("limit is 1 to {most}."),
        ));
    }
    let instances = match &asked.instance {
        Some(name) => vec![sics.instance(&caller, name).await?],
        None => sics.instances(&caller).await?,
    };
    let mut scans = Vec::new();
    for instance in instances {
        let found = sics.store().scans(instance.id, limit).await?;
        scans.extend(found.into_iter().map(|scan| ScanView {
            instance: instance.name.to_string(),
            scan,
        }));
    }
    Ok(Json(ScansView { scans }))
}

pub async fn start(
    State(sics): State<Sics>,
    caller: Caller,
    Body(body): Body<ScanBody>,
) -> Result<(StatusCode, Json<ScanStarted>), Problem> {
    let row = sics.instance(&caller, &body.instance).await?;
    let statuses = sics.engine().instance_status().await?;
    let runs = |status: &InstanceStatus| status.name == row.name && status.state == InstanceState::Scanning;
    if !statuses.iter().any(runs) {
        sics.audit_first(&caller, "scan.started", &row.name, json!({"kind": body.kind}))
            .await?;
    }
    let started = sics.engine().scan_now(row.name.clone(), body.kind).await?;
    Ok((StatusCode::ACCEPTED, Json(started)))
}
