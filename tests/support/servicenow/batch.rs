//! The Batch API: requests within a request, each with an answer of its own, until the time of the batch is over.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::serve::{ApiAnswer, ApiRequest, failure, good};
use super::state::ServiceNowState;

/// Largest body of one request, bytes.
const INPUT_MAX: usize = 5 << 20;

pub fn serve_batch(state: &mut ServiceNowState, request: &ApiRequest) -> ApiAnswer {
    let Some(requests) = request.body["rest_requests"].as_array().cloned() else {
        return failure(400, "Bad Request", "rest_requests is missing");
    };
    let (mut served, mut unserved) = (Vec::new(), Vec::new());
    for (place, one) in requests.iter().enumerate() {
        let id = one["id"].as_str().unwrap_or_default();
        let body = STANDARD
            .decode(one["body"].as_str().unwrap_or_default())
            .unwrap_or_default();
        if place >= state.options.batch_served || body.len() > INPUT_MAX {
            unserved.push(json!(id));
            continue;
        }
        let answer = serve_one(state, one, &body);
        served.push(json!({
            "id": id, "status_code": answer.status, "status_text": "", "execution_time": 5, "headers": [],
            "body": fold_lines(&STANDARD.encode(answer.body.to_string())),
        }));
    }
    good(
        200,
        json!({
            "batch_request_id": request.body["batch_request_id"], "serviced_requests": served,
            "unserviced_requests": unserved,
        }),
    )
}

fn serve_one(state: &mut ServiceNowState, one: &Value, body: &[u8]) -> ApiAnswer {
    let url = one["url"].as_str().unwrap_or_default();
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    let inner = ApiRequest::read(one["method"].as_str().unwrap_or_default(), path, query, body);
    *state.counts.entry(inner.kind()).or_default() += 1;
    state.answer(&inner)
}

/// As the documents show it.
fn fold_lines(text: &str) -> String {
    let bytes: Vec<char> = text.chars().collect();
    let lines: Vec<String> = bytes.chunks(76).map(|line| line.iter().collect()).collect();
    lines.join("\n   ")
}
