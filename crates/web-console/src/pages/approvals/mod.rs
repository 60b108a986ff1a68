//! Everything that waits for a second person: jobs, changes that loosen the guard (the kill switch off and workflows among
//! them), suspended operators, emergency actions to be reviewed; each with its form. Orders of apps are decided on their
//! own page; this one says how many wait.

mod decisions;
pub(crate) mod person;
mod rows;

use std::collections::BTreeMap;

use askama::Template;
use connector_core::model::ApprovalState;
use sics_client::contract::{
    JobSummaryView, JobsQuery, JobsView, NoticesView, OrderState, OrdersQuery, TasksQuery, WholeJobView, WorkflowQuery,
    WorkflowsView,
};

use crate::failure::{PageFailure, PageResult};
use crate::page::PageContext;
use crate::pages::actions::effects::EffectWords;
use crate::render::show_page_as;
use crate::routes::PageRoute;

use person::{PersonFields, form_status};
use rows::{ChangeRow, GlassRow, SuspensionRow, WaitingJobRow, WorkflowRow};

pub(crate) fn routes() -> Vec<PageRoute> {
    vec![
        PageRoute::get("/approvals", show_approvals),
        PageRoute::post("/approvals/changes/{id}/approve", decisions::approve_change),
        PageRoute::post("/approvals/changes/{id}/reject", decisions::reject_change),
        PageRoute::post("/approvals/broken-glass/{id}/acknowledge", decisions::acknowledge_glass),
        PageRoute::post("/approvals/suspensions/{operator}/lift", decisions::lift_suspension),
    ]
}

/// Rights of which one lets somebody see jobs.
const SEES_JOBS: [&str; 5] = ["Jobs_Read", "Jobs_Send", "Jobs_Approve", "Jobs_Cancel", "Jobs_Resolve"];
/// Waiting jobs that the page shows, and of those the ones with their devices.
const JOBS_SHOWN: usize = 100;
const JOBS_OPENED: usize = 20;
/// Devices of a job that is decided on this page; one with more is decided on its own.
const DEVICES_SHOWN: u64 = 20;

#[derive(Template)]
#[template(path = "pages/approvals.html")]
struct ApprovalsPage<'a> {
    ctx: &'a PageContext,
    jobs: Vec<WaitingJobRow>,
    more_jobs: bool,
    changes: Vec<ChangeRow>,
    workflows: Vec<WorkflowRow>,
    glasses: Vec<GlassRow>,
    suspensions: Vec<SuspensionRow>,
    needs_operator: usize,
    /// Orders that wait for approval.
    orders: u64,
    person: PersonFields,
    /// Of the form that was refused.
    failed_form: String,
    failure: Option<&'a PageFailure>,
}

impl ApprovalsPage<'_> {
    /// What is wrong with one of the forms.
    fn problem_of(&self, form: &str) -> Option<&PageFailure> {
        self.failure.filter(|_| self.failed_form == form)
    }

    /// Of the forms that another page answers.
    fn no_problem(&self) -> Option<&PageFailure> {
        None
    }

    fn is_empty(&self) -> bool {
        self.jobs.is_empty()
            && self.changes.is_empty()
            && self.workflows.is_empty()
            && self.glasses.is_empty()
            && self.suspensions.is_empty()
            && self.needs_operator == 0
            && self.orders == 0
    }
}

/// A form that was refused.
struct RefusedForm<'a> {
    form: String,
    failure: &'a PageFailure,
    person: PersonFields,
}

async fn show_approvals(ctx: PageContext) -> PageResult {
    render_approvals(&ctx, None).await
}

async fn read_waiting_jobs(ctx: &PageContext) -> Result<Option<JobsView>, PageFailure> {
    if !ctx.may_any(&SEES_JOBS) {
        return Ok(None);
    }
    let query = JobsQuery {
        approval: Some(ApprovalState::Waiting),
        limit: Some(JOBS_SHOWN),
        ..JobsQuery::default()
    };
    Ok(Some(ctx.client().list_jobs(&query).await?))
}

/// Those of the first jobs that have few devices, by number of the job.
async fn read_devices(ctx: &PageContext, jobs: &[JobSummaryView]) -> BTreeMap<i64, WholeJobView> {
    let small = jobs.iter().filter(|job| job.devices <= DEVICES_SHOWN).take(JOBS_OPENED);
    let reads = small.map(|job| async move {
        let query = TasksQuery {
            after: None,
            limit: Some(DEVICES_SHOWN as usize),
        };
        ctx.client().show_job(job.job, &query).await.ok()
    });
    let read = futures_util::future::join_all(reads).await;
    read.into_iter().flatten().map(|whole| (whole.job.job, whole)).collect()
}

async fn read_workflows(ctx: &PageContext) -> Result<Option<WorkflowsView>, PageFailure> {
    if !ctx.may("Workflows_Read") {
        return Ok(None);
    }
    Ok(Some(ctx.client().list_workflows(&WorkflowQuery::default()).await?))
}

/// How many orders wait for approval, as far as the reader sees orders.
async fn count_waiting_orders(ctx: &PageContext) -> Result<u64, PageFailure> {
    if !ctx.may("Orders_Read") {
        return Ok(0);
    }
    let query = OrdersQuery {
        state: Some(OrderState::WaitingForApproval),
        limit: Some(1),
        ..OrdersQuery::default()
    };
    Ok(ctx.client().list_orders(&query).await?.total)
}

async fn read_notices(ctx: &PageContext) -> Result<NoticesView, PageFailure> {
    Ok(ctx.client().list_notices().await?)
}

async fn render_approvals(ctx: &PageContext, refused: Option<RefusedForm<'_>>) -> PageResult {
    let (jobs, notices, workflows, orders) = tokio::try_join!(
        read_waiting_jobs(ctx),
        read_notices(ctx),
        read_workflows(ctx),
        count_waiting_orders(ctx),
    )?;
    let (failed_form, failure, person) = match refused {
        Some(refused) => (refused.form, Some(refused.failure), refused.person),
        None => (String::new(), None, PersonFields::signed_in(ctx)),
    };
    let changes = notices.waiting.iter().map(|change| ChangeRow::new(ctx, change));
    let glasses = notices.broken_glass.iter().map(|glass| GlassRow::new(ctx, glass));
    let waiting_jobs = jobs.as_ref().map(|view| view.jobs.as_slice()).unwrap_or_default();
    let devices = read_devices(ctx, waiting_jobs).await;
    let words = EffectWords::read(ctx);
    let job_row = |job: &JobSummaryView| WaitingJobRow::new(ctx, &words, (job, devices.get(&job.job)));
    let suspensions = jobs.iter().flat_map(|jobs| &jobs.suspended);
    let page = ApprovalsPage {
        ctx,
        more_jobs: jobs.as_ref().is_some_and(|jobs| jobs.before.is_some()),
        changes: changes.collect(),
        workflows: workflows.map(|view| rows::list_offered(ctx, &view)).unwrap_or_default(),
        glasses: glasses.collect(),
        suspensions: suspensions.map(|row| SuspensionRow::new(ctx, row)).collect(),
        needs_operator: notices.needs_operator.len(),
        orders,
        jobs: waiting_jobs.iter().map(job_row).collect(),
        person,
        failed_form,
        failure,
    };
    show_page_as(failure.map_or(http::StatusCode::OK, form_status), &page)
}
