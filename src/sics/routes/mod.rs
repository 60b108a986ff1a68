//! The one table of routes: method, path, what its caller needs, where that must apply, and the handler. The router is
//! built from it, and so is the OpenAPI document; there is no other way in, so a route without a row cannot exist. Each
//! file below holds the rows of one subject.

mod compliance;
mod general;
mod inventory;
mod jobs;
mod middleware;
mod notices;
mod operators;
mod orders;
mod overview;
mod problem_language;
mod products;
mod reports;
mod route;
mod safeguards;
mod servers;
mod sessions;
mod targets;
mod workflows;

use std::sync::LazyLock;

use axum::body::Bytes;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::Response;
use tower_http::catch_panic::CatchPanicLayer;

pub use super::authorization::{AccessRule, AccessScope};
pub use middleware::InnerRequest;
pub use route::RouteDescription;

use super::Sics;
use super::authorization::{RouteAuthorizer, authorize_request};
use super::openapi::write_document;
use super::response_budget::shared_json;
use route::RouteEntry;

fn route_table() -> Vec<RouteEntry> {
    [
        general::general_routes(),
        overview::overview_routes(),
        servers::server_routes(),
        inventory::inventory_routes(),
        inventory::supervisor_routes(),
        products::product_routes(),
        jobs::server_job_routes(),
        jobs::job_routes(),
        safeguards::safeguard_routes(),
        workflows::workflow_routes(),
        operators::operator_routes(),
        sessions::session_routes(),
        products::installation_routes(),
        compliance::compliance_routes(),
        orders::application_routes(),
        orders::order_routes(),
        targets::target_routes(),
        notices::notice_routes(),
        reports::view_routes(),
        reports::report_routes(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Every route there is.
pub fn describe_routes() -> Vec<RouteDescription> {
    route_table().into_iter().map(|row| row.description).collect()
}

/// The document of the API, made once, and shared by all who read it.
static DOCUMENT: LazyLock<Bytes> = LazyLock::new(|| {
    serde_json::to_vec(&write_document(&describe_routes()))
        .expect("it is plain JSON")
        .into()
});

async fn show_document() -> Response {
    shared_json(DOCUMENT.clone())
}

impl Sics {
    /// The whole API, for [`super::serve`].
    pub fn router(&self) -> axum::Router {
        build_router(self)
    }

    /// `/metrics` without sign-in, for an address of its own (`metrics_listen`).
    pub fn metrics_router(&self) -> axum::Router {
        build_metrics_router(self)
    }

    /// The pages of the console behind what guards the API: host names, places of strangers, changes by pages of others.
    pub fn guard_pages(&self, pages: axum::Router) -> axum::Router {
        guard_pages(self, pages)
    }
}

fn build_router(sics: &Sics) -> axum::Router {
    let mut router = axum::Router::new();
    for row in route_table() {
        let guard = RouteAuthorizer {
            sics: sics.clone(),
            access_rule: row.description.access_rule,
            access_scope: row.description.access_scope,
            relaxation_rule: row.description.relaxation_rule,
            allowed_before_password: row.description.allowed_before_password,
        };
        router = router.route(
            row.description.operation.path,
            row.handler.route_layer(from_fn_with_state(guard, authorize_request)),
        );
    }
    router
        .fallback(middleware::route_not_found)
        .method_not_allowed_fallback(middleware::method_not_allowed)
        .layer(DefaultBodyLimit::max(sics.limits().body_bytes))
        .layer(CatchPanicLayer::custom(middleware::panic_response))
        .layer(from_fn(middleware::require_known_host))
        .layer(from_fn_with_state(sics.clone(), middleware::measure_request))
        .layer(from_fn(middleware::set_security_headers))
        .layer(from_fn(problem_language::localize_problem))
        .layer(from_fn(middleware::admit_request))
        .with_state(sics.clone())
}

/// Pages behind the guards of the port; their content is their own affair.
fn guard_pages(sics: &Sics, pages: axum::Router) -> axum::Router {
    pages
        .layer(CatchPanicLayer::custom(middleware::panic_response))
        .layer(from_fn(middleware::require_own_change))
        .layer(from_fn(middleware::require_known_host))
        .layer(from_fn_with_state(sics.clone(), middleware::measure_request))
        .layer(from_fn(problem_language::localize_problem))
        .layer(from_fn(middleware::admit_request))
}

/// `/metrics` alone, without sign-in, for an address of its own: whoever sets that up has thought about who reaches it.
fn build_metrics_router(sics: &Sics) -> axum::Router {
    axum::Router::new()
        .route("/metrics", axum::routing::get(super::health::render_metrics))
        .layer(from_fn(middleware::require_known_host))
        .layer(from_fn(middleware::admit_request))
        .with_state(sics.clone())
}
