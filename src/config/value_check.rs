//! Whether a text may stand as the value of a key: every kind of value has its parser here.

use super::action_parsers::{parse_action_versions, parse_actions, parse_definitions, parse_device_ids, parse_windows};
use super::address_parsers::{
    parse_console_address, parse_console_url, parse_listen_address, parse_networks, parse_proxy_url, parse_safe_url,
    parse_webhook_url,
};
use super::error::InvalidSetting;
use super::host_names::{parse_certificate_names, parse_hosts};
use super::keys::{SettingKey, ValueKind};
use super::node_parsers::{parse_names, parse_outcomes, parse_policy_rule};
use super::target_parsers::{parse_folders, parse_instances, parse_inventory_url};
use super::value_parsers::{
    parse_audience, parse_cel, parse_class_rule, parse_date, parse_decimal, parse_flag, parse_guid, parse_list,
    parse_number, parse_tenant, parse_trigger, parse_trigger_or_auto, parse_word, parse_zone,
};
use super::write_window::parse_write_window;
use crate::model::is_unprintable;

/// Longest value on a line.
const MAX_VALUE_CHARS: usize = 262_144;
/// Longest secret on a line: the content of a file of [`super::build_credential::MAX_CONTENT_BYTES`], sealed.
const MAX_SECRET_CHARS: usize = 1 << 20;

/// Whether `text` may stand as the value of `key`. Whatever passes here parses later by the same functions.
pub(crate) fn check_value(key: &SettingKey, text: &str) -> Result<(), InvalidSetting> {
    let most = if key.is_secret() {
        MAX_SECRET_CHARS
    } else {
        MAX_VALUE_CHARS
    };
    if text.len() > most {
        return Err(InvalidSetting::new(
            format!("the value is longer than {most} bytes"),
            "shorten it",
        ));
    }
    if !key.is_secret() {
        check_unquoted(text)?;
        // A line break would smuggle further lines into the file that the value is kept in.
        if text.chars().any(is_unprintable) {
            return Err(InvalidSetting::new(
                "the value contains control characters or invisible characters",
                "write it on one line",
            ));
        }
    }
    check_kind(key, text).map_err(|invalid| find_comment(key, text).unwrap_or(invalid))
}

/// `3901 # the console`: said only where all would be well without the comment.
fn find_comment(key: &SettingKey, text: &str) -> Option<InvalidSetting> {
    let at = [" #", " ;", "\t#", "\t;"]
        .into_iter()
        .filter_map(|mark| text.find(mark))
        .min()?;
    check_kind(key, text[..at].trim_end()).ok()?;
    Some(InvalidSetting::new(
        "a comment stands behind the value",
        "put the comment on a line of its own, above this one",
    ))
}

fn check_kind(key: &SettingKey, text: &str) -> Result<(), InvalidSetting> {
    match key.kind {
        ValueKind::Text | ValueKind::Path => Ok(()),
        ValueKind::SecretText | ValueKind::SecretBytes => Ok(()),
        ValueKind::Flag => parse_flag(text).map(drop),
        ValueKind::Number { max, .. }
            if key.name == "version" && text.parse::<u64>().is_ok_and(|given| given > max) =>
        {
            Err(InvalidSetting::new(
                format!("format version {text}: the file was written by a newer program; this one reads version {max}"),
                "use the newer program, and leave the line as it is",
            ))
        }
        ValueKind::Number { min, max } => parse_number(text, min, max).map(drop),
        ValueKind::Decimal { max } => parse_decimal(text, max).map(drop),
        ValueKind::Word(words) => parse_word(text, words).map(drop),
        ValueKind::SafeUrl => parse_safe_url(text).map(drop),
        ValueKind::ProxyUrl => parse_proxy_url(text).map(drop),
        ValueKind::WebhookUrl => parse_webhook_url(text).map(drop),
        ValueKind::InventoryUrl => parse_inventory_url(text).map(drop),
        ValueKind::Listen => parse_listen_address(text).map(drop),
        ValueKind::ListenOrAuto => parse_console_address(text).map(drop),
        ValueKind::ConsoleUrl => parse_console_url(text).map(drop),
        ValueKind::Networks => parse_networks(text).map(drop),
        ValueKind::Folders => parse_folders(text).map(drop),
        ValueKind::Date => parse_date(text).map(drop),
        ValueKind::Zone => parse_zone(text).map(drop),
        ValueKind::Trigger => parse_trigger(text).map(drop),
        ValueKind::TriggerOrAuto => parse_trigger_or_auto(text).map(drop),
        ValueKind::Guid => parse_guid(text).map(drop),
        ValueKind::Tenant => parse_tenant(text).map(drop),
        ValueKind::List => parse_list(text).map(drop),
        ValueKind::Hosts => parse_hosts(text).map(drop),
        ValueKind::CertificateNames => parse_certificate_names(text).map(drop),
        ValueKind::Audience => parse_audience(text).map(drop),
        ValueKind::Instances => parse_instances(text).map(drop),
        ValueKind::WriteWindow => parse_write_window(text).map(drop),
        ValueKind::ClassRule => parse_class_rule(text).map(drop),
        ValueKind::Cel => parse_cel(text).map(drop),
        ValueKind::Verbs | ValueKind::PersonalVerbs => parse_actions(text).map(drop),
        ValueKind::Guids => parse_device_ids(text).map(drop),
        ValueKind::Windows => parse_windows(text).map(drop),
        ValueKind::VerbVersions => parse_action_versions(text).map(drop),
        ValueKind::Definitions => parse_definitions(text).map(drop),
        ValueKind::Names => parse_names(text).map(drop),
        ValueKind::Outcomes => parse_outcomes(text).map(drop),
        ValueKind::PolicyRule => parse_policy_rule(text).map(drop),
    }
}

fn check_unquoted(text: &str) -> Result<(), InvalidSetting> {
    let quoted = |q: char| text.len() >= 2 && text.starts_with(q) && text.ends_with(q) && text.matches(q).count() == 2;
    if quoted('"') || quoted('\'') {
        return Err(InvalidSetting::new("the value is in quotes", "write it without quotes"));
    }
    Ok(())
}
