//! The bus itself: whether it lives, who is asking, the document of all routes.

use serde_json::Value;

use super::{answer_type, operations, waiting_answer};
use crate::contract::{AliveView, ConnectionView, LogQuery, LogView, NoticesView, ReadyView};

operations! {
    /// Whether the process is alive
    alive() GET "/healthz" => 200 AliveView;
    /// Whether the store accepts writes; after a sign-in, instances with coarse state and cause
    ready() GET "/readyz" => 200 ReadyView;
    /// Connection test: who am I, what may I do, what do I see, what time is it
    test_connection() GET "/sics/v1" => 200 ConnectionView;
    /// Notices: what waits for a second person, what was done without one
    list_notices() GET "/sics/v1/notices" => 200 NoticesView;
    /// The log of the bus, newest first; streams new lines with text/event-stream
    read_log() GET "/sics/v1/log" query LogQuery, => 200 LogView;
    /// This document
    openapi() GET "/sics/v1/openapi.json" => 200 Value;
    files:
    /// Prometheus metrics
    metrics() GET "/metrics";
}
