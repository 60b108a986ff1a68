//! What people decide about jobs: approve, reject, cancel, resolve.
//!
//! An approval is a person's own: it takes name and password in the body (and a code, where they have a second factor),
//! whatever connection is in use, and the digest of what was looked at. Stopping something takes no more than the right.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use secrecy::SecretString;
use serde_json::json;

use super::view::JobNames;
use super::{find_server_job, find_visible_job};
use crate::actions::guard::{self, ApprovalSignIn};
use crate::contract::{ApproveBody, CancelledView, JobSummaryView, PersonBody, ResolveBody};
use crate::model::{ApprovalState, JobId, TaskId, TaskState};
use crate::sics::Sics;
use crate::sics::auth::{Caller, PersonCredentials};
use crate::sics::authorization::{PathServer, missing_right_problem, password_change_problem};
use crate::sics::extract::{JsonBody, PathParams};
use crate::sics::problem::ApiProblem;
use crate::store::{ApprovalFacts, AuditEntry, JobDecision, JobRow, OperatorKind, Store};

/// Who decides, as a body has them.
pub(crate) struct GivenPerson {
    pub name: String,
    pub password: SecretString,
    pub code: Option<String>,
}

impl From<PersonBody> for GivenPerson {
    fn from(body: PersonBody) -> GivenPerson {
        GivenPerson {
            name: body.name,
            password: body.password,
            code: body.code,
        }
    }
}

/// Name, password and code of a person who has this right, checked with the slow-down of any sign-in.
pub(crate) async fn sign_in_person(
    sics: &Sics,
    caller: &Caller,
    given: GivenPerson,
    right: &str,
) -> Result<Caller, ApiProblem> {
    let credentials = PersonCredentials {
        factor: caller.given_factor(&given.name, given.code, sics.now()),
        name: given.name,
        password: given.password,
    };
    let person = sics.auth().sign_in_person(credentials, caller.address).await?;
    if person.operator.kind != OperatorKind::Person {
        return Err(ApiProblem::new(
            StatusCode::FORBIDDEN,
            "notAPerson",
            format!("{} is the account of a management server", person.name()),
            "Only people may approve; sign in with your own account.",
        ));
    }
    if person.operator.password_given {
        return Err(password_change_problem());
    }
    if !person.has_right(right) {
        return Err(missing_right_problem(person.name(), right));
    }
    person.require_second_factor(sics.limits().login.second_factor)?;
    Ok(person)
}

pub(crate) async fn approve_job(
    State(sics): State<Sics>,
    caller: Caller,
    PathParams(id): PathParams<String>,
    JsonBody(body): JsonBody<ApproveBody>,
) -> Result<Json<JobSummaryView>, ApiProblem> {
    let given = GivenPerson {
        name: body.name,
        password: body.password,
        code: body.code,
    };
    let person = sign_in_person(&sics, &caller, given, "Jobs_Approve").await?;
    let (job, _) = find_visible_job(&sics, &person, &id, &["Jobs_Approve"]).await?;
    let digest = hex::decode(body.digest.trim()).unwrap_or_default();
    let entry = person.entry("job.approved", job.id, json!({ "via": caller.name() }));
    let decision = JobDecision {
        by: person.operator.id,
        approve: true,
        text: format!("approved by {}", person.name()),
    };
    let done = decided(&sics, entry)
        .decide_job(job.id, decision, move |facts| {
            require_waiting(facts)?;
            guard::check_approval(facts, ApprovalSignIn::OwnPassword, &digest).map_err(ApiProblem::from)
        })
        .await??;
    show_job_row(&sics, done.id).await
}

pub(crate) async fn reject_job(
    State(sics): State<Sics>,
    caller: Caller,
    PathParams(id): PathParams<String>,
) -> Result<Json<JobSummaryView>, ApiProblem> {
    let (job, _) = find_visible_job(&sics, &caller, &id, &["Jobs_Approve"]).await?;
    let entry = caller.entry("job.rejected", job.id, json!({}));
    let decision = JobDecision {
        by: caller.operator.id,
        approve: false,
        text: format!("rejected by {}", caller.name()),
    };
    let done = decided(&sics, entry)
        .decide_job(job.id, decision, require_waiting)
        .await??;
    show_job_row(&sics, done.id).await
}

/// The store for a decision, with its row in the trail.
fn decided(sics: &Sics, entry: AuditEntry) -> Store {
    let audit_entry = move |decided: &Result<JobRow, ApiProblem>| decided.is_ok().then(|| entry.clone());
    sics.store().recorded(audit_entry)
}

fn require_waiting(facts: &ApprovalFacts) -> Result<(), ApiProblem> {
    match facts.job.approval {
        ApprovalState::Waiting if facts.job.expires_at > facts.now => Ok(()),
        ApprovalState::Waiting | ApprovalState::Lapsed => Err(ApiProblem::conflict(
            "lapsed",
            format!("job {} expired before it was approved", facts.job.id),
            "If it is still needed, send it again.",
        )),
        ApprovalState::None => Err(ApiProblem::conflict(
            "needsNoApproval",
            format!("job {} is not waiting for approval", facts.job.id),
            "There is nothing to decide.",
        )),
        ApprovalState::Approved | ApprovalState::Rejected => Err(ApiProblem::conflict(
            "decided",
            format!("job {} has already been decided", facts.job.id),
            format!(
                "GET /sics/v1/jobs/{{id}} shows who decided, and so does `intune-connector jobs show {}`.",
                facts.job.id
            ),
        )),
    }
}

async fn show_job_row(sics: &Sics, id: JobId) -> Result<Json<JobSummaryView>, ApiProblem> {
    let (job, tally) = sics.store().load_job_row(id).await?;
    Ok(Json(JobNames::read_names(sics).await?.job_view(&job, &tally)))
}

pub(crate) async fn cancel_job(
    State(sics): State<Sics>,
    caller: Caller,
    PathParams(id): PathParams<String>,
) -> Result<Json<CancelledView>, ApiProblem> {
    let (job, _) = find_visible_job(&sics, &caller, &id, &["Jobs_Cancel"]).await?;
    cancel_unsent_tasks(&sics, &caller, job.id).await
}

pub(crate) async fn cancel_server_job(
    State(sics): State<Sics>,
    caller: Caller,
    PathServer(server): PathServer,
    PathParams((_, id)): PathParams<(String, String)>,
) -> Result<Json<CancelledView>, ApiProblem> {
    let (job, _) = find_server_job(&sics, &caller, &server, &id, "Jobs_Cancel").await?;
    cancel_unsent_tasks(&sics, &caller, job.id).await
}

async fn cancel_unsent_tasks(sics: &Sics, caller: &Caller, job: JobId) -> Result<Json<CancelledView>, ApiProblem> {
    let audit_detail = |cancelled: &u64| Some(json!({ "cancelled": cancelled }));
    let cancelled = sics
        .recording(caller, "job.cancelled", job, audit_detail)
        .cancel_job(job, format!("cancelled by {}", caller.name()))
        .await?;
    let (_, tally) = sics.store().load_job_row(job).await?;
    let all: u64 = tally.iter().map(|(_, count)| count).sum();
    Ok(Json(CancelledView {
        cancelled,
        left: all.saturating_sub(cancelled),
    }))
}

/// Outcomes of a task that a person may record.
const OUTCOMES: [TaskState; 4] = [
    TaskState::Done,
    TaskState::Failed,
    TaskState::NotSupported,
    TaskState::DeviceGone,
];

pub(crate) async fn resolve_task(
    State(sics): State<Sics>,
    caller: Caller,
    PathParams(id): PathParams<String>,
    JsonBody(body): JsonBody<ResolveBody>,
) -> Result<Json<JobSummaryView>, ApiProblem> {
    let (job, _) = find_visible_job(&sics, &caller, &id, &["Jobs_Resolve"]).await?;
    if !OUTCOMES.contains(&body.state) {
        return Err(ApiProblem::bad_request(
            "wrongState",
            format!("{} is not an outcome", body.state.name()),
            "Use done, failed, notSupported or deviceGone.",
        ));
    }
    let note = body.note.trim();
    let most = sics.limits().text_chars;
    if note.is_empty() || note.chars().count() > most {
        return Err(ApiProblem::bad_request(
            "note",
            format!("the note is missing, or longer than {most} characters"),
            "Explain in a sentence how you know the outcome.",
        ));
    }
    let task = TaskId(body.task);
    let row = sics.store().find_task(task).await?.filter(|row| row.job == job.id);
    row.ok_or_else(|| ApiProblem::not_found("task", task))?;
    let text = format!("resolved by {}: {note}", caller.name());
    let detail = json!({ "task": task, "state": body.state });
    let audit_detail = move |resolved: &bool| resolved.then(|| detail.clone());
    if !sics
        .recording(&caller, "job.resolved", job.id, audit_detail)
        .resolve_task(task, body.state, text)
        .await?
    {
        return Err(ApiProblem::conflict(
            "needsNobody",
            format!("task {task} does not need an operator"),
            format!(
                "GET /sics/v1/jobs/{{id}} shows its state, and so does `intune-connector jobs show {}`.",
                job.id
            ),
        ));
    }
    show_job_row(&sics, job.id).await
}
