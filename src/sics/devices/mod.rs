//! Devices as people and machines look them up: filter, search, page, sort, and take away as a table. The list shows the
//! newest state; the feed reports the changes.
//!
//! A [`question`] is what was asked for, understood. One that filters, searches and sorts by nothing is read from the store
//! page by page; all others are answered by the device index ([`listing`]), and where that does not know enough, by a look
//! at the bodies.

mod device_listing;
mod export;
mod export_columns;
mod export_request;
mod listing;
mod page_token;
mod question;

use std::borrow::Cow;

use axum::Json;
use axum::extract::State;
use serde_json::value::RawValue;

use super::Sics;
use super::auth::Caller;
use super::extract::{PathParams, QueryParams};
use super::problem::ApiProblem;
use super::view::instance_names;
use crate::actions::subject::Platform;
use crate::contract::{DeviceView, DevicesQuery, DevicesView, FieldsView};
use crate::inventory::UnjudgedDevices;
use crate::inventory::device_index::{PageStart, PageWindow, SortKey};
use crate::inventory::field_reference;
use crate::model::{DeviceId, InstanceName, Row};
use crate::store::{DeviceQuery, DeviceRow, newest_device_body};

pub(crate) use device_listing::DeviceListing;
pub(crate) use export::export_devices;
use listing::find_devices;
use page_token::{decode_page_token, encode_page_token};
use question::DeviceQuestion;

/// The body with its newest check-in.
fn newest_body(body: Box<RawValue>, last_sync_s: i64) -> Box<RawValue> {
    let newest = match newest_device_body(body.get(), last_sync_s) {
        Cow::Owned(text) => RawValue::from_string(text).ok(),
        Cow::Borrowed(_) => None,
    };
    newest.unwrap_or(body)
}

fn device_view(row: DeviceRow, instance: String) -> DeviceView {
    DeviceView {
        instance,
        device_id: row.id,
        seq: row.seq,
        changed_at: row.changed_at,
        read_at: row.read_at,
        replaces: row.replaces,
        same_as: row.same_as,
        platform: Platform::from_json(row.body.get()).name().to_owned(),
        device: newest_body(row.body, row.last_sync_s),
    }
}

pub(crate) async fn list_devices(
    State(sics): State<Sics>,
    caller: Caller,
    QueryParams(asked): QueryParams<DevicesQuery>,
) -> Result<Json<DevicesView>, ApiProblem> {
    let window = parse_window(&sics, &asked)?;
    let unjudged = UnjudgedDevices::default();
    let question = DeviceQuestion::parse(&sics, &caller, &asked, &unjudged).await?;
    let listed = if question.is_plain() && is_plain_window(&window) {
        list_in_order(&sics, &question, &window).await?
    } else {
        list_by_index(&sics, &question, window).await?
    };
    let names = instance_names(&question.instances);
    let name = |row: &DeviceRow| names.get(&row.instance).map(ToString::to_string).unwrap_or_default();
    let devices = listed.rows.into_iter().map(|row| {
        let instance = name(&row);
        device_view(row, instance)
    });
    let sort = (asked.sort.as_deref().unwrap_or_default(), question.descending);
    Ok(Json(DevicesView {
        devices: devices.collect(),
        after: listed.next.map(|(key, row)| encode_page_token(sort, &key, row)),
        matching: listed.matching,
        total: listed.total,
        unjudged: Some(unjudged.view()).filter(|unjudged| unjudged.count > 0),
    }))
}

/// A page, with what its devices are.
struct ListedDevices {
    rows: Vec<DeviceRow>,
    next: Option<(SortKey, Row)>,
    matching: Option<u64>,
    total: Option<u64>,
}

/// Whether a page begins where the store can begin, and asks for nothing beside its devices.
fn is_plain_window(window: &PageWindow) -> bool {
    !window.count && !matches!(window.start, PageStart::Offset(1..))
}

/// In the order of the store, no further than the page goes.
async fn list_in_order(
    sics: &Sics,
    question: &DeviceQuestion,
    window: &PageWindow,
) -> Result<ListedDevices, ApiProblem> {
    let _permit = match &question.matcher {
        Some(_) => Some(sics.acquire_search_permit().await?),
        None => None,
    };
    let query = DeviceQuery {
        instances: question.filter.instances.clone(),
        matcher: question.matcher.clone(),
        descending: question.descending,
        after: match window.start {
            PageStart::Offset(_) => None,
            PageStart::After(_, row) => Some(row),
        },
        limit: window.limit + 1,
    };
    let mut rows = sics.store().list_devices(query).await?;
    let has_more = rows.len() > window.limit;
    rows.truncate(window.limit);
    let last = rows.last().filter(|_| has_more);
    Ok(ListedDevices {
        next: last.map(|row| (SortKey::Nothing, row.row)),
        rows,
        matching: None,
        total: None,
    })
}

async fn list_by_index(
    sics: &Sics,
    question: &DeviceQuestion,
    window: PageWindow,
) -> Result<ListedDevices, ApiProblem> {
    let page = find_devices(sics, question, window).await?;
    Ok(ListedDevices {
        rows: sics.store().load_devices(page.rows).await?,
        next: page.next,
        matching: page.matching,
        total: page.total,
    })
}

/// Which part of the list is asked for.
fn parse_window(sics: &Sics, asked: &DevicesQuery) -> Result<PageWindow, ApiProblem> {
    let (limits, count) = (sics.limits(), asked.count.unwrap_or(false));
    let limit = asked.limit.unwrap_or(limits.devices_default);
    if limit > limits.devices_max || (limit == 0 && !count) {
        let most = limits.devices_max;
        return Err(ApiProblem::bad_request(
            "wrongLimit",
            format!("limit={limit} is out of bounds"),
            format!("limit must be 1 to {most}; 0 only together with count=true."),
        ));
    }
    let start = match (asked.after.as_deref(), asked.offset) {
        (None, offset) => PageStart::Offset(offset.unwrap_or(0)),
        (Some(text), None) => {
            let sort = (
                asked.sort.as_deref().unwrap_or_default(),
                question::is_descending(asked)?,
            );
            let (key, row) = decode_page_token(sort, text)?;
            PageStart::After(key, row)
        }
        (Some(_), Some(_)) => {
            return Err(ApiProblem::bad_request(
                "wrongOffset",
                "offset and after exclude each other",
                "Send one of them.",
            ));
        }
    };
    Ok(PageWindow { start, limit, count })
}

/// Which fields a device has; the same for everybody.
pub(crate) async fn list_fields() -> Json<FieldsView> {
    Json(FieldsView {
        fields: field_reference::list_fields(),
    })
}

/// A device in a path.
pub(super) fn parse_device_id(text: &str) -> Result<DeviceId, ApiProblem> {
    text.parse()
        .map_err(|error| ApiProblem::bad_request("wrongPath", format!("invalid {error}"), "Give the Intune device id."))
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
