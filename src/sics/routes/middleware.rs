//! What every request passes on its way in and out, and what answers where no row does.

use std::any::Any;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::observe::metric;
use crate::sics::Sics;
use crate::sics::connection_limit::ConnectionHandle;
use crate::sics::origin::{HostNames, require_own_host, require_own_page};
use crate::sics::problem::ApiProblem;

/// Marks a request that the console makes of the API while it answers one of its own: that one is in hand already.
#[derive(Debug, Clone, Copy)]
pub struct InnerRequest;

pub(super) async fn route_not_found(uri: Uri) -> ApiProblem {
    let path = uri.path();
    // Below the version of the API, where routes are.
    let has_end = path.ends_with('/') && path.matches('/').count() > 3;
    let advice = if has_end {
        "Remove the / at the end; GET /sics/v1/openapi.json lists all routes."
    } else {
        "GET /sics/v1/openapi.json lists all routes."
    };
    ApiProblem::new(StatusCode::NOT_FOUND, "noSuchRoute", "no such route", advice)
}

pub(super) async fn method_not_allowed() -> ApiProblem {
    ApiProblem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "wrongMethod",
        "this route does not accept this method",
        "The header Allow lists those it accepts.",
    )
}

pub(super) fn panic_response(_: Box<dyn Any + Send + 'static>) -> Response {
    ApiProblem::panicked().into_response()
}

/// Only under names that the door has is anything answered.
pub(super) async fn require_known_host(request: Request, next: Next) -> Result<Response, ApiProblem> {
    let (parts, body) = request.into_parts();
    if let Some(names) = parts.extensions.get::<Arc<HostNames>>() {
        require_own_host(names, &parts)?;
    }
    Ok(next.run(Request::from_parts(parts, body)).await)
}

/// Pages may be led to from anywhere; what changes something comes from a page of the bus.
pub(super) async fn require_own_change(request: Request, next: Next) -> Result<Response, ApiProblem> {
    let (parts, body) = request.into_parts();
    let changes = !matches!(parts.method, Method::GET | Method::HEAD);
    if let Some(names) = parts.extensions.get::<Arc<HostNames>>().filter(|_| changes) {
        require_own_page(names, &parts)?;
    }
    Ok(next.run(Request::from_parts(parts, body)).await)
}

/// Takes a request in hand where its connection may have it, ends it with its connection, and watches its answer.
pub(super) async fn admit_request(request: Request, next: Next) -> Response {
    let connection = request.extensions().get::<ConnectionHandle>().cloned();
    let is_inner = request.extensions().get::<InnerRequest>().is_some();
    let Some(connection) = connection.filter(|_| !is_inner) else {
        return next.run(request).await;
    };
    let Some(_permit) = connection.admit_request() else {
        return too_many_strangers().into_response();
    };
    let mut pending_response = pin!(next.run(request));
    let response = poll_fn(|context| {
        if connection.is_cut() {
            Poll::Ready(too_many_strangers().into_response())
        } else {
            pending_response.as_mut().poll(context)
        }
    });
    let response = response.await;
    connection.response_budget().track_response(&connection, response)
}

fn too_many_strangers() -> ApiProblem {
    ApiProblem::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "tooManyStrangers",
        "too many simultaneous requests without a sign-in",
        "Try again in a moment; send one request at a time until the first is answered.",
    )
    .with_retry_after(1)
}

/// Counts by the route as declared: what a path names can't grow the metrics.
pub(super) async fn measure_request(State(sics): State<Sics>, request: Request, next: Next) -> Response {
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map(|path| path.as_str().to_owned());
    let route = route.unwrap_or_else(|| "none".into());
    let method = method_label(request.method());
    let began = Instant::now();
    let response = next.run(request).await;
    let (status, elapsed) = (response.status(), began.elapsed());
    let elapsed_ms = elapsed.as_millis();
    tracing::debug!(method, route, status = status.as_u16(), elapsed_ms, "answered");
    let metrics = sics.metrics();
    metrics.increment_counter(&metric::HTTP_REQUESTS, &[method, &route, status.as_str()], 1);
    metrics.observe_value(&metric::HTTP_SECONDS, &[&route], elapsed.as_secs_f64());
    response
}

/// A caller may invent methods.
fn method_label(method: &Method) -> &'static str {
    let known = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
    known
        .into_iter()
        .find(|name| *name == method.as_str())
        .unwrap_or("other")
}

/// Headers of every answer: nothing is to be kept on the way, nothing is to be guessed at.
pub(super) async fn set_security_headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let media_type = headers.get(header::CONTENT_TYPE).map(HeaderValue::as_bytes);
    if media_type.is_some_and(|kind| kind == b"text/event-stream") {
        // A reverse proxy that collects events keeps heartbeats back, and clients take that for silence.
        headers.insert(
            HeaderName::from_static("x-accel-buffering"),
            HeaderValue::from_static("no"),
        );
    }
    for (name, value) in [
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (HeaderName::from_static("referrer-policy"), "no-referrer"),
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; frame-ancestors 'none'",
        ),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}
