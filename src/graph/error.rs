//! What can go wrong with Graph: each with a short stable code, a line of advice, and the ids that Microsoft's support
//! asks for. No error carries a token or a link.

use std::fmt;

use super::backoff::Failure;
use crate::entra::{Connection, EntraError, HttpError};
use crate::model::InvalidId;
use crate::refusal::{Cause, Held};

/// A request, or a walk over pages, that failed for good: retries are behind it.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{problem}{ids}")]
pub struct GraphError {
    pub problem: Problem,
    pub ids: Ids,
}

/// Both ids of an exchange, to be looked up by either side.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ids {
    /// Graph's own.
    pub request_id: Option<String>,
    /// The one that we sent.
    pub client_request_id: Option<String>,
}

/// What went wrong. Texts read after "scan failed: ".
#[derive(Debug, Clone, thiserror::Error)]
pub enum Problem {
    #[error("{0}")]
    SignIn(#[from] EntraError),
    #[error("the network settings can't be used: {0}")]
    Network(#[from] HttpError),
    #[error("{0}")]
    Connection(#[from] Connection),
    /// Graph answered with an error; `reason` is Intune's own code, `message` what a person may read of it.
    #[error("Graph answered {status}{}: {message}", Named(reason))]
    Answered {
        status: u16,
        reason: String,
        message: String,
        retry_after_s: Option<u64>,
    },
    /// Nothing was sent: an earlier refusal holds.
    #[error("not asked now: Graph {0}")]
    LeftAlone(Box<Held>),
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

struct Named<'a>(&'a str);

impl fmt::Display for Named<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            Ok(())
        } else {
            write!(f, " {}", self.0)
        }
    }
}

impl fmt::Display for Ids {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.request_id, &self.client_request_id) {
            (None, None) => Ok(()),
            (Some(graph), None) => write!(f, " (request-id {graph})"),
            (None, Some(ours)) => write!(f, " (client-request-id {ours})"),
            (Some(graph), Some(ours)) => write!(f, " (request-id {graph}, client-request-id {ours})"),
        }
    }
}

impl From<Problem> for GraphError {
    fn from(problem: Problem) -> Self {
        GraphError {
            problem,
            ids: Ids::default(),
        }
    }
}

impl From<EntraError> for GraphError {
    fn from(error: EntraError) -> Self {
        Problem::from(error).into()
    }
}

impl GraphError {
    pub fn code(&self) -> String {
        match &self.problem {
            Problem::SignIn(error) => error.code(),
            Problem::Network(error) => error.code().to_owned(),
            Problem::Connection(error) => error.code().to_owned(),
            Problem::LeftAlone(held) => held.cause.code.clone(),
            problem => problem.code().to_owned(),
        }
    }

    pub fn advice(&self) -> String {
        match &self.problem {
            Problem::SignIn(error) => error.advice(),
            Problem::Network(error) => error.advice().to_owned(),
            Problem::Connection(error) => error.advice().to_owned(),
            Problem::LeftAlone(held) => held.cause.advice.clone(),
            problem => problem.advice().to_owned(),
        }
    }

    /// True only for HTTP 404, whatever the code in the body says: the one proof that a device has gone (S1).
    pub fn is_not_found(&self) -> bool {
        matches!(self.problem, Problem::Answered { status: 404, .. })
    }

    /// Whether Graph, Entra or the way there is in trouble, rather than the question wrong: the same question may be
    /// answered a moment later.
    pub fn is_passing(&self) -> bool {
        match &self.problem {
            Problem::SignIn(error) => error.is_transient(),
            Problem::LeftAlone(held) => held.cause.passing,
            problem => super::client::failure(problem) != Failure::Final,
        }
    }

    /// For a walk that was resumed: the kept link does not work any more (HTTP 400, 404 or 410); begin anew.
    pub fn is_stale_link(&self) -> bool {
        matches!(
            self.problem,
            Problem::Answered {
                status: 400 | 404 | 410,
                ..
            }
        )
    }

    /// HTTP status of Graph's answer, where there was one.
    pub fn status(&self) -> Option<u16> {
        match self.problem {
            Problem::Answered { status, .. } | Problem::Redirect { status, .. } => Some(status),
            _ => None,
        }
    }

    /// The refusal that is remembered, where nothing was sent because of one.
    pub fn left_alone_by(&self) -> Option<&Held> {
        match &self.problem {
            Problem::LeftAlone(held) => Some(held),
            Problem::SignIn(EntraError::LeftAlone { held, .. }) => Some(held),
            _ => None,
        }
    }

    /// What is remembered of it.
    pub(super) fn cause(&self) -> Cause {
        Cause {
            code: self.code(),
            text: self.problem.to_string(),
            advice: self.advice(),
            passing: self.is_passing(),
        }
    }

    pub fn retry_after_s(&self) -> Option<u64> {
        match &self.problem {
            Problem::Answered { retry_after_s, .. } => *retry_after_s,
            Problem::SignIn(error) => error.retry_after_s(),
            _ => None,
        }
    }
}

impl Problem {
    fn code(&self) -> &'static str {
        match self {
            Problem::Answered { status, .. } => of_status(*status).0,
            Problem::Redirect { .. } => "redirect",
            Problem::BrokenOff { .. } => "brokenOff",
            Problem::NotJson { .. } => "notJson",
            Problem::BodyTooLarge { .. } => "bodyTooLarge",
            Problem::Unreadable { .. } => "unreadable",
            Problem::ForeignLink { .. } => "foreignLink",
            Problem::RepeatedLink => "repeatedLink",
            Problem::TooManyPages { .. } => "tooManyPages",
            Problem::Address { .. } => "graphAddress",
            Problem::Id(_) => "invalidId",
            Problem::BatchTooLarge { .. } => "batchTooLarge",
            Problem::LeftAlone(_) => "leftAlone",
            Problem::SignIn(_) | Problem::Network(_) | Problem::Connection(_) => "noConnection",
        }
    }

    fn advice(&self) -> &'static str {
        match self {
            Problem::Answered { status, .. } => of_status(*status).1,
            Problem::Redirect { .. } => "check `graph_url`; a portal or proxy may want a login in the browser",
            Problem::BrokenOff { .. } => "it is tried again; if it stays, look for a proxy that cuts answers",
            Problem::NotJson { .. } => "check `graph_url`; look for a proxy or portal that answers in Graph's place",
            Problem::BodyTooLarge { .. } => "lower `page_size`, or raise `max_body_mb` if the devices are that large",
            Problem::Unreadable { .. } => {
                "it is tried again with the next scan; if it stays, report it with the request-id"
            }
            Problem::ForeignLink { .. } => {
                "the token goes to the configured host only: check `graph_url`, and what changes answers on the way"
            }
            Problem::RepeatedLink => "an outage of Intune; nothing is taken for gone, the next scan begins anew",
            Problem::TooManyPages { .. } => "raise `max_pages` or `page_size` if the tenant is that large",
            Problem::Address { .. } => "write `graph_url` as https://host without path",
            Problem::Id(_) => "give the Intune device id",
            Problem::BatchTooLarge { .. } => "ask in smaller batches",
            Problem::LeftAlone(_) => "nothing to do; it is tried again",
            Problem::SignIn(_) | Problem::Network(_) | Problem::Connection(_) => "check the network",
        }
    }
}

/// Code and advice of an HTTP status.
fn of_status(status: u16) -> (&'static str, &'static str) {
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
