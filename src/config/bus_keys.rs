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
    retired: &[],
};

#[rustfmt::skip]
const BUS_KEYS: &[SettingKey] = &[
    define_key("file", "version", number_kind(1, 1), "1", "Format version of this file."),
    define_key("sics", "listen", ValueKind::Listen, "127.0.0.1:3900", "Address and port of the SICS API."),
    define_key("sics", "tls", ValueKind::Word(&["auto", "on", "off"]), "auto", "HTTPS: `auto` is HTTP on loopback addresses and HTTPS on all others."),
    define_key("sics", "certificate_file", ValueKind::Path, "", "PEM file with the certificate and its chain; read again when it changes. If not set, the bus creates a self-signed certificate."),
    define_key("sics", "key_file", ValueKind::Path, "", "PEM file with the private key of `certificate_file`."),
    define_key("sics", "certificate_names", ValueKind::CertificateNames, "localhost", "Host names and addresses in the self-signed certificate, besides those of `listen`."),
    define_key("sics", "hosts", ValueKind::Hosts, "", "Host names by which clients reach the bus, besides addresses, `localhost` and `certificate_names`; include those of a reverse proxy (`bus.example.com`, or `bus.example.com:8443` if the URL has a port). Requests for other names are refused."),
    define_key("sics", "plain_http_beyond_loopback", ValueKind::Flag, "no", "Allows `tls = off` on an address that other machines can reach. Passwords and device data then cross the network unencrypted."),
    define_key("sics", "metrics_listen", ValueKind::Listen, "", "Additional address for /metrics without sign-in; if not set, /metrics is on the API port and requires a token."),
    define_key("sics", "auto_accept", ValueKind::Flag, "no", "Accepts a management server as soon as it announces itself."),
    define_key("console", "console_listen", ValueKind::ListenOrAuto, "auto", "Address and port of the web console. `auto`: 127.0.0.1, on the port after that of `listen`; `off`: no console."),
    define_key("console", "console_url", ValueKind::ConsoleUrl, "", "Address by which browsers reach the console, if a reverse proxy is in front of it (`https://tools.example.com/intune`); its host name is accepted, its path precedes all paths."),
    define_key("console", "trusted_proxies", ValueKind::Networks, "", "Addresses or networks of reverse proxies whose header X-Forwarded-For tells the address of the browser."),
    define_key("limits", "max_connections", number_kind(1, 100_000), "1024", "Maximum number of open connections. Clients that have not signed in get at most 48 of them, and at most half; when all are in use, the oldest connection of the client with the most connections is closed."),
    define_key("limits", "max_body_kb", number_kind(1, 65_536), "1024", "Largest request body, in KiB."),
    define_key("limits", "max_wait_ms", number_kind(0, 60_000), "60000", "Longest wait for changes in one request, in milliseconds."),
    define_key("limits", "max_changes", number_kind(1, 10_000), "1000", "Maximum number of changes in one response."),
    define_key("limits", "request_timeout_s", number_kind(1, 3_600), "120", "Timeout for one request, except streams, in seconds."),
    define_key("limits", "limit_per_job", number_kind(0, 500), "10", "Maximum number of devices in one destructive job (wipe, retire, delete …). Raising this or another of these limits waits for a second person."),
    define_key("limits", "limit_per_hour", number_kind(0, 500), "20", "Maximum number of destructive actions in a tenant within an hour."),
    define_key("limits", "limit_per_day", number_kind(0, 500), "50", "Maximum number of destructive actions in a tenant within 24 hours; never more than Intune's own cap of 500 wipes."),
    define_key("limits", "operator_per_hour", number_kind(0, 500), "20", "Maximum number of destructive actions by one operator within an hour, in all tenants."),
    define_key("limits", "operator_per_day", number_kind(0, 500), "50", "Maximum number of destructive actions by one operator within 24 hours, in all tenants."),
    define_key("limits", "approval_above", number_kind(0, 500), "3", "A destructive job with more devices than this needs another person's approval."),
    define_key("limits", "approval_per_hour", number_kind(0, 500), "3", "A destructive job needs another person's approval if it would exceed this many devices within an hour, in a tenant or for one operator in all tenants."),
    define_key("limits", "approval_per_day", number_kind(0, 500), "10", "The same within 24 hours."),
    define_key("limits", "approval_always", ValueKind::Flag, "no", "Every destructive job needs another person's approval."),
    define_key("limits", "approval_needed", ValueKind::Flag, "yes", "Whether jobs need another person's approval at all. `no` is meant for a bus with a single operator; the change waits for a second person, or for 24 hours if there is none."),
    define_key("limits", "disruptive_per_job", number_kind(0, 500_000), "50", "A disruptive job (lock, restart, rename, remediation …) with more devices than this needs another person's approval."),
    define_key("limits", "disruptive_per_hour", number_kind(0, 500_000), "200", "A disruptive job needs another person's approval if it would exceed this many devices within an hour, in a tenant or for one operator in all tenants."),
    define_key("limits", "broken_glass", ValueKind::Flag, "yes", "In an emergency, one person may wipe, retire or lock one device without approval, at most 3 in 24 hours per tenant; everyone is notified."),
    define_key("login", "free_attempts", number_kind(0, 1_000), "5", "Number of wrong passwords for one name or address before responses are delayed."),
    define_key("login", "max_delay_ms", number_kind(0, 60_000), "8000", "Longest delay of the response to a wrong password, in milliseconds."),
    define_key("login", "remember_min", number_kind(0, 60), "5", "How long a verified password is remembered (as a keyed hash), in minutes."),
    define_key("login", "session_idle_min", number_kind(1, 1_440), "60", "A session of the console ends when it was not used for this long, in minutes."),
    define_key("login", "session_max_h", number_kind(1, 720), "12", "A session of the console ends this long after the sign-in, however much it is used, in hours."),
    define_key("login", "second_factor", ValueKind::Word(&["off", "privileged"]), "off", "With `privileged`, approving, destructive jobs of people, breaking the glass and switching the kill switch off require a sign-in with a second factor."),
    define_key("store", "cache_mb", number_kind(1, 4_096), "8", "Page cache of the store, in MiB."),
    define_key("store", "commit_ms", number_kind(0, 1_000), "5", "Longest time that a change waits to be committed together with others, in milliseconds."),
    define_key("store", "min_free_mb", number_kind(0, 1_000_000_000), "100", "The readiness check fails when less disk space than this is free, in MiB; 0 turns the check off."),
    define_key("store", "mark_file", ValueKind::Path, "", "Second location of the high-water mark `bus.mark`, outside the data folder and ideally on another machine's disk; with it the bus detects when the whole folder was restored to an earlier state."),
    define_key("store", "order_history_days", number_kind(1, 3_650), "365", "What happened to an order of an app is kept for this many days after the order has ended, then only how it was placed and how it ended."),
    define_key("targets", "target_folders", ValueKind::Folders, "", "Folders outside the data folder in which targets may keep files, each with a name: `reports=/srv/reports; share=/mnt/share`. Wizard and API choose one by its name; a target reads the list when it starts."),
    define_key("log", "format", ValueKind::Word(&["text", "json"]), "text", "Format of log lines."),
    define_key("log", "level", ValueKind::Word(&["error", "warn", "info", "debug", "trace"]), "info", "Lowest level of log lines that are written. INTUNE_CONNECTOR_LOG overrides it."),
    define_key("log", "files", ValueKind::Flag, "yes", "Writes daily log files to logs/ in addition to the console."),
    define_key("log", "keep_days", number_kind(1, 3_650), "30", "Log files older than this many days are deleted."),
    define_key("log", "max_total_mb", number_kind(1, 1_048_576), "1024", "Maximum total size of all log files, in MiB; the oldest are deleted first."),
];
