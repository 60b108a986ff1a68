//! What is done with a value that is not of its property's kind: it costs the property, never the device (S8), and is told
//! by device, property and reason (E10). So no server is told an object as a device's name, or a date that is none.
//!
//! What is unambiguous is taken: a number or a boolean in quotation marks. Words that Microsoft adds to an enum, and
//! numbers in the place of its words, stay as they are, and so does everything outside the table. Properties that are
//! never read do not matter here; those by which it is decided who a device is, and whose, are judged before (`shape`).

use super::properties::{ID, Kind, Owner, TABLE};
use super::record::{Slots, unquote};
use crate::model::{DeviceId, Unread, UnreadReason, parse_time};

/// Takes out of the record what could not be read of it.
pub fn mend(slots: &mut Slots<'_>, id: DeviceId) -> Vec<Unread> {
    let mut unread = Vec::new();
    for (index, property) in TABLE.iter().enumerate() {
        let raw = slots.get(index);
        if raw == "null" || index == ID || matches!(property.owner, Owner::Never | Owner::Own) {
            continue;
        }
        let (reason, problem) = match fit(property.kind, raw) {
            Fit::AsItIs => continue,
            Fit::Instead(value) => {
                slots.set(index, value);
                continue;
            }
            Fit::BadDate => (UnreadReason::BadDate, format!("{} is no date", property.name)),
            Fit::Other(wanted) => (
                UnreadReason::WrongType,
                format!("{} is {} and not {wanted}", property.name, kind_of(raw)),
            ),
        };
        slots.set(index, "null");
        unread.push(Unread {
            device_id: Some(id),
            property: Some(property.name.to_owned()),
            reason,
            problem,
        });
    }
    unread
}

enum Fit<'a> {
    AsItIs,
    /// It means this value.
    Instead(&'a str),
    BadDate,
    /// Of another kind; this one is wanted.
    Other(&'static str),
}

fn fit(kind: Kind, raw: &str) -> Fit<'_> {
    let first = raw.as_bytes().first().copied().unwrap_or(b'n');
    match (kind, first) {
        (_, b'"') if raw == "\"\"" => Fit::AsItIs,
        (Kind::Text | Kind::Enum, b'"') => Fit::AsItIs,
        (Kind::Enum | Kind::Number, b'-' | b'0'..=b'9') => Fit::AsItIs,
        (Kind::Boolean, b't' | b'f') | (Kind::Complex, b'{' | b'[') => Fit::AsItIs,
        (Kind::Date, b'"') => match is_date(raw) {
            true => Fit::AsItIs,
            false => Fit::BadDate,
        },
        (Kind::Number, b'"') => match number(raw) {
            Some(number) => Fit::Instead(number),
            None => Fit::Other("a number"),
        },
        (Kind::Boolean, b'"') => match &raw[1..raw.len() - 1] {
            word if word.eq_ignore_ascii_case("true") => Fit::Instead("true"),
            word if word.eq_ignore_ascii_case("false") => Fit::Instead("false"),
            _ => Fit::Other("true or false"),
        },
        (Kind::Text, _) => Fit::Other("text"),
        (Kind::Enum, _) => Fit::Other("a word"),
        (Kind::Number, _) => Fit::Other("a number"),
        (Kind::Boolean, _) => Fit::Other("true or false"),
        (Kind::Date, _) => Fit::BadDate,
        (Kind::Complex, _) => Fit::Other("an object or a list"),
    }
}

/// Year 1 and year 9999, Graph's "never" and "no end", are dates like others.
fn is_date(raw: &str) -> bool {
    unquote(raw).is_some_and(|text| parse_time(&text).is_some())
}

/// A number in quotation marks, without them.
fn number(raw: &str) -> Option<&str> {
    let inner = raw.strip_prefix('"')?.strip_suffix('"')?;
    serde_json::from_str::<serde_json::Number>(inner)
        .ok()
        .map(|_| inner.trim())
}

fn kind_of(raw: &str) -> &'static str {
    match raw.as_bytes().first() {
        Some(b'"') => "text",
        Some(b'{') => "an object",
        Some(b'[') => "a list",
        Some(b't' | b'f') => "true or false",
        _ => "a number",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inventory::properties::find;

    const DEVICE: &str = "7809c88c-0000-4000-8000-000000000001";

    /// What is left of a property with this value, and why.
    fn left(name: &str, raw: &str) -> (String, Option<UnreadReason>) {
        let record = format!("{{\"id\":\"{DEVICE}\",\"{name}\":{raw}}}");
        let mut slots = Slots::read(&record).expect("a record");
        let unread = mend(&mut slots, DEVICE.parse().expect("a GUID"));
        let index = find(name, 0).expect("a known property");
        if let Some(unread) = unread.first() {
            assert_eq!(unread.property.as_deref(), Some(name));
            assert!(unread.problem.contains(name), "{unread:?}");
        }
        (slots.get(index).to_owned(), unread.first().map(|unread| unread.reason))
    }

    #[test]
    fn st_3_a_date_that_is_none_costs_the_date_alone_whatever_is_wrong_with_it() {
        let dates = TABLE.iter().filter(|property| property.kind == Kind::Date);
        for property in dates {
            for bad in [
                "\"10000-01-01T00:00:00Z\"",
                "\"2025-04-22T24:00:00Z\"",
                "\"2025-04-22T12:59Z\"",
                "\"2025-04-22T12:59:11.Z\"",
                "\"2025-02-30T12:59:11Z\"",
                "\"2025-04-22T12:59:11\"",
                "\"2025-04-22\"",
                "\"soon\"",
                "5",
                "{\"a\":1}",
                "true",
            ] {
                let found = left(property.name, bad);
                assert_eq!(
                    found,
                    ("null".to_owned(), Some(UnreadReason::BadDate)),
                    "{} {bad}",
                    property.name
                );
            }
            for good in [
                "\"0001-01-01T00:00:00Z\"",
                "\"9999-12-31T23:59:59.9999999Z\"",
                "\"2025-04-22T12:59:11.5+02:00\"",
                "\"\"",
                "null",
            ] {
                assert_eq!(
                    left(property.name, good),
                    (good.to_owned(), None),
                    "{} {good}",
                    property.name
                );
            }
        }
    }

    #[test]
    fn cr_d5_a_value_of_another_kind_costs_the_property_alone() {
        for (name, bad) in [
            ("deviceName", "{\"a\":1}"),
            ("deviceName", "[\"a\"]"),
            ("deviceName", "17"),
            ("deviceName", "true"),
            ("complianceState", "{}"),
            ("isEncrypted", "\"perhaps\""),
            ("isEncrypted", "1"),
            ("totalStorageSpaceInBytes", "\"many\""),
            ("totalStorageSpaceInBytes", "{}"),
            ("deviceHealthAttestationState", "\"good\""),
            ("notes", "{\"a\":1}"),
        ] {
            assert_eq!(
                left(name, bad),
                ("null".to_owned(), Some(UnreadReason::WrongType)),
                "{name} {bad}"
            );
        }
    }

    #[test]
    fn what_is_unambiguous_is_taken() {
        for (name, raw, taken) in [
            ("totalStorageSpaceInBytes", "\"64023257088\"", "64023257088"),
            ("isEncrypted", "\"True\"", "true"),
            ("isSupervised", "\"false\"", "false"),
            ("complianceState", "\"onTheMoon\"", "\"onTheMoon\""),
            ("managementAgent", "4096", "4096"),
            ("deviceName", "\"17\"", "\"17\""),
        ] {
            assert_eq!(left(name, raw), (taken.to_owned(), None), "{name} {raw}");
        }
    }
}
