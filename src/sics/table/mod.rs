//! The one table of routes: method, path, what its caller needs, where that must hold, and the handler. The router is
//! made of it, and so is the OpenAPI document; there is no other way in, so a route without a row can't exist. Each file
//! below holds the rows of one subject.

mod compliance;
mod general;
mod inventory;
mod jobs;
mod layers;
mod people;
mod power;
mod products;
mod row;
mod servers;
mod workflows;

use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use tower_http::catch_panic::CatchPanicLayer;

pub use super::guard::{Need, Place};
pub use row::RouteFacts;

use super::Sics;
use super::guard::{Guard, stand};
use row::Row;

const CONFIRM: &[(&str, &str)] = &[("confirm", "`confirm` of the refusal without it: count and digest (F7)")];

fn table() -> Vec<Row> {
    [
        general::rows(),
        servers::rows(),
        inventory::rows(),
        inventory::supervised(),
        products::rows(),
        jobs::of_servers(),
        jobs::rows(),
        power::rows(),
        workflows::rows(),
        people::rows(),
        products::installations(),
        compliance::rows(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Every route there is.
pub fn routes() -> Vec<RouteFacts> {
    table().into_iter().map(|row| row.facts).collect()
}

pub fn router(sics: &Sics) -> axum::Router {
    let mut router = axum::Router::new();
    for row in table() {
        let guard = Guard {
            sics: sics.clone(),
            need: row.facts.need,
            place: row.facts.place,
            loosens: row.facts.loosens,
            before_password: row.facts.before_password,
        };
        router = router.route(
            row.facts.path,
            row.service.route_layer(from_fn_with_state(guard, stand)),
        );
    }
    router
        .fallback(layers::not_found)
        .method_not_allowed_fallback(layers::wrong_method)
        .layer(DefaultBodyLimit::max(sics.limits().body_bytes))
        .layer(CatchPanicLayer::custom(layers::panicked))
        .layer(from_fn(layers::known_host))
        .layer(from_fn_with_state(sics.clone(), layers::count))
        .layer(from_fn(layers::dress))
        .layer(from_fn(layers::hold))
        .with_state(sics.clone())
}

/// `/metrics` alone, without sign-in, for an address of its own: whoever sets that up has thought about who reaches it.
pub fn metrics_router(sics: &Sics) -> axum::Router {
    axum::Router::new()
        .route("/metrics", axum::routing::get(super::health::metrics))
        .layer(from_fn(layers::known_host))
        .layer(from_fn(layers::hold))
        .with_state(sics.clone())
}
