//! `POST /$batch`: up to 20 requests in one. Each is admitted, throttled and answered on its own; the envelope says
//! 200 whatever became of them.

use std::collections::HashMap;

use axum::http::{HeaderValue, Method, StatusCode};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{Answer, Asked, BOTH, Call, Class, Endpoint, dispatch};

pub(super) const ENDPOINT: Endpoint = Endpoint {
    method: Method::POST,
    path: "/$batch",
    versions: BOTH,
    scopes: &[],
    class: Class::Free,
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
    let Ok(envelope) = serde_json::from_slice::<Envelope>(&call.asked.body) else {
        return refuse("Invalid batch payload format.");
    };
    if envelope.requests.is_empty() || envelope.requests.len() > MAX_REQUESTS {
        return refuse(&format!(
            "Number of batch request steps must be between 1 and {MAX_REQUESTS}."
        ));
    }
    let mut ids: Vec<String> = envelope.requests.iter().map(|inner| inner.id.to_lowercase()).collect();
    ids.sort_unstable();
    if ids.windows(2).any(|pair| pair[0] == pair[1]) {
        return refuse("Request ids in a batch must be unique.");
    }
    let mut succeeded: HashMap<String, bool> = HashMap::new();
    let mut responses: Vec<Value> = Vec::with_capacity(envelope.requests.len());
    for inner in &envelope.requests {
        let ready = inner
            .depends_on
            .iter()
            .all(|id| succeeded.get(&id.to_lowercase()) == Some(&true));
        let answer = if ready {
            one(call, inner)
        } else {
            call.place.graph(
                StatusCode::FAILED_DEPENDENCY,
                "FailedDependency",
                "A request it depends on failed.",
            )
        };
        succeeded.insert(inner.id.to_lowercase(), answer.status.is_success());
        responses.push(shown(&inner.id, &answer));
    }
    // "In any order": the last comes first, so that nobody relies on the order.
    responses.reverse();
    Answer::json(StatusCode::OK, &json!({"responses": responses}))
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
