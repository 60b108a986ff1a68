//! What is done with a value that is not of its property's kind: it costs the property, never the device (S8), and is told
//! by device, property and reason (E10). So no server is told an object as a device's name, or a date that is none.
//!
//! What is unambiguous is taken: a number or a boolean in quotation marks. Words that Microsoft adds to an enum, and
//! numbers in the place of its words, stay as they are, and so does everything outside the table. Properties that are
//! never read do not matter here; those by which it is decided who a device is, and whose, are judged before (`shape`).

use super::properties::{ID, PropertyKind, PropertySource, TABLE};
use super::record_slots::{RecordSlots, unquote_json};
use crate::model::{DeviceId, RejectedRecord, RejectionReason, parse_time};

/// Takes out of the record what could not be read of it.
pub(crate) fn repair_values(slots: &mut RecordSlots<'_>, id: DeviceId) -> Vec<RejectedRecord> {
    let mut unread = Vec::new();
    for (index, property) in TABLE.iter().enumerate() {
        let raw = slots.get(index);
        let is_elsewhere = matches!(
            property.owner,
            PropertySource::Never | PropertySource::Own | PropertySource::Users
        );
        if raw == "null" || index == ID || is_elsewhere {
            continue;
        }
        let (reason, problem) = match check_value(property.kind, raw) {
            ValueFit::AsItIs => continue,
            ValueFit::Instead(value) => {
                slots.set(index, value);
                continue;
            }
            ValueFit::BadDate => (RejectionReason::BadDate, format!("{} is not a date", property.name)),
            ValueFit::Other(wanted) => (
                RejectionReason::WrongType,
                format!("{} is {}, not {wanted}", property.name, kind_name(raw)),
            ),
        };
        slots.set(index, "null");
        unread.push(RejectedRecord {
            device_id: Some(id),
            property: Some(property.name.to_owned()),
            reason,
            problem,
        });
    }
    unread
}

enum ValueFit<'a> {
    AsItIs,
    /// It means this value.
    Instead(&'a str),
    BadDate,
    /// Of another kind; this one is wanted.
    Other(&'static str),
}

fn check_value(kind: PropertyKind, raw: &str) -> ValueFit<'_> {
    let first = raw.as_bytes().first().copied().unwrap_or(b'n');
    match (kind, first) {
        (_, b'"') if raw == "\"\"" => ValueFit::AsItIs,
        (PropertyKind::Text | PropertyKind::Enum, b'"') => ValueFit::AsItIs,
        (PropertyKind::Enum | PropertyKind::Number, b'-' | b'0'..=b'9') => ValueFit::AsItIs,
        (PropertyKind::Boolean, b't' | b'f') | (PropertyKind::Complex, b'{' | b'[') => ValueFit::AsItIs,
        (PropertyKind::Date, b'"') => {
            if is_date(raw) {
                ValueFit::AsItIs
            } else {
                ValueFit::BadDate
            }
        }
        (PropertyKind::Number, b'"') => match unquote_number(raw) {
            Some(number) => ValueFit::Instead(number),
            None => ValueFit::Other("a number"),
        },
        (PropertyKind::Boolean, b'"') => match &raw[1..raw.len() - 1] {
            word if word.eq_ignore_ascii_case("true") => ValueFit::Instead("true"),
            word if word.eq_ignore_ascii_case("false") => ValueFit::Instead("false"),
            _ => ValueFit::Other("true or false"),
        },
        (PropertyKind::Text, _) => ValueFit::Other("text"),
        (PropertyKind::Enum, _) => ValueFit::Other("a word"),
        (PropertyKind::Number, _) => ValueFit::Other("a number"),
        (PropertyKind::Boolean, _) => ValueFit::Other("true or false"),
        (PropertyKind::Date, _) => ValueFit::BadDate,
        (PropertyKind::Complex, _) => ValueFit::Other("an object or a list"),
    }
}

/// Year 1 and year 9999, Graph's "never" and "no end", are dates like others.
fn is_date(raw: &str) -> bool {
    unquote_json(raw).is_some_and(|text| parse_time(&text).is_some())
}

/// A number in quotation marks, without them.
fn unquote_number(raw: &str) -> Option<&str> {
    let inner = raw.strip_prefix('"')?.strip_suffix('"')?;
    serde_json::from_str::<serde_json::Number>(inner)
        .ok()
        .map(|_| inner.trim())
}

fn kind_name(raw: &str) -> &'static str {
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
    use crate::inventory::properties::find_property;

    const DEVICE: &str = "7809c88c-0000-4000-8000-000000000001";

    /// What is left of a property with this value, and why.
    fn left(name: &str, raw: &str) -> (String, Option<RejectionReason>) {
        let record = format!("{{\"id\":\"{DEVICE}\",\"{name}\":{raw}}}");
        let mut slots = RecordSlots::from_json(&record).expect("a record");
        let unread = repair_values(&mut slots, DEVICE.parse().expect("a GUID"));
        let index = find_property(name, 0).expect("a known property");
        if let Some(unread) = unread.first() {
            assert_eq!(unread.property.as_deref(), Some(name));
            assert!(unread.problem.contains(name), "{unread:?}");
        }
        (slots.get(index).to_owned(), unread.first().map(|unread| unread.reason))
    }

    #[test]
    fn st_3_a_date_that_is_none_costs_the_date_alone_whatever_is_wrong_with_it() {
        let dates = TABLE.iter().filter(|property| property.kind == PropertyKind::Date);
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
                    ("null".to_owned(), Some(RejectionReason::BadDate)),
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
                ("null".to_owned(), Some(RejectionReason::WrongType)),
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
