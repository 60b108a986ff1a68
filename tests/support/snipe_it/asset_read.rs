//! Reading assets: the lists with what each hides, by serial number, by tag, by id; and the two forms in which an asset is
//! written, transformed where it is read, bare where it was changed.

use serde_json::{Map, Value, json};

use super::options::{SnipeOptions, SnipeVersion};
use super::tables::{AssetRecord, NameRecord, SnipeTables, is_same_text};
use super::wire::{
    ApiAnswer, ApiRequest, date, datetime, error, escape, escape_or_empty, escape_or_null, ok, page, raw_time,
};

const NONE: &str = "Asset does not exist.";

/// `GET /hardware`.
pub fn list_assets(tables: &SnipeTables, options: &SnipeOptions, request: &ApiRequest) -> ApiAnswer {
    let mut found: Vec<&AssetRecord> = tables
        .assets
        .values()
        .filter(|asset| is_listed(tables, options, request, asset) && fits_query(tables, request, asset))
        .collect();
    // By default the newest comes first.
    let is_by_id = request.query_text("sort") == Some("id");
    found.sort_by_key(|asset| {
        if is_by_id {
            (None, asset.id)
        } else {
            (Some(asset.created_at), asset.id)
        }
    });
    if request.query_text("order") != Some("asc") {
        found.reverse();
    }
    let rows = found
        .into_iter()
        .map(|asset| transform(tables, options, asset))
        .collect();
    page(request, rows, options.max_results)
}

/// Which of the lists shows it.
fn is_listed(tables: &SnipeTables, options: &SnipeOptions, request: &ApiRequest, asset: &AssetRecord) -> bool {
    let kind = tables
        .label(asset.status)
        .map(|label| label.kind.as_str())
        .unwrap_or_default();
    let status = request.query_text("status");
    if status == Some("Deleted") {
        return asset.deleted_at.is_some();
    }
    if asset.deleted_at.is_some() {
        return false;
    }
    match status {
        Some("Archived") => kind == "archived",
        Some("Pending") => kind == "pending",
        Some("Undeployable") => kind == "undeployable",
        Some("RTD") => kind == "deployable" && asset.assigned.is_none(),
        Some("Deployed") => asset.assigned.is_some(),
        _ => kind != "archived" || options.shows_archived || request.query_text("status_id").is_some(),
    }
}

fn fits_query(tables: &SnipeTables, request: &ApiRequest, asset: &AssetRecord) -> bool {
    let is_number = |name: &str, value: u64| request.query_text(name).is_none_or(|text| text == value.to_string());
    let is_text = |name: &str, value: Option<&str>| {
        request
            .query_text(name)
            .is_none_or(|text| value.is_some_and(|value| is_same_text(text, value)))
    };
    let customs = tables
        .fields
        .iter()
        .all(|field| is_text(&field.column, asset.custom.get(&field.column).map(String::as_str)));
    is_number("status_id", asset.status)
        && is_number("model_id", asset.model)
        && is_text("asset_tag", Some(&asset.asset_tag))
        && customs
        && request
            .query_text("search")
            .is_none_or(|search| contains_text(tables, asset, search))
}

/// The search is loose: any part of any text.
fn contains_text(tables: &SnipeTables, asset: &AssetRecord, search: &str) -> bool {
    let search = search.to_lowercase();
    let model = tables.model(asset.model).map(|model| model.name.as_str());
    let texts = [
        asset.name.as_deref(),
        Some(asset.asset_tag.as_str()),
        asset.serial.as_deref(),
        asset.notes.as_deref(),
        asset.order_number.as_deref(),
        model,
    ];
    let customs = asset.custom.values().map(String::as_str);
    texts
        .into_iter()
        .flatten()
        .chain(customs)
        .any(|text| text.to_lowercase().contains(&search))
}

/// `GET /hardware/byserial/{any}`: archived ones as well, those in the trash where they are asked for.
pub fn show_by_serial(tables: &SnipeTables, options: &SnipeOptions, request: &ApiRequest, serial: &str) -> ApiAnswer {
    let with_trash = request.query_text("deleted") == Some("true");
    let rows: Vec<Value> = tables
        .assets
        .values()
        .filter(|asset| asset.serial.as_deref().is_some_and(|own| is_same_text(own, serial)))
        .filter(|asset| with_trash || asset.deleted_at.is_none())
        .map(|asset| transform(tables, options, asset))
        .collect();
    if rows.is_empty() {
        return error(NONE, Value::Null);
    }
    page(request, rows, options.max_results)
}

/// `GET /hardware/bytag/{any}`: one asset, or a list where the trash is asked for.
pub fn show_by_tag(tables: &SnipeTables, options: &SnipeOptions, request: &ApiRequest, tag: &str) -> ApiAnswer {
    let with_trash = request.query_text("deleted") == Some("true");
    let mut rows: Vec<Value> = tables
        .assets
        .values()
        .filter(|asset| is_same_text(&asset.asset_tag, tag))
        .filter(|asset| with_trash || asset.deleted_at.is_none())
        .map(|asset| transform(tables, options, asset))
        .collect();
    match rows.len() {
        0 => error(NONE, Value::Null),
        1 if !with_trash => ok(rows.remove(0)),
        _ => page(request, rows, options.max_results),
    }
}

/// `GET /hardware/{id}`: in the trash as well.
pub fn show_asset(tables: &SnipeTables, options: &SnipeOptions, id: u64) -> ApiAnswer {
    match tables.assets.get(&id) {
        Some(asset) => ok(transform(tables, options, asset)),
        None => error(NONE, Value::Null),
    }
}

fn named(id: u64, name: &str) -> Value {
    json!({"id": id, "name": escape(name)})
}

/// An asset as it is read.
pub fn transform(tables: &SnipeTables, options: &SnipeOptions, asset: &AssetRecord) -> Value {
    let model = tables.model(asset.model);
    let mut row = json!({
        "id": asset.id,
        "name": escape_or_empty(asset.name.as_deref()),
        "asset_tag": escape(&asset.asset_tag),
        "serial": escape_or_empty(asset.serial.as_deref()),
        "model": model.map(|model| named(model.id, &model.name)),
        "byod": asset.byod,
        "requestable": false,
        "model_number": escape_or_null(model.and_then(|model| model.number.as_deref())),
        "eol": null,
        "status_label": transform_label(tables, asset),
        "notes": escape_or_null(asset.notes.as_deref()),
        "order_number": escape_or_null(asset.order_number.as_deref()),
        "assigned_to": transform_assigned(tables, options.version, asset),
    });
    merge(&mut row, transform_relations(tables, asset));
    merge(&mut row, transform_times(asset));
    merge(&mut row, transform_state(tables, options, asset));
    row["custom_fields"] = transform_customs(tables, asset);
    row
}

fn merge(row: &mut Value, part: Value) {
    if let (Value::Object(row), Value::Object(part)) = (row, part) {
        row.extend(part);
    }
}

fn transform_label(tables: &SnipeTables, asset: &AssetRecord) -> Value {
    let Some(label) = tables.label(asset.status) else {
        return Value::Null;
    };
    let kind = label.kind.as_str();
    let meta = if asset.assigned.is_some() { "deployed" } else { kind };
    json!({"id": label.id, "name": escape(&label.name), "status_type": kind, "status_meta": meta})
}

fn transform_relations(tables: &SnipeTables, asset: &AssetRecord) -> Value {
    let model = tables.model(asset.model);
    json!({
        "category": find_named(&tables.categories, model.map(|model| model.category)),
        "manufacturer": find_named(&tables.manufacturers, model.and_then(|model| model.manufacturer)),
        "supplier": null,
        "company": find_named(&tables.companies, asset.company),
        "location": find_named(&tables.locations, asset.location),
        "rtd_location": find_named(&tables.locations, asset.rtd_location),
        "image": null,
        "qr": null,
        "alt_barcode": null,
    })
}

fn find_named(rows: &[NameRecord], id: Option<u64>) -> Value {
    let row = id.and_then(|id| rows.iter().find(|row| row.id == id));
    row.map_or(Value::Null, |row| named(row.id, &row.name))
}

fn transform_times(asset: &AssetRecord) -> Value {
    json!({
        // With a word behind it, in the language of the account.
        "warranty_months": asset.warranty_months.map(|months| format!("{months} months")),
        "warranty_expires": null,
        "created_at": datetime(Some(asset.created_at)),
        "updated_at": datetime(Some(asset.updated_at)),
        "last_audit_date": null,
        "next_audit_date": null,
        "deleted_at": datetime(asset.deleted_at),
        "purchase_date": date(asset.purchase_date.as_deref()),
        "last_checkout": null,
        "expected_checkin": null,
        "purchase_cost": null,
    })
}

fn transform_state(tables: &SnipeTables, options: &SnipeOptions, asset: &AssetRecord) -> Value {
    let is_deleted = asset.deleted_at.is_some();
    let may = options.may_update && !is_deleted;
    let is_deployable = tables
        .label(asset.status)
        .is_some_and(|label| label.kind == "deployable");
    json!({
        "checkin_counter": asset.checkins,
        "checkout_counter": asset.checkouts,
        "requests_counter": 0,
        "user_can_checkout": asset.assigned.is_none() && !is_deleted && is_deployable,
        "available_actions": {
            "checkout": may,
            "checkin": may,
            "clone": may,
            "restore": options.may_update && is_deleted,
            "update": may,
            "delete": may && asset.assigned.is_none(),
            "audit": may,
        },
    })
}

fn transform_assigned(tables: &SnipeTables, version: SnipeVersion, asset: &AssetRecord) -> Value {
    let Some((kind, id)) = asset.assigned else {
        return Value::Null;
    };
    if kind != "user" {
        return json!({"id": id, "name": "elsewhere", "type": kind});
    }
    let Some(user) = tables.user(id) else {
        return Value::Null;
    };
    let mut assigned = json!({
        "id": user.id,
        "username": escape(&user.username),
        "name": escape(&user.username),
        "first_name": escape(&user.username),
        "last_name": null,
        "employee_number": null,
        "type": "user",
    });
    if version == SnipeVersion::V8 {
        assigned["email"] = escape_or_null(user.email.as_deref());
    }
    assigned
}

fn transform_customs(tables: &SnipeTables, asset: &AssetRecord) -> Value {
    let mut customs = Map::new();
    for field in tables.shown_fields(asset.model) {
        let value = asset.custom.get(&field.column).map(String::as_str);
        customs.insert(
            field.name.clone(),
            json!({
                "field": escape(&field.column),
                "value": escape_or_empty(value),
                "field_format": field.format,
                "element": field.element,
            }),
        );
    }
    Value::Object(customs)
}

/// The row of an asset that was changed: every column, not escaped.
pub fn bare_row(tables: &SnipeTables, asset: &AssetRecord) -> Value {
    let mut row = json!({
        "id": asset.id,
        "name": asset.name,
        "asset_tag": asset.asset_tag,
        "serial": asset.serial,
        "model_id": asset.model,
        "status_id": asset.status,
        "assigned_to": asset.assigned.map(|(_, id)| id),
        "assigned_type": asset.assigned.map(|(kind, _)| class_of(kind)),
        "company_id": asset.company,
        "location_id": asset.location,
        "rtd_location_id": asset.rtd_location,
        "notes": asset.notes,
        "order_number": asset.order_number,
        "byod": u8::from(asset.byod),
        "warranty_months": asset.warranty_months,
        "purchase_date": asset.purchase_date,
        "created_at": raw_time(Some(asset.created_at)),
        "updated_at": raw_time(Some(asset.updated_at)),
        "deleted_at": raw_time(asset.deleted_at),
    });
    for field in &tables.fields {
        row[field.column.as_str()] = json!(asset.custom.get(&field.column));
    }
    row
}

/// The row of a new asset: only what was set on it, so of custom fields those that its model shows.
pub fn bare_new_row(tables: &SnipeTables, asset: &AssetRecord) -> Value {
    let Value::Object(mut row) = bare_row(tables, asset) else {
        unreachable!("a row is an object");
    };
    let shown: Vec<&str> = tables
        .shown_fields(asset.model)
        .into_iter()
        .map(|field| field.column.as_str())
        .collect();
    row.retain(|name, value| {
        let is_custom = name.starts_with("_snipeit_");
        (!is_custom || shown.contains(&name.as_str())) && (name != "assigned_to" || !value.is_null())
    });
    if let Some(model) = tables.model(asset.model) {
        row.insert(
            "model".to_owned(),
            json!({"id": model.id, "name": model.name, "category_id": model.category}),
        );
    }
    Value::Object(row)
}

fn class_of(kind: &str) -> &'static str {
    match kind {
        "user" => "App\\Models\\User",
        "location" => "App\\Models\\Location",
        _ => "App\\Models\\Asset",
    }
}
