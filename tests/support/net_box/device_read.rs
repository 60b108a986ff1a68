//! Reading devices: the list with its filters, and one by its id.

use serde_json::{Map, Value, json};

use super::name_rows::{TYPES, describe_row};
use super::options::{NetBoxOptions, NetBoxVersion};
use super::tables::{DeviceRecord, NetBoxTables};
use super::wire::{ApiAnswer, ApiRequest, not_found, page};

/// `GET /dcim/devices/`.
pub fn list_devices(tables: &NetBoxTables, options: &NetBoxOptions, request: &ApiRequest) -> ApiAnswer {
    let mut found: Vec<&DeviceRecord> = tables
        .devices
        .values()
        .filter(|device| fits_query(tables, request, device))
        .collect();
    if request.query_text("ordering") != Some("id") {
        // By name, whatever its case; devices without one come first.
        found.sort_by_key(|device| (device.name.as_ref().map(|name| name.to_lowercase()), device.id));
    }
    let rows = found.into_iter().map(|device| describe_device(tables, device));
    let rows = rows.map(|row| cut_fields(request, row)).collect();
    page(
        request,
        rows,
        options.max_page_size,
        options.version == NetBoxVersion::V46,
    )
}

/// Several values of one filter are alternatives. A filter that is not known is left out.
fn fits_query(tables: &NetBoxTables, request: &ApiRequest, device: &DeviceRecord) -> bool {
    request.query.iter().all(|(key, _)| {
        let mut wanted = request.query_texts(key);
        let same_text = |own: &str, other: &str| own.to_lowercase() == other.to_lowercase();
        match key.as_str() {
            "serial" => wanted.any(|value| same_text(&device.serial, value)),
            "asset_tag" => wanted.any(|value| device.asset_tag.as_deref() == Some(value)),
            "name" => wanted.any(|value| device.name.as_deref().is_some_and(|own| same_text(own, value))),
            "id" => wanted.any(|value| device.id.to_string() == value),
            key => match key
                .strip_prefix("cf_")
                .filter(|name| tables.device_field(name).is_some())
            {
                Some(field) => wanted.any(|value| device.customs.get(field).is_some_and(|own| own == value)),
                None => true,
            },
        }
    })
}

/// `?fields=id,name`.
fn cut_fields(request: &ApiRequest, row: Value) -> Value {
    let Some(fields) = request.query_text("fields") else {
        return row;
    };
    let kept = fields
        .split(',')
        .filter_map(|field| Some((field.to_owned(), row.get(field)?.clone())));
    Value::Object(kept.collect::<Map<String, Value>>())
}

/// `GET /dcim/devices/{id}/`.
pub fn show_device(tables: &NetBoxTables, options: &NetBoxOptions, id: u64) -> ApiAnswer {
    match tables.devices.get(&id) {
        Some(device) => tagged(tables, options, device),
        None => not_found(),
    }
}

/// A single device, with what `If-Match` takes.
pub fn tagged(tables: &NetBoxTables, options: &NetBoxOptions, device: &DeviceRecord) -> ApiAnswer {
    ApiAnswer {
        status: 200,
        body: describe_device(tables, device),
        etag: (options.version == NetBoxVersion::V46).then(|| tag_of(device)),
    }
}

pub fn tag_of(device: &DeviceRecord) -> String {
    format!("W/\"{}-{}\"", device.id, device.updated)
}

pub fn describe_device(tables: &NetBoxTables, device: &DeviceRecord) -> Value {
    let related = |list: &str, id: Option<u64>| {
        let row = id.and_then(|id| tables.row(list, id));
        row.map_or(Value::Null, |row| describe_row(tables, list, row))
    };
    let tags: Vec<Value> = device.tags.iter().map(|id| related("extras/tags", Some(*id))).collect();
    let customs = tables
        .fields
        .iter()
        .filter(|field| tables.device_field(&field.name).is_some())
        .map(|field| {
            let value = device.customs.get(&field.name).cloned();
            (field.name.clone(), value.unwrap_or(Value::Null))
        });
    json!({
        "id": device.id,
        "url": format!("http://netbox/api/dcim/devices/{}/", device.id),
        "display": device.name,
        "name": device.name,
        "device_type": related(TYPES, Some(device.device_type)),
        "role": related("dcim/device-roles", Some(device.role)),
        "tenant": device.tenant.map(|id| json!({"id": id, "name": "A tenant"})),
        "platform": related("dcim/platforms", device.platform),
        "serial": device.serial,
        "asset_tag": device.asset_tag,
        "site": related("dcim/sites", Some(device.site)),
        "status": {"value": device.status, "label": device.status.to_uppercase()},
        "description": device.description,
        "comments": device.comments,
        "tags": tags,
        "custom_fields": customs.collect::<Map<String, Value>>(),
        "last_updated": device.updated,
    })
}
