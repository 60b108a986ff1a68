//! Every key of `instances/IntuneConnector_N.ini`. The credential keys come four times: for the scan (no prefix), the
//! next credential (`next_`), actions (`actions_`) and orders (`orders_`).

use super::keys::{KeyRole, KeyTable, SecretUse, SettingKey, ValueKind};
use super::node_keys::NODE;

pub(super) const fn define_key(
    section: &'static str,
    name: &'static str,
    kind: ValueKind,
    default: &'static str,
    role: KeyRole,
    help: &'static str,
) -> SettingKey {
    SettingKey {
        name,
        section,
        kind,
        default,
        role,
        help,
    }
}

pub(super) const fn define_secret(
    section: &'static str,
    name: &'static str,
    kind: ValueKind,
    sent_for: SecretUse,
    help: &'static str,
) -> SettingKey {
    define_key(section, name, kind, "", KeyRole::Secret(sent_for), help)
}

// What a row says of secrets (E7). Plain: nothing of where one goes.
pub(super) const PLAIN: KeyRole = KeyRole::Plain;
/// The way out: all secrets go along it.
const EVERYTHING: KeyRole = KeyRole::Leads(SecretUse::ALL);
const SIGN_INS: KeyRole = KeyRole::Leads(SecretUse::SIGN_INS);
const SEALED_SIGN_INS: KeyRole = KeyRole::SealedLeads(SecretUse::SIGN_INS);
const NEXT_SIGN_IN: KeyRole = KeyRole::Leads(&[SecretUse::NextSignIn]);
const ACTIONS_SIGN_IN: KeyRole = KeyRole::Leads(&[SecretUse::ActionsSignIn]);
const ORDERS_SIGN_IN: KeyRole = KeyRole::Leads(&[SecretUse::OrdersSignIn]);
const THE_PROXY: KeyRole = KeyRole::Leads(&[SecretUse::ProxyPassword]);
pub(super) const A_USER: KeyRole = KeyRole::Leads(&[SecretUse::UserPassword]);

pub(super) const fn number_kind(min: u64, max: u64) -> ValueKind {
    ValueKind::Number { min, max }
}

pub const INSTANCE_TABLE: KeyTable = KeyTable {
    title: "instances/IntuneConnector_N.ini",
    keys: INSTANCE_KEYS,
};

/// The rows of one credential. `client_id` of the scan's own stands in `[tenant]`, those of the others here.
macro_rules! credential_keys {
    ($section:literal, $prefix:literal, $sign_in:expr) => {
        [
            define_secret(
                $section,
                concat!($prefix, "secret"),
                ValueKind::SecretText,
                $sign_in,
                "Client secret (its value, not its id); sealed when first read.",
            ),
            define_key(
                $section,
                concat!($prefix, "secret_file"),
                ValueKind::Path,
                "",
                PLAIN,
                "File with the client secret; read once, then sealed in its place.",
            ),
            define_key(
                $section,
                concat!($prefix, "secret_expires_on"),
                ValueKind::Date,
                "",
                PLAIN,
                "Last day of the client secret, for warnings 30, 7 and 1 days ahead.",
            ),
            define_secret(
                $section,
                concat!($prefix, "pfx"),
                ValueKind::SecretBytes,
                $sign_in,
                "Certificate and key as PKCS#12, base64; sealed when first read.",
            ),
            define_key(
                $section,
                concat!($prefix, "pfx_file"),
                ValueKind::Path,
                "",
                PLAIN,
                "PKCS#12 file; read once, then sealed in its place.",
            ),
            define_secret(
                $section,
                concat!($prefix, "pfx_password"),
                ValueKind::SecretText,
                $sign_in,
                "Password of the PKCS#12 file; sealed when first read.",
            ),
            define_key(
                $section,
                concat!($prefix, "pfx_password_file"),
                ValueKind::Path,
                "",
                PLAIN,
                "File with the password of the PKCS#12 file; read once, then sealed in its place.",
            ),
            define_secret(
                $section,
                concat!($prefix, "cert"),
                ValueKind::SecretText,
                $sign_in,
                "Certificate as PEM; sealed when first read.",
            ),
            define_key(
                $section,
                concat!($prefix, "cert_file"),
                ValueKind::Path,
                "",
                PLAIN,
                "PEM file with the certificate; read once, then sealed in its place.",
            ),
            define_secret(
                $section,
                concat!($prefix, "key"),
                ValueKind::SecretText,
                $sign_in,
                "Private key as PEM; sealed when first read.",
            ),
            define_key(
                $section,
                concat!($prefix, "key_file"),
                ValueKind::Path,
                "",
                PLAIN,
                "PEM file with the private key; read once, then sealed in its place.",
            ),
            define_key(
                $section,
                concat!($prefix, "token_file"),
                ValueKind::Path,
                "",
                KeyRole::SentFile($sign_in),
                "Workload identity: the file's content is the assertion, read anew for each token. Set here or by `instances token-file`, never over the API.",
            ),
            define_key(
                $section,
                concat!($prefix, "algorithm"),
                ValueKind::Word(&["ps256", "rs256"]),
                "ps256",
                PLAIN,
                "How assertions are signed with the certificate: ps256 names it by SHA-256, rs256 by SHA-1.",
            ),
        ]
    };
}

const CREDENTIAL_ROWS: usize = 13;

#[rustfmt::skip]
const HEAD: [SettingKey; 6] = [
    define_key("file", "version", number_kind(1, 1), "1", PLAIN, "Version of this file's form."),
    define_key("tenant", "tenant_id", ValueKind::Tenant, "", KeyRole::Fixed, "Entra tenant id (GUID or domain). It can't be changed later: add another instance instead."),
    define_key("tenant", "client_id", ValueKind::Guid, "", SIGN_INS, "Application (client) id of the app registration."),
    define_key("tenant", "cloud", ValueKind::Word(&["global", "usgov", "dod", "china"]), "global", SIGN_INS, "National cloud: usgov is GCC High, dod the Department of Defense, china 21Vianet."),
    define_key("tenant", "login_url", ValueKind::SafeUrl, "", SIGN_INS, "Login host in place of the cloud's own, e.g. a simulator's."),
    define_key("tenant", "graph_url", ValueKind::SafeUrl, "", SIGN_INS, "Graph host in place of the cloud's own, without version."),
];

#[rustfmt::skip]
const SIGN_IN: [SettingKey; CREDENTIAL_ROWS] = credential_keys!("sign-in", "", SecretUse::ScanSignIn);
#[rustfmt::skip]
const NEXT_CLIENT: SettingKey = define_key("next sign-in", "next_client_id", ValueKind::Guid, "", NEXT_SIGN_IN, "Client id of the next credential, if it is another one.");
#[rustfmt::skip]
const NEXT: [SettingKey; CREDENTIAL_ROWS] = credential_keys!("next sign-in", "next_", SecretUse::NextSignIn);
#[rustfmt::skip]
const ACTIONS_CLIENT: SettingKey = define_key("actions sign-in", "actions_client_id", ValueKind::Guid, "", ACTIONS_SIGN_IN, "Client id for actions, if it is another one.");
#[rustfmt::skip]
const ACTIONS: [SettingKey; CREDENTIAL_ROWS] = credential_keys!("actions sign-in", "actions_", SecretUse::ActionsSignIn);
#[rustfmt::skip]
const ORDERS_CLIENT: SettingKey = define_key("orders sign-in", "orders_client_id", ValueKind::Guid, "", ORDERS_SIGN_IN, "Client id for orders, if it is another one.");
#[rustfmt::skip]
const ORDERS: [SettingKey; CREDENTIAL_ROWS] = credential_keys!("orders sign-in", "orders_", SecretUse::OrdersSignIn);

#[rustfmt::skip]
const TAIL: [SettingKey; 36] = [
    define_key("network", "proxy", ValueKind::ProxyUrl, "", EVERYTHING, "Proxy, `http://host:port`; one that is spoken to by TLS (`https://`) is not supported. Without it the usual environment variables hold."),
    define_key("network", "proxy_user", ValueKind::Text, "", THE_PROXY, "User name for the proxy."),
    define_secret("network", "proxy_password", ValueKind::SecretText, SecretUse::ProxyPassword, "Password for the proxy; sealed when first read."),
    define_key("network", "proxy_password_file", ValueKind::Path, "", PLAIN, "File with the password for the proxy; read once, then sealed in its place."),
    define_key("network", "no_proxy", ValueKind::List, "", EVERYTHING, "Hosts, .domains and networks that are reached without the proxy."),
    define_key("network", "ca", ValueKind::SecretText, "", SEALED_SIGN_INS, "Further certificate authorities as PEM, for proxies that inspect TLS; sealed when first read."),
    define_key("network", "ca_file", ValueKind::Path, "", PLAIN, "PEM file with further certificate authorities; read once, then sealed in its place."),
    define_key("audience", "servers", ValueKind::Audience, "*", PLAIN, "Who receives the changes: `*` (every accepted server that may read this instance) or server ids."),
    define_key("scan", "enabled", ValueKind::Flag, "yes", PLAIN, "Whether this instance scans by itself."),
    define_key("scan", "incremental", ValueKind::Trigger, "every 15m", PLAIN, "When devices that checked in are read: `every 15m`, a cron expression, or `off`."),
    define_key("scan", "full", ValueKind::TriggerOrAuto, "auto", PLAIN, "When all devices are read; only this finds missing ones. `auto` is every 4 hours, daily above 100,000 devices."),
    define_key("scan", "zone", ValueKind::Zone, "UTC", PLAIN, "Time zone of the cron expressions."),
    define_key("scan", "jitter_s", number_kind(0, 3_600), "30", PLAIN, "A due scan starts up to so many seconds later, so that instances do not start together."),
    define_key("scan", "overlap_s", number_kind(0, 86_400), "600", PLAIN, "An incremental scan looks so many seconds further back than the last one began."),
    define_key("scan", "page_size", number_kind(1, 1_000), "1000", PLAIN, "Devices a page (`$top`)."),
    define_key("scan", "max_pages", number_kind(1, 1_000_000), "20000", PLAIN, "A scan with more pages than this is broken off."),
    define_key("scan", "max_body_mb", number_kind(1, 256), "16", PLAIN, "Largest answer that is read, MiB."),
    define_key("scan", "request_timeout_s", number_kind(5, 600), "100", PLAIN, "A whole request to Graph, connect to last byte, seconds."),
    define_key("scan", "budget_percent", number_kind(1, 100), "50", PLAIN, "Share of Graph's published limits that is used."),
    define_key("scan", "brake_percent", ValueKind::Decimal { max: 50 }, "5", PLAIN, "The brake: above so many percent of the fleet (and above `brake_devices`) nothing is called gone unconfirmed."),
    define_key("scan", "brake_devices", number_kind(0, 1_000_000), "10", PLAIN, "The brake: up to so many devices may go at once in any fleet."),
    define_key("devices", "fields", ValueKind::List, "all", PLAIN, "Graph properties that are read and passed on: `all` or a list."),
    define_key("devices", "filter", ValueKind::Cel, "", PLAIN, "CEL over the device; where it is false the device is left out."),
    define_key("devices", "personal", ValueKind::Word(&["full", "reduced", "left_out"]), "full", PLAIN, "Personal devices: all fields, without user, phone number and place, or not at all."),
    define_key("devices", "class_N", ValueKind::ClassRule, "", PLAIN, "Own device classes, `phone: <CEL>`; asked in the order of their numbers, before the built-in rules."),
    define_key("devices", "volatile_hours", number_kind(1, 8_760), "24", PLAIN, "Free space, battery and check-in time make a change of their own at most this often, hours."),
    define_key("devices", "enrich", ValueKind::Word(&["off", "new", "daily"]), "new", PLAIN, "Fields that only a request for the single device fills: never, once per enrolment, or daily."),
    define_key("devices", "tombstone_days", number_kind(1, 90), "90", PLAIN, "Devices that have gone are remembered for servers that were away at most so many days."),
    define_key("actions", "verbs", ValueKind::Verbs, "", PLAIN, "Actions that are switched on, such as `sync, notify, remoteLock`; none without it. Each that is added later waits for a second operator."),
    define_key("actions", "never_touch", ValueKind::Cel, "", PLAIN, "CEL over the device; where it is true, or fails, nothing but a synchronisation touches the device."),
    define_key("actions", "never_touch_ids", ValueKind::Guids, "", PLAIN, "Ids of devices that nothing but a synchronisation touches."),
    define_key("actions", "personal_allowed", ValueKind::Verbs, "", PLAIN, "Actions that are let through on personal devices although they are refused there by default: wipe, locate, resetPasscode, freshStart."),
    define_key("actions", "maintenance_windows", ValueKind::Windows, "", PLAIN, "When actions may go out: `0 22 * * 1-5 for 6h in Europe/Berlin; 0 0 * * 6 for 2d in UTC`; always without it."),
    define_key("actions", "verb_versions", ValueKind::VerbVersions, "", PLAIN, "Versions of Graph other than the actions' own: `rename=v1.0, locate=beta`."),
    define_key("actions", "on_demand", ValueKind::Text, "", PLAIN, "What jobs may call the definition that takes them on, beside IntuneActions_N."),
    define_key("actions", "definitions", ValueKind::Definitions, "", PLAIN, "Names by which jobs may call for actions: `lost-laptop=remoteLock`."),
];

const TOTAL: usize = HEAD.len() + 4 * CREDENTIAL_ROWS + 3 + TAIL.len() + NODE.len();

const fn all_keys() -> [SettingKey; TOTAL] {
    let mut keys = [HEAD[0]; TOTAL];
    let mut at = copy_keys(&mut keys, 0, &HEAD);
    at = copy_keys(&mut keys, at, &SIGN_IN);
    at = copy_keys(&mut keys, at, &[NEXT_CLIENT]);
    at = copy_keys(&mut keys, at, &NEXT);
    at = copy_keys(&mut keys, at, &[ACTIONS_CLIENT]);
    at = copy_keys(&mut keys, at, &ACTIONS);
    at = copy_keys(&mut keys, at, &[ORDERS_CLIENT]);
    at = copy_keys(&mut keys, at, &ORDERS);
    at = copy_keys(&mut keys, at, &TAIL);
    at = copy_keys(&mut keys, at, &NODE);
    assert!(at == TOTAL);
    keys
}

const fn copy_keys(keys: &mut [SettingKey; TOTAL], mut at: usize, part: &[SettingKey]) -> usize {
    let mut i = 0;
    while i < part.len() {
        keys[at] = part[i];
        i += 1;
        at += 1;
    }
    at
}

const INSTANCE_KEYS: &[SettingKey] = &all_keys();
