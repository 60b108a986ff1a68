//! What people decide about jobs: approve, reject, cancel, resolve.
//!
//! An approval is a person's own: it takes name and password in the body, whatever connection is in use, and the digest
//! of what was looked at. Stopping something takes no more than the right.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::view::{JobView, Names};
use super::{of_server, seen};
use crate::actions::guard::{self, NotApproved, SignedInBy};
use crate::model::{JobId, TaskId, TaskState};
use crate::sics::Sics;
use crate::sics::auth::Caller;
use crate::sics::extract::{Body, Named};
use crate::sics::guard::{Addressed, lacks, password_change_needed};
use crate::sics::problem::Problem;
use crate::store::{Approval, Approver, AuditEntry, JobRow, OperatorKind, Store};

/// The person who decides, whoever's connection it is.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PersonBody {
    pub name: String,
    #[serde(deserialize_with = "secret")]
    #[schema(value_type = String, format = Password)]
    pub password: SecretString,
}

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ApproveBody {
    pub name: String,
    #[serde(deserialize_with = "secret")]
    #[schema(value_type = String, format = Password)]
    pub password: SecretString,
    /// `approvalDigest` of the job as it was looked at.
    pub digest: String,
}

pub(super) fn secret<'de, D: serde::Deserializer<'de>>(given: D) -> Result<SecretString, D::Error> {
    String::deserialize(given).map(SecretString::from)
}

#[derive(Debug, Serialize, ToSchema)]
pub struct CancelledView {
    /// Devices to which nothing was sent, and nothing will be.
    pub cancelled: u64,
    /// Devices for which it was too late: Intune has it already, or it had ended.
    pub left: u64,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ResolveBody {
    pub task: i64,
    /// `done`, `failed`, `notSupported` or `deviceGone`.
    #[schema(value_type = String)]
    pub state: TaskState,
    /// How that is known.
    pub note: String,
}

/// Name and password of a person who has this right, checked with the slow-down of any sign-in.
pub async fn person(
    sics: &Sics,
    caller: &Caller,
    name: &str,
    password: SecretString,
    right: &str,
) -> Result<Caller, Problem> {
    let person = sics.auth().person(name, password, caller.address).await?;
    if person.operator.kind != OperatorKind::Person {
        return Err(Problem::new(
            StatusCode::FORBIDDEN,
            "notAPerson",
            format!("{name} is the account of a management server"),
            "Only people approve; sign in with an account of your own.",
        ));
    }
    if person.operator.password_given {
        return Err(password_change_needed());
    }
    match person.may(right) {
        true => Ok(person),
        false => Err(lacks(person.name(), right)),
    }
}

pub async fn approve(
    State(sics): State<Sics>,
    caller: Caller,
    Named(id): Named<String>,
    Body(body): Body<ApproveBody>,
) -> Result<Json<JobView>, Problem> {
    let person = person(&sics, &caller, &body.name, body.password, "Jobs_Approve").await?;
    let (job, _) = seen(&sics, &person, &id, &["Jobs_Approve"]).await?;
    let digest = hex::decode(body.digest.trim()).unwrap_or_default();
    let entry = person.entry("job.approved", job.id, json!({ "via": caller.name() }));
    let done = decided(&sics, entry)
        .decide_job(job.id, person.operator.id, true, move |facts| {
            waits(facts)?;
            guard::may_approve(facts, SignedInBy::OwnPassword, &digest).map_err(refused)
        })
        .await??;
    shown(&sics, done.id).await
}

pub async fn reject(
    State(sics): State<Sics>,
    caller: Caller,
    Named(id): Named<String>,
) -> Result<Json<JobView>, Problem> {
    let (job, _) = seen(&sics, &caller, &id, &["Jobs_Approve"]).await?;
    let entry = caller.entry("job.rejected", job.id, json!({}));
    let done = decided(&sics, entry)
        .decide_job(job.id, caller.operator.id, false, waits)
        .await??;
    shown(&sics, done.id).await
}

/// The store for a decision, with its row in the trail.
fn decided(sics: &Sics, entry: AuditEntry) -> Store {
    let told = move |decided: &Result<JobRow, Problem>| decided.is_ok().then(|| entry.clone());
    sics.store().recorded(told)
}

fn waits(facts: &Approver) -> Result<(), Problem> {
    match facts.job.approval {
        Approval::Waiting if facts.job.expires_at > facts.now => Ok(()),
        Approval::Waiting | Approval::Lapsed => Err(Problem::conflict(
            "lapsed",
            format!("job {} has expired before anybody agreed", facts.job.id),
            "If it is still wanted, send it again.",
        )),
        Approval::None => Err(Problem::conflict(
            "needsNoApproval",
            format!("job {} does not wait for an approval", facts.job.id),
            "There is nothing to decide.",
        )),
        Approval::Approved | Approval::Rejected => Err(Problem::conflict(
            "decided",
            format!("job {} has been decided already", facts.job.id),
            "GET /sics/v1/jobs/{id} shows by whom.",
        )),
    }
}

pub fn refused(why: NotApproved) -> Problem {
    let status = match why.code {
        "digest" | "notWaiting" | "seen" | "expired" | "stale" | "requesterGone" => StatusCode::CONFLICT,
        _ => StatusCode::FORBIDDEN,
    };
    Problem::new(status, why.code, why.detail, why.advice)
}

async fn shown(sics: &Sics, id: JobId) -> Result<Json<JobView>, Problem> {
    let (job, tally) = sics.store().job_row(id).await?;
    Ok(Json(Names::read(sics).await?.job(&job, &tally)))
}

pub async fn cancel(
    State(sics): State<Sics>,
    caller: Caller,
    Named(id): Named<String>,
) -> Result<Json<CancelledView>, Problem> {
    let (job, _) = seen(&sics, &caller, &id, &["Jobs_Cancel"]).await?;
    stop(&sics, &caller, job.id).await
}

pub async fn cancel_of_server(
    State(sics): State<Sics>,
    caller: Caller,
    Addressed(server): Addressed,
    Named((_, id)): Named<(String, String)>,
) -> Result<Json<CancelledView>, Problem> {
    let (job, _) = of_server(&sics, &caller, &server, &id, "Jobs_Cancel").await?;
    stop(&sics, &caller, job.id).await
}

async fn stop(sics: &Sics, caller: &Caller, job: JobId) -> Result<Json<CancelledView>, Problem> {
    let told = |cancelled: &u64| Some(json!({ "cancelled": cancelled }));
    let cancelled = sics
        .recording(caller, "job.cancelled", job, told)
        .cancel_job(job, caller.name().to_owned())
        .await?;
    let (_, tally) = sics.store().job_row(job).await?;
    let all: u64 = tally.iter().map(|(_, count)| count).sum();
    Ok(Json(CancelledView {
        cancelled,
        left: all.saturating_sub(cancelled),
    }))
}

/// What a person may say that became of a task.
const OUTCOMES: [TaskState; 4] = [
    TaskState::Done,
    TaskState::Failed,
    TaskState::NotSupported,
    TaskState::DeviceGone,
];

pub async fn resolve(
    State(sics): State<Sics>,
    caller: Caller,
    Named(id): Named<String>,
    Body(body): Body<ResolveBody>,
) -> Result<Json<JobView>, Problem> {
    let (job, _) = seen(&sics, &caller, &id, &["Jobs_Resolve"]).await?;
    if !OUTCOMES.contains(&body.state) {
        return Err(Problem::bad_request(
            "wrongState",
            format!("{} is no outcome", body.state.name()),
            "Say done, failed, notSupported or deviceGone.",
        ));
    }
    let note = body.note.trim();
    if note.is_empty() || note.chars().count() > sics.limits().text_chars {
        return Err(Problem::bad_request(
            "note",
            "the note is missing or too long",
            "Say in a sentence how you know what became of it.",
        ));
    }
    let task = TaskId(body.task);
    let row = sics.store().task(task).await?.filter(|row| row.job == job.id);
    row.ok_or_else(|| Problem::unknown("task", task))?;
    let by = caller.name().to_owned();
    let detail = json!({ "task": task, "state": body.state });
    let told = move |resolved: &bool| resolved.then(|| detail.clone());
    if !sics
        .recording(&caller, "job.resolved", job.id, told)
        .resolve_task(task, body.state, by, note.to_owned())
        .await?
    {
        return Err(Problem::conflict(
            "needsNobody",
            format!("task {task} does not need an operator"),
            "GET /sics/v1/jobs/{id} shows where it stands.",
        ));
    }
    shown(&sics, job.id).await
}
