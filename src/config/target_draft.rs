//! Settings of a target before they are kept, and what a change of them may do. Pure.

use std::path::Path;

use secrecy::{ExposeSecret, SecretString};

use super::build::{build_network, check_proxy_settings};
use super::build_credential::{OpenedSecret, SecretOpener};
use super::bus::{get, read_optional, read_u32};
use super::change_rules;
use super::draft::InstanceDraft;
use super::error::SettingsError;
use super::pem;
use super::setting_values::{SettingSource, SettingValues};
use super::target_keys::target_table;
use super::target_kind_draft::{build_kind, find_missing_account, find_missing_sign_in, read_flag, read_text};
use super::target_settings::TargetSettings;
use super::write_window::parse_write_window;
use super::{NetworkSettings, target_parsers, value_parsers};
use crate::contract::TargetKind;

/// Pairs that passed the table of keys of a kind. A pair without a value takes its key away when an installation is
/// changed.
#[derive(Debug, Clone)]
pub struct TargetDraft {
    kind: TargetKind,
    draft: InstanceDraft,
}

impl TargetDraft {
    /// Secrets in clear; nothing names a file.
    pub fn from_pairs<'a>(
        kind: TargetKind,
        pairs: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<TargetDraft, SettingsError> {
        let (source, table) = (SettingSource::Request, target_table(kind));
        let values = SettingValues::with_no_entries(table, source, "request", Path::new(""));
        let draft = InstanceDraft::collect_into(values, pairs)?;
        Ok(TargetDraft { kind, draft })
    }

    /// Whether `change` may be laid over this: it leads no secret elsewhere that it does not give anew (E7).
    pub fn check_change(&self, change: &TargetDraft) -> Result<(), SettingsError> {
        change_rules::check_change(&self.draft.values, &change.draft)
    }

    /// Everything that is wrong, or the settings.
    pub fn build_settings(&self) -> Result<TargetSettings, Vec<SettingsError>> {
        let values = &self.draft.values;
        let mut errors = find_missing(self.kind, values);
        errors.extend(check_proxy_settings(values));
        errors.extend(check_encryption(self.kind, values));
        let own = keep(&mut errors, build_kind(self.kind, values));
        let opener = SecretOpener { seal: None };
        // A kind that reaches nothing over a network has no settings for it.
        let (network, client_identity) = if is_key(values, "proxy") {
            (build_network(values, opener), open_identity(values, opener))
        } else {
            (Ok(NetworkSettings::default()), Ok(None))
        };
        let (network, client_identity) = (keep(&mut errors, network), keep(&mut errors, client_identity));
        let (Some(own), Some(network), Some(client_identity), true) =
            (own, network, client_identity, errors.is_empty())
        else {
            return Err(errors);
        };
        Ok(TargetSettings {
            url: is_key(values, "url")
                .then(|| read_optional(values, "url", target_parsers::parse_inventory_url))
                .flatten(),
            network,
            client_identity,
            sign_in_expires_on: is_key(values, "sign_in_expires_on")
                .then(|| read_optional(values, "sign_in_expires_on", value_parsers::parse_date))
                .flatten(),
            allow_private_addresses: is_key(values, "allow_private_addresses")
                && read_flag(values, "allow_private_addresses"),
            instances: get(values, "instances", target_parsers::parse_instances),
            requests_per_minute: if is_key(values, "requests_per_minute") {
                read_u32(values, "requests_per_minute")
            } else {
                0
            },
            write_window: read_optional(values, "write_window", parse_write_window),
            zone: get(values, "zone", value_parsers::parse_zone),
            assign_users: is_key(values, "assign_users") && read_flag(values, "assign_users"),
            delete_allowed: is_key(values, "delete_allowed") && read_flag(values, "delete_allowed"),
            own,
        })
    }
}

/// What is right, or nothing and a complaint more.
fn keep<T>(errors: &mut Vec<SettingsError>, found: Result<T, SettingsError>) -> Option<T> {
    found.map_err(|error| errors.push(error)).ok()
}

/// Whether the kind has this setting.
fn is_key(values: &SettingValues, name: &str) -> bool {
    values.table.find_key(name).is_some()
}

/// What nobody can go without, and what is given without its companion.
fn find_missing(kind: TargetKind, values: &SettingValues) -> Vec<SettingsError> {
    let is_given = |name: &str| values.given_text(name).is_some();
    let required: &[(&str, &str)] = match kind {
        TargetKind::Ocs => &[("url", "give the address that agents of OCS post to")],
        TargetKind::SnipeIt => &[
            ("url", "give the address of Snipe-IT"),
            ("token", "make one in Snipe-IT: the menu of your user, Manage API Keys"),
        ],
        TargetKind::NetBox => &[
            ("url", "give the address of NetBox"),
            ("token", "make one in NetBox: the menu of your user, API Tokens"),
        ],
        TargetKind::PostgreSql => &[
            ("host", "give the name of the database server"),
            ("database", "give the name of the database"),
            ("user", "give the role that owns the schema"),
        ],
        TargetKind::File => &[],
        TargetKind::Glpi => &[("url", "give the address of GLPI")],
        TargetKind::ServiceNow => &[("url", "give the address of the ServiceNow instance")],
    };
    let required = required.iter().filter(|(name, _)| !is_given(name));
    let mut errors: Vec<SettingsError> = required
        .map(|(name, advice)| values.entry_error(name, "is missing", *advice))
        .collect();
    let mut pairs = vec![("client_cert", "client_key"), ("client_key", "client_cert")];
    match kind {
        TargetKind::Ocs => pairs.extend([("user", "password"), ("password", "user")]),
        TargetKind::PostgreSql if is_given("user") && !is_given("password") && !is_given("client_cert") => {
            let advice = "give the password of the role, or a client certificate that signs it in";
            errors.push(values.entry_error("password", "is missing", advice));
        }
        TargetKind::Glpi => {
            pairs.extend([
                ("inventory_user", "inventory_password"),
                ("inventory_password", "inventory_user"),
                ("client_id", "client_secret"),
                ("client_secret", "client_id"),
                ("user", "password"),
                ("password", "user"),
                ("user", "client_id"),
            ]);
            errors.extend(find_missing_sign_in(values));
        }
        TargetKind::ServiceNow => {
            pairs.extend([("user", "password"), ("password", "user")]);
            pairs.extend([("client_id", "client_secret"), ("client_secret", "client_id")]);
            errors.extend(find_missing_account(values));
        }
        TargetKind::PostgreSql | TargetKind::SnipeIt | TargetKind::File | TargetKind::NetBox => (),
    }
    for (name, wanted) in pairs {
        if is_given(name) && !is_given(wanted) {
            let (problem, advice) = (
                format!("is given without {wanted}"),
                format!("add {wanted}, or remove this line"),
            );
            errors.push(values.entry_error(name, problem, advice));
        }
    }
    errors
}

/// What is not encrypted stays in networks of one's own.
fn check_encryption(kind: TargetKind, values: &SettingValues) -> Vec<SettingsError> {
    if kind == TargetKind::File || read_flag(values, "allow_private_addresses") {
        return Vec::new();
    }
    if kind == TargetKind::PostgreSql {
        let is_plain = read_text(values, "tls").eq_ignore_ascii_case("off");
        let advice = "write verify, or allow addresses of one's own network with allow_private_addresses = yes";
        return is_plain
            .then(|| values.entry_error("tls", "with tls = off, all would be sent unencrypted", advice))
            .into_iter()
            .collect();
    }
    let advice = "write https://, or allow addresses of one's own network with allow_private_addresses = yes";
    let is_plain = |name: &&str| {
        let url = read_optional(values, name, target_parsers::parse_inventory_url);
        url.is_some_and(|url| url.scheme() == "http")
    };
    let names = ["url", "rest_url"].into_iter().filter(|name| is_key(values, name));
    names
        .filter(is_plain)
        .map(|name| values.entry_error(name, format!("what goes to {name} would be sent unencrypted"), advice))
        .collect()
}

/// Client certificate and private key, which have to belong together.
fn open_identity(
    values: &SettingValues,
    opener: SecretOpener<'_>,
) -> Result<Option<(SecretString, SecretString)>, SettingsError> {
    let certificate: OpenedSecret<String> = opener.open_certificates(values, "client_cert");
    let (Some((_, certificate)), Some((_, key))) = (certificate?, opener.open_text(values, "client_key")?) else {
        return Ok(None);
    };
    let read = pem::read_private_key(key.expose_secret().as_bytes());
    let private_key = read.map_err(|wrong| values.entry_error("client_key", wrong.to_string(), wrong.cure))?;
    let all = pem::read_certificates(certificate.as_bytes()).ok();
    if all.is_some_and(|all| pem::order_by_key(all, &private_key).is_none()) {
        let advice = "give the key that the certificate was requested with";
        return Err(values.entry_error("client_key", "does not belong to the certificate", advice));
    }
    Ok(Some((SecretString::from(certificate), key)))
}

#[cfg(test)]
#[path = "target_draft_tests.rs"]
mod tests;
