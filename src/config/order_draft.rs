//! Settings of app orders before they are kept, and what a change of them may do. Pure.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use secrecy::SecretString;
use url::{Host, Url};
use zeroize::Zeroizing;

use super::address_parsers;
use super::build::build_instance;
use super::build_credential::SecretOpener;
use super::bus::{get, read_number, read_optional};
use super::change_rules;
use super::draft::InstanceDraft;
use super::error::{InvalidSetting, SettingsError};
use super::instance_keys::INSTANCE_TABLE;
use super::order_keys::{ORDER_TABLE, TENANT_KEYS};
use super::order_settings::{INSTALL_STATES, InstalledOn, OrderSettings, StateMapping, TimeoutMembership};
use super::setting_values::{SettingEntry, SettingSource, SettingValues};
use super::value_parsers;
use crate::contract::{OrderKind, OrderTargetKind};
use crate::model::nearest_name;

/// Bytes of a key that signs webhooks.
const KEY_BYTES: std::ops::RangeInclusive<usize> = 24..=64;
/// As it is written before the base64 of a key.
const KEY_PREFIX: &str = "whsec_";
/// Longest pattern for names of groups: with an id of 64 and a name of 60 characters it stays below Entra's 256.
const GROUP_NAME_MAX: usize = 120;
const PLACES: [&str; 3] = ["{application}", "{intent}", "{app}"];

/// Pairs that passed the table of keys. A pair without a value takes its key away when an installation is changed.
#[derive(Debug, Clone)]
pub struct OrderDraft(InstanceDraft);

impl OrderDraft {
    /// Secrets in clear; nothing names a file.
    pub fn from_pairs<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<OrderDraft, SettingsError> {
        let values = SettingValues::with_no_entries(&ORDER_TABLE, SettingSource::Request, "request", Path::new(""));
        InstanceDraft::collect_into(values, pairs).map(OrderDraft)
    }

    /// This draft with `change` on top; a credential of another kind replaces the present one as a whole.
    pub fn overlay_with(self, change: OrderDraft) -> OrderDraft {
        OrderDraft(self.0.overlay_with(change.0))
    }

    /// Whether `change` may be laid over this: it leads no secret elsewhere that it does not give anew (E7).
    pub fn check_change(&self, change: &OrderDraft) -> Result<(), SettingsError> {
        change_rules::check_change(&self.0.values, &change.0)
    }

    /// As given, secrets left out.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).filter(|text| !text.is_empty())
    }

    /// Whether the key is given, secret or not.
    pub fn has(&self, name: &str) -> bool {
        self.0.values.given_text(name).is_some()
    }

    /// What `state_mapping` says of a state that Intune does not have: it would have no effect. One that was set earlier goes on.
    pub fn find_unknown_state(&self) -> Option<SettingsError> {
        let text = self.0.values.given_text("state_mapping")?;
        let names = text.split(',').filter_map(|pair| pair.split_once('='));
        let mut states = names.filter_map(|(name, _)| Some(name.split_once('.')?.1.trim()));
        let unknown = states.find(|state| !is_known_state(state))?;
        let known = INSTALL_STATES.join(", ");
        let advice = match nearest_name(unknown, INSTALL_STATES) {
            Some(near) => format!("did you mean {near}? The states are {known}"),
            None => format!("the states are {known}"),
        };
        let problem = format!(
            "the report of Intune has no state {}",
            value_parsers::quote_value(unknown)
        );
        Some(self.0.values.entry_error("state_mapping", problem, advice))
    }

    /// Everything that is wrong, or the settings.
    pub fn build_settings(&self) -> Result<OrderSettings, Vec<SettingsError>> {
        let values = &self.0.values;
        let mut errors = Vec::new();
        let tenant = build_instance(&tenant_values(values), SecretOpener { seal: None });
        let tenant = tenant.map_err(|found| errors.extend(found)).ok();
        let mut keep = |found: Result<Vec<SecretString>, SettingsError>| {
            found.unwrap_or_else(|error| {
                errors.push(error);
                Vec::new()
            })
        };
        let status_keys = keep(signing_keys(values, "status_url", ["status_key", "status_key_2"]));
        let approval_keys = keep(signing_keys(values, "approval_url", ["approval_key", "approval_key_2"]));
        errors.extend(check_plain_addresses(values));
        let group_name = values.text_or_default("group_name").unwrap_or_default().to_owned();
        let at = |name: &str, invalid: InvalidSetting| values.entry_error(name, invalid.problem, invalid.advice);
        errors.extend(
            check_group_name(&group_name)
                .err()
                .map(|invalid| at("group_name", invalid)),
        );
        let target = parse_targets(values.text_or_default("target").unwrap_or_default());
        let target = target
            .map_err(|invalid| errors.push(at("target", invalid)))
            .unwrap_or_default();
        let mapping = parse_state_mapping(values.text_or_default("state_mapping").unwrap_or_default());
        let mapping = mapping
            .map_err(|invalid| errors.push(at("state_mapping", invalid)))
            .unwrap_or_default();
        let Some(tenant) = tenant.filter(|_| errors.is_empty()) else {
            return Err(errors);
        };
        let flag = |name| get(values, name, value_parsers::parse_flag);
        let trigger = |name| get(values, name, value_parsers::parse_trigger);
        let word = |name: &str, words: &'static [&'static str]| {
            get(values, name, |text| value_parsers::parse_word(text, words))
        };
        Ok(OrderSettings {
            tenant: Arc::new(tenant),
            zone: get(values, "zone", value_parsers::parse_zone),
            assignment_interval: trigger("assignment_interval"),
            order_interval: trigger("order_interval"),
            status_interval: trigger("status_interval"),
            time_limit: Duration::from_secs(read_number(values, "time_limit_h") * 3_600),
            timeout_membership: match word("timeout_membership", &["keep", "remove"]) {
                "remove" => TimeoutMembership::Remove,
                _ => TimeoutMembership::Keep,
            },
            group_name,
            target,
            installed_on: match word("installed_on", &["any", "all"]) {
                "all" => InstalledOn::All,
                _ => InstalledOn::Any,
            },
            state_mapping: mapping,
            sync_after: flag("sync_after"),
            status_url: read_optional(values, "status_url", address_parsers::parse_webhook_url),
            status_keys,
            approval_url: read_optional(values, "approval_url", address_parsers::parse_webhook_url),
            approval_keys,
            allow_private_addresses: flag("allow_private_addresses"),
            order_log: flag("order_log"),
            check_emails: flag("check_emails"),
        })
    }
}

/// What an instance would be made of.
fn tenant_values(values: &SettingValues) -> SettingValues {
    let mut tenant = SettingValues::with_no_entries(&INSTANCE_TABLE, values.source, &values.label, &values.base_folder);
    let is_tenants = |entry: &&SettingEntry| {
        !entry.value.is_empty() && (TENANT_KEYS.contains(&entry.name.as_str()) || entry.name == "budget_percent")
    };
    for entry in values.entries.iter().filter(is_tenants) {
        if let Some(key) = INSTANCE_TABLE.find_key(&entry.name) {
            tenant.entries.push(SettingEntry { key, ..entry.clone() });
        }
    }
    tenant
}

/// The keys of one address. An address needs one: what is posted is worth nothing to a shop that can't tell who sent it.
fn signing_keys(values: &SettingValues, address: &str, names: [&str; 2]) -> Result<Vec<SecretString>, SettingsError> {
    let mut keys = Vec::new();
    for name in names {
        let Some(text) = values.given_text(name) else { continue };
        if !is_signing_key(text) {
            let advice = "make one: echo whsec_$(openssl rand -base64 32)";
            return Err(values.entry_error(name, format!("{name} is not a key for webhooks"), advice));
        }
        keys.push(SecretString::from(text));
    }
    if values.given_text(address).is_some() && keys.is_empty() {
        let name = names[0];
        let advice = format!("give {name}; make one: echo whsec_$(openssl rand -base64 32)");
        return Err(values.entry_error(name, format!("{name} is missing: {address} is set"), advice));
    }
    if values.given_text(address).is_none() {
        keys.clear();
    }
    Ok(keys)
}

fn is_signing_key(text: &str) -> bool {
    let bytes = text
        .strip_prefix(KEY_PREFIX)
        .and_then(|rest| STANDARD.decode(rest).map(Zeroizing::new).ok());
    bytes.is_some_and(|bytes| KEY_BYTES.contains(&bytes.len()))
}

/// Plain HTTP is for receivers of one's own network only; and for a question whose answer decides, which is not signed, for
/// this machine only: whoever sits on the path could answer.
fn check_plain_addresses(values: &SettingValues) -> Vec<SettingsError> {
    let is_allowed = get(values, "allow_private_addresses", value_parsers::parse_flag);
    let plain_url = |name: &str| {
        let url = read_optional(values, name, address_parsers::parse_webhook_url);
        url.filter(|url| url.scheme() == "http")
    };
    let mut errors = Vec::new();
    if plain_url("status_url").is_some() && !is_allowed {
        let advice = "write https://, or allow addresses of one's own network with allow_private_addresses = yes";
        errors.push(values.entry_error(
            "status_url",
            "what is posted to status_url would be sent unencrypted",
            advice,
        ));
    }
    if let Some(url) = plain_url("approval_url") {
        if !is_loopback(&url) {
            let problem = "approval_url is http://, and its answer decides about orders: whoever sits on the path could approve \
                           them";
            let advice =
                "write https://; http:// is for a receiver on this machine only, such as http://127.0.0.1:8801/approve";
            errors.push(values.entry_error("approval_url", problem, advice));
        } else if !is_allowed {
            let advice = "write https://, or allow a receiver on this machine with allow_private_addresses = yes";
            let problem = "what is posted to approval_url would be sent unencrypted";
            errors.push(values.entry_error("approval_url", problem, advice));
        }
    }
    errors
}

/// An address of this machine, written as a number: a name may lead elsewhere.
fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.to_canonical().is_loopback(),
        Some(Host::Domain(_)) | None => false,
    }
}

fn check_group_name(pattern: &str) -> Result<(), InvalidSetting> {
    let advice = "write it like App orders {application} {intent}; {app} is possible too";
    let missing = PLACES[..2].iter().find(|place| !pattern.contains(**place));
    if let Some(missing) = missing {
        let problem = format!("{missing} is missing: two groups would have the same name");
        return Err(InvalidSetting::new(problem, advice));
    }
    let rest = PLACES
        .iter()
        .fold(pattern.to_owned(), |text, place| text.replace(place, ""));
    if rest.contains(['{', '}']) {
        return Err(InvalidSetting::new("has braces around something unknown", advice));
    }
    if pattern.chars().count() > GROUP_NAME_MAX {
        let problem = format!("has more than {GROUP_NAME_MAX} characters");
        return Err(InvalidSetting::new(problem, "shorten it"));
    }
    Ok(())
}

fn parse_targets(text: &str) -> Result<Vec<OrderTargetKind>, InvalidSetting> {
    value_parsers::require_commas(text)?;
    let (mut user, mut device) = (false, false);
    for word in text.split(',').map(str::trim).filter(|word| !word.is_empty()) {
        match word.to_ascii_lowercase().as_str() {
            "user" => user = true,
            "device" => device = true,
            _ => {
                return Err(value_parsers::invalid_value(
                    word,
                    "user or device",
                    "write user, device, or both",
                ));
            }
        }
    }
    if !user && !device {
        return Err(value_parsers::invalid_value(
            text,
            "user or device",
            "write user, device, or both",
        ));
    }
    let targets = [(user, OrderTargetKind::User), (device, OrderTargetKind::Device)];
    Ok(targets
        .into_iter()
        .filter(|(is_given, _)| *is_given)
        .map(|(_, target)| target)
        .collect())
}

/// As the report has it, or as one is called there that has a number alone: `state7`.
fn is_known_state(state: &str) -> bool {
    let is_number = |rest: &str| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit());
    let number = state
        .get(5..)
        .filter(|_| state.to_ascii_lowercase().starts_with("state"));
    number.is_some_and(is_number) || INSTALL_STATES.iter().any(|known| known.eq_ignore_ascii_case(state))
}

fn parse_state_mapping(text: &str) -> Result<StateMapping, InvalidSetting> {
    value_parsers::require_commas(text)?;
    let mut mapping = StateMapping::default();
    for pair in text.split(',').map(str::trim).filter(|pair| !pair.is_empty()) {
        let wrong = || {
            let advice = "write it like install.notApplicable=open, uninstall.failed=0";
            value_parsers::invalid_value(pair, "a state and what it means", advice)
        };
        let (name, status) = pair.split_once('=').ok_or_else(wrong)?;
        let (kind, state) = name.trim().split_once('.').ok_or_else(wrong)?;
        let kind = match kind.trim() {
            "install" => OrderKind::Install,
            "uninstall" => OrderKind::Uninstall,
            _ => return Err(wrong()),
        };
        let status = match status.trim() {
            "1" => Some(1),
            "0" => Some(0),
            "open" => None,
            _ => return Err(wrong()),
        };
        let state = state.trim();
        if state.is_empty() || !state.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(wrong());
        }
        mapping.set_status(kind, state, status);
    }
    Ok(mapping)
}

#[cfg(test)]
#[path = "order_draft_tests.rs"]
mod tests;
