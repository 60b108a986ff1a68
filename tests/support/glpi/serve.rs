//! From a socket to answers: reads a request, counts it, asks for the sign-in, and does what faults ask for. Over HTTP/1.1.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, Uri, header};
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

use super::api::{ApiAnswer, ApiRequest, answer_api, refuse};
use super::options::{FaultRule, GlpiFault, GlpiOptions, GlpiVersion, SignInMode, take_fault};
use super::rules::take_inventory;
use super::tables::GlpiTables;

pub type SharedState = Arc<Mutex<GlpiState>>;

/// The whole server: what it keeps, how it behaves, what it has seen.
pub struct GlpiState {
    pub tables: GlpiTables,
    pub options: GlpiOptions,
    pub faults: Vec<FaultRule>,
    pub counts: BTreeMap<String, usize>,
    /// Bodies of the inventories that came, in their order.
    pub inventories: Vec<Value>,
    /// Scope and end of each token.
    pub tokens: BTreeMap<String, (String, SystemTime)>,
    /// Requests whose answer was said to be pending.
    pub pending: BTreeMap<String, Value>,
    given_tokens: u64,
}

impl GlpiState {
    pub fn new(options: GlpiOptions) -> GlpiState {
        GlpiState {
            tables: GlpiTables::default(),
            options,
            faults: Vec::new(),
            counts: BTreeMap::new(),
            inventories: Vec::new(),
            tokens: BTreeMap::new(),
            pending: BTreeMap::new(),
            given_tokens: 0,
        }
    }

    fn has_token(&self, headers: &HeaderMap, scope: &str) -> bool {
        let given = text_of(headers, "authorization")
            .strip_prefix("Bearer ")
            .unwrap_or_default();
        let known = self.tokens.get(given);
        known.is_some_and(|(own, ends_at)| own == scope && SystemTime::now() < *ends_at)
    }
}

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
    let parts: Vec<String> = uri
        .path()
        .split('/')
        .filter(|part| !part.is_empty())
        .map(str::to_owned)
        .collect();
    let path: Vec<&str> = parts.iter().map(String::as_str).collect();
    let mut guard = state.lock().unwrap();
    let state = &mut *guard;
    let has_api = state.options.version == GlpiVersion::V11;
    match path.as_slice() {
        ["front", "inventory.php"] | ["Inventory"] => answer_inventory(state, &method, &headers, &body),
        ["api.php", "token"] if has_api => answer_token(state, &body),
        ["api.php", "v2", rest @ ..] if has_api => {
            let query = url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
            let request = ApiRequest {
                method: method.as_str().to_owned(),
                path: rest.iter().map(|part| (*part).to_owned()).collect(),
                query: query.into_owned().collect(),
                body: serde_json::from_slice(&body).unwrap_or_default(),
            };
            answer_request_of_api(state, &headers, &request)
        }
        _ => (
            StatusCode::NOT_FOUND,
            "<!DOCTYPE html><html><body>Not found</body></html>",
        )
            .into_response(),
    }
}

fn answer_inventory(state: &mut GlpiState, method: &Method, headers: &HeaderMap, body: &Bytes) -> Response<Body> {
    let kind = format!("{method} inventory");
    *state.counts.entry(kind.clone()).or_default() += 1;
    if !may_send(state, headers) {
        let body = json!({"status": "error", "message": "Authorization header required to send an inventory"});
        return respond(401, body);
    }
    let request_id = text_of(headers, "glpi-request-id").to_owned();
    if *method == Method::GET {
        return match state.pending.remove(&request_id) {
            Some(answer) => respond(200, answer),
            None => respond(400, json!({"status": "error", "message": "nothing is pending"})),
        };
    }
    let fault = take_fault(&mut state.faults, &kind);
    if let Some(answer) = fault.as_ref().and_then(fail_before) {
        return answer;
    }
    let is_json = text_of(headers, "content-type").starts_with("application/json");
    let Some(inventory) = serde_json::from_slice::<Value>(body).ok().filter(|_| is_json) else {
        return respond(400, json!({"status": "error", "message": "JSON does not validate"}));
    };
    let (status, answer) = take_inventory(&mut state.tables, &state.options, &inventory);
    state.inventories.push(inventory);
    match fault {
        Some(GlpiFault::LostAfter) => break_off(),
        Some(GlpiFault::Pending) => {
            state.pending.insert(request_id, answer);
            respond(202, json!({"status": "pending", "expiration": 1}))
        }
        _ if text_of(headers, "glpi-agent-id").is_empty() => {
            // As agents of old were answered.
            let body = "<?xml version=\"1.0\"?><REPLY><RESPONSE>SEND</RESPONSE></REPLY>";
            (StatusCode::OK, [(header::CONTENT_TYPE, "application/xml")], body).into_response()
        }
        _ => respond(status, answer),
    }
}

fn may_send(state: &GlpiState, headers: &HeaderMap) -> bool {
    match state.options.sign_in {
        SignInMode::Nothing => true,
        SignInMode::Basic => {
            let pair = format!("{}:{}", state.options.inventory_user, state.options.inventory_password);
            text_of(headers, "authorization") == format!("Basic {}", STANDARD.encode(pair))
        }
        SignInMode::OauthClient => state.has_token(headers, "inventory"),
    }
}

fn answer_token(state: &mut GlpiState, body: &Bytes) -> Response<Body> {
    *state.counts.entry("POST token".to_owned()).or_default() += 1;
    if let Some(answer) = take_fault(&mut state.faults, "POST token")
        .as_ref()
        .and_then(fail_before)
    {
        return answer;
    }
    let asked: Value = serde_json::from_slice(body).unwrap_or_default();
    let options = &state.options;
    if asked["client_id"] != options.client_id.as_str() || asked["client_secret"] != options.client_secret.as_str() {
        return respond(
            401,
            json!({"error": "invalid_client", "error_description": "Client authentication failed"}),
        );
    }
    let scope = match asked["grant_type"].as_str() {
        Some("client_credentials") if asked["scope"] == "inventory" => "inventory",
        Some("password") if asked["scope"] == "api" => {
            if asked["username"] != options.user.as_str() || asked["password"] != options.password.as_str() {
                let told = "The user credentials were incorrect.";
                return respond(400, json!({"error": "invalid_grant", "error_description": told}));
            }
            "api"
        }
        _ => return respond(400, json!({"error": "unsupported_grant_type"})),
    };
    state.given_tokens += 1;
    let token = format!("token-{}-{scope}", state.given_tokens);
    let lasts = state.options.token_lasts;
    let kept = (scope.to_owned(), SystemTime::now() + lasts);
    state.tokens.insert(token.clone(), kept);
    respond(
        200,
        json!({"token_type": "Bearer", "expires_in": lasts.as_secs(), "access_token": token}),
    )
}

fn answer_request_of_api(state: &mut GlpiState, headers: &HeaderMap, request: &ApiRequest) -> Response<Body> {
    let kind = kind_of(request);
    *state.counts.entry(kind.clone()).or_default() += 1;
    if !state.has_token(headers, "api") {
        return respond_api(refuse(401, "ERROR_UNAUTHENTICATED", "You are not authenticated"));
    }
    let fault = take_fault(&mut state.faults, &kind);
    if let Some(answer) = fault.as_ref().and_then(fail_before) {
        return answer;
    }
    if state.options.denied.contains(&kind) {
        return respond_api(refuse(
            403,
            "ERROR_RIGHT_MISSING",
            "You don't have permission to perform this action.",
        ));
    }
    let answer = answer_api(&mut state.tables, &state.options, request);
    if fault == Some(GlpiFault::LostAfter) {
        return break_off();
    }
    respond_api(answer)
}

/// `PATCH Assets/Computer/{id}`: the method, and the path with what differs left out.
fn kind_of(request: &ApiRequest) -> String {
    let parts = request.path.iter().map(|part| {
        if part.bytes().all(|byte| byte.is_ascii_digit()) {
            "{id}"
        } else {
            part.as_str()
        }
    });
    let path: Vec<&str> = parts.collect();
    format!("{} {}", request.method, path.join("/"))
}

/// What a fault answers before anything is done.
fn fail_before(fault: &GlpiFault) -> Option<Response<Body>> {
    Some(match fault {
        GlpiFault::LostBefore => break_off(),
        GlpiFault::Status(status) => respond(*status, json!({"title": "An error has occurred"})),
        GlpiFault::Exception => respond(500, json!({"status": "error", "message": "Undefined array key"})),
        GlpiFault::Throttled(wait) => {
            let mut answer = respond(429, json!({"title": "Too many requests"}));
            if let Some(wait) = wait {
                answer
                    .headers_mut()
                    .insert(header::RETRY_AFTER, HeaderValue::from(*wait));
            }
            answer
        }
        GlpiFault::Page => (StatusCode::OK, "<!DOCTYPE html><html><body>Sign in</body></html>").into_response(),
        GlpiFault::LostAfter | GlpiFault::Pending => return None,
    })
}

fn respond_api(answer: ApiAnswer) -> Response<Body> {
    let range = answer.range.clone();
    let mut response = if answer.status == 204 {
        StatusCode::NO_CONTENT.into_response()
    } else {
        respond(answer.status, answer.body)
    };
    if let Some(range) = range {
        let range = HeaderValue::from_str(&range).unwrap();
        response.headers_mut().insert(header::CONTENT_RANGE, range);
    }
    response
}

fn respond(status: u16, body: Value) -> Response<Body> {
    let status = StatusCode::from_u16(status).unwrap();
    let mut response = (status, axum::Json(body)).into_response();
    let now = httpdate::fmt_http_date(SystemTime::now());
    response
        .headers_mut()
        .insert(header::DATE, HeaderValue::from_str(&now).unwrap());
    response
}

fn text_of<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers
        .get(name)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
}

fn break_off() -> Response<Body> {
    let mut answer = StatusCode::INTERNAL_SERVER_ERROR.into_response();
    answer.extensions_mut().insert(BreakOff);
    answer
}
