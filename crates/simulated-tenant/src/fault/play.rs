//! Faults that are an answer of their own.

use axum::http::StatusCode;
use chrono::{DateTime, TimeDelta, Utc};

use super::kind::{Again, Fault, Nesting};
use crate::graph::{Answer, Place, READ};
use crate::http_date;

/// `None` for a fault that needs the true answer first, or none at all.
pub(super) fn answer(fault: &Fault, place: &Place) -> Option<Answer> {
    match fault {
        Fault::Throttled { retry_after } => Some(throttled(retry_after, place)),
        Fault::Status {
            status,
            code,
            message,
            body,
            ..
        } => Some(status_answer(
            *status,
            code.as_deref(),
            message.as_deref(),
            *body,
            place,
        )),
        Fault::Unauthorized {} => Some(place.unauthorized("Lifetime validation failed, the token is expired.")),
        Fault::Forbidden { scopes } if scopes.is_empty() => Some(place.forbidden(READ)),
        Fault::Forbidden { scopes } => Some(place.forbidden(&scopes.iter().map(String::as_str).collect::<Vec<_>>())),
        Fault::Redirect { to, status } => {
            let mut answer = Answer::no_content();
            answer.status = StatusCode::from_u16(*status).unwrap_or(StatusCode::FOUND);
            answer.header("location", to);
            Some(answer)
        }
        Fault::Body {
            status,
            content_type,
            body,
        } => {
            let status = StatusCode::from_u16(*status).unwrap_or(StatusCode::OK);
            let mut answer = Answer::new(status, "text/html", body.clone());
            answer.header("content-type", content_type);
            Some(answer)
        }
        _ => None,
    }
}

fn throttled(again: &Again, place: &Place) -> Answer {
    let mut answer = place.too_many();
    if let Some(text) = self::again(again, place.at) {
        answer.header("retry-after", &text);
    }
    answer
}

/// When to come back, as a header says it.
pub(super) fn again(again: &Again, now: DateTime<Utc>) -> Option<String> {
    match again {
        Again::Missing => None,
        Again::Seconds(seconds) => Some(seconds.to_string()),
        Again::Date(seconds) => Some(http_date(now + TimeDelta::seconds(*seconds))),
        Again::Text(text) => Some(text.clone()),
    }
}

fn status_answer(status: u16, code: Option<&str>, message: Option<&str>, body: Nesting, place: &Place) -> Answer {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let reason = status.canonical_reason().unwrap_or("Unknown");
    let message = message.unwrap_or("An error has occurred");
    let code = code.unwrap_or(if status.is_server_error() {
        "UnknownError"
    } else {
        reason
    });
    match body {
        Nesting::Plain => place.graph(status, code, message),
        Nesting::Once => place.intune(status, code, message),
        Nesting::Twice => place.twice(status, message),
        Nesting::Html => {
            let page = format!(
                "<html><head><title>{0} {reason}</title></head><body><center><h1>{0} {reason}</h1></center><hr>\
                 <center>Microsoft-Azure-Application-Gateway/v2</center></body></html>",
                status.as_u16()
            );
            Answer::new(status, "text/html", page)
        }
        Nesting::Empty => Answer {
            status,
            ..Answer::no_content()
        },
    }
}
