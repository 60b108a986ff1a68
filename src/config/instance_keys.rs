//! Every key of `instances/IntuneConnector_N.ini`. The credential keys come three times: for the scan (no prefix), the
//! next credential (`next_`) and actions (`actions_`).

use super::keys::{KeyRole, KeyTable, RetiredKeys, SecretUse, SettingKey, ValueKind};
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

// What a row says about secrets (E7). Plain: it does not decide where a secret is sent.
pub(super) const PLAIN: KeyRole = KeyRole::Plain;
/// The network path: all secrets are sent along it.
const EVERYTHING: KeyRole = KeyRole::Leads(SecretUse::ALL);
const SIGN_INS: KeyRole = KeyRole::Leads(SecretUse::SIGN_INS);
const SEALED_SIGN_INS: KeyRole = KeyRole::SealedLeads(SecretUse::SIGN_INS);
const NEXT_SIGN_IN: KeyRole = KeyRole::Leads(&[SecretUse::NextSignIn]);
const ACTIONS_SIGN_IN: KeyRole = KeyRole::Leads(&[SecretUse::ActionsSignIn]);
const THE_PROXY: KeyRole = KeyRole::Leads(&[SecretUse::ProxyPassword]);
pub(super) const A_USER: KeyRole = KeyRole::Leads(&[SecretUse::UserPassword]);

pub(super) const fn number_kind(min: u64, max: u64) -> ValueKind {
    ValueKind::Number { min, max }
}

pub const INSTANCE_TABLE: KeyTable = KeyTable {
    title: "instances/IntuneConnector_N.ini",
    keys: INSTANCE_KEYS,
    retired: &[RetiredKeys {
        prefix: "orders_",
        section: "orders sign-in",
        advice: "delete these lines; app orders are a product of their own now: intune-connector install intune-app-orders",
    }],
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
                "File with the client secret; read once, then its sealed content replaces this line.",
            ),
            define_key(
                $section,
                concat!($prefix, "secret_expires_on"),
                ValueKind::Date,
                "",
                PLAIN,
                "Last day on which the client secret is valid; warnings follow 30, 7 and 1 days before.",
            ),
            define_secret(
                $section,
                concat!($prefix, "pfx"),
                ValueKind::SecretBytes,
                $sign_in,
                "Certificate and private key as PKCS#12 in base64; sealed when first read.",
            ),
            define_key(
                $section,
                concat!($prefix, "pfx_file"),
                ValueKind::Path,
                "",
                PLAIN,
                "PKCS#12 file; read once, then its sealed content replaces this line.",
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
                "File with the password of the PKCS#12 file; read once, then its sealed content replaces this line.",
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
                "PEM file with the certificate; read once, then its sealed content replaces this line.",
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
                "PEM file with the private key; read once, then its sealed content replaces this line.",
            ),
            define_key(
                $section,
                concat!($prefix, "token_file"),
                ValueKind::Path,
                "",
                KeyRole::SentFile($sign_in),
                "Workload identity: file with the assertion, read again for each token. Set it here or with `instances token-file`; the API does not accept it.",
            ),
            define_key(
                $section,
                concat!($prefix, "algorithm"),
                ValueKind::Word(&["ps256", "rs256"]),
                "ps256",
                PLAIN,
                "Signing algorithm for assertions; ps256 identifies the certificate by SHA-256, rs256 by SHA-1.",
            ),
        ]
    };
}

const CREDENTIAL_ROWS: usize = 13;

#[rustfmt::skip]
const HEAD: [SettingKey; 6] = [
    define_key("file", "version", number_kind(1, 1), "1", PLAIN, "Format version of this file."),
    define_key("tenant", "tenant_id", ValueKind::Tenant, "", KeyRole::Fixed, "Entra tenant id (GUID or domain). It cannot be changed later; add another instance instead."),
    define_key("tenant", "client_id", ValueKind::Guid, "", SIGN_INS, "Application (client) id of the app registration."),
    define_key("tenant", "cloud", ValueKind::Word(&["global", "usgov", "dod", "china"]), "global", SIGN_INS, "National cloud: usgov is GCC High, dod the Department of Defense, china 21Vianet."),
    define_key("tenant", "login_url", ValueKind::SafeUrl, "", SIGN_INS, "Login host to use instead of the cloud's own, e.g. a simulator's."),
    define_key("tenant", "graph_url", ValueKind::SafeUrl, "", SIGN_INS, "Graph host to use instead of the cloud's own, without the version."),
];

#[rustfmt::skip]
const SIGN_IN: [SettingKey; CREDENTIAL_ROWS] = credential_keys!("sign-in", "", SecretUse::ScanSignIn);
#[rustfmt::skip]
const NEXT_CLIENT: SettingKey = define_key("next sign-in", "next_client_id", ValueKind::Guid, "", NEXT_SIGN_IN, "Client id for the next credential, if different.");
#[rustfmt::skip]
const NEXT: [SettingKey; CREDENTIAL_ROWS] = credential_keys!("next sign-in", "next_", SecretUse::NextSignIn);
#[rustfmt::skip]
const ACTIONS_CLIENT: SettingKey = define_key("actions sign-in", "actions_client_id", ValueKind::Guid, "", ACTIONS_SIGN_IN, "Client id for actions, if different.");
#[rustfmt::skip]
const ACTIONS: [SettingKey; CREDENTIAL_ROWS] = credential_keys!("actions sign-in", "actions_", SecretUse::ActionsSignIn);

#[rustfmt::skip]
const TAIL: [SettingKey; 38] = [
    define_key("network", "proxy", ValueKind::ProxyUrl, "", EVERYTHING, "Proxy, `http://host:port`; a proxy that is reached over TLS (`https://`) is not supported. If not set, the usual environment variables apply."),
    define_key("network", "proxy_user", ValueKind::Text, "", THE_PROXY, "User name for the proxy."),
    define_secret("network", "proxy_password", ValueKind::SecretText, SecretUse::ProxyPassword, "Password for the proxy; sealed when first read."),
    define_key("network", "proxy_password_file", ValueKind::Path, "", PLAIN, "File with the password for the proxy; read once, then its sealed content replaces this line."),
    define_key("network", "no_proxy", ValueKind::List, "", EVERYTHING, "Hosts, .domains and networks that are reached without the proxy."),
    define_key("network", "ca", ValueKind::SecretText, "", SEALED_SIGN_INS, "Additional certificate authorities as PEM, for proxies that inspect TLS; sealed when first read."),
    define_key("network", "ca_file", ValueKind::Path, "", PLAIN, "PEM file with additional certificate authorities; read once, then its sealed content replaces this line."),
    define_key("audience", "servers", ValueKind::Audience, "*", PLAIN, "Servers that receive the changes: `*` (every accepted server that may read this instance) or server ids."),
    define_key("scan", "enabled", ValueKind::Flag, "yes", PLAIN, "Whether this instance scans automatically."),
    define_key("scan", "incremental", ValueKind::Trigger, "every 2m", PLAIN, "When to read devices that have checked in, and the number of enrolled devices: `every 2m`, a cron expression, or `off`. An interval grows by itself, up to 15 minutes, while the request budget is short."),
    define_key("scan", "full", ValueKind::TriggerOrAuto, "auto", PLAIN, "When to read all devices; only a full scan finds missing devices. `auto` is every 4 hours, or daily above 100,000 devices. A full scan also starts when the number of enrolled devices has changed otherwise than the known devices."),
    define_key("scan", "zone", ValueKind::Zone, "UTC", PLAIN, "Time zone of the cron expressions."),
    define_key("scan", "jitter_s", number_kind(0, 3_600), "30", PLAIN, "A due scan starts up to this many seconds late, so that instances do not start together."),
    define_key("scan", "overlap_s", number_kind(0, 86_400), "600", PLAIN, "An incremental scan reads from this many seconds before the start of the last one."),
    define_key("scan", "page_size", number_kind(1, 1_000), "1000", PLAIN, "Devices per page (`$top`)."),
    define_key("scan", "max_pages", number_kind(1, 1_000_000), "20000", PLAIN, "A scan with more pages than this is aborted."),
    define_key("scan", "max_body_mb", number_kind(1, 256), "16", PLAIN, "Largest response that is read, in MiB."),
    define_key("scan", "request_timeout_s", number_kind(5, 600), "100", PLAIN, "Timeout for a whole request to Graph, from connecting to the last byte, in seconds."),
    define_key("scan", "budget_percent", number_kind(1, 100), "50", PLAIN, "Share of Graph's published limits that may be used, in percent."),
    define_key("scan", "brake_percent", ValueKind::Decimal { max: 50 }, "5", PLAIN, "Deletion brake: if more than this percentage of the fleet (and more than `brake_devices`) is missing, no device is reported as gone without confirmation."),
    define_key("scan", "brake_devices", number_kind(0, 1_000_000), "10", PLAIN, "Deletion brake: up to this many devices may be reported as gone at once, in a fleet of any size."),
    define_key("devices", "fields", ValueKind::List, "all", PLAIN, "Graph properties that are read and passed on: `all` or a list."),
    define_key("devices", "filter", ValueKind::Cel, "", PLAIN, "CEL expression over the device; devices for which it is false are left out."),
    define_key("devices", "personal", ValueKind::Word(&["full", "reduced", "left_out"]), "full", PLAIN, "Personal devices: with all fields (full), without user, phone number and location (reduced), or not at all (left_out)."),
    define_key("devices", "class_N", ValueKind::ClassRule, "", PLAIN, "Custom device classes, `phone: <CEL>`; checked in the order of their numbers, before the built-in rules."),
    define_key("devices", "volatile_hours", number_kind(1, 8_760), "24", PLAIN, "Free space, battery and check-in time alone cause a change at most once in this many hours."),
    define_key("devices", "enrich", ValueKind::Word(&["off", "new", "daily"]), "new", PLAIN, "When to read the fields that only a request for a single device returns: never (off), once per enrolment (new), or daily."),
    define_key("devices", "primary_user", ValueKind::Word(&["off", "on", "daily"]), "on", PLAIN, "When to read the primary user of a device, the field `primaryUser`: never (off), of new and changed devices (on), or of every device daily too. If Microsoft refuses it, the field stays empty."),
    define_key("devices", "tombstone_days", number_kind(1, 90), "90", PLAIN, "Devices that have gone are remembered for at most this many days, for servers that were away."),
    define_key("devices", "history_days", number_kind(0, 365), "90", PLAIN, "The history of a device (changed fields, earlier ids, compliance decisions) is kept for this many days, also after the device has gone; 0 keeps none."),
    define_key("actions", "verbs", ValueKind::Verbs, "", PLAIN, "Actions that are enabled, such as `sync, notify, remoteLock`; none if not set. An action that is added later waits for a second person."),
    define_key("actions", "never_touch", ValueKind::Cel, "", PLAIN, "CEL expression over the device; devices for which it is true, or fails, can only be synchronised."),
    define_key("actions", "never_touch_ids", ValueKind::Guids, "", PLAIN, "Ids of devices that can only be synchronised."),
    define_key("actions", "personal_allowed", ValueKind::PersonalVerbs, "", PLAIN, "Actions that are allowed on personal devices although they are refused there by default: wipe, locate, resetPasscode, freshStart."),
    define_key("actions", "maintenance_windows", ValueKind::Windows, "", PLAIN, "When actions may be sent: `0 22 * * 1-5 for 6h in Europe/Berlin; 0 0 * * 6 for 2d in UTC`; always if not set."),
    define_key("actions", "verb_versions", ValueKind::VerbVersions, "", PLAIN, "Graph versions to use instead of the actions' own: `rename=v1.0, locate=beta`."),
    define_key("actions", "on_demand", ValueKind::Text, "", PLAIN, "Name by which jobs may call the definition that accepts them, besides IntuneActions_N."),
    define_key("actions", "definitions", ValueKind::Definitions, "", PLAIN, "Names that jobs may use for actions: `lost-laptop=remoteLock`."),
];

const TOTAL: usize = HEAD.len() + 3 * CREDENTIAL_ROWS + 2 + TAIL.len() + NODE.len();

const fn all_keys() -> [SettingKey; TOTAL] {
    let mut keys = [HEAD[0]; TOTAL];
    let mut at = copy_keys(&mut keys, 0, &HEAD);
    at = copy_keys(&mut keys, at, &SIGN_IN);
    at = copy_keys(&mut keys, at, &[NEXT_CLIENT]);
    at = copy_keys(&mut keys, at, &NEXT);
    at = copy_keys(&mut keys, at, &[ACTIONS_CLIENT]);
    at = copy_keys(&mut keys, at, &ACTIONS);
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

pub(super) const INSTANCE_KEYS: &[SettingKey] = &all_keys();
