//! What Graph refuses before an endpoint sees the request: a write that does not say that its body is JSON, options
//! that the endpoint does not honour, values that an option does not have, a condition that can't hold.

use axum::http::{HeaderMap, Method, StatusCode};

use super::query::QueryProblem;
use super::{Answer, Call, Query};

/// Methods that write, and have a body to write.
pub(super) fn writes(method: &Method) -> bool {
    matches!(*method, Method::POST | Method::PATCH | Method::PUT)
}

pub(super) const NO_CONTENT_TYPE: &str =
    "Write requests (excluding DELETE) must contain the Content-Type header declaration.";
const NOT_JSON: &str = "Entity only allows writes with a JSON Content-Type header.";

/// Why this request goes no further, if so.
pub(super) fn refusal(call: &Call) -> Option<Answer> {
    let refuse = |message: &str| Some(call.refuse(StatusCode::BAD_REQUEST, "BadRequest", message));
    if let Some(problem) = write_problem(&call.asked.method, &call.asked.headers, &call.asked.body) {
        return refuse(problem);
    }
    if let Some(problem) = option_problem(call) {
        return refuse(&problem);
    }
    // Nothing here has an ETag that a condition could name.
    let condition = call.asked.headers.get("if-match");
    if condition.is_some_and(|condition| condition != "*") {
        let message = "The ETag of the condition is not the resource's.";
        return Some(call.refuse(StatusCode::PRECONDITION_FAILED, "PreconditionFailed", message));
    }
    None
}

/// An action without a body needs no type: Microsoft's own clients send none.
fn write_problem(method: &Method, headers: &HeaderMap, body: &[u8]) -> Option<&'static str> {
    if !writes(method) {
        return None;
    }
    match headers.get("content-type") {
        None if body.is_empty() => None,
        None => Some(NO_CONTENT_TYPE),
        Some(kind) if is_json(kind.to_str().unwrap_or_default()) => None,
        Some(_) => Some(NOT_JSON),
    }
}

fn is_json(content_type: &str) -> bool {
    let kind = content_type.split(';').next().unwrap_or_default();
    kind.trim().eq_ignore_ascii_case("application/json")
}

fn option_problem(call: &Call) -> Option<String> {
    let reads = call.asked.method == Method::GET;
    for (option, value) in call.query.options() {
        let is_honoured = call.endpoint.options.contains(&option) || (reads && option == "$format");
        let is_good = match option {
            "$format" => value.eq_ignore_ascii_case("json") || is_json(value),
            "$count" => matches!(value, "true" | "false"),
            _ => true,
        };
        if !is_honoured {
            return Some(format!("Query option '{option}' is not supported."));
        }
        if !is_good {
            return Some(format!("Invalid value '{value}' of the query option '{option}'."));
        }
    }
    None
}

/// The query, or the text of its refusal.
pub(super) fn read_query(raw: &str) -> Result<Query, String> {
    Query::parse(raw).map_err(|problem| match problem {
        QueryProblem::NotText => "The query is not valid UTF-8.".to_owned(),
        QueryProblem::Twice(option) => {
            format!("Query option '{option}' was specified more than once, but it must be specified at most once.")
        }
    })
}
