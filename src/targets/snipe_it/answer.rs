//! What an answer of Snipe-IT means: pure, and the one place that knows it.
//!
//! Snipe-IT answers most errors with HTTP 200 and `{"status":"error","messages":…}`: what a person can mend in one record,
//! and that a record is not there, look alike. True codes come only from the layers around it: 401 with another body, 403,
//! 404 where no such path exists (so an address that is wrong never looks like a fleet that is gone), 405, 429, and
//! whatever a proxy says. Versions before 8 dress every other code as 405, with the true one as `messages`.
//!
//! Texts are told to people as they are, and decide nothing: they are translated into the language of the account.

use std::time::{Duration, SystemTime};

use serde_json::Value;

use super::html_text::unescape_html;
use crate::targets::TargetFault;

/// Longest part of an answer that is told, characters.
const TOLD_MAX: usize = 300;

/// What a request does over there. It decides what it means that its answer was lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CallEffect {
    Read,
    /// Sent twice it does no harm.
    Repeat,
    /// Sent twice it makes two.
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
    pub body: Vec<u8>,
    /// It was longer than what is read.
    pub is_cut: bool,
}

/// Why a call brought nothing.
#[derive(Debug)]
pub(super) enum ApiTrouble {
    Fault(TargetFault),
    /// Understood, and refused: HTTP 200 with `status: error`.
    Said(ApiComplaint),
    /// HTTP 403: a right is missing, or the asset belongs to another company.
    Forbidden,
}

/// What Snipe-IT says about a request that it refused.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct ApiComplaint {
    /// For people.
    pub text: String,
    /// The fields that are wrong, in its own words for them; empty where it is about the whole.
    pub fields: Vec<String>,
}

impl ApiComplaint {
    pub(super) fn names_field(&self, field: &str) -> bool {
        self.fields.iter().any(|name| name == field)
    }

    pub(super) fn into_refusal(self) -> TargetFault {
        TargetFault::Refused {
            problem: self.text,
            field: self.fields.into_iter().next(),
        }
    }
}

impl From<TargetFault> for ApiTrouble {
    fn from(fault: TargetFault) -> ApiTrouble {
        ApiTrouble::Fault(fault)
    }
}

impl ApiTrouble {
    /// Where nothing more is known. `what`: what was asked for, such as `POST models`.
    pub(super) fn into_fault(self, what: &str) -> TargetFault {
        match self {
            ApiTrouble::Fault(fault) => fault,
            ApiTrouble::Said(complaint) => complaint.into_refusal(),
            ApiTrouble::Forbidden => explain_missing_right(what),
        }
    }
}

pub(super) fn explain_missing_right(what: &str) -> TargetFault {
    TargetFault::Misconfigured {
        problem: format!("the user of the token lacks the right for `{what}` in Snipe-IT"),
        advice: "give that user the right in Snipe-IT (People, Permissions); then check with `intune-connector targets verify`"
            .to_owned(),
    }
}

/// The JSON of an answer that is good. Of a write, it is the whole envelope.
pub(super) fn judge_answer(answer: &RawAnswer, effect: CallEffect) -> Result<Value, ApiTrouble> {
    let json = if answer.is_cut {
        None
    } else {
        serde_json::from_slice::<Value>(&answer.body).ok()
    };
    match answer.status {
        200..=299 => judge_success(json, answer.is_cut, effect),
        403 => Err(ApiTrouble::Forbidden),
        405 => {
            let status = json.as_ref().and_then(read_hidden_status).unwrap_or(405);
            Err(ApiTrouble::Fault(judge_failure(status, answer, json.as_ref(), effect)))
        }
        422 => match json.as_ref().and_then(read_validation) {
            Some(complaint) => Err(ApiTrouble::Said(complaint)),
            None => Err(ApiTrouble::Fault(judge_failure(422, answer, json.as_ref(), effect))),
        },
        status => Err(ApiTrouble::Fault(judge_failure(status, answer, json.as_ref(), effect))),
    }
}

fn judge_success(json: Option<Value>, is_cut: bool, effect: CallEffect) -> Result<Value, ApiTrouble> {
    let Some(json) = json else {
        let problem = if is_cut {
            "the answer is larger than what is read"
        } else {
            "the answer is no JSON: does the address belong to Snipe-IT, or to a sign-in page before it?"
        };
        return Err(ApiTrouble::Fault(unreadable(problem, effect)));
    };
    let is_error = json.get("status").and_then(Value::as_str) == Some("error");
    if is_error {
        return Err(ApiTrouble::Said(read_complaint(&json)));
    }
    Ok(json)
}

/// A write whose answer says nothing may have happened.
fn unreadable(problem: &str, effect: CallEffect) -> TargetFault {
    let problem = problem.to_owned();
    match effect {
        CallEffect::Create => TargetFault::LostAnswer { problem },
        CallEffect::Read | CallEffect::Repeat => TargetFault::Unreadable { problem },
    }
}

fn judge_failure(status: u16, answer: &RawAnswer, json: Option<&Value>, effect: CallEffect) -> TargetFault {
    // A server that fails may show its statement, with all values of the record in it.
    let may_tell = !(500..=599).contains(&status);
    let told = json.filter(|_| may_tell).map(|json| read_complaint(json).text);
    let told = told.unwrap_or_default();
    let said = if told.is_empty() {
        String::new()
    } else {
        format!(": {told}")
    };
    match status {
        300..=399 => TargetFault::Misconfigured {
            problem: match &answer.location {
                Some(location) => format!("Snipe-IT leads elsewhere, to {location} (HTTP {status})"),
                None => format!("Snipe-IT leads elsewhere (HTTP {status})"),
            },
            advice: "set `url` to the address where Snipe-IT itself answers, with https:// and without /login"
                .to_owned(),
        },
        401 => TargetFault::SignIn {
            problem: format!("Snipe-IT does not accept the token (HTTP 401){said}"),
            advice: "make a new API token in Snipe-IT (Manage API Keys) and set it as `token`".to_owned(),
        },
        404 => TargetFault::Misconfigured {
            problem: "there is no API of Snipe-IT at this address (HTTP 404)".to_owned(),
            advice: "set `url` to the address of Snipe-IT as browsers use it, without /api".to_owned(),
        },
        408 | 425 => TargetFault::Unavailable {
            problem: format!("HTTP {status}{said}"),
        },
        413 => TargetFault::Refused {
            problem: "the record is too large (HTTP 413)".to_owned(),
            field: None,
        },
        429 => TargetFault::Throttled {
            retry_after: answer.retry_after,
        },
        503 if answer.retry_after.is_some() => TargetFault::Throttled {
            retry_after: answer.retry_after,
        },
        // Under maintenance; nothing was done.
        503 => TargetFault::Unavailable {
            problem: format!("HTTP 503{said}"),
        },
        500..=599 if effect == CallEffect::Create => TargetFault::LostAnswer {
            problem: format!("HTTP {status}{said}"),
        },
        500..=599 => TargetFault::Unavailable {
            problem: format!("HTTP {status}{said}"),
        },
        _ => TargetFault::Unreadable {
            problem: format!("HTTP {status}{said}"),
        },
    }
}

/// The code that a 405 of an older version hides.
fn read_hidden_status(json: &Value) -> Option<u16> {
    let messages = json.get("messages")?;
    let number = messages.as_u64().or_else(|| messages.as_str()?.parse().ok())?;
    let status = u16::try_from(number).ok()?;
    (400..600).contains(&status).then_some(status)
}

/// The usual form of the framework below Snipe-IT: `{"message":…,"errors":{…}}`.
fn read_validation(json: &Value) -> Option<ApiComplaint> {
    let errors = json.get("errors").or_else(|| json.get("messages"))?;
    let complaint = describe_messages(errors);
    (!complaint.fields.is_empty()).then_some(complaint)
}

/// `messages`, in each of its forms; `error` and `message` where there is none.
fn read_complaint(json: &Value) -> ApiComplaint {
    ["messages", "message", "error"]
        .into_iter()
        .filter_map(|key| json.get(key))
        .find(|messages| !messages.is_null())
        .map(describe_messages)
        .unwrap_or_default()
}

fn describe_messages(messages: &Value) -> ApiComplaint {
    match messages {
        Value::Object(by_field) => ApiComplaint {
            text: tell(&join_texts(by_field.values())),
            fields: by_field.keys().cloned().collect(),
        },
        other => ApiComplaint {
            text: tell(&join_texts(std::iter::once(other))),
            fields: Vec::new(),
        },
    }
}

fn join_texts<'a>(values: impl Iterator<Item = &'a Value>) -> String {
    let mut texts = Vec::new();
    for value in values {
        match value {
            Value::String(text) => texts.push(text.clone()),
            Value::Array(list) => texts.extend(list.iter().filter_map(Value::as_str).map(str::to_owned)),
            Value::Number(number) => texts.push(number.to_string()),
            _ => (),
        }
    }
    texts.join(" ")
}

/// In one line, not endless.
fn tell(text: &str) -> String {
    let plain = unescape_html(text);
    let words: Vec<&str> = plain.split_whitespace().collect();
    words.join(" ").chars().take(TOLD_MAX).collect()
}

#[cfg(test)]
#[path = "answer_tests.rs"]
mod tests;
