//! Jobs as they stand: lists, and one with a row a device and all its steps.

use std::collections::HashMap;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::attention::{self, AttentionView};
use super::concern::Concern;
use super::glass::{BrokenGlassView, open_for};
use super::view::{JobView, Names, TaskView};
use super::{of_server, seen, source_of, source_of_operator};
use crate::actions::guard::pending::{self, PendingAction};
use crate::actions::sealed::{self, JobPlace};
use crate::actions::subject::Subject;
use crate::actions::verbs::VerbSpec;
use crate::model::{DeviceId, InstanceName, JobId, OperatorId, TaskId, Timestamp};
use crate::sics::Sics;
use crate::sics::auth::Caller;
use crate::sics::extract::{Asked, Named};
use crate::sics::guard::Addressed;
use crate::sics::problem::Problem;
use crate::store::{Approval, InstanceRow, JobQuery, JobRow, Tally, TaskRow};

/// Rights that let one see jobs of others.
pub const SEES_ALL: &[&str] = &["Jobs_Read", "Jobs_Approve", "Jobs_Cancel", "Jobs_Resolve"];

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JobsQuery {
    pub instance: Option<InstanceName>,
    pub approval: Option<Approval>,
    pub open: Option<bool>,
    pub before: Option<i64>,
    pub limit: Option<usize>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct JobsView {
    /// What a person has to say what became of, where the caller may look; first devices that have gone. Empty on the
    /// pages behind the first one.
    pub needs_operator: Vec<AttentionView>,
    /// The newest first.
    pub jobs: Vec<JobView>,
    /// For the next page; null: this was the last one.
    pub before: Option<i64>,
    /// Operators whose destructive rights the tripwire has suspended.
    pub suspended: Vec<SuspensionView>,
    /// What one person did alone in an emergency and no second person has looked at yet.
    pub broken_glass: Vec<BrokenGlassView>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SuspensionView {
    pub operator: String,
    #[schema(value_type = String, format = DateTime)]
    pub since: Timestamp,
    pub why: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TasksQuery {
    /// Tasks behind this one.
    pub after: Option<i64>,
    pub limit: Option<usize>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WholeJobView {
    #[serde(flatten)]
    pub job: JobView,
    /// A row a device.
    pub tasks: Vec<TaskView>,
    /// For the next page of tasks; null: this was the last one.
    pub after: Option<i64>,
}

fn bounded(sics: &Sics, limit: Option<usize>) -> Result<usize, Problem> {
    let limits = sics.limits();
    let limit = limit.unwrap_or(limits.jobs_default);
    match (1..=limits.jobs_max).contains(&limit) {
        true => Ok(limit),
        false => Err(Problem::bad_request(
            "wrongLimit",
            format!("limit={limit} is out of bounds"),
            format!("limit is 1 to {}.", limits.jobs_max),
        )),
    }
}

pub async fn list(
    State(sics): State<Sics>,
    caller: Caller,
    Asked(asked): Asked<JobsQuery>,
) -> Result<Json<JobsView>, Problem> {
    let all = SEES_ALL.iter().any(|right| caller.may(right));
    // Whoever may send here and look there does not look here.
    let caller = if all { caller.asking(SEES_ALL) } else { caller };
    let own = (!all).then_some(caller.operator.id);
    let source = own.map(source_of_operator);
    let instances = reachable(&sics, &caller, asked.instance.as_ref()).await?;
    let mut view = page(&sics, &asked, (source, own), instances, &caller).await?;
    if all {
        let concern = Concern::read(&sics, &caller).await?;
        let suspensions = sics.store().suspensions().await?;
        view.suspended = suspensions
            .into_iter()
            .filter(|row| concern.of_operator(row.operator))
            .map(|row| SuspensionView {
                operator: row.name,
                since: row.at,
                why: row.why,
            })
            .collect();
    }
    Ok(Json(view))
}

/// The instances whose jobs the caller may see; `None`: all, removed ones too.
async fn reachable(
    sics: &Sics,
    caller: &Caller,
    named: Option<&InstanceName>,
) -> Result<Option<Vec<InstanceRow>>, Problem> {
    if let Some(name) = named {
        return Ok(Some(vec![sics.instance(caller, name).await?]));
    }
    match caller.reaches_all_instances() {
        true => Ok(None),
        false => Ok(Some(sics.instances(caller).await?)),
    }
}

pub async fn list_of_server(
    State(sics): State<Sics>,
    caller: Caller,
    Addressed(server): Addressed,
    Asked(asked): Asked<JobsQuery>,
) -> Result<Json<JobsView>, Problem> {
    if asked.instance.is_some() {
        return Err(Problem::bad_request(
            "wrongQuery",
            "jobs of a server are listed for all instances",
            "Leave instance out.",
        ));
    }
    let whose = (Some(source_of(&server)), Some(server.owner));
    let reader = match server.owner == caller.operator.id {
        true => caller,
        false => caller.asking(&["Jobs_Read"]),
    };
    let instances = reachable(&sics, &reader, None).await?;
    Ok(Json(page(&sics, &asked, whose, instances, &reader).await?))
}

async fn page(
    sics: &Sics,
    asked: &JobsQuery,
    (source, operator): (Option<String>, Option<OperatorId>),
    instances: Option<Vec<InstanceRow>>,
    caller: &Caller,
) -> Result<JobsView, Problem> {
    let limit = bounded(sics, asked.limit)?;
    let query = JobQuery {
        source,
        operator,
        instances: instances.map(|rows| rows.iter().map(|row| row.id).collect()),
        approval: asked.approval,
        open: asked.open.unwrap_or(false),
        before: asked.before.map(JobId),
        limit,
    };
    let rows = sics.store().jobs(query).await?;
    let names = Names::read(sics).await?;
    let before = rows.last().filter(|_| rows.len() == limit).map(|(job, _)| job.id.0);
    let jobs = rows
        .iter()
        .filter(|(job, _)| super::within(caller, job, names.instance(job.instance)))
        .map(|(job, tally)| names.job(job, tally))
        .collect();
    let needs_operator = match asked.before {
        None => attention::open_for(sics, caller).await?,
        Some(_) => Vec::new(),
    };
    Ok(JobsView {
        needs_operator,
        jobs,
        before,
        suspended: Vec::new(),
        broken_glass: open_for(sics, caller).await?,
    })
}

pub async fn show(
    State(sics): State<Sics>,
    caller: Caller,
    Named(id): Named<String>,
    Asked(asked): Asked<TasksQuery>,
) -> Result<Json<WholeJobView>, Problem> {
    let (job, tally) = seen(&sics, &caller, &id, SEES_ALL).await?;
    Ok(Json(whole(&sics, job, tally, &asked).await?))
}

pub async fn show_of_server(
    State(sics): State<Sics>,
    caller: Caller,
    Addressed(server): Addressed,
    Named((_, id)): Named<(String, String)>,
    Asked(asked): Asked<TasksQuery>,
) -> Result<Json<WholeJobView>, Problem> {
    let (job, tally) = of_server(&sics, &caller, &server, &id, "Jobs_Read").await?;
    Ok(Json(whole(&sics, job, tally, &asked).await?))
}

async fn whole(sics: &Sics, job: JobRow, tally: Tally, asked: &TasksQuery) -> Result<WholeJobView, Problem> {
    let limit = bounded(sics, asked.limit)?;
    let names = Names::read(sics).await?;
    let after = TaskId(asked.after.unwrap_or(0));
    let rows = sics.store().job_tasks(job.id, after, limit).await?;
    let more = rows.len() == limit;
    let effects = effects(sics, &job, rows.iter().map(|(task, _)| task)).await?;
    let after = rows.last().filter(|_| more).map(|(task, _)| task.id.0);
    let tasks = rows
        .into_iter()
        .map(|(task, steps)| {
            let effect = effects.get(&task.device).cloned();
            TaskView::of(task, steps, effect)
        })
        .collect();
    Ok(WholeJobView {
        job: names.job(&job, &tally),
        tasks,
        after,
    })
}

/// The inventory does not know who sent what is pending; whoever approves has to know of it all the same.
fn told_with(effect: String, shown: &[PendingAction]) -> String {
    let all: Vec<String> = shown.iter().map(ToString::to_string).collect();
    match all.is_empty() {
        true => effect,
        false => format!("pending at Intune when it was read: {}; {effect}", all.join(", ")),
    }
}

/// What the job does on each device to which nothing was sent yet: what an approver has to know. Taken from the device
/// as it is stored now.
async fn effects(
    sics: &Sics,
    job: &JobRow,
    tasks: impl Iterator<Item = &TaskRow>,
) -> Result<HashMap<DeviceId, String>, Problem> {
    let open: Vec<DeviceId> = tasks
        .filter(|task| task.state.is_unissued())
        .map(|task| task.device)
        .collect();
    if open.is_empty() {
        return Ok(HashMap::new());
    }
    let spec = VerbSpec::of(job.verb);
    let Ok(parameters) = sealed::open(sics.desk().folder.key(), JobPlace::of(job), &job.parameters) else {
        return Ok(HashMap::new());
    };
    let aims = sics.store().aims(job.instance, open).await?;
    let effects = aims.into_iter().flatten().filter_map(|aim| {
        let subject = Subject::read(&aim.body)?;
        let effect = match (spec.fits)(&subject, &parameters) {
            Ok(()) => told_with(spec.effect_on(&subject, &parameters), &pending::shown(&aim.body)),
            Err(unfit) => format!("nothing: {}", unfit.reason),
        };
        Some((aim.id, effect))
    });
    Ok(effects.collect())
}
