//! What an answer of NetBox means: pure, and the one place that knows it.
//!
//! NetBox has true codes. Three of them say less than they seem to: 403 is a token that it does not know as well as a right
//! that is missing; 404 is a device that is not there as well as an address that is not NetBox; and 400 of many rows names
//! the field, not the row. The first two are told apart by a question more ([`super::client`]), the third by halves
//! ([`super::page_writer`]). Versions after 4.6 may list the rows: that is understood as well.
//!
//! Texts are told to people as they are, and decide nothing: they are translated into the language of the account.

use std::time::{Duration, SystemTime};

use serde_json::Value;

use crate::targets::TargetFault;

/// Longest part of an answer that is told, characters.
const TOLD_MAX: usize = 300;
/// What is wrong with no field of its own.
const WHOLE: [&str; 2] = ["__all__", "non_field_errors"];

/// What a request does over there. It decides what it means that its answer was lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SendEffect {
    Read,
    /// Sent twice it does no harm.
    Repeat,
    /// Sent twice it makes two.
    Create,
}

/// What came over the wire.
#[derive(Debug, Default)]
pub(super) struct WireAnswer {
    pub status: u16,
    pub retry_after: Option<Duration>,
    /// Where a redirect leads, without its query.
    pub location: Option<String>,
    /// By the clock over there.
    pub sent_at: Option<SystemTime>,
    /// What `If-Match` takes, of a single device (4.6).
    pub etag: Option<String>,
    pub body: Vec<u8>,
    /// It was longer than what is read.
    pub is_cut: bool,
}

/// Why a call brought nothing.
#[derive(Debug)]
pub(super) enum NetBoxTrouble {
    Fault(TargetFault),
    /// HTTP 500: the program over there broke at this very request.
    Crashed(TargetFault),
    /// Understood, and refused.
    Said(NetBoxComplaint),
    /// HTTP 403: the token is not known, or a right is missing.
    Forbidden,
    /// HTTP 404.
    Missing,
    /// HTTP 412: changed since it was read.
    Changed,
}

/// What NetBox says about a request that it refused.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct NetBoxComplaint {
    /// For people.
    pub text: String,
    /// The fields that are wrong; `__all__` for the whole.
    pub fields: Vec<String>,
}

impl NetBoxComplaint {
    pub(super) fn names_field(&self, field: &str) -> bool {
        self.fields.iter().any(|name| name == field)
    }

    /// Whether it is told of no field.
    pub(super) fn is_about_whole(&self) -> bool {
        WHOLE.iter().any(|field| self.names_field(field))
    }

    /// Whether the name of a device may be what is wrong: that it is taken is told of the whole.
    pub(super) fn may_mean_name(&self) -> bool {
        self.names_field("name") || self.is_about_whole()
    }

    pub(super) fn into_refusal(self) -> TargetFault {
        let field = self
            .fields
            .into_iter()
            .find(|field| !WHOLE.contains(&field.as_str()) && field != "detail");
        TargetFault::Refused {
            problem: self.text,
            field,
        }
    }
}

impl From<TargetFault> for NetBoxTrouble {
    fn from(fault: TargetFault) -> NetBoxTrouble {
        NetBoxTrouble::Fault(fault)
    }
}

pub(super) fn explain_missing_right(what: &str) -> TargetFault {
    TargetFault::Misconfigured {
        problem: format!("the user of the token lacks the right for `{what}` in NetBox, or the token may only read"),
        advice: "give that user the right in NetBox (Admin, Permissions), and let the token write; then check with `intune-connector targets verify`"
            .to_owned(),
    }
}

pub(super) fn explain_sign_in() -> TargetFault {
    TargetFault::SignIn {
        problem: "NetBox does not accept the token (HTTP 403)".to_owned(),
        advice: "make a new API token in NetBox (the menu of the user, API Tokens) and set it as `token`".to_owned(),
    }
}

pub(super) fn explain_no_api() -> TargetFault {
    TargetFault::Misconfigured {
        problem: "there is no API of NetBox at this address (HTTP 404)".to_owned(),
        advice: "set `url` to the address of NetBox as browsers use it, without /api".to_owned(),
    }
}

/// The JSON of an answer that is good; null where there is none to be.
pub(super) fn judge_answer(answer: &WireAnswer, effect: SendEffect) -> Result<Value, NetBoxTrouble> {
    let json = if answer.is_cut {
        None
    } else {
        serde_json::from_slice::<Value>(&answer.body).ok()
    };
    match answer.status {
        204 => Ok(Value::Null),
        200..=299 => json.ok_or_else(|| NetBoxTrouble::Fault(explain_unreadable(answer.is_cut, effect))),
        403 => Err(NetBoxTrouble::Forbidden),
        // Another program that has no such page seldom says so in JSON.
        404 if json.as_ref().is_some_and(|json| json.get("detail").is_some()) => Err(NetBoxTrouble::Missing),
        404 => Err(NetBoxTrouble::Fault(explain_no_api())),
        400 | 409 => match json {
            Some(json) => Err(NetBoxTrouble::Said(read_complaint(&json))),
            None => Err(NetBoxTrouble::Fault(explain_foreign(answer.status))),
        },
        412 => Err(NetBoxTrouble::Changed),
        413 => Err(NetBoxTrouble::Said(NetBoxComplaint {
            text: "the record is too large (HTTP 413)".to_owned(),
            fields: Vec::new(),
        })),
        500 => Err(NetBoxTrouble::Crashed(judge_failure(500, answer, effect))),
        status => Err(NetBoxTrouble::Fault(judge_failure(status, answer, effect))),
    }
}

/// A write whose answer says nothing may have happened.
fn explain_unreadable(is_cut: bool, effect: SendEffect) -> TargetFault {
    let problem = if is_cut {
        "the answer is larger than what is read"
    } else {
        "the answer is no JSON: does the address belong to NetBox, or to a sign-in page before it?"
    };
    let problem = problem.to_owned();
    match effect {
        SendEffect::Create => TargetFault::LostAnswer { problem },
        SendEffect::Read | SendEffect::Repeat => TargetFault::Unreadable { problem },
    }
}

/// A web server before NetBox, or a NetBox that does not know its own name.
fn explain_foreign(status: u16) -> TargetFault {
    TargetFault::Misconfigured {
        problem: format!("the web server of NetBox refuses the request before NetBox reads it (HTTP {status})"),
        advice:
            "set `url` to the address where NetBox itself answers; its host has to stand in ALLOWED_HOSTS of NetBox"
                .to_owned(),
    }
}

/// Nothing of the body is told: a server that fails may show its statement, with all values of the device in it.
fn judge_failure(status: u16, answer: &WireAnswer, effect: SendEffect) -> TargetFault {
    let problem = format!("HTTP {status}");
    match status {
        300..=399 => TargetFault::Misconfigured {
            problem: match &answer.location {
                Some(location) => format!("NetBox leads elsewhere, to {location} (HTTP {status})"),
                None => format!("NetBox leads elsewhere (HTTP {status})"),
            },
            advice: "set `url` to the address where NetBox itself answers, with https:// and without /login".to_owned(),
        },
        // NetBox itself says 403; a web server before it may ask for a sign-in of its own.
        401 => TargetFault::SignIn {
            problem: "the web server of NetBox does not accept the token (HTTP 401)".to_owned(),
            advice: "let requests to /api pass with the token of NetBox alone".to_owned(),
        },
        408 | 425 => TargetFault::Unavailable { problem },
        429 => TargetFault::Throttled {
            retry_after: answer.retry_after,
        },
        503 if answer.retry_after.is_some() => TargetFault::Throttled {
            retry_after: answer.retry_after,
        },
        // Under maintenance; nothing was done.
        503 => TargetFault::Unavailable { problem },
        500..=599 if effect == SendEffect::Create => TargetFault::LostAnswer { problem },
        500..=599 => TargetFault::Unavailable { problem },
        _ => TargetFault::Unreadable { problem },
    }
}

/// `{"field":["…"]}`, `{"detail":"…"}`, or one of them for each row.
fn read_complaint(json: &Value) -> NetBoxComplaint {
    match json {
        Value::Array(rows) => {
            let is_wrong = |row: &&Value| row.as_object().is_none_or(|row| !row.is_empty());
            rows.iter().find(is_wrong).map(read_complaint).unwrap_or_default()
        }
        Value::Object(parts) => {
            let by_row = parts.get("errors").and_then(Value::as_array);
            let first = by_row.and_then(|rows| rows.first()).and_then(|row| row.get("errors"));
            if let Some(inner) = first {
                return read_complaint(inner);
            }
            NetBoxComplaint {
                text: tell(&join_texts(json)),
                fields: parts.keys().cloned().collect(),
            }
        }
        other => NetBoxComplaint {
            text: tell(&join_texts(other)),
            fields: Vec::new(),
        },
    }
}

fn join_texts(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(list) => list.iter().map(join_texts).collect::<Vec<_>>().join(" "),
        Value::Object(parts) => {
            let told = parts.iter().map(|(field, value)| match field.as_str() {
                "detail" | "__all__" | "non_field_errors" => join_texts(value),
                field => format!("{field}: {}", join_texts(value)),
            });
            told.collect::<Vec<_>>().join(" ")
        }
        Value::Number(number) => number.to_string(),
        Value::Bool(_) | Value::Null => String::new(),
    }
}

/// In one line, not endless.
fn tell(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").chars().take(TOLD_MAX).collect()
}

#[cfg(test)]
#[path = "answer_tests.rs"]
mod tests;
