//! A device as tables show it.

use serde_json::{Map, Value};

use crate::cli::output::format_value;
use crate::contract::DeviceView;
use crate::model::DeviceId;

pub(super) struct DeviceRow {
    pub instance: String,
    pub device_id: DeviceId,
    /// Graph's property names.
    pub fields: Map<String, Value>,
}

impl From<&DeviceView> for DeviceRow {
    fn from(view: &DeviceView) -> DeviceRow {
        DeviceRow {
            instance: view.instance.clone(),
            device_id: view.device_id,
            fields: serde_json::from_str(view.device.get()).unwrap_or_default(),
        }
    }
}

impl DeviceRow {
    pub(super) fn format_field(&self, name: &str) -> String {
        format_value(&self.fields.get(name))
    }
}
