//! From the first byte of an answer to its last: status, ids, `Date`, and the body within its limit.

use std::time::{Duration, SystemTime};

use bytes::{Bytes, BytesMut};
use reqwest::Response;
use reqwest::header::{CONTENT_LENGTH, CONTENT_TYPE, DATE, HeaderName, LOCATION, RETRY_AFTER};
use secrecy::SecretString;

use super::backoff::{RetryAfter, parse_retry_after};
use super::error::{GraphProblem, RequestIds};
use super::error_reason;
use crate::model::Timestamp;
use crate::net::ConnectionError;
use crate::net::secret_text::quote_without_secrets;

/// How much of an error's body is looked at.
const MAX_ERROR_BYTES: usize = 64 << 10;

/// The head of an answer, without its body.
pub(super) struct ResponseHead {
    pub status: u16,
    pub ids: RequestIds,
    pub date: Option<Timestamp>,
    pub retry_after: RetryAfter,
    is_json: bool,
    /// To be shown.
    content_type: Option<String>,
    location: Option<String>,
}

impl ResponseHead {
    pub(crate) fn from_response(response: &Response, client_request_id: &str, token: &SecretString) -> Self {
        let text = |name: HeaderName| response.headers().get(name).and_then(|value| value.to_str().ok());
        let date = text(DATE).and_then(|text| httpdate::parse_http_date(text).ok());
        let request_id = text(HeaderName::from_static("request-id")).map(|id| quote_without_secrets(id, &[token]));
        ResponseHead {
            status: response.status().as_u16(),
            ids: RequestIds {
                request_id,
                client_request_id: Some(client_request_id.to_owned()),
            },
            date: date.map(Timestamp::from),
            retry_after: parse_retry_after(text(RETRY_AFTER), date.unwrap_or_else(SystemTime::now)),
            is_json: text(CONTENT_TYPE).is_some_and(is_json_type),
            content_type: text(CONTENT_TYPE).map(|kind| quote_without_secrets(kind, &[token])),
            location: text(LOCATION).map(str::to_owned),
        }
    }

    /// How long Graph wants to be left alone, where it says so.
    pub(crate) fn requested_delay(&self) -> Option<Duration> {
        match self.retry_after {
            RetryAfter::After(wait) if !wait.is_zero() => Some(wait),
            _ => None,
        }
    }

    /// What an answer other than 200 means.
    pub(crate) fn refusal_problem(&self, body: &[u8], token: &SecretString) -> GraphProblem {
        if (300..400).contains(&self.status) {
            // The place only: what follows in a redirect's address may be meant for nobody else.
            let host = self.location.as_deref().and_then(|to| url::Url::parse(to).ok());
            let to = host
                .and_then(|url| url.host_str().map(str::to_owned))
                .unwrap_or_else(|| "nowhere".to_owned());
            return GraphProblem::Redirect {
                status: self.status,
                to,
            };
        }
        answered_problem(self.status, self.retry_after, body, &[token])
    }

    /// Whether an answer of 2xx is Graph's word that an action was taken: 200, 202 or 204, empty or JSON. A portal's page
    /// with status 200 says nothing about Intune. Where something is made, 201 is Graph's word, too.
    pub(crate) fn check_acceptance(&self, body: &[u8], is_whole: bool, may_create: bool) -> Result<(), GraphProblem> {
        let is_success = matches!(self.status, 200 | 202 | 204) || (may_create && self.status == 201);
        if !is_success {
            return Err(answered_problem(self.status, self.retry_after, body, &[]));
        }
        if !is_whole {
            return Err(GraphProblem::BrokenOff {
                received_bytes: body.len(),
            });
        }
        if body.iter().all(u8::is_ascii_whitespace) {
            return Ok(());
        }
        if self.content_type.is_some() {
            self.check_json()?;
        }
        match serde_json::from_slice::<serde::de::IgnoredAny>(body) {
            Ok(_) => Ok(()),
            Err(_) => Err(GraphProblem::NotJson {
                content_type: "invalid JSON".to_owned(),
            }),
        }
    }

    /// Only JSON is read as JSON: a portal's page with status 200 is not Graph's.
    pub(crate) fn check_json(&self) -> Result<(), GraphProblem> {
        if self.is_json {
            return Ok(());
        }
        let kind = self.content_type.as_deref().unwrap_or("nothing");
        Err(GraphProblem::NotJson {
            content_type: kind.to_owned(),
        })
    }
}

fn is_json_type(content_type: &str) -> bool {
    let essence = content_type
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json"))
}

/// What an answer inside a batch means.
pub(super) fn batch_item_problem(status: u16, retry_after: RetryAfter, body: &[u8]) -> GraphProblem {
    answered_problem(status, retry_after, body, &[])
}

fn answered_problem(status: u16, retry_after: RetryAfter, body: &[u8], secrets: &[&SecretString]) -> GraphProblem {
    let (reason, message) = error_reason::parse_error_reason(body);
    GraphProblem::Answered {
        status,
        reason: quote_without_secrets(&reason, secrets),
        message: quote_without_secrets(&message, secrets),
        retry_after_s: match retry_after {
            RetryAfter::None => None,
            RetryAfter::After(wait) => Some(wait.as_secs_f64().ceil() as u64),
        },
    }
}

/// Receives the whole body into one piece of memory. The limit counts what comes out of decompression, chunk by
/// chunk, so a small answer that swells is stopped as it swells. `usual_bytes` is what pages had so far.
pub(super) async fn receive_body(
    mut response: Response,
    limit_bytes: usize,
    usual_bytes: usize,
    host: &str,
) -> Result<Bytes, GraphProblem> {
    let announced = response
        .headers()
        .get(CONTENT_LENGTH)
        .and_then(|v| v.to_str().ok())
        .and_then(|v| v.parse().ok());
    if announced.is_some_and(|bytes: usize| bytes > limit_bytes) {
        return Err(GraphProblem::BodyTooLarge { limit_bytes });
    }
    let mut body = BytesMut::with_capacity(announced.unwrap_or(usual_bytes).min(limit_bytes));
    loop {
        match response.chunk().await {
            Ok(None) => return Ok(body.freeze()),
            Ok(Some(chunk)) if body.len() + chunk.len() > limit_bytes => {
                return Err(GraphProblem::BodyTooLarge { limit_bytes });
            }
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Err(error) if error.is_timeout() => return Err(ConnectionError::timed_out(host).into()),
            Err(_) => {
                return Err(GraphProblem::BrokenOff {
                    received_bytes: body.len(),
                });
            }
        }
    }
}

/// What can be had of an error's body; an error while reading it changes nothing.
pub(super) async fn receive_error_body(response: Response) -> BytesMut {
    receive_bounded_body(response).await.0
}

/// The same, and whether that is all of it.
pub(super) async fn receive_bounded_body(mut response: Response) -> (BytesMut, bool) {
    let mut body = BytesMut::new();
    loop {
        let chunk = match response.chunk().await {
            Ok(Some(chunk)) => chunk,
            Ok(None) => return (body, true),
            Err(_) => return (body, false),
        };
        let room = MAX_ERROR_BYTES - body.len();
        body.extend_from_slice(&chunk[..chunk.len().min(room)]);
        if chunk.len() > room {
            return (body, false);
        }
    }
}
