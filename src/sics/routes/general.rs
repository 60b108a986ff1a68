//! Routes about the bus itself: whether it is alive, who the caller is, the document of all routes.

use super::AccessRule::{Open, Right, SignedIn};
use super::AccessScope::{Everywhere, Filtered, Unscoped};
use super::route::{RouteEntry, get};
use crate::sics::{connection_test, health, notices, openapi};

#[rustfmt::skip]
pub(super) fn general_routes() -> Vec<RouteEntry> {
    vec![
        get("/healthz", Open, Everywhere, health::report_alive).operation("alive", "Whether the process is alive"),
        get("/readyz", Open, Everywhere, health::report_ready)
            .operation("ready", "Whether the store accepts writes; after a sign-in, instances with coarse state and cause").response("ReadyView"),
        get("/metrics", Right("Bus_Metrics"), Unscoped, health::render_metrics).operation("metrics", "Prometheus metrics"),
        get("/sics/v1", SignedIn, Filtered, connection_test::test_connection)
            .allow_before_password().operation("testConnection", "Connection test: who am I, what may I do, what do I see, what time is it")
            .response("ConnectionView"),
        get("/sics/v1/notices", SignedIn, Everywhere, notices::list_notices)
            .operation("listNotices", "Notices: what waits for a second person, what was done without one").response("NoticesView"),
        get("/sics/v1/openapi.json", Open, Everywhere, openapi::show_document).operation("openapi", "This document"),
    ]
}
