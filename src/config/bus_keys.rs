//! Every key of `bus.ini`.

use super::keys::{KeyRole, KeyTable, SettingKey, ValueKind};

/// `bus.ini` keeps no secret, so none of its keys leads one anywhere.
const fn define_key(
    section: &'static str,
    name: &'static str,
    kind: ValueKind,
    default: &'static str,
    help: &'static str,
) -> SettingKey {
    SettingKey {
        name,
        section,
        kind,
        default,
        role: KeyRole::Plain,
        help,
    }
}

const fn number_kind(min: u64, max: u64) -> ValueKind {
    ValueKind::Number { min, max }
}

pub const BUS_TABLE: KeyTable = KeyTable {
    title: "bus.ini",
    keys: BUS_KEYS,
};

#[rustfmt::skip]
const BUS_KEYS: &[SettingKey] = &[
    define_key("file", "version", number_kind(1, 1), "1", "Version of this file's form."),
    define_key("sics", "listen", ValueKind::Listen, "127.0.0.1:3900", "Address and port of the SICS API."),
    define_key("sics", "tls", ValueKind::Word(&["auto", "on", "off"]), "auto", "HTTPS: `auto` is HTTP on loopback and HTTPS beyond it."),
    define_key("sics", "certificate_file", ValueKind::Path, "", "PEM file with the certificate and its chain; read anew when it changes. Without it the bus makes one of its own."),
    define_key("sics", "key_file", ValueKind::Path, "", "PEM file with the private key of `certificate_file`."),
    define_key("sics", "certificate_names", ValueKind::List, "localhost", "Host names and addresses in the self-made certificate, besides those of `listen`."),
    define_key("sics", "hosts", ValueKind::List, "", "Host names by which the bus is asked, besides addresses, `localhost` and `certificate_names`; those of a reverse proxy before it too (`bus.example.com`, or `bus.example.com:8443` where people see a port). Requests for other names are refused."),
    define_key("sics", "plain_http_beyond_loopback", ValueKind::Flag, "no", "Allows `tls = off` on an address that other machines reach. Passwords and devices then cross the network readable."),
    define_key("sics", "metrics_listen", ValueKind::Listen, "", "A further address for /metrics without sign-in; without it /metrics asks for a token on the API's own port."),
    define_key("sics", "auto_accept", ValueKind::Flag, "no", "Accepts a management server as soon as it announces itself."),
    define_key("limits", "max_connections", number_kind(1, 100_000), "1024", "Open connections. 48 of them at most (half, where there are fewer) are open to whoever has not signed in; where there is no more room the oldest of whoever holds most is closed."),
    define_key("limits", "max_body_kb", number_kind(1, 65_536), "1024", "Largest request body, KiB."),
    define_key("limits", "max_wait_ms", number_kind(0, 60_000), "60000", "Longest wait for changes in one request, milliseconds."),
    define_key("limits", "max_changes", number_kind(1, 10_000), "1000", "Most changes in one answer."),
    define_key("limits", "request_timeout_s", number_kind(1, 3_600), "120", "Longest time for one request, without streams, seconds."),
    define_key("limits", "limit_per_job", number_kind(0, 500), "10", "Devices in one destructive job (wipe, retire, delete …). What raises this or another of these limits waits for a second operator."),
    define_key("limits", "limit_per_hour", number_kind(0, 500), "20", "Destructive actions of a tenant within an hour, all together."),
    define_key("limits", "limit_per_day", number_kind(0, 500), "50", "Destructive actions of a tenant within 24 hours, all together; never more than Intune's own cap of 500 wipes."),
    define_key("limits", "operator_per_hour", number_kind(0, 500), "20", "Destructive actions of one operator within an hour, in all tenants."),
    define_key("limits", "operator_per_day", number_kind(0, 500), "50", "Destructive actions of one operator within 24 hours, in all tenants."),
    define_key("limits", "approval_above", number_kind(0, 500), "3", "A destructive job of more devices needs somebody else's approval."),
    define_key("limits", "approval_per_hour", number_kind(0, 500), "3", "A destructive job needs somebody else's approval where it would make more devices of a tenant, or of one operator over all tenants, within an hour."),
    define_key("limits", "approval_per_day", number_kind(0, 500), "10", "The same within 24 hours."),
    define_key("limits", "approval_always", ValueKind::Flag, "no", "Every destructive job needs somebody else's approval."),
    define_key("limits", "approval_needed", ValueKind::Flag, "yes", "Whether jobs need somebody else's approval at all. For who runs a bus alone for ever; `no` waits for a second person, or 24 hours where there is none."),
    define_key("limits", "disruptive_per_job", number_kind(0, 500_000), "50", "A disruptive job (lock, restart, rename, remediation …) of more devices needs somebody else's approval."),
    define_key("limits", "disruptive_per_hour", number_kind(0, 500_000), "200", "A disruptive job needs somebody else's approval where it would make more devices of a tenant, or of one operator over all tenants, within an hour."),
    define_key("limits", "broken_glass", ValueKind::Flag, "yes", "In an emergency one person may wipe, retire or lock one device without approval, at most 3 in 24 hours for a tenant; everybody is told."),
    define_key("login", "free_attempts", number_kind(0, 1_000), "5", "Wrong passwords of one name or address before answers are slowed."),
    define_key("login", "max_delay_ms", number_kind(0, 60_000), "8000", "Longest that an answer to a wrong password is held back, milliseconds."),
    define_key("login", "remember_min", number_kind(0, 60), "5", "How long a verified password is remembered (as a keyed hash), minutes."),
    define_key("store", "cache_mb", number_kind(1, 4_096), "8", "Page cache of the store, MiB."),
    define_key("store", "commit_ms", number_kind(0, 1_000), "5", "Longest that a change waits for others to be committed with, milliseconds."),
    define_key("store", "min_free_mb", number_kind(0, 1_000_000_000), "100", "Below so much free disk space readiness says so, MiB; 0 switches the check off."),
    define_key("store", "mark_file", ValueKind::Path, "", "A second place for the high-water mark `bus.mark`, outside of the data folder and best on another machine's disk: by it the bus notices when the whole folder was put back to what it was before."),
    define_key("log", "format", ValueKind::Word(&["text", "json"]), "text", "How log lines are written."),
    define_key("log", "level", ValueKind::Word(&["error", "warn", "info", "debug", "trace"]), "info", "The least important lines that are written. INTUNE_CONNECTOR_LOG overrides it."),
    define_key("log", "files", ValueKind::Flag, "yes", "Writes daily files into logs/ as well as to the console."),
    define_key("log", "keep_days", number_kind(1, 3_650), "30", "Log files older than so many days are deleted."),
    define_key("log", "max_total_mb", number_kind(1, 1_048_576), "1024", "All log files together, MiB; the oldest are deleted first."),
];
