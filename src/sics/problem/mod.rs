//! What a caller receives when a request fails: RFC 9457 problem details with a stable `code` for machines and one line
//! of `advice` for people. Every refusal of the API is one of these, including those of the framework below.
//!
//! Rooms return errors of their own, which know nothing of HTTP. What each of these becomes stands here, a file for each
//! room: [`store`], [`actions`], [`inventory`], [`bus`], [`export`] and [`net`]; [`engine`] has what instances answer.
//! Where an answer depends on the request as well (its language, its target, its options), it is made there.

mod actions;
mod bus;
mod engine;
mod export;
mod inventory;
mod net;
mod store;

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use crate::model::{ConfirmableEffect, Language};
use crate::observe::LogThrottle;

pub(crate) use net::advise_server_address;

pub(crate) const MEDIA_TYPE: &str = "application/problem+json";

/// Boxed, so that a result that may be one stays small.
#[derive(Debug)]
pub struct ApiProblem(Box<ProblemDetails>);

#[derive(Debug)]
struct ProblemDetails {
    status: StatusCode,
    code: String,
    detail: String,
    advice: String,
    /// Further members: `count`, `key` …
    members: Map<String, Value>,
    retry_after_s: Option<u64>,
    /// Of its sentences. English ones are said in the language of the request (`routes/problem_language.rs`).
    language: Language,
}

impl ApiProblem {
    pub fn new(
        status: StatusCode,
        code: impl Into<String>,
        detail: impl Into<String>,
        advice: impl Into<String>,
    ) -> Self {
        ApiProblem(Box::new(ProblemDetails {
            status,
            code: code.into(),
            detail: detail.into(),
            advice: advice.into(),
            members: Map::new(),
            retry_after_s: None,
            language: Language::default(),
        }))
    }

    pub fn with_member(mut self, member: &str, value: impl Into<Value>) -> Self {
        self.0.members.insert(member.to_owned(), value.into());
        self
    }

    /// In the header `Retry-After` and, for those who do not see headers, in the member `retryAfter`.
    pub fn with_retry_after(mut self, seconds: u64) -> Self {
        self.0.retry_after_s = Some(seconds);
        self
    }

    /// Its sentences were made in this language.
    pub fn with_language(mut self, language: Language) -> Self {
        self.0.language = language;
        self
    }

    /// What went wrong, for people.
    pub fn detail(&self) -> &str {
        &self.0.detail
    }

    pub fn bad_request(code: &str, detail: impl Into<String>, advice: impl Into<String>) -> Self {
        ApiProblem::new(StatusCode::BAD_REQUEST, code, detail, advice)
    }

    pub fn not_found(what: &str, name: impl std::fmt::Display) -> Self {
        ApiProblem::new(
            StatusCode::NOT_FOUND,
            "unknown",
            format!("{what} {name} does not exist"),
            match list_command(what) {
                Some(command) => format!("Check the name; list those that exist: intune-connector {command}"),
                None => "Check the name; the list shows all existing ones.".to_owned(),
            },
        )
    }

    pub fn conflict(code: &str, detail: impl Into<String>, advice: impl Into<String>) -> Self {
        ApiProblem::new(StatusCode::CONFLICT, code, detail, advice)
    }

    /// This takes devices away from management servers (F7): repeat it with what is shown here.
    pub fn confirmation_needed(effect: &ConfirmableEffect) -> Self {
        let confirm = effect.confirmation_code();
        ApiProblem::conflict(
            "confirmationNeeded",
            effect.to_string(),
            format!("To confirm, send the same request again with ?confirm={confirm}."),
        )
        .with_member("count", effect.count)
        .with_member("confirm", confirm)
    }

    /// Logged here, once, and of the same failure once a minute; the caller learns the code only.
    pub fn internal(code: &str, error: &dyn std::error::Error) -> Self {
        if let Some(held_back) = may_log_failure(code) {
            tracing::error!(code, error = %CauseChain(error), held_back, "a request failed");
        }
        ApiProblem::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            code,
            "the bus could not complete the request",
            "See the log of the bus; GET /readyz shows whether it is ready.",
        )
    }

    /// The panic hook has logged where; its text may hold anything and is not told.
    pub fn panicked() -> Self {
        if let Some(held_back) = may_log_failure("panic") {
            tracing::error!(held_back, "a request panicked");
        }
        ApiProblem::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "panic",
            "the bus could not complete the request",
            "This is a bug in the program; its log shows where.",
        )
    }

    pub fn code(&self) -> &str {
        &self.0.code
    }

    pub fn status(&self) -> StatusCode {
        self.0.status
    }
}

/// Of failures, by their code.
static FAILURES: Mutex<BTreeMap<String, LogThrottle>> = Mutex::new(BTreeMap::new());

/// Whether a line of this failure may be written: whoever asks, signed in or not, must not fill the log with those that
/// they can bring about. With the number of those that were held back.
pub(crate) fn may_log_failure(code: &str) -> Option<u64> {
    let mut failures = FAILURES.lock().unwrap_or_else(PoisonError::into_inner);
    failures.entry(code.to_owned()).or_default().allow_line()
}

/// Tells of failures that were held back and that no line has told of since.
pub(crate) fn log_suppressed_failures() {
    let failures = FAILURES.lock().unwrap_or_else(PoisonError::into_inner);
    for (code, throttle) in failures.iter() {
        if let Some(held_back) = throttle.take_suppressed() {
            tracing::error!(code, held_back, "further requests failed for the same reason");
        }
    }
}

/// An error with all that caused it, on one line.
struct CauseChain<'a>(&'a dyn std::error::Error);

impl std::fmt::Display for CauseChain<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)?;
        let mut cause = self.0.source();
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}

impl IntoResponse for ApiProblem {
    fn into_response(self) -> Response {
        let details = *self.0;
        let mut body = json!({
            "type": format!("urn:intune-connector:problem:{}", details.code),
            "title": details.status.canonical_reason().unwrap_or("Problem"),
            "status": details.status.as_u16(),
            "detail": details.detail,
            "code": details.code,
            "advice": details.advice,
        });
        if let Value::Object(members) = &mut body {
            members.extend(details.members);
            if let Some(seconds) = details.retry_after_s {
                members.insert("retryAfter".to_owned(), seconds.into());
            }
        }
        let mut response = (
            details.status,
            [(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE))],
            body.to_string(),
        )
            .into_response();
        if let Some(seconds) = details.retry_after_s {
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        if details.language != Language::default() {
            let code = HeaderValue::from_static(details.language.code());
            response.headers_mut().insert(header::CONTENT_LANGUAGE, code);
        }
        if details.status == StatusCode::UNAUTHORIZED {
            let challenges = [
                "Bearer realm=\"intune-connector\"",
                "Basic realm=\"intune-connector\", charset=\"UTF-8\"",
            ];
            for challenge in challenges {
                response
                    .headers_mut()
                    .append(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
            }
        }
        response
    }
}

/// The command that lists what is called so.
fn list_command(what: &str) -> Option<String> {
    match what {
        "run" => Some("workflows runs".to_owned()),
        "application" => Some("apps linked".to_owned()),
        "order" => Some("orders list".to_owned()),
        "message" => Some("orders webhooks".to_owned()),
        "channel" | "recipient" => Some("notices".to_owned()),
        "broken glass" => Some("broken-glass".to_owned()),
        "installation" => Some("products".to_owned()),
        "microservice" => Some("instances running".to_owned()),
        "orders instance" | "tenant" => Some("instances".to_owned()),
        "schedule of report" => Some("reports".to_owned()),
        "job" | "server" | "operator" | "role" | "instance" | "workflow" | "product" | "device" | "target" => {
            Some(format!("{what}s"))
        }
        _ => None,
    }
}

/// Of whoever confirmed another set of devices than the one that waits.
fn set_changed_problem(detail: String) -> ApiProblem {
    ApiProblem::conflict(
        "setHasChanged",
        detail,
        "Check the devices again and confirm with the new digest and count.",
    )
}

#[cfg(test)]
mod tests;
