//! Custom fields: how they are made, and what their values may be.

use regex::Regex;
use serde_json::{Value, json};

use super::options::{NetBoxOptions, NetBoxVersion};
use super::tables::{FieldRecord, NetBoxTables};
use super::wire::{ApiAnswer, ApiRequest, FieldErrors, add_error, invalid, page};

const KINDS: [&str; 8] = [
    "text", "longtext", "integer", "decimal", "boolean", "date", "url", "select",
];

pub fn read_fields(tables: &NetBoxTables, options: &NetBoxOptions, request: &ApiRequest) -> ApiAnswer {
    let rows = tables.fields.iter().map(describe_field).collect();
    page(
        request,
        rows,
        options.max_page_size,
        options.version == NetBoxVersion::V46,
    )
}

fn describe_field(field: &FieldRecord) -> Value {
    json!({
        "id": field.id,
        "display": field.name,
        "object_types": field.object_types,
        "type": {"value": field.kind, "label": field.kind.to_uppercase()},
        "name": field.name,
        "label": "",
        "unique": field.is_unique,
        "validation_regex": field.validation_regex,
        "ui_editable": {"value": field.ui_editable, "label": field.ui_editable},
    })
}

pub fn make_field(tables: &mut NetBoxTables, request: &ApiRequest) -> ApiAnswer {
    let body = &request.body;
    let text = |key: &str| body[key].as_str().map(str::trim).unwrap_or_default().to_owned();
    let (name, kind) = (text("name"), text("type"));
    let types: Vec<String> = body["object_types"]
        .as_array()
        .map(|types| types.iter().filter_map(Value::as_str).map(str::to_owned).collect())
        .unwrap_or_default();
    let mut errors = FieldErrors::new();
    let is_name = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    if name.is_empty() || !name.chars().all(is_name) || name.len() > 50 {
        add_error(
            &mut errors,
            "name",
            "Only alphanumeric characters and underscores are allowed.",
        );
    } else if name.contains("__") {
        add_error(
            &mut errors,
            "name",
            "Double underscores are not permitted in custom field names.",
        );
    } else if tables.fields.iter().any(|field| field.name == name) {
        add_error(&mut errors, "name", "custom field with this name already exists.");
    }
    if !KINDS.contains(&kind.as_str()) {
        add_error(&mut errors, "type", format!("{kind} is not a valid choice."));
    }
    if types.is_empty() {
        add_error(&mut errors, "object_types", "This field is required.");
    }
    if !errors.is_empty() {
        return invalid(errors);
    }
    let field = FieldRecord {
        id: tables.new_id(),
        name,
        kind,
        object_types: types,
        is_unique: body["unique"] == true,
        validation_regex: text("validation_regex"),
        ui_editable: body["ui_editable"].as_str().unwrap_or("yes").to_owned(),
    };
    let told = describe_field(&field);
    tables.fields.push(field);
    ApiAnswer::new(201, told)
}

/// `None`: it may be written. Null is what is empty.
pub fn find_fault(field: &FieldRecord, value: &Value) -> Option<String> {
    let says = |text: &str| Some(format!("Invalid value for custom field '{}': {text}", field.name));
    if value.is_null() {
        return None;
    }
    let fits = match field.kind.as_str() {
        "integer" => value.is_i64() || value.is_u64(),
        "decimal" => value.is_number(),
        "boolean" => value.is_boolean(),
        _ => value.is_string(),
    };
    if !fits {
        return says(&format!("Value must be of type {}.", field.kind));
    }
    let text = value.as_str().filter(|_| !field.validation_regex.is_empty());
    let is_wrong = text.is_some_and(|text| !Regex::new(&field.validation_regex).unwrap().is_match(text));
    if is_wrong {
        return says(&format!("Value must match regex '{}'", field.validation_regex));
    }
    None
}
