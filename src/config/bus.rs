//! `bus.ini` as typed values.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use ipnet::IpNet;
use url::Url;

use super::address_parsers;
use super::bus_keys::BUS_TABLE;
use super::console_address::ConsoleAddress;
use super::error::SettingsError;
use super::host_names;
use super::output_place::NamedFolder;
use super::setting_values::{SettingSource, SettingValues};
use super::target_parsers;
use super::value_parsers;
use crate::observe::{LogFormat, LogSettings};

#[derive(Debug, Clone, PartialEq)]
pub struct BusSettings {
    pub listen: SocketAddr,
    pub tls: TlsSettings,
    /// Names by which it is asked, those of `certificate_names` among them.
    pub hosts: Vec<String>,
    /// Allows `tls = off` on an address that other machines reach.
    pub plain_http_beyond_loopback: bool,
    /// A further address for `/metrics`, there without sign-in.
    pub metrics_listen: Option<SocketAddr>,
    pub console: ConsoleDoor,
    /// Accept management servers as soon as they announce themselves.
    pub auto_accept: bool,
    pub api: ApiLimits,
    pub limits: ActionLimits,
    pub approval: ApprovalSettings,
    pub login: LoginSettings,
    pub store: StoreSettings,
    /// Where targets may keep files, outside the data folder.
    pub target_folders: Vec<NamedFolder>,
    pub log: LogSettings,
}

/// Where the web console is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsoleDoor {
    pub address: ConsoleAddress,
    /// As browsers reach it behind a reverse proxy.
    pub url: Option<Url>,
    /// Whose word on the address of a browser is taken.
    pub trusted_proxies: Vec<IpNet>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsSettings {
    pub mode: TlsMode,
    /// PEM chain; read anew when it changes. `None`: a self-made one.
    pub certificate_file: Option<PathBuf>,
    pub key_file: Option<PathBuf>,
    /// Names and addresses in the self-made certificate, besides those of `listen`.
    pub certificate_names: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TlsMode {
    /// HTTP on loopback, HTTPS beyond it.
    Auto,
    On,
    Off,
}

/// Bounds of the API (also its published defaults).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiLimits {
    pub max_connections: usize,
    pub max_body_bytes: usize,
    pub max_wait_ms: u64,
    pub max_changes: u32,
    pub request_timeout_s: u64,
}

/// Bounds of destructive and disruptive actions, as wished; what holds is in the store (A7).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ActionLimits {
    pub per_job: u64,
    pub per_hour: u64,
    pub per_day: u64,
    pub operator_per_hour: u64,
    pub operator_per_day: u64,
    pub disruptive_per_job: u64,
    pub disruptive_per_hour: u64,
}

/// When a destructive job needs somebody else, as wished.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ApprovalSettings {
    pub needed: bool,
    pub always: bool,
    pub above: u64,
    pub per_hour: u64,
    pub per_day: u64,
    pub broken_glass: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoginSettings {
    /// Wrong passwords before answers are slowed.
    pub free_attempts: u32,
    pub max_delay_ms: u64,
    /// How long a verified password is remembered, by keyed hash.
    pub remember_s: u64,
    /// A session that was not used for so long is over.
    pub session_idle_s: u64,
    /// However much it is used.
    pub session_max_s: u64,
    pub second_factor: SecondFactorRule,
}

/// Who has to sign in with a second factor, beyond those who have set one up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecondFactorRule {
    /// Nobody.
    Off,
    /// People, for what destroys, agrees or loosens.
    Privileged,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreSettings {
    pub cache_bytes: u64,
    /// Longest that a change waits for others to be committed with.
    pub commit_ms: u64,
    /// Readiness fails with less free space than this; 0 turns the check off.
    pub min_free_bytes: u64,
    /// Second location of the high-water mark, outside the data folder.
    pub mark_file: Option<PathBuf>,
    /// How long what happened to an order that has ended is kept.
    pub order_history_days: u32,
}

impl BusSettings {
    /// Whether an address is served by HTTPS.
    pub fn uses_tls(&self, address: SocketAddr) -> bool {
        match self.tls.mode {
            TlsMode::On => true,
            TlsMode::Off => false,
            TlsMode::Auto => !address.ip().is_loopback(),
        }
    }

    /// From the text of a `bus.ini`; `path` is for messages and for relative paths.
    pub fn from_ini(path: &Path, text: &str) -> Result<Self, Vec<SettingsError>> {
        let values = SettingValues::from_ini(&BUS_TABLE, path, text)?;
        let settings = build_bus_settings(&values);
        let errors = find_contradictions(&values, &settings);
        if errors.is_empty() { Ok(settings) } else { Err(errors) }
    }
}

impl Default for BusSettings {
    fn default() -> Self {
        build_bus_settings(&SettingValues::with_no_entries(
            &BUS_TABLE,
            SettingSource::File,
            "defaults",
            Path::new(""),
        ))
    }
}

/// Reads a value that was checked against the table and that has a default there. `parse` is what the key's kind is
/// checked with; `nonsense_tests` tries each key.
pub(super) fn get<T>(
    values: &SettingValues,
    name: &str,
    parse: impl FnOnce(&str) -> Result<T, super::error::InvalidSetting>,
) -> T {
    read_optional(values, name, parse).expect("the table gives a default for this key")
}

/// The same for a value that may be missing.
pub(super) fn read_optional<T>(
    values: &SettingValues,
    name: &str,
    parse: impl FnOnce(&str) -> Result<T, super::error::InvalidSetting>,
) -> Option<T> {
    let text = values.text_or_default(name)?;
    Some(parse(text).expect("the value passed the check of its kind"))
}

pub(super) fn read_number(values: &SettingValues, name: &str) -> u64 {
    get(values, name, |text| value_parsers::parse_number(text, 0, u64::MAX))
}

pub(super) fn read_u32(values: &SettingValues, name: &str) -> u32 {
    u32::try_from(read_number(values, name)).expect("the table limits this key to 32 bits")
}

pub(super) fn read_usize(values: &SettingValues, name: &str) -> usize {
    usize::try_from(read_number(values, name)).expect("the table limits this key to an address")
}

fn build_bus_settings(values: &SettingValues) -> BusSettings {
    let number = |name| read_number(values, name);
    let word =
        |name: &str, words: &'static [&'static str]| get(values, name, |text| value_parsers::parse_word(text, words));
    let tls = build_tls(values);
    let configured_hosts = read_optional(values, "hosts", host_names::parse_hosts).unwrap_or_default();
    BusSettings {
        listen: get(values, "listen", address_parsers::parse_listen_address),
        hosts: configured_hosts
            .into_iter()
            .chain(tls.certificate_names.iter().cloned())
            .collect(),
        tls,
        plain_http_beyond_loopback: get(values, "plain_http_beyond_loopback", value_parsers::parse_flag),
        metrics_listen: read_optional(values, "metrics_listen", address_parsers::parse_listen_address),
        console: ConsoleDoor {
            address: get(values, "console_listen", address_parsers::parse_console_address),
            url: read_optional(values, "console_url", address_parsers::parse_console_url),
            trusted_proxies: read_optional(values, "trusted_proxies", address_parsers::parse_networks)
                .unwrap_or_default(),
        },
        auto_accept: get(values, "auto_accept", value_parsers::parse_flag),
        api: ApiLimits {
            max_connections: read_usize(values, "max_connections"),
            max_body_bytes: read_usize(values, "max_body_kb") * 1024,
            max_wait_ms: number("max_wait_ms"),
            max_changes: read_u32(values, "max_changes"),
            request_timeout_s: number("request_timeout_s"),
        },
        limits: ActionLimits {
            per_job: number("limit_per_job"),
            per_hour: number("limit_per_hour"),
            per_day: number("limit_per_day"),
            operator_per_hour: number("operator_per_hour"),
            operator_per_day: number("operator_per_day"),
            disruptive_per_job: number("disruptive_per_job"),
            disruptive_per_hour: number("disruptive_per_hour"),
        },
        approval: ApprovalSettings {
            needed: get(values, "approval_needed", value_parsers::parse_flag),
            always: get(values, "approval_always", value_parsers::parse_flag),
            above: number("approval_above"),
            per_hour: number("approval_per_hour"),
            per_day: number("approval_per_day"),
            broken_glass: get(values, "broken_glass", value_parsers::parse_flag),
        },
        login: LoginSettings {
            free_attempts: read_u32(values, "free_attempts"),
            max_delay_ms: number("max_delay_ms"),
            remember_s: number("remember_min") * 60,
            session_idle_s: number("session_idle_min") * 60,
            session_max_s: number("session_max_h") * 3_600,
            second_factor: match word("second_factor", &["off", "privileged"]) {
                "privileged" => SecondFactorRule::Privileged,
                _ => SecondFactorRule::Off,
            },
        },
        store: StoreSettings {
            cache_bytes: number("cache_mb") << 20,
            commit_ms: number("commit_ms"),
            min_free_bytes: number("min_free_mb") << 20,
            mark_file: values.absolute_path("mark_file"),
            order_history_days: read_u32(values, "order_history_days"),
        },
        target_folders: read_target_folders(values),
        log: LogSettings {
            format: match word("format", &["text", "json"]) {
                "json" => LogFormat::Json,
                _ => LogFormat::Text,
            },
            level: get(values, "level", parse_level),
            files: get(values, "files", value_parsers::parse_flag),
            keep_days: read_u32(values, "keep_days"),
            max_total_bytes: number("max_total_mb") << 20,
        },
    }
}

/// Relative paths count from the folder of the file.
fn read_target_folders(values: &SettingValues) -> Vec<NamedFolder> {
    let listed = read_optional(values, "target_folders", target_parsers::parse_folders).unwrap_or_default();
    let absolute = listed.into_iter().map(|folder| NamedFolder {
        path: values.base_folder.join(&folder.path),
        ..folder
    });
    absolute.collect()
}

fn parse_level(text: &str) -> Result<tracing::Level, super::error::InvalidSetting> {
    text.parse()
        .map_err(|_| super::error::InvalidSetting::new("is not a log level", "write error, warn, info, debug or trace"))
}

fn build_tls(values: &SettingValues) -> TlsSettings {
    let mode = match get(values, "tls", |text| {
        value_parsers::parse_word(text, &["auto", "on", "off"])
    }) {
        "on" => TlsMode::On,
        "off" => TlsMode::Off,
        _ => TlsMode::Auto,
    };
    TlsSettings {
        mode,
        certificate_file: values.absolute_path("certificate_file"),
        key_file: values.absolute_path("key_file"),
        certificate_names: get(values, "certificate_names", host_names::parse_certificate_names),
    }
}

/// Values that are right one by one and wrong together.
fn find_contradictions(values: &SettingValues, settings: &BusSettings) -> Vec<SettingsError> {
    let mut errors = Vec::new();
    let tls = &settings.tls;
    let exposed = |address: SocketAddr| !address.ip().is_loopback() && !settings.uses_tls(address);
    for (name, address) in [
        ("listen", Some(settings.listen)),
        ("metrics_listen", settings.metrics_listen),
        ("console_listen", settings.console.address.beside(settings.listen)),
    ] {
        if address.is_some_and(exposed) && !settings.plain_http_beyond_loopback {
            errors.push(values.entry_error(
                name,
                "other machines can reach this address, and tls is off",
                "set tls = auto, listen on 127.0.0.1, or allow it with plain_http_beyond_loopback = yes",
            ));
        }
    }
    if settings.plain_http_beyond_loopback && tls.mode != TlsMode::Off {
        let advice = "set tls = off as well, or remove this line";
        errors.push(values.entry_error(
            "plain_http_beyond_loopback",
            "plain HTTP is allowed but tls is not off",
            advice,
        ));
    }
    match (&tls.certificate_file, &tls.key_file) {
        (Some(_), None) => errors.push(values.entry_error(
            "certificate_file",
            "the key of this certificate is missing",
            "add key_file",
        )),
        (None, Some(_)) => errors.push(values.entry_error(
            "key_file",
            "the certificate of this key is missing",
            "add certificate_file",
        )),
        (Some(_), Some(_)) if tls.mode == TlsMode::Off => {
            let advice = "remove certificate_file and key_file, or set tls = on";
            errors.push(values.entry_error("certificate_file", "a certificate is given but tls is off", advice));
        }
        _ => {}
    }
    // Port 0 is another one for each.
    let console = settings.console.address.beside(settings.listen);
    let console = console.filter(|address| address.port() != 0);
    if console == Some(settings.listen) || (console.is_some() && console == settings.metrics_listen) {
        let advice = "choose another port, or write auto or off";
        errors.push(values.entry_error("console_listen", "is an address that the bus already uses", advice));
    }
    if settings.metrics_listen == Some(settings.listen) {
        let advice = "choose another port, or remove the line and read /metrics on the API port with a token";
        errors.push(values.entry_error("metrics_listen", "is the same address as listen", advice));
    }
    let url = settings.console.url.as_ref();
    if let Err(wrong) = address_parsers::check_console_scheme(url, settings.plain_http_beyond_loopback) {
        errors.push(values.entry_error("console_url", wrong.problem, wrong.advice));
    }
    errors
}
