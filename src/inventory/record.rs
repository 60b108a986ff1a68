//! One record taken apart: the text of each value, in a slot by row of the table, borrowed from the answer.
//!
//! Nothing is decoded that nobody asked for: most values go from Graph's answer to the store as the bytes they came
//! as. One pass, no tree, no map, and for a record without unknown keys no allocation. Nearly every record goes the
//! short way (`quick`); this is the long one, for whatever JSON may look like.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::properties::{COUNT, find};
use super::quick;

/// Longest record that is taken apart. Real ones have 2 to 20 KB.
pub const RECORD_MAX_BYTES: usize = 1024 * 1024;
/// Most keys of a record that the table does not know.
pub const UNKNOWN_MAX: usize = 256;

/// The values of a record as JSON text.
pub struct Slots<'a> {
    known: [&'a str; COUNT],
    /// Keys outside the table in the order in which they came.
    pub unknown: Vec<(Cow<'a, str>, &'a str)>,
}

impl<'a> Slots<'a> {
    pub fn read(record: &'a str) -> Result<Self, serde_json::Error> {
        if record.len() > RECORD_MAX_BYTES {
            return Err(serde_json::Error::custom("the record is longer than 1 MiB"));
        }
        match quick::read(record) {
            Some(slots) => Ok(slots),
            None => Slots::parse(record),
        }
    }

    /// The long way: whatever JSON may look like.
    pub(super) fn parse(record: &'a str) -> Result<Self, serde_json::Error> {
        let mut json = serde_json::Deserializer::from_str(record);
        let slots = json.deserialize_map(SlotsVisitor)?;
        json.end()?;
        Ok(slots)
    }

    pub(super) fn empty() -> Self {
        Slots {
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
    pub fn text(&self, index: usize) -> Option<Cow<'a, str>> {
        unquote(self.get(index)).filter(|text| !text.is_empty())
    }
}

/// What a JSON string says; borrowed where nothing is escaped.
pub fn unquote(raw: &str) -> Option<Cow<'_, str>> {
    let inner = raw.strip_prefix('"')?.strip_suffix('"')?;
    if inner.contains('\\') {
        serde_json::from_str::<String>(raw).ok().map(Cow::Owned)
    } else {
        Some(Cow::Borrowed(inner))
    }
}

struct SlotsVisitor;

impl<'de> Visitor<'de> for SlotsVisitor {
    type Value = Slots<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a device as a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Slots<'de>, A::Error> {
        let mut slots = Slots::empty();
        let mut expected = 0;
        while let Some(key) = map.next_key_seed(KeySeed { expected })? {
            let value = map.next_value::<&'de RawValue>()?.get();
            match key {
                Key::Known(index) => {
                    slots.set(index, value);
                    expected = index + 1;
                }
                // Annotations such as `@odata.type` describe the answer, not the device.
                Key::Unknown(name) if name.contains('@') => {}
                Key::Unknown(_) if slots.unknown.len() >= UNKNOWN_MAX => {
                    return Err(A::Error::custom("more than 256 unknown keys"));
                }
                Key::Unknown(name) => slots.unknown.push((name, value)),
            }
        }
        Ok(slots)
    }
}

enum Key<'a> {
    Known(usize),
    Unknown(Cow<'a, str>),
}

struct KeySeed {
    expected: usize,
}

impl<'de> DeserializeSeed<'de> for KeySeed {
    type Value = Key<'de>;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Key<'de>, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for KeySeed {
    type Value = Key<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_borrowed_str<E>(self, name: &'de str) -> Result<Key<'de>, E> {
        Ok(match find(name, self.expected) {
            Some(index) => Key::Known(index),
            None => Key::Unknown(Cow::Borrowed(name)),
        })
    }

    fn visit_str<E>(self, name: &str) -> Result<Key<'de>, E> {
        Ok(match find(name, self.expected) {
            Some(index) => Key::Known(index),
            None => Key::Unknown(Cow::Owned(name.to_owned())),
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
        let slots = Slots::read(record).unwrap();
        assert_eq!(slots.get(MODEL), r#""A\u00e9""#);
        assert_eq!(slots.text(MODEL).as_deref(), Some("Aé"));
        assert_eq!(slots.get(SERIAL_NUMBER), "null");
        assert_eq!(slots.text(SERIAL_NUMBER), None);
        assert_eq!(slots.unknown.len(), 1);
        assert_eq!(slots.unknown[0].1, r#"{"a":1}"#);
    }

    #[test]
    fn an_escaped_key_is_the_same_key() {
        let slots = Slots::read(r#"{"m\u006fdel":"X"}"#).unwrap();
        assert_eq!(slots.get(MODEL), r#""X""#);
    }

    #[test]
    fn s8_what_is_no_object_or_too_much_is_refused() {
        for bad in ["", "[]", "17", "{\"id\":", "{} {}", "{\"id\":\"a\"", "{\"a\":tru}"] {
            assert!(Slots::read(bad).is_err(), "{bad}");
        }
        let many: Vec<String> = (0..=UNKNOWN_MAX).map(|n| format!("\"k{n}\":1")).collect();
        assert!(Slots::read(&format!("{{{}}}", many.join(","))).is_err());
        let long = format!("{{\"k\":\"{}\"}}", "x".repeat(RECORD_MAX_BYTES));
        assert!(Slots::read(&long).is_err());
    }
}
