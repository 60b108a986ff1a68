//! All jobs, the newest first; above them what waits for a person.

use askama::Template;
use connector_core::model::{ApprovalState, InstanceName};
use sics_client::ClientError;
use sics_client::contract::{AttentionView, JobSummaryView, JobsQuery, JobsView, SuspensionView};

use super::words::{danger_light, danger_word, judge_phase, state_word, tally_states};
use crate::clock_text::TimeText;
use crate::failure::PageResult;
use crate::list_state::ListState;
use crate::page::PageContext;
use crate::pages::device::fitting::action_label;
use crate::render::show_page;

/// Waiting jobs that are shown above the list; the page of approvals has all.
const WAITING_SHOWN: usize = 20;

#[derive(Template)]
#[template(path = "pages/jobs.html")]
struct JobsPage<'a> {
    ctx: &'a PageContext,
    list: ListState,
    instances: Vec<String>,
    servers: Vec<(String, String)>,
    jobs: Vec<JobRow>,
    /// Whether the page shows the newest jobs.
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
        ["instance", "state", "server", "before"]
            .iter()
            .any(|name| !self.list.value(name).is_empty())
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
    text: String,
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
            text: ctx.plain(task.text.as_deref().unwrap_or_default()),
            since: ctx.time(&task.updated_at),
        }
    }
}

struct SuspendedRow {
    operator: String,
    why: String,
    since: TimeText,
}

/// What the filters of the page ask the API for.
fn build_query(list: &ListState, waiting_only: bool) -> JobsQuery {
    let state = list.value("state");
    let approval = ApprovalState::ALL.iter().find(|approval| approval.name() == state);
    if waiting_only {
        return JobsQuery {
            approval: Some(ApprovalState::Waiting),
            limit: Some(WAITING_SHOWN),
            ..JobsQuery::default()
        };
    }
    JobsQuery {
        instance: list.value("instance").parse::<InstanceName>().ok(),
        approval: approval.copied(),
        open: (state == "open").then_some(true),
        before: list.value("before").parse().ok(),
        limit: Some(list.rows()),
    }
}

async fn read_jobs(ctx: &PageContext, list: &ListState) -> Result<JobsView, ClientError> {
    let query = build_query(list, false);
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
    let waiting_query = build_query(&list, true);
    let (view, waiting, servers) = tokio::join!(
        read_jobs(&ctx, &list),
        ctx.client().list_jobs(&waiting_query),
        read_servers(&ctx),
    );
    let (view, waiting) = (view?, waiting?);
    let rows = |jobs: &[JobSummaryView]| -> Vec<JobRow> { jobs.iter().map(|job| JobRow::new(&ctx, job)).collect() };
    let suspended = |row: &SuspensionView| SuspendedRow {
        operator: ctx.plain(&row.operator),
        why: ctx.plain(&row.why),
        since: ctx.time(&row.since),
    };
    show_page(&JobsPage {
        ctx: &ctx,
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
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_filters_of_the_page_are_those_of_the_api() {
        let list = ListState::new("/jobs", "state=open&instance=IntuneConnector_1&before=40&rows=20");
        let query = build_query(&list, false);
        assert_eq!((query.open, query.approval, query.before), (Some(true), None, Some(40)));
        assert_eq!(
            query.instance.map(|name| name.to_string()).as_deref(),
            Some("IntuneConnector_1")
        );
        assert_eq!(query.limit, Some(20));
        let rejected = build_query(&ListState::new("/jobs", "state=rejected"), false);
        assert_eq!(
            (rejected.open, rejected.approval),
            (None, Some(ApprovalState::Rejected))
        );
        let nonsense = build_query(&ListState::new("/jobs", "state=x&before=y&instance=%20"), false);
        assert_eq!((nonsense.open, nonsense.approval, nonsense.before), (None, None, None));
        let waiting = build_query(&list, true);
        assert_eq!((waiting.approval, waiting.before), (Some(ApprovalState::Waiting), None));
    }
}
