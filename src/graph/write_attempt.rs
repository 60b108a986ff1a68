//! One request that changes something, sent once (A2, A3): an action on a device ([`GraphClient::send_action`]) or a write of
//! orders ([`GraphClient::send_order_write`]). Each has a form and a permit of its own, so that neither can be sent as the
//! other; no other request that changes anything can be made.
//!
//! Nothing here tries again, and no redirect is followed: what came of the one attempt is told in a way that cannot be
//! mistaken. "Not sent" is said only where there was no connection at all; silence, a broken answer, a page of somebody in
//! between (whatever its status), 3xx and 5xx are *unclear*, and only reading back can tell more.

use std::time::Duration;

use bytes::Bytes;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderName};
use uuid::Uuid;

use super::action_request::ActionRequest;
use super::budget::{BudgetLane, CountedRequest, RequestAccess, RequestFamily};
use super::client::{GraphClient, bearer_header};
use super::error::{GraphError, GraphProblem, RequestIds};
use super::http_response::{self, ResponseHead};
use super::order_request::OrderRequest;
use super::read::EndpointVersion;
use super::resource::GraphResource;
use super::write_request::WriteRequest;
use crate::entra::AccessToken;
use crate::model::Timestamp;
use crate::net::ConnectionError;
use crate::refusal::RequestPass;

const JUSTIFICATION: HeaderName = HeaderName::from_static("x-msft-approval-justification");
const APPROVAL_CODE: HeaderName = HeaderName::from_static("x-msft-approval-code");
/// What Graph calls a request that another administrator has to approve first.
const APPROVAL_REQUIRED: &str = "ApprovalRequired";

/// How long Graph is left alone after a 429 that does not say.
const THROTTLED: Duration = Duration::from_secs(10);

/// What came of it.
#[derive(Debug, Clone)]
pub enum WriteOutcome {
    /// 200, 202 or 204 of Graph's own, for orders 201, too: Graph has taken it. `date` is Graph's, `body` what it answered,
    /// such as the object that was made.
    Taken {
        date: Timestamp,
        ids: RequestIds,
        body: Bytes,
    },
    /// Nothing left this machine: no token, no connection.
    NotSent(GraphError),
    /// Intune said no: 4xx other than those below.
    Refused { status: u16, error: GraphError },
    /// Another administrator has to approve; `code` under which to ask.
    ApprovalRequired { code: Option<String>, error: GraphError },
    /// Whether it had an effect is not known.
    Unclear(GraphError),
}

/// A token and a place in the budget: all that one call waits for.
struct WritePermit {
    token: AccessToken,
    counted: CountedRequest,
    pass: RequestPass,
}

/// All that an action waits for, got before its intent is committed.
pub struct ActionPermit(WritePermit);

/// All that a write of orders waits for.
pub struct OrderPermit(WritePermit);

impl GraphClient {
    /// Waits for its place in the budget, and for the end of a refusal that is over soon. Nothing is sent to Graph.
    pub async fn acquire_action_permit(&self) -> Result<ActionPermit, GraphError> {
        let pass = self
            .await_pass(&GraphResource::from_url(BudgetLane::Action, ""))
            .await?;
        let token = self.token_source().obtain_token().await?;
        let counted = self
            .budget()
            .reserve_requests(BudgetLane::Action, RequestAccess::Write, 1)
            .await;
        Ok(ActionPermit(WritePermit { token, counted, pass }))
    }

    /// The same for what the lane of this client is for: refused and counted by what the request is about.
    pub async fn acquire_order_permit(&self, request: &OrderRequest) -> Result<OrderPermit, GraphError> {
        let url = self.write_url(&request.write);
        let pass = self.await_pass(&GraphResource::from_url(self.lane, &url)).await?;
        let token = self.token_source().obtain_token().await?;
        let family = RequestFamily::from_url(self.lane, &url);
        let counted = self
            .budget()
            .reserve_in_family(family, self.lane, RequestAccess::Write, 1)
            .await;
        Ok(OrderPermit(WritePermit { token, counted, pass }))
    }

    fn write_url(&self, write_request: &WriteRequest) -> String {
        match write_request.version {
            EndpointVersion::V1 => self.link_base().v1_url(&write_request.path),
            EndpointVersion::Beta => self.link_base().beta_url(&write_request.path),
        }
    }

    /// Sends once, now. Only `actions/write_sender.rs` may (a test keeps it): it may wipe.
    pub async fn send_action(&self, permit: ActionPermit, request: &ActionRequest) -> WriteOutcome {
        self.send_write_once(permit.0, &request.write).await
    }

    /// Sends once, now.
    pub async fn send_order_write(&self, permit: OrderPermit, request: &OrderRequest) -> WriteOutcome {
        self.send_write_once(permit.0, &request.write).await
    }

    /// Of either kind.
    async fn send_write_once(&self, permit: WritePermit, write_request: &WriteRequest) -> WriteOutcome {
        let (token, pass) = (permit.token, permit.pass);
        let header = match bearer_header(&token) {
            Ok(header) => header,
            Err(problem) => return WriteOutcome::NotSent(problem.into()),
        };
        let client_request_id = Uuid::new_v4().to_string();
        let ids = RequestIds {
            request_id: None,
            client_request_id: Some(client_request_id.clone()),
        };
        let url = self.write_url(write_request);
        let mut request = self
            .http_client()
            .request(write_request.method.clone(), url)
            .timeout(self.limits().request_timeout)
            .header(ACCEPT, "application/json")
            .header("client-request-id", &client_request_id);
        request = match &write_request.body {
            Some(body) => request.header(CONTENT_TYPE, "application/json").body(body.clone()),
            // An action without parameters is a POST without a body; its length is said, or some proxies wait.
            None => request.header(CONTENT_TYPE, "application/json").body(Bytes::new()),
        };
        if let Some(text) = &write_request.justification {
            request = request.header(JUSTIFICATION, encode_base64(text));
        }
        if let Some(code) = &write_request.approval_code {
            request = request.header(APPROVAL_CODE, code);
        }
        self.budget().count_from_now(permit.counted);
        let response = match request.header(AUTHORIZATION, header).send().await {
            Ok(response) => response,
            Err(error) => {
                let problem = self.explain_failure(&error).await.into();
                let failed = GraphError { problem, ids };
                return if error.is_connect() {
                    WriteOutcome::NotSent(failed)
                } else {
                    WriteOutcome::Unclear(failed)
                };
            }
        };
        let head = ResponseHead::from_response(&response, &client_request_id, token.sealed_secret());
        let code = response
            .headers()
            .get(APPROVAL_CODE)
            .and_then(|code| code.to_str().ok())
            .map(str::to_owned);
        tracing::info!(
            status = head.status,
            request_id = head.ids.request_id.as_deref(),
            client_request_id,
            "Graph answered a write request"
        );
        let proxy_says = ConnectionError::from_status_407(self.link_base().host(), response.headers());
        // Cut off or late, it is not what Graph answers; what did arrive is judged as it is.
        let body = tokio::time::timeout(Duration::from_secs(10), http_response::receive_bounded_body(response)).await;
        let (body, is_whole) = body.unwrap_or_default();
        if (200..300).contains(&head.status) {
            pass.mark_answered();
            return match head.check_acceptance(&body, is_whole, self.lane == BudgetLane::Order) {
                Ok(()) => WriteOutcome::Taken {
                    date: head.date.unwrap_or_else(|| self.clock().now()),
                    ids: head.ids,
                    body: body.freeze(),
                },
                Err(problem) => WriteOutcome::Unclear(GraphError { problem, ids: head.ids }),
            };
        }
        let problem = match head.status {
            407 => proxy_says.into(),
            _ => head.refusal_problem(&body, token.sealed_secret()),
        };
        let retry_after = head.requested_delay();
        let error = GraphError { problem, ids: head.ids };
        match (head.status, retry_after) {
            (401, _) => self.token_source().reject_token(&token),
            (403, _) => self.token_source().doubt_token(&token),
            // Everything of this family leaves Graph alone for a while.
            (429, retry_after) => {
                drop(pass.mark_refused(Some(retry_after.unwrap_or(THROTTLED)), error.refusal_cause()))
            }
            (500.., Some(retry_after)) => drop(pass.mark_refused(Some(retry_after), error.refusal_cause())),
            _ => (),
        }
        classify_answer(head.status, code, error)
    }
}

/// What an answer other than 2xx means for the effect (A3).
fn classify_answer(status: u16, code: Option<String>, error: GraphError) -> WriteOutcome {
    match status {
        407 => WriteOutcome::NotSent(error),
        400 | 403 if error.reason_code() == Some(APPROVAL_REQUIRED) => WriteOutcome::ApprovalRequired { code, error },
        400 | 401 | 403 | 404 | 405 | 429 => WriteOutcome::Refused { status, error },
        _ => WriteOutcome::Unclear(error),
    }
}

fn encode_base64(text: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(text)
}

impl GraphError {
    /// Graph's own code in the error's body, where there was one.
    pub fn reason_code(&self) -> Option<&str> {
        match &self.problem {
            GraphProblem::Answered { reason, .. } => Some(reason),
            _ => None,
        }
    }
}
