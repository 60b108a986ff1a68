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
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Barrier;
use tokio::task::JoinSet;
use tower::ServiceExt;

use super::device_write::insert_new;
use super::gate::{NetBoxState, Outcome, kind_of};
use super::options::{NetBoxFault, take_fault};
use super::wire::{ApiAnswer, ApiRequest};

pub type SharedState = Arc<Mutex<NetBoxState>>;

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
    let Some(path) = uri.path().strip_prefix("/api/") else {
        return redirect("/login/");
    };
    if !path.ends_with('/') {
        // As the framework mends it; a body would be lost on the way.
        return redirect(&format!("{}/", uri.path()));
    }
    let query = url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
    let parts = path.split('/').filter(|part| !part.is_empty());
    let mut request = ApiRequest {
        method: method.as_str().to_owned(),
        path: parts.map(str::to_owned).collect(),
        query: query.into_owned().collect(),
        body: Value::Null,
        if_match: read_header(&headers, &header::IF_MATCH),
    };
    let (outcome, fault, meeting) = {
        let mut state = state.lock().unwrap();
        let kind = kind_of(&request.method, &request.path);
        *state.counts.entry(kind.clone()).or_default() += 1;
        let fault = take_fault(&mut state.faults, &kind);
        if let Some(answer) = fault.as_ref().and_then(fail_before) {
            return answer;
        }
        let outcome = match (state.refuse_stranger(&headers), read_body(&body)) {
            (Some(refused), _) => Outcome::Answer(refused),
            (None, None) => Outcome::Answer(ApiAnswer::new(400, json!({"detail": "JSON parse error"}))),
            (None, Some(read)) => {
                request.body = read;
                state.answer(&request)
            }
        };
        (outcome, fault, state.options.meeting.clone())
    };
    let answer = match outcome {
        Outcome::Answer(answer) => answer,
        Outcome::Checked(checked) => {
            meet_others(meeting).await;
            let tables = &mut state.lock().unwrap().tables;
            insert_new(tables, checked, request.body.is_array())
        }
    };
    match fault {
        Some(NetBoxFault::LostAfter) => break_off(),
        _ => respond(answer),
    }
}

async fn meet_others(meeting: Option<Arc<Barrier>>) {
    if let Some(meeting) = meeting {
        meeting.wait().await;
    }
}

fn read_header(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    headers.get(name)?.to_str().ok().map(str::to_owned)
}

fn read_body(body: &Bytes) -> Option<Value> {
    if body.is_empty() {
        return Some(Value::Null);
    }
    serde_json::from_slice(body).ok()
}

/// What a fault answers before anything is done.
fn fail_before(fault: &NetBoxFault) -> Option<Response<Body>> {
    Some(match fault {
        NetBoxFault::LostBefore => break_off(),
        NetBoxFault::Status(status) => respond(ApiAnswer::new(*status, json!({"detail": "as asked for"}))),
        NetBoxFault::Throttled(wait) => {
            let mut answer = respond(ApiAnswer::new(429, json!({"detail": "too many requests"})));
            if let Some(wait) = wait {
                let headers = answer.headers_mut();
                headers.insert(header::RETRY_AFTER, HeaderValue::from(*wait));
            }
            answer
        }
        NetBoxFault::Redirect(location) => redirect(location),
        NetBoxFault::Page => page(StatusCode::OK, "<h1>Sign in</h1>".to_owned()),
        NetBoxFault::LostAfter => return None,
    })
}

/// With what NetBox has on every answer.
fn respond(answer: ApiAnswer) -> Response<Body> {
    let status = StatusCode::from_u16(answer.status).unwrap();
    let mut response = match answer.body {
        Value::Null => status.into_response(),
        Value::String(text) => page(status, text),
        body => (status, axum::Json(body)).into_response(),
    };
    let headers = response.headers_mut();
    headers.insert(HeaderName::from_static("api-version"), HeaderValue::from_static("4"));
    headers.insert(
        HeaderName::from_static("x-request-id"),
        HeaderValue::from_static("a-request"),
    );
    if let Some(tag) = answer.etag {
        headers.insert(header::ETAG, HeaderValue::from_str(&tag).unwrap());
    }
    response
}

fn break_off() -> Response<Body> {
    let mut answer = Response::new(Body::empty());
    answer.extensions_mut().insert(BreakOff);
    answer
}

fn redirect(location: &str) -> Response<Body> {
    (StatusCode::FOUND, [(header::LOCATION, location.to_owned())]).into_response()
}

fn page(status: StatusCode, text: String) -> Response<Body> {
    (status, axum::response::Html(text)).into_response()
}
