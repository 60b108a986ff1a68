//! One job: what it is, what became of it, one row per device with all steps; and the forms of those who decide.

use askama::Template;
use axum::extract::Path;
use connector_core::model::{ActionDanger, ApprovalState, PendingActionPolicy};
use serde_json::Value;
use sics_client::contract::{BrokenGlassView, JobSummaryView, TaskView, TasksQuery, WholeJobView};

use super::list::JobRow;
use super::words::{
    StateCount, StateTally, explain, explain_alternative, find_milestones, list_state_counts, state_light,
    tally_states, task_word,
};
use crate::clock_text::TimeText;
use crate::failure::{PageFailure, PageResult};
use crate::page::PageContext;
use crate::pages::actions::effects::EffectWords;
use crate::pages::approvals::person::{PersonFields, form_status};
use crate::render::{Markup, show_page_as};

/// Devices of one page of a job.
const DEVICES_SHOWN: usize = 200;

#[derive(Template)]
#[template(path = "pages/job.html")]
struct JobPage<'a> {
    ctx: &'a PageContext,
    job: JobHead,
    tasks: Vec<TaskRow>,
    next: Option<String>,
    is_first: bool,
    approval: Option<ApprovalForm>,
    can_cancel: bool,
    glass: Option<GlassCard>,
    person: PersonFields,
    /// Of the form that was refused.
    failed_form: &'static str,
    failure: Option<&'a PageFailure>,
}

impl JobPage<'_> {
    /// What is wrong with one of the forms.
    fn problem_of(&self, form: &str) -> Option<&PageFailure> {
        self.failure.filter(|_| self.failed_form == form)
    }
}

/// What is known of the job as a whole.
pub(super) struct JobHead {
    pub(super) row: JobRow,
    pub(super) id: String,
    states: Vec<StateCount>,
    parameters: Vec<(String, String)>,
    reason: String,
    definition: String,
    when_pending: String,
    decided: Option<(String, TimeText)>,
    approval: String,
    expires: TimeText,
    is_open: bool,
}

impl JobHead {
    pub(super) fn new(ctx: &PageContext, job: &JobSummaryView) -> JobHead {
        let tally = tally_states(&job.states);
        let decided_at = job.decided_at.as_ref().map(|at| ctx.time(at));
        JobHead {
            row: JobRow::new(ctx, job),
            id: job.id.clone(),
            states: list_state_counts(ctx, &job.states),
            parameters: list_parameters(ctx, &job.parameters),
            reason: ctx.plain(job.reason.as_deref().unwrap_or_default()),
            definition: ctx.plain(job.definition.as_deref().unwrap_or_default()),
            when_pending: match job.when_pending {
                PendingActionPolicy::Stop => String::new(),
                PendingActionPolicy::Wait => ctx.t("actions-pending-wait"),
                PendingActionPolicy::GoOn => ctx.t("actions-pending-goon"),
            },
            decided: job.decided_by.as_ref().map(|name| ctx.plain(name)).zip(decided_at),
            approval: ctx.word("jobs-approval-", job.approval.name()),
            expires: ctx.time(&job.expires_at),
            is_open: tally.ended < tally.total,
        }
    }
}

/// Names and values for people; secret ones say `(sealed)`.
fn list_parameters(ctx: &PageContext, parameters: &Value) -> Vec<(String, String)> {
    let pairs = parameters.as_object().into_iter().flatten();
    let show = |value: &Value| match value {
        Value::Bool(true) => ctx.t("yes"),
        Value::Bool(false) => ctx.t("no"),
        Value::String(text) => ctx.plain(text),
        other => other.to_string(),
    };
    pairs
        .map(|(name, value)| (ctx.word("actions-parameter-", name), show(value)))
        .collect()
}

/// A device of the job.
pub(crate) struct TaskRow {
    pub(crate) task: i64,
    pub(crate) device_id: String,
    pub(crate) name: String,
    pub(crate) serial: String,
    pub(crate) user: String,
    pub(crate) last_check_in: Option<TimeText>,
    pub(crate) platform: String,
    pub(crate) state: String,
    pub(crate) light: &'static str,
    pub(crate) needs_operator: bool,
    pub(crate) explanation: Option<Markup>,
    pub(crate) instead: Option<Markup>,
    pub(crate) effect: Option<Markup>,
    pub(crate) sent: Option<TimeText>,
    pub(crate) confirmed: Option<TimeText>,
    pub(crate) on_device: Option<TimeText>,
    pub(crate) next_look: Option<TimeText>,
    pub(crate) steps: Vec<StepRow>,
}

pub(crate) struct StepRow {
    pub(crate) at: TimeText,
    pub(crate) state: String,
    pub(crate) light: &'static str,
    pub(crate) explanation: Option<Markup>,
    pub(crate) cause: String,
}

impl TaskRow {
    pub(crate) fn new(ctx: &PageContext, words: &EffectWords, task: &TaskView) -> TaskRow {
        let milestones = find_milestones(task);
        let instead = task.detail.as_ref().and_then(|detail| detail.get("instead")?.as_str());
        let steps = task.transitions.iter().map(|step| StepRow {
            at: ctx.time(&step.at),
            state: task_word(ctx, step.state, step.cause.as_deref()),
            light: state_light(step.state),
            explanation: explain(ctx, step.cause.as_deref(), step.explanation()),
            cause: step.cause.clone().unwrap_or_default(),
        });
        TaskRow {
            task: task.task,
            device_id: task.device_id.to_string(),
            name: match &task.device.device_name {
                Some(name) => ctx.plain(name),
                None => task.device_id.to_string(),
            },
            serial: ctx.plain(task.device.serial_number.as_deref().unwrap_or_default()),
            user: ctx.plain(task.device.user_principal_name.as_deref().unwrap_or_default()),
            last_check_in: task.device.last_sync_date_time.as_ref().map(|at| ctx.time(at)),
            platform: words.show_platform(ctx, task.device.platform.as_deref().unwrap_or_default()),
            state: task_word(ctx, task.state, task.cause.as_deref()),
            light: state_light(task.state),
            needs_operator: task.state.needs_operator(),
            explanation: explain(ctx, task.cause.as_deref(), task.explanation()),
            instead: explain_alternative(ctx, instead),
            effect: task.effect.as_deref().map(|effect| words.show_effect(ctx, effect)),
            sent: milestones.sent.as_ref().map(|at| ctx.time(at)),
            confirmed: milestones.confirmed.as_ref().map(|at| ctx.time(at)),
            on_device: milestones.on_device.as_ref().map(|at| ctx.time(at)),
            next_look: task.next_look_at.as_ref().map(|at| ctx.time(at)),
            steps: steps.collect(),
        }
    }
}

/// The form of a second person.
pub(crate) struct ApprovalForm {
    pub(crate) number: i64,
    pub(crate) digest: String,
    pub(crate) may_agree: String,
    pub(crate) devices: u64,
    pub(crate) is_destructive: bool,
}

impl ApprovalForm {
    pub(crate) fn new(ctx: &PageContext, job: &JobSummaryView) -> Option<ApprovalForm> {
        let digest = job.approval_digest.clone()?;
        let names: Vec<String> = job.may_agree.iter().map(|name| ctx.plain(name)).collect();
        (job.approval == ApprovalState::Waiting).then(|| ApprovalForm {
            number: job.job,
            digest,
            may_agree: names.join(", "),
            devices: job.devices,
            is_destructive: job.danger == ActionDanger::Destructive,
        })
    }
}

/// An emergency action, and who has reviewed it.
struct GlassCard {
    id: i64,
    by: String,
    reason: String,
    at: TimeText,
    seen: Option<(String, TimeText)>,
}

impl GlassCard {
    fn new(ctx: &PageContext, glass: &BrokenGlassView) -> GlassCard {
        let seen_at = glass.seen_at.as_ref().map(|at| ctx.time(at));
        GlassCard {
            id: glass.id,
            by: ctx.plain(&glass.by),
            reason: ctx.plain(&glass.reason),
            at: ctx.time(&glass.at),
            seen: glass.seen_by.as_ref().map(|name| ctx.plain(name)).zip(seen_at),
        }
    }
}

/// What the page shows again after a form of it was refused.
pub(super) struct RefusedForm<'a> {
    pub(super) form: &'static str,
    pub(super) failure: &'a PageFailure,
    pub(super) person: PersonFields,
}

pub(super) async fn show_job(ctx: PageContext, Path(id): Path<String>) -> PageResult {
    render_job(&ctx, &id, None).await
}

/// Whether what was not sent can still be stopped by whoever looks.
fn may_cancel(ctx: &PageContext, job: &JobSummaryView, tally: &StateTally) -> bool {
    let is_own = job.server.is_none() && job.operator.as_deref() == Some(ctx.operator());
    tally.unsent > 0 && (ctx.may("Jobs_Cancel") || (is_own && ctx.may("Jobs_Send")))
}

async fn find_glass(ctx: &PageContext, job: &JobSummaryView) -> Result<Option<GlassCard>, PageFailure> {
    if !job.broken_glass {
        return Ok(None);
    }
    let all = ctx.client().list_broken_glass().await?.broken_glass;
    Ok(all
        .iter()
        .find(|glass| glass.job == job.job)
        .map(|glass| GlassCard::new(ctx, glass)))
}

pub(super) async fn render_job(ctx: &PageContext, id: &str, refused: Option<RefusedForm<'_>>) -> PageResult {
    let list = ctx.list();
    let after = list.value("after").parse().ok();
    let query = TasksQuery {
        after,
        limit: Some(DEVICES_SHOWN),
    };
    let WholeJobView {
        job,
        tasks,
        after: next,
    } = ctx.client().show_job(id, &query).await?;
    let words = EffectWords::read(ctx);
    let (failed_form, failure, person) = match refused {
        Some(refused) => (refused.form, Some(refused.failure), refused.person),
        None => ("", None, PersonFields::signed_in(ctx)),
    };
    let tally = tally_states(&job.states);
    let page = JobPage {
        ctx,
        job: JobHead::new(ctx, &job),
        tasks: tasks.iter().map(|task| TaskRow::new(ctx, &words, task)).collect(),
        next: next.map(|after| ctx.link(&format!("/jobs/{}?after={after}", job.job))),
        is_first: after.is_none(),
        approval: ApprovalForm::new(ctx, &job),
        can_cancel: may_cancel(ctx, &job, &tally),
        glass: find_glass(ctx, &job).await?,
        person,
        failed_form,
        failure,
    };
    let status = failure.map_or(http::StatusCode::OK, form_status);
    show_page_as(status, &page)
}
