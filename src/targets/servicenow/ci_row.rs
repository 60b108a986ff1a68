//! One CI as a table shows it, and what it means for us: a record with an id, a state and values by the names that a mapping
//! uses. Pure.
//!
//! With `sysparm_display_value=all` each column is its value and what people see of it; of a reference, the one is an id and the
//! other a name. A mapping has names, but where the name is not what was looked for, the id is right as well.

use std::collections::BTreeMap;

use serde_json::Value;

use super::field_table::{
    LINK_FIELD, MAC_FIELD, NAME_FIELD, SERIAL_FIELD, USER_FIELD, find_referred_table, is_sys_id, shorten_mac,
};
use crate::config::{ServiceNowSettings, StatusValue};
use crate::model::DeviceId;
use crate::targets::{FieldValues, RecordId, RecordState, RecordSummary, TargetRecord};

pub(super) const CLASS_COLUMN: &str = "sys_class_name";
const ID_COLUMN: &str = "sys_id";
const SOURCE_COLUMN: &str = "discovery_source";

/// A CI that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CiRow {
    pub id: String,
    /// Table of its class; empty: not told.
    pub class: String,
    columns: BTreeMap<String, CiCell>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct CiCell {
    value: String,
    shown: String,
}

/// `None`: it has no id, so it is none.
pub(super) fn read_ci(row: &Value) -> Option<CiRow> {
    let columns = row
        .as_object()?
        .iter()
        .map(|(name, cell)| (name.clone(), read_cell(cell)));
    let columns: BTreeMap<String, CiCell> = columns.collect();
    let text = |name: &str| columns.get(name).map(|cell| cell.value.clone());
    let id = text(ID_COLUMN).filter(|id| is_sys_id(id))?;
    Some(CiRow {
        id,
        class: text(CLASS_COLUMN).unwrap_or_default(),
        columns,
    })
}

fn read_cell(cell: &Value) -> CiCell {
    let text = |value: Option<&Value>| match value {
        Some(Value::String(text)) => text.trim().to_owned(),
        Some(Value::Number(number)) => number.to_string(),
        Some(Value::Bool(flag)) => flag.to_string(),
        _ => String::new(),
    };
    match cell {
        Value::Object(parts) => {
            let value = text(parts.get("value"));
            let shown = parts
                .get("display_value")
                .map_or(value.clone(), |shown| text(Some(shown)));
            CiCell { value, shown }
        }
        plain => {
            let value = text(Some(plain));
            CiCell {
                shown: value.clone(),
                value,
            }
        }
    }
}

impl CiRow {
    /// The value of a column; `None` where it is empty, or the table has no such column.
    pub(super) fn value(&self, column: &str) -> Option<&str> {
        let cell = self.columns.get(column)?;
        (!cell.value.is_empty()).then_some(cell.value.as_str())
    }

    /// Whether the table has such a column at all.
    pub(super) fn has_column(&self, column: &str) -> bool {
        self.columns.contains_key(column)
    }

    /// Columns that a mapping may name; those of the platform itself are none.
    pub(super) fn column_names(&self) -> impl Iterator<Item = &str> {
        let names = self.columns.keys().map(String::as_str);
        names.filter(|name| !name.starts_with("sys_") && *name != USER_FIELD)
    }

    pub(super) fn record_id(&self) -> RecordId {
        RecordId(self.id.clone())
    }

    fn device(&self, own: &ServiceNowSettings) -> Option<DeviceId> {
        DeviceId::from_record(self.value(&own.id_field)?)
    }

    fn state(&self, own: &ServiceNowSettings) -> RecordState {
        let is_set = |values: &[StatusValue]| {
            let first = values.first();
            first.is_some_and(|status| self.value(&status.field) == Some(status.value.as_str()))
        };
        if is_set(&own.gone_values) || is_set(&own.stock_values) {
            RecordState::Retired
        } else {
            RecordState::Active
        }
    }

    fn text(&self, column: &str) -> Option<String> {
        self.value(column).map(str::to_owned)
    }

    pub(super) fn summarise(&self, own: &ServiceNowSettings) -> RecordSummary {
        RecordSummary {
            id: self.record_id(),
            device: self.device(own),
            serial: self.text(SERIAL_FIELD),
            name: self.text(NAME_FIELD),
            state: self.state(own),
        }
    }

    pub(super) fn to_record(&self, own: &ServiceNowSettings) -> TargetRecord {
        let device = self.device(own);
        let mut values: FieldValues = self
            .column_names()
            .filter(|name| *name != own.id_field)
            .map(|name| (name.to_owned(), self.mapped_value(name)))
            .collect();
        let link = self.value(&own.id_field);
        values.insert(LINK_FIELD.to_owned(), link.map_or(Value::Null, Value::from));
        TargetRecord {
            id: self.record_id(),
            device,
            serial: self.text(SERIAL_FIELD),
            name: self.text(NAME_FIELD),
            state: self.state(own),
            user: self.text(USER_FIELD),
            values,
            synced_by_others: device.is_none() && self.is_of_others(own),
        }
    }

    /// In the form in which a mapping writes it.
    fn mapped_value(&self, name: &str) -> Value {
        let Some(cell) = self.columns.get(name).filter(|cell| !cell.value.is_empty()) else {
            return Value::Null;
        };
        if find_referred_table(name).is_some() {
            return Value::String(cell.shown.clone());
        }
        if name == MAC_FIELD {
            return Value::String(shorten_mac(&cell.value));
        }
        Value::String(cell.value.clone())
    }

    fn is_of_others(&self, own: &ServiceNowSettings) -> bool {
        let Some(cell) = self.columns.get(SOURCE_COLUMN) else {
            return false;
        };
        let mut names = own.other_sources.iter();
        names.any(|name| name.eq_ignore_ascii_case(&cell.value) || name.eq_ignore_ascii_case(&cell.shown))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::ci_item::samples::own_settings;
    use super::*;

    const ID: &str = "5137153cc611227c000bbd1bd8cd2007";
    const DEVICE: &str = "11111111-2222-3333-4444-555555555555";

    fn cell(value: &str, shown: &str) -> Value {
        json!({"value": value, "display_value": shown})
    }

    fn row() -> Value {
        json!({
            "sys_id": cell(ID, ID), "sys_class_name": cell("cmdb_ci_computer", "Computer"),
            "correlation_id": cell(DEVICE, DEVICE), "name": cell("PC-1", "PC-1"), "serial_number": cell("SN1", "SN1"),
            "manufacturer": {"link": "https://x", "value": "0a", "display_value": "LENOVO"},
            "assigned_to": cell("0b", "Anna"), "install_status": cell("1", "Installed"), "os": cell("", ""),
            "mac_address": cell("aa:bb:cc:dd:ee:01", "aa:bb:cc:dd:ee:01"), "discovery_source": cell("SG-Intune", "SG Intune"),
        })
    }

    #[test]
    fn references_are_told_by_their_names_and_empty_columns_as_empty() {
        let record = read_ci(&row()).unwrap().to_record(&own_settings());
        assert_eq!((record.id.0.as_str(), record.user.as_deref()), (ID, Some("0b")));
        assert_eq!(record.device, DeviceId::from_record(DEVICE));
        for (field, value) in [
            ("manufacturer", json!("LENOVO")),
            ("os", Value::Null),
            ("mac_address", json!("AABBCCDDEE01")),
            (LINK_FIELD, json!(DEVICE)),
        ] {
            assert_eq!(record.values.get(field), Some(&value), "{field}");
        }
        assert!(!record.values.contains_key("sys_id") && !record.values.contains_key("correlation_id"));
        assert!(
            !record.values.contains_key("assigned_to"),
            "the user is a matter of its own"
        );
    }

    #[test]
    fn the_first_value_of_a_state_tells_whether_a_ci_is_in_use() {
        let state = |status: &str| {
            let mut row = row();
            row["install_status"] = cell(status, "");
            read_ci(&row).unwrap().summarise(&own_settings()).state
        };
        assert_eq!((state("1"), state("4")), (RecordState::Active, RecordState::Active));
        assert_eq!((state("6"), state("7")), (RecordState::Retired, RecordState::Retired));
    }

    #[test]
    fn a_ci_of_another_program_is_told_by_its_source_unless_it_bears_our_id() {
        let mut own = own_settings();
        own.other_sources = vec!["SG Intune".to_owned()];
        let mut row = row();
        assert!(
            !read_ci(&row).unwrap().to_record(&own).synced_by_others,
            "it bears our id"
        );
        row["correlation_id"] = cell("", "");
        assert!(read_ci(&row).unwrap().to_record(&own).synced_by_others);
        assert!(!read_ci(&row).unwrap().to_record(&own_settings()).synced_by_others);
    }

    #[test]
    fn a_row_without_an_id_is_none_and_plain_columns_are_read_too() {
        assert_eq!(read_ci(&json!({"name": "PC-1"})), None);
        assert_eq!(read_ci(&json!({"sys_id": "../../x"})), None);
        let plain = read_ci(&json!({"sys_id": ID, "name": " PC-1 ", "ram": 8192})).unwrap();
        assert_eq!(
            (plain.value("name"), plain.value("ram"), plain.value("os")),
            (Some("PC-1"), Some("8192"), None)
        );
        assert!(plain.has_column("ram") && !plain.has_column("os"));
    }
}
