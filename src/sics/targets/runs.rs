//! Runs: what was written together, and putting it back.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::json;

use super::looks::{LOOK_LONGEST, bound_look};
use super::scope::{find_reached, require_provider};
use crate::contract::{RevertView, TargetRunView, TargetRunsView};
use crate::sics::Sics;
use crate::sics::audit_recording::PerformedAct;
use crate::sics::auth::Caller;
use crate::sics::extract::PathParams;
use crate::sics::problem::ApiProblem;
use crate::store::TargetRunRow;

/// Runs that are shown.
const SHOWN: usize = 100;

pub(crate) async fn list_runs(
    State(sics): State<Sics>,
    caller: Caller,
    PathParams(name): PathParams<String>,
) -> Result<Json<TargetRunsView>, ApiProblem> {
    let target = find_reached(&sics, &caller, &name).await?.target;
    let rows = sics.store().list_target_runs(target.id, SHOWN).await?;
    Ok(Json(TargetRunsView {
        runs: rows.into_iter().map(run_view).collect(),
    }))
}

fn run_view(row: TargetRunRow) -> TargetRunView {
    TargetRunView {
        run: row.id,
        kind: row.kind,
        started_at: row.started_at,
        ended_at: row.ended_at,
        mapping_digest: row.mapping_digest,
        counts: row.counts,
        reverts: row.reverts,
        reverted_by: row.reverted_by,
    }
}

fn no_such_run(target: &impl std::fmt::Display, run: i64) -> ApiProblem {
    ApiProblem::new(
        StatusCode::NOT_FOUND,
        "unknown",
        format!("the target {target} has no run {run}"),
        format!("Check the number; list its runs: intune-connector targets runs {target}"),
    )
}

pub(crate) async fn revert_run(
    State(sics): State<Sics>,
    caller: Caller,
    PathParams((name, run)): PathParams<(String, i64)>,
) -> Result<Json<RevertView>, ApiProblem> {
    let reached = find_reached(&sics, &caller, &name).await?;
    reached.require_whole(&caller)?;
    let target = reached.target;
    let known = sics.store().find_target_run(run).await?;
    if known.is_none_or(|row| row.target != target.id) {
        return Err(no_such_run(&target.name, run));
    }
    let permit = sics.target_looks().begin_look(&target)?;
    let subject = format!("{}/{run}", target.name);
    let act = move |sics: Sics| async move {
        let _permit = permit;
        let provider = require_provider(&sics)?;
        let reverted = bound_look(&target, provider.revert_run(target.id, run, LOOK_LONGEST)).await?;
        Ok(PerformedAct {
            subject: format!("{}/{run}", target.name),
            detail: json!({
                "putBack": reverted.put_back, "records": reverted.records, "left": reverted.left.len(),
                "complete": reverted.complete,
            }),
            answer: reverted,
        })
    };
    Ok(Json(sics.perform_act(&caller, "target.reverted", subject, act).await?))
}
