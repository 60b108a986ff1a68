//! Values of a device's fields as people read them.

use chrono::{DateTime, Utc};
use serde_json::Value;
use sics_client::contract::{FieldKind, FieldView};

use crate::clock_text::TimeText;
use crate::page::PageContext;
use crate::texts::Language;

/// A value in a page; `parts/device_value.html` writes it.
pub(crate) enum ShownValue {
    Nothing,
    Text(String),
    Time(TimeText),
    /// An amount in a unit that fits, with the exact one at hand.
    Amount {
        rounded: String,
        exact: String,
    },
    /// An object or a list, as JSON.
    Json(String),
}

impl ShownValue {
    pub(crate) fn text(ctx: &PageContext, text: &str) -> ShownValue {
        ShownValue::Text(ctx.plain(text))
    }

    pub(crate) fn time(ctx: &PageContext, at: &DateTime<Utc>) -> ShownValue {
        ShownValue::Time(ctx.time(at))
    }

    /// The value of this field; `field`: what is known of it.
    pub(crate) fn of_field(ctx: &PageContext, name: &str, field: Option<&FieldView>, value: &Value) -> ShownValue {
        match value {
            Value::Null => ShownValue::Nothing,
            Value::String(text) if text.is_empty() => ShownValue::Nothing,
            Value::String(text) => {
                let is_date = field.is_some_and(|field| field.holds == FieldKind::Date);
                match text.parse::<DateTime<Utc>>() {
                    Ok(at) if is_date => ShownValue::time(ctx, &at),
                    _ => ShownValue::Text(name_word(ctx, name, text)),
                }
            }
            Value::Bool(is_so) => ShownValue::Text(ctx.t(choose_word(*is_so))),
            Value::Number(number) => match number.as_u64() {
                Some(bytes) if name.ends_with("InBytes") => ShownValue::Amount {
                    rounded: format_bytes(bytes, ctx.language()),
                    exact: ctx.count("device-bytes", bytes),
                },
                _ => ShownValue::Text(number.to_string()),
            },
            Value::Array(items) if items.is_empty() => ShownValue::Nothing,
            Value::Object(members) if members.is_empty() => ShownValue::Nothing,
            Value::Array(_) | Value::Object(_) => {
                let text = serde_json::to_string_pretty(value).unwrap_or_default();
                ShownValue::Json(plain_lines(ctx, &text))
            }
        }
    }

    pub(crate) fn is_nothing(&self) -> bool {
        matches!(self, ShownValue::Nothing)
    }

    /// Whether it may stand in a link: a block that scrolls may not.
    pub(crate) fn fits_link(&self) -> bool {
        !matches!(self, ShownValue::Nothing | ShownValue::Json(_))
    }
}

fn choose_word(is_so: bool) -> &'static str {
    if is_so { "yes" } else { "no" }
}

/// Hidden letters are shown; lines stay lines.
fn plain_lines(ctx: &PageContext, text: &str) -> String {
    text.lines().map(|line| ctx.plain(line)).collect::<Vec<_>>().join("\n")
}

/// A word of Microsoft's as people read it, or the text as it is.
pub(crate) fn name_word(ctx: &PageContext, field: &str, text: &str) -> String {
    match word_prefix(field) {
        Some(prefix) => ctx.plain(ctx.word(prefix, text)),
        None => ctx.plain(text),
    }
}

/// Under which keys the words of a field are translated.
pub(crate) fn word_prefix(field: &str) -> Option<&'static str> {
    match field {
        "complianceState" => Some("compliance-"),
        "managedDeviceOwnerType" | "ownerType" => Some("ownership-"),
        _ => None,
    }
}

/// As Intune names them; it may have others.
pub(crate) const COMPLIANCE_STATES: [&str; 7] = [
    "compliant",
    "noncompliant",
    "inGracePeriod",
    "conflict",
    "error",
    "configManager",
    "unknown",
];

/// States with their words and the classes of their badges.
pub(crate) fn list_compliance_words(ctx: &PageContext) -> Vec<(&'static str, String, &'static str)> {
    let word = |state: &'static str| (state, ctx.word("compliance-", state), compliance_class(state));
    COMPLIANCE_STATES.into_iter().map(word).collect()
}

/// Class of a compliance state's badge.
pub(crate) fn compliance_class(state: &str) -> &'static str {
    match state {
        "compliant" => "good",
        "noncompliant" | "error" | "conflict" => "bad",
        "inGracePeriod" => "warning",
        _ => "",
    }
}

/// With one digit behind the point, in the largest unit that is not below one.
pub(crate) fn format_bytes(bytes: u64, language: Language) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    let mut amount = bytes as f64 / 1024.0;
    let mut unit = 0;
    while amount >= 1024.0 && unit + 1 < UNITS.len() {
        amount /= 1024.0;
        unit += 1;
    }
    let text = format!("{amount:.1} {}", UNITS[unit]);
    match language {
        Language::English => text,
        Language::German => text.replace('.', ","),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_written_in_a_unit_that_fits() {
        for (bytes, english, german) in [
            (0, "0 B", "0 B"),
            (1023, "1023 B", "1023 B"),
            (1536, "1.5 KiB", "1,5 KiB"),
            (64 << 30, "64.0 GiB", "64,0 GiB"),
            (u64::MAX, "16777216.0 TiB", "16777216,0 TiB"),
        ] {
            assert_eq!(format_bytes(bytes, Language::English), english);
            assert_eq!(format_bytes(bytes, Language::German), german);
        }
    }

    #[test]
    fn a_state_that_is_not_known_has_no_colour() {
        assert_eq!(compliance_class("noncompliant"), "bad");
        assert_eq!(compliance_class("somethingNew"), "");
        assert_eq!(word_prefix("deviceName"), None);
    }
}
