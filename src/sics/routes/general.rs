//! Routes about the bus itself: whether it is alive, who the caller is, its log, the document of all routes.

use sics_client::operation;

use super::AccessRule::{Open, Right, SignedIn};
use super::AccessScope::{Everywhere, Filtered, Unscoped};
use super::route::{RouteEntry, route};
use super::show_document;
use crate::sics::{connection_test, health, log, notices};

pub(super) fn general_routes() -> Vec<RouteEntry> {
    vec![
        route(operation::alive(), Open, Everywhere, health::report_alive),
        route(operation::ready(), Open, Everywhere, health::report_ready),
        route(
            operation::metrics(),
            Right("Bus_Metrics"),
            Unscoped,
            health::render_metrics,
        ),
        route(
            operation::test_connection(),
            SignedIn,
            Filtered,
            connection_test::test_connection,
        )
        .allow_before_password(),
        route(operation::list_notices(), SignedIn, Everywhere, notices::list_notices),
        route(operation::read_log(), Right("Log_Read"), Unscoped, log::read_log),
        route(operation::openapi(), Open, Everywhere, show_document),
    ]
}
