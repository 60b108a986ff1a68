//! Devices as people and machines look them up: filter, search, page, sort. The list shows the newest state; the feed
//! reports the changes.

use axum::Json;
use axum::extract::State;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rusqlite::types::Value;
use serde::{Deserialize, Serialize};

use super::Sics;
use super::auth::Caller;
use super::extract::{PathParams, QueryParams};
use super::problem::ApiProblem;
use super::view::instance_names;
use crate::contract::{DeviceView, DevicesQuery, DevicesView, FieldsView};
use crate::inventory::field_reference;
use crate::inventory::{DeviceCondition, UnjudgedDevices};
use crate::model::{DeviceId, InstanceName, Row};
use crate::store::{DeviceMatcher, DeviceQuery, DeviceRow, DeviceSort, InstanceRow};

fn device_view(row: DeviceRow, instance: String) -> DeviceView {
    DeviceView {
        instance,
        device_id: row.id,
        seq: row.seq,
        changed_at: row.changed_at,
        read_at: row.read_at,
        replaces: row.replaces,
        same_as: row.same_as,
        device: row.body,
    }
}

/// The sorts there are, by the name of the field.
const SORTS: [(&str, DeviceSort); 3] = [
    ("deviceName", DeviceSort::Name),
    ("lastSyncDateTime", DeviceSort::LastSync),
    ("changedAt", DeviceSort::Changed),
];

pub(crate) async fn list_devices(
    State(sics): State<Sics>,
    caller: Caller,
    QueryParams(asked): QueryParams<DevicesQuery>,
) -> Result<Json<DevicesView>, ApiProblem> {
    let limits = sics.limits();
    let limit = asked.limit.unwrap_or(limits.devices_default);
    if limit == 0 || limit > limits.devices_max {
        let advice = format!("limit must be 1 to {}.", limits.devices_max);
        return Err(ApiProblem::bad_request(
            "wrongLimit",
            format!("limit={limit} is out of bounds"),
            advice,
        ));
    }
    let instances = requested_instances(&sics, &caller, asked.instance.as_deref()).await?;
    let sort = parse_sort(asked.sort.as_deref())?;
    let descending = parse_order(asked.order.as_deref())?;
    let after = asked
        .after
        .as_deref()
        .map(|text| decode_page_token(text, sort, descending))
        .transpose()?;
    let unjudged = UnjudgedDevices::default();
    let matching = asked.filter.as_deref();
    let matching = matching
        .map(|text| compile_filter(&sics, text, &unjudged))
        .transpose()?;
    let search = asked.search.filter(|text| !text.is_empty());
    if search
        .as_ref()
        .is_some_and(|text| text.chars().count() > limits.text_chars)
    {
        return Err(ApiProblem::bad_request(
            "tooLong",
            "the search text is too long",
            "Shorten it.",
        ));
    }
    let _permit = if search.is_some() || matching.is_some() || sort == DeviceSort::Name {
        Some(sics.acquire_search_permit().await?)
    } else {
        None
    };
    let query = DeviceQuery {
        instances: instances.iter().map(|row| row.id).collect(),
        search,
        matcher: matching,
        sort,
        descending,
        after,
        limit: limit + 1,
    };
    let mut rows = sics.store().list_devices(query).await?;
    let more = rows.len() > limit;
    rows.truncate(limit);
    let after = rows
        .last()
        .filter(|_| more)
        .map(|row| encode_page_token(sort, descending, row));
    let names = instance_names(&instances);
    let name = |row: &DeviceRow| names.get(&row.instance).map(ToString::to_string).unwrap_or_default();
    let devices = rows.into_iter().map(|row| {
        let instance = name(&row);
        device_view(row, instance)
    });
    Ok(Json(DevicesView {
        devices: devices.collect(),
        after,
        unjudged: Some(unjudged.view()).filter(|unjudged| unjudged.count > 0),
    }))
}

/// Which fields a device has; the same for everybody.
pub(crate) async fn list_fields() -> Json<FieldsView> {
    Json(FieldsView {
        fields: field_reference::list_fields(),
    })
}

pub(crate) async fn show_device(
    State(sics): State<Sics>,
    caller: Caller,
    PathParams((instance, id)): PathParams<(InstanceName, String)>,
) -> Result<Json<DeviceView>, ApiProblem> {
    let id = parse_device_id(&id)?;
    let row = sics.find_instance(&caller, &instance).await?;
    let device = sics.store().find_device(row.id, id).await?;
    let device = device.ok_or_else(|| ApiProblem::not_found("device", id))?;
    Ok(Json(device_view(device, instance.to_string())))
}

/// A device in a path.
pub(super) fn parse_device_id(text: &str) -> Result<DeviceId, ApiProblem> {
    text.parse()
        .map_err(|error| ApiProblem::bad_request("wrongPath", format!("invalid {error}"), "Give the Intune device id."))
}

async fn requested_instances(
    sics: &Sics,
    caller: &Caller,
    names: Option<&str>,
) -> Result<Vec<InstanceRow>, ApiProblem> {
    let Some(names) = names else {
        return sics.reachable_instances(caller).await;
    };
    let mut rows = Vec::new();
    for name in names.split(',') {
        let name: InstanceName = name
            .trim()
            .parse()
            .map_err(|error| ApiProblem::bad_request("wrongQuery", format!("invalid {error}"), "Check instance=."))?;
        rows.push(sics.find_instance(caller, &name).await?);
    }
    Ok(rows)
}

fn parse_sort(name: Option<&str>) -> Result<DeviceSort, ApiProblem> {
    let Some(name) = name else { return Ok(DeviceSort::Row) };
    let found = SORTS.iter().find(|(known, _)| *known == name);
    found.map(|(_, sort)| *sort).ok_or_else(|| {
        let known: Vec<&str> = SORTS.iter().map(|(name, _)| *name).collect();
        let advice = format!("Possible values: {}.", known.join(", "));
        ApiProblem::bad_request("wrongSort", "cannot sort devices by this field", advice)
    })
}

fn parse_order(order: Option<&str>) -> Result<bool, ApiProblem> {
    match order {
        None | Some("asc") => Ok(false),
        Some("desc") => Ok(true),
        Some(_) => Err(ApiProblem::bad_request(
            "wrongOrder",
            "order must be asc or desc",
            "Leave it out for asc.",
        )),
    }
}

/// A device on which the filter fails is left out of the response, and reported.
fn compile_filter(sics: &Sics, text: &str, unjudged: &UnjudgedDevices) -> Result<DeviceMatcher, ApiProblem> {
    let wrong = |detail: String| {
        let advice = "A filter is a CEL condition over a device's fields, such as operatingSystem == \"iOS\".";
        ApiProblem::bad_request("wrongFilter", detail, advice)
    };
    if text.chars().count() > sics.limits().text_chars {
        return Err(wrong("the filter is too long".into()));
    }
    let condition = DeviceCondition::compile_at(text, sics.now()).map_err(|error| wrong(error.to_string()))?;
    Ok(condition.into_matcher(unjudged))
}

/// Where a page ended: sort, direction, the sort value, the row. Opaque outside; nothing secret and nothing trusted:
/// values are bound, never pasted.
#[derive(Serialize, Deserialize)]
struct DevicePageToken(u8, bool, serde_json::Value, i64);

fn sort_number(sort: DeviceSort) -> u8 {
    match sort {
        DeviceSort::Row => 0,
        DeviceSort::Name => 1,
        DeviceSort::LastSync => 2,
        DeviceSort::Changed => 3,
    }
}

fn encode_page_token(sort: DeviceSort, descending: bool, row: &DeviceRow) -> String {
    let (value, place) = &row.page_key;
    let value = match value {
        Value::Integer(number) => (*number).into(),
        Value::Text(text) => text.clone().into(),
        Value::Null | Value::Real(_) | Value::Blob(_) => serde_json::Value::Null,
    };
    let after = DevicePageToken(sort_number(sort), descending, value, place.0);
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(&after).expect("plain fields"))
}

fn decode_page_token(text: &str, sort: DeviceSort, descending: bool) -> Result<(Value, Row), ApiProblem> {
    let wrong = || {
        let advice = "Send it exactly as you received it, with the same sort and order.";
        ApiProblem::bad_request("wrongAfter", "after does not match this request", advice)
    };
    let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| wrong())?;
    let DevicePageToken(kind, direction, value, row) = serde_json::from_slice(&bytes).map_err(|_| wrong())?;
    if kind != sort_number(sort) || direction != descending {
        return Err(wrong());
    }
    let value = match value {
        serde_json::Value::Number(number) => Value::Integer(number.as_i64().ok_or_else(wrong)?),
        serde_json::Value::String(text) => Value::Text(text),
        serde_json::Value::Null => Value::Null,
        _ => return Err(wrong()),
    };
    Ok((value, Row(row)))
}
