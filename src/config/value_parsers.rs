//! One function a kind of value: text in, typed value or complaint out. Pure; nothing here knows a key by name.

use chrono::NaiveDate;
use chrono_tz::Tz;
use uuid::Uuid;

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
use super::write_window::parse_write_window;
use super::{Audience, ClassRule};
use crate::model::{ServerId, is_unprintable};
use crate::schedule::Trigger;

/// Longest value on a line.
pub(crate) const MAX_VALUE_CHARS: usize = 262_144;
/// Longest secret on a line: the content of a file of [`super::build_credential::MAX_CONTENT_BYTES`], sealed.
const MAX_SECRET_CHARS: usize = 1 << 20;
/// Longest CEL expression (its nodes and nesting are limited where it is compiled).
pub(crate) const MAX_CEL_CHARS: usize = 1_000;
const MAX_LIST: usize = 500;

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

/// A value for a message: never long, and without what may be a password in an address.
pub(super) fn quote_value(text: &str) -> String {
    let shown = hide_user_part(text);
    let short: String = shown.chars().take(60).collect();
    let rest = if short.len() < shown.len() { "…" } else { "" };
    format!("{:?}{rest}", short)
}

/// `http://anna:password@host` as `http://…@host`, whether or not it is an address that a program can read.
fn hide_user_part(text: &str) -> String {
    let (scheme, rest) = match text.split_once("://") {
        Some((scheme, rest)) => (format!("{scheme}://"), rest),
        None => (String::new(), text),
    };
    match rest.rsplit_once('@') {
        Some((user, host)) if !scheme.is_empty() || user.contains(':') => format!("{scheme}…@{host}"),
        _ => text.to_owned(),
    }
}

pub(super) fn invalid_value(text: &str, what: &str, advice: impl Into<String>) -> InvalidSetting {
    InvalidSetting::new(format!("{} is not {what}", quote_value(text)), advice)
}

pub(crate) fn parse_flag(text: &str) -> Result<bool, InvalidSetting> {
    match text.to_ascii_lowercase().as_str() {
        "yes" | "true" | "on" | "1" => Ok(true),
        "no" | "false" | "off" | "0" => Ok(false),
        _ => Err(invalid_value(text, "yes or no", "write yes or no")),
    }
}

pub(crate) fn parse_number(text: &str, min: u64, max: u64) -> Result<u64, InvalidSetting> {
    let range = || format!("write a whole number from {min} to {max}");
    let n: u64 = text
        .parse()
        .map_err(|_| invalid_value(text, "a whole number", range()))?;
    if (min..=max).contains(&n) {
        Ok(n)
    } else {
        Err(InvalidSetting::new(format!("{n} is out of range"), range()))
    }
}

pub(crate) fn parse_decimal(text: &str, max: u32) -> Result<f64, InvalidSetting> {
    let advice = format!("write a number from 0 to {max}, such as 2.5");
    match text.parse::<f64>() {
        Ok(n) if (0.0..=f64::from(max)).contains(&n) => Ok(n),
        Ok(_) => Err(InvalidSetting::new(
            format!("{} is out of range", quote_value(text)),
            advice,
        )),
        Err(_) => Err(invalid_value(text, "a number", advice)),
    }
}

pub(crate) fn parse_word(text: &str, words: &'static [&'static str]) -> Result<&'static str, InvalidSetting> {
    let found = words.iter().find(|word| word.eq_ignore_ascii_case(text));
    found.copied().ok_or_else(|| {
        let all = words.join(", ");
        invalid_value(text, "an allowed value", format!("write one of: {all}"))
    })
}

pub(crate) fn parse_date(text: &str) -> Result<NaiveDate, InvalidSetting> {
    let iso = text.len() == 10;
    let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().filter(|_| iso);
    date.ok_or_else(|| invalid_value(text, "a date", "write year-month-day, such as 2027-03-31"))
}

pub(crate) fn parse_zone(text: &str) -> Result<Tz, InvalidSetting> {
    text.parse().map_err(|_| {
        let advice = "write an IANA name such as Europe/Berlin or UTC";
        invalid_value(text, "a time zone", advice)
    })
}

pub(crate) fn parse_trigger(text: &str) -> Result<Trigger, InvalidSetting> {
    crate::schedule::parse_trigger(text).map_err(|error| {
        invalid_value(
            text,
            "a schedule",
            format!("{error}; write every 15m, off, or a cron expression such as 0 3 * * *"),
        )
    })
}

pub(crate) fn parse_trigger_or_auto(text: &str) -> Result<Option<Trigger>, InvalidSetting> {
    if text.eq_ignore_ascii_case("auto") {
        return Ok(None);
    }
    parse_trigger(text).map(Some)
}

pub(crate) fn parse_guid(text: &str) -> Result<String, InvalidSetting> {
    let advice = "write it like 00000000-1111-2222-3333-444444444444, as the app registration's overview shows it";
    match Uuid::try_parse(text) {
        Ok(id) if text.len() == 36 => Ok(id.as_hyphenated().to_string()),
        _ => Err(invalid_value(text, "a GUID", advice)),
    }
}

pub(crate) fn parse_tenant(text: &str) -> Result<String, InvalidSetting> {
    if let Ok(id) = parse_guid(text) {
        return Ok(id);
    }
    let name = text.to_ascii_lowercase();
    if matches!(name.as_str(), "common" | "organizations" | "consumers") {
        let advice = "write the id of the tenant; sign-in without a user needs it";
        return Err(InvalidSetting::new(
            format!("{} is not a single tenant", quote_value(text)),
            advice,
        ));
    }
    let label =
        |part: &str| (1..=63).contains(&part.len()) && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    if name.len() <= 253 && name.contains('.') && name.split('.').all(label) {
        return Ok(name);
    }
    let advice = "write its GUID or one of its domains, such as contoso.onmicrosoft.com";
    Err(invalid_value(text, "a tenant id", advice))
}

pub(crate) fn parse_list(text: &str) -> Result<Vec<String>, InvalidSetting> {
    let mut items: Vec<String> = Vec::new();
    for item in text.split(',').map(str::trim) {
        if item.is_empty() {
            return Err(InvalidSetting::new(
                "the list contains an empty entry",
                "remove the extra comma",
            ));
        }
        if items.iter().any(|known| known.eq_ignore_ascii_case(item)) {
            return Err(InvalidSetting::new(
                format!("{} appears twice in the list", quote_value(item)),
                "remove one",
            ));
        }
        items.push(item.to_owned());
    }
    if items.len() > MAX_LIST {
        return Err(InvalidSetting::new(
            format!("the list has {} entries", items.len()),
            format!("at most {MAX_LIST} are allowed"),
        ));
    }
    Ok(items)
}

pub(crate) fn parse_audience(text: &str) -> Result<Audience, InvalidSetting> {
    if text == "*" {
        return Ok(Audience::Everybody);
    }
    let items = parse_list(text)?;
    if items.iter().any(|item| item == "*") {
        let advice = "write either * (all servers) or a list of server ids";
        return Err(InvalidSetting::new("* is combined with server ids", advice));
    }
    let ids = items.iter().map(|item| item.parse::<ServerId>());
    ids.collect::<Result<Vec<_>, _>>()
        .map(Audience::Servers)
        .map_err(|error| invalid_value(&error.given, "a server id", error.rule))
}

pub(crate) fn parse_class_rule(text: &str) -> Result<ClassRule, InvalidSetting> {
    let advice = "write it like phone: model.startsWith(\"iPhone\")";
    let Some((class, when)) = text.split_once(':') else {
        return Err(invalid_value(text, "a class rule", advice));
    };
    let (class, when) = (class.trim(), when.trim());
    let good =
        (1..=40).contains(&class.len()) && class.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    if !good {
        return Err(invalid_value(
            class,
            "a class",
            "write one word of letters and digits before the colon, such as phone",
        ));
    }
    Ok(ClassRule {
        class: class.to_owned(),
        condition: parse_cel(when)?,
    })
}

pub(crate) fn parse_cel(text: &str) -> Result<String, InvalidSetting> {
    let length = text.chars().count();
    if length == 0 {
        return Err(InvalidSetting::new(
            "the expression is empty",
            "write a CEL expression, or remove the line",
        ));
    }
    if length > MAX_CEL_CHARS {
        return Err(InvalidSetting::new(
            format!("the expression has {length} characters"),
            format!("at most {MAX_CEL_CHARS} are allowed"),
        ));
    }
    Ok(text.to_owned())
}
