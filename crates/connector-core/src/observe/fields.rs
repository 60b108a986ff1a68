//! The names of the fields in log lines: the same everywhere, so that a query finds all lines of a device or a scan.
//! `tracing` wants field names as literals; these constants are the list that they are written from, and
//! the reference for `docs/walkthroughs/access.md`. Units come last in a name. Devices are named by their id, never by name or user.
//!
//! Never logged, on any level: secrets, passwords, tokens, client assertions and their keys, cookies and
//! `Authorization` headers; bodies of Graph and of the API; names, users, phone numbers, serial numbers and places of
//! devices; unlock codes and passcodes. Tests run the bus with canary secrets and search its output for them.

macro_rules! fields {
    ($($(#[$doc:meta])* $constant:ident = $name:literal;)*) => {
        $($(#[$doc])* pub const $constant: &str = $name;)*
        /// Every name of this file.
        pub const ALL: &[&str] = &[$($name),*];
    };
}

fields! {
    /// Name of an instance (`IntuneConnector_1`).
    INSTANCE = "instance";
    /// Name of a microservice under the supervisor; lines within its span go into its own log, too.
    MEMBER = "member";
    /// What people call the installation of a microservice.
    PROFILE = "profile";
    /// Entra tenant id.
    TENANT = "tenant";
    /// Client id of the app registration.
    CLIENT = "client";
    /// Number of a scan.
    SCAN = "scan";
    /// `full`, `incremental`; in other lines the kind of what they are about.
    KIND = "kind";
    /// Number of a page within its scan, from 1.
    PAGE = "page";
    /// Intune device id.
    DEVICE = "device";
    /// Id of a management server.
    SERVER = "server";
    /// Name of an operator.
    OPERATOR = "operator";
    /// Address of whoever asks.
    PEER = "peer";
    /// Stable short code of an error or cause (`throttled`, `AADSTS7000215`).
    CODE = "code";
    /// What happened, as one sentence; chains of causes are joined by colons.
    ERROR = "error";
    /// What to do about it.
    ADVICE = "advice";
    /// Graph's id of an answer.
    REQUEST_ID = "request_id";
    /// Our id of a request.
    CLIENT_REQUEST_ID = "client_request_id";
    /// HTTP method.
    METHOD = "method";
    /// The route as declared (`/sics/v1/servers/{server}`), never the path with its ids and query.
    ROUTE = "route";
    /// HTTP status.
    STATUS = "status";
    /// Number of an attempt, from 1.
    ATTEMPT = "attempt";
    /// How long is waited now, milliseconds.
    WAIT_MS = "wait_ms";
    /// How long it took, milliseconds.
    ELAPSED_MS = "elapsed_ms";
    /// Count of devices.
    DEVICES = "devices";
    /// Count of changes.
    CHANGES = "changes";
    /// Count of pages.
    PAGES = "pages";
    /// Count of requests to Graph.
    REQUESTS = "requests";
    /// Size, bytes.
    BYTES = "bytes";
    /// A sequence number of the feed.
    SEQ = "seq";
    /// Count of open connections.
    CONNECTIONS = "connections";
    /// Count of lines or rows of the same cause that were not written one by one.
    HELD_BACK = "held_back";
    /// An address and port that is listened on.
    LISTEN = "listen";
    /// A path in the data folder.
    PATH = "path";
    /// Days until something ends.
    DAYS_LEFT = "days_left";
    /// Head of the audit trail's chain, so that a cut-off end shows (E5).
    AUDIT_HEAD = "audit_head";
    /// Number of the entry at that end.
    AUDIT_ENTRY = "audit_entry";
}
