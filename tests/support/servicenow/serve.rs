//! From a socket to answers: reads a request, counts it, looks at sign-in, limits and rights, and does what faults ask for.

use std::io;
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, Uri, header};
use axum::response::IntoResponse;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tower::ServiceExt;

use super::batch::serve_batch;
use super::options::{ServiceNowFault, take_fault};
use super::reconcile::reconcile;
use super::state::{ServiceNowState, new_id};
use super::table_api::{change_row, read_table};

pub type SharedState = Arc<Mutex<ServiceNowState>>;

/// On an answer whose connection breaks off instead.
#[derive(Clone, Copy)]
struct BreakOff;

/// One request, read.
pub struct ApiRequest {
    pub method: String,
    /// Below `/api/now`, without a version.
    pub path: Vec<String>,
    pub query: Vec<(String, String)>,
    pub body: Value,
}

/// One answer.
pub struct ApiAnswer {
    pub status: u16,
    pub body: Value,
    pub headers: Vec<(&'static str, String)>,
}

pub fn good(status: u16, body: Value) -> ApiAnswer {
    ApiAnswer {
        status,
        body,
        headers: Vec::new(),
    }
}

pub fn failure(status: u16, message: &str, detail: &str) -> ApiAnswer {
    good(
        status,
        json!({"error": {"message": message, "detail": detail}, "status": "failure"}),
    )
}

impl ApiRequest {
    pub fn read(method: &str, path: &str, query: &str, body: &[u8]) -> ApiRequest {
        let mut parts: Vec<String> = path
            .split('/')
            .filter(|part| !part.is_empty())
            .map(str::to_owned)
            .collect();
        if parts.starts_with(&["api".to_owned(), "now".to_owned()]) {
            parts.drain(..2);
        }
        let is_version = |part: &String| part.len() == 2 && part.starts_with('v');
        if parts.first().is_some_and(is_version) {
            parts.remove(0);
        }
        ApiRequest {
            method: method.to_owned(),
            path: parts,
            query: url::form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
            body: serde_json::from_slice(body).unwrap_or(Value::Null),
        }
    }

    pub fn query_text(&self, name: &str) -> Option<String> {
        let found = self.query.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.clone())
    }

    /// `GET table/cmdb_ci_hardware`, `POST identifyreconcile/enhanced`: without ids.
    pub fn kind(&self) -> String {
        let is_id = |part: &str| part.len() == 32 && part.bytes().all(|byte| byte.is_ascii_hexdigit());
        let parts: Vec<&str> = self
            .path
            .iter()
            .map(|part| if is_id(part) { "{id}" } else { part.as_str() })
            .collect();
        format!("{} {}", self.method, parts.join("/"))
    }
}

impl ServiceNowState {
    /// Does what the request asks for.
    pub fn answer(&mut self, request: &ApiRequest) -> ApiAnswer {
        let path: Vec<&str> = request.path.iter().map(String::as_str).collect();
        let subject = match path.as_slice() {
            ["table", table, ..] => *table,
            [first, ..] => *first,
            [] => "",
        };
        if self.options.denied.iter().any(|denied| denied == subject) {
            return failure(403, "User Not Authorized", "Failed API level ACL Validation");
        }
        match (request.method.as_str(), path.as_slice()) {
            ("GET", ["table", table]) => read_table(self, request, table),
            ("PATCH", ["table", table, id]) => change_row(self, request, table, id),
            ("POST", ["identifyreconcile"]) => reconcile(self, request, ""),
            ("POST", ["identifyreconcile", endpoint @ ("enhanced" | "query" | "queryEnhanced")]) => {
                reconcile(self, request, endpoint)
            }
            ("POST", ["batch"]) => serve_batch(self, request),
            _ => failure(400, "Requested URI does not represent any resource", "none"),
        }
    }

    fn is_signed_in(&self, headers: &HeaderMap) -> bool {
        let pair = STANDARD.encode(format!("{}:{}", self.options.user, self.options.password));
        let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        given.is_some_and(|given| {
            given == format!("Basic {pair}")
                || given
                    .strip_prefix("Bearer ")
                    .is_some_and(|token| self.tokens.contains(token))
        })
    }

    /// A token for a client, alone or with its user.
    fn issue_token(&mut self, form: &[(String, String)]) -> ApiAnswer {
        let text = |name: &str| {
            let found = form.iter().find(|(key, _)| key == name);
            found.map(|(_, value)| value.as_str()).unwrap_or_default()
        };
        let options = &self.options;
        let is_client = text("client_id") == options.client_id && text("client_secret") == options.client_secret;
        let is_granted = match text("grant_type") {
            "client_credentials" => options.client_credentials,
            "password" => text("username") == options.user && text("password") == options.password,
            _ => false,
        };
        if !is_client || !is_granted {
            return good(
                401,
                json!({"error": "server_error", "error_description": "access_denied"}),
            );
        }
        let token = new_id();
        self.tokens.insert(token.clone());
        good(
            200,
            json!({"access_token": token, "token_type": "Bearer", "expires_in": 1799, "scope": "useraccount"}),
        )
    }

    /// Counts this request in the hour that began with the first one; `Some`: it is too much, for so many seconds.
    fn use_budget(&mut self) -> Option<u64> {
        let limit = self.options.per_hour?;
        let now = SystemTime::now();
        let since = |began: SystemTime| now.duration_since(began).unwrap_or_default();
        let (began, used) = match self.window {
            Some((began, used)) if since(began) < self.options.window => (began, used),
            _ => (now, 0),
        };
        if used >= limit {
            self.throttled += 1;
            let left = self.options.window.saturating_sub(since(began));
            return Some(left.as_millis().div_ceil(1_000) as u64);
        }
        self.window = Some((began, used + 1));
        None
    }
}

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
    let mut state = state.lock().unwrap();
    state.requests += 1;
    if uri.path() == "/oauth_token.do" {
        let form: Vec<(String, String)> = url::form_urlencoded::parse(&body).into_owned().collect();
        *state.counts.entry("POST oauth_token.do".to_owned()).or_default() += 1;
        let answer = state.issue_token(&form);
        return respond(&state, answer);
    }
    if !uri.path().starts_with("/api/now/") {
        return page(StatusCode::OK, "Log in");
    }
    let request = ApiRequest::read(method.as_str(), uri.path(), uri.query().unwrap_or_default(), &body);
    let kind = request.kind();
    *state.counts.entry(kind.clone()).or_default() += 1;
    if !state.is_signed_in(&headers) {
        return respond(
            &state,
            failure(401, "User Not Authenticated", "Required to provide Auth information"),
        );
    }
    if let Some(wait) = state.use_budget() {
        let wait = Some(wait).filter(|_| state.options.tells_retry);
        return throttled(&state, wait);
    }
    let fault = take_fault(&mut state.faults, &kind);
    if let Some(answer) = fault.as_ref().and_then(|fault| fail_before(&state, fault)) {
        return answer;
    }
    let answer = state.answer(&request);
    match fault {
        Some(ServiceNowFault::LostAfter) => break_off(),
        Some(ServiceNowFault::StatusAfter(status)) => respond(&state, failure(status, "Error", "after the write")),
        _ => respond(&state, answer),
    }
}

/// What a fault answers before anything is done.
fn fail_before(state: &ServiceNowState, fault: &ServiceNowFault) -> Option<Response<Body>> {
    Some(match fault {
        ServiceNowFault::LostBefore => break_off(),
        ServiceNowFault::Status(status) => respond(state, failure(*status, "Error", "nothing was done")),
        ServiceNowFault::Throttled(wait) => throttled(state, *wait),
        ServiceNowFault::Redirect(location) => {
            (StatusCode::FOUND, [(header::LOCATION, location.clone())]).into_response()
        }
        ServiceNowFault::Page => page(StatusCode::OK, "Your instance is hibernating"),
        ServiceNowFault::Endless(bytes) => Response::new(Body::from("[".repeat(*bytes))),
        ServiceNowFault::LostAfter | ServiceNowFault::StatusAfter(_) => return None,
    })
}

fn throttled(state: &ServiceNowState, wait_seconds: Option<u64>) -> Response<Body> {
    let mut answer = respond(
        state,
        failure(429, "Rate limit exceeded", "Rate limit of requests per hour exceeded"),
    );
    if let Some(wait) = wait_seconds {
        answer
            .headers_mut()
            .insert(header::RETRY_AFTER, HeaderValue::from(wait));
    }
    answer
}

/// With the headers of the limit, where one is set.
fn respond(state: &ServiceNowState, answer: ApiAnswer) -> Response<Body> {
    let status = StatusCode::from_u16(answer.status).unwrap();
    let mut response = (status, axum::Json(answer.body)).into_response();
    let headers = response.headers_mut();
    for (name, value) in answer.headers {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_str(&value).unwrap());
    }
    if let Some(limit) = state.options.per_hour {
        let reset = chrono::Utc::now().timestamp() + state.options.window.as_secs().cast_signed();
        headers.insert(HeaderName::from_static("x-ratelimit-limit"), HeaderValue::from(limit));
        headers.insert(HeaderName::from_static("x-ratelimit-reset"), HeaderValue::from(reset));
        headers.insert(
            HeaderName::from_static("x-ratelimit-rule"),
            HeaderValue::from_static("rule"),
        );
    }
    let now = httpdate::fmt_http_date(SystemTime::now());
    headers.insert(header::DATE, HeaderValue::from_str(&now).unwrap());
    response
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
