//! The action on one device of a job: all steps; its outcome, where a person has to find it out; its secrets.

use askama::Template;
use axum::extract::Path;
use connector_core::model::{ActionKind, TaskState};
use sics_client::contract::{JobSummaryView, ResolveBody, SecretView, TaskView, TasksQuery};

use super::job_page::{JobHead, TaskRow};
use super::position::DevicePosition;
use crate::clock_text::TimeText;
use crate::failure::{PageFailure, PageResult};
use crate::form::FormFields;
use crate::page::PageContext;
use crate::pages::actions::effects::EffectWords;
use crate::pages::approvals::person::form_status;
use crate::render::{go_to, show_page_as};

/// Outcomes that a person can record.
const OUTCOMES: [TaskState; 4] = [
    TaskState::Done,
    TaskState::Failed,
    TaskState::NotSupported,
    TaskState::DeviceGone,
];

#[derive(Template)]
#[template(path = "pages/task.html")]
struct TaskPage<'a> {
    ctx: &'a PageContext,
    job: JobHead,
    task: TaskRow,
    can_resolve: bool,
    outcomes: Vec<(&'static str, String, bool)>,
    note: String,
    has_secrets: bool,
    secrets: Option<Vec<ShownSecret>>,
    problem: Option<&'a PageFailure>,
}

/// What an action returned, for the eyes of whoever sent it.
struct ShownSecret {
    kind: String,
    /// The code, or the coordinates.
    value: String,
    accuracy: Option<String>,
    at: TimeText,
    erased_at: TimeText,
}

impl ShownSecret {
    fn new(ctx: &PageContext, secret: &SecretView) -> ShownSecret {
        let position = (secret.kind == "position")
            .then(|| DevicePosition::parse(&secret.value))
            .flatten();
        let at = position.as_ref().and_then(DevicePosition::at).unwrap_or(secret.at);
        let accuracy = position.as_ref().and_then(DevicePosition::accuracy);
        ShownSecret {
            kind: ctx.word("jobs-secret-", &secret.kind),
            value: position.map_or_else(|| secret.value.clone(), |position| position.coordinates()),
            accuracy: accuracy.map(|metres| ctx.count("jobs-position-accuracy", metres)),
            at: ctx.time(&at),
            erased_at: ctx.time(&secret.erased_at),
        }
    }
}

/// What the page shows besides the task.
#[derive(Default)]
struct TaskExtras<'a> {
    outcome: String,
    note: String,
    secrets: Option<Vec<ShownSecret>>,
    problem: Option<&'a PageFailure>,
}

/// Whether the action is one that returns something that not everybody may see, to its sender alone.
fn has_secrets(ctx: &PageContext, job: &JobSummaryView) -> bool {
    let returns = matches!(
        job.action,
        ActionKind::RemoteLock | ActionKind::ResetPasscode | ActionKind::Locate
    );
    let is_own = job.server.is_none() && job.operator.as_deref() == Some(ctx.operator());
    returns && is_own && ctx.may("Results_Secrets")
}

/// The number of a task in a path.
fn parse_task(text: &str) -> Result<i64, PageFailure> {
    text.parse().map_err(|_| PageFailure::not_found())
}

async fn read_task(ctx: &PageContext, id: &str, task: i64) -> Result<(JobSummaryView, TaskView), PageFailure> {
    // The tasks of a job stand in the order of their numbers.
    let query = TasksQuery {
        after: Some(task.saturating_sub(1)),
        limit: Some(1),
    };
    let whole = ctx.client().show_job(id, &query).await?;
    let found = whole.tasks.into_iter().find(|found| found.task == task);
    Ok((whole.job, found.ok_or_else(PageFailure::not_found)?))
}

async fn render_task(ctx: &PageContext, id: &str, task: i64, extras: TaskExtras<'_>) -> PageResult {
    let (job, view) = read_task(ctx, id, task).await?;
    let outcomes = OUTCOMES.into_iter().map(|outcome| {
        let word = ctx.word("jobs-outcome-", outcome.name());
        (outcome.name(), word, extras.outcome == outcome.name())
    });
    let page = TaskPage {
        ctx,
        job: JobHead::new(ctx, &job),
        task: TaskRow::new(ctx, &EffectWords::read(ctx), &view),
        can_resolve: view.state.needs_operator() && ctx.may("Jobs_Resolve"),
        outcomes: outcomes.collect(),
        note: extras.note,
        has_secrets: has_secrets(ctx, &job),
        secrets: extras.secrets,
        problem: extras.problem,
    };
    let status = extras.problem.map_or(http::StatusCode::OK, form_status);
    show_page_as(status, &page)
}

pub(super) async fn show_task(ctx: PageContext, Path((id, task)): Path<(String, String)>) -> PageResult {
    render_task(&ctx, &id, parse_task(&task)?, TaskExtras::default()).await
}

pub(super) async fn resolve_task(
    ctx: PageContext,
    Path((id, task)): Path<(String, String)>,
    form: FormFields,
) -> PageResult {
    let task = parse_task(&task)?;
    let outcome = OUTCOMES
        .into_iter()
        .find(|outcome| outcome.name() == form.text("outcome"));
    let resolved = match outcome {
        Some(state) => {
            let note = form.text("note").to_owned();
            let body = ResolveBody { task, state, note };
            ctx.client().resolve_task(&id, &body).await.map_err(PageFailure::from)
        }
        None => Err(PageFailure::plain(
            http::StatusCode::UNPROCESSABLE_ENTITY,
            "jobs-no-outcome",
        )),
    };
    match resolved {
        Ok(job) => go_to(&ctx, &format!("/jobs/{}", job.job), "job-resolved"),
        Err(failure) => {
            let extras = TaskExtras {
                outcome: form.text("outcome").to_owned(),
                note: form.text("note").to_owned(),
                problem: Some(&failure),
                ..TaskExtras::default()
            };
            render_task(&ctx, &id, task, extras).await
        }
    }
}

/// By a form, as it is recorded who has looked.
pub(super) async fn show_secrets(ctx: PageContext, Path((id, task)): Path<(String, String)>) -> PageResult {
    let task = parse_task(&task)?;
    match ctx.client().show_secrets(&id, task).await {
        Ok(view) => {
            let secrets = view.secrets.iter().map(|secret| ShownSecret::new(&ctx, secret));
            let extras = TaskExtras {
                secrets: Some(secrets.collect()),
                ..TaskExtras::default()
            };
            render_task(&ctx, &id, task, extras).await
        }
        Err(error) => {
            let failure = PageFailure::from(error);
            let extras = TaskExtras {
                problem: Some(&failure),
                ..TaskExtras::default()
            };
            render_task(&ctx, &id, task, extras).await
        }
    }
}
