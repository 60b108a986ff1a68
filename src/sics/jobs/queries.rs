//! Jobs and their state: lists, and one job with a row per device and all its steps.

use std::collections::HashMap;

use axum::Json;
use axum::extract::State;

use super::attention;
use super::broken_glass::open_broken_glass;
use super::pending_visibility::PendingVisibility;
use super::view::{JobNames, task_view};
use super::{find_server_job, find_visible_job, is_source_within_reach, operator_source, server_source};
use crate::actions::guard::pending_actions::{self, PendingIntuneAction};
use crate::actions::sealed_parameters::{self, JobSealContext};
use crate::actions::specs::ActionSpec;
use crate::actions::subject::Subject;
use crate::contract::{JobSort, JobsQuery, JobsView, SortOrder, SuspensionView, TasksQuery, WholeJobView};
use crate::model::{DeviceId, InstanceName, JobId, OperatorId, TaskId};
use crate::sics::Sics;
use crate::sics::auth::Caller;
use crate::sics::authorization::PathServer;
use crate::sics::extract::{PathParams, QueryParams};
use crate::sics::list_filters::{parse_period, parse_text, require_named};
use crate::sics::problem::ApiProblem;
use crate::store::{InstanceRow, JobQuery, JobRow, TaskRow, TaskTally};

/// Rights that let one see jobs of others.
pub(crate) const SEES_ALL: &[&str] = &["Jobs_Read", "Jobs_Approve", "Jobs_Cancel", "Jobs_Resolve"];
/// The right with which accounts are seen.
const SEES_ACCOUNTS: &str = "Operators_Read";

fn page_limit(sics: &Sics, limit: Option<usize>) -> Result<usize, ApiProblem> {
    let limits = sics.limits();
    let limit = limit.unwrap_or(limits.jobs_default);
    if (1..=limits.jobs_max).contains(&limit) {
        Ok(limit)
    } else {
        Err(ApiProblem::bad_request(
            "wrongLimit",
            format!("limit={limit} is out of bounds"),
            format!("limit must be 1 to {}.", limits.jobs_max),
        ))
    }
}

pub(crate) async fn list_jobs(
    State(sics): State<Sics>,
    caller: Caller,
    QueryParams(asked): QueryParams<JobsQuery>,
) -> Result<Json<JobsView>, ApiProblem> {
    let all = SEES_ALL.iter().any(|right| caller.has_right(right));
    // A right to send here and a right to read there do not allow reading here.
    let caller = if all {
        caller.with_asked_rights(SEES_ALL)
    } else {
        caller
    };
    let only_operator = (!all).then_some(caller.operator.id);
    let source = only_operator.map(operator_source);
    let instances = listed_instances(&sics, &caller, asked.instance.as_ref()).await?;
    let mut view = jobs_page(&sics, &asked, (source, only_operator), instances, &caller).await?;
    if all {
        let concern = PendingVisibility::read_visibility(&sics, &caller).await?;
        let suspensions = sics.store().list_suspensions().await?;
        view.suspended = suspensions
            .into_iter()
            .filter(|row| concern.sees_operator(row.operator))
            .map(|row| SuspensionView {
                operator: row.name,
                since: row.at,
                why: row.reason,
            })
            .collect();
    }
    Ok(Json(view))
}

/// The instances whose jobs the caller may see; `None`: all, removed ones too.
async fn listed_instances(
    sics: &Sics,
    caller: &Caller,
    named: Option<&InstanceName>,
) -> Result<Option<Vec<InstanceRow>>, ApiProblem> {
    if let Some(name) = named {
        return Ok(Some(vec![sics.find_instance(caller, name).await?]));
    }
    if caller.reaches_all_instances() {
        Ok(None)
    } else {
        Ok(Some(sics.reachable_instances(caller).await?))
    }
}

pub(crate) async fn list_server_jobs(
    State(sics): State<Sics>,
    caller: Caller,
    PathServer(server): PathServer,
    QueryParams(asked): QueryParams<JobsQuery>,
) -> Result<Json<JobsView>, ApiProblem> {
    if asked.instance.is_some() {
        return Err(ApiProblem::bad_request(
            "wrongQuery",
            "jobs of a server are listed for all instances",
            "Omit instance.",
        ));
    }
    let whose = (Some(server_source(&server)), Some(server.owner));
    let reader = if server.owner == caller.operator.id {
        caller
    } else {
        caller.with_asked_rights(&["Jobs_Read"])
    };
    let instances = listed_instances(&sics, &reader, None).await?;
    Ok(Json(jobs_page(&sics, &asked, whose, instances, &reader).await?))
}

/// What is asked for, understood; of whom and where is not said yet.
fn parse_query(sics: &Sics, asked: &JobsQuery) -> Result<JobQuery, ApiProblem> {
    let text_chars = sics.limits().text_chars;
    let (from, until) = parse_period(asked.from.as_deref(), asked.until.as_deref())?;
    Ok(JobQuery {
        sender: parse_text("sender", asked.sender.as_deref(), text_chars)?,
        action: asked.action,
        state: asked.state,
        approval: asked.approval,
        open: asked.open.unwrap_or(false),
        from,
        until,
        text: parse_text("text", asked.text.as_deref(), text_chars)?,
        by_time: asked.sort == Some(JobSort::Time),
        oldest_first: asked.order == Some(SortOrder::Ascending),
        before: asked.before.map(JobId),
        limit: page_limit(sics, asked.limit)?,
        ..JobQuery::default()
    })
}

/// Who may see accounts is told that there is none of this name.
async fn require_sender(sics: &Sics, caller: &Caller, name: Option<&str>) -> Result<(), ApiProblem> {
    let Some(name) = name.filter(|_| caller.has_right(SEES_ACCOUNTS)) else {
        return Ok(());
    };
    let is_there = sics.store().has_known_operator(name).await?;
    require_named("sender", "operator", name, is_there)
}

async fn jobs_page(
    sics: &Sics,
    asked: &JobsQuery,
    (source, operator): (Option<String>, Option<OperatorId>),
    instances: Option<Vec<InstanceRow>>,
    caller: &Caller,
) -> Result<JobsView, ApiProblem> {
    let query = JobQuery {
        source,
        operator,
        instances: instances.map(|rows| rows.iter().map(|row| row.id).collect()),
        ..parse_query(sics, asked)?
    };
    let limit = query.limit;
    require_sender(sics, caller, query.sender.as_deref()).await?;
    // Reasons are in no index: each job is read.
    let _permit = match &query.text {
        Some(_) => Some(sics.acquire_search_permit().await?),
        None => None,
    };
    let counts = if asked.count.unwrap_or(false) {
        Some(sics.store().count_jobs(query.clone()).await?)
    } else {
        None
    };
    let rows = sics.store().list_jobs(query).await?;
    let names = JobNames::read_names(sics).await?;
    let total: Option<u64> = counts.map(|counts| {
        let seen = counts.iter().filter(|count| {
            let instance = names.instance_name(count.instance);
            is_source_within_reach(caller, &count.source, instance)
        });
        seen.map(|count| count.jobs).sum()
    });
    let before = rows.last().filter(|_| rows.len() == limit).map(|(job, _)| job.id.0);
    let jobs = rows
        .iter()
        .filter(|(job, _)| super::is_within_reach(caller, job, names.instance_name(job.instance)))
        .map(|(job, tally)| names.job_view(job, tally))
        .collect();
    let needs_operator = match asked.before {
        None => attention::tasks_needing_operator(sics, caller).await?,
        Some(_) => Vec::new(),
    };
    Ok(JobsView {
        needs_operator,
        jobs,
        before,
        total,
        suspended: Vec::new(),
        broken_glass: open_broken_glass(sics, caller).await?,
    })
}

pub(crate) async fn show_job(
    State(sics): State<Sics>,
    caller: Caller,
    PathParams(id): PathParams<String>,
    QueryParams(asked): QueryParams<TasksQuery>,
) -> Result<Json<WholeJobView>, ApiProblem> {
    let (job, tally) = find_visible_job(&sics, &caller, &id, SEES_ALL).await?;
    Ok(Json(job_with_tasks(&sics, job, tally, &asked).await?))
}

pub(crate) async fn show_server_job(
    State(sics): State<Sics>,
    caller: Caller,
    PathServer(server): PathServer,
    PathParams((_, id)): PathParams<(String, String)>,
    QueryParams(asked): QueryParams<TasksQuery>,
) -> Result<Json<WholeJobView>, ApiProblem> {
    let (job, tally) = find_server_job(&sics, &caller, &server, &id, "Jobs_Read").await?;
    Ok(Json(job_with_tasks(&sics, job, tally, &asked).await?))
}

async fn job_with_tasks(
    sics: &Sics,
    job: JobRow,
    tally: TaskTally,
    asked: &TasksQuery,
) -> Result<WholeJobView, ApiProblem> {
    let limit = page_limit(sics, asked.limit)?;
    let names = JobNames::read_names(sics).await?;
    let after = TaskId(asked.after.unwrap_or(0));
    let rows = sics.store().list_job_tasks(job.id, after, limit).await?;
    let more = rows.len() == limit;
    let effects = task_effects(sics, &job, rows.iter().map(|(task, _)| task)).await?;
    let after = rows.last().filter(|_| more).map(|(task, _)| task.id.0);
    let tasks = rows
        .into_iter()
        .map(|(task, steps)| {
            let effect = effects.get(&task.device).cloned();
            task_view(task, steps, effect)
        })
        .collect();
    Ok(WholeJobView {
        job: names.job_view(&job, &tally),
        tasks,
        after,
    })
}

/// The inventory does not know who sent what is pending; whoever approves has to know of it all the same.
fn with_pending_actions(effect: String, shown: &[PendingIntuneAction]) -> String {
    let all: Vec<String> = shown.iter().map(ToString::to_string).collect();
    if all.is_empty() {
        effect
    } else {
        format!("pending in Intune when last read: {}; {effect}", all.join(", "))
    }
}

/// What the job does on each device to which nothing was sent yet: what an approver has to know. Taken from the device
/// as it is stored now.
async fn task_effects(
    sics: &Sics,
    job: &JobRow,
    tasks: impl Iterator<Item = &TaskRow>,
) -> Result<HashMap<DeviceId, String>, ApiProblem> {
    let open: Vec<DeviceId> = tasks
        .filter(|task| task.state.is_unissued())
        .map(|task| task.device)
        .collect();
    if open.is_empty() {
        return Ok(HashMap::new());
    }
    let spec = ActionSpec::for_action(job.verb);
    let Ok(parameters) = sealed_parameters::open_parameters(
        sics.job_intake().folder.secret_key(),
        JobSealContext::from_job(job),
        &job.parameters,
    ) else {
        return Ok(HashMap::new());
    };
    let targets = sics.store().find_targets(job.instance, open).await?;
    let effects = targets.into_iter().flatten().filter_map(|target| {
        let subject = Subject::from_device(&target.body)?;
        let effect = match (spec.fits)(&subject, &parameters) {
            Ok(()) => with_pending_actions(
                spec.effect_on(&subject, &parameters),
                &pending_actions::list_pending_actions(&target.body),
            ),
            Err(unfit) => format!("nothing: {}", unfit.reason),
        };
        Some((target.id, effect))
    });
    Ok(effects.collect())
}
