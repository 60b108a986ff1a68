//! All jobs, filtered and sorted, the newest first unless another order is asked for; above them what waits for a person.

use askama::Template;
use connector_core::model::{ActionKind, TaskState};
use http::StatusCode;
use sics_client::ClientError;
use sics_client::contract::{AttentionView, JobSort, JobSummaryView, JobsQuery, JobsView, SortOrder, SuspensionView};

use super::question::{SortHead, build_query, build_waiting_query, is_filtered, read_order};
use super::words::{danger_light, danger_word, judge_phase, state_word, tally_states};
use crate::clock_text::TimeText;
use crate::failure::{PageFailure, PageResult, is_wrong_filter};
use crate::list_state::ListState;
use crate::page::PageContext;
use crate::pages::device::fitting::action_label;
use crate::render::{Markup, show_page_as};

#[derive(Template)]
#[template(path = "pages/jobs.html")]
struct JobsPage<'a> {
    ctx: &'a PageContext,
    list: ListState,
    /// What is wrong with a filter.
    problem: Option<&'a PageFailure>,
    instances: Vec<String>,
    servers: Vec<(String, String)>,
    /// Wire names and words, for the filter.
    actions: Vec<(&'static str, String)>,
    /// The same of devices.
    states: Vec<(&'static str, String)>,
    by_number: SortHead,
    by_time: SortHead,
    is_newest_first: bool,
    jobs: Vec<JobRow>,
    /// How many match, on all pages.
    total: u64,
    /// Whether the page shows the first jobs of the order.
    is_first: bool,
    older: Option<String>,
    waiting: Vec<JobRow>,
    more_waiting: bool,
    needs_operator: Vec<OperatorRow>,
    suspended: Vec<SuspendedRow>,
    /// Emergency actions that no second person has reviewed.
    broken_glass: usize,
}

impl JobsPage<'_> {
    fn is_filtered(&self) -> bool {
        is_filtered(&self.list)
    }
}

/// A job in the list.
pub(crate) struct JobRow {
    pub(crate) number: i64,
    /// Its number in words that stay on one line.
    pub(crate) title: String,
    pub(crate) action: String,
    pub(crate) danger: String,
    pub(crate) danger_light: &'static str,
    pub(crate) instance: String,
    pub(crate) done: u64,
    pub(crate) total: u64,
    pub(crate) devices: String,
    pub(crate) phase: String,
    pub(crate) phase_light: &'static str,
    pub(crate) asked_by: String,
    pub(crate) created: TimeText,
    pub(crate) broken_glass: bool,
    pub(crate) urgent: bool,
}

impl JobRow {
    pub(crate) fn new(ctx: &PageContext, job: &JobSummaryView) -> JobRow {
        let tally = tally_states(&job.states);
        let phase = judge_phase(job.approval, &tally);
        JobRow {
            number: job.job,
            title: ctx
                .t1("job-number", "number", job.job.to_string())
                .replace(' ', "\u{a0}"),
            action: action_label(ctx, job.action),
            danger: danger_word(ctx, job.danger),
            danger_light: danger_light(job.danger),
            instance: ctx.plain(job.instance.as_deref().unwrap_or_default()),
            done: tally.ended,
            total: tally.total,
            devices: ctx.count("jobs-devices", job.devices),
            phase: phase.describe(ctx, &tally),
            phase_light: phase.light(),
            asked_by: describe_sender(ctx, job),
            created: ctx.time(&job.created_at),
            broken_glass: job.broken_glass,
            urgent: job.urgent,
        }
    }
}

/// Account, management server, and who asked them.
pub(crate) fn describe_sender(ctx: &PageContext, job: &JobSummaryView) -> String {
    let operator = match &job.operator {
        Some(name) => ctx.plain(name),
        None => ctx.t("jobs-operator-removed"),
    };
    let sender = match &job.server {
        Some(server) => ctx.t2("jobs-sent-as-server", "operator", operator, "server", ctx.plain(server)),
        None => operator,
    };
    match &job.requested_by {
        Some(requester) => ctx.t2("jobs-sent-for", "sender", sender, "requester", ctx.plain(requester)),
        None => sender,
    }
}

struct OperatorRow {
    job: i64,
    task: i64,
    action: String,
    device: String,
    instance: String,
    state: String,
    text: Markup,
    since: TimeText,
}

impl OperatorRow {
    fn new(ctx: &PageContext, task: &AttentionView) -> OperatorRow {
        OperatorRow {
            job: task.job,
            task: task.task,
            action: action_label(ctx, task.action),
            device: match &task.device_name {
                Some(name) => ctx.plain(name),
                None => task.device_id.to_string(),
            },
            instance: ctx.plain(task.instance.as_deref().unwrap_or_default()),
            state: state_word(ctx, task.state),
            text: ctx.said(task.text.as_deref().unwrap_or_default()),
            since: ctx.time(&task.updated_at),
        }
    }
}

struct SuspendedRow {
    operator: String,
    why: Markup,
    since: TimeText,
}

async fn read_jobs(ctx: &PageContext, list: &ListState) -> Result<JobsView, ClientError> {
    let query = build_query(list);
    match list.value("server") {
        "" => ctx.client().list_jobs(&query).await,
        server => {
            let all_instances = JobsQuery {
                instance: None,
                ..query
            };
            ctx.client().list_jobs_of_server(server, &all_instances).await
        }
    }
}

/// A wrong filter is told beside it, and what was typed stays.
fn keep_wrong_filter(jobs: Result<JobsView, ClientError>) -> Result<(JobsView, Option<PageFailure>), PageFailure> {
    match jobs {
        Ok(view) => Ok((view, None)),
        Err(error) if is_wrong_filter(&error) => {
            let mut failure = PageFailure::from(error);
            failure.status = StatusCode::UNPROCESSABLE_ENTITY;
            let nothing = JobsView {
                needs_operator: Vec::new(),
                jobs: Vec::new(),
                before: None,
                total: None,
                suspended: Vec::new(),
                broken_glass: Vec::new(),
            };
            Ok((nothing, Some(failure)))
        }
        Err(error) => Err(error.into()),
    }
}

/// Management servers for the filter: id and name.
async fn read_servers(ctx: &PageContext) -> Vec<(String, String)> {
    if !ctx.may_any(&["Servers_Read", "Servers_Announce"]) {
        return Vec::new();
    }
    let read = ctx.client().list_servers().await;
    let servers = read.map(|view| view.servers).unwrap_or_default();
    servers
        .into_iter()
        .map(|server| (server.id, server.display_name))
        .collect()
}

pub(super) async fn show_jobs(ctx: PageContext) -> PageResult {
    let list = ctx.list();
    let is_first = list.value("before").is_empty();
    let waiting_query = build_waiting_query();
    let (view, waiting, servers) = tokio::join!(
        read_jobs(&ctx, &list),
        ctx.client().list_jobs(&waiting_query),
        read_servers(&ctx),
    );
    let ((view, problem), waiting) = (keep_wrong_filter(view)?, waiting?);
    let status = problem.as_ref().map_or(StatusCode::OK, |failure| failure.status);
    let rows = |jobs: &[JobSummaryView]| -> Vec<JobRow> { jobs.iter().map(|job| JobRow::new(&ctx, job)).collect() };
    let suspended = |row: &SuspensionView| SuspendedRow {
        operator: ctx.plain(&row.operator),
        why: ctx.said(&row.why),
        since: ctx.time(&row.since),
    };
    let states = TaskState::ALL.iter().filter(|state| state.published_state() == **state);
    let page = JobsPage {
        ctx: &ctx,
        problem: problem.as_ref(),
        actions: list_actions(&ctx),
        states: states.map(|state| (state.name(), state_word(&ctx, *state))).collect(),
        by_number: SortHead::new(&list, JobSort::Number),
        by_time: SortHead::new(&list, JobSort::Time),
        is_newest_first: read_order(&list) == SortOrder::Descending,
        total: view.total.unwrap_or_default(),
        instances: ctx
            .account()
            .map(|account| account.instances.clone())
            .unwrap_or_default(),
        servers,
        jobs: rows(&view.jobs),
        is_first,
        older: view.before.map(|before| list.link_with("before", &before.to_string())),
        waiting: rows(&waiting.jobs),
        more_waiting: waiting.before.is_some(),
        needs_operator: view
            .needs_operator
            .iter()
            .map(|task| OperatorRow::new(&ctx, task))
            .collect(),
        suspended: view.suspended.iter().map(suspended).collect(),
        broken_glass: view.broken_glass.len(),
        list,
    };
    show_page_as(status, &page)
}

/// All actions for the filter, in the order of their words: name and word.
fn list_actions(ctx: &PageContext) -> Vec<(&'static str, String)> {
    let mut actions: Vec<(&str, String)> = ActionKind::ALL
        .iter()
        .map(|action| (action.name(), action_label(ctx, *action)))
        .collect();
    actions.sort_by_cached_key(|(_, word)| word.to_lowercase());
    actions
}
