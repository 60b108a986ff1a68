//! Small collections page by page, where the whole stands in memory and the skip token is a number. What a fault makes
//! of the list's links it makes of these.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::page::broken;
use super::select::{self, ResourceType};
use super::{Answer, Call};
use crate::fault::Twist;

/// One page of `all`, `size` at most; `path` stands behind the version.
pub(super) fn paged(
    call: &Call,
    kind: &ResourceType,
    (path, context): (&str, &str),
    all: &[Value],
    size: usize,
) -> Answer {
    let number = |name: &str| call.query.get(name).map(str::parse::<usize>).transpose();
    let (Ok(top), Ok(skip)) = (number("$top"), number("$skiptoken")) else {
        let message = "Invalid value for $top or $skiptoken.";
        return call.refuse(StatusCode::BAD_REQUEST, "BadRequest", message);
    };
    let size = size.max(1);
    let (top, skip) = (top.unwrap_or(size).clamp(1, size), skip.unwrap_or_default());
    let end = skip.saturating_add(top).min(all.len());
    let value = torn(call, all.get(skip..end).unwrap_or_default());
    let mut body = json!({"@odata.context": format!("{}/$metadata#{context}", call.root()), "value": value});
    if call.query.get("$count") == Some("true") {
        body["@odata.count"] = json!(all.len());
    }
    if let Some(link) = link(call, path, (end < all.len()).then_some(end)) {
        body["@odata.nextLink"] = json!(link);
    }
    select::answer(call, kind, body)
}

/// What a fault makes of the rows of a page.
fn torn(call: &Call, page: &[Value]) -> Vec<Value> {
    let mut rows = page.to_vec();
    match &call.asked.twist {
        Some(Twist::Empty) => rows.clear(),
        Some(Twist::Omitted { devices }) => drop(rows.drain(..(*devices).min(rows.len()))),
        Some(Twist::Twice) => rows.splice(..0, page.first().cloned()).for_each(drop),
        Some(Twist::Unreadable { how }) => {
            if let Some(first) = rows.first_mut() {
                let spoilt = broken(how, &first.to_string()).into_owned();
                *first = serde_json::from_str(&spoilt).unwrap_or_default();
            }
        }
        _ => {}
    }
    rows
}

fn link(call: &Call, path: &str, next: Option<usize>) -> Option<String> {
    let base = format!("{}{path}", call.root());
    let twist = call.asked.twist.as_ref();
    match twist {
        Some(Twist::StopsEarly) => return None,
        Some(Twist::LinkToSelf) if call.asked.query.is_empty() => return Some(base),
        Some(Twist::LinkToSelf) => return Some(format!("{base}?{}", call.asked.query)),
        Some(Twist::LinkNotText) => return Some("\u{0}not a link".to_owned()),
        _ => {}
    }
    let kept = call.query.raw_without("$skiptoken");
    let joint = if kept.is_empty() { "" } else { "&" };
    let link = format!("{base}?{kept}{joint}$skiptoken={}", next?);
    match twist {
        Some(Twist::LinkElsewhere { host }) => Some(link.replacen(&call.asked.origin, host, 1)),
        _ => Some(link),
    }
}
