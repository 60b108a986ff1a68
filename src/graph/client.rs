//! The client: one request with its token, its place in the budget, its ids and its retries.
//!
//! Everything here is a read, so it may be repeated: a bounded number of times, by [`backoff::decide_retry`]. A 401 takes a
//! new token once. No redirect is followed.

mod attempt;

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::{Duration, Instant};

use bytes::Bytes;
use reqwest::header::HeaderValue;

use super::backoff::{self, RetryAfter, RetryBounds, RetryDecision};
use super::budget::{BudgetLane, RateBudget};
use super::error::{GraphError, GraphProblem, RequestIds, classify_failure};
use super::link::GraphBase;
use super::resource::GraphResource;
use crate::config::{InstanceSettings, NetworkSettings};
use crate::entra::{AccessToken, Authority, TokenSource};
use crate::model::Timestamp;
use crate::net::{ConnectionError, dial};
use crate::observe::{Clock, Metrics, TenantMeter};
use crate::refusal::{RefusalCheckMode, RefusalMemory, RefusalParty, RememberedRefusal, ResourceFamily};
pub(super) use attempt::PREFER;

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

    /// Why there was no connection, with the proxy named where it is the cause.
    pub(super) async fn explain_failure(&self, error: &reqwest::Error) -> ConnectionError {
        let connection_error = ConnectionError::from_reqwest(error, self.inner.base.host());
        dial::explain_failure(connection_error, &self.inner.network, self.inner.base.origin()).await
    }
}

pub(super) fn bearer_header(token: &AccessToken) -> Result<HeaderValue, GraphProblem> {
    let unusable = |_| super::page::unreadable_problem("the access token is invalid");
    let mut value = HeaderValue::try_from(format!("Bearer {}", token.secret())).map_err(unusable)?;
    value.set_sensitive(true);
    Ok(value)
}
