//! Reading everything beside assets: models, manufacturers, categories, status labels, companies, people, custom fields, fieldsets.

use chrono::Utc;
use serde_json::{Value, json};

use super::options::SnipeOptions;
use super::tables::{FieldRecord, FieldsetRecord, ModelRecord, NameRecord, SnipeTables, UserRecord, is_same_text};
use super::wire::{ApiAnswer, ApiRequest, datetime, error, escape, escape_or_null, page, whole};

/// `GET` of a list; `None`: there is none of this name.
pub fn read_names(tables: &SnipeTables, options: &SnipeOptions, request: &ApiRequest, list: &str) -> Option<ApiAnswer> {
    let most = options.max_results;
    let names = |rows: &[NameRecord], show: fn(&SnipeTables, &NameRecord) -> Value| {
        let live = rows
            .iter()
            .filter(|row| !row.is_deleted && fits_name(request, &row.name));
        page(request, live.map(|row| show(tables, row)).collect(), most)
    };
    Some(match list {
        "manufacturers" | "companies" => {
            let rows = if list == "companies" {
                &tables.companies
            } else {
                &tables.manufacturers
            };
            names(rows, show_named)
        }
        "categories" => names(&tables.categories, show_category),
        "statuslabels" => {
            let kind = request.query_text("status_type");
            let rows: Vec<NameRecord> = tables
                .labels
                .iter()
                .filter(|label| kind.is_none_or(|kind| label.kind == kind))
                .cloned()
                .collect();
            names(&rows, show_label)
        }
        "models" => {
            let live = tables
                .models
                .iter()
                .filter(|model| !model.is_deleted && fits_name(request, &model.name));
            page(request, live.map(|model| show_model(tables, model)).collect(), most)
        }
        "users" => {
            let live = tables.users.iter().filter(|user| fits_user(request, user));
            page(request, live.map(|user| show_user(tables, user)).collect(), most)
        }
        "fields" => whole(tables.fields.iter().map(show_field).collect()),
        "fieldsets" => whole(tables.fieldsets.iter().map(|set| show_fieldset(tables, set)).collect()),
        _ => return None,
    })
}

fn fits_name(request: &ApiRequest, name: &str) -> bool {
    let search = request.query_text("search").map(str::to_lowercase);
    let exact = request.query_text("name");
    search.is_none_or(|search| name.to_lowercase().contains(&search))
        && exact.is_none_or(|text| is_same_text(text, name))
}

fn fits_user(request: &ApiRequest, user: &UserRecord) -> bool {
    let is_exact = |name: &str, value: Option<&str>| {
        request
            .query_text(name)
            .is_none_or(|text| value.is_some_and(|value| is_same_text(text, value)))
    };
    let search = request.query_text("search").map(str::to_lowercase);
    let is_found = search.is_none_or(|search| {
        [Some(user.username.as_str()), user.email.as_deref()]
            .into_iter()
            .flatten()
            .any(|text| text.to_lowercase().contains(&search))
    });
    let wants_deleted = request.query_text("deleted") == Some("true");
    user.is_deleted == wants_deleted
        && is_found
        && is_exact("email", user.email.as_deref())
        && is_exact("username", Some(&user.username))
}

/// The times and actions that every row has.
fn with_times(mut row: Value) -> Value {
    row["created_at"] = datetime(Some(Utc::now()));
    row["updated_at"] = datetime(Some(Utc::now()));
    row["available_actions"] = json!({"update": true, "delete": true, "clone": true, "restore": false});
    row
}

fn show_named(_: &SnipeTables, row: &NameRecord) -> Value {
    with_times(json!({"id": row.id, "name": escape(&row.name), "assets_count": 0}))
}

fn show_category(_: &SnipeTables, row: &NameRecord) -> Value {
    let mut letters = row.kind.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase().to_string());
    let kind = first.unwrap_or_default() + letters.as_str();
    with_times(json!({
        "id": row.id,
        "name": escape(&row.name),
        "category_type": kind,
        "eula": null,
        "checkin_email": false,
        "require_acceptance": false,
        "item_count": 0,
        "assets_count": 0,
    }))
}

fn show_label(tables: &SnipeTables, row: &NameRecord) -> Value {
    let count = tables.assets.values().filter(|asset| asset.status == row.id).count();
    with_times(json!({
        "id": row.id,
        "name": escape(&row.name),
        "type": row.kind,
        "color": null,
        "show_in_nav": false,
        "default_label": false,
        "assets_count": count,
        "notes": "",
    }))
}

fn show_model(tables: &SnipeTables, model: &ModelRecord) -> Value {
    let find = |rows: &[NameRecord], id: Option<u64>| {
        let row = id.and_then(|id| rows.iter().find(|row| row.id == id));
        row.map_or(Value::Null, |row| json!({"id": row.id, "name": escape(&row.name)}))
    };
    let fieldset = model
        .fieldset
        .and_then(|id| tables.fieldsets.iter().find(|set| set.id == id));
    let shown = tables.shown_fields(model.id);
    let defaults: Vec<Value> = shown
        .iter()
        .map(|field| {
            json!({
                "name": escape(&field.name),
                "db_column_name": field.column,
                "default_value": null,
                "format": field.format,
                "required": false,
            })
        })
        .collect();
    let count = tables.assets.values().filter(|asset| asset.model == model.id).count();
    with_times(json!({
        "id": model.id,
        "name": escape(&model.name),
        "manufacturer": find(&tables.manufacturers, model.manufacturer),
        "image": null,
        "model_number": escape(model.number.as_deref().unwrap_or_default()),
        "depreciation": null,
        "assets_count": count,
        "category": find(&tables.categories, Some(model.category)),
        "fieldset": fieldset.map(|set| json!({"id": set.id, "name": escape(&set.name)})),
        "default_fieldset_values": defaults,
        "eol": "None",
        "requestable": false,
        "notes": "",
        "deleted_at": null,
    }))
}

fn show_user(tables: &SnipeTables, user: &UserRecord) -> Value {
    let has = |kind: &str, id: u64| kind == "user" && id == user.id;
    let count = tables
        .assets
        .values()
        .filter(|asset| asset.assigned.is_some_and(|(kind, id)| has(kind, id)))
        .count();
    with_times(json!({
        "id": user.id,
        "name": escape(&user.username),
        "first_name": escape(&user.username),
        "last_name": "",
        "username": escape(&user.username),
        "email": escape_or_null(user.email.as_deref()),
        "employee_num": "",
        "activated": true,
        "assets_count": count,
        "licenses_count": 0,
        "accessories_count": 0,
        "consumables_count": 0,
        "company": null,
        "groups": null,
        "permissions": null,
    }))
}

fn show_field(field: &FieldRecord) -> Value {
    with_times(json!({
        "id": field.id,
        "name": escape(&field.name),
        "db_column_name": escape(&field.column),
        "format": escape(&field.format),
        "field_values": escape_or_null(field.values.as_deref()),
        "field_values_array": null,
        "type": escape(&field.element),
        "required": false,
        "display_in_user_view": false,
        "auto_add_to_fieldsets": false,
    }))
}

fn show_fieldset(tables: &SnipeTables, set: &FieldsetRecord) -> Value {
    let fields: Vec<Value> = set
        .fields
        .iter()
        .filter_map(|id| tables.fields.iter().find(|field| field.id == *id))
        .map(show_field)
        .collect();
    let models: Vec<Value> = tables
        .models
        .iter()
        .filter(|model| model.fieldset == Some(set.id))
        .map(|model| json!({"id": model.id, "name": escape(&model.name)}))
        .collect();
    with_times(json!({
        "id": set.id,
        "name": escape(&set.name),
        "fields": {"total": fields.len(), "rows": fields},
        "models": {"total": models.len(), "rows": models},
    }))
}

/// `GET` of one row of a list.
pub fn read_name(
    tables: &SnipeTables,
    options: &SnipeOptions,
    request: &ApiRequest,
    list: &str,
    id: u64,
) -> Option<ApiAnswer> {
    let all = ApiRequest {
        query: vec![("limit".to_owned(), "1000000".to_owned())],
        ..request.clone()
    };
    let options = SnipeOptions {
        max_results: 1_000_000,
        ..options.clone()
    };
    let answer = read_names(tables, &options, &all, list)?;
    let rows = answer.body["rows"].as_array()?;
    let row = rows.iter().find(|row| row["id"] == id);
    Some(match row {
        Some(row) => ApiAnswer {
            status: 200,
            body: row.clone(),
        },
        None => error("It does not exist.", Value::Null),
    })
}
