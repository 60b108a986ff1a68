//! Unlock codes, passcodes and positions that an action returned (E1): for the requester of the action, by a right of
//! its own, recorded in the audit trail, erased after seven days. The response, like all of this API, is `no-store`.

use axum::Json;
use axum::extract::State;
use chrono::TimeDelta;
use secrecy::ExposeSecret;
use serde_json::json;

use super::{find_server_job, find_visible_job};
use crate::config::SealContext;
use crate::contract::{SecretView, SecretsView};
use crate::model::TaskId;
use crate::sics::Sics;
use crate::sics::auth::Caller;
use crate::sics::authorization::PathServer;
use crate::sics::extract::PathParams;
use crate::sics::problem::ApiProblem;
use crate::store::JobRow;

const KEPT: TimeDelta = TimeDelta::days(7);

pub(crate) async fn show_secrets(
    State(sics): State<Sics>,
    caller: Caller,
    PathParams((id, task)): PathParams<(String, i64)>,
) -> Result<Json<SecretsView>, ApiProblem> {
    let (job, _) = find_visible_job(&sics, &caller, &id, &[]).await?;
    open_secrets(&sics, &caller, &job, TaskId(task)).await
}

pub(crate) async fn show_server_secrets(
    State(sics): State<Sics>,
    caller: Caller,
    PathServer(server): PathServer,
    PathParams((_, id, task)): PathParams<(String, String, i64)>,
) -> Result<Json<SecretsView>, ApiProblem> {
    let (job, _) = find_server_job(&sics, &caller, &server, &id, "Results_Secrets").await?;
    open_secrets(&sics, &caller, &job, TaskId(task)).await
}

async fn open_secrets(
    sics: &Sics,
    caller: &Caller,
    job: &JobRow,
    task: TaskId,
) -> Result<Json<SecretsView>, ApiProblem> {
    let row = sics.store().find_task(task).await?.filter(|row| row.job == job.id);
    row.ok_or_else(|| ApiProblem::not_found("task", task))?;
    let rows = sics.store().list_action_secrets(task).await?;
    let mut secrets = Vec::new();
    for row in rows {
        let seal_context = SealContext::ActionSecret { task, kind: &row.kind };
        let plaintext = sics
            .job_intake()
            .folder
            .secret_key()
            .open_sealed(seal_context, &row.sealed)
            .map_err(|error| {
                tracing::error!(
                    task.id = %task,
                    problem = error.problem(),
                    "cannot decrypt what an action returned"
                );
                ApiProblem::conflict(
                    "unreadable",
                    format!("cannot decrypt what the action returned: it {}", error.problem()),
                    "Put the secret.key that belongs to this store back into the data folder, or run the action again.",
                )
            })?;
        secrets.push(SecretView {
            kind: row.kind,
            value: String::from_utf8_lossy(plaintext.expose_secret()).into_owned(),
            at: row.at,
            erased_at: row.at + KEPT,
        });
    }
    let detail = json!({ "task": task, "count": secrets.len() });
    sics.audit_before(caller, "job.secretsShown", job.id, detail).await?;
    Ok(Json(SecretsView {
        secrets,
        note: "erased after 7 days".to_owned(),
    }))
}
