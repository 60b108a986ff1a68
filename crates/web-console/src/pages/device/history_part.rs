//! What a device was and what was done to it, as its page shows it.

use connector_core::model::{TaskStage, TaskState};
use serde_json::Value;
use sics_client::contract::{
    DeviceDecisionView, DeviceHistoryView, DeviceTaskView, EarlierIdentityView, FieldChangeView, FieldView,
};

use super::device_face::device_path;
use super::fitting::action_label;
use super::shown_value::ShownValue;
use crate::clock_text::TimeText;
use crate::page::PageContext;
use crate::pages::jobs::sentences::explain;
use crate::pages::jobs::words::task_word;
use crate::render::Markup;

/// The history of a device.
pub(crate) struct HistoryPart {
    pub(crate) days: u32,
    /// When it went, and why.
    pub(crate) gone: Option<(TimeText, String)>,
    pub(crate) changes: Vec<ChangeRow>,
    /// Older changes are read from here.
    pub(crate) before: Option<i64>,
    pub(crate) identities: Vec<IdentityRow>,
    pub(crate) tasks: Vec<TaskRow>,
    pub(crate) more_tasks: bool,
    pub(crate) decisions: Vec<DecisionRow>,
    pub(crate) more_decisions: bool,
    /// Rights for want of which something is left out.
    pub(crate) missing_rights: Vec<String>,
}

pub(crate) struct ChangeRow {
    pub(crate) at: TimeText,
    pub(crate) field: String,
    pub(crate) name: String,
    pub(crate) before: ShownValue,
    pub(crate) after: ShownValue,
}

pub(crate) struct IdentityRow {
    pub(crate) name: String,
    pub(crate) id: String,
    /// Path of the device of that id; `None`: this one.
    pub(crate) path: Option<String>,
    pub(crate) since: Option<TimeText>,
    pub(crate) until: Option<TimeText>,
    pub(crate) reason: String,
}

pub(crate) struct TaskRow {
    pub(crate) job: i64,
    pub(crate) action: String,
    pub(crate) state: String,
    pub(crate) state_class: &'static str,
    pub(crate) asked_by: String,
    pub(crate) at: TimeText,
    /// What became of it.
    pub(crate) message: Option<Markup>,
}

pub(crate) struct DecisionRow {
    pub(crate) at: TimeText,
    pub(crate) until: TimeText,
    pub(crate) node: String,
    pub(crate) outcome: String,
    pub(crate) outcome_class: &'static str,
    pub(crate) reasons: Vec<Markup>,
}

impl HistoryPart {
    pub(crate) fn new(ctx: &PageContext, view: &DeviceHistoryView, fields: &[FieldView]) -> HistoryPart {
        let own_id = view.device_id.to_string();
        let identity = |row: &EarlierIdentityView| identity_row(ctx, &view.instance, &own_id, row);
        HistoryPart {
            days: view.days,
            gone: view.gone_at.map(|at| {
                let reason = view.gone_reason.map(|reason| ctx.word("device-was-", reason.name()));
                (ctx.time(&at), reason.unwrap_or_default())
            }),
            changes: view.changes.iter().map(|row| change_row(ctx, fields, row)).collect(),
            before: view.before,
            identities: view.identities.iter().map(identity).collect(),
            tasks: view.tasks.iter().map(|row| TaskRow::new(ctx, row)).collect(),
            more_tasks: view.more_tasks,
            decisions: view.decisions.iter().map(|row| decision_row(ctx, row)).collect(),
            more_decisions: view.more_decisions,
            missing_rights: view.missing_rights.clone(),
        }
    }
}

fn change_row(ctx: &PageContext, fields: &[FieldView], row: &FieldChangeView) -> ChangeRow {
    let base = row.field.split('.').next().unwrap_or_default();
    let field = fields.iter().find(|field| field.name == base);
    let value = |value: &Value| ShownValue::of_field(ctx, &row.field, field, value);
    let member = row.field.strip_prefix(base).unwrap_or_default();
    ChangeRow {
        at: ctx.time(&row.at),
        field: format!("{}{}", ctx.word("field-", base), ctx.plain(member)),
        name: ctx.plain(&row.field),
        before: value(&row.before),
        after: value(&row.after),
    }
}

fn identity_row(ctx: &PageContext, instance: &str, own_id: &str, row: &EarlierIdentityView) -> IdentityRow {
    let id = row.device_id.to_string();
    IdentityRow {
        name: ctx.plain(row.device_name.as_deref().unwrap_or_default()),
        path: (id != own_id).then(|| device_path(instance, &id)),
        since: row.since.map(|at| ctx.time(&at)),
        until: row.until.map(|at| ctx.time(&at)),
        reason: ctx.word("device-was-", &row.reason),
        id,
    }
}

impl TaskRow {
    pub(crate) fn new(ctx: &PageContext, row: &DeviceTaskView) -> TaskRow {
        TaskRow {
            job: row.job,
            action: action_label(ctx, row.action),
            state: task_word(ctx, row.state, row.cause.as_deref()),
            state_class: task_class(row.state),
            asked_by: ctx.plain(row.asked_by.as_deref().unwrap_or_default()),
            at: ctx.time(&row.at),
            message: explain(ctx, row.cause.as_deref(), row.message.as_deref()),
        }
    }
}

/// Class of a task's badge.
fn task_class(state: TaskState) -> &'static str {
    match state.stage() {
        TaskStage::Ended => "good",
        TaskStage::EndedWithoutEffect => "bad",
        TaskStage::NeedsOperator => "warning",
        TaskStage::Unissued | TaskStage::UnderWay => "",
    }
}

fn decision_row(ctx: &PageContext, row: &DeviceDecisionView) -> DecisionRow {
    DecisionRow {
        at: ctx.time(&row.at),
        until: ctx.time(&row.until),
        node: ctx.plain(&row.node),
        outcome: ctx.word("outcome-", row.outcome.id()),
        outcome_class: outcome_class(row.outcome.is_acceptable()),
        reasons: row.reasons.iter().map(|reason| ctx.said(reason)).collect(),
    }
}

fn outcome_class(is_acceptable: bool) -> &'static str {
    if is_acceptable { "good" } else { "bad" }
}
