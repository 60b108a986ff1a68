//! One function a kind of value: text in, typed value or complaint out. Pure; nothing here knows a key by name.

use std::net::SocketAddr;
use std::str::FromStr;

use chrono::NaiveDate;
use chrono_tz::Tz;
use url::{Host, Url};
use uuid::Uuid;

use super::error::Complaint;
use super::keys::{Key, ValueKind};
use super::parse_actions::{definitions, guids, verb_versions, verbs, windows};
use super::parse_node::{names, outcomes, policy_rule};
use super::{Audience, ClassRule};
use crate::model::{ServerId, is_unfit};
use crate::schedule::Trigger;

/// Longest value on a line.
pub const MAX_VALUE_CHARS: usize = 262_144;
/// Longest secret on a line: the content of a file of [`super::build_credential::MAX_CONTENT_BYTES`], sealed.
const MAX_SECRET_CHARS: usize = 1 << 20;
/// Longest CEL expression (its nodes and nesting are limited where it is compiled).
pub const MAX_CEL_CHARS: usize = 1_000;
const MAX_LIST: usize = 500;

/// Whether `text` may stand as the value of `key`. Whatever passes here parses later by the same functions.
pub fn check(key: &Key, text: &str) -> Result<(), Complaint> {
    let most = if key.is_secret() {
        MAX_SECRET_CHARS
    } else {
        MAX_VALUE_CHARS
    };
    if text.len() > most {
        return Err(Complaint::new("the value is too long", "shorten it"));
    }
    if !key.is_secret() {
        unquoted(text)?;
        // A line break would smuggle further lines into the file that the value is kept in.
        if text.chars().any(is_unfit) {
            return Err(Complaint::new(
                "the value holds control characters, or others that can't be seen",
                "write it on one line",
            ));
        }
    }
    match key.kind {
        ValueKind::Text | ValueKind::Path => Ok(()),
        ValueKind::SecretText | ValueKind::SecretBytes => Ok(()),
        ValueKind::Flag => flag(text).map(drop),
        ValueKind::Number { min, max } => number(text, min, max).map(drop),
        ValueKind::Decimal { max } => decimal(text, max).map(drop),
        ValueKind::Word(words) => word(text, words).map(drop),
        ValueKind::SafeUrl => safe_url(text).map(drop),
        ValueKind::ProxyUrl => proxy_url(text).map(drop),
        ValueKind::Listen => listen(text).map(drop),
        ValueKind::Date => date(text).map(drop),
        ValueKind::Zone => zone(text).map(drop),
        ValueKind::Trigger => trigger(text).map(drop),
        ValueKind::TriggerOrAuto => trigger_or_auto(text).map(drop),
        ValueKind::Guid => guid(text).map(drop),
        ValueKind::Tenant => tenant(text).map(drop),
        ValueKind::List => list(text).map(drop),
        ValueKind::Audience => audience(text).map(drop),
        ValueKind::ClassRule => class_rule(text).map(drop),
        ValueKind::Cel => cel(text).map(drop),
        ValueKind::Verbs => verbs(text).map(drop),
        ValueKind::Guids => guids(text).map(drop),
        ValueKind::Windows => windows(text).map(drop),
        ValueKind::VerbVersions => verb_versions(text).map(drop),
        ValueKind::Definitions => definitions(text).map(drop),
        ValueKind::Names => names(text).map(drop),
        ValueKind::Outcomes => outcomes(text).map(drop),
        ValueKind::PolicyRule => policy_rule(text).map(drop),
    }
}

fn unquoted(text: &str) -> Result<(), Complaint> {
    let quoted = |q: char| text.len() >= 2 && text.starts_with(q) && text.ends_with(q) && text.matches(q).count() == 2;
    if quoted('"') || quoted('\'') {
        return Err(Complaint::new("the value is in quotes", "write it without quotes"));
    }
    Ok(())
}

/// A value for a message: never long.
pub(super) fn show(text: &str) -> String {
    let short: String = text.chars().take(60).collect();
    let rest = if short.len() < text.len() { "…" } else { "" };
    format!("{:?}{rest}", short)
}

pub(super) fn wrong(text: &str, what: &str, advice: impl Into<String>) -> Complaint {
    Complaint::new(format!("{} is not {what}", show(text)), advice)
}

pub fn flag(text: &str) -> Result<bool, Complaint> {
    match text.to_ascii_lowercase().as_str() {
        "yes" | "true" | "on" | "1" => Ok(true),
        "no" | "false" | "off" | "0" => Ok(false),
        _ => Err(wrong(text, "yes or no", "write yes or no")),
    }
}

pub fn number(text: &str, min: u64, max: u64) -> Result<u64, Complaint> {
    let range = || format!("write a whole number from {min} to {max}");
    let n: u64 = text.parse().map_err(|_| wrong(text, "a whole number", range()))?;
    if (min..=max).contains(&n) {
        Ok(n)
    } else {
        Err(Complaint::new(format!("{n} is out of range"), range()))
    }
}

pub fn decimal(text: &str, max: u32) -> Result<f64, Complaint> {
    let advice = format!("write a number from 0 to {max}, such as 2.5");
    match text.parse::<f64>() {
        Ok(n) if (0.0..=f64::from(max)).contains(&n) => Ok(n),
        Ok(_) => Err(Complaint::new(format!("{} is out of range", show(text)), advice)),
        Err(_) => Err(wrong(text, "a number", advice)),
    }
}

pub fn word(text: &str, words: &'static [&'static str]) -> Result<&'static str, Complaint> {
    let found = words.iter().find(|word| word.eq_ignore_ascii_case(text));
    found.copied().ok_or_else(|| {
        let all = words.join(", ");
        wrong(text, "one of the words known here", format!("write one of: {all}"))
    })
}

/// A host and nothing else: what follows it is the caller's business.
fn host_url(text: &str, example: &str) -> Result<Url, Complaint> {
    let advice = format!("write it like {example}");
    let url = Url::parse(text).map_err(|_| wrong(text, "an address", advice.clone()))?;
    if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
        return Err(wrong(text, "an http or https address", advice));
    }
    if !url.username().is_empty() || url.password().is_some() {
        // The value is not repeated: it holds a password.
        return Err(Complaint::new(
            "the address carries a user name or password",
            "take it out; a proxy has the keys proxy_user and proxy_password_file",
        ));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(Complaint::new(
            format!("{} has a query or fragment", show(text)),
            advice,
        ));
    }
    Ok(url)
}

pub fn safe_url(text: &str) -> Result<Url, Complaint> {
    let url = host_url(text, "https://graph.microsoft.com")?;
    if !matches!(url.path(), "" | "/") {
        let advice = "write scheme, host and port only; tenant and version are added";
        return Err(Complaint::new(format!("{} has a path", show(text)), advice));
    }
    if url.scheme() == "http" && !is_loopback_host(&url) {
        return Err(Complaint::new(
            format!("{} would send credentials unencrypted", show(text)),
            "write https://; http:// is taken for loopback addresses only",
        ));
    }
    Ok(url)
}

fn is_loopback_host(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        None => false,
    }
}

pub fn proxy_url(text: &str) -> Result<Url, Complaint> {
    let url = host_url(text, "http://proxy.example.com:8080")?;
    if !matches!(url.path(), "" | "/") {
        let advice = "write it like http://proxy.example.com:8080; a PAC file is not read";
        return Err(Complaint::new(format!("{} has a path", show(text)), advice));
    }
    if url.scheme() != "http" {
        let advice =
            "write http://host:port of the same proxy; what goes through it to Microsoft is encrypted all the same";
        return Err(Complaint::new(
            format!(
                "{} is a proxy that is spoken to by TLS, which is not supported",
                show(text)
            ),
            advice,
        ));
    }
    Ok(url)
}

pub fn listen(text: &str) -> Result<SocketAddr, Complaint> {
    SocketAddr::from_str(text).map_err(|_| {
        let advice = "write it like 127.0.0.1:3900, 0.0.0.0:3900 (all addresses) or [::1]:3900";
        wrong(text, "an address with a port", advice)
    })
}

pub fn date(text: &str) -> Result<NaiveDate, Complaint> {
    let iso = text.len() == 10;
    let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().filter(|_| iso);
    date.ok_or_else(|| wrong(text, "a date", "write year-month-day, such as 2027-03-31"))
}

pub fn zone(text: &str) -> Result<Tz, Complaint> {
    text.parse().map_err(|_| {
        let advice = "write an IANA name such as Europe/Berlin or UTC";
        wrong(text, "a time zone", advice)
    })
}

pub fn trigger(text: &str) -> Result<Trigger, Complaint> {
    crate::schedule::parse_trigger(text).map_err(|error| {
        wrong(
            text,
            "a time to run at",
            format!("{error}; write every 15m, off, or a cron expression such as 0 3 * * *"),
        )
    })
}

pub fn trigger_or_auto(text: &str) -> Result<Option<Trigger>, Complaint> {
    if text.eq_ignore_ascii_case("auto") {
        return Ok(None);
    }
    trigger(text).map(Some)
}

pub fn guid(text: &str) -> Result<String, Complaint> {
    let advice = "write it like 00000000-1111-2222-3333-444444444444, as the app registration's overview shows it";
    match Uuid::try_parse(text) {
        Ok(id) if text.len() == 36 => Ok(id.as_hyphenated().to_string()),
        _ => Err(wrong(text, "a GUID", advice)),
    }
}

pub fn tenant(text: &str) -> Result<String, Complaint> {
    if let Ok(id) = guid(text) {
        return Ok(id);
    }
    let name = text.to_ascii_lowercase();
    if matches!(name.as_str(), "common" | "organizations" | "consumers") {
        let advice = "write the tenant's own id; sign-in without a user needs it";
        return Err(Complaint::new(format!("{} names no single tenant", show(text)), advice));
    }
    let label =
        |part: &str| (1..=63).contains(&part.len()) && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    if name.len() <= 253 && name.contains('.') && name.split('.').all(label) {
        return Ok(name);
    }
    let advice = "write its GUID or a domain of it, such as contoso.onmicrosoft.com";
    Err(wrong(text, "a tenant id", advice))
}

pub fn list(text: &str) -> Result<Vec<String>, Complaint> {
    let mut items: Vec<String> = Vec::new();
    for item in text.split(',').map(str::trim) {
        if item.is_empty() {
            return Err(Complaint::new(
                "there is an empty entry in the list",
                "take the spare comma out",
            ));
        }
        if items.iter().any(|known| known.eq_ignore_ascii_case(item)) {
            return Err(Complaint::new(
                format!("{} stands twice in the list", show(item)),
                "take one out",
            ));
        }
        items.push(item.to_owned());
    }
    if items.len() > MAX_LIST {
        return Err(Complaint::new(
            format!("the list has {} entries", items.len()),
            format!("at most {MAX_LIST} are taken"),
        ));
    }
    Ok(items)
}

pub fn audience(text: &str) -> Result<Audience, Complaint> {
    if text == "*" {
        return Ok(Audience::Everybody);
    }
    let items = list(text)?;
    if items.iter().any(|item| item == "*") {
        let advice = "write either * (all servers) or a list of server ids";
        return Err(Complaint::new("* stands beside single servers", advice));
    }
    let ids = items.iter().map(|item| item.parse::<ServerId>());
    ids.collect::<Result<Vec<_>, _>>()
        .map(Audience::Servers)
        .map_err(|error| wrong(&error.given, "a server id", error.rule))
}

pub fn class_rule(text: &str) -> Result<ClassRule, Complaint> {
    let advice = "write it like phone: model.startsWith(\"iPhone\")";
    let Some((class, when)) = text.split_once(':') else {
        return Err(wrong(text, "a class rule", advice));
    };
    let (class, when) = (class.trim(), when.trim());
    let good =
        (1..=40).contains(&class.len()) && class.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    if !good {
        return Err(wrong(
            class,
            "a class",
            "write one word of letters and digits before the colon, such as phone",
        ));
    }
    Ok(ClassRule {
        class: class.to_owned(),
        when: cel(when)?,
    })
}

pub fn cel(text: &str) -> Result<String, Complaint> {
    let length = text.chars().count();
    if length == 0 {
        return Err(Complaint::new(
            "the expression is empty",
            "write a CEL expression or leave the line out",
        ));
    }
    if length > MAX_CEL_CHARS {
        return Err(Complaint::new(
            format!("the expression has {length} characters"),
            format!("at most {MAX_CEL_CHARS} are taken"),
        ));
    }
    Ok(text.to_owned())
}
