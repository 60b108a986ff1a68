//! From HTTP into an [`Asked`] and back.

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{Response, StatusCode};
use axum::routing::any;
use bytes::Bytes;

use super::dispatch::{dispatch, place};
use super::{Asked, Ids, Version};
use crate::fault::Twist;
use crate::remote::Conduct;
use crate::state::{Secure, Simulated};

/// Request bodies above this are refused; Graph's own limit is 4 MB.
const MAX_BODY_BYTES: usize = 4 << 20;

/// Graph's routes.
pub fn router(sim: Simulated) -> Router {
    Router::new()
        .route("/v1.0/{*path}", any(serve))
        .route("/beta/{*path}", any(serve))
        .with_state(sim)
}

async fn serve(State(sim): State<Simulated>, request: Request) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let ids = parts
        .extensions
        .get::<Ids>()
        .cloned()
        .unwrap_or_else(|| sim.new_ids(&parts.headers));
    let path = parts.uri.path();
    let version = if path.starts_with("/beta/") {
        Version::Beta
    } else {
        Version::V1
    };
    let rest = path.trim_start_matches("/beta").trim_start_matches("/v1.0").to_owned();
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
