//! All metrics. No label contains a device or a user, and the number of label values is bounded by the number of
//! instances, servers and routes.

/// What a metric's number means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MetricKind {
    /// Only rises.
    Counter,
    Gauge,
    /// Count and sum of durations or sizes.
    Summary,
}

#[derive(Debug)]
pub struct Metric {
    pub name: &'static str,
    pub kind: MetricKind,
    pub labels: &'static [&'static str],
    pub help: &'static str,
}

macro_rules! metrics {
    ($($constant:ident $kind:ident $name:literal [$($label:literal),*] $help:literal;)*) => {
        $(
            #[doc = $help]
            pub static $constant: Metric = Metric {
                name: concat!("intune_connector_", $name),
                kind: MetricKind::$kind,
                labels: &[$($label),*],
                help: $help,
            };
        )*
        /// In the order in which they are shown.
        pub static ALL: &[&Metric] = &[$(&$constant),*];
    };
}

metrics! {
    BUILD_INFO Gauge "build_info" ["version"] "1, with the version of the program.";
    START_TIME Gauge "start_time_seconds" [] "When the process started, seconds since 1970.";
    SCANS Counter "scans_total" ["instance", "kind", "state"] "Scans that ended, by kind and state.";
    SCAN_RUNNING Gauge "scan_running" ["instance", "kind"] "1 while a scan runs.";
    SCAN_SECONDS Summary "scan_seconds" ["instance", "kind"] "How long completed scans took.";
    SCAN_LAST_COMPLETED Gauge "scan_last_completed_seconds" ["instance", "kind"] "When a scan last completed, seconds since 1970.";
    SCAN_PAGES Counter "scan_pages_total" ["instance", "kind"] "Pages read and committed.";
    DEVICES Gauge "devices" ["instance"] "Devices present.";
    DEVICES_SEEN Counter "devices_seen_total" ["instance", "kind"] "Device records read by scans.";
    CHANGES Counter "changes_total" ["instance", "kind"] "Changes put into the feed: upsert or gone.";
    SET_ASIDE Counter "records_set_aside_total" ["instance"] "Device records that could not be read.";
    BRAKE Gauge "brake_engaged" ["instance"] "1 while the deletion brake holds devices back.";
    GRAPH_REQUESTS Counter "graph_requests_total" ["tenant", "status"] "Responses from Graph by HTTP status; 0 if there was none.";
    GRAPH_SECONDS Summary "graph_request_seconds" ["tenant"] "How long requests to Graph took.";
    GRAPH_THROTTLED Counter "graph_throttled_total" ["tenant"] "429 responses from Graph.";
    GRAPH_RETRIES Counter "graph_retries_total" ["tenant", "code"] "Reads that were retried, by cause.";
    BUDGET_USED Gauge "graph_budget_used" ["tenant", "client", "kind"] "Requests counted against the budget in the current window.";
    BUDGET_LIMIT Gauge "graph_budget_limit" ["tenant", "client", "kind"] "Requests the budget allows in a window.";
    TOKENS Counter "tokens_total" ["tenant", "outcome"] "Tokens requested: ok, or the error code.";
    CREDENTIAL_DAYS Gauge "credential_days_left" ["instance", "purpose"] "Days until a credential expires.";
    FEED_HEAD Gauge "feed_head" [] "Newest sequence number of the feed.";
    SERVER_LAG Gauge "server_lag" ["server"] "Changes that a server has not acknowledged.";
    SERVER_SEEN Gauge "server_last_seen_seconds" ["server"] "When a server last read, seconds since 1970.";
    SERVER_ACKNOWLEDGED Gauge "server_last_acknowledged_seconds" ["server"] "When a server last acknowledged something new, seconds since 1970.";
    DELIVERED Counter "changes_delivered_total" ["server"] "Changes sent to a server.";
    ACKNOWLEDGED Counter "acknowledgements_total" ["server"] "Acknowledgements of a server.";
    KILL_SWITCH Gauge "kill_switch_on" [] "Kill switches that are on: 1 for each tenant, 1 for all tenants.";
    BROKEN_GLASSES Gauge "broken_glass_open" [] "Broken-glass actions that no second person has reviewed.";
    SUSPENDED Gauge "operators_suspended" [] "Operators whose destructive rights the tripwire has suspended.";
    TASKS_OPEN Gauge "tasks_open" ["state"] "Devices in jobs that are not finished, by state.";
    JOBS_WAITING Gauge "jobs_waiting_approval" [] "Jobs waiting for approval.";
    DECISIONS Counter "decisions_total" ["instance", "outcome", "source"] "Compliance decisions by outcome, and by where the answer came from: live, inventory or none.";
    DECISION_SECONDS Summary "decision_seconds" ["instance"] "How long compliance decisions took.";
    DECISIONS_STALE Gauge "decisions_stale" ["instance"] "1 while Graph does not respond to compliance decisions.";
    HTTP_REQUESTS Counter "http_requests_total" ["method", "route", "status"] "Requests to the API by declared route.";
    HTTP_SECONDS Summary "http_request_seconds" ["route"] "How long requests to the API took, including waiting.";
    CONNECTIONS Gauge "http_connections" [] "Open connections to the API.";
    LOGINS_FAILED Counter "logins_failed_total" [] "Sign-ins with a wrong name, password or token.";
    PASSWORD_CHECKS Counter "password_checks_total" ["lane"] "Passwords hashed for verification: of strangers, or from the reserve for known accounts.";
    STORE_COMMITS Counter "store_commits_total" [] "Transactions committed.";
    STORE_BYTES Gauge "store_bytes" [] "Size of the store's file.";
    STORE_WRITABLE Gauge "store_writable" [] "1 while the store accepts writes.";
    FREE_BYTES Gauge "data_free_bytes" [] "Free space on the disk of the data folder.";
    LOG_LOST Counter "log_lines_lost_total" [] "Log lines that were not written to a file.";
    SERIES_DROPPED Counter "metric_series_dropped_total" [] "Series dropped because there were too many label values.";
}
