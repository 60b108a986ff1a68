//! `POST /$batch`: up to 20 requests in one. Each is admitted, throttled and answered on its own; the envelope says
//! 200 whatever became of them. A write that lacks its type or its body spoils the whole, and nothing of it is done.

use std::collections::{HashMap, HashSet};

use axum::http::{HeaderValue, Method, StatusCode};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::admission::{NO_CONTENT_TYPE, writes};
use super::{Answer, Asked, BOTH, Call, Class, Endpoint, dispatch, strict_json};

pub(super) const ENDPOINT: Endpoint = Endpoint {
    method: Method::POST,
    path: "/$batch",
    versions: BOTH,
    scopes: &[],
    class: Class::Free,
    options: &[],
    handle: batch,
};

const MAX_REQUESTS: usize = 20;

#[derive(Deserialize)]
struct Envelope {
    requests: Vec<Inner>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Inner {
    id: String,
    method: String,
    url: String,
    #[serde(default)]
    headers: Map<String, Value>,
    body: Option<Value>,
    #[serde(default)]
    depends_on: Vec<String>,
}

fn batch(call: &Call) -> Answer {
    let refuse = |message: &str| call.place.graph(StatusCode::BAD_REQUEST, "BadRequest", message);
    let read = strict_json::parse(&call.asked.body).map(serde_json::from_value::<Envelope>);
    let Ok(Ok(Envelope { requests })) = read else {
        return refuse("Invalid batch payload format.");
    };
    if let Some(problem) = find_problem(&requests) {
        return refuse(&problem);
    }
    let Some(order) = order_of(&requests) else {
        return refuse("The steps of a batch depend on each other in a circle.");
    };
    let mut succeeded: HashMap<String, bool> = HashMap::new();
    let mut responses: Vec<Value> = Vec::with_capacity(requests.len());
    for inner in order.into_iter().filter_map(|index| requests.get(index)) {
        let ready = inner.dependencies().all(|id| succeeded.get(&id) == Some(&true));
        let answer = if ready {
            one(call, inner)
        } else {
            call.place.graph(
                StatusCode::FAILED_DEPENDENCY,
                "FailedDependency",
                "A request it depends on failed.",
            )
        };
        succeeded.insert(inner.key(), answer.status.is_success());
        responses.push(shown(&inner.id, &answer));
    }
    // "In any order": the last comes first, so that nobody relies on the order.
    responses.reverse();
    Answer::json(StatusCode::OK, &json!({"responses": responses}))
}

/// Why the whole is refused, before any of it is done.
fn find_problem(requests: &[Inner]) -> Option<String> {
    if requests.is_empty() || requests.len() > MAX_REQUESTS {
        return Some(format!(
            "Number of batch request steps must be between 1 and {MAX_REQUESTS}."
        ));
    }
    let keys: HashSet<String> = requests.iter().map(Inner::key).collect();
    if keys.len() < requests.len() {
        return Some("Request ids in a batch must be unique.".to_owned());
    }
    requests.iter().find_map(|inner| {
        let unknown = inner.dependencies().find(|id| !keys.contains(id));
        if let Some(id) = unknown {
            return Some(format!(
                "The step '{}' depends on '{id}', which is not in the batch.",
                inner.id
            ));
        }
        let writes = Method::from_bytes(inner.method.to_uppercase().as_bytes()).is_ok_and(|method| writes(&method));
        let has_type = inner
            .headers
            .keys()
            .any(|name| name.eq_ignore_ascii_case("content-type"));
        match (writes, has_type, &inner.body) {
            (true, false, _) => Some(NO_CONTENT_TYPE.to_owned()),
            (true, true, None) => Some(format!("The write request of the step '{}' has no body.", inner.id)),
            _ => None,
        }
    })
}

/// The steps, each behind those that it depends on; `None` where they go round in a circle.
fn order_of(requests: &[Inner]) -> Option<Vec<usize>> {
    let mut placed: HashSet<String> = HashSet::new();
    let mut order = Vec::with_capacity(requests.len());
    while order.len() < requests.len() {
        let is_next = |(index, inner): &(usize, &Inner)| {
            !order.contains(index) && inner.dependencies().all(|id| placed.contains(&id))
        };
        let (index, inner) = requests.iter().enumerate().find(is_next)?;
        placed.insert(inner.key());
        order.push(index);
    }
    Some(order)
}

impl Inner {
    /// Ids are not case-sensitive.
    fn key(&self) -> String {
        self.id.to_lowercase()
    }

    fn dependencies(&self) -> impl Iterator<Item = String> {
        self.depends_on.iter().map(|id| id.to_lowercase())
    }
}

fn one(call: &Call, inner: &Inner) -> Answer {
    let relative = inner.url.starts_with('/') || !inner.url.contains("://");
    let Ok(method) = Method::from_bytes(inner.method.to_uppercase().as_bytes()) else {
        return call
            .place
            .graph(StatusCode::BAD_REQUEST, "BadRequest", "Unknown method.");
    };
    if !relative || inner.url.trim_start_matches('/').starts_with("$batch") {
        return call
            .place
            .graph(StatusCode::BAD_REQUEST, "BadRequest", "Only relative URLs are allowed.");
    }
    let (path, query) = inner.url.split_once('?').unwrap_or((&inner.url, ""));
    let mut asked = Asked {
        method,
        path: format!("/{}", path.trim_start_matches('/')),
        query: query.to_owned(),
        body: inner
            .body
            .as_ref()
            .map_or_else(Bytes::new, |body| body.to_string().into()),
        ids: call.sim.new_ids(&call.asked.headers),
        twist: None,
        conduct: None,
        ..call.asked.clone()
    };
    asked.headers.remove("content-type");
    for (name, value) in &inner.headers {
        if let (Ok(name), Some(Ok(value))) = (
            axum::http::HeaderName::try_from(name),
            value.as_str().map(HeaderValue::try_from),
        ) {
            asked.headers.insert(name, value);
        }
    }
    let struck = call.sim.faults().within_batch(&call.sim, &asked, &call.caller);
    asked.conduct = struck.conduct;
    match struck.answer {
        Some(answer) if !struck.carried_out => answer,
        Some(answer) => {
            drop(dispatch(&call.sim, asked));
            answer
        }
        None => dispatch(&call.sim, asked).0,
    }
}

fn shown(id: &str, answer: &Answer) -> Value {
    let mut headers = Map::new();
    for (name, value) in &answer.headers {
        headers.insert(header_name(name.as_str()), json!(value.to_str().unwrap_or_default()));
    }
    let mut response = json!({"id": id, "status": answer.status.as_u16(), "headers": headers});
    if !answer.body.is_empty() {
        let body = serde_json::from_slice(&answer.body);
        response["body"] = body.unwrap_or_else(|_| json!(String::from_utf8_lossy(&answer.body)));
    }
    response
}

/// `retry-after` as `Retry-After`, as batches write it.
fn header_name(name: &str) -> String {
    let parts = name.split('-').map(|part| {
        let mut letters = part.chars();
        letters.next().map_or_else(String::new, |first| {
            first.to_uppercase().chain(letters).collect::<String>()
        })
    });
    parts.collect::<Vec<_>>().join("-")
}
