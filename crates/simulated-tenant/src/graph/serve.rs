//! From HTTP into an [`Asked`] and back.

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{Extensions, HeaderMap, Response, StatusCode};
use axum::routing::{any, get};
use bytes::Bytes;

use super::dispatch::{dispatch, place};
use super::{Asked, Ids, Place, Version, storage};
use crate::fault::Twist;
use crate::remote::Conduct;
use crate::state::{Secure, Simulated};

/// Request bodies above this are refused; Graph's own limit is 4 MB.
const MAX_BODY_BYTES: usize = 4 << 20;

/// Graph's routes.
pub fn router(sim: Simulated) -> Router {
    Router::new()
        .route("/v1.0", any(serve))
        .route("/v1.0/", any(serve))
        .route("/v1.0/{*path}", any(serve))
        .route("/beta", any(serve))
        .route("/beta/", any(serve))
        .route("/beta/{*path}", any(serve))
        .route(storage::ROUTE, get(storage::download))
        .fallback(no_version)
        .with_state(sim)
}

/// Whether Graph serves this path, well or badly.
pub fn is_graph(path: &str) -> bool {
    ["/v1.0", "/beta"].iter().any(|root| {
        let rest = path.strip_prefix(root);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    })
}

async fn no_version(State(sim): State<Simulated>, request: Request) -> Response<Body> {
    unknown_version(&sim, &request)
}

/// What begins with neither version is none to Graph. It says so before it asks who is there.
pub fn unknown_version<B>(sim: &Simulated, request: &axum::http::Request<B>) -> Response<Body> {
    let ids = ids_of(sim, request.extensions(), request.headers());
    let place = Place {
        ids: ids.clone(),
        at: sim.clock().now(),
        path: request.uri().path().to_owned(),
    };
    let answer = place.graph(StatusCode::BAD_REQUEST, "BadRequest", "Invalid version.");
    let mut response = answer.into_response();
    response.extensions_mut().insert(ids);
    response
}

fn ids_of(sim: &Simulated, extensions: &Extensions, headers: &HeaderMap) -> Ids {
    let known = extensions.get::<Ids>().cloned();
    known.unwrap_or_else(|| sim.new_ids(headers))
}

async fn serve(State(sim): State<Simulated>, request: Request) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let ids = ids_of(&sim, &parts.extensions, &parts.headers);
    let path = parts.uri.path();
    let (version, rest) = match path.strip_prefix("/beta") {
        Some(rest) => (Version::Beta, rest),
        None => (Version::V1, path.trim_start_matches("/v1.0")),
    };
    let rest = rest.to_owned();
    let mut asked = Asked {
        method: parts.method.clone(),
        version,
        path: rest,
        query: parts.uri.query().unwrap_or_default().to_owned(),
        origin: origin(&parts),
        twist: parts.extensions.get::<Twist>().cloned(),
        conduct: parts.extensions.get::<Conduct>().cloned(),
        headers: parts.headers,
        body: Bytes::new(),
        ids,
    };
    match axum::body::to_bytes(body, MAX_BODY_BYTES).await {
        Ok(body) => asked.body = body,
        Err(_) => {
            let place = place(&sim, &asked);
            return place
                .graph(StatusCode::PAYLOAD_TOO_LARGE, "BadRequest", "Request body too large.")
                .into_response();
        }
    }
    let (answer, who) = dispatch(&sim, asked);
    let mut response = answer.into_response();
    if let Some(who) = who {
        response.extensions_mut().insert(who);
    }
    response
}

/// The name by which the client came, so that a next link leads there again, through a proxy as well.
fn origin(parts: &axum::http::request::Parts) -> String {
    let secure =
        parts.extensions.get::<Secure>().is_some_and(|secure| secure.0) || parts.uri.scheme_str() == Some("https");
    let named = parts.headers.get("host").and_then(|host| host.to_str().ok());
    let host = parts
        .uri
        .authority()
        .map(|authority| authority.as_str())
        .or(named)
        .unwrap_or("localhost");
    format!("{}://{host}", if secure { "https" } else { "http" })
}
