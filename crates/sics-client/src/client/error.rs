//! Why a call failed: what, what to do, and a kind that programs can tell apart.

use std::fmt;
use std::time::Duration;

use connector_core::model::Language;
use reqwest::StatusCode;
use url::Url;

use super::bus_connection::SendFailure;
use super::transport::is_period_failure;
use crate::contract::Problem;

/// Kinds of failure, by what a caller can do about them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientErrorKind {
    /// The request is wrong: an address, a parameter, a body.
    Invalid,
    /// The bus cannot be reached.
    Unreachable,
    /// The sign-in is wrong, or a right is missing.
    Refused,
    /// Not found, or it does not fit what is there: conflict, confirmation needed, outdated cursor.
    Conflict,
    /// The bus asks to come back later.
    Busy,
    /// Anything else, answers that cannot be read among it.
    Failed,
}

/// A call that failed.
#[derive(Debug)]
pub struct ClientError {
    /// What a caller can do about it.
    pub kind: ClientErrorKind,
    /// One sentence: what failed.
    pub message: String,
    /// What to do about it; empty where nothing is known.
    pub advice: String,
    /// What the bus said, where it answered.
    pub problem: Option<Box<Problem>>,
    /// HTTP status, where the bus answered.
    pub status: Option<u16>,
    /// Of `message` and `advice`.
    pub language: Language,
}

impl ClientError {
    pub(crate) fn new(kind: ClientErrorKind, message: impl Into<String>, advice: impl Into<String>) -> ClientError {
        ClientError {
            kind,
            message: message.into(),
            advice: advice.into(),
            problem: None,
            status: None,
            language: Language::default(),
        }
    }

    /// Stable code of the bus, where it answered with one.
    pub fn code(&self) -> Option<&str> {
        self.problem.as_ref().map(|problem| problem.code.as_str())
    }

    /// Whether the bus answered with this code.
    pub fn has_code(&self, code: &str) -> bool {
        self.code() == Some(code)
    }

    /// What would confirm the request, where that is all that is missing.
    pub fn confirmation(&self) -> Option<&str> {
        let problem = self
            .problem
            .as_ref()
            .filter(|problem| problem.code == "confirmationNeeded")?;
        problem.confirm.as_deref()
    }

    /// Whether it was asked for with the number that is shown.
    pub(crate) fn is_confirmed_by(&self, request_url: &Url) -> bool {
        let expected = self.confirmation().and_then(|confirm| confirm.split('-').next());
        let confirmed = request_url.query_pairs().find(|(key, _)| key == "confirm");
        expected
            .zip(confirmed)
            .is_some_and(|(expected, (_, confirmed))| expected == confirmed)
    }

    pub(crate) fn wrong_name(place: &str, name: &str) -> ClientError {
        let message = if name.is_empty() {
            format!("the {place} is empty")
        } else {
            format!("\"{name}\" cannot be the {place}")
        };
        ClientError::new(ClientErrorKind::Invalid, message, "give it as the list shows it")
    }

    pub(crate) fn invalid_pin(base: &Url, error: &reqwest::Error) -> ClientError {
        let text = error_chain(error);
        let message = format!("cannot read the certificate kept for {base}: {text}");
        ClientError::new(ClientErrorKind::Failed, message, "login again")
    }

    pub(crate) fn not_prepared(error: &reqwest::Error) -> ClientError {
        let message = format!("failed to prepare the HTTP client: {}", error_chain(error));
        ClientError::new(ClientErrorKind::Failed, message, "")
    }

    pub(crate) fn invalid_address(base: &Url, error: &url::ParseError) -> ClientError {
        let message = format!("{base} is not the address of a bus: {error}");
        ClientError::new(ClientErrorKind::Invalid, message, "")
    }

    pub(crate) fn answer_too_large() -> ClientError {
        let message = "the answer is larger than this client reads";
        ClientError::new(ClientErrorKind::Failed, message, "ask for less")
    }

    /// What was to be asked can't be said in a request.
    pub(crate) fn unwritable(error: &dyn std::error::Error) -> ClientError {
        let message = format!("failed to write the request: {}", error_chain(error));
        ClientError::new(ClientErrorKind::Invalid, message, "")
    }

    pub(super) fn unreachable(base: &Url, failure: SendFailure) -> ClientError {
        let SendFailure {
            text,
            is_timeout,
            is_connect,
        } = failure;
        let advice = match (is_timeout, base.scheme()) {
            (_, "https") if is_period_failure(&text) => {
                "put a valid certificate in the place of the one of the bus; if it is valid, correct the clock of this machine"
            }
            (true, _) => "see whether the bus is busy (/readyz), and the network between",
            (false, "https") if is_connect => {
                "see whether the bus runs there; if its certificate is self-made: login --fingerprint with what `run` prints"
            }
            _ => "see whether the bus runs there and the address is right",
        };
        let message = format!("failed to reach the bus at {base}: {text}");
        ClientError::new(ClientErrorKind::Unreachable, message, advice)
    }

    pub(crate) fn unexpected_answer(base: &Url, error: &serde_json::Error) -> ClientError {
        ClientError::new(
            ClientErrorKind::Failed,
            format!("the answer of {base} is not what a bus of this version says: {error}"),
            "check the address; is something else listening there, or another version?",
        )
    }

    pub(crate) fn silent(base: &Url, limit: Duration) -> ClientError {
        let message = format!("the bus at {base} has sent nothing for {} s", limit.as_secs());
        let advice = "try again; see whether the bus runs and is busy (/readyz), and the network between";
        ClientError::new(ClientErrorKind::Unreachable, message, advice)
    }

    /// Events were asked for, and something else came; `media_type`: what it says it is, empty where it does not say.
    pub(crate) fn no_stream(base: &Url, media_type: &str) -> ClientError {
        let told: String = match media_type {
            "" => "no media type".to_owned(),
            _ => media_type.chars().take(100).collect(),
        };
        let message = format!("{base} answered with {told}, not with a stream of events (text/event-stream)");
        let advice = "check the address; is something else listening there, or another version? A proxy between has to pass \
                      the header Accept";
        ClientError::new(ClientErrorKind::Failed, message, advice)
    }

    pub(crate) fn stream_broken(why: &str) -> ClientError {
        ClientError::new(
            ClientErrorKind::Failed,
            format!("the answer broke off: {why}"),
            "try again",
        )
    }

    /// The same, where another scheme is spoken at the address.
    pub(crate) fn suggest_address(self, base: &Url, address: &Url) -> ClientError {
        let scheme = address.scheme().to_uppercase();
        ClientError {
            message: format!("failed to reach the bus at {base}: it speaks {scheme}"),
            advice: format!("use {address}"),
            ..self
        }
    }

    /// A refusal of the API (RFC 9457).
    pub(crate) fn from_problem(status: StatusCode, text: &str) -> ClientError {
        let problem: Option<Problem> = serde_json::from_str(text).ok();
        let kind = match status.as_u16() {
            401 | 403 => ClientErrorKind::Refused,
            404 | 409 | 410 | 412 => ClientErrorKind::Conflict,
            400 | 413 | 415 | 422 => ClientErrorKind::Invalid,
            429 | 503 => ClientErrorKind::Busy,
            _ => ClientErrorKind::Failed,
        };
        let advice = match &problem {
            Some(problem) if problem.code == "confirmationNeeded" => {
                let count = problem.count.unwrap_or_default();
                format!("if that is what you want, repeat it with --yes-i-mean {count}")
            }
            Some(problem) => problem.advice.clone(),
            None if status == StatusCode::UNAUTHORIZED => "check user and password, or login again".to_owned(),
            // Whatever a bus refuses, it says why.
            None => "check the address and the port: what answered there is not a bus, or it is a proxy".to_owned(),
        };
        let message = match &problem {
            Some(problem) => problem.detail.clone(),
            None => format!("the answer was {status}, without the reason that a bus gives"),
        };
        ClientError {
            kind,
            message,
            advice,
            problem: problem.map(Box::new),
            status: Some(status.as_u16()),
            language: Language::default(),
        }
    }

    /// What is said in this language.
    pub(crate) fn in_language(self, language: Language) -> ClientError {
        ClientError { language, ..self }
    }
}

impl fmt::Display for ClientError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ClientError {}

/// An error with all that caused it, on one line.
pub fn error_chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_keeps_code_and_advice_and_has_its_kind() {
        let text = r#"{"type":"about:blank","title":"t","status":403,"detail":"no","code":"missingRight","advice":"ask for Servers_Manage"}"#;
        let table = [
            (401, ClientErrorKind::Refused),
            (403, ClientErrorKind::Refused),
            (404, ClientErrorKind::Conflict),
            (409, ClientErrorKind::Conflict),
            (410, ClientErrorKind::Conflict),
            (422, ClientErrorKind::Invalid),
            (429, ClientErrorKind::Busy),
            (500, ClientErrorKind::Failed),
            (503, ClientErrorKind::Busy),
        ];
        for (status, kind) in table {
            let error = ClientError::from_problem(StatusCode::from_u16(status).expect("a status"), text);
            assert_eq!(error.kind, kind, "{status}");
            assert_eq!(
                (error.message.as_str(), error.advice.as_str()),
                ("no", "ask for Servers_Manage")
            );
            assert!(error.has_code("missingRight"));
        }
    }

    #[test]
    fn an_answer_that_is_no_problem_document_is_told_by_its_status() {
        let error = ClientError::from_problem(StatusCode::BAD_GATEWAY, "<html>");
        assert!(error.message.contains("502"), "{error}");
        assert_eq!(error.code(), None);
    }

    #[test]
    fn a10_only_the_number_that_is_shown_confirms() {
        let text = r#"{"type":"about:blank","title":"t","status":409,"detail":"d","code":"confirmationNeeded","advice":"a","count":3,"confirm":"3-abc"}"#;
        let error = ClientError::from_problem(StatusCode::CONFLICT, text);
        let url = |query: &str| format!("http://localhost/x?{query}").parse().expect("a URL");
        assert!(error.is_confirmed_by(&url("confirm=3")));
        assert!(!error.is_confirmed_by(&url("confirm=4")) && !error.is_confirmed_by(&url("")));
        assert!(error.advice.contains("--yes-i-mean 3"), "{}", error.advice);
    }
}
