//! Making and changing what is beside assets: models, manufacturers, categories, status labels, companies, custom fields,
//! fieldsets; with the rules of each.

use chrono::Utc;
use serde_json::json;

use super::tables::{FieldRecord, FieldsetRecord, ModelRecord, NameRecord, SnipeTables, column_of, is_same_text};
use super::wire::{ApiAnswer, ApiRequest, FieldErrors, add_error, invalid, no_such, raw_time, success};

const FORMATS: [&str; 13] = [
    "ANY",
    "CUSTOM REGEX",
    "ALPHA",
    "ALPHA-DASH",
    "NUMERIC",
    "ALPHA-NUMERIC",
    "EMAIL",
    "DATE",
    "URL",
    "IP",
    "IPV4",
    "MAC",
    "BOOLEAN",
];

/// `POST` to a list; `None`: there is none of this name.
pub fn make_name(tables: &mut SnipeTables, request: &ApiRequest, list: &str) -> Option<ApiAnswer> {
    let mut errors = FieldErrors::new();
    let name = request.text("name").unwrap_or_default();
    if name.is_empty() {
        add_error(&mut errors, "name", "The name field is required.");
    }
    if !name.is_empty() && is_taken(tables, request, list, &name)? {
        add_error(&mut errors, "name", "The name has already been taken.");
    }
    check_members(tables, request, list, &mut errors);
    if !errors.is_empty() {
        return Some(invalid(errors));
    }
    let id = tables.new_id();
    let row = NameRecord {
        id,
        name: name.clone(),
        kind: request
            .text("category_type")
            .or_else(|| request.text("type"))
            .unwrap_or_default(),
        is_deleted: false,
    };
    let now = raw_time(Some(Utc::now()));
    let mut payload = json!({"id": id, "name": name, "created_at": now, "updated_at": now});
    match list {
        "manufacturers" => tables.manufacturers.push(row),
        "companies" => tables.companies.push(row),
        "categories" => tables.categories.push(row),
        "statuslabels" => tables.labels.push(row),
        "models" => {
            let fieldset = request
                .number("custom_fieldset_id")
                .or_else(|| request.number("fieldset_id"));
            payload["fieldset_id"] = json!(fieldset);
            tables.models.push(ModelRecord {
                id,
                name,
                number: request.text("model_number"),
                manufacturer: request.number("manufacturer_id"),
                category: request.number("category_id").unwrap_or(0),
                fieldset,
                is_deleted: false,
            });
        }
        "fields" => {
            let column = column_of(&name, id);
            payload["db_column"] = json!(column);
            let format = request.text("format").unwrap_or_else(|| "ANY".to_owned());
            payload["format"] = json!(format);
            tables.fields.push(FieldRecord {
                id,
                name,
                column,
                format,
                element: request.text("element").unwrap_or_default(),
                values: request.text("field_values"),
            });
        }
        "fieldsets" => tables.fieldsets.push(FieldsetRecord {
            id,
            name,
            fields: Vec::new(),
        }),
        _ => return None,
    }
    Some(success(payload, "Created."))
}

/// `None`: there is no such list to make something in; people are made elsewhere.
fn is_taken(tables: &SnipeTables, request: &ApiRequest, list: &str, name: &str) -> Option<bool> {
    let among = |rows: &[NameRecord]| rows.iter().any(|row| !row.is_deleted && is_same_text(&row.name, name));
    Some(match list {
        "manufacturers" => among(&tables.manufacturers),
        "companies" => among(&tables.companies),
        "statuslabels" => among(&tables.labels),
        "categories" => {
            let kind = request.text("category_type").unwrap_or_default();
            let is_same = |row: &NameRecord| row.kind == kind && is_same_text(&row.name, name);
            tables.categories.iter().any(is_same)
        }
        // By name and number together.
        "models" => {
            let number = request.text("model_number").unwrap_or_default();
            tables.models.iter().any(|model| {
                let own = model.number.as_deref().unwrap_or_default();
                !model.is_deleted && is_same_text(&model.name, name) && is_same_text(own, &number)
            })
        }
        "fields" => tables.fields.iter().any(|field| is_same_text(&field.name, name)),
        "fieldsets" => tables.fieldsets.iter().any(|set| is_same_text(&set.name, name)),
        _ => return None,
    })
}

fn check_members(tables: &SnipeTables, request: &ApiRequest, list: &str, errors: &mut FieldErrors) {
    match list {
        "categories" if request.text("category_type").is_none() => {
            add_error(errors, "category_type", "The category type field is required.");
        }
        "statuslabels" if request.text("type").is_none() => {
            add_error(errors, "type", "Status label type is required.");
        }
        "models" => {
            let category = request.number("category_id");
            let is_known = tables
                .categories
                .iter()
                .any(|row| Some(row.id) == category && row.kind == "asset");
            if !is_known {
                add_error(errors, "category_id", "The selected category id is invalid.");
            }
            let manufacturer = request.number("manufacturer_id");
            if manufacturer.is_some_and(|id| tables.manufacturers.iter().all(|row| row.id != id)) {
                add_error(errors, "manufacturer_id", "The selected manufacturer id is invalid.");
            }
        }
        "fields" => {
            let element = request.text("element").unwrap_or_default();
            if !["text", "textarea", "listbox", "checkbox", "radio"].contains(&element.as_str()) {
                add_error(errors, "element", "The selected element is invalid.");
            }
            let format = request.text("format");
            if format.is_some_and(|format| !FORMATS.contains(&format.as_str()) && !format.starts_with("regex:")) {
                add_error(errors, "format", "The selected format is invalid.");
            }
        }
        _ => (),
    }
}

/// `PATCH /models/{id}`.
pub fn change_model(tables: &mut SnipeTables, request: &ApiRequest, id: u64) -> ApiAnswer {
    let Some(model) = tables
        .models
        .iter_mut()
        .find(|model| model.id == id && !model.is_deleted)
    else {
        return no_such("AssetModel");
    };
    if let Some(name) = request.text("name") {
        model.name = name;
    }
    if request.has("model_number") {
        model.number = request.text("model_number");
    }
    if let Some(category) = request.number("category_id") {
        model.category = category;
    }
    if request.has("manufacturer_id") {
        model.manufacturer = request.number("manufacturer_id");
    }
    if request.has("fieldset_id") {
        model.fieldset = request.number("fieldset_id");
    }
    // It overrides the other one.
    if let Some(fieldset) = request.number("custom_fieldset_id") {
        model.fieldset = Some(fieldset);
    }
    let payload = json!({"id": id, "name": model.name, "fieldset_id": model.fieldset, "category_id": model.category});
    success(payload, "Model updated successfully.")
}

/// `POST /fields/{id}/associate` and `/disassociate`.
pub fn associate_field(tables: &mut SnipeTables, request: &ApiRequest, field: u64, is_added: bool) -> ApiAnswer {
    if tables.fields.iter().all(|row| row.id != field) {
        return no_such("CustomField");
    }
    let wanted = request.number("fieldset_id");
    let Some(set) = tables.fieldsets.iter_mut().find(|set| Some(set.id) == wanted) else {
        return no_such("CustomFieldset");
    };
    set.fields.retain(|id| *id != field);
    if is_added {
        set.fields.push(field);
    }
    success(
        json!({"id": set.id, "name": set.name}),
        "Fieldset updated successfully.",
    )
}
