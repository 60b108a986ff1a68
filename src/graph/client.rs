//! The client: one request with its token, its place in the budget, its ids and its retries.
//!
//! Everything here is a read, so it may be repeated: a bounded number of times, by [`backoff::decide`]. A 401 takes a
//! new token once. No redirect is followed.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use uuid::Uuid;

use super::answer::{self, Head};
use super::backoff::{self, Bounds, Decision, Failure, RetryAfter};
use super::budget::{Access, Budget, Lane};
use super::error::{GraphError, Ids, Problem};
use super::exact;
use super::link::Base;
use super::resource::Resource;
use crate::config::{InstanceSettings, Network};
use crate::entra::{AccessToken, Authority, Connection, TokenSource, dial};
use crate::model::Timestamp;
use crate::observe::{Clock, Meter, Metrics};
use crate::refusal::{Asking, Family, Held, Memory, Party};

/// What one answer, one request and one walk may take at most; tests shrink them.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Largest answer, after decompression.
    pub max_body_bytes: usize,
    pub max_pages: u32,
    /// A whole request, connect to last byte.
    pub request_timeout: Duration,
    pub retry: Bounds,
}

impl Limits {
    pub fn of(settings: &InstanceSettings) -> Self {
        Limits {
            max_body_bytes: settings.scan.max_body_bytes,
            max_pages: settings.scan.max_pages,
            request_timeout: Duration::from_secs(settings.scan.request_timeout_s),
            retry: Bounds::default(),
        }
    }
}

/// Microsoft Graph of one instance. `Clone` shares connections, tokens and budget.
#[derive(Clone)]
pub struct Graph {
    pub(super) inner: Arc<Inner>,
    pub(super) lane: Lane,
    pub(super) asking: Asking,
}

pub(super) struct Inner {
    http: reqwest::Client,
    network: Network,
    base: Base,
    tokens: TokenSource,
    budget: Budget,
    /// What Graph said no to.
    pub(super) refusals: Memory,
    clock: Clock,
    limits: Limits,
    meter: Meter,
    /// What the last page had, so that the next one's memory is reserved at once.
    usual_bytes: AtomicUsize,
}

/// Graph may hide members of enums that are newer than its schema from clients that do not ask for them.
pub(super) const PREFER: &str = "include-unknown-enum-members";

/// One request that may be repeated.
pub(super) struct Ask<'a> {
    pub url: &'a str,
    /// With a body it is a POST, which here only ever carries a batch of reads.
    pub body: Option<Bytes>,
    /// How many requests Graph counts it as.
    pub weight: u32,
}

/// Graph's answer to a request that succeeded.
#[derive(Clone)]
pub(super) struct Answer {
    pub body: Bytes,
    pub date: Timestamp,
    pub requests: u32,
    pub ids: Ids,
}

impl Graph {
    pub fn new(
        settings: &InstanceSettings,
        tokens: TokenSource,
        budget: Budget,
        clock: Clock,
    ) -> Result<Self, GraphError> {
        Self::with_limits(settings, tokens, budget, clock, Limits::of(settings))
    }

    pub fn with_limits(
        settings: &InstanceSettings,
        tokens: TokenSource,
        budget: Budget,
        clock: Clock,
        limits: Limits,
    ) -> Result<Self, GraphError> {
        let graph_url = Authority::for_instance(settings).graph_url;
        let base = Base::new(&graph_url)?;
        // The same connections and the same trust as for sign-in: a store of authorities takes a megabyte.
        let http = tokens.http().clone();
        let usual_bytes = AtomicUsize::new(0);
        let party = Party::new(&graph_url, &settings.tenant_id, tokens.client_id());
        let inner = Inner {
            refusals: Memory::of(party),
            http,
            network: settings.network.clone(),
            base,
            tokens,
            budget,
            clock,
            limits,
            meter: Meter::default(),
            usual_bytes,
        };
        Ok(Graph {
            inner: Arc::new(inner),
            lane: Lane::Scan,
            asking: Asking::Usual,
        })
    }

    /// The same client, asking out of another part of the budget.
    pub fn in_lane(&self, lane: Lane) -> Self {
        Graph { lane, ..self.clone() }
    }

    /// The same client for somebody who wants to know how it is now: only a refusal whose time was said holds.
    pub fn anew(&self) -> Self {
        Graph {
            asking: Asking::Anew,
            ..self.clone()
        }
    }

    /// What of Graph and of sign-in is not asked for now, until when and why.
    pub fn standing(&self) -> Vec<(Family, Held)> {
        let (own, sign_in) = (&self.inner.refusals, self.inner.tokens.refusals());
        let mut standing = own.standing(&self.inner.clock);
        // Where one address is both, it is one memory.
        if sign_in.party() != own.party() {
            standing.extend(sign_in.standing(&self.inner.clock));
        }
        standing
    }

    /// Counts its requests and those for its tokens there.
    pub fn measure(&self, metrics: &Metrics, tenant: &str) {
        self.inner.meter.connect(metrics, tenant);
        self.inner.tokens.measure(metrics, tenant);
    }

    pub fn budget(&self) -> &Budget {
        &self.inner.budget
    }

    pub fn tokens(&self) -> &TokenSource {
        &self.inner.tokens
    }

    /// The configured Graph, without version and trailing slash.
    pub fn address(&self) -> &str {
        self.inner.base.origin()
    }

    pub(super) fn base(&self) -> &Base {
        &self.inner.base
    }

    pub(super) fn http(&self) -> &reqwest::Client {
        &self.inner.http
    }

    pub(super) fn clock(&self) -> &Clock {
        &self.inner.clock
    }

    pub(super) fn limits(&self) -> &Limits {
        &self.inner.limits
    }

    /// Asks until there is an answer that `understand` takes, or until trying again makes no sense.
    pub(super) async fn ask<T>(
        &self,
        ask: Ask<'_>,
        understand: impl Fn(&Answer) -> Result<T, Problem>,
    ) -> Result<T, GraphError> {
        let resource = Resource::of(self.lane, ask.url);
        let mut attempt = 1;
        let mut requests = 0;
        let mut token_renewed = false;
        loop {
            requests += 1;
            // In this order: for what is not asked for no token is, either.
            let pass = self.admit(&resource).await?;
            let token = self.inner.tokens.token().await?;
            let began = Instant::now();
            let answered = self.once(&ask, &token, requests).await;
            let status = answered.as_ref().map_or_else(|failed| failed.0.status(), |_| Some(200));
            self.inner.meter.answer(status, began.elapsed());
            let (error, asked) = match answered {
                Ok(answer) => match understand(&answer) {
                    Ok(value) => {
                        pass.good();
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
                tracing::debug!(error = %error, "the token was not accepted; a new one is taken");
                self.inner.tokens.reject(&token);
                token_renewed = true;
                continue;
            }
            let kind = failure(&error.problem);
            let decision = backoff::decide(kind, attempt, asked, rand::random(), &self.inner.limits.retry);
            self.remember(pass, &error, asked, decision);
            match decision {
                Decision::GiveUp => return Err(error),
                Decision::Wait(wait) => {
                    self.inner.meter.retry(&error.code());
                    tracing::debug!(code = error.code(), error = %error, attempt,
                        wait_ms = wait.as_millis() as u64, "Graph is asked again");
                    tokio::time::sleep(wait).await;
                }
            }
            attempt += 1;
        }
    }

    /// One request, one answer.
    async fn once(&self, ask: &Ask<'_>, token: &AccessToken, requests: u32) -> Result<Answer, Failed> {
        let inner = &*self.inner;
        inner.budget.take(self.lane, Access::Read, ask.weight).await;
        let started = Instant::now();
        let client_request_id = Uuid::new_v4().to_string();
        let ids = Ids {
            request_id: None,
            client_request_id: Some(client_request_id.clone()),
        };
        let without_answer = |problem: Problem| {
            Box::new((
                GraphError {
                    problem,
                    ids: ids.clone(),
                },
                RetryAfter::None,
            ))
        };
        let token_header = bearer(token).map_err(without_answer)?;
        let host = inner.base.host();
        let sent = self
            .send(ask, token_header, &client_request_id)
            .await
            .map_err(without_answer)?;
        let head = Head::of(&sent, &client_request_id, token.sealed());
        if head.status == 407 {
            return Err(without_answer(Connection::of_407(host, sent.headers()).into()));
        }
        // The client has this limit too, but not for an address that is sent by hand.
        let left = inner.limits.request_timeout.saturating_sub(started.elapsed());
        let received = tokio::time::timeout(left, self.receive(sent, &head, token)).await;
        let result = received.unwrap_or_else(|_| Err(Connection::timed_out(host).into()));
        tracing::debug!(
            status = head.status,
            elapsed_ms = started.elapsed().as_millis() as u64,
            body_bytes = result.as_ref().map_or(0, Bytes::len),
            request_id = head.ids.request_id.as_deref(),
            client_request_id,
            "Graph answered"
        );
        match result {
            Ok(body) => Ok(Answer {
                body,
                date: head.date.unwrap_or_else(|| inner.clock.now()),
                requests,
                ids: head.ids,
            }),
            Err(problem) => Err(Box::new((GraphError { problem, ids: head.ids }, head.retry_after))),
        }
    }

    /// To the head of the answer.
    async fn send(
        &self,
        ask: &Ask<'_>,
        token: HeaderValue,
        client_request_id: &str,
    ) -> Result<reqwest::Response, Problem> {
        let inner = &*self.inner;
        let host = inner.base.host();
        let request = match &ask.body {
            None if !exact::is_kept(ask.url) => {
                let sent = exact::get(ask.url, &inner.network, token, client_request_id);
                let limited = tokio::time::timeout(inner.limits.request_timeout, sent).await;
                return limited.unwrap_or_else(|_| Err(Connection::timed_out(host).into()));
            }
            None => inner.http.get(ask.url),
            Some(body) => inner
                .http
                .post(ask.url)
                .header(CONTENT_TYPE, "application/json")
                .body(body.clone()),
        };
        let request = request
            .timeout(inner.limits.request_timeout)
            .header(ACCEPT, "application/json")
            .header("prefer", PREFER)
            .header("client-request-id", client_request_id);
        match request.header(AUTHORIZATION, token).send().await {
            Ok(sent) => Ok(sent),
            Err(error) => Err(self.explained(&error).await.into()),
        }
    }

    /// Why there was no connection, with the proxy named where it is the cause.
    pub(super) async fn explained(&self, error: &reqwest::Error) -> Connection {
        let met = Connection::of(error, self.inner.base.host());
        dial::explain(met, &self.inner.network, self.inner.base.origin()).await
    }

    async fn receive(&self, response: reqwest::Response, head: &Head, token: &AccessToken) -> Result<Bytes, Problem> {
        let inner = &*self.inner;
        if head.status != 200 {
            let body = answer::error_body(response).await;
            return Err(head.refusal(&body, token.sealed()));
        }
        head.check_json()?;
        let usual = inner.usual_bytes.load(Ordering::Relaxed);
        let body = answer::body(response, inner.limits.max_body_bytes, usual, inner.base.host()).await?;
        inner.usual_bytes.store(body.len() + body.len() / 16, Ordering::Relaxed);
        Ok(body)
    }
}

/// What failed, and when Graph said to come back.
type Failed = Box<(GraphError, RetryAfter)>;

pub(super) fn bearer(token: &AccessToken) -> Result<HeaderValue, Problem> {
    let unusable = |_| super::page::unreadable("the token is none");
    let mut value = HeaderValue::try_from(format!("Bearer {}", token.secret())).map_err(unusable)?;
    value.set_sensitive(true);
    Ok(value)
}

/// Whether, and how, a read that failed like this is worth another try.
pub(super) fn failure(problem: &Problem) -> Failure {
    match problem {
        Problem::Answered { status: 429, .. } => Failure::Throttled,
        Problem::Answered {
            status: 408 | 500 | 502 | 503 | 504,
            ..
        } => Failure::Server,
        Problem::Connection(connection) if connection.is_transient() => Failure::Broken,
        Problem::BrokenOff { .. } | Problem::NotJson { .. } | Problem::Unreadable { .. } => Failure::Broken,
        _ => Failure::Final,
    }
}
