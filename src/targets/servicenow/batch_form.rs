//! A batch (`/api/now/v1/batch`): many requests in one, each with an answer of its own. Pure. Bodies are Base64 in both
//! directions; a batch that takes too long, or grows too large, names those that it has not come to.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::answer::RawAnswer;

/// The batch of these bodies, each posted to this path with this query. Each has its place as its id.
pub(super) fn build_batch(url: &str, bodies: &[(usize, &Value)]) -> Value {
    let headers = json!([
        {"name": "Content-Type", "value": "application/json"},
        {"name": "Accept", "value": "application/json"},
    ]);
    let requests: Vec<Value> = bodies
        .iter()
        .map(|(place, body)| {
            json!({
                "id": place.to_string(), "method": "POST", "url": url, "headers": headers,
                "exclude_response_headers": false, "body": STANDARD.encode(body.to_string()),
            })
        })
        .collect();
    json!({"batch_request_id": "intune-connector", "rest_requests": requests})
}

/// The answers by place. Who is not among them was not served.
pub(super) fn read_batch(answer: &Value) -> Option<Vec<(usize, RawAnswer)>> {
    let served = answer.get("serviced_requests")?.as_array()?;
    Some(served.iter().filter_map(read_served).collect())
}

fn read_served(served: &Value) -> Option<(usize, RawAnswer)> {
    let place = served.get("id")?.as_str()?.parse().ok()?;
    let text = served.get("body").and_then(Value::as_str).unwrap_or_default();
    // The documents fold it into lines.
    let plain: String = text.chars().filter(|letter| !letter.is_whitespace()).collect();
    let status = served.get("status_code").and_then(Value::as_u64);
    let seconds = find_header(served, "retry-after").and_then(|text| text.trim().parse::<u64>().ok());
    Some((
        place,
        RawAnswer {
            status: status.and_then(|status| u16::try_from(status).ok()).unwrap_or(0),
            retry_after: seconds.map(std::time::Duration::from_secs),
            body: STANDARD.decode(plain).unwrap_or_default(),
            ..RawAnswer::default()
        },
    ))
}

fn find_header<'a>(served: &'a Value, name: &str) -> Option<&'a str> {
    let headers = served.get("headers")?.as_array()?;
    let is_it = |header: &&Value| {
        let told = header.get("name").and_then(Value::as_str);
        told.is_some_and(|told| told.eq_ignore_ascii_case(name))
    };
    headers.iter().find(is_it)?.get("value")?.as_str()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_travel_as_base64_under_their_places() {
        let (one, two) = (json!({"items": [1]}), json!({"items": [2]}));
        let batch = build_batch(
            "/api/now/identifyreconcile?sysparm_data_source=X",
            &[(0, &one), (7, &two)],
        );
        let requests = batch["rest_requests"].as_array().unwrap();
        assert_eq!(
            (requests[0]["id"].as_str(), requests[1]["id"].as_str()),
            (Some("0"), Some("7"))
        );
        let body = STANDARD.decode(requests[1]["body"].as_str().unwrap()).unwrap();
        assert_eq!(serde_json::from_slice::<Value>(&body).unwrap(), two);
    }

    #[test]
    fn who_was_not_served_has_no_answer() {
        let body = STANDARD.encode("{\"result\":{}}");
        let (first, second) = body.split_at(6);
        let answer = json!({
            "serviced_requests": [
                {"id": "1", "status_code": 200, "body": format!("{first}\n   {second}"), "headers": []},
                {"id": "2", "status_code": 429, "body": "", "headers": [{"name": "Retry-After", "value": "17"}]},
            ],
            "unserviced_requests": ["3"],
        });
        let served = read_batch(&answer).unwrap();
        let places: Vec<usize> = served.iter().map(|(place, _)| *place).collect();
        assert_eq!(places, [1, 2]);
        assert_eq!(served[0].1.body, b"{\"result\":{}}");
        assert_eq!(
            (served[1].1.status, served[1].1.retry_after.map(|wait| wait.as_secs())),
            (429, Some(17))
        );
        assert!(read_batch(&json!({"result": {}})).is_none());
    }
}
