//! The client: one request with its token, its place in the budget, its ids and its retries.
//!
//! Everything here is a read, so it may be repeated: a bounded number of times, by [`backoff::decide_retry`]. A 401 takes a
//! new token once. No redirect is followed.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use uuid::Uuid;

use super::backoff::{self, FailureKind, RetryAfter, RetryBounds, RetryDecision};
use super::budget::{BudgetLane, RateBudget, RequestAccess, RequestFamily};
use super::error::{GraphError, GraphProblem, RequestIds};
use super::http_response::{self, ResponseHead};
use super::link::GraphBase;
use super::raw_request;
use super::resource::GraphResource;
use crate::config::{InstanceSettings, NetworkSettings};
use crate::entra::{AccessToken, Authority, ConnectionError, TokenSource, dial};
use crate::model::Timestamp;
use crate::observe::{Clock, Metrics, TenantMeter};
use crate::refusal::{RefusalCheckMode, RefusalMemory, RefusalParty, RememberedRefusal, ResourceFamily};

/// What one answer, one request and one walk may take at most; tests shrink them.
#[derive(Debug, Clone, Copy)]
pub struct GraphLimits {
    /// Largest answer, after decompression.
    pub max_body_bytes: usize,
    pub max_pages: u32,
    /// A whole request, connect to last byte.
    pub request_timeout: Duration,
    pub retry: RetryBounds,
}

impl GraphLimits {
    pub fn from_settings(settings: &InstanceSettings) -> Self {
        GraphLimits {
            max_body_bytes: settings.scan.max_body_bytes,
            max_pages: settings.scan.max_pages,
            request_timeout: Duration::from_secs(settings.scan.request_timeout_s),
            retry: RetryBounds::default(),
        }
    }
}

/// Microsoft Graph of one instance. `Clone` shares connections, tokens and budget.
#[derive(Clone)]
pub struct GraphClient {
    pub(super) inner: Arc<GraphClientState>,
    pub(super) lane: BudgetLane,
    pub(super) refusal_check: RefusalCheckMode,
}

pub(super) struct GraphClientState {
    http: reqwest::Client,
    network: NetworkSettings,
    base: GraphBase,
    tokens: TokenSource,
    budget: RateBudget,
    /// What Graph said no to.
    pub(super) refusals: RefusalMemory,
    clock: Clock,
    limits: GraphLimits,
    meter: TenantMeter,
    /// What the last page had, so that the next one's memory is reserved at once.
    usual_bytes: AtomicUsize,
}

/// Graph may hide members of enums that are newer than its schema from clients that do not ask for them.
pub(super) const PREFER: &str = "include-unknown-enum-members";

/// One request that may be repeated.
pub(super) struct ReadRequest<'a> {
    pub url: &'a str,
    /// With a body it is a POST that changes nothing: a batch of reads, a question about memberships, a report.
    pub body: Option<Bytes>,
    /// How many requests Graph counts it as.
    pub weight: u32,
    /// A report is JSON, and called a stream of bytes.
    pub is_stream: bool,
}

impl<'a> ReadRequest<'a> {
    /// A GET that counts once.
    pub(super) fn get(url: &'a str) -> ReadRequest<'a> {
        ReadRequest {
            url,
            body: None,
            weight: 1,
            is_stream: false,
        }
    }
}

/// Graph's answer to a request that succeeded.
#[derive(Clone)]
pub(super) struct GraphAnswer {
    pub body: Bytes,
    pub date: Timestamp,
    pub requests: u32,
    pub ids: RequestIds,
}

impl GraphClient {
    pub fn new(
        settings: &InstanceSettings,
        tokens: TokenSource,
        budget: RateBudget,
        clock: Clock,
    ) -> Result<Self, GraphError> {
        Self::with_limits(settings, tokens, budget, clock, GraphLimits::from_settings(settings))
    }

    pub fn with_limits(
        settings: &InstanceSettings,
        tokens: TokenSource,
        budget: RateBudget,
        clock: Clock,
        limits: GraphLimits,
    ) -> Result<Self, GraphError> {
        let graph_url = Authority::for_instance(settings).graph_url;
        let base = GraphBase::new(&graph_url)?;
        // The same connections and the same trust as for sign-in: a store of authorities takes a megabyte.
        let http = tokens.http_client().clone();
        let usual_bytes = AtomicUsize::new(0);
        let party = RefusalParty::new(&graph_url, &settings.tenant_id, tokens.client_id());
        let inner = GraphClientState {
            refusals: RefusalMemory::for_party(party),
            http,
            network: settings.network.clone(),
            base,
            tokens,
            budget,
            clock,
            limits,
            meter: TenantMeter::default(),
            usual_bytes,
        };
        Ok(GraphClient {
            inner: Arc::new(inner),
            lane: BudgetLane::Scan,
            refusal_check: RefusalCheckMode::Usual,
        })
    }

    /// The same client, asking out of another part of the budget.
    pub fn in_lane(&self, lane: BudgetLane) -> Self {
        GraphClient { lane, ..self.clone() }
    }

    /// The same client for somebody who wants to know how it is now: only a refusal whose time was said holds.
    pub fn bypassing_refusals(&self) -> Self {
        GraphClient {
            refusal_check: RefusalCheckMode::Anew,
            ..self.clone()
        }
    }

    /// What of Graph and of sign-in is not asked for now, until when and why.
    pub fn active_refusals(&self) -> Vec<(ResourceFamily, RememberedRefusal)> {
        let (own, sign_in) = (&self.inner.refusals, self.inner.tokens.refusal_memory());
        let mut active = own.active_refusals(&self.inner.clock);
        // Where one address is both, it is one memory.
        if sign_in.party() != own.party() {
            active.extend(sign_in.active_refusals(&self.inner.clock));
        }
        active
    }

    /// Counts its requests and those for its tokens there.
    pub fn connect_metrics(&self, metrics: &Metrics, tenant: &str) {
        self.inner.meter.connect_metrics(metrics, tenant);
        self.inner.tokens.connect_metrics(metrics, tenant);
    }

    pub fn budget(&self) -> &RateBudget {
        &self.inner.budget
    }

    pub fn token_source(&self) -> &TokenSource {
        &self.inner.tokens
    }

    /// The configured Graph, without version and trailing slash.
    pub fn base_url(&self) -> &str {
        self.inner.base.origin()
    }

    pub(super) fn link_base(&self) -> &GraphBase {
        &self.inner.base
    }

    pub(super) fn http_client(&self) -> &reqwest::Client {
        &self.inner.http
    }

    pub(super) fn clock(&self) -> &Clock {
        &self.inner.clock
    }

    pub(super) fn limits(&self) -> &GraphLimits {
        &self.inner.limits
    }

    /// Asks until there is an answer that `understand` takes, or until trying again makes no sense.
    pub(super) async fn read_with_retries<T>(
        &self,
        read_request: ReadRequest<'_>,
        understand: impl Fn(&GraphAnswer) -> Result<T, GraphProblem>,
    ) -> Result<T, GraphError> {
        let resource = GraphResource::from_url(self.lane, read_request.url);
        let mut attempt = 1;
        let mut requests = 0;
        let mut token_renewed = false;
        loop {
            requests += 1;
            // In this order: for what is not asked for no token is, either.
            let pass = self.await_pass(&resource).await?;
            let token = self.inner.tokens.obtain_token().await?;
            let began = Instant::now();
            let answered = self.send_once(&read_request, &token, requests).await;
            let status = answered.as_ref().map_or_else(|failed| failed.0.status(), |_| Some(200));
            self.inner.meter.count_response(status, began.elapsed());
            let (error, retry_after) = match answered {
                Ok(answer) => match understand(&answer) {
                    Ok(value) => {
                        pass.mark_answered();
                        return Ok(value);
                    }
                    Err(problem) => (
                        GraphError {
                            problem,
                            ids: answer.ids,
                        },
                        RetryAfter::None,
                    ),
                },
                Err(failed) => *failed,
            };
            if error.status() == Some(401) && !token_renewed {
                tracing::debug!(error = %error, "the token was rejected; requesting a new one");
                self.inner.tokens.reject_token(&token);
                token_renewed = true;
                continue;
            }
            if error.status() == Some(403) {
                self.inner.tokens.doubt_token(&token);
            }
            let kind = classify_failure(&error.problem);
            let decision = backoff::decide_retry(kind, attempt, retry_after, rand::random(), &self.inner.limits.retry);
            self.record_refusal(pass, &error, retry_after, decision);
            match decision {
                RetryDecision::GiveUp => return Err(error),
                RetryDecision::Wait(wait) => {
                    self.inner.meter.count_retry(&error.code());
                    tracing::debug!(code = error.code(), error = %error, attempt,
                        wait_ms = wait.as_millis() as u64, "retrying the request to Graph");
                    tokio::time::sleep(wait).await;
                }
            }
            attempt += 1;
        }
    }

    /// One request, one answer.
    async fn send_once(
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

    /// Why there was no connection, with the proxy named where it is the cause.
    pub(super) async fn explain_failure(&self, error: &reqwest::Error) -> ConnectionError {
        let connection_error = ConnectionError::from_reqwest(error, self.inner.base.host());
        dial::explain_failure(connection_error, &self.inner.network, self.inner.base.origin()).await
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

/// What failed, and when Graph said to come back.
type FailedAttempt = Box<(GraphError, RetryAfter)>;

pub(super) fn bearer_header(token: &AccessToken) -> Result<HeaderValue, GraphProblem> {
    let unusable = |_| super::page::unreadable_problem("the access token is invalid");
    let mut value = HeaderValue::try_from(format!("Bearer {}", token.secret())).map_err(unusable)?;
    value.set_sensitive(true);
    Ok(value)
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
