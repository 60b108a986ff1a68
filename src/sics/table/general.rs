//! Routes about the bus itself: whether it lives, who is asking, the document of all routes.

use super::Need::{Open, Right, SignedIn};
use super::Place::{Everywhere, Filtered, Unscoped};
use super::row::{Row, get};
use crate::sics::{connection, health, notices, openapi};

#[rustfmt::skip]
pub(super) fn rows() -> Vec<Row> {
    vec![
        get("/healthz", Open, Everywhere, health::alive).says("alive", "Whether the process lives"),
        get("/readyz", Open, Everywhere, health::ready)
            .says("ready", "Whether the store takes writes; for those who sign in, instances with coarse state and cause").gives("ReadyView"),
        get("/metrics", Right("Bus_Metrics"), Unscoped, health::metrics).says("metrics", "Prometheus metrics"),
        get("/sics/v1", SignedIn, Filtered, connection::show)
            .before_password().says("testConnection", "Connection test: who am I, what may I, what do I see, what time is it")
            .gives("ConnectionView"),
        get("/sics/v1/notices", SignedIn, Everywhere, notices::list)
            .says("listNotices", "What everybody is told: what waits for a second person, what was done without one").gives("NoticesView"),
        get("/sics/v1/openapi.json", Open, Everywhere, openapi::show).says("openapi", "This document"),
    ]
}
