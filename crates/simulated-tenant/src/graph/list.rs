//! `GET /deviceManagement/managedDevices`: pages of 1,000 by key, `$top`, `$select`, the documented filters. `$skip`
//! leads nowhere, `$orderby` is ignored, `$search` and `$expand` are refused.

use axum::http::{Method, StatusCode};

use super::answer::JSON;
use super::filter::Filter;
use super::page::{Page, Wanted, disturb};
use super::render::push_json;
use super::skip_token::SkipToken;
use super::{Answer, BOTH, Call, Class, Endpoint, READ, Shape, Style};
use crate::fault::Twist;
use crate::state::{read, write};

pub(super) const ENDPOINT: Endpoint = Endpoint {
    method: Method::GET,
    path: "/deviceManagement/managedDevices",
    versions: BOTH,
    scopes: READ,
    class: Class::DeviceRead,
    options: &[
        "$select",
        "$filter",
        "$top",
        "$skip",
        "$skiptoken",
        "$orderby",
        "$count",
    ],
    handle: list,
};

fn list(call: &Call) -> Answer {
    match asked(call) {
        Ok((shape, wanted)) => answer(call, &shape, wanted.into(&shape, call.asked.twist.as_ref())),
        Err(refusal) => *refusal,
    }
}

/// The options, before they are tied to the shape.
struct Options {
    from: Option<SkipToken>,
    top: usize,
    filter: Option<Filter>,
    skipped: bool,
}

impl Options {
    fn into<'a>(self, shape: &'a Shape, twist: Option<&'a Twist>) -> Wanted<'a> {
        Wanted {
            from: self.from,
            top: self.top,
            filter: self.filter,
            skipped: self.skipped,
            shape,
            twist,
        }
    }
}

fn asked(call: &Call) -> Result<(Shape, Options), Box<Answer>> {
    let refuse = |message: &str| Box::new(call.place.intune(StatusCode::BAD_REQUEST, "BadRequest", message));
    let shape = Shape::new(
        Style::List,
        call.asked.version,
        call.query.get("$select"),
        call.tuning.list_management_state,
    )
    .map_err(|missing| {
        refuse(&format!(
            "Parsing OData Select and Expand failed: Could not find a property named '{}' on type \
             'microsoft.management.services.api.managedDevice'.",
            missing.0
        ))
    })?;
    let filter = match call.query.get("$filter") {
        None => None,
        Some(text) => Some(Filter::parse(text, call.tuning.filter_and).map_err(|error| refuse(&error.to_string()))?),
    };
    let from = match call.query.get("$skiptoken") {
        None => None,
        Some(token) => Some(SkipToken::parse(token).ok_or_else(|| refuse("Invalid skip token."))?),
    };
    let size = call.tuning.page_size.max(1);
    let top = match call.query.get("$top").map(str::parse::<usize>) {
        None => size,
        Some(Ok(top)) if top > size && call.tuning.refuse_large_top => {
            return Err(refuse(&format!(
                "The limit of '{size}' for Top query has been exceeded."
            )));
        }
        Some(Ok(top)) if top > 0 => top.min(size),
        Some(_) => return Err(refuse("Invalid value for $top.")),
    };
    Ok((
        shape.hiding_new(call.hides_new()),
        Options {
            from,
            top,
            filter,
            skipped: call.query.get("$skip").is_some(),
        },
    ))
}

fn answer(call: &Call, shape: &Shape, wanted: Wanted<'_>) -> Answer {
    if matches!(wanted.twist, Some(Twist::Vanishes { .. } | Twist::Renamed { .. })) {
        disturb(&mut write(&call.tenant.world), &wanted);
    }
    let world = read(&call.tenant.world);
    let page = wanted.page(&world);
    let total = world.len();
    drop(world);
    let mut body = String::with_capacity(page.value.len() + 512);
    body.push_str("{\"@odata.context\":");
    let context = format!(
        "{}/$metadata#deviceManagement/managedDevices{}",
        call.root(),
        shape.context()
    );
    push_json(&context, &mut body);
    match wanted.twist {
        Some(Twist::NoCount) => {}
        Some(Twist::WrongCount { count }) => body.push_str(&format!(",\"@odata.count\":{count}")),
        _ => {
            let count = if call.tuning.count_is_total { total } else { page.count };
            body.push_str(&format!(",\"@odata.count\":{count}"));
        }
    }
    if let Some(link) = next_link(call, &wanted, &page) {
        body.push_str(",\"@odata.nextLink\":");
        push_json(&link, &mut body);
    }
    body.push_str(",\"value\":[");
    body.push_str(&page.value);
    body.push_str("]}");
    Answer::new(StatusCode::OK, JSON, body)
}

/// Where the client goes on: by the name it came by, with its own options as it wrote them.
fn next_link(call: &Call, wanted: &Wanted<'_>, page: &Page) -> Option<String> {
    let base = format!("{}{}", call.root(), ENDPOINT.path);
    match wanted.twist {
        Some(Twist::StopsEarly) => return None,
        Some(Twist::LinkToSelf) if call.asked.query.is_empty() => return Some(base),
        Some(Twist::LinkToSelf) => return Some(format!("{base}?{}", call.asked.query)),
        Some(Twist::LinkNotText) => return Some("\u{0}not a link".to_owned()),
        _ => {}
    }
    let token = page.next.as_ref()?.encoded();
    let kept = call.query.raw_without("$skiptoken");
    let joint = if kept.is_empty() { "" } else { "&" };
    let link = format!("{base}?{kept}{joint}$skiptoken={token}");
    match wanted.twist {
        Some(Twist::LinkElsewhere { host }) => Some(link.replacen(&call.asked.origin, host, 1)),
        _ => Some(link),
    }
}
