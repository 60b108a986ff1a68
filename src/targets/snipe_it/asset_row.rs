//! One asset as Snipe-IT answers it when it is read, and what it means for us: a record with an id, a state and values by
//! the names that a mapping uses. Pure.
//!
//! A read answer is escaped, has dates as objects, numbers with words behind them, and custom fields below their labels; an
//! empty list of custom fields may be `[]`, where a full one is an object. The answer of a write is the bare row of the
//! database (in some versions the read form): [`stored_column`] understands both.

use std::collections::BTreeMap;

use serde_json::Value;

use super::field_table::{BUILT_IN, BuiltInKind, LINK_FIELD, is_mac_format, shorten_mac};
use super::list_rows::{CustomField, id_of, name_in, number_of, text_of};
use crate::model::DeviceId;
use crate::targets::{FieldValues, RecordId, RecordState, RecordSummary, TargetRecord};

/// An asset that was read.
#[derive(Debug, Clone)]
pub(super) struct AssetRow {
    pub id: u64,
    pub state: RecordState,
    /// The user who has it, by their id; assets that stand at a place or belong to another asset have none.
    pub user: Option<u64>,
    /// Whether the account may change assets at all; `None`: not told.
    pub may_update: Option<bool>,
    /// By the names of [`BUILT_IN`].
    values: FieldValues,
    /// Column to value.
    custom: BTreeMap<String, Option<String>>,
}

impl AssetRow {
    /// The value of a custom field; `None` where it is empty, or the model of this asset has no such field.
    pub(super) fn custom_value(&self, column: &str) -> Option<&str> {
        self.custom.get(column)?.as_deref()
    }

    pub(super) fn text(&self, field: &str) -> Option<&str> {
        self.values.get(field)?.as_str()
    }

    pub(super) fn record_id(&self) -> RecordId {
        RecordId(self.id.to_string())
    }

    fn device(&self, id_column: Option<&str>) -> Option<DeviceId> {
        DeviceId::from_record(self.custom_value(id_column?)?)
    }

    pub(super) fn summarise(&self, id_column: Option<&str>) -> RecordSummary {
        RecordSummary {
            id: self.record_id(),
            device: self.device(id_column),
            serial: self.text("serial").map(str::to_owned),
            name: self.text("name").map(str::to_owned),
            state: self.state,
        }
    }

    /// `by_others`: whether the synchronisation of Snipe-IT itself may keep assets that do not bear our id.
    pub(super) fn to_record(&self, fields: &[CustomField], id_column: Option<&str>, by_others: bool) -> TargetRecord {
        let device = self.device(id_column);
        let mut values = self.values.clone();
        let link = id_column.and_then(|column| self.custom_value(column));
        values.insert(LINK_FIELD.to_owned(), link.map_or(Value::Null, Value::from));
        for field in fields {
            if Some(field.column.as_str()) == id_column || !self.custom.contains_key(&field.column) {
                continue;
            }
            let text = self.custom_value(&field.column);
            values.insert(field.label.clone(), read_custom(field, text));
        }
        TargetRecord {
            id: self.record_id(),
            device,
            serial: self.text("serial").map(str::to_owned),
            name: self.text("name").map(str::to_owned),
            state: self.state,
            user: self.user.map(|user| user.to_string()),
            values,
            synced_by_others: by_others && device.is_none(),
        }
    }
}

/// In the form in which a mapping writes it.
fn read_custom(field: &CustomField, text: Option<&str>) -> Value {
    match text {
        None => Value::Null,
        Some(text) if is_mac_format(&field.format) => Value::String(shorten_mac(text)),
        Some(text) if field.format == "BOOLEAN" => match text {
            "1" | "true" => Value::Bool(true),
            "0" | "false" => Value::Bool(false),
            other => Value::String(other.to_owned()),
        },
        Some(text) => Value::String(text.to_owned()),
    }
}

/// `None`: it has no id, so it is none.
pub(super) fn read_asset(row: &Value) -> Option<AssetRow> {
    let label = row.get("status_label").filter(|label| label.is_object());
    let is_archived = label.is_some_and(|label| text_of(label, "status_type").is_some_and(|kind| kind == "archived"));
    let is_deleted = row.get("deleted_at").is_some_and(|at| !at.is_null() && at != "");
    let state = if is_deleted {
        RecordState::Deleted
    } else if is_archived {
        RecordState::Retired
    } else {
        RecordState::Active
    };
    let assigned = row.get("assigned_to").filter(|assigned| assigned.is_object());
    let user = assigned.filter(|to| text_of(to, "type").is_some_and(|kind| kind == "user"));
    let values = BUILT_IN.iter().map(|field| {
        let value = read_built_in(row, field.name, field.kind);
        (field.name.to_owned(), value)
    });
    Some(AssetRow {
        id: id_of(row)?,
        state,
        user: user.and_then(id_of),
        may_update: row
            .get("available_actions")
            .and_then(|actions| actions.get("update"))
            .and_then(Value::as_bool),
        values: values.collect(),
        custom: read_custom_values(row),
    })
}

fn read_built_in(row: &Value, name: &str, kind: BuiltInKind) -> Value {
    let text = match kind {
        BuiltInKind::Text => text_of(row, name),
        BuiltInKind::Model | BuiltInKind::Manufacturer | BuiltInKind::Company => name_in(row, name),
        BuiltInKind::ModelNumber => text_of(row, "model_number"),
        BuiltInKind::Status => name_in(row, "status_label"),
        // It stands among the custom fields.
        BuiltInKind::Link => None,
        BuiltInKind::Date => row.get(name).and_then(read_date),
        BuiltInKind::Flag => {
            let flag = row.get(name).and_then(read_flag);
            return flag.map_or(Value::Null, Value::Bool);
        }
        // `36 months`, in the language of the account.
        BuiltInKind::Count => {
            let text = text_of(row, name).unwrap_or_default();
            let digits: String = text.chars().take_while(char::is_ascii_digit).collect();
            return digits.parse::<u64>().map_or(Value::Null, Value::from);
        }
    };
    text.map_or(Value::Null, Value::String)
}

/// `{"date":"2026-11-30","formatted":…}`; a bare row has the date alone.
fn read_date(value: &Value) -> Option<String> {
    let text = text_of(value, "date").or_else(|| value.as_str().map(str::to_owned))?;
    let day: String = text.chars().take(10).collect();
    (day.len() == 10).then_some(day)
}

fn read_flag(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(flag) => Some(*flag),
        other => number_of(other).map(|number| number != 0),
    }
}

/// `{"Label":{"field":"_snipeit_label_7","value":"…","field_format":"ANY"}}`.
fn read_custom_values(row: &Value) -> BTreeMap<String, Option<String>> {
    let Some(Value::Object(by_label)) = row.get("custom_fields") else {
        return BTreeMap::new();
    };
    let fields = by_label.values().filter_map(|field| {
        let column = text_of(field, "field")?;
        Some((column, text_of(field, "value")))
    });
    fields.collect()
}

/// What the answer of a write says is in a column; `None`: it does not say. Raw or in the form of a read answer.
pub(super) fn stored_column(payload: &Value, column: &str) -> Option<Option<String>> {
    if let Some(value) = payload.get(column) {
        return Some(match value {
            Value::String(text) if !text.is_empty() => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            Value::Bool(flag) => Some(if *flag { "1" } else { "0" }.to_owned()),
            _ => None,
        });
    }
    payload.get("custom_fields")?;
    Some(read_custom_values(payload).remove(column).flatten())
}

/// The model of an asset in the answer of a write.
pub(super) fn stored_model(payload: &Value) -> Option<u64> {
    let raw = payload.get("model_id").and_then(number_of);
    raw.or_else(|| payload.get("model").and_then(id_of))
}

/// Who has the asset after a write; `None`: the answer does not say. Only the bare row is asked: a read form may have been
/// put together before the check-out.
pub(super) fn stored_user(payload: &Value) -> Option<Option<u64>> {
    payload.get("model_id")?;
    Some(payload.get("assigned_to").and_then(number_of))
}

#[cfg(test)]
#[path = "asset_row_tests.rs"]
mod tests;
