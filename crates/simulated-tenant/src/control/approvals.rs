//! The second administrator of Multi Admin Approval.

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Json;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{ControlBody, Of, Refused, missing, refused};
use crate::remote::{DELETE, Policy, Standing, VERBS};
use crate::state::Simulated;

pub(super) async fn list(State(sim): State<Simulated>, Query(of): Query<Of>) -> Result<Json<Value>, Refused> {
    let approvals = of.tenant(&sim)?.approvals.all(sim.clock().now());
    Ok(Json(json!({ "approvals": approvals })))
}

pub(super) async fn policy(State(sim): State<Simulated>, Query(of): Query<Of>) -> Result<Json<Policy>, Refused> {
    Ok(Json(of.tenant(&sim)?.approvals.policy()))
}

/// Verbs by Graph's names, `delete`, `update` and `deviceCategory`.
pub(super) async fn set_policy(
    State(sim): State<Simulated>,
    Query(of): Query<Of>,
    ControlBody(policy): ControlBody<Policy>,
) -> Result<Json<Policy>, Refused> {
    let others = [DELETE.name, "update", "deviceCategory"];
    let is_known = |name: &str| VERBS.iter().any(|verb| verb.name == name) || others.contains(&name);
    if let Some(unknown) = policy.verbs.iter().find(|name| !is_known(name)) {
        return Err(refused(format!("there is no verb {unknown}")));
    }
    of.tenant(&sim)?.approvals.set_policy(policy.clone());
    Ok(Json(policy))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Decision {
    decision: Decided,
    #[serde(default)]
    justification: String,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Decided {
    Approve,
    Reject,
    Cancel,
}

pub(super) async fn decide(
    State(sim): State<Simulated>,
    Path(code): Path<Uuid>,
    Query(of): Query<Of>,
    ControlBody(wanted): ControlBody<Decision>,
) -> Result<StatusCode, Refused> {
    let standing = match wanted.decision {
        Decided::Approve => Standing::Approved,
        Decided::Reject => Standing::Rejected,
        Decided::Cancel => Standing::Cancelled,
    };
    let approvals = &of.tenant(&sim)?.approvals;
    if !approvals.decide(code, standing, &wanted.justification, sim.clock().now()) {
        return Err(missing("open request for approval"));
    }
    Ok(StatusCode::NO_CONTENT)
}
