//! Unlock codes, passcodes and positions that an action brought (E1): for the one who asked for the action, by a right
//! of its own, told in the audit trail, erased after seven days. The answer, like all of this API, is `no-store`.

use axum::Json;
use axum::extract::State;
use chrono::TimeDelta;
use secrecy::ExposeSecret;
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use super::{of_server, seen};
use crate::config::SealPlace;
use crate::model::{TaskId, Timestamp};
use crate::sics::Sics;
use crate::sics::auth::Caller;
use crate::sics::extract::Named;
use crate::sics::guard::Addressed;
use crate::sics::problem::Problem;
use crate::store::JobRow;

const KEPT: TimeDelta = TimeDelta::days(7);

#[derive(Serialize, ToSchema)]
pub struct SecretsView {
    pub secrets: Vec<SecretView>,
    /// What nobody should have to ask.
    pub note: &'static str,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SecretView {
    /// `unlockPin`, `passcode`, `position`.
    pub kind: String,
    pub value: String,
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    pub erased_at: Timestamp,
}

pub async fn show(
    State(sics): State<Sics>,
    caller: Caller,
    Named((id, task)): Named<(String, i64)>,
) -> Result<Json<SecretsView>, Problem> {
    let (job, _) = seen(&sics, &caller, &id, &[]).await?;
    read(&sics, &caller, &job, TaskId(task)).await
}

pub async fn show_of_server(
    State(sics): State<Sics>,
    caller: Caller,
    Addressed(server): Addressed,
    Named((_, id, task)): Named<(String, String, i64)>,
) -> Result<Json<SecretsView>, Problem> {
    let (job, _) = of_server(&sics, &caller, &server, &id, "Results_Secrets").await?;
    read(&sics, &caller, &job, TaskId(task)).await
}

async fn read(sics: &Sics, caller: &Caller, job: &JobRow, task: TaskId) -> Result<Json<SecretsView>, Problem> {
    let row = sics.store().task(task).await?.filter(|row| row.job == job.id);
    row.ok_or_else(|| Problem::unknown("task", task))?;
    let rows = sics.store().action_secrets(task).await?;
    let mut secrets = Vec::new();
    for row in rows {
        let place = SealPlace::ActionSecret { task, kind: &row.kind };
        let clear = sics.desk().folder.key().open(place, &row.sealed).map_err(|error| {
            tracing::error!(
                task.id = %task,
                problem = error.problem(),
                "what an action brought can't be opened"
            );
            Problem::conflict(
                "unreadable",
                format!("what the action brought can't be opened: it {}", error.problem()),
                "Put the secret.key that belongs to this store back into the data folder, or carry out the action again.",
            )
        })?;
        secrets.push(SecretView {
            kind: row.kind,
            value: String::from_utf8_lossy(clear.expose_secret()).into_owned(),
            at: row.at,
            erased_at: row.at + KEPT,
        });
    }
    let detail = json!({ "task": task, "count": secrets.len() });
    sics.audit_first(caller, "job.secretsShown", job.id, detail).await?;
    Ok(Json(SecretsView {
        secrets,
        note: "erased after 7 days",
    }))
}
