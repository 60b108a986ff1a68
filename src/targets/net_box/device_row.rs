//! One device as NetBox answers it, and what it means for us: a record with an id, a state and values by the names that a
//! mapping uses. Pure.

use serde_json::{Map, Value};

use super::body::clean_text;
use super::field_table::{BUILT_IN, LINK_FIELD, SERIAL_FIELD, StandardField, StandardKind};
use super::known_names::plain_name;
use super::list_rows::{DeviceField, choice_of, id_of, is_same_name, text_of};
use crate::config::NetBoxSettings;
use crate::model::DeviceId;
use crate::targets::{FieldValues, RecordId, RecordState, RecordSummary, TargetRecord};

/// In stock.
pub(super) const STOCK_STATUS: &str = "inventory";
/// In use.
pub(super) const ACTIVE_STATUS: &str = "active";
const TAKEN_DOWN: &str = "decommissioning";

/// A device that was read.
#[derive(Debug, Clone)]
pub(super) struct FoundDevice {
    pub id: u64,
    /// As it stands over there, with the end that makes it unique.
    pub name: Option<String>,
    site: Option<String>,
    has_tenant: bool,
    status: String,
    /// By the names of [`BUILT_IN`].
    values: FieldValues,
    customs: Map<String, Value>,
}

impl FoundDevice {
    pub(super) fn record_id(&self) -> RecordId {
        RecordId(self.id.to_string())
    }

    pub(super) fn serial(&self) -> Option<&str> {
        let serial = self.values.get(SERIAL_FIELD)?.as_str()?;
        (!serial.is_empty()).then_some(serial)
    }

    /// Our id of the device, where it has one that is one.
    pub(super) fn device(&self, id_field: &str) -> Option<DeviceId> {
        DeviceId::from_record(self.customs.get(id_field)?.as_str()?)
    }

    /// The name that no new device of this site can have. Devices of tenants have names of their own.
    pub(super) fn name_in_site(&self, site: &str) -> Option<&str> {
        let is_there = self.site.as_deref().is_some_and(|own| is_same_name(own, site));
        self.name.as_deref().filter(|_| is_there && !self.has_tenant)
    }

    fn state(&self, own: &NetBoxSettings) -> RecordState {
        let is_out_of_use = [TAKEN_DOWN, STOCK_STATUS, own.gone_status.name()].contains(&self.status.as_str());
        if is_out_of_use {
            RecordState::Retired
        } else {
            RecordState::Active
        }
    }

    pub(super) fn summarise(&self, own: &NetBoxSettings) -> RecordSummary {
        RecordSummary {
            id: self.record_id(),
            device: self.device(&own.id_field),
            serial: self.serial().map(str::to_owned),
            name: self.name.clone(),
            state: self.state(own),
        }
    }

    pub(super) fn to_record(&self, fields: &[DeviceField], own: &NetBoxSettings) -> TargetRecord {
        let device = self.device(&own.id_field);
        let mut values = self.values.clone();
        if let Some(name) = &self.name {
            values.insert("name".to_owned(), Value::from(plain_name(name, device)));
        }
        let link = self.customs.get(&own.id_field).and_then(clean_text);
        values.insert(LINK_FIELD.to_owned(), link.map_or(Value::Null, Value::String));
        for field in fields.iter().filter(|field| field.name != own.id_field) {
            if let Some(value) = self.customs.get(&field.name) {
                values.insert(field.name.clone(), read_custom(value));
            }
        }
        TargetRecord {
            id: self.record_id(),
            device,
            serial: self.serial().map(str::to_owned),
            name: self.name.clone(),
            state: self.state(own),
            user: None,
            values,
            synced_by_others: false,
        }
    }
}

/// A choice may be told with its label.
fn read_custom(value: &Value) -> Value {
    value.get("value").unwrap_or(value).clone()
}

/// `None`: it has no id, so it is none.
pub(super) fn read_device(row: &Value) -> Option<FoundDevice> {
    let values = BUILT_IN
        .iter()
        .map(|field| (field.name.to_owned(), read_built_in(row, field)));
    Some(FoundDevice {
        id: id_of(row)?,
        name: text_of(row, "name"),
        site: row.get("site").and_then(|site| text_of(site, "name")),
        has_tenant: row.get("tenant").is_some_and(|tenant| !tenant.is_null()),
        status: choice_of(row, "status").unwrap_or_default(),
        values: values.collect(),
        customs: row
            .get("custom_fields")
            .and_then(Value::as_object)
            .cloned()
            .unwrap_or_default(),
    })
}

fn read_built_in(row: &Value, field: &StandardField) -> Value {
    let device_type = row.get("device_type");
    let text = match field.kind {
        StandardKind::NullText | StandardKind::PlainText => text_of(row, field.name),
        StandardKind::Status => choice_of(row, field.name),
        StandardKind::Platform => row.get(field.name).and_then(|platform| text_of(platform, "name")),
        StandardKind::Model => device_type.and_then(|kind| text_of(kind, "model")),
        StandardKind::Manufacturer => device_type
            .and_then(|kind| kind.get("manufacturer"))
            .and_then(|maker| text_of(maker, "name")),
        // It stands among the custom fields.
        StandardKind::Link => None,
    };
    text.map_or(Value::Null, Value::String)
}

#[cfg(test)]
#[path = "device_row_tests.rs"]
mod tests;
