//! What an answer of ServiceNow means: pure, and the one place that knows it. What became of each item of a payload is another
//! matter, of an answer that is good ([`super::item_answer`]).
//!
//! Errors have true codes, and `{"error":{"message":…,"detail":…},"status":"failure"}`. Texts are told to people as they are, and
//! decide nothing: they are translated into the language of the account. An instance that sleeps, or a sign-in page before it,
//! answers HTML.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::Value;

use super::list_position::PageSigns;
use crate::targets::TargetFault;

/// Longest part of an answer that is told, characters.
const TOLD_MAX: usize = 300;

/// What a request does over there. It decides what it means that its answer was lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CallEffect {
    /// Nothing, or what may be done twice without harm.
    Repeat,
    /// Sent twice it may make two.
    Create,
}

/// What came over the wire.
#[derive(Debug, Default)]
pub(super) struct RawAnswer {
    pub status: u16,
    pub retry_after: Option<Duration>,
    /// Where a redirect leads, without its query.
    pub location: Option<String>,
    /// By the clock over there.
    pub sent_at: Option<SystemTime>,
    /// What a page of a table says of those behind it.
    pub signs: PageSigns,
    pub body: Vec<u8>,
    /// It was longer than what is read.
    pub is_cut: bool,
}

/// Why a call brought nothing.
#[derive(Debug)]
pub(super) enum CallTrouble {
    Fault(TargetFault),
    /// HTTP 403: the account lacks a role.
    Forbidden,
    /// HTTP 404: no such table or path, or, by older versions of the API, no row.
    NotFound(String),
}

impl From<TargetFault> for CallTrouble {
    fn from(fault: TargetFault) -> CallTrouble {
        CallTrouble::Fault(fault)
    }
}

impl CallTrouble {
    /// `what`: what was asked for, such as `cmdb_ci_hardware`.
    pub(super) fn into_fault(self, what: &str) -> TargetFault {
        match self {
            CallTrouble::Fault(fault) => fault,
            CallTrouble::Forbidden => explain_missing_role(what),
            CallTrouble::NotFound(_) => TargetFault::Misconfigured {
                problem: format!("ServiceNow has no `{what}` (HTTP 404)"),
                advice:
                    "check `url`, `root_table` and the classes of the mapping: intune-connector targets verify TARGET"
                        .to_owned(),
            },
        }
    }
}

fn explain_missing_role(what: &str) -> TargetFault {
    TargetFault::Misconfigured {
        problem: format!("the account lacks the right for `{what}` in ServiceNow (HTTP 403)"),
        advice: "give that user the role itil or asset, and the role that reads the table; then check with \
                 `intune-connector targets verify`"
            .to_owned(),
    }
}

/// When the other side counts anew, from a time since 1970 in its header, by its own clock where that is told.
pub(super) fn wait_until_reset(reset: &str, sent_at: Option<SystemTime>, now: SystemTime) -> Option<Duration> {
    let reset = UNIX_EPOCH.checked_add(Duration::from_secs(reset.trim().parse().ok()?))?;
    Some(reset.duration_since(sent_at.unwrap_or(now)).unwrap_or_default())
}

/// The JSON of an answer that is good.
pub(super) fn judge_answer(answer: &RawAnswer, effect: CallEffect) -> Result<Value, CallTrouble> {
    let json = if answer.is_cut {
        None
    } else {
        serde_json::from_slice::<Value>(&answer.body).ok()
    };
    match answer.status {
        200..=299 => json.ok_or_else(|| {
            let problem = if answer.is_cut {
                "the answer is larger than what is read"
            } else {
                "the answer is no JSON: does the instance sleep, or does a sign-in page stand before it?"
            };
            CallTrouble::Fault(unreadable(problem.to_owned(), effect))
        }),
        403 => Err(CallTrouble::Forbidden),
        404 => Err(CallTrouble::NotFound(tell_error(json.as_ref()))),
        status => Err(CallTrouble::Fault(judge_failure(status, answer, json.as_ref(), effect))),
    }
}

/// A write whose answer says nothing may have happened.
fn unreadable(problem: String, effect: CallEffect) -> TargetFault {
    match effect {
        CallEffect::Create => TargetFault::LostAnswer { problem },
        CallEffect::Repeat => TargetFault::Unreadable { problem },
    }
}

fn judge_failure(status: u16, answer: &RawAnswer, json: Option<&Value>, effect: CallEffect) -> TargetFault {
    // A server that fails may show a payload, with all values of the record in it.
    let may_tell = !(500..=599).contains(&status);
    let told = if may_tell { tell_error(json) } else { String::new() };
    let said = if told.is_empty() {
        String::new()
    } else {
        format!(": {told}")
    };
    match status {
        300..=399 => TargetFault::Misconfigured {
            problem: match &answer.location {
                Some(location) => format!("ServiceNow leads elsewhere, to {location} (HTTP {status})"),
                None => format!("ServiceNow leads elsewhere (HTTP {status})"),
            },
            advice: "set `url` to the address of the instance itself, such as https://example.service-now.com".to_owned(),
        },
        400 => TargetFault::Misconfigured {
            problem: format!("ServiceNow does not understand the request (HTTP 400){said}"),
            advice: "check `root_table`, `id_field` and the classes of the mapping, and set `door` to batch where the enhanced API \
                     is missing: intune-connector targets verify TARGET"
                .to_owned(),
        },
        401 => TargetFault::SignIn {
            problem: format!("ServiceNow does not accept the sign-in (HTTP 401){said}"),
            advice: "check user and password, or the OAuth client and its secret; the user has to be active and must not have to \
                     change the password"
                .to_owned(),
        },
        408 | 425 => TargetFault::Unavailable {
            problem: format!("HTTP {status}{said}"),
        },
        413 => TargetFault::Unavailable {
            problem: "the request is too large for ServiceNow (HTTP 413): lower `items_per_request`".to_owned(),
        },
        429 => TargetFault::Throttled {
            retry_after: answer.retry_after,
        },
        503 if answer.retry_after.is_some() => TargetFault::Throttled {
            retry_after: answer.retry_after,
        },
        503 => TargetFault::Unavailable {
            problem: format!("HTTP 503{said}"),
        },
        500..=599 if effect == CallEffect::Create => TargetFault::LostAnswer {
            problem: format!("HTTP {status}"),
        },
        500..=599 => TargetFault::Unavailable {
            problem: format!("HTTP {status}"),
        },
        _ => TargetFault::Unreadable {
            problem: format!("HTTP {status}{said}"),
        },
    }
}

/// `message` and `detail` of an error; OAuth has a form of its own.
fn tell_error(json: Option<&Value>) -> String {
    let Some(json) = json else {
        return String::new();
    };
    let error = json.get("error");
    let text = |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or_default().to_owned();
    let parts = match error {
        Some(Value::Object(_)) => [
            text(error.and_then(|error| error.get("message"))),
            text(error.and_then(|error| error.get("detail"))),
        ],
        _ => [text(error), text(json.get("error_description"))],
    };
    let told: Vec<&str> = parts
        .iter()
        .map(String::as_str)
        .filter(|part| !part.is_empty())
        .collect();
    shorten_text(&told.join(": "))
}

/// In one line, not endless.
pub(super) fn shorten_text(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").chars().take(TOLD_MAX).collect()
}

#[cfg(test)]
#[path = "answer_tests.rs"]
mod tests;
