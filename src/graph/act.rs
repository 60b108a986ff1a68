//! One request that changes something, sent once (A2, A3).
//!
//! Nothing here tries again, and no redirect is followed: what came of the one attempt is told in a way that cannot be
//! mistaken. "Not sent" is said only where there was no connection at all; silence, a broken answer, a page of somebody in
//! between (whatever its status), 3xx and 5xx are *unclear*, and only reading back can tell more.

use std::time::Duration;

use bytes::Bytes;
use reqwest::Method;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderName};
use uuid::Uuid;

use super::answer::{self, Head};
use super::budget::{Access, Counted, Lane};
use super::client::{Graph, bearer};
use super::error::{GraphError, Ids, Problem};
use super::resource::Resource;
use crate::entra::{AccessToken, Connection};
use crate::model::Timestamp;
use crate::refusal::Pass;

const JUSTIFICATION: HeaderName = HeaderName::from_static("x-msft-approval-justification");
const APPROVAL_CODE: HeaderName = HeaderName::from_static("x-msft-approval-code");
/// What Graph calls a request that another administrator has to approve first.
const APPROVAL_REQUIRED: &str = "ApprovalRequired";

/// How long Graph is left alone after a 429 that does not say.
const THROTTLED: Duration = Duration::from_secs(10);

/// What is to be sent.
#[derive(Debug, Clone)]
pub struct Act {
    pub method: Method,
    pub beta: bool,
    /// Behind the version, beginning with a slash.
    pub path: String,
    pub body: Option<Bytes>,
    /// Why, for Microsoft's Multi Admin Approval; sent base64.
    pub justification: Option<String>,
    /// The code under which that approval was asked for.
    pub approval_code: Option<String>,
}

/// What came of it.
#[derive(Debug, Clone)]
pub enum Sent {
    /// 200, 202 or 204 of Graph's own: Intune has taken it. `date` is Graph's.
    Taken { date: Timestamp, ids: Ids },
    /// Nothing left this machine: no token, no connection.
    NotSent(GraphError),
    /// Intune said no: 4xx other than those below.
    Refused { status: u16, error: GraphError },
    /// Another administrator has to approve; `code` under which to ask.
    ApprovalRequired { code: Option<String>, error: GraphError },
    /// Whether it had an effect is not known.
    Unclear(GraphError),
}

/// A token and a place in the budget: all that one call waits for, got before its intent is committed.
pub struct Permit {
    token: AccessToken,
    counted: Counted,
    pass: Pass,
}

impl Graph {
    /// Waits for its place in the budget, and for the end of a refusal that is over soon. Nothing is sent to Graph.
    pub async fn permit(&self) -> Result<Permit, GraphError> {
        let pass = self.admit(&Resource::of(Lane::Action, "")).await?;
        let token = self.tokens().token().await?;
        let counted = self.budget().take(Lane::Action, Access::Write, 1).await;
        Ok(Permit { token, counted, pass })
    }

    /// Sends once, now.
    pub async fn act(&self, permit: Permit, act: &Act) -> Sent {
        let (token, pass) = (permit.token, permit.pass);
        let header = match bearer(&token) {
            Ok(header) => header,
            Err(problem) => return Sent::NotSent(problem.into()),
        };
        let client_request_id = Uuid::new_v4().to_string();
        let ids = Ids {
            request_id: None,
            client_request_id: Some(client_request_id.clone()),
        };
        let url = match act.beta {
            false => self.base().v1(&act.path),
            true => self.base().beta(&act.path),
        };
        let mut request = self
            .http()
            .request(act.method.clone(), url)
            .timeout(self.limits().request_timeout)
            .header(ACCEPT, "application/json")
            .header("client-request-id", &client_request_id);
        request = match &act.body {
            Some(body) => request.header(CONTENT_TYPE, "application/json").body(body.clone()),
            // An action without parameters is a POST without a body; its length is said, or some proxies wait.
            None => request.header(CONTENT_TYPE, "application/json").body(Bytes::new()),
        };
        if let Some(text) = &act.justification {
            request = request.header(JUSTIFICATION, base64_of(text));
        }
        if let Some(code) = &act.approval_code {
            request = request.header(APPROVAL_CODE, code);
        }
        self.budget().goes_out(permit.counted);
        let response = match request.header(AUTHORIZATION, header).send().await {
            Ok(response) => response,
            Err(error) => {
                let problem = self.explained(&error).await.into();
                let failed = GraphError { problem, ids };
                return match error.is_connect() {
                    true => Sent::NotSent(failed),
                    false => Sent::Unclear(failed),
                };
            }
        };
        let head = Head::of(&response, &client_request_id, token.sealed());
        let code = response
            .headers()
            .get(APPROVAL_CODE)
            .and_then(|code| code.to_str().ok())
            .map(str::to_owned);
        tracing::info!(
            status = head.status,
            request_id = head.ids.request_id.as_deref(),
            client_request_id,
            "Graph answered a request that changes something"
        );
        let proxy_says = Connection::of_407(self.base().host(), response.headers());
        // Cut off or late, it is not what Graph answers; what did arrive is judged as it is.
        let body = tokio::time::timeout(Duration::from_secs(10), answer::whole_body(response)).await;
        let (body, is_whole) = body.unwrap_or_default();
        if (200..300).contains(&head.status) {
            pass.good();
            return match head.is_acceptance(&body, is_whole) {
                Ok(()) => Sent::Taken {
                    date: head.date.unwrap_or_else(|| self.clock().now()),
                    ids: head.ids,
                },
                Err(problem) => Sent::Unclear(GraphError { problem, ids: head.ids }),
            };
        }
        let problem = match head.status {
            407 => proxy_says.into(),
            _ => head.refusal(&body, token.sealed()),
        };
        let asked = head.asked();
        let error = GraphError { problem, ids: head.ids };
        match (head.status, asked) {
            (401, _) => self.tokens().reject(&token),
            // Every action of this application leaves Graph alone for a while.
            (429, asked) => drop(pass.refused(Some(asked.unwrap_or(THROTTLED)), error.cause())),
            (500.., Some(asked)) => drop(pass.refused(Some(asked), error.cause())),
            _ => (),
        }
        sort(head.status, code, error)
    }
}

/// What an answer other than 2xx means for the effect (A3).
fn sort(status: u16, code: Option<String>, error: GraphError) -> Sent {
    match status {
        407 => Sent::NotSent(error),
        400 | 403 if error.reason() == Some(APPROVAL_REQUIRED) => Sent::ApprovalRequired { code, error },
        400 | 401 | 403 | 404 | 405 | 429 => Sent::Refused { status, error },
        _ => Sent::Unclear(error),
    }
}

fn base64_of(text: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(text)
}

impl GraphError {
    /// Graph's own code in the error's body, where there was one.
    pub fn reason(&self) -> Option<&str> {
        match &self.problem {
            Problem::Answered { reason, .. } => Some(reason),
            _ => None,
        }
    }
}
