//! Every key of `bus.ini`.

use super::keys::{Key, KeyRole, Table, ValueKind};

/// `bus.ini` keeps no secret, so none of its keys leads one anywhere.
const fn key(
    section: &'static str,
    name: &'static str,
    kind: ValueKind,
    default: &'static str,
    help: &'static str,
) -> Key {
    Key {
        name,
        section,
        kind,
        default,
        role: KeyRole::Plain,
        help,
    }
}

const fn number(min: u64, max: u64) -> ValueKind {
    ValueKind::Number { min, max }
}

pub const BUS_TABLE: Table = Table {
    title: "bus.ini",
    keys: BUS_KEYS,
};

#[rustfmt::skip]
const BUS_KEYS: &[Key] = &[
    key("file", "version", number(1, 1), "1", "Version of this file's form."),
    key("sics", "listen", ValueKind::Listen, "127.0.0.1:3900", "Address and port of the SICS API."),
    key("sics", "tls", ValueKind::Word(&["auto", "on", "off"]), "auto", "HTTPS: `auto` is HTTP on loopback and HTTPS beyond it."),
    key("sics", "certificate_file", ValueKind::Path, "", "PEM file with the certificate and its chain; read anew when it changes. Without it the bus makes one of its own."),
    key("sics", "key_file", ValueKind::Path, "", "PEM file with the private key of `certificate_file`."),
    key("sics", "certificate_names", ValueKind::List, "localhost", "Host names and addresses in the self-made certificate, besides those of `listen`."),
    key("sics", "hosts", ValueKind::List, "", "Host names by which the bus is asked, besides addresses, `localhost` and `certificate_names`; those of a reverse proxy before it too (`bus.example.com`, or `bus.example.com:8443` where people see a port). Requests for other names are refused."),
    key("sics", "plain_http_beyond_loopback", ValueKind::Flag, "no", "Allows `tls = off` on an address that other machines reach. Passwords and devices then cross the network readable."),
    key("sics", "metrics_listen", ValueKind::Listen, "", "A further address for /metrics without sign-in; without it /metrics asks for a token on the API's own port."),
    key("sics", "auto_accept", ValueKind::Flag, "no", "Accepts a management server as soon as it announces itself."),
    key("limits", "max_connections", number(1, 100_000), "1024", "Open connections. 48 of them at most (half, where there are fewer) are open to whoever has not signed in; where there is no more room the oldest of whoever holds most is closed."),
    key("limits", "max_body_kb", number(1, 65_536), "1024", "Largest request body, KiB."),
    key("limits", "max_wait_ms", number(0, 60_000), "60000", "Longest wait for changes in one request, milliseconds."),
    key("limits", "max_changes", number(1, 10_000), "1000", "Most changes in one answer."),
    key("limits", "request_timeout_s", number(1, 3_600), "120", "Longest time for one request, without streams, seconds."),
    key("limits", "limit_per_job", number(0, 500), "10", "Devices in one destructive job (wipe, retire, delete …). What raises this or another of these limits waits for a second operator."),
    key("limits", "limit_per_hour", number(0, 500), "20", "Destructive actions of a tenant within an hour, all together."),
    key("limits", "limit_per_day", number(0, 500), "50", "Destructive actions of a tenant within 24 hours, all together; never more than Intune's own cap of 500 wipes."),
    key("limits", "operator_per_hour", number(0, 500), "20", "Destructive actions of one operator within an hour, in all tenants."),
    key("limits", "operator_per_day", number(0, 500), "50", "Destructive actions of one operator within 24 hours, in all tenants."),
    key("limits", "approval_above", number(0, 500), "3", "A destructive job of more devices needs somebody else's approval."),
    key("limits", "approval_per_hour", number(0, 500), "3", "A destructive job needs somebody else's approval where it would make more devices of a tenant, or of one operator over all tenants, within an hour."),
    key("limits", "approval_per_day", number(0, 500), "10", "The same within 24 hours."),
    key("limits", "approval_always", ValueKind::Flag, "no", "Every destructive job needs somebody else's approval."),
    key("limits", "approval_needed", ValueKind::Flag, "yes", "Whether jobs need somebody else's approval at all. For who runs a bus alone for ever; `no` waits for a second person, or 24 hours where there is none."),
    key("limits", "disruptive_per_job", number(0, 500_000), "50", "A disruptive job (lock, restart, rename, remediation …) of more devices needs somebody else's approval."),
    key("limits", "disruptive_per_hour", number(0, 500_000), "200", "A disruptive job needs somebody else's approval where it would make more devices of a tenant, or of one operator over all tenants, within an hour."),
    key("limits", "broken_glass", ValueKind::Flag, "yes", "In an emergency one person may wipe, retire or lock one device without approval, at most 3 in 24 hours for a tenant; everybody is told."),
    key("login", "free_attempts", number(0, 1_000), "5", "Wrong passwords of one name or address before answers are slowed."),
    key("login", "max_delay_ms", number(0, 60_000), "8000", "Longest that an answer to a wrong password is held back, milliseconds."),
    key("login", "remember_min", number(0, 60), "5", "How long a verified password is remembered (as a keyed hash), minutes."),
    key("store", "cache_mb", number(1, 4_096), "8", "Page cache of the store, MiB."),
    key("store", "commit_ms", number(0, 1_000), "5", "Longest that a change waits for others to be committed with, milliseconds."),
    key("store", "min_free_mb", number(0, 1_000_000_000), "100", "Below so much free disk space readiness says so, MiB; 0 switches the check off."),
    key("store", "mark_file", ValueKind::Path, "", "A second place for the high-water mark `bus.mark`, outside of the data folder and best on another machine's disk: by it the bus notices when the whole folder was put back to what it was before."),
    key("log", "format", ValueKind::Word(&["text", "json"]), "text", "How log lines are written."),
    key("log", "level", ValueKind::Word(&["error", "warn", "info", "debug", "trace"]), "info", "The least important lines that are written. INTUNE_CONNECTOR_LOG overrides it."),
    key("log", "files", ValueKind::Flag, "yes", "Writes daily files into logs/ as well as to the console."),
    key("log", "keep_days", number(1, 3_650), "30", "Log files older than so many days are deleted."),
    key("log", "max_total_mb", number(1, 1_048_576), "1024", "All log files together, MiB; the oldest are deleted first."),
];
