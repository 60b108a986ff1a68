//! From a socket to answers: reads a request, counts it, takes it to the gate, and does what faults ask for. Over HTTP/1.1.

use std::io;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, Uri, header};
use axum::response::IntoResponse;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use serde_json::{Map, Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tower::ServiceExt;

use super::gate::{Budget, SnipeState, kind_of};
use super::options::{SnipeFault, SnipeVersion, take_fault};
use super::wire::{ApiAnswer, ApiRequest, clean_input, no_endpoint};

pub type SharedState = Arc<Mutex<SnipeState>>;

/// On an answer whose connection breaks off instead.
#[derive(Clone, Copy)]
struct BreakOff;

/// Serves until it is dropped; its connections go with it.
pub async fn serve(listener: TcpListener, state: SharedState) {
    let router = Router::new().fallback(take_request).with_state(state);
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        while connections.try_join_next().is_some() {}
        connections.spawn(serve_connection(stream, router.clone()));
    }
}

async fn serve_connection(stream: TcpStream, router: Router) {
    let service = service_fn(move |request: Request<Incoming>| answer_request(router.clone(), request));
    // How a client ends its connection is of no interest.
    let _ = auto::Builder::new(TokioExecutor::new())
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

/// An error of the service ends the connection without an answer.
async fn answer_request(router: Router, request: Request<Incoming>) -> Result<Response<Body>, io::Error> {
    let answer = match router.oneshot(request.map(Body::new)).await {
        Ok(answer) => answer,
        Err(never) => match never {},
    };
    if answer.extensions().get::<BreakOff>().is_some() {
        return Err(io::ErrorKind::ConnectionAborted.into());
    }
    Ok(answer)
}

async fn take_request(
    State(state): State<SharedState>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response<Body> {
    let Some(path) = read_path(uri.path()) else {
        return page(StatusCode::NOT_FOUND, "Not Found");
    };
    let Some(path) = below_api(path) else {
        return if uri.path() == "/login" {
            page(StatusCode::OK, "Sign in")
        } else {
            redirect("/login")
        };
    };
    let (answer, budget, fault) = {
        let mut state = state.lock().unwrap();
        if !state.is_signed_in(&headers) {
            return refuse_stranger(&headers);
        }
        let kind = kind_of(method.as_str(), &path);
        *state.counts.entry(kind.clone()).or_default() += 1;
        let budget = state.use_budget();
        if budget.wait.is_some() {
            let wait = budget.wait.filter(|_| state.options.tells_retry);
            return throttled(budget, wait.map(|wait| wait.as_millis().div_ceil(1_000) as u64));
        }
        let fault = take_fault(&mut state.faults, &kind);
        if let Some(answer) = fault
            .as_ref()
            .and_then(|fault| fail_before(fault, state.options.version, budget))
        {
            return answer;
        }
        (
            answer_input(&mut state, &method, path, uri.query(), &body),
            budget,
            fault,
        )
    };
    finish(answer, budget, fault).await
}

/// What a fault answers before anything is done.
fn fail_before(fault: &SnipeFault, version: SnipeVersion, budget: Budget) -> Option<Response<Body>> {
    Some(match fault {
        SnipeFault::LostBefore => break_off(),
        SnipeFault::Status(503) if version == SnipeVersion::V7 => {
            let body = json!({"status": "error", "messages": 503, "payload": null});
            respond(ApiAnswer { status: 405, body }, budget)
        }
        SnipeFault::Status(status) => {
            let body = json!({"message": "Server Error"});
            respond(ApiAnswer { status: *status, body }, budget)
        }
        SnipeFault::Throttled(wait) => throttled(budget, *wait),
        SnipeFault::Redirect(location) => redirect(location),
        SnipeFault::Page => page(StatusCode::OK, "Sign in"),
        SnipeFault::Endless(bytes) => Response::new(Body::from("[".repeat(*bytes))),
        SnipeFault::LostAfter | SnipeFault::StatusAfter(_) | SnipeFault::Slow(_) => return None,
    })
}

/// The answer, or what a fault makes of it after all was done.
async fn finish(answer: ApiAnswer, budget: Budget, fault: Option<SnipeFault>) -> Response<Body> {
    match fault {
        Some(SnipeFault::LostAfter) => break_off(),
        Some(SnipeFault::StatusAfter(status)) => {
            let body = json!({"message": "Connection could not be established with host mail.example"});
            respond(ApiAnswer { status, body }, budget)
        }
        Some(SnipeFault::Slow(time)) => {
            tokio::time::sleep(time).await;
            respond(answer, budget)
        }
        _ => respond(answer, budget),
    }
}

fn answer_input(
    state: &mut SnipeState,
    method: &Method,
    path: Vec<String>,
    query: Option<&str>,
    body: &Bytes,
) -> ApiAnswer {
    let query = url::form_urlencoded::parse(query.unwrap_or_default().as_bytes());
    let query: Vec<(String, String)> = query.into_owned().collect();
    let input = if body.is_empty() {
        let pairs = query.iter().map(|(key, value)| (key.clone(), json!(value)));
        Value::Object(pairs.collect())
    } else {
        match serde_json::from_slice::<Value>(body) {
            Ok(input) => input,
            Err(_) => {
                return ApiAnswer {
                    status: 422,
                    body: json!({"message": "The body is no JSON."}),
                };
            }
        }
    };
    let input = match clean_input(input) {
        Value::Object(input) => input,
        _ => Map::new(),
    };
    if path.is_empty() {
        return no_endpoint();
    }
    state.answer(&ApiRequest {
        method: method.as_str().to_owned(),
        path,
        query,
        input,
    })
}

/// Decoded parts. `None`: a slash that is escaped, which web servers refuse.
fn read_path(path: &str) -> Option<Vec<String>> {
    if path.to_ascii_lowercase().contains("%2f") {
        return None;
    }
    let parts = path.split('/').filter(|part| !part.is_empty());
    parts.map(decode).collect()
}

fn decode(part: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let mut rest = part.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let digits = [rest.next()?, rest.next()?];
        let digits = std::str::from_utf8(&digits).ok()?;
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
    }
    String::from_utf8(bytes).ok()
}

fn below_api(mut path: Vec<String>) -> Option<Vec<String>> {
    let is_api = path.len() >= 2 && path[0] == "api" && path[1] == "v1";
    is_api.then(|| path.split_off(2))
}

/// Who does not ask for JSON is led to the page for signing in.
fn refuse_stranger(headers: &HeaderMap) -> Response<Body> {
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
    if !accept.is_some_and(|accept| accept.contains("json")) {
        return redirect("/login");
    }
    let body = json!({"error": "Unauthorized or unauthenticated."});
    (StatusCode::UNAUTHORIZED, axum::Json(body)).into_response()
}

fn throttled(budget: Budget, wait_seconds: Option<u64>) -> Response<Body> {
    let body = json!({"status": "error", "messages": "Too many requests", "payload": null});
    let nothing = Budget { remaining: 0, ..budget };
    let mut answer = respond(ApiAnswer { status: 429, body }, nothing);
    if let Some(wait) = wait_seconds {
        let reset = chrono::Utc::now().timestamp() + wait.cast_signed();
        answer
            .headers_mut()
            .insert(header::RETRY_AFTER, HeaderValue::from(wait));
        answer
            .headers_mut()
            .insert(HeaderName::from_static("x-ratelimit-reset"), HeaderValue::from(reset));
    }
    answer
}

/// With the headers of the budget.
fn respond(answer: ApiAnswer, budget: Budget) -> Response<Body> {
    let status = StatusCode::from_u16(answer.status).unwrap();
    let mut response = (status, axum::Json(answer.body)).into_response();
    let headers = response.headers_mut();
    for (name, number) in [
        ("x-ratelimit-limit", budget.limit),
        ("x-ratelimit-remaining", budget.remaining),
    ] {
        headers.insert(HeaderName::from_static(name), HeaderValue::from(number));
    }
    let now = httpdate::fmt_http_date(std::time::SystemTime::now());
    headers.insert(header::DATE, HeaderValue::from_str(&now).unwrap());
    response
}

fn redirect(location: &str) -> Response<Body> {
    (StatusCode::FOUND, [(header::LOCATION, location.to_owned())]).into_response()
}

fn page(status: StatusCode, text: &str) -> Response<Body> {
    let body = format!("<!DOCTYPE html><html><body>{text}</body></html>");
    (status, [(header::CONTENT_TYPE, "text/html")], body).into_response()
}

fn break_off() -> Response<Body> {
    let mut answer = StatusCode::INTERNAL_SERVER_ERROR.into_response();
    answer.extensions_mut().insert(BreakOff);
    answer
}
