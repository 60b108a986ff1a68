//! What waits, as the page of approvals shows it.

use chrono::{DateTime, Utc};
use connector_core::model::ActionDanger;
use serde_json::Value;
use sics_client::contract::{
    BlockedActionView, BrokenGlassView, JobSummaryView, RelaxationView, SuspensionView, WholeJobView, WorkflowsView,
};

use crate::clock_text::TimeText;
use crate::failure::hyphenate;
use crate::page::PageContext;
use crate::pages::actions::effects::EffectWords;
use crate::pages::device::fitting::action_label;
use crate::pages::jobs::job_page::{ApprovalForm, TaskRow};
use crate::pages::jobs::list::JobRow;
use crate::pages::jobs::words::{ShownSentence, danger_light, danger_word};
use crate::render::Markup;
use crate::texts::Language;

/// Who may agree: names with commas between them.
fn join_names(ctx: &PageContext, names: &[String]) -> String {
    let shown: Vec<String> = names.iter().map(|name| ctx.plain(name)).collect();
    shown.join(", ")
}

/// A job. It is decided here where all of its devices are shown here, and on its own page otherwise.
pub(super) struct WaitingJobRow {
    pub(super) row: JobRow,
    pub(super) is_destructive: bool,
    pub(super) reason: String,
    pub(super) may_agree: String,
    pub(super) expires: TimeText,
    pub(super) tasks: Vec<TaskRow>,
    pub(super) approval: Option<ApprovalForm>,
}

impl WaitingJobRow {
    /// `whole`: with its devices, if they are few.
    pub(super) fn new(
        ctx: &PageContext,
        words: &EffectWords,
        (job, whole): (&JobSummaryView, Option<&WholeJobView>),
    ) -> WaitingJobRow {
        let tasks = whole.iter().flat_map(|whole| &whole.tasks);
        WaitingJobRow {
            row: JobRow::new(ctx, job),
            is_destructive: job.danger == ActionDanger::Destructive,
            reason: ctx.plain(job.reason.as_deref().unwrap_or_default()),
            may_agree: join_names(ctx, &job.may_agree),
            expires: ctx.time(&job.expires_at),
            tasks: tasks.map(|task| TaskRow::new(ctx, words, task)).collect(),
            approval: whole.and_then(|whole| ApprovalForm::new(ctx, &whole.job)),
        }
    }
}

/// A change that loosens the guard.
pub(super) struct ChangeRow {
    pub(super) id: i64,
    /// Of its form, for what is wrong with it.
    pub(super) form: String,
    pub(super) kind: String,
    pub(super) sentence: Markup,
    pub(super) key: String,
    pub(super) before: String,
    pub(super) after: String,
    pub(super) scope: String,
    pub(super) asked_by: String,
    pub(super) asked_at: TimeText,
    pub(super) may_agree: String,
    pub(super) alone: Option<AloneTime>,
    pub(super) digest: String,
    pub(super) is_kill_switch: bool,
    pub(super) goes_out: Vec<OutgoingRow>,
    /// A workflow, whose text is to be looked at.
    pub(super) workflow: Option<String>,
}

/// From when on the requester may agree alone.
pub(super) struct AloneTime {
    pub(super) at: TimeText,
    pub(super) has_come: bool,
}

/// What would be sent at once.
pub(super) struct OutgoingRow {
    pub(super) action: String,
    pub(super) danger: String,
    pub(super) light: &'static str,
    pub(super) devices: String,
    pub(super) tenant: String,
}

impl ChangeRow {
    pub(super) fn new(ctx: &PageContext, change: &RelaxationView) -> ChangeRow {
        let text = |name: &str| change.change.get(name).and_then(Value::as_str).unwrap_or_default();
        let kind = text("kind");
        let asked_by = match &change.asked_by {
            Some(name) => ctx.plain(name),
            None => ctx.t("approvals-asked-by-file"),
        };
        ChangeRow {
            id: change.id,
            form: format!("change-{}", change.id),
            kind: ctx.t(&format!("approvals-kind-{}", known_kind(kind))),
            sentence: describe_change(ctx, kind, change),
            key: ctx.plain(text("key")),
            before: show_value(ctx, change.change.get("from")),
            after: show_value(ctx, change.change.get("to")),
            scope: match change.scope.as_str() {
                "bus" => ctx.t("approvals-scope-bus"),
                instance => ctx.plain(instance),
            },
            asked_by,
            asked_at: ctx.time(&change.asked_at),
            may_agree: join_names(ctx, &change.may_agree),
            alone: change.alone_at.map(|at| alone_time(ctx, at)),
            digest: change.digest.clone(),
            is_kill_switch: kind == "killSwitchOff",
            goes_out: change.goes_out.iter().map(|row| outgoing_row(ctx, row)).collect(),
            workflow: text("key").strip_prefix("workflow.").map(str::to_owned),
        }
    }
}

/// The end of the key of its text; what a later bus asks for is a change of some kind.
fn known_kind(kind: &str) -> String {
    match kind {
        "policyChange" | "killSwitchOff" | "suspensionLift" | "workflowChange" | "accountChange"
        | "applicationChange" => hyphenate(kind),
        _ => "other".to_owned(),
    }
}

/// The sentence of the API. On a page of another language the console says what it can say by itself before.
fn describe_change(ctx: &PageContext, kind: &str, change: &RelaxationView) -> Markup {
    let tenant = change.change.get("tenant").and_then(Value::as_str).unwrap_or_default();
    let own = match (ctx.language(), kind) {
        (Language::German, "killSwitchOff") if tenant == "*" => Some(ctx.t("approvals-kill-switch-off")),
        (Language::German, "killSwitchOff") => {
            Some(ctx.t1("approvals-kill-switch-off-tenant", "tenant", ctx.plain(tenant)))
        }
        (Language::German | Language::English, _) => None,
    };
    match own {
        Some(own) => ShownSentence::own(own).to_markup(),
        None => ShownSentence::from_api(ctx, change.sentence()).to_markup(),
    }
}

fn show_value(ctx: &PageContext, value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::Bool(true)) => ctx.t("yes"),
        Some(Value::Bool(false)) => ctx.t("no"),
        Some(Value::String(text)) => ctx.plain(text),
        Some(other) => ctx.plain(other.to_string()),
    }
}

fn alone_time(ctx: &PageContext, at: DateTime<Utc>) -> AloneTime {
    AloneTime {
        at: ctx.time(&at),
        has_come: at <= ctx.now(),
    }
}

fn outgoing_row(ctx: &PageContext, row: &BlockedActionView) -> OutgoingRow {
    OutgoingRow {
        action: action_label(ctx, row.action),
        danger: danger_word(ctx, row.danger),
        light: danger_light(row.danger),
        devices: ctx.count("jobs-devices", row.devices),
        tenant: ctx.plain(&row.tenant),
    }
}

/// A workflow with a text that does not run yet.
pub(super) struct WorkflowRow {
    pub(super) name: String,
    pub(super) instance: String,
    pub(super) summary: String,
    pub(super) version: String,
    pub(super) by: String,
    pub(super) since: TimeText,
}

/// Those that wait for the first person: the one who enables them.
pub(super) fn list_offered(ctx: &PageContext, view: &WorkflowsView) -> Vec<WorkflowRow> {
    let offered = view.workflows.iter().filter(|workflow| workflow.waiting.is_none());
    let offered = offered.filter_map(|workflow| Some((workflow, workflow.offered.as_ref()?)));
    offered
        .map(|(workflow, text)| WorkflowRow {
            name: workflow.name.clone(),
            instance: ctx.plain(&workflow.instance),
            summary: ctx.plain(&text.summary),
            version: ctx.plain(&text.version),
            by: ctx.plain(text.by.as_deref().unwrap_or_default()),
            since: ctx.time(&text.since),
        })
        .collect()
}

/// An emergency action that nobody else has reviewed.
pub(super) struct GlassRow {
    pub(super) id: i64,
    pub(super) form: String,
    pub(super) job: i64,
    pub(super) action: String,
    pub(super) instance: String,
    pub(super) device_id: String,
    pub(super) by: String,
    pub(super) reason: String,
    pub(super) at: TimeText,
}

impl GlassRow {
    pub(super) fn new(ctx: &PageContext, glass: &BrokenGlassView) -> GlassRow {
        GlassRow {
            id: glass.id,
            form: format!("glass-{}", glass.id),
            job: glass.job,
            action: action_label(ctx, glass.action),
            instance: glass.instance.clone().unwrap_or_default(),
            device_id: glass.device_id.to_string(),
            by: ctx.plain(&glass.by),
            reason: ctx.plain(&glass.reason),
            at: ctx.time(&glass.at),
        }
    }
}

/// An operator without destructive rights.
pub(super) struct SuspensionRow {
    /// As the path has it.
    pub(super) name: String,
    pub(super) form: String,
    pub(super) shown_name: String,
    pub(super) why: Markup,
    pub(super) since: TimeText,
}

impl SuspensionRow {
    pub(super) fn new(ctx: &PageContext, suspension: &SuspensionView) -> SuspensionRow {
        SuspensionRow {
            name: suspension.operator.clone(),
            form: format!("suspension-{}", suspension.operator),
            shown_name: ctx.plain(&suspension.operator),
            why: ctx.said(&suspension.why),
            since: ctx.time(&suspension.since),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_of_change_that_is_not_known_is_still_one() {
        assert_eq!(known_kind("killSwitchOff"), "kill-switch-off");
        assert_eq!(known_kind("accountChange"), "account-change");
        assert_eq!(known_kind("moonPhase"), "other");
    }
}
