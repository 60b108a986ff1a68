//! Planned writes as rows of a page. Pure.
//!
//! A value that its column cannot hold refuses that one write, before anything is sent. NUL bytes, which no text of this
//! database can hold, are cut, and it is told of which device and field.

use std::collections::{BTreeSet, HashSet};

use serde_json::{Map, Value, json};

use super::columns::{TableColumn, fit_value};
use crate::contract::RetireAction;
use crate::model::format_time;
use crate::targets::{FieldValues, PlannedWrite, RecordId, SourceDevice, TargetFault, UserChange};

/// Longer pages go as several.
const PAGE_BYTES: usize = 8 << 20;

/// One write as the statement reads it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct PageRow {
    /// Its place among the writes that were asked for.
    pub place: usize,
    /// What no two rows of one statement may share.
    subject: RowSubject,
    pub columns: Vec<String>,
    pub json: Map<String, Value>,
    /// Without its record nothing happens, and that is an error. A record that is to be deleted may be gone already.
    pub needs_record: bool,
    bytes: usize,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum RowSubject {
    Device(String),
    Record(String),
}

/// The row of one write; why it cannot be sent, where it cannot.
pub(super) fn translate_write(
    place: usize,
    write: &PlannedWrite,
    columns: &[TableColumn],
) -> Result<PageRow, TargetFault> {
    match write {
        PlannedWrite::Create {
            device, values, user, ..
        } => {
            let fields = translate_values(values, columns, &device.key.device.to_string())?;
            let mut json = describe_device("create", device);
            add_user(&mut json, user);
            let subject = RowSubject::Device(device.key.device.to_string());
            Ok(finish_row(place, subject, fields, json))
        }
        PlannedWrite::Update {
            device,
            record,
            values,
            restore,
            user,
            ..
        } => {
            let fields = translate_values(values, columns, &device.key.device.to_string())?;
            let mut json = describe_device("update", device);
            json.insert("record".into(), record_number(record)?);
            if !restore {
                json.remove("state");
            }
            add_user(&mut json, user);
            Ok(finish_row(place, RowSubject::Record(record.0.clone()), fields, json))
        }
        PlannedWrite::Retire {
            record,
            action,
            reason,
            at,
            ..
        } => {
            let mut json = Map::new();
            json.insert("record".into(), record_number(record)?);
            let (op, state) = match action {
                RetireAction::Delete => ("delete", None),
                RetireAction::Leave => ("retire", None),
                RetireAction::Retire => ("retire", Some("retired")),
                RetireAction::Stock => ("retire", Some("stock")),
            };
            json.insert("op".into(), op.into());
            if let Some(state) = state {
                json.insert("state".into(), state.into());
                json.insert("at".into(), format_time(*at).into());
                json.insert("reason".into(), reason.name().into());
                json.insert("user_change".into(), "clear".into());
            }
            let subject = RowSubject::Record(record.0.clone());
            Ok(finish_row(place, subject, Map::new(), json))
        }
    }
}

/// The row that puts values of a record back.
pub(super) fn translate_revert(
    record: &RecordId,
    values: &FieldValues,
    columns: &[TableColumn],
) -> Result<PageRow, TargetFault> {
    let fields = translate_values(values, columns, &record.0)?;
    let mut json = Map::new();
    json.insert("op".into(), "update".into());
    json.insert("record".into(), record_number(record)?);
    Ok(finish_row(0, RowSubject::Record(record.0.clone()), fields, json))
}

/// Rows that may go as one statement: none of a device or record that another of them is about, and not too many bytes.
pub(super) fn split_rounds(rows: Vec<PageRow>) -> Vec<Vec<PageRow>> {
    let mut rounds: Vec<Vec<PageRow>> = Vec::new();
    let (mut subjects, mut bytes) = (HashSet::new(), 0);
    for row in rows {
        let is_full = bytes + row.bytes > PAGE_BYTES;
        if rounds.is_empty() || is_full || subjects.contains(&row.subject) {
            rounds.push(Vec::new());
            subjects.clear();
            bytes = 0;
        }
        bytes += row.bytes;
        subjects.insert(row.subject.clone());
        rounds.last_mut().expect("one was pushed").push(row);
    }
    rounds
}

/// The columns that a page names, and the page as its statement takes it.
pub(super) fn describe_page(rows: &[PageRow]) -> (BTreeSet<&str>, String) {
    let columns = rows.iter().flat_map(|row| row.columns.iter().map(String::as_str));
    let page: Vec<&Map<String, Value>> = rows.iter().map(|row| &row.json).collect();
    (columns.collect(), json!(page).to_string())
}

fn finish_row(place: usize, subject: RowSubject, fields: Map<String, Value>, mut json: Map<String, Value>) -> PageRow {
    let needs_record = json.get("op").is_some_and(|op| op != "delete");
    let columns = fields.keys().cloned().collect();
    json.insert("n".into(), place.into());
    json.insert("fields".into(), Value::Object(fields));
    PageRow {
        place,
        subject,
        columns,
        bytes: json.values().map(count_bytes).sum(),
        json,
        needs_record,
    }
}

/// Roughly, and never less than a fraction of what it takes.
fn count_bytes(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len() + 4,
        Value::Array(items) => items.iter().map(|item| count_bytes(item) + 1).sum::<usize>() + 2,
        Value::Object(members) => members
            .iter()
            .map(|(name, member)| name.len() + count_bytes(member) + 4)
            .sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) => 8,
    }
}

fn describe_device(op: &str, device: &SourceDevice) -> Map<String, Value> {
    let id = device.key.device.to_string();
    let mut data = Value::Object(device.values.clone());
    if cut_nul_bytes(&mut data) {
        tell_cut(&id, "data");
    }
    let mut json = Map::new();
    json.insert("op".into(), op.into());
    json.insert("instance".into(), device.instance_name.as_str().into());
    json.insert("device".into(), id.into());
    json.insert("data".into(), data);
    json.insert("state".into(), "active".into());
    json
}

fn add_user(json: &mut Map<String, Value>, user: &UserChange) {
    match user {
        UserChange::Keep => {}
        UserChange::Clear => _ = json.insert("user_change".into(), "clear".into()),
        UserChange::Assign(name) => {
            json.insert("user_change".into(), "assign".into());
            json.insert("user_name".into(), name.replace('\0', "").into());
        }
    }
}

/// `subject`: what is told of it, where bytes are cut.
fn translate_values(
    values: &FieldValues,
    columns: &[TableColumn],
    subject: &str,
) -> Result<Map<String, Value>, TargetFault> {
    let mut fields = Map::new();
    for (field, value) in values {
        let Some(column) = columns.iter().find(|column| column.name == *field && !column.is_own()) else {
            return Err(TargetFault::Misconfigured {
                problem: format!("the table `devices` has no column {field} that a mapping may write"),
                advice: "add it: intune-connector targets fields TARGET --make".to_owned(),
            });
        };
        let mut value = value.clone();
        if cut_nul_bytes(&mut value) {
            tell_cut(subject, field);
        }
        let Some(fitted) = fit_value(column.kind, &value) else {
            return Err(TargetFault::Refused {
                problem: format!(
                    "the value is not of the type of its column ({})",
                    column.kind.sql_type()
                ),
                field: Some(field.clone()),
            });
        };
        fields.insert(field.clone(), fitted);
    }
    Ok(fields)
}

fn tell_cut(subject: &str, field: &str) {
    tracing::warn!(
        subject,
        field,
        "a value holds NUL bytes, which PostgreSQL cannot keep: they are cut"
    );
}

/// Whether there were any.
fn cut_nul_bytes(value: &mut Value) -> bool {
    match value {
        Value::String(text) if text.contains('\0') => {
            *text = text.replace('\0', "");
            true
        }
        Value::Array(items) => items.iter_mut().map(cut_nul_bytes).fold(false, |seen, cut| seen | cut),
        Value::Object(members) => {
            let mut any = false;
            if members.keys().any(|name| name.contains('\0')) {
                let renamed = std::mem::take(members).into_iter();
                *members = renamed.map(|(name, member)| (name.replace('\0', ""), member)).collect();
                any = true;
            }
            members
                .values_mut()
                .fold(any, |any, member| cut_nul_bytes(member) | any)
        }
        _ => false,
    }
}

/// Ids of records are numbers here.
pub(super) fn record_number(record: &RecordId) -> Result<Value, TargetFault> {
    let number: Option<i64> = record.0.parse().ok();
    number.map(Value::from).ok_or(TargetFault::NotThere)
}

#[cfg(test)]
#[path = "translate_tests.rs"]
mod tests;
