//! What the store tells of a period, as tables and lines: CSV with a comma, UTF-8, times as RFC 3339 in UTC. Texts of
//! people are marked as text where a spreadsheet would see a formula.

use std::collections::BTreeMap;
use std::io::Write;

use chrono::SecondsFormat;

use super::ENTRIES;
use super::archive::EvidenceArchive;
use crate::contract::{AuditEntryView, EvidenceEntriesView, ShownDevice};
use crate::model::{
    ActionDanger, ApprovalState, InstanceId, InstanceName, OperatorId, Timestamp, escape_spreadsheet_cell,
};
use crate::store::{BrokenGlass, EvidenceReader, JobRow, OrderRow, RelaxationRow, StoreError, TaskRow};

const SEPARATOR: char = ',';

/// Name of a file, and its columns.
type TableHead = (&'static str, &'static [&'static str]);

const APPROVALS: TableHead = (
    "approvals.csv",
    &[
        "job",
        "id",
        "instance",
        "server",
        "action",
        "danger",
        "devices",
        "reason",
        "askedBy",
        "askedAt",
        "approval",
        "decidedBy",
        "decidedAt",
    ],
);
const ACTIONS: TableHead = (
    "actions.csv",
    &[
        "task",
        "job",
        "instance",
        "deviceId",
        "deviceName",
        "serialNumber",
        "action",
        "danger",
        "server",
        "askedBy",
        "askedAt",
        "approval",
        "approvedBy",
        "approvedAt",
        "brokenGlass",
        "sentAt",
        "attempts",
        "state",
        "cause",
        "updatedAt",
    ],
);
const LOOSENINGS: TableHead = (
    "loosenings.csv",
    &[
        "request",
        "scope",
        "subject",
        "change",
        "askedBy",
        "askedAt",
        "state",
        "decidedBy",
        "decidedAt",
    ],
);
const BROKEN_GLASS: TableHead = (
    "broken_glass.csv",
    &[
        "number",
        "job",
        "instance",
        "deviceId",
        "action",
        "by",
        "reason",
        "at",
        "reviewedBy",
        "reviewedAt",
    ],
);
const ORDERS: TableHead = (
    "orders.csv",
    &[
        "order",
        "instance",
        "application",
        "type",
        "targetKind",
        "target",
        "placedBy",
        "placedAt",
        "approval",
        "decidedBy",
        "decidedAt",
        "processedAt",
        "state",
        "status",
        "endedAt",
        "cost",
        "currency",
        "costCentre",
    ],
);
/// Who decided where no account did; no account can be called so.
const APPROVAL_ADDRESS: &str = "approval address";
const ACCOUNTS: TableHead = ("accounts.csv", &["entry", "at", "actor", "action", "subject", "detail"]);
/// What entries of the trail about accounts and rights begin with.
const ACCOUNT_ACTIONS: [&str; 4] = ["operator.", "role.", "token.", "secondFactor."];

/// Names for the numbers in rows.
pub(super) struct EvidenceNames {
    accounts: BTreeMap<OperatorId, String>,
    instances: BTreeMap<InstanceId, InstanceName>,
}

impl EvidenceNames {
    pub(super) fn read(reader: &EvidenceReader<'_>) -> Result<EvidenceNames, StoreError> {
        Ok(EvidenceNames {
            accounts: reader.list_account_names()?,
            instances: reader.list_instance_names()?,
        })
    }

    /// The number where there is no name: whose it was is not known any more.
    fn account(&self, id: Option<OperatorId>) -> String {
        let Some(id) = id else { return String::new() };
        self.accounts.get(&id).cloned().unwrap_or_else(|| id.to_string())
    }

    fn instance(&self, id: InstanceId) -> String {
        let name = self.instances.get(&id);
        name.map_or_else(|| id.to_string(), ToString::to_string)
    }
}

/// All tables; answers how many rows each has.
pub(super) fn write_tables(
    reader: &EvidenceReader<'_>,
    archive: &mut EvidenceArchive,
    names: &EvidenceNames,
    devices_named: bool,
) -> Result<BTreeMap<String, u64>, StoreError> {
    let mut rows = BTreeMap::new();
    add_table(archive, &mut rows, APPROVALS, &mut |table| {
        reader.visit_approvals(&mut |(job, devices)| table.write_row(&approval_cells(names, &job, devices)))
    })?;
    add_table(archive, &mut rows, ACTIONS, &mut |table| {
        reader.visit_tasks(&mut |(task, job)| table.write_row(&action_cells(names, task, &job, devices_named)))
    })?;
    add_table(archive, &mut rows, LOOSENINGS, &mut |table| {
        reader.visit_relaxations(&mut |row| table.write_row(&loosening_cells(names, &row)))
    })?;
    add_table(archive, &mut rows, BROKEN_GLASS, &mut |table| {
        reader.visit_broken_glass(&mut |row| table.write_row(&broken_glass_cells(names, row)))
    })?;
    add_table(archive, &mut rows, ORDERS, &mut |table| {
        reader.visit_orders(&mut |order| table.write_row(&order_cells(order, devices_named)))
    })?;
    add_table(archive, &mut rows, ACCOUNTS, &mut |table| {
        let mut write_change = |entry: AuditEntryView| {
            if is_account_change(&entry.action) {
                table.write_row(&account_cells(entry))
            } else {
                Ok(())
            }
        };
        reader.visit_entries(&mut write_change).map(drop)
    })?;
    Ok(rows)
}

/// The entries of the audit trail, one a line, as the export writes them.
pub(super) fn write_entries(
    reader: &EvidenceReader<'_>,
    archive: &mut EvidenceArchive,
) -> Result<EvidenceEntriesView, StoreError> {
    archive.write_file_with(ENTRIES, |file| {
        reader.visit_entries(&mut |entry| {
            let mut line = serde_json::to_vec(&entry).expect("an entry has only plain fields");
            line.push(b'\n');
            file.write_all(&line).map_err(|error| StoreError::from_io_error(&error))
        })
    })
}

/// Puts rows into a table.
type FillTable<'f> = &'f mut dyn FnMut(&mut EvidenceTable<'_>) -> Result<(), StoreError>;

struct EvidenceTable<'a> {
    writer: csv::Writer<&'a mut EvidenceArchive>,
    rows: u64,
}

impl EvidenceTable<'_> {
    fn write_row(&mut self, cells: &[String]) -> Result<(), StoreError> {
        let harmless = cells.iter().map(|cell| escape_spreadsheet_cell(cell, SEPARATOR));
        self.writer.write_record(harmless).map_err(table_error)?;
        self.rows += 1;
        Ok(())
    }
}

fn add_table(
    archive: &mut EvidenceArchive,
    rows: &mut BTreeMap<String, u64>,
    (name, head): TableHead,
    fill: FillTable<'_>,
) -> Result<(), StoreError> {
    let count = archive.write_file_with(name, |file| {
        let mut table = EvidenceTable {
            writer: csv::Writer::from_writer(file),
            rows: 0,
        };
        table.writer.write_record(head).map_err(table_error)?;
        fill(&mut table)?;
        let flushed = table.writer.flush();
        flushed.map_err(|error| StoreError::from_io_error(&error))?;
        Ok(table.rows)
    })?;
    rows.insert(name.to_owned(), count);
    Ok(())
}

fn is_account_change(action: &str) -> bool {
    ACCOUNT_ACTIONS.iter().any(|begin| action.starts_with(*begin))
}

fn table_error(error: csv::Error) -> StoreError {
    let error = match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => std::io::Error::other(format!("{other:?}")),
    };
    StoreError::from_io_error(&error)
}

fn approval_cells(names: &EvidenceNames, job: &JobRow, devices: u64) -> Vec<String> {
    vec![
        job.id.to_string(),
        job.name.clone(),
        names.instance(job.instance),
        sending_server(job),
        job.verb.name().to_owned(),
        danger_word(job).to_owned(),
        devices.to_string(),
        job.about["reason"].as_str().unwrap_or_default().to_owned(),
        names.account(Some(job.operator)),
        time_cell(Some(job.created_at)),
        job.approval.name().to_owned(),
        names.account(job.decided_by),
        time_cell(job.decided_at),
    ]
}

fn action_cells(names: &EvidenceNames, task: TaskRow, job: &JobRow, devices_named: bool) -> Vec<String> {
    let shown: ShownDevice = serde_json::from_value(task.shown).unwrap_or_default();
    let named = |name: Option<String>| name.filter(|_| devices_named).unwrap_or_default();
    let is_approved = job.approval == ApprovalState::Approved;
    vec![
        task.id.to_string(),
        job.id.to_string(),
        names.instance(task.instance),
        task.device.to_string(),
        named(shown.device_name),
        named(shown.serial_number),
        task.verb.name().to_owned(),
        danger_word(job).to_owned(),
        sending_server(job),
        names.account(Some(task.operator)),
        time_cell(Some(job.created_at)),
        job.approval.name().to_owned(),
        names.account(job.decided_by.filter(|_| is_approved)),
        time_cell(job.decided_at.filter(|_| is_approved)),
        yes_or_no(job.broken_glass),
        time_cell(task.sent_at),
        task.attempts.to_string(),
        task.state.published_state().name().to_owned(),
        task.cause.unwrap_or_default(),
        time_cell(Some(task.updated_at)),
    ]
}

fn loosening_cells(names: &EvidenceNames, row: &RelaxationRow) -> Vec<String> {
    let asked_by = match row.asked_by {
        Some(id) => names.account(Some(id)),
        None => "settings file".to_owned(),
    };
    vec![
        row.id.to_string(),
        row.relaxation.guard_scope().to_text(),
        row.relaxation.subject_key(),
        row.relaxation.approval_text().to_owned(),
        asked_by,
        time_cell(Some(row.asked_at)),
        row.state.name().to_owned(),
        names.account(row.decided_by),
        time_cell(row.decided_at),
    ]
}

fn broken_glass_cells(names: &EvidenceNames, row: BrokenGlass) -> Vec<String> {
    vec![
        row.id.to_string(),
        row.job.to_string(),
        names.instance(row.instance),
        row.device.to_string(),
        row.verb.name().to_owned(),
        row.by,
        row.reason,
        time_cell(Some(row.at)),
        row.seen_by.unwrap_or_default(),
        time_cell(row.seen_at),
    ]
}

/// Names are those of then: an order keeps them.
fn order_cells(order: OrderRow, targets_named: bool) -> Vec<String> {
    let decided_by = match (order.decided_by_name, order.decided_at) {
        (Some(name), _) => name,
        (None, Some(_)) => APPROVAL_ADDRESS.to_owned(),
        (None, None) => String::new(),
    };
    vec![
        order.id,
        format!("IntuneAppOrders_{}", order.instance),
        order.application,
        order.kind.name().to_owned(),
        order.target_kind.name().to_owned(),
        Some(order.target).filter(|_| targets_named).unwrap_or_default(),
        order.placed_by_name,
        time_cell(Some(order.placed_at)),
        order.approval.name().to_owned(),
        decided_by,
        time_cell(order.decided_at),
        time_cell(order.processed_at),
        order.state.name().to_owned(),
        order.status.map(|status| status.to_string()).unwrap_or_default(),
        time_cell(order.ended_at),
        order.charge.cost.unwrap_or_default(),
        order.charge.currency.unwrap_or_default(),
        order.charge.cost_centre.unwrap_or_default(),
    ]
}

fn account_cells(entry: AuditEntryView) -> Vec<String> {
    vec![
        entry.id.to_string(),
        time_cell(Some(entry.at)),
        entry.actor,
        entry.action,
        entry.subject,
        entry.detail.to_string(),
    ]
}

/// The management server that sent a job; empty where a person did.
fn sending_server(job: &JobRow) -> String {
    job.source.strip_prefix("server:").unwrap_or_default().to_owned()
}

fn danger_word(job: &JobRow) -> &'static str {
    match job.verb.danger() {
        ActionDanger::Harmless => "harmless",
        ActionDanger::Disruptive => "disruptive",
        ActionDanger::Destructive => "destructive",
    }
}

fn yes_or_no(yes: bool) -> String {
    let word = if yes { "yes" } else { "no" };
    word.to_owned()
}

fn time_cell(at: Option<Timestamp>) -> String {
    at.map(|at| at.to_rfc3339_opts(SecondsFormat::Millis, true))
        .unwrap_or_default()
}
