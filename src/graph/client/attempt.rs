//! One attempt of a read: one request, one answer.

use std::sync::atomic::Ordering;
use std::time::Instant;

use bytes::Bytes;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use uuid::Uuid;

use super::{GraphAnswer, GraphClient, ReadRequest, bearer_header};
use crate::entra::AccessToken;
use crate::graph::backoff::RetryAfter;
use crate::graph::budget::{RequestAccess, RequestFamily};
use crate::graph::error::{GraphError, GraphProblem, RequestIds};
use crate::graph::http_response::{self, ResponseHead};
use crate::graph::raw_request;
use crate::net::ConnectionError;

/// Graph may hide members of enums that are newer than its schema from clients that do not ask for them.
pub(in crate::graph) const PREFER: &str = "include-unknown-enum-members";

/// What failed, and when Graph said to come back.
type FailedAttempt = Box<(GraphError, RetryAfter)>;

impl GraphClient {
    /// One request, one answer.
    pub(super) async fn send_once(
        &self,
        read_request: &ReadRequest<'_>,
        token: &AccessToken,
        requests: u32,
    ) -> Result<GraphAnswer, FailedAttempt> {
        let inner = &*self.inner;
        let family = RequestFamily::from_url(self.lane, read_request.url);
        inner
            .budget
            .reserve_in_family(family, self.lane, RequestAccess::Read, read_request.weight)
            .await;
        let started = Instant::now();
        let client_request_id = Uuid::new_v4().to_string();
        let ids = RequestIds {
            request_id: None,
            client_request_id: Some(client_request_id.clone()),
        };
        let without_answer = |problem: GraphProblem| {
            Box::new((
                GraphError {
                    problem,
                    ids: ids.clone(),
                },
                RetryAfter::None,
            ))
        };
        let token_header = bearer_header(token).map_err(without_answer)?;
        let host = inner.base.host();
        let sent = self
            .send_request(read_request, token_header, &client_request_id)
            .await
            .map_err(without_answer)?;
        let head = ResponseHead::from_response(&sent, &client_request_id, token.sealed_secret());
        if head.status == 407 {
            return Err(without_answer(
                ConnectionError::from_status_407(host, sent.headers()).into(),
            ));
        }
        // The client has this limit too, but not for an address that is sent by hand.
        let left = inner.limits.request_timeout.saturating_sub(started.elapsed());
        let received =
            tokio::time::timeout(left, self.receive_answer(sent, &head, token, read_request.is_stream)).await;
        let result = received.unwrap_or_else(|_| Err(ConnectionError::timed_out(host).into()));
        tracing::debug!(
            status = head.status,
            elapsed_ms = started.elapsed().as_millis() as u64,
            body_bytes = result.as_ref().map_or(0, Bytes::len),
            request_id = head.ids.request_id.as_deref(),
            client_request_id,
            "Graph answered"
        );
        match result {
            Ok(body) => Ok(GraphAnswer {
                body,
                date: head.date.unwrap_or_else(|| inner.clock.now()),
                requests,
                ids: head.ids,
            }),
            Err(problem) => Err(Box::new((GraphError { problem, ids: head.ids }, head.retry_after))),
        }
    }

    /// To the head of the answer.
    async fn send_request(
        &self,
        read_request: &ReadRequest<'_>,
        token: HeaderValue,
        client_request_id: &str,
    ) -> Result<reqwest::Response, GraphProblem> {
        let inner = &*self.inner;
        let host = inner.base.host();
        let request = match &read_request.body {
            None if !raw_request::is_sent_unchanged(read_request.url) => {
                let sent = raw_request::get(read_request.url, &inner.network, token, client_request_id);
                let limited = tokio::time::timeout(inner.limits.request_timeout, sent).await;
                return limited.unwrap_or_else(|_| Err(ConnectionError::timed_out(host).into()));
            }
            None => inner.http.get(read_request.url),
            Some(body) => inner
                .http
                .post(read_request.url)
                .header(CONTENT_TYPE, "application/json")
                .body(body.clone()),
        };
        let accepted = if read_request.is_stream {
            "*/*"
        } else {
            "application/json"
        };
        let request = request
            .timeout(inner.limits.request_timeout)
            .header(ACCEPT, accepted)
            .header("prefer", PREFER)
            .header("client-request-id", client_request_id);
        match request.header(AUTHORIZATION, token).send().await {
            Ok(sent) => Ok(sent),
            Err(error) => Err(self.explain_failure(&error).await.into()),
        }
    }

    async fn receive_answer(
        &self,
        response: reqwest::Response,
        head: &ResponseHead,
        token: &AccessToken,
        is_stream: bool,
    ) -> Result<Bytes, GraphProblem> {
        let inner = &*self.inner;
        if head.status != 200 {
            let body = http_response::receive_error_body(response).await;
            return Err(head.refusal_problem(&body, token.sealed_secret()));
        }
        // Whether a stream is a report shows in its content alone.
        if !is_stream {
            head.check_json()?;
        }
        let usual = inner.usual_bytes.load(Ordering::Relaxed);
        let body = http_response::receive_body(response, inner.limits.max_body_bytes, usual, inner.base.host()).await?;
        inner.usual_bytes.store(body.len() + body.len() / 16, Ordering::Relaxed);
        Ok(body)
    }
}
