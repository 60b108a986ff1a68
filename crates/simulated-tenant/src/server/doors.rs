//! Each host serves its own. A login host knows no devices, Graph hands out no tokens, and neither has a control API; so
//! a client that sends its secret or its bearer to the wrong one learns it here. By the simulator's own address, and by
//! every name that is none of Microsoft's, all is served.

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{Response, StatusCode};
use axum::middleware::{Next, from_fn_with_state};

use crate::graph;
use crate::state::{Secure, Simulated};
use crate::token::hosts::{self, HostRole, without_port};

pub(super) fn around(router: Router, sim: Simulated) -> Router {
    router.layer(from_fn_with_state(sim, lead))
}

async fn lead(State(sim): State<Simulated>, request: Request, next: Next) -> Response<Body> {
    let role = HostRole::of(without_port(&hosts::authority(request.uri(), request.headers())));
    let is_secure = request.extensions().get::<Secure>().is_some_and(|secure| secure.0);
    if role != HostRole::Own && !is_secure {
        return empty(StatusCode::FORBIDDEN);
    }
    let path = request.uri().path();
    match role {
        HostRole::Login(_) if !is_sign_in(path) => empty(StatusCode::NOT_FOUND),
        HostRole::Graph(_) if !graph::is_graph(path) => graph::unknown_version(&sim, &request),
        HostRole::Storage if !path.starts_with(graph::STORAGE_ROOT) => empty(StatusCode::NOT_FOUND),
        HostRole::Login(_) | HostRole::Graph(_) | HostRole::Storage | HostRole::Own => next.run(request).await,
    }
}

/// Behind the tenant's name; a root of Graph is nobody's tenant.
fn is_sign_in(path: &str) -> bool {
    let rest = path.trim_start_matches('/').split_once('/').map(|(_, rest)| rest);
    let is_known = |rest: &str| {
        ["oauth2/", "discovery/", ".well-known/", "v2.0/.well-known/"]
            .iter()
            .any(|root| rest.starts_with(root))
    };
    !graph::is_graph(path) && rest.is_some_and(is_known)
}

fn empty(status: StatusCode) -> Response<Body> {
    let mut answer = Response::new(Body::empty());
    *answer.status_mut() = status;
    answer
}
