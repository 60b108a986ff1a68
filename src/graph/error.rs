//! What can go wrong with Graph: each with a short stable code, a line of advice, and the ids that Microsoft's support
//! asks for. No error carries a token or a link.

use std::fmt;

use super::backoff::FailureKind;
use crate::entra::{ConnectionError, EntraError, HttpError};
use crate::model::InvalidId;
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
    #[error("the network settings can't be used: {0}")]
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
    #[error("not asked now: Graph {0}")]
    LeftAlone(Box<RememberedRefusal>),
    #[error("Graph answered {status}, a redirect to {to}, which is not followed")]
    Redirect { status: u16, to: String },
    #[error("the answer was broken off after {received_bytes} bytes")]
    BrokenOff { received_bytes: usize },
    #[error("the answer is not JSON but {content_type}")]
    NotJson { content_type: String },
    #[error("the answer is larger than {limit_bytes} bytes")]
    BodyTooLarge { limit_bytes: usize },
    #[error("the answer can't be understood: {what}")]
    Unreadable { what: String },
    #[error("the link to the next page leads elsewhere ({why}) and is not followed")]
    ForeignLink { why: String },
    #[error("the link to the next page was there before: the list would never end")]
    RepeatedLink,
    #[error("more than {limit} pages")]
    TooManyPages { limit: u32 },
    #[error("the Graph address can't be used: {why}")]
    Address { why: String },
    #[error("{0}")]
    Id(#[from] InvalidId),
    #[error("{given} devices in one batch, {limit} are the most")]
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
            problem => super::client::classify_failure(problem) != FailureKind::Final,
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
            GraphProblem::Redirect { .. } => "check `graph_url`; a portal or proxy may want a login in the browser",
            GraphProblem::BrokenOff { .. } => "it is tried again; if it stays, look for a proxy that cuts answers",
            GraphProblem::NotJson { .. } => {
                "check `graph_url`; look for a proxy or portal that answers in Graph's place"
            }
            GraphProblem::BodyTooLarge { .. } => {
                "lower `page_size`, or raise `max_body_mb` if the devices are that large"
            }
            GraphProblem::Unreadable { .. } => {
                "it is tried again with the next scan; if it stays, report it with the request-id"
            }
            GraphProblem::ForeignLink { .. } => {
                "the token goes to the configured host only: check `graph_url`, and what changes answers on the way"
            }
            GraphProblem::RepeatedLink => "an outage of Intune; nothing is taken for gone, the next scan begins anew",
            GraphProblem::TooManyPages { .. } => "raise `max_pages` or `page_size` if the tenant is that large",
            GraphProblem::Address { .. } => "write `graph_url` as https://host without path",
            GraphProblem::Id(_) => "give the Intune device id",
            GraphProblem::BatchTooLarge { .. } => "ask in smaller batches",
            GraphProblem::LeftAlone(_) => "nothing to do; it is tried again",
            GraphProblem::SignIn(_) | GraphProblem::Network(_) | GraphProblem::Connection(_) => "check the network",
        }
    }
}

/// Code and advice of an HTTP status.
fn status_advice(status: u16) -> (&'static str, &'static str) {
    match status {
        400 => (
            "badRequest",
            "if fields or filter were chosen by hand, take them back; else report it with the request-id",
        ),
        401 => (
            "unauthorized",
            "Graph does not accept the token: check that `cloud`, `login_url` and `graph_url` belong together, and the clock",
        ),
        403 => (
            "forbidden",
            "grant and consent to DeviceManagementManagedDevices.Read.All (application); `verify` shows the command; the tenant needs an Intune licence",
        ),
        404 => ("notFound", "Graph does not know it (any more)"),
        408 => ("timedOut", "it is tried again"),
        410 => ("linkExpired", "the walk is begun anew"),
        429 => (
            "throttled",
            "Graph throttles this tenant: lower `budget_percent`, scan less often, and look for other programs with the same application",
        ),
        500 => ("serverError", "Graph has a problem; it is tried again"),
        502 => ("badGateway", "Graph has a problem; it is tried again"),
        503 => ("unavailable", "Graph is not available; it is tried again"),
        504 => (
            "gatewayTimeout",
            "Intune did not answer Graph in time; it is tried again; a smaller `page_size` may help",
        ),
        _ => ("unexpectedStatus", "report it with the request-id if it stays"),
    }
}
