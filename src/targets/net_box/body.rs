//! From the values of a mapping to a row of a request: pure. What has to be looked for over there, a device type or a
//! platform, comes out as a wish; everything else goes into the row as it is.
//!
//! NetBox trims texts, so that is done here as well: what is compared later is what it keeps. A field that it does not know
//! it leaves out in silence, and one below `custom_fields` it refuses: so whatever is not built in has to be a custom field
//! that is there.

use serde_json::{Map, Value, json};

use super::field_table::{SERIAL_FIELD, StandardField, StandardKind, find_built_in};
use super::list_rows::DeviceField;
use crate::inventory::usable_serial;
use crate::targets::{FieldValues, SourceDevice, TargetFault};

/// What a device is, where Intune does not say.
pub(super) const UNKNOWN_MODEL: &str = "Unknown";
const CUSTOM: &str = "custom_fields";

/// The device type that a device should have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TypeWish {
    pub model: String,
    pub manufacturer: Option<String>,
}

/// What a row is made of.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct RowBody {
    /// By the names of the API.
    pub parts: Map<String, Value>,
    /// By the names of custom fields.
    pub customs: Map<String, Value>,
    pub device_type: Option<TypeWish>,
    /// Name of a platform; `Some(None)`: none.
    pub platform: Option<Option<String>>,
}

impl RowBody {
    pub(super) fn is_empty(&self) -> bool {
        self.parts.is_empty() && self.customs.is_empty()
    }

    /// The row, all wishes being granted.
    pub(super) fn into_row(self) -> Map<String, Value> {
        let mut row = self.parts;
        if !self.customs.is_empty() {
            row.insert(CUSTOM.to_owned(), Value::Object(self.customs));
        }
        row
    }

    /// Our id of the device, which no mapping touches.
    pub(super) fn put_link(&mut self, id_field: &str, device: &SourceDevice) {
        self.customs
            .insert(id_field.to_owned(), json!(device.key.device.to_string()));
    }
}

/// The custom fields of a row.
pub(super) fn custom_names(row: &Map<String, Value>) -> impl Iterator<Item = &String> {
    let customs = row.get(CUSTOM).and_then(Value::as_object);
    customs.into_iter().flat_map(|customs| customs.keys())
}

/// `values`: what is to be written. `all`: what the target keeps of this device; the parts of its type stand there.
/// `id_field`: the custom field of our id.
pub(super) fn build_body(
    values: &FieldValues,
    all: &FieldValues,
    fields: &[DeviceField],
    id_field: &str,
) -> Result<RowBody, TargetFault> {
    let mut body = RowBody::default();
    for (name, value) in values {
        if let Some(field) = find_built_in(name) {
            put_built_in(&mut body, field, value);
            continue;
        }
        let Some(field) = fields.iter().find(|field| field.name == *name) else {
            return Err(explain_missing_field(name));
        };
        if field.name != id_field {
            body.customs.insert(field.name.clone(), write_custom(field, value));
        }
    }
    if ["model", "manufacturer"].iter().any(|name| values.contains_key(*name)) {
        body.device_type = wish_type(values, all);
    }
    Ok(body)
}

pub(super) fn explain_missing_field(name: &str) -> TargetFault {
    TargetFault::Misconfigured {
        problem: format!("devices of NetBox have no custom field `{name}`, which the mapping names"),
        advice: "make it with `intune-connector targets fields TARGET --make`, or take its row out of the mapping"
            .to_owned(),
    }
}

fn put_built_in(body: &mut RowBody, field: &StandardField, value: &Value) {
    let text = clean_text(value);
    let part = match field.kind {
        StandardKind::Model | StandardKind::Manufacturer | StandardKind::Link => return,
        StandardKind::Platform => {
            body.platform = Some(text);
            return;
        }
        // Every device has one.
        StandardKind::Status => match text {
            Some(status) => Value::String(status.to_lowercase()),
            None => return,
        },
        StandardKind::PlainText if field.name == SERIAL_FIELD => {
            let usable = text.filter(|serial| usable_serial(serial).is_some());
            Value::String(usable.unwrap_or_default())
        }
        StandardKind::PlainText => Value::String(text.unwrap_or_default()),
        StandardKind::NullText => text.map_or(Value::Null, Value::String),
    };
    body.parts.insert(field.name.to_owned(), part);
}

fn write_custom(field: &DeviceField, value: &Value) -> Value {
    let Some(text) = clean_text(value) else {
        return Value::Null;
    };
    match field.kind.as_str() {
        "boolean" => match text.to_lowercase().as_str() {
            "true" | "yes" | "1" => Value::Bool(true),
            "false" | "no" | "0" => Value::Bool(false),
            // NetBox says what is wrong with it.
            _ => Value::String(text),
        },
        "integer" => text
            .parse::<i64>()
            .map_or_else(|_| Value::String(text.clone()), Value::from),
        "decimal" => text
            .parse::<f64>()
            .map_or_else(|_| Value::String(text.clone()), Value::from),
        "date" => Value::String(text.chars().take(10).collect()),
        _ => Value::String(text),
    }
}

/// `None` where no model is spoken of: every device has a type, so none can be taken away.
fn wish_type(values: &FieldValues, all: &FieldValues) -> Option<TypeWish> {
    let text = |name: &str| values.get(name).or_else(|| all.get(name)).and_then(clean_text);
    Some(TypeWish {
        model: text("model")?,
        manufacturer: text("manufacturer"),
    })
}

/// As NetBox keeps it; `None`: empty. What can't be seen is left out, but for line breaks and tabs.
pub(super) fn clean_text(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Bool(flag) => flag.to_string(),
        Value::Null | Value::Array(_) | Value::Object(_) => return None,
    };
    let is_kept = |letter: &char| !letter.is_control() || matches!(letter, '\n' | '\r' | '\t');
    let visible: String = text.chars().filter(is_kept).collect();
    let trimmed = visible.trim();
    (!trimmed.is_empty()).then(|| trimmed.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::targets::samples_for_tests::{device_with, field_values};

    fn field(name: &str, kind: &str) -> DeviceField {
        DeviceField {
            name: name.to_owned(),
            label: name.to_owned(),
            kind: kind.to_owned(),
            is_of_devices: true,
            is_unique: false,
        }
    }

    fn row_of(values: Value, fields: &[DeviceField]) -> Value {
        let values = field_values(values);
        let body = build_body(&values, &values, fields, "intune_id").unwrap();
        Value::Object(body.into_row())
    }

    #[test]
    fn each_field_stands_where_netbox_has_it() {
        let fields = [
            field("intune_os", "text"),
            field("ram", "integer"),
            field("byod", "boolean"),
        ];
        let row = row_of(
            json!({"name": " PC-1\u{0} ", "serial": "PF0TEST1", "status": "Active", "asset_tag": null,
                "comments": null, "intune_os": "Windows", "ram": "16", "byod": true, "intune_id": "x"}),
            &fields,
        );
        assert_eq!(
            row,
            json!({"name": "PC-1", "serial": "PF0TEST1", "status": "active", "asset_tag": null, "comments": "",
                "custom_fields": {"intune_os": "Windows", "ram": 16, "byod": true}})
        );
    }

    #[test]
    fn what_is_empty_is_null_or_an_empty_text_as_the_field_wants_it() {
        let row = row_of(
            json!({"name": null, "serial": "To be filled by O.E.M.", "status": null}),
            &[],
        );
        assert_eq!(row, json!({"name": null, "serial": ""}));
    }

    #[test]
    fn a_field_that_is_not_there_is_told_and_never_sent() {
        let values = field_values(json!({"cost_centre": "4711"}));
        let fault = build_body(&values, &values, &[], "intune_id").unwrap_err();
        assert_eq!(fault.code(), "misconfigured");
        assert!(fault.to_string().contains("cost_centre"), "{fault}");
    }

    #[test]
    fn the_parts_of_a_type_go_together() {
        let all = field_values(json!({"manufacturer": "LENOVO", "model": "21HM"}));
        let wish = |values: Value| {
            build_body(&field_values(values), &all, &[], "intune_id")
                .unwrap()
                .device_type
        };
        let whole = |model: &str| {
            Some(TypeWish {
                model: model.to_owned(),
                manufacturer: Some("LENOVO".to_owned()),
            })
        };
        assert_eq!(wish(json!({"model": "21XX"})), whole("21XX"));
        assert_eq!(wish(json!({"manufacturer": "LENOVO"})), whole("21HM"));
        assert_eq!(wish(json!({"name": "PC"})), None);
        assert_eq!(wish(json!({"model": null})), None);
    }

    #[test]
    fn our_id_stands_in_its_field_whatever_the_mapping_says() {
        let device = device_with(json!({}));
        let mut body = RowBody::default();
        body.put_link("intune_guid", &device);
        let row = body.into_row();
        assert_eq!(custom_names(&row).collect::<Vec<_>>(), ["intune_guid"]);
        assert_eq!(
            row["custom_fields"]["intune_guid"],
            json!(device.key.device.to_string())
        );
    }
}
