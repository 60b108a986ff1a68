//! One record taken apart: the text of each value, in a slot by row of the table, borrowed from the answer.
//!
//! Nothing is decoded that nobody asked for: most values go from Graph's answer to the store as the bytes they came
//! as. One pass, no tree, no map, and for a record without unknown keys no allocation. Nearly every record goes the
//! short way (`quick`); this is the long one, for whatever JSON may look like.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::fast_parse;
use super::properties::{COUNT, find_property};

/// Longest record that is taken apart. Real ones have 2 to 20 KB.
pub(crate) const RECORD_MAX_BYTES: usize = 1024 * 1024;
/// Most keys of a record that the table does not know.
pub(crate) const UNKNOWN_MAX: usize = 256;

/// The values of a record as JSON text.
pub struct RecordSlots<'a> {
    known: [&'a str; COUNT],
    /// Keys outside the table in the order in which they came.
    pub unknown: Vec<(Cow<'a, str>, &'a str)>,
}

impl<'a> RecordSlots<'a> {
    pub fn from_json(record: &'a str) -> Result<Self, serde_json::Error> {
        if record.len() > RECORD_MAX_BYTES {
            return Err(serde_json::Error::custom("the record is longer than 1 MiB"));
        }
        match fast_parse::parse_fast(record) {
            Some(slots) => Ok(slots),
            None => RecordSlots::parse_slow(record),
        }
    }

    /// The long way: whatever JSON may look like.
    pub(super) fn parse_slow(record: &'a str) -> Result<Self, serde_json::Error> {
        let mut json = serde_json::Deserializer::from_str(record);
        let slots = json.deserialize_map(RecordSlotsVisitor)?;
        json.end()?;
        Ok(slots)
    }

    pub(super) fn empty() -> Self {
        RecordSlots {
            known: [""; COUNT],
            unknown: Vec::new(),
        }
    }

    pub(super) fn set(&mut self, index: usize, value: &'a str) {
        self.known[index] = value;
    }

    /// The value's text; `null` where the key is absent.
    pub fn get(&self, index: usize) -> &'a str {
        match self.known[index] {
            "" => "null",
            text => text,
        }
    }

    pub fn is_present(&self, index: usize) -> bool {
        !self.known[index].is_empty()
    }

    /// The text inside a JSON string, for comparing; `None` for everything else and for `""`.
    pub fn text_value(&self, index: usize) -> Option<Cow<'a, str>> {
        unquote_json(self.get(index)).filter(|text| !text.is_empty())
    }
}

/// What a JSON string says; borrowed where nothing is escaped.
pub(crate) fn unquote_json(raw: &str) -> Option<Cow<'_, str>> {
    let inner = raw.strip_prefix('"')?.strip_suffix('"')?;
    if inner.contains('\\') {
        serde_json::from_str::<String>(raw).ok().map(Cow::Owned)
    } else {
        Some(Cow::Borrowed(inner))
    }
}

struct RecordSlotsVisitor;

impl<'de> Visitor<'de> for RecordSlotsVisitor {
    type Value = RecordSlots<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a device as a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<RecordSlots<'de>, A::Error> {
        let mut slots = RecordSlots::empty();
        let mut expected = 0;
        while let Some(key) = map.next_key_seed(SlotKeySeed { expected })? {
            let value = map.next_value::<&'de RawValue>()?.get();
            match key {
                SlotKey::Known(index) => {
                    slots.set(index, value);
                    expected = index + 1;
                }
                // Annotations such as `@odata.type` describe the answer, not the device.
                SlotKey::Unknown(name) if name.contains('@') => {}
                SlotKey::Unknown(_) if slots.unknown.len() >= UNKNOWN_MAX => {
                    return Err(A::Error::custom("more than 256 unknown keys"));
                }
                SlotKey::Unknown(name) => slots.unknown.push((name, value)),
            }
        }
        Ok(slots)
    }
}

enum SlotKey<'a> {
    Known(usize),
    Unknown(Cow<'a, str>),
}

struct SlotKeySeed {
    expected: usize,
}

impl<'de> DeserializeSeed<'de> for SlotKeySeed {
    type Value = SlotKey<'de>;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<SlotKey<'de>, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for SlotKeySeed {
    type Value = SlotKey<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_borrowed_str<E>(self, name: &'de str) -> Result<SlotKey<'de>, E> {
        Ok(match find_property(name, self.expected) {
            Some(index) => SlotKey::Known(index),
            None => SlotKey::Unknown(Cow::Borrowed(name)),
        })
    }

    fn visit_str<E>(self, name: &str) -> Result<SlotKey<'de>, E> {
        Ok(match find_property(name, self.expected) {
            Some(index) => SlotKey::Known(index),
            None => SlotKey::Unknown(Cow::Owned(name.to_owned())),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inventory::properties::{MODEL, SERIAL_NUMBER};

    #[test]
    fn values_are_found_in_any_order_and_annotations_are_dropped() {
        let record = r#"{"@odata.context":"x","model" : "A\u00e9" ,"new":{"a":1},"serialNumber":null,"m\u006fdel@odata.type":"y"}"#;
        let slots = RecordSlots::from_json(record).unwrap();
        assert_eq!(slots.get(MODEL), r#""A\u00e9""#);
        assert_eq!(slots.text_value(MODEL).as_deref(), Some("Aé"));
        assert_eq!(slots.get(SERIAL_NUMBER), "null");
        assert_eq!(slots.text_value(SERIAL_NUMBER), None);
        assert_eq!(slots.unknown.len(), 1);
        assert_eq!(slots.unknown[0].1, r#"{"a":1}"#);
    }

    #[test]
    fn an_escaped_key_is_the_same_key() {
        let slots = RecordSlots::from_json(r#"{"m\u006fdel":"X"}"#).unwrap();
        assert_eq!(slots.get(MODEL), r#""X""#);
    }

    #[test]
    fn s8_what_is_no_object_or_too_much_is_refused() {
        for bad in ["", "[]", "17", "{\"id\":", "{} {}", "{\"id\":\"a\"", "{\"a\":tru}"] {
            assert!(RecordSlots::from_json(bad).is_err(), "{bad}");
        }
        let many: Vec<String> = (0..=UNKNOWN_MAX).map(|n| format!("\"k{n}\":1")).collect();
        assert!(RecordSlots::from_json(&format!("{{{}}}", many.join(","))).is_err());
        let long = format!("{{\"k\":\"{}\"}}", "x".repeat(RECORD_MAX_BYTES));
        assert!(RecordSlots::from_json(&long).is_err());
    }
}
