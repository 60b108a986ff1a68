//! Routes of what a person sees first: numbers, what needs somebody, what happens.

use sics_client::operation;

use super::AccessRule::{OneOf, SignedIn};
use super::AccessScope::Filtered;
use super::route::{RouteEntry, route};
use crate::sics::overview;

pub(super) fn overview_routes() -> Vec<RouteEntry> {
    vec![
        route(
            operation::show_summary(),
            OneOf(overview::COUNTS),
            Filtered,
            overview::show_summary,
        ),
        route(
            operation::list_attention(),
            SignedIn,
            Filtered,
            overview::list_attention,
        ),
        route(operation::watch_events(), SignedIn, Filtered, overview::watch_events),
    ]
}
