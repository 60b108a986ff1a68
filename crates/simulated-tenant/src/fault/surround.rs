//! What stands around every route: latency, the rules, compression, the headers that every answer has, the log.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Write;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use bytes::Bytes;
use chrono::TimeDelta;
use flate2::Compression;
use flate2::write::GzEncoder;

use super::abort::Abort;
use super::hold::{Held, Release, Stage};
use super::kind::{Fault, Moment};
use super::rule::Seen;
use super::{play, spoil};
use crate::graph::{self, Ids, Place};
use crate::log::Entry;
use crate::remote::Conduct;
use crate::state::{AssertionAlgorithm, Simulated, Who};
use crate::{http_date, token};

/// The longest silence; whoever waits longer has no timeout.
const SILENCE: Duration = Duration::from_secs(600);
/// Answers are made in memory; this only guards against an endless one.
const MAX_ANSWER_BYTES: usize = 1 << 30;
/// Smaller answers are not worth compressing.
const MIN_GZIP_BYTES: usize = 1000;

/// Faults, latency, headers and log around all routes but `/simulator`.
pub fn around(router: Router, sim: Simulated) -> Router {
    router.layer(from_fn_with_state(sim, surround))
}

/// What is known of a request before it is answered.
struct Known {
    ids: Ids,
    method: String,
    path: String,
    query: String,
    headers: HeaderMap,
}

async fn surround(State(sim): State<Simulated>, mut request: Request, next: Next) -> Response<Body> {
    if request.uri().path().starts_with("/simulator") {
        return next.run(request).await;
    }
    let ids = sim.new_ids(request.headers());
    request.extensions_mut().insert(ids.clone());
    let known = Known {
        ids,
        method: request.method().to_string(),
        path: request.uri().path().to_owned(),
        query: request.uri().query().unwrap_or_default().to_owned(),
        headers: request.headers().clone(),
    };
    let latency_ms = sim.tuning().latency_ms;
    if latency_ms > 0 {
        tokio::time::sleep(Duration::from_millis(latency_ms)).await;
    }
    let (fault, conduct) = strike(&sim, &known);
    if let Some(conduct) = &conduct {
        request.extensions_mut().insert(conduct.clone());
    }
    let fault = fault.or_else(|| conduct.map(|conduct| Fault::Conduct { conduct }));
    if let Some(Fault::Hold { stage }) = &fault {
        return held(sim, known, *stage, request, next).await;
    }
    if let Some(fault @ Fault::Silent {}) = &fault {
        // Told at once: whoever gives up waiting takes this future with him.
        sim.log().note(entry(&sim, &known, Some(fault), 0, None, 0));
        tokio::time::sleep(SILENCE).await;
        return cut_off();
    }
    if let Some(fault) = &fault {
        prepare(fault, &mut request).await;
    }
    let response = match fault.as_ref().and_then(|fault| instead(&sim, fault, &known)) {
        Some(response) if !carries_out(fault.as_ref()) => response,
        Some(response) => {
            drop(next.run(request).await);
            response
        }
        None => next.run(request).await,
    };
    if let Some(Fault::AnswerLate { ms }) = &fault {
        tokio::time::sleep(Duration::from_millis(*ms)).await;
    }
    finish(&sim, &known, fault.as_ref(), response).await
}

/// Holds a request, in a task of its own: it goes on although its client may be gone.
async fn held(sim: Simulated, known: Known, stage: Stage, request: Request, next: Next) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, MAX_ANSWER_BYTES).await.unwrap_or_default();
    let request = Request::from_parts(parts, Body::from(body));
    let held = Held {
        id: 0,
        stage,
        method: known.method.clone(),
        path: known.path.clone(),
        request_id: known.ids.request.clone(),
        since: sim.clock().now(),
    };
    let holds = sim.clone();
    let enter = async move {
        match holds.faults().holds().enter(held) {
            Some(released) => released.await.unwrap_or(Release::Reset),
            None => Release::Go,
        }
    };
    let work = tokio::spawn(async move {
        if stage == Stage::Before {
            return match enter.await {
                Release::Go => next.run(request).await,
                Release::Reset => cut_off(),
            };
        }
        let response = next.run(request).await;
        match enter.await {
            Release::Go => response,
            Release::Reset => cut_off(),
        }
    });
    let response = work.await.unwrap_or_else(|_| cut_off());
    finish(&sim, &known, Some(&Fault::Hold { stage }), response).await
}

/// The rule that strikes, if any is armed, and how the device will take it.
fn strike(sim: &Simulated, known: &Known) -> (Option<Fault>, Option<Conduct>) {
    let faults = sim.faults();
    if !faults.any() {
        return (None, None);
    }
    let bearer = known
        .headers
        .get("authorization")
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let caller = if faults.wants_caller() {
        let bearer = bearer.get(7..).unwrap_or_default();
        sim.directory().check(bearer.trim(), sim.clock().now()).ok()
    } else {
        None
    };
    let page = (known.method == "GET" && known.path.ends_with("/managedDevices")).then(|| {
        let token = known
            .query
            .split('&')
            .find(|option| option.to_lowercase().contains("skiptoken="));
        faults.page(hash(bearer), token.map(hash))
    });
    faults.strike(Seen {
        method: &known.method,
        path: &known.path,
        query: &known.query,
        // The token endpoint carries its tenant in the path.
        tenant: caller
            .as_ref()
            .map_or_else(|| known.path.split('/').nth(1), |caller| Some(&caller.tenant_id)),
        app: caller.as_ref().map(|caller| caller.client_id.as_str()),
        page,
    })
}

fn hash(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish().max(1)
}

/// What happens before the answer is made.
async fn prepare(fault: &Fault, request: &mut Request) {
    match fault {
        Fault::List { twist } => drop(request.extensions_mut().insert(twist.clone())),
        Fault::Late { ms } => tokio::time::sleep(Duration::from_millis(*ms)).await,
        _ => {}
    }
}

/// The answer that a fault gives in place of the true one.
fn instead(sim: &Simulated, fault: &Fault, known: &Known) -> Option<Response<Body>> {
    if matches!(
        fault,
        Fault::Silent {}
            | Fault::Reset {
                when: Moment::Before,
                ..
            }
    ) {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::BAD_GATEWAY;
        response.extensions_mut().insert(Abort::Before);
        return Some(response);
    }
    if let Fault::EntraError { code, retry_after } = fault {
        let now = sim.clock().now();
        let mut response = token::error_answer(*code, now);
        if let Some(again) = play::again(retry_after, now).and_then(|text| HeaderValue::try_from(text).ok()) {
            response.headers_mut().insert("retry-after", again);
        }
        return Some(response);
    }
    let inner_path = known
        .path
        .trim_start_matches("/v1.0")
        .trim_start_matches("/beta")
        .to_owned();
    let place = Place {
        ids: known.ids.clone(),
        at: sim.clock().now(),
        path: inner_path,
    };
    play::answer(fault, &place).map(super::Answer::into_response)
}

/// No answer at all; who cannot cut the connection sends this.
fn cut_off() -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::BAD_GATEWAY;
    response.extensions_mut().insert(Abort::Before);
    response
}

/// Whether the request takes effect although its answer is lost.
fn carries_out(fault: Option<&Fault>) -> bool {
    matches!(
        fault,
        Some(Fault::Status { effect: true, .. } | Fault::Reset { effect: true, .. })
    )
}

async fn finish(sim: &Simulated, known: &Known, fault: Option<&Fault>, response: Response<Body>) -> Response<Body> {
    let (parts, body) = response.into_parts();
    let mut body = axum::body::to_bytes(body, MAX_ANSWER_BYTES).await.unwrap_or_default();
    let mut response = Response::from_parts(parts, Body::empty());
    let who = response.extensions().get::<Who>();
    let is_cut_off = response.extensions().get::<Abort>() == Some(&Abort::Before);
    let status = if is_cut_off { 0 } else { response.status().as_u16() };
    let algorithm = response.extensions().get::<AssertionAlgorithm>().cloned();
    sim.log().note(Entry {
        assertion_algorithm: algorithm.map(|algorithm| algorithm.0),
        ..entry(sim, known, fault, status, who, body.len())
    });
    add_headers(sim, known, fault, &mut response);
    if let Some(fault) = fault {
        spoil::head(fault, &mut response);
        body = spoil::content(fault, &body).unwrap_or(body);
    }
    let oversize = matches!(fault, Some(Fault::Oversize { .. }));
    if sim.tuning().gzip && !oversize && body.len() >= MIN_GZIP_BYTES && accepts_gzip(&known.headers) {
        body = gzip(&body);
        response
            .headers_mut()
            .insert("content-encoding", HeaderValue::from_static("gzip"));
        response
            .headers_mut()
            .insert("vary", HeaderValue::from_static("Accept-Encoding"));
    }
    *response.body_mut() = match fault {
        Some(fault) => spoil::delivery(fault, body, &mut response),
        None => Body::from(body),
    };
    response
}

fn add_headers(sim: &Simulated, known: &Known, fault: Option<&Fault>, response: &mut Response<Body>) {
    let from_graph = graph::is_graph(&known.path) || response.extensions().get::<Ids>().is_some();
    let headers = response.headers_mut();
    let mut put = |name: &'static str, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    };
    let off_s = if let Some(Fault::ClockOff { seconds }) = fault {
        *seconds
    } else {
        0
    };
    put("date", &http_date(sim.clock().now() + TimeDelta::seconds(off_s)));
    put("strict-transport-security", "max-age=31536000");
    if let Some(fault) = fault {
        put("x-simulator-fault", &fault.name());
    }
    if from_graph {
        put("request-id", &known.ids.request);
        put("client-request-id", &known.ids.client);
        put(
            "x-ms-ags-diagnostic",
            "{\"ServerInfo\":{\"DataCenter\":\"West Europe\",\"Slice\":\"E\",\"Ring\":\"5\",\"ScaleUnit\":\"003\",\
             \"RoleInstance\":\"SIMULATOR\"}}",
        );
    }
}

/// Status 0 is no answer.
fn entry(
    sim: &Simulated,
    known: &Known,
    fault: Option<&Fault>,
    status: u16,
    who: Option<&Who>,
    body_bytes: usize,
) -> Entry {
    let header = |name: &str| {
        known
            .headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .map(str::to_owned)
    };
    Entry {
        number: 0,
        at: sim.clock().now(),
        method: known.method.clone(),
        path: known.path.clone(),
        query: known.query.clone(),
        status,
        tenant_id: who.map(|who| who.tenant_id.clone()),
        client_id: who.map(|who| who.client_id.clone()),
        request_id: known.ids.request.clone(),
        client_request_id: header("client-request-id"),
        user_agent: header("user-agent"),
        fault: fault.map(Fault::name),
        body_bytes,
        assertion_algorithm: None,
    }
}

fn accepts_gzip(headers: &HeaderMap) -> bool {
    let accepted = headers
        .get("accept-encoding")
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    accepted.split(',').any(|coding| {
        let mut parts = coding.split(';').map(str::trim);
        parts.next().is_some_and(|name| name.eq_ignore_ascii_case("gzip")) && parts.next() != Some("q=0")
    })
}

fn gzip(body: &Bytes) -> Bytes {
    let mut encoder = GzEncoder::new(Vec::with_capacity(body.len() / 6), Compression::fast());
    // Writing into memory cannot fail.
    let written = encoder.write_all(body).and_then(|()| encoder.finish());
    written.map_or_else(|_| body.clone(), Bytes::from)
}
