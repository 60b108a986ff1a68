//! JSON in which each key stands once. Parsers disagree about `{"action": "sync", "action": "wipe"}`: most take the last,
//! some the first, so whoever looked at it before may have seen another request. Whatever others give us as JSON is read
//! behind [`check_unique_keys`].

use std::collections::HashSet;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

/// Longest key that is repeated in an error, characters.
const SHOWN: usize = 64;

/// Looks for a key that stands twice in one object, at any depth. `Err`: which, with the keys that lead to it
/// (`devices.parameters`). What is no JSON is somebody else's to complain of.
pub fn check_unique_keys(json: &[u8]) -> Result<(), String> {
    let mut found = None;
    let mut reader = serde_json::Deserializer::from_slice(json);
    let walk = DuplicateKeyVisitor {
        found: &mut found,
        path: &mut Vec::new(),
    };
    // The only error of the walk itself is the key that it has noted.
    let _ = walk.deserialize(&mut reader);
    found.map_or(Ok(()), Err)
}

struct DuplicateKeyVisitor<'a> {
    found: &'a mut Option<String>,
    path: &'a mut Vec<String>,
}

impl DuplicateKeyVisitor<'_> {
    fn nested_visitor(&mut self) -> DuplicateKeyVisitor<'_> {
        DuplicateKeyVisitor {
            found: self.found,
            path: self.path,
        }
    }
}

impl<'de> DeserializeSeed<'de> for DuplicateKeyVisitor<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for DuplicateKeyVisitor<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<(), A::Error> {
        while items.next_element_seed(self.nested_visitor())?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut pairs: A) -> Result<(), A::Error> {
        let mut seen = HashSet::new();
        while let Some(key) = pairs.next_key::<String>()? {
            self.path.push(key.chars().take(SHOWN).collect());
            if !seen.insert(key) {
                *self.found = Some(self.path.join("."));
                return Err(A::Error::custom("a key appears twice"));
            }
            pairs.next_value_seed(self.nested_visitor())?;
            self.path.pop();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sec_l7_a_key_that_stands_twice_is_found_at_any_depth_however_it_is_written() {
        for (json, twice) in [
            (r#"{"action":"sync","action":"wipe"}"#, "action"),
            (r#"{"action":"sync","act\u0069on":"wipe"}"#, "action"),
            (r#"{"a":1,"b":{"c":[{"d":1},{"d":1,"e":2,"d":3}]}}"#, "b.c.d"),
            (r#"[{"":1,"":2}]"#, ""),
            (r#"{"a":{"a":{"a":null,"a":null}}}"#, "a.a.a"),
        ] {
            assert_eq!(check_unique_keys(json.as_bytes()), Err(twice.to_owned()), "{json}");
        }
    }

    #[test]
    fn what_says_each_thing_once_passes_and_so_does_what_is_no_json() {
        for json in [
            r#"{"a":{"a":1},"b":[{"a":1},{"a":1}],"A":2,"c":1.5,"d":-1,"e":true,"f":null,"g":"x"}"#,
            "3",
            "",
            "{",
            r#"{"a":1,"#,
            "\u{feff}{}",
        ] {
            assert_eq!(check_unique_keys(json.as_bytes()), Ok(()), "{json}");
        }
        let deep = "[".repeat(100_000);
        assert_eq!(check_unique_keys(deep.as_bytes()), Ok(()));
    }
}
