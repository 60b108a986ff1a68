//! Changing assets: create, change, delete, restore, check-out, check-in, with the rules and the quirks that the real ones
//! have. A change that a rule refuses changes nothing.

use std::collections::BTreeMap;

use chrono::Utc;
use serde_json::{Value, json};

use super::asset_read::{bare_new_row, bare_row};
use super::options::{SnipeOptions, SnipeVersion};
use super::tables::{AssetRecord, SnipeTables, is_same_text};
use super::wire::{ApiAnswer, ApiRequest, FieldErrors, add_error, error, escape, invalid, no_such, success};

const NONE: &str = "Asset does not exist.";
/// Longest name and tag.
const LONGEST: usize = 255;

/// `POST /hardware`.
pub fn create_asset(tables: &mut SnipeTables, options: &SnipeOptions, request: &ApiRequest) -> ApiAnswer {
    let tag = request.text("asset_tag");
    let is_numbered = tag.is_none() && options.auto_increment;
    let tag = tag
        .or_else(|| is_numbered.then(|| tables.peek_tag()))
        .unwrap_or_default();
    let now = Utc::now();
    let mut asset = AssetRecord {
        // Given when all is well: a refused create leaves no gap.
        id: 0,
        name: None,
        asset_tag: tag,
        serial: None,
        model: request.number("model_id").unwrap_or(0),
        status: request.number("status_id").unwrap_or(0),
        assigned: None,
        company: None,
        location: request.number("location_id"),
        rtd_location: None,
        notes: None,
        order_number: None,
        byod: false,
        warranty_months: None,
        purchase_date: None,
        created_at: now,
        updated_at: now,
        deleted_at: None,
        checkouts: 0,
        checkins: 0,
        custom: BTreeMap::new(),
    };
    fill(&mut asset, request);
    fill_customs(tables, &mut asset, request);
    let errors = validate(tables, options, &asset, request);
    if !errors.is_empty() {
        return invalid(errors);
    }
    asset.id = tables.new_id();
    if is_numbered {
        tables.use_tag();
    }
    tables.note_history(asset.id, "create", None);
    if let Some(user) = known_user(tables, request) {
        take_over(
            tables,
            &mut asset,
            user,
            Some(escape(&request.text("name").unwrap_or_default())),
        );
        tables.note_history(asset.id, "checkout", Some("Checked out on asset creation"));
    }
    let row = bare_new_row(tables, &asset);
    tables.assets.insert(asset.id, asset);
    success(row, "Asset created successfully. :)")
}

/// `PATCH` and `PUT /hardware/{id}`: only what is sent. What is in the trash is not found.
pub fn change_asset(tables: &mut SnipeTables, options: &SnipeOptions, request: &ApiRequest, id: u64) -> ApiAnswer {
    let Some(mut asset) = find_live(tables, id) else {
        return match options.version {
            SnipeVersion::V7 => error(NONE, Value::Null),
            SnipeVersion::V8 => no_such("Asset"),
        };
    };
    fill(&mut asset, request);
    if request.has("rtd_location_id") && !request.has("location_id") {
        asset.location = asset.rtd_location;
    }
    fill_customs(tables, &mut asset, request);
    let errors = validate(tables, options, &asset, request);
    if !errors.is_empty() {
        return invalid(errors);
    }
    asset.updated_at = Utc::now();
    tables.note_history(id, "update", None);
    if let Some(user) = known_user(tables, request) {
        // No look at whether it is free; and the name is that of the request, escaped.
        take_over(
            tables,
            &mut asset,
            user,
            Some(escape(&request.text("name").unwrap_or_default())),
        );
        tables.note_history(id, "checkout", Some("Checked out on asset update"));
    }
    let row = bare_row(tables, &asset);
    tables.assets.insert(id, asset);
    success(row, "Asset updated successfully.")
}

/// `DELETE /hardware/{id}`: into the trash, checked in.
pub fn delete_asset(tables: &mut SnipeTables, id: u64) -> ApiAnswer {
    let Some(mut asset) = find_live(tables, id) else {
        return error(NONE, Value::Null);
    };
    if asset.assigned.take().is_some() {
        tables.note_history(id, "checkin", Some("Checkin on delete"));
    }
    asset.deleted_at = Some(Utc::now());
    tables.assets.insert(id, asset);
    tables.note_history(id, "delete", None);
    success(Value::Null, "The asset was deleted successfully.")
}

/// `POST /hardware/{id}/restore`.
pub fn restore_asset(tables: &mut SnipeTables, options: &SnipeOptions, id: u64) -> ApiAnswer {
    const RESTORED: &str = "Asset restored successfully.";
    let Some(mut asset) = tables.assets.get(&id).cloned() else {
        return error(NONE, Value::Null);
    };
    if asset.deleted_at.is_none() {
        return error(Value::Null, json!("The Asset is not deleted."));
    }
    asset.deleted_at = None;
    if let Some(field) = find_taken(tables, options, &asset) {
        return error(
            Value::Null,
            json!(format!("Could not restore the Asset: {field} must be unique.")),
        );
    }
    tables.assets.insert(id, asset);
    tables.note_history(id, "restore", None);
    match options.version {
        SnipeVersion::V7 => success(Value::Null, RESTORED),
        SnipeVersion::V8 => {
            let mut answer = success(json!(RESTORED), "");
            answer.body["messages"] = Value::Null;
            answer
        }
    }
}

/// `POST /hardware/{id}/checkout`.
pub fn check_out(tables: &mut SnipeTables, options: &SnipeOptions, request: &ApiRequest, id: u64) -> ApiAnswer {
    let mut errors = FieldErrors::new();
    let kind = request.text("checkout_to_type");
    if !matches!(kind.as_deref(), Some("user" | "location" | "asset")) {
        add_error(
            &mut errors,
            "checkout_to_type",
            "The checkout to type field is required.",
        );
    }
    let targets = ["assigned_user", "assigned_asset", "assigned_location"];
    if targets.iter().all(|target| request.number(target).is_none()) {
        add_error(
            &mut errors,
            "assigned_user",
            "The assigned user field is required when none are present.",
        );
    }
    if !errors.is_empty() {
        return invalid(errors);
    }
    let Some(mut asset) = find_live(tables, id) else {
        return no_such("Asset");
    };
    let tag = json!({"asset": escape(&asset.asset_tag)});
    let is_deployable = tables
        .label(asset.status)
        .is_some_and(|label| label.kind == "deployable");
    if asset.assigned.is_some() || !is_deployable {
        return error("That asset is not available for checkout!", tag);
    }
    let Some(user) = known_user(tables, request).filter(|_| kind.as_deref() == Some("user")) else {
        let text = format!(
            "Checkout target for asset {} is invalid - user does not exist.",
            escape(&asset.asset_tag)
        );
        return error(text, tag);
    };
    let name = match options.version {
        SnipeVersion::V8 if !request.has("name") => asset.name.clone(),
        // Not escaped here.
        SnipeVersion::V7 | SnipeVersion::V8 => request.text("name"),
    };
    take_over(tables, &mut asset, user, name);
    asset.updated_at = Utc::now();
    tables.assets.insert(id, asset);
    tables.note_history(id, "checkout", request.text("note").as_deref());
    success(tag, "Asset checked out successfully.")
}

/// `POST /hardware/{id}/checkin`; it may set a label, a name and a place.
pub fn check_in(tables: &mut SnipeTables, request: &ApiRequest, id: u64) -> ApiAnswer {
    let Some(mut asset) = find_live(tables, id) else {
        return no_such("Asset");
    };
    let model = tables.model(asset.model).map(|model| escape(&model.name));
    let payload = json!({"asset_tag": escape(&asset.asset_tag), "model": model, "model_number": null});
    if asset.assigned.take().is_none() {
        return error("That asset is already checked in.", payload);
    }
    if request.has("name") {
        asset.name = request.text("name");
    }
    if let Some(status) = request.number("status_id") {
        asset.status = status;
    }
    asset.location = request.number("location_id").or(asset.rtd_location);
    asset.checkins += 1;
    asset.updated_at = Utc::now();
    tables.assets.insert(id, asset);
    tables.note_history(id, "checkin", request.text("note").as_deref());
    success(payload, "Asset checked in successfully.")
}

fn find_live(tables: &SnipeTables, id: u64) -> Option<AssetRecord> {
    let found = tables.assets.get(&id).filter(|asset| asset.deleted_at.is_none());
    found.cloned()
}

/// The user of the request, if they are there.
fn known_user(tables: &SnipeTables, request: &ApiRequest) -> Option<u64> {
    let user = tables.user(request.number("assigned_user")?)?;
    (!user.is_deleted).then_some(user.id)
}

/// Checked out to this user, with this name: where it is null, the asset has none afterwards.
fn take_over(tables: &SnipeTables, asset: &mut AssetRecord, user: u64, name: Option<String>) {
    asset.assigned = Some(("user", user));
    asset.name = name;
    asset.checkouts += 1;
    if let Some(location) = tables.user(user).and_then(|user| user.location) {
        asset.location = Some(location);
    }
}

/// What may be filled, as far as it was sent.
fn fill(asset: &mut AssetRecord, request: &ApiRequest) {
    if request.has("name") {
        asset.name = request.text("name");
    }
    if request.has("serial") {
        asset.serial = request.text("serial");
    }
    if let Some(tag) = request.text("asset_tag") {
        asset.asset_tag = tag;
    }
    if request.has("model_id") {
        asset.model = request.number("model_id").unwrap_or(0);
    }
    if request.has("status_id") {
        asset.status = request.number("status_id").unwrap_or(0);
    }
    if request.has("company_id") {
        asset.company = request.number("company_id");
    }
    if request.has("location_id") {
        asset.location = request.number("location_id");
    }
    if request.has("rtd_location_id") {
        asset.rtd_location = request.number("rtd_location_id");
    }
    if request.has("notes") {
        asset.notes = request.text("notes");
    }
    if request.has("order_number") {
        asset.order_number = request.text("order_number");
    }
    if request.has("byod") {
        asset.byod = request.text("byod").as_deref() == Some("1");
    }
    if request.has("warranty_months") {
        asset.warranty_months = request.number("warranty_months");
    }
    if request.has("purchase_date") {
        asset.purchase_date = request.text("purchase_date");
    }
}

/// Only those that the fieldset of the model has; the others are left out, and nobody is told.
fn fill_customs(tables: &SnipeTables, asset: &mut AssetRecord, request: &ApiRequest) {
    for field in tables.shown_fields(asset.model) {
        if !request.has(&field.column) {
            continue;
        }
        match request.text(&field.column) {
            Some(text) => asset.custom.insert(field.column.clone(), text),
            None => asset.custom.remove(&field.column),
        };
    }
}

/// Of an asset as it would be.
fn validate(tables: &SnipeTables, options: &SnipeOptions, asset: &AssetRecord, request: &ApiRequest) -> FieldErrors {
    let mut errors = FieldErrors::new();
    if tables.model(asset.model).is_none_or(|model| model.is_deleted) {
        add_error(&mut errors, "model_id", "The selected model id is invalid.");
    }
    if tables.label(asset.status).is_none_or(|label| label.is_deleted) {
        add_error(&mut errors, "status_id", "The selected status id is invalid.");
    }
    if asset.asset_tag.is_empty() {
        add_error(&mut errors, "asset_tag", "The asset tag field is required.");
    }
    for (field, text) in [("asset_tag", Some(&asset.asset_tag)), ("name", asset.name.as_ref())] {
        if text.is_some_and(|text| text.chars().count() > LONGEST) {
            add_error(&mut errors, field, "The field must not be greater than 255 characters.");
        }
    }
    if let Some(field) = find_taken(tables, options, asset) {
        add_error(&mut errors, field, "The value must be unique.");
    }
    if asset
        .company
        .is_some_and(|id| tables.companies.iter().all(|company| company.id != id))
    {
        add_error(&mut errors, "company_id", "The selected company id is invalid.");
    }
    if options.version == SnipeVersion::V8 && request.number("assigned_user").is_some() {
        validate_user(tables, asset, request, &mut errors);
    }
    validate_customs(tables, asset, &mut errors);
    errors
}

fn validate_user(tables: &SnipeTables, asset: &AssetRecord, request: &ApiRequest, errors: &mut FieldErrors) {
    if known_user(tables, request).is_none() {
        add_error(errors, "assigned_user", "The selected assigned user is invalid.");
    }
    let is_deployable = tables
        .label(asset.status)
        .is_some_and(|label| label.kind == "deployable");
    if request.has("status_id") && !is_deployable {
        add_error(errors, "status_id", "The asset status is not deployable.");
    }
}

/// The first field whose value another asset has that is not in the trash.
fn find_taken(tables: &SnipeTables, options: &SnipeOptions, asset: &AssetRecord) -> Option<&'static str> {
    let others = || {
        tables
            .assets
            .values()
            .filter(move |other| other.id != asset.id && other.deleted_at.is_none())
    };
    if others().any(|other| is_same_text(&other.asset_tag, &asset.asset_tag)) {
        return Some("asset_tag");
    }
    let serial = asset.serial.as_deref().filter(|_| options.unique_serial)?;
    let has_serial = |other: &AssetRecord| other.serial.as_deref().is_some_and(|own| is_same_text(own, serial));
    others().any(has_serial).then_some("serial")
}

fn validate_customs(tables: &SnipeTables, asset: &AssetRecord, errors: &mut FieldErrors) {
    for field in tables.shown_fields(asset.model) {
        let Some(value) = asset.custom.get(&field.column) else {
            continue;
        };
        let is_right = match field.format.as_str() {
            "MAC" => {
                let parts: Vec<&str> = value.split(':').collect();
                let is_pair = |part: &&str| part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_hexdigit());
                parts.len() == 6 && parts.iter().all(is_pair)
            }
            "NUMERIC" => value.parse::<f64>().is_ok(),
            "BOOLEAN" => matches!(value.as_str(), "0" | "1" | "true" | "false"),
            _ => true,
        };
        if !is_right {
            add_error(errors, &field.column, "The format is invalid.");
        }
    }
}
