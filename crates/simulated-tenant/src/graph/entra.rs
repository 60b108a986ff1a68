//! What endpoints of the directory have in common: Entra's own errors, its rule of advanced queries, pages of 100, and
//! the moment that reads see.

use axum::http::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

use super::condition::{Condition, Filterable};
use super::device::plain_guid;
use super::paged::paged;
use super::select::ResourceType;
use super::{Answer, Call};
use crate::world::Ticks;
use crate::writes::Write;

/// Objects on a page without `$top`, and the most a `$top` gets.
const PAGE: usize = 100;
const MAX_PAGE: usize = 999;

/// 404: Entra says the same of objects and of references.
pub(super) fn missing(call: &Call, id: &str) -> Answer {
    let message =
        format!("Resource '{id}' does not exist or one of its queried reference-property objects are not present.");
    call.place
        .graph(StatusCode::NOT_FOUND, "Request_ResourceNotFound", &message)
}

pub(super) fn bad(call: &Call, message: &str) -> Answer {
    call.place.graph(StatusCode::BAD_REQUEST, "Request_BadRequest", message)
}

fn unsupported(call: &Call, message: &str) -> Answer {
    call.place
        .graph(StatusCode::BAD_REQUEST, "Request_UnsupportedQuery", message)
}

/// The object id at this place of the path.
pub(super) fn key(call: &Call, place: usize) -> Result<Uuid, Box<Answer>> {
    let text = call.keys.get(place).map_or("", String::as_str);
    plain_guid(text).ok_or_else(|| Box::new(bad(call, &format!("Invalid object identifier '{text}'."))))
}

pub(super) fn now(call: &Call) -> Ticks {
    Ticks::from_utc(call.place.at)
}

/// Groups are read as they were then.
pub(super) fn groups_at(call: &Call) -> Ticks {
    now(call).plus_ms(-call.tuning.directory.group_lag_ms)
}

/// Memberships are read as they were then.
pub(super) fn members_at(call: &Call) -> Ticks {
    now(call).plus_ms(-call.tuning.directory.member_lag_ms)
}

pub(super) fn has_any(call: &Call, scopes: &[&str]) -> bool {
    call.caller.roles.iter().any(|role| scopes.contains(&role.as_str()))
}

/// Counts what was written.
pub(super) fn count(call: &Call, detail: Value) {
    call.tenant.writes.count(Write {
        number: 0,
        at: call.place.at,
        endpoint: format!("{} {}", call.endpoint.method, call.endpoint.path),
        keys: call.keys.clone(),
        client_id: call.caller.client_id.clone(),
        request_id: call.place.ids.request.clone(),
        detail,
    });
}

/// `ConsistencyLevel: eventual` with `$count=true`: what Entra wants for everything beyond the plain queries.
fn is_advanced(call: &Call) -> bool {
    let level = call.asked.headers.get("consistencylevel");
    let is_eventual = level.is_some_and(|level| level.as_bytes().eq_ignore_ascii_case(b"eventual"));
    is_eventual && call.query.get("$count") == Some("true")
}

/// The filter of the query. Advanced ones, and a count, need the header.
pub(super) fn filter(call: &Call, table: &'static [Filterable]) -> Result<Option<Condition>, Box<Answer>> {
    if call.query.get("$count") == Some("true") && !is_advanced(call) {
        return Err(Box::new(unsupported(call, "$count is not currently supported.")));
    }
    let Some(text) = call.query.get("$filter") else {
        return Ok(None);
    };
    let condition = Condition::parse(text, table).map_err(|problem| {
        let message = format!("Unsupported or invalid query filter clause: {problem}.");
        Box::new(unsupported(call, &message))
    })?;
    if condition.is_advanced && !is_advanced(call) {
        return Err(Box::new(unsupported(call, "Unsupported Query.")));
    }
    Ok(Some(condition))
}

/// A page as Entra cuts it.
pub(super) fn page(call: &Call, kind: &ResourceType, place: (&str, &str), all: &[Value]) -> Answer {
    let size = match call.query.get("$top").map(str::parse::<usize>) {
        None => PAGE,
        Some(Ok(top)) if (1..=MAX_PAGE).contains(&top) => MAX_PAGE,
        Some(_) => {
            let message = format!("Invalid page size specified: it must be between 1 and {MAX_PAGE} inclusive.");
            return unsupported(call, &message);
        }
    };
    paged(call, kind, place, all, size)
}

/// One object with its context.
pub(super) fn entity(call: &Call, set: &str, mut body: Value) -> Value {
    body["@odata.context"] = json!(format!("{}/$metadata#{set}/$entity", call.root()));
    body
}
