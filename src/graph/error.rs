//! What can go wrong with Graph: each with a short stable code, a line of advice, and the ids that Microsoft's support
//! asks for. No error carries a token or a link.

use std::fmt;

use super::backoff::FailureKind;
use crate::entra::EntraError;
use crate::model::InvalidId;
use crate::net::{ConnectionError, HttpError};
use crate::refusal::{RefusalCause, RememberedRefusal};

/// A request, or a walk over pages, that failed for good: retries are behind it.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{problem}{ids}")]
pub struct GraphError {
    pub problem: GraphProblem,
    pub ids: RequestIds,
}

/// Both ids of an exchange, to be looked up by either side.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RequestIds {
    /// Graph's own.
    pub request_id: Option<String>,
    /// The one that we sent.
    pub client_request_id: Option<String>,
}

/// What went wrong. Texts read after "scan failed: ".
#[derive(Debug, Clone, thiserror::Error)]
pub enum GraphProblem {
    #[error("{0}")]
    SignIn(#[from] EntraError),
    #[error("invalid network settings: {0}")]
    Network(#[from] HttpError),
    #[error("{0}")]
    Connection(#[from] ConnectionError),
    /// Graph answered with an error; `reason` is Intune's own code, `message` what a person may read of it.
    #[error("Graph answered {status}{}: {message}", ReasonSuffix(reason))]
    Answered {
        status: u16,
        reason: String,
        message: String,
        retry_after_s: Option<u64>,
    },
    /// Nothing was sent: an earlier refusal holds.
    #[error("no request sent: Graph {0}")]
    LeftAlone(Box<RememberedRefusal>),
    #[error("Graph answered {status}, a redirect to {to}, which is not followed")]
    Redirect { status: u16, to: String },
    #[error("the response was cut off after {received_bytes} bytes")]
    BrokenOff { received_bytes: usize },
    #[error("the response is not JSON but {content_type}")]
    NotJson { content_type: String },
    #[error("the response is larger than {limit_bytes} bytes")]
    BodyTooLarge { limit_bytes: usize },
    #[error("cannot parse the response: {what}")]
    Unreadable { what: String },
    #[error("the link to the next page leads elsewhere ({why}) and is not followed")]
    ForeignLink { why: String },
    #[error("the link to the next page repeats an earlier one: the list would never end")]
    RepeatedLink,
    #[error("more than {limit} pages")]
    TooManyPages { limit: u32 },
    #[error("invalid Graph address: {why}")]
    Address { why: String },
    #[error("{0}")]
    Id(#[from] InvalidId),
    #[error("{given} devices in one batch, the limit is {limit}")]
    BatchTooLarge { given: usize, limit: usize },
}

struct ReasonSuffix<'a>(&'a str);

impl fmt::Display for ReasonSuffix<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            Ok(())
        } else {
            write!(f, " {}", self.0)
        }
    }
}

impl fmt::Display for RequestIds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.request_id, &self.client_request_id) {
            (None, None) => Ok(()),
            (Some(graph), None) => write!(f, " (request-id {graph})"),
            (None, Some(ours)) => write!(f, " (client-request-id {ours})"),
            (Some(graph), Some(ours)) => write!(f, " (request-id {graph}, client-request-id {ours})"),
        }
    }
}

impl From<GraphProblem> for GraphError {
    fn from(problem: GraphProblem) -> Self {
        GraphError {
            problem,
            ids: RequestIds::default(),
        }
    }
}

impl From<EntraError> for GraphError {
    fn from(error: EntraError) -> Self {
        GraphProblem::from(error).into()
    }
}

impl GraphError {
    pub fn code(&self) -> String {
        match &self.problem {
            GraphProblem::SignIn(error) => error.code(),
            GraphProblem::Network(error) => error.code().to_owned(),
            GraphProblem::Connection(error) => error.code().to_owned(),
            GraphProblem::LeftAlone(held) => held.cause.code.clone(),
            problem => problem.code().to_owned(),
        }
    }

    pub fn advice(&self) -> String {
        match &self.problem {
            GraphProblem::SignIn(error) => error.advice(),
            GraphProblem::Network(error) => error.advice().to_owned(),
            GraphProblem::Connection(error) => error.advice().to_owned(),
            GraphProblem::LeftAlone(held) => held.cause.advice.clone(),
            problem => problem.advice().to_owned(),
        }
    }

    /// True only for HTTP 404, whatever the code in the body says: the one proof that a device has gone (S1).
    pub fn is_not_found(&self) -> bool {
        matches!(self.problem, GraphProblem::Answered { status: 404, .. })
    }

    /// Whether Graph, Entra or the way there is in trouble, rather than the question wrong: the same question may be
    /// answered a moment later.
    pub fn is_transient(&self) -> bool {
        match &self.problem {
            GraphProblem::SignIn(error) => error.is_transient(),
            GraphProblem::LeftAlone(held) => held.cause.transient,
            problem => classify_failure(problem) != FailureKind::Final,
        }
    }

    /// For a walk that was resumed: the kept link does not work any more (HTTP 400, 404 or 410); begin anew.
    pub fn is_stale_link(&self) -> bool {
        matches!(
            self.problem,
            GraphProblem::Answered {
                status: 400 | 404 | 410,
                ..
            }
        )
    }

    /// HTTP status of Graph's answer, where there was one.
    pub fn status(&self) -> Option<u16> {
        match self.problem {
            GraphProblem::Answered { status, .. } | GraphProblem::Redirect { status, .. } => Some(status),
            _ => None,
        }
    }

    /// The refusal that is remembered, where nothing was sent because of one.
    pub fn blocking_refusal(&self) -> Option<&RememberedRefusal> {
        match &self.problem {
            GraphProblem::LeftAlone(held) => Some(held),
            GraphProblem::SignIn(EntraError::LeftAlone { held, .. }) => Some(held),
            _ => None,
        }
    }

    /// What is remembered of it.
    pub(super) fn refusal_cause(&self) -> RefusalCause {
        RefusalCause {
            code: self.code(),
            text: self.problem.to_string(),
            advice: self.advice(),
            transient: self.is_transient(),
        }
    }

    pub fn retry_after_s(&self) -> Option<u64> {
        match &self.problem {
            GraphProblem::Answered { retry_after_s, .. } => *retry_after_s,
            GraphProblem::SignIn(error) => error.retry_after_s(),
            _ => None,
        }
    }
}

impl GraphProblem {
    fn code(&self) -> &'static str {
        match self {
            GraphProblem::Answered { status, .. } => status_advice(*status).0,
            GraphProblem::Redirect { .. } => "redirect",
            GraphProblem::BrokenOff { .. } => "brokenOff",
            GraphProblem::NotJson { .. } => "notJson",
            GraphProblem::BodyTooLarge { .. } => "bodyTooLarge",
            GraphProblem::Unreadable { .. } => "unreadable",
            GraphProblem::ForeignLink { .. } => "foreignLink",
            GraphProblem::RepeatedLink => "repeatedLink",
            GraphProblem::TooManyPages { .. } => "tooManyPages",
            GraphProblem::Address { .. } => "graphAddress",
            GraphProblem::Id(_) => "invalidId",
            GraphProblem::BatchTooLarge { .. } => "batchTooLarge",
            GraphProblem::LeftAlone(_) => "leftAlone",
            GraphProblem::SignIn(_) | GraphProblem::Network(_) | GraphProblem::Connection(_) => "noConnection",
        }
    }

    fn advice(&self) -> &'static str {
        match self {
            GraphProblem::Answered { status, .. } => status_advice(*status).1,
            GraphProblem::Redirect { .. } => "check `graph_url`; a portal or proxy may require a login in the browser",
            GraphProblem::BrokenOff { .. } => {
                "the request is retried; if the error persists, look for a proxy that truncates responses"
            }
            GraphProblem::NotJson { .. } => {
                "check `graph_url`; look for a proxy or portal that answers instead of Graph"
            }
            GraphProblem::BodyTooLarge { .. } => {
                "lower `page_size`, or raise `max_body_mb` if the devices are that large"
            }
            GraphProblem::Unreadable { .. } => {
                "the next scan retries it; if the error persists, report it with the request-id"
            }
            GraphProblem::ForeignLink { .. } => {
                "the token is sent to the configured host only: check `graph_url`, and look for a proxy that changes responses"
            }
            GraphProblem::RepeatedLink => {
                "Intune has an outage; no device is treated as gone, and the next scan starts over"
            }
            GraphProblem::TooManyPages { .. } => "raise `max_pages` or `page_size` if the tenant is that large",
            GraphProblem::Address { .. } => "write `graph_url` as https://host without a path",
            GraphProblem::Id(_) => "specify the Intune device id",
            GraphProblem::BatchTooLarge { .. } => "use smaller batches",
            GraphProblem::LeftAlone(_) => "no action needed; the request is retried",
            GraphProblem::SignIn(_) | GraphProblem::Network(_) | GraphProblem::Connection(_) => "check the network",
        }
    }
}

/// Code and advice of an HTTP status.
fn status_advice(status: u16) -> (&'static str, &'static str) {
    match status {
        400 => (
            "badRequest",
            "if you changed fields or filter, undo the change; otherwise report it with the request-id",
        ),
        401 => (
            "unauthorized",
            "Graph does not accept the token: check that `cloud`, `login_url` and `graph_url` match, and check the clock",
        ),
        403 => (
            "forbidden",
            "grant and consent to DeviceManagementManagedDevices.Read.All (application); `verify` shows the command; the tenant needs an Intune licence",
        ),
        404 => ("notFound", "it does not exist in Graph, or no longer"),
        408 => ("timedOut", "the request is retried"),
        410 => ("linkExpired", "the list is read again from the start"),
        429 => (
            "throttled",
            "Graph throttles this tenant: lower `budget_percent`, scan less often, and look for other programs that use the same application",
        ),
        500 => ("serverError", "Graph has a problem; the request is retried"),
        502 => ("badGateway", "Graph has a problem; the request is retried"),
        503 => ("unavailable", "Graph is not available; the request is retried"),
        504 => (
            "gatewayTimeout",
            "Intune did not answer Graph in time; the request is retried; a smaller `page_size` may help",
        ),
        _ => (
            "unexpectedStatus",
            "if the error persists, report it with the request-id",
        ),
    }
}

/// Whether, and how, a read that failed like this is worth another try.
pub(super) fn classify_failure(problem: &GraphProblem) -> FailureKind {
    match problem {
        GraphProblem::Answered { status: 429, .. } => FailureKind::Throttled,
        GraphProblem::Answered {
            status: 408 | 500 | 502 | 503 | 504,
            ..
        } => FailureKind::Server,
        GraphProblem::Connection(connection) if connection.is_transient() => FailureKind::Broken,
        GraphProblem::BrokenOff { .. } | GraphProblem::NotJson { .. } | GraphProblem::Unreadable { .. } => {
            FailureKind::Broken
        }
        _ => FailureKind::Final,
    }
}
