//! What was asked of devices within some days, by whom, who agreed, and what became of it: a row for each device of each job.

use serde_json::Value;

use super::context::{ReportContext, sending_server};
use super::definition::{ColumnDefinition, ReportDefinition, ReportSource, number, text, time};
use super::table::{NamedCounts, ReportCell, ReportTable};
use crate::contract::ShownDevice;
use crate::store::WalkedTask;

pub(super) const REPORT: ReportDefinition = ReportDefinition {
    name: "actions",
    title: "Actions",
    summary: "Actions of the last given number of days, the newest first: on which device, by whom, approved by whom, with \
              which outcome",
    days: Some(30),
    columns: COLUMNS,
    source: ReportSource::Jobs(build),
};

const COLUMNS: &[ColumnDefinition] = &[
    number("job", "Job"),
    text("action", "Action"),
    text("deviceName", "Device name"),
    text("serialNumber", "Serial number"),
    text("user", "User"),
    text("askedBy", "Asked by"),
    text("server", "Management server"),
    text("requestedBy", "On behalf of"),
    text("reason", "Reason"),
    text("approval", "Approval"),
    text("decidedBy", "Approved or rejected by"),
    text("outcome", "Outcome"),
    text("cause", "Cause"),
    time("askedAt", "Asked at"),
    time("decidedAt", "Approved or rejected at"),
    time("sentAt", "Sent at"),
    time("updatedAt", "Outcome since"),
    text("instance", "Instance"),
    text("deviceId", "Device id"),
];

fn build(tasks: &mut dyn Iterator<Item = WalkedTask>, context: &ReportContext) -> ReportTable {
    let (mut rows, mut totals) = (Vec::new(), NamedCounts::default());
    for task in tasks {
        totals.add(task.state.published_state().name());
        rows.push(build_row(task, context));
    }
    ReportTable {
        rows,
        totals: totals.into_totals(),
        unreadable: 0,
    }
}

fn build_row(task: WalkedTask, context: &ReportContext) -> Box<[ReportCell]> {
    let shown: ShownDevice = serde_json::from_str(&task.shown).unwrap_or_default();
    let about: Value = serde_json::from_str(&task.about).unwrap_or_default();
    let server = sending_server(&task.source).map(|id| id.to_string());
    Box::new([
        task.job.0.into(),
        task.action.name().into(),
        shown.device_name.into(),
        shown.serial_number.into(),
        shown.user_principal_name.into(),
        context.operator_cell(task.operator),
        server.into(),
        about["requestedBy"].as_str().into(),
        about["reason"].as_str().into(),
        task.approval.name().into(),
        task.decided_by.map(|id| context.operator_cell(id)).into(),
        task.state.published_state().name().into(),
        task.cause.into(),
        task.created_at.into(),
        task.decided_at.into(),
        task.sent_at.into(),
        task.updated_at.into(),
        context.instance_cell(task.instance),
        task.device.to_string().into(),
    ])
}
