//! One function a kind of value: text in, typed value or complaint out. Pure; nothing here knows a key by name.

use chrono::NaiveDate;
use chrono_tz::Tz;
use uuid::Uuid;

use super::error::InvalidSetting;
use super::{Audience, ClassRule};
use crate::model::ServerId;
use crate::schedule::Trigger;

/// Longest CEL expression (its nodes and nesting are limited where it is compiled).
pub(crate) const MAX_CEL_CHARS: usize = 1_000;
const MAX_LIST: usize = 500;

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

/// For a list whose entries never have a semicolon in them.
pub(crate) fn require_commas(text: &str) -> Result<(), InvalidSetting> {
    if !text.contains(';') {
        return Ok(());
    }
    Err(InvalidSetting::new(
        "a semicolon stands between the entries of the list",
        "write a comma between them",
    ))
}

pub(crate) fn parse_audience(text: &str) -> Result<Audience, InvalidSetting> {
    if text == "*" {
        return Ok(Audience::Everybody);
    }
    require_commas(text)?;
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
