//! From the values of a mapping to the body of a request: pure. What has to be looked for over there, a model, a label, a
//! company, comes out as a wish; everything else goes into the request as it is.
//!
//! Snipe-IT trims texts and takes an empty one as null, so that is done here as well: what is compared later is what it
//! keeps. A serial number that means nothing is left empty: with unique serial numbers it would be refused, and without
//! them two devices would look like one. The id of the device is the adapter's own; a mapping does not touch it.

use serde_json::{Map, Value};

use super::field_table::{BuiltInField, BuiltInKind, find_built_in, is_mac_format, lengthen_mac};
use super::list_rows::{CustomField, find_field};
use crate::inventory::usable_serial;
use crate::targets::{FieldValues, TargetFault};

/// What a device is, where Intune does not say: every asset needs a model.
pub(super) const UNKNOWN_MODEL: &str = "Unknown";

/// The model that an asset should have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ModelWish {
    pub name: String,
    pub number: Option<String>,
    /// Of a model that is made; one that is found keeps its own.
    pub manufacturer: Option<String>,
}

/// What a request is made of.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct AssetBody {
    /// By the names of the API.
    pub parts: Map<String, Value>,
    /// The columns of custom fields in `parts`.
    pub columns: Vec<String>,
    pub model: Option<ModelWish>,
    /// Name of a status label.
    pub status: Option<String>,
    /// Name of a company; `Some(None)`: none.
    pub company: Option<Option<String>>,
}

/// `values`: what is to be written. `all`: what the target keeps of this record; the parts of a model stand there.
/// `id_label`: the custom field of our id.
pub(super) fn build_body(
    values: &FieldValues,
    all: &FieldValues,
    fields: &[CustomField],
    id_label: &str,
) -> Result<AssetBody, TargetFault> {
    let mut body = AssetBody::default();
    for (name, value) in values {
        if let Some(field) = find_built_in(name) {
            put_built_in(&mut body, field, value);
            continue;
        }
        let Some(field) = find_field(fields, name) else {
            return Err(explain_missing_field(name));
        };
        if field.label == id_label {
            continue;
        }
        body.parts.insert(field.column.clone(), write_custom(field, value));
        body.columns.push(field.column.clone());
    }
    let is_about_model = ["model", "model_number", "manufacturer"]
        .iter()
        .any(|name| values.contains_key(*name));
    if is_about_model {
        body.model = wish_model(values, all);
    }
    Ok(body)
}

fn explain_missing_field(name: &str) -> TargetFault {
    TargetFault::Misconfigured {
        problem: format!("Snipe-IT has no custom field `{name}`, which the mapping names"),
        advice: "make it with `intune-connector targets fields TARGET --make`, or take its row out of the mapping"
            .to_owned(),
    }
}

fn put_built_in(body: &mut AssetBody, field: &BuiltInField, value: &Value) {
    let text = clean_text(value);
    let part = match field.kind {
        BuiltInKind::Model | BuiltInKind::ModelNumber | BuiltInKind::Manufacturer | BuiltInKind::Link => return,
        BuiltInKind::Status => {
            body.status = text;
            return;
        }
        BuiltInKind::Company => {
            body.company = Some(text);
            return;
        }
        BuiltInKind::Text if field.name == "serial" => {
            let usable = text.filter(|serial| usable_serial(serial).is_some());
            usable.map_or(Value::Null, Value::String)
        }
        // A tag cannot be taken away.
        BuiltInKind::Text if field.name == "asset_tag" && text.is_none() => return,
        BuiltInKind::Text => text.map_or(Value::Null, Value::String),
        BuiltInKind::Flag => Value::from(u8::from(read_flag(value))),
        BuiltInKind::Count => read_count(value).map_or(Value::Null, Value::from),
        BuiltInKind::Date => text
            .map(|date| date.chars().take(10).collect::<String>())
            .map_or(Value::Null, Value::String),
    };
    body.parts.insert(field.name.to_owned(), part);
}

fn write_custom(field: &CustomField, value: &Value) -> Value {
    if field.format == "BOOLEAN" && !matches!(value, Value::Null) {
        return Value::from(if read_flag(value) { "1" } else { "0" });
    }
    match clean_text(value) {
        None => Value::Null,
        Some(text) if is_mac_format(&field.format) => Value::String(lengthen_mac(&text)),
        Some(text) => Value::String(text),
    }
}

/// `None` where no model is spoken of: every asset has one, so none can be taken away.
fn wish_model(values: &FieldValues, all: &FieldValues) -> Option<ModelWish> {
    let text = |name: &str| values.get(name).or_else(|| all.get(name)).and_then(clean_text);
    Some(ModelWish {
        name: text("model")?,
        number: text("model_number"),
        manufacturer: text("manufacturer"),
    })
}

/// As Snipe-IT keeps it; `None`: empty. What can't be seen is left out, but for line breaks and tabs.
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

fn read_flag(value: &Value) -> bool {
    match value {
        Value::Bool(flag) => *flag,
        Value::Number(number) => number.as_f64().is_some_and(|number| number != 0.0),
        Value::String(text) => {
            let text = text.trim();
            ["true", "yes", "on", "1"]
                .iter()
                .any(|yes| text.eq_ignore_ascii_case(yes))
        }
        Value::Null | Value::Array(_) | Value::Object(_) => false,
    }
}

fn read_count(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| clean_text(value)?.parse().ok())
}

#[cfg(test)]
#[path = "body_tests.rs"]
mod tests;
