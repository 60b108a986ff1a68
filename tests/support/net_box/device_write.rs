//! Writing devices: one, or many at once, all or none. What a rule refuses changes nothing; the error of many names the field
//! and not the row.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::custom_fields::find_fault;
use super::device_read::{describe_device, tag_of, tagged};
use super::name_rows::{MAKERS, TYPES};
use super::options::{NetBoxOptions, NetBoxVersion};
use super::tables::{DeviceRecord, NameRecord, NetBoxTables};
use super::wire::{ApiAnswer, ApiRequest, FieldErrors, add_error, invalid, not_found, one_error, told};

const STATUSES: [&str; 7] = [
    "offline",
    "active",
    "planned",
    "staged",
    "failed",
    "inventory",
    "decommissioning",
];

/// New devices that were looked at, and are not written yet.
pub type CheckedDevices = Vec<DeviceRecord>;

/// Looks at the rows of `POST /dcim/devices/`, each after the ones before it.
pub fn check_new(tables: &NetBoxTables, body: &Value) -> Result<CheckedDevices, FieldErrors> {
    let mut scratch = tables.clone();
    let mut checked = Vec::new();
    for row in rows_of(body) {
        let id = scratch.new_id();
        let mut device = DeviceRecord {
            id,
            name: None,
            serial: String::new(),
            asset_tag: None,
            device_type: 0,
            role: 0,
            site: 0,
            tenant: None,
            platform: None,
            status: "active".to_owned(),
            description: String::new(),
            comments: String::new(),
            tags: Vec::new(),
            customs: BTreeMap::new(),
            updated: 1,
            changes: 1,
        };
        let mut errors = FieldErrors::new();
        for field in ["device_type", "role", "site"] {
            if row.get(field).is_none_or(Value::is_null) {
                add_error(&mut errors, field, "This field is required.");
            }
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        fill_device(&scratch, &mut device, row)?;
        check_unique(&scratch, &device)?;
        scratch.devices.insert(id, device.clone());
        checked.push(device);
    }
    Ok(checked)
}

/// Writes what was looked at.
pub fn insert_new(tables: &mut NetBoxTables, checked: CheckedDevices, is_list: bool) -> ApiAnswer {
    let mut rows = Vec::new();
    for mut device in checked {
        device.id = tables.new_id();
        rows.push(describe_device(tables, &device));
        tables.devices.insert(device.id, device);
    }
    let body = if is_list {
        Value::Array(rows)
    } else {
        rows.pop().unwrap_or_default()
    };
    ApiAnswer::new(201, body)
}

/// `PATCH /dcim/devices/`: a row whose device is not there is left out.
pub fn change_many(tables: &mut NetBoxTables, body: &Value) -> ApiAnswer {
    let mut scratch = tables.clone();
    let mut changed = Vec::new();
    let rows = rows_of(body);
    if rows.iter().any(|row| row.get("id").and_then(Value::as_u64).is_none()) {
        return invalid(one_error("id", "This field is required."));
    }
    for row in rows {
        let id = row["id"].as_u64().unwrap_or_default();
        if !scratch.devices.contains_key(&id) {
            continue;
        }
        if let Err(errors) = change_in(&mut scratch, id, row) {
            return invalid(errors);
        }
        changed.push(id);
    }
    *tables = scratch;
    let rows = changed.iter().map(|id| describe_device(tables, &tables.devices[id]));
    ApiAnswer::new(200, Value::Array(rows.collect()))
}

/// `PATCH /dcim/devices/{id}/`.
pub fn change_one(tables: &mut NetBoxTables, options: &NetBoxOptions, request: &ApiRequest, id: u64) -> ApiAnswer {
    let Some(device) = tables.devices.get(&id) else {
        return not_found();
    };
    let is_old = request.if_match.as_ref().is_some_and(|tag| *tag != tag_of(device));
    if is_old && options.version == NetBoxVersion::V46 {
        return told(412, "The object has been modified since it was last read.");
    }
    let Value::Object(row) = &request.body else {
        return invalid(one_error("non_field_errors", "Invalid data. Expected a dictionary."));
    };
    match change_in(tables, id, row) {
        Ok(()) => tagged(tables, options, &tables.devices[&id]),
        Err(errors) => invalid(errors),
    }
}

/// `DELETE /dcim/devices/{id}/`.
pub fn delete_one(tables: &mut NetBoxTables, id: u64) -> ApiAnswer {
    match tables.devices.remove(&id) {
        Some(_) => ApiAnswer::new(204, Value::Null),
        None => not_found(),
    }
}

fn change_in(tables: &mut NetBoxTables, id: u64, row: &Map<String, Value>) -> Result<(), FieldErrors> {
    let before = tables.devices[&id].clone();
    let mut device = before.clone();
    fill_device(tables, &mut device, row)?;
    check_unique(tables, &device)?;
    if device != before {
        device.changes += 1;
    }
    device.updated += 1;
    tables.devices.insert(id, device);
    Ok(())
}

fn rows_of(body: &Value) -> Vec<&Map<String, Value>> {
    match body {
        Value::Array(rows) => rows.iter().filter_map(Value::as_object).collect(),
        Value::Object(row) => vec![row],
        _ => Vec::new(),
    }
}

/// What NetBox does not know is left out in silence, but for custom fields.
fn fill_device(tables: &NetBoxTables, device: &mut DeviceRecord, row: &Map<String, Value>) -> Result<(), FieldErrors> {
    for (field, value) in row {
        match field.as_str() {
            "name" => device.name = read_null_text(field, value, 64)?,
            "asset_tag" => device.asset_tag = read_null_text(field, value, 50)?,
            "serial" => device.serial = read_text(field, value, 50)?,
            "description" => device.description = read_text(field, value, 200)?,
            "comments" => device.comments = read_text(field, value, usize::MAX)?,
            "status" => device.status = read_status(value)?,
            "device_type" => device.device_type = find_related(tables, field, TYPES, value)?,
            "role" => device.role = find_related(tables, field, "dcim/device-roles", value)?,
            "site" => device.site = find_related(tables, field, "dcim/sites", value)?,
            "platform" if value.is_null() => device.platform = None,
            "platform" => device.platform = Some(find_related(tables, field, "dcim/platforms", value)?),
            "tags" => {
                let tags = value.as_array().into_iter().flatten();
                let tags = tags.map(|tag| find_related(tables, field, "extras/tags", tag));
                device.tags = tags.collect::<Result<_, _>>()?;
            }
            "custom_fields" => fill_customs(tables, device, value)?,
            _ => (),
        }
    }
    Ok(())
}

fn fill_customs(tables: &NetBoxTables, device: &mut DeviceRecord, value: &Value) -> Result<(), FieldErrors> {
    for (name, value) in value.as_object().into_iter().flatten() {
        let Some(field) = tables.device_field(name) else {
            if !tables.tells_fields {
                let text = format!("Unknown field name '{name}' in custom field data.");
                return Err(one_error("__all__", text));
            }
            let text = format!("Custom field '{name}' does not exist for this object type.");
            return Err(one_error("custom_fields", text));
        };
        if let Some(fault) = find_fault(field, value) {
            return Err(one_error("custom_fields", fault));
        }
        if value.is_null() {
            device.customs.remove(name);
        } else {
            device.customs.insert(name.clone(), value.clone());
        }
    }
    Ok(())
}

/// Names are unique in a site whatever their case, asset tags everywhere, serial numbers nowhere.
fn check_unique(tables: &NetBoxTables, device: &DeviceRecord) -> Result<(), FieldErrors> {
    let others = || tables.devices.values().filter(|other| other.id != device.id);
    let fold = |name: &Option<String>| name.as_ref().map(|name| name.to_lowercase());
    let has_name = |other: &DeviceRecord| {
        (other.site, other.tenant) == (device.site, device.tenant) && fold(&other.name) == fold(&device.name)
    };
    if device.name.is_some() && others().any(has_name) {
        return Err(one_error("__all__", "Device name must be unique per site."));
    }
    if device.asset_tag.is_some() && others().any(|other| other.asset_tag == device.asset_tag) {
        return Err(one_error("asset_tag", "device with this asset tag already exists."));
    }
    for (name, value) in &device.customs {
        let is_unique = tables.device_field(name).is_some_and(|field| field.is_unique);
        if is_unique && others().any(|other| other.customs.get(name) == Some(value)) {
            let text = format!("Custom field '{name}' must have a unique value.");
            return Err(one_error("__all__", text));
        }
    }
    Ok(())
}

fn read_text(field: &str, value: &Value, longest: usize) -> Result<String, FieldErrors> {
    let text = match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        Value::Null => return Err(one_error(field, "This field may not be null.")),
        _ => return Err(one_error(field, "Not a valid string.")),
    };
    if text.contains('\0') {
        return Err(one_error(field, "Null characters are not allowed."));
    }
    if text.chars().count() > longest {
        let text = format!("Ensure this field has no more than {longest} characters.");
        return Err(one_error(field, text));
    }
    Ok(text)
}

fn read_null_text(field: &str, value: &Value, longest: usize) -> Result<Option<String>, FieldErrors> {
    if value.is_null() {
        return Ok(None);
    }
    let text = read_text(field, value, longest)?;
    Ok((!text.is_empty()).then_some(text))
}

fn read_status(value: &Value) -> Result<String, FieldErrors> {
    let status = value.as_str().unwrap_or_default();
    if STATUSES.contains(&status) {
        return Ok(status.to_owned());
    }
    Err(one_error("status", format!("{status} is not a valid choice.")))
}

/// By its id, or by its attributes.
fn find_related(tables: &NetBoxTables, field: &str, list: &str, value: &Value) -> Result<u64, FieldErrors> {
    let fits = |row: &&NameRecord| match value {
        Value::Number(id) => id.as_u64() == Some(row.id),
        Value::Object(wanted) => {
            !wanted.is_empty() && wanted.iter().all(|(key, value)| has_value(tables, row, key, value))
        }
        _ => false,
    };
    let found = tables.rows(list).iter().find(fits);
    found.map(|row| row.id).ok_or_else(|| {
        let text = format!("Related object not found using the provided attributes: {value}");
        one_error(field, text)
    })
}

fn has_value(tables: &NetBoxTables, row: &NameRecord, key: &str, value: &Value) -> bool {
    match key {
        "name" | "model" => *value == row.name.as_str(),
        "slug" => *value == row.slug.as_str(),
        "manufacturer" => {
            let maker = row.manufacturer.and_then(|id| tables.row(MAKERS, id));
            let wanted = value.as_object();
            maker.is_some_and(|maker| {
                wanted.is_some_and(|wanted| wanted.iter().all(|(key, value)| has_value(tables, maker, key, value)))
            })
        }
        _ => false,
    }
}
