//! The token endpoint of the simulated Entra.
//!
//! It is as strict as the real one is known to be, because a connector that signs in here must sign in
//! there: client credentials by secret (body or HTTP Basic), by certificate assertion and by federated assertion, and
//! the password grant.
//! Routed on the path alone, since clients add queries of their own. What it refuses, it refuses with the code, the
//! status and the body of F.4; [`error_answer`] gives each of them on request, for the faults of the control API.
//!
//! The way of a request: [`request`] reads, [`grant`] decides (with [`assertion`] or [`federated`] for the proof, [`password`]
//! for a person),
//! the directory writes the token, [`errors`] words the refusal.

mod assertion;
mod discovery;
mod errors;
mod federated;
mod grant;
pub mod hosts;
mod jwt;
mod password;
mod request;

pub use errors::{ERRORS, Row, error_answer};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, RawQuery, Request, State};
use axum::http::{HeaderMap, Uri, header, request::Parts};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::json;

use super::clock::SimClock;
use super::directory::{Directory, TOKEN_LIFETIME_S};
use super::state::{Secure, Who};
use errors::{Refusal, correlation_id, no_store, refuse};
use request::{Arrival, TokenRequest};

/// How far ahead a client's clock may be.
pub const SKEW_S: i64 = 300;

/// No token request is as long as that.
const MAX_BODY_BYTES: usize = 64 * 1024;

#[derive(Clone)]
struct Endpoint {
    directory: Directory,
    clock: SimClock,
}

pub fn router(directory: Directory, clock: SimClock) -> Router {
    Router::new()
        .route("/{tenant}/oauth2/v2.0/token", get(token_by_get).post(token))
        .route("/{tenant}/v2.0/.well-known/openid-configuration", get(openid))
        .route("/{tenant}/.well-known/openid-configuration", get(openid))
        .route("/{tenant}/discovery/v2.0/keys", get(keys))
        .route("/{tenant}/discovery/instance", get(instance))
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .with_state(Endpoint { directory, clock })
}

async fn token(State(endpoint): State<Endpoint>, Path(tenant): Path<String>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, MAX_BODY_BYTES).await else {
        return axum::http::StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    answer_token(&endpoint, &arrival(&parts, tenant), &parts.headers, &body)
}

fn answer_token(endpoint: &Endpoint, arrival: &Arrival, headers: &HeaderMap, body: &Bytes) -> Response {
    let now = endpoint.clock.now();
    let request = TokenRequest::read(headers, body);
    let grant = match grant::decide(&endpoint.directory, &request, arrival, now) {
        Ok(grant) => grant,
        Err(refusal) => return refuse(&refusal, now, headers),
    };
    let token = endpoint
        .directory
        .write_token(&grant.caller, &grant.audience, &arrival.base, now);
    let Ok(token) = token else {
        return refuse(&Refusal::new(90_033), now, headers);
    };
    let is_person = grant.caller.user.is_some();
    let who = Who {
        tenant_id: grant.caller.tenant_id.clone(),
        client_id: grant.caller.client_id.clone(),
    };
    let mut body = json!({
        "token_type": "Bearer", "expires_in": TOKEN_LIFETIME_S, "ext_expires_in": TOKEN_LIFETIME_S,
        "access_token": token,
    });
    if is_person {
        body["scope"] = json!(scopes(&grant.caller.roles, &grant.audience));
    }
    if grant.scopes.iter().any(|scope| scope == "offline_access") {
        body["refresh_token"] = json!(format!("1.{}", uuid::Uuid::new_v4().simple()));
    }
    let mut answer = axum::Json(body).into_response();
    let trace = uuid::Uuid::new_v4().to_string();
    no_store(answer.headers_mut(), &trace, &correlation_id(headers));
    answer.extensions_mut().insert(who);
    answer
}

/// What a person's token is good for, each right with its resource.
fn scopes(rights: &[String], audience: &str) -> String {
    let full = rights.iter().map(|right| format!("{audience}/{right}"));
    ["profile openid email".to_owned()]
        .into_iter()
        .chain(full)
        .collect::<Vec<_>>()
        .join(" ")
}

async fn token_by_get(State(endpoint): State<Endpoint>, headers: HeaderMap) -> Response {
    refuse(&Refusal::new(900_561), endpoint.clock.now(), &headers)
}

async fn openid(State(endpoint): State<Endpoint>, Path(tenant): Path<String>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    let arrival = arrival(&parts, tenant);
    discovery::openid_configuration(&endpoint.directory, &arrival, &parts.headers, endpoint.clock.now())
}

async fn keys(State(endpoint): State<Endpoint>) -> Response {
    axum::Json(endpoint.directory.jwks()).into_response()
}

async fn instance(
    State(endpoint): State<Endpoint>,
    Path(tenant): Path<String>,
    RawQuery(query): RawQuery,
    request: Request,
) -> Response {
    let (parts, _) = request.into_parts();
    let arrival = arrival(&parts, tenant);
    discovery::instance(
        &query.unwrap_or_default(),
        &arrival,
        &parts.headers,
        endpoint.clock.now(),
    )
}

/// By which address the client came: scheme from the connection, host as he wrote it.
fn arrival(parts: &Parts, tenant: String) -> Arrival {
    let secure = parts.extensions.get::<Secure>().is_some_and(|secure| secure.0);
    let scheme = if secure { "https" } else { "http" };
    let authority = authority(&parts.uri, &parts.headers);
    Arrival {
        base: format!("{scheme}://{authority}"),
        host: hosts::without_port(&authority).to_lowercase(),
        tenant,
    }
}

/// HTTP/2 has it in the URI, HTTP/1.1 in the header.
fn authority(uri: &Uri, headers: &HeaderMap) -> String {
    let of_uri = uri.authority().map(|authority| authority.as_str().to_owned());
    let of_header = || {
        headers
            .get(header::HOST)
            .and_then(|host| host.to_str().ok())
            .map(str::to_owned)
    };
    of_uri.or_else(of_header).unwrap_or_else(|| "localhost".to_owned())
}
