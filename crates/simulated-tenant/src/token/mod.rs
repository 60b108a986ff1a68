//! The token endpoint of the simulated Entra.
//!
//! It is as strict as the real one is known to be, because a connector that signs in here must sign in
//! there: client credentials by secret (body or HTTP Basic), by certificate assertion and by federated assertion, and
//! the password grant with the refresh token that it gives. Both versions of the endpoint are there: the old one asks
//! for a `resource` where the new one has scopes, and they give the same access tokens.
//! Routed on the path alone, since clients add queries of their own. What it refuses, it refuses with the code, the
//! status and the body of F.4; [`error_answer`] gives each of them on request, for the faults of the control API.
//!
//! The way of a request: [`request`] reads, [`grant`] decides (with [`assertion`] or [`federated`] for the proof, [`password`]
//! or [`refresh`] for a person, [`resource`] for what the token is for), [`answer`] has the directory write the tokens,
//! [`errors`] words the refusal.

mod answer;
mod assertion;
mod discovery;
mod errors;
mod federated;
mod grant;
pub mod hosts;
mod jwt;
mod password;
mod refresh;
mod request;
mod resource;

pub use errors::{ERRORS, Row, error_answer};
pub(crate) use resource::is_for_graph;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, RawQuery, Request, State};
use axum::http::{HeaderMap, request::Parts};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use super::clock::SimClock;
use super::directory::Directory;
use super::state::{AssertionAlgorithm, Secure, Who};
use errors::{Refusal, correlation_id, no_store, refuse};
use request::{Arrival, EndpointVersion, TokenRequest};

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
        .route("/{tenant}/oauth2/token", get(token_by_get).post(token_of_v1))
        .route("/{tenant}/v2.0/.well-known/openid-configuration", get(openid))
        .route("/{tenant}/.well-known/openid-configuration", get(openid_of_v1))
        .route("/{tenant}/discovery/v2.0/keys", get(keys))
        .route("/{tenant}/discovery/keys", get(keys))
        .route("/{tenant}/discovery/instance", get(instance))
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .with_state(Endpoint { directory, clock })
}

async fn token(State(endpoint): State<Endpoint>, Path(tenant): Path<String>, request: Request) -> Response {
    read_and_answer(&endpoint, tenant, EndpointVersion::V2, request).await
}

async fn token_of_v1(State(endpoint): State<Endpoint>, Path(tenant): Path<String>, request: Request) -> Response {
    read_and_answer(&endpoint, tenant, EndpointVersion::V1, request).await
}

async fn read_and_answer(endpoint: &Endpoint, tenant: String, version: EndpointVersion, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, MAX_BODY_BYTES).await else {
        return axum::http::StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    answer_token(endpoint, &arrival(&parts, tenant, version), &parts.headers, &body)
}

fn answer_token(endpoint: &Endpoint, arrival: &Arrival, headers: &HeaderMap, body: &Bytes) -> Response {
    let now = endpoint.clock.now();
    let granted = TokenRequest::read(headers, body).and_then(|request| {
        let grant = grant::decide(&endpoint.directory, &request, arrival, now)?;
        Ok((request, grant))
    });
    let (request, grant) = match granted {
        Ok(granted) => granted,
        Err(refusal) => return refuse(&refusal, now, headers),
    };
    let Ok(body) = answer::written(&endpoint.directory, &request, &grant, arrival, now) else {
        return refuse(&Refusal::new(90_033), now, headers);
    };
    let mut answer = axum::Json(body).into_response();
    let trace = uuid::Uuid::new_v4().to_string();
    no_store(answer.headers_mut(), &trace, &correlation_id(headers));
    if let Some(algorithm) = request.assertion_algorithm() {
        answer.extensions_mut().insert(AssertionAlgorithm(algorithm));
    }
    answer.extensions_mut().insert(Who {
        tenant_id: grant.caller.tenant_id,
        client_id: grant.caller.client_id,
    });
    answer
}

async fn token_by_get(State(endpoint): State<Endpoint>, headers: HeaderMap) -> Response {
    refuse(&Refusal::new(900_561), endpoint.clock.now(), &headers)
}

async fn openid(State(endpoint): State<Endpoint>, Path(tenant): Path<String>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    let arrival = arrival(&parts, tenant, EndpointVersion::V2);
    discovery::openid_configuration(&endpoint.directory, &arrival, &parts.headers, endpoint.clock.now())
}

async fn openid_of_v1(State(endpoint): State<Endpoint>, Path(tenant): Path<String>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    let arrival = arrival(&parts, tenant, EndpointVersion::V1);
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
    let arrival = arrival(&parts, tenant, EndpointVersion::V2);
    discovery::instance(
        &query.unwrap_or_default(),
        &arrival,
        &parts.headers,
        endpoint.clock.now(),
    )
}

/// By which address the client came: scheme from the connection, host as he wrote it.
fn arrival(parts: &Parts, tenant: String, version: EndpointVersion) -> Arrival {
    let secure = parts.extensions.get::<Secure>().is_some_and(|secure| secure.0);
    let scheme = if secure { "https" } else { "http" };
    let authority = hosts::authority(&parts.uri, &parts.headers);
    Arrival {
        version,
        base: format!("{scheme}://{authority}"),
        host: hosts::without_port(&authority).to_lowercase(),
        tenant,
    }
}
