//! The normal form of one value: equal meaning, equal text.
//!
//! Graph renders the same device differently in a list and in a single answer: "Unknown" or "", "" or
//! null, whole seconds or seven digits. None of that is a change. Here each value gets the one text it is compared,
//! stored and passed on as; most come in that form already and are handed through as they are.
//!
//! A value that is not of the kind the table promises is kept as it is: Microsoft may change a type, and a fleet must
//! not be set aside for it. What decisions hang on is checked where the decision is made (`shape`).

use std::borrow::Cow;

use serde_json::Value;

use super::properties::{DeviceProperty, PropertyKind, ValueRule};
use super::record_slots::unquote_json;
use crate::model::{format_time, parse_time};

/// Valid by its brackets, but nested beyond the parser's limit or with text that is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a value is nested too deeply or contains invalid text")]
pub struct UnreadableValue;

/// The value's normal JSON text; `None` where it means "nothing".
pub(crate) type NormalValue<'a> = Result<Option<Cow<'a, str>>, UnreadableValue>;

pub(crate) fn normalise_value<'a>(property: &DeviceProperty, raw: &'a str) -> NormalValue<'a> {
    if raw == "null" || raw == "\"\"" {
        return Ok(None);
    }
    match property.kind {
        PropertyKind::Text => normalise_by_rule(property.rule, raw),
        PropertyKind::Date => normalise_date(raw),
        PropertyKind::Number if property.rule == ValueRule::ZeroIsNothing && raw == "0" => Ok(None),
        PropertyKind::Enum | PropertyKind::Boolean | PropertyKind::Number | PropertyKind::Complex => {
            normalise_plain(raw)
        }
    }
}

/// The normal form of a value that the table does not know. Dates are recognised by their look.
pub(crate) fn normalise_unknown(raw: &str) -> NormalValue<'_> {
    if raw == "null" || raw == "\"\"" {
        return Ok(None);
    }
    if is_time_like(raw) {
        normalise_date(raw)
    } else {
        normalise_plain(raw)
    }
}

/// By its look alone.
fn normalise_plain(raw: &str) -> NormalValue<'_> {
    match raw.as_bytes().first() {
        Some(b'"') => Ok(Some(normalise_text(raw))),
        Some(b'{' | b'[') => normalise_complex(raw),
        _ => Ok(Some(normalise_scalar(raw))),
    }
}

/// Text without the members that move by themselves (S5).
pub(crate) fn without_members(raw: &str, members: &[&str]) -> String {
    match serde_json::from_str::<Value>(raw) {
        Ok(Value::Object(mut object)) => {
            object.retain(|name, _| !members.contains(&name.as_str()));
            Value::Object(object).to_string()
        }
        _ => raw.to_owned(),
    }
}

/// A string with its escapes written the one way in which we write them. Half a surrogate pair is no text, and would
/// make the whole device unreadable to others: U+FFFD stands in for it.
fn normalise_text(raw: &str) -> Cow<'_, str> {
    if !raw.contains('\\') {
        return Cow::Borrowed(raw);
    }
    match serde_json::from_str::<LossyText>(raw) {
        Ok(LossyText(plain)) => Cow::Owned(quote_json(&plain)),
        Err(_) => Cow::Borrowed("\"\u{fffd}\""),
    }
}

/// Text from a JSON string, broken surrogates replaced.
struct LossyText(String);

impl<'de> serde::Deserialize<'de> for LossyText {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Bytes;
        impl serde::de::Visitor<'_> for Bytes {
            type Value = LossyText;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a string")
            }
            fn visit_bytes<E>(self, bytes: &[u8]) -> Result<LossyText, E> {
                Ok(LossyText(String::from_utf8_lossy(bytes).into_owned()))
            }
        }
        deserializer.deserialize_bytes(Bytes)
    }
}

fn quote_json(plain: &str) -> String {
    Value::String(plain.to_owned()).to_string()
}

fn normalise_by_rule(rule: ValueRule, raw: &str) -> NormalValue<'_> {
    if !raw.starts_with('"') {
        return normalise_plain(raw);
    }
    let value = normalise_text(raw);
    if rule == ValueRule::Plain {
        return Ok(Some(value));
    }
    let Some(plain) = unquote_json(&value) else {
        return Ok(Some(value));
    };
    let is_zero = || plain.bytes().all(|b| matches!(b, b'0' | b'-' | b':'));
    Ok(match rule {
        ValueRule::UnknownIsNothing if plain.eq_ignore_ascii_case("unknown") => None,
        ValueRule::Guid | ValueRule::Mac if is_zero() => None,
        ValueRule::Guid if plain.bytes().any(|b| b.is_ascii_uppercase()) => {
            Some(Cow::Owned(quote_json(&plain.to_lowercase())))
        }
        ValueRule::Mac if plain.bytes().any(|b| b.is_ascii_lowercase()) => {
            Some(Cow::Owned(quote_json(&plain.to_uppercase())))
        }
        ValueRule::Capitalised if !matches!(plain.as_ref(), "True" | "False" | "Unknown") => {
            let mut word = plain.to_ascii_lowercase();
            if let Some(first) = word.get_mut(..1) {
                first.make_ascii_uppercase();
            }
            Some(Cow::Owned(quote_json(&word)))
        }
        _ => Some(value),
    })
}

/// `"2026-11-19T23:17:06` with whatever follows.
fn is_time_like(raw: &str) -> bool {
    let bytes = raw.as_bytes();
    bytes.len() >= 22
        && bytes.len() <= 40
        && bytes[1..20].iter().enumerate().all(|(at, byte)| match at {
            4 | 7 => *byte == b'-',
            10 => *byte == b'T',
            13 | 16 => *byte == b':',
            _ => byte.is_ascii_digit(),
        })
}

/// Whole seconds in UTC. Year 1 and year 9999 are Graph's "never" and "no end".
fn normalise_date(raw: &str) -> NormalValue<'_> {
    if !is_time_like(raw) {
        let time = raw.trim_matches('"');
        return match parse_time(time).filter(|_| raw.starts_with('"')) {
            Some(time) => Ok(Some(Cow::Owned(quote_json(&format_time(time))))),
            None => normalise_plain(raw),
        };
    }
    if raw.starts_with("\"0001-") || raw.starts_with("\"9999-") {
        return Ok(None);
    }
    Ok(Some(match &raw[20..] {
        "Z\"" => Cow::Borrowed(raw),
        fraction if is_fraction(fraction) => Cow::Owned(format!("{}Z\"", &raw[..20])),
        _ => match parse_time(raw.trim_matches('"')) {
            Some(time) => Cow::Owned(quote_json(&format_time(time))),
            None => normalise_text(raw),
        },
    }))
}

/// `.1997623Z"`
fn is_fraction(rest: &str) -> bool {
    rest.strip_prefix('.')
        .and_then(|rest| rest.strip_suffix("Z\""))
        .is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()))
}

/// Numbers and booleans. Whole numbers stay to the last digit; others are written the one way.
fn normalise_scalar(raw: &str) -> Cow<'_, str> {
    if raw == "true" || raw == "false" || !raw.contains(['.', 'e', 'E']) {
        return Cow::Borrowed(raw);
    }
    match serde_json::from_str::<Value>(raw) {
        Ok(value) => Cow::Owned(value.to_string()),
        Err(_) => Cow::Borrowed(raw),
    }
}

/// Objects and lists: keys sorted, no blanks, dates inside to whole seconds; `[]` and `{}` are nothing.
fn normalise_complex(raw: &str) -> NormalValue<'_> {
    let mut value: Value = serde_json::from_str(raw).map_err(|_| UnreadableValue)?;
    value.sort_all_objects();
    normalise_nested(&mut value);
    let is_empty = match &value {
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        _ => false,
    };
    Ok((!is_empty).then(|| Cow::Owned(value.to_string())))
}

/// The same for what is inside a complex value: annotations out, dates cut, `""` to null. Recursion is bounded by the
/// parser, which refuses more than 128 levels.
fn normalise_nested(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.retain(|name, _| !name.contains('@'));
            members.values_mut().for_each(normalise_nested);
        }
        Value::Array(items) => items.iter_mut().for_each(normalise_nested),
        Value::String(plain) if plain.is_empty() => *value = Value::Null,
        Value::String(plain) if !plain.contains(['"', '\\']) => match normalise_date(&format!("\"{plain}\"")) {
            Ok(Some(time)) => *plain = time.trim_matches('"').to_owned(),
            _ => *value = Value::Null,
        },
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inventory::properties::{TABLE, find_property};

    fn of(name: &str, raw: &str) -> Option<String> {
        normalise_value(&TABLE[find_property(name, 0).expect("a known property")], raw)
            .expect("readable")
            .map(Cow::into_owned)
    }

    #[test]
    fn ic12_sentinels_and_empty_strings_are_nothing() {
        for (name, raw) in [
            ("easActivationDateTime", "\"0001-01-01T00:00:00Z\""),
            ("complianceGracePeriodExpirationDateTime", "\"9999-12-31T23:59:59Z\""),
            (
                "complianceGracePeriodExpirationDateTime",
                "\"9999-12-31T23:59:59.9999999Z\"",
            ),
            ("imei", "\"\""),
            ("imei", "null"),
            ("deviceCategoryDisplayName", "\"Unknown\""),
            ("physicalMemoryInBytes", "0"),
            ("azureADDeviceId", "\"00000000-0000-0000-0000-000000000000\""),
            ("wiFiMacAddress", "\"000000000000\""),
            ("usersLoggedOn", "[]"),
            ("configurationManagerClientEnabledFeatures", "null"),
        ] {
            assert_eq!(of(name, raw), None, "{name} {raw}");
        }
    }

    #[test]
    fn what_is_a_value_stays_one() {
        for (name, raw) in [
            ("serialNumber", "\"0\""),
            ("model", "\"Unknown\""),
            ("freeStorageSpaceInBytes", "0"),
            ("isEncrypted", "false"),
            ("deviceName", "\"Übergrößen-Läptöp 電腦\""),
            ("totalStorageSpaceInBytes", "9223372036854775807"),
        ] {
            assert_eq!(of(name, raw).as_deref(), Some(raw), "{name}");
        }
    }

    #[test]
    fn dates_are_equal_whatever_their_precision() {
        let whole = of("enrolledDateTime", "\"2023-08-23T09:05:10Z\"");
        for same in [
            "\"2023-08-23T09:05:10.1997623Z\"",
            "\"2023-08-23T09:05:10.9Z\"",
            "\"2023-08-23T11:05:10+02:00\"",
        ] {
            assert_eq!(of("enrolledDateTime", same), whole);
        }
        assert_eq!(whole.as_deref(), Some("\"2023-08-23T09:05:10Z\""));
        assert_eq!(of("enrolledDateTime", "\"soon\"").as_deref(), Some("\"soon\""));
    }

    #[test]
    fn ic13_unknown_enum_values_stay_as_text() {
        assert_eq!(of("complianceState", "\"onTheMoon\"").as_deref(), Some("\"onTheMoon\""));
        assert_eq!(of("managementAgent", "4096").as_deref(), Some("4096"));
    }

    #[test]
    fn spellings_of_the_same_are_the_same() {
        assert_eq!(of("jailBroken", "\"false\""), of("jailBroken", "\"False\""));
        assert_eq!(of("jailBroken", "\"Unknown\"").as_deref(), Some("\"Unknown\""));
        assert_eq!(
            of("wiFiMacAddress", "\"20698078b17a\"").as_deref(),
            Some("\"20698078B17A\"")
        );
        assert_eq!(of("deviceName", r#""A\/B\u00e9\"""#).as_deref(), Some(r#""A/Bé\"""#));
        assert_eq!(
            of(
                "deviceHealthAttestationState",
                r#"{ "b": "", "a": "2023-08-23T09:05:10.5Z", "a@odata.type": 1 }"#
            ),
            of(
                "deviceHealthAttestationState",
                r#"{"a":"2023-08-23T09:05:10Z","b":null}"#
            ),
        );
    }

    #[test]
    fn values_outside_the_table_are_settled_by_their_look() {
        assert_eq!(
            normalise_unknown("\"2023-08-23T09:05:10.1997623Z\"")
                .unwrap()
                .as_deref(),
            Some("\"2023-08-23T09:05:10Z\"")
        );
        assert_eq!(
            normalise_unknown("\"2023-08-23\"").unwrap().as_deref(),
            Some("\"2023-08-23\"")
        );
        assert_eq!(
            normalise_unknown("{ \"b\" : 1, \"a\" : [ 1, 2 ] }").unwrap().as_deref(),
            Some("{\"a\":[1,2],\"b\":1}")
        );
        assert_eq!(normalise_unknown("1.50").unwrap().as_deref(), Some("1.5"));
        assert_eq!(normalise_unknown("[]"), Ok(None));
    }

    #[test]
    fn a_value_of_another_kind_is_kept() {
        assert_eq!(of("deviceName", "17").as_deref(), Some("17"));
        assert_eq!(of("enrolledDateTime", "{\"a\":1}").as_deref(), Some("{\"a\":1}"));
        assert_eq!(of("isEncrypted", "\"yes\"").as_deref(), Some("\"yes\""));
    }

    #[test]
    fn s8_what_would_make_the_device_unreadable_to_others_never_gets_into_it() {
        let mended = of("deviceName", r#""a\ud800b""#).expect("a name");
        let text: String = serde_json::from_str(&mended).expect("readable");
        assert!(text.starts_with("a\u{fffd}") && text.ends_with('b'), "{text}");
        let deep = format!("{}{}", "[".repeat(500), "]".repeat(500));
        assert_eq!(normalise_unknown(&deep), Err(UnreadableValue));
        assert_eq!(normalise_unknown(r#"["\ud800"]"#), Err(UnreadableValue));
    }
}
