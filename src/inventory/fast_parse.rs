//! The short way through a record: written as Graph writes it, without blanks and nearly in the order of the table, it
//! is taken apart by looking for what is expected next. Most of a record is names, and a name that is the expected one
//! needs no parser.
//!
//! *Never wrong, only not responsible.* What it takes for a value is one, checked to the last byte: a text without
//! escapes, a whole number, a word, or else what the parser finds there. At anything else it gives up, and the record
//! is read the long way, which also has the words for what is wrong with it. So both ways give the same (a property
//! test beside this says so).

use std::borrow::Cow;

use memchr::memchr2;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::properties::{TABLE, find_property};
use super::record_slots::{RecordSlots, UNKNOWN_MAX};

/// `None`: it has to be read the long way.
pub(crate) fn parse_fast(record: &str) -> Option<RecordSlots<'_>> {
    // Blanks between values, or no JSON: below here no text has to be searched for them.
    if record.bytes().fold(u8::MAX, u8::min) < b' ' {
        return None;
    }
    let mut slots = RecordSlots::empty();
    let mut rest = record.strip_prefix('{')?;
    let mut expected = 0;
    loop {
        let (key, behind) = parse_key(rest, expected)?;
        let (value, behind) = parse_value(behind)?;
        match key {
            Ok(index) => {
                slots.set(index, value);
                expected = index + 1;
            }
            Err(name) if name.contains('@') => {}
            Err(_) if slots.unknown.len() >= UNKNOWN_MAX => return None,
            Err(name) => slots.unknown.push((Cow::Borrowed(name), value)),
        }
        match behind.strip_prefix(',') {
            Some(next) => rest = next,
            None => return (behind == "}").then_some(slots),
        }
    }
}

/// The row of the key that `text` begins with, or its name; and what stands behind the colon.
fn parse_key(text: &str, expected: usize) -> Option<(Result<usize, &str>, &str)> {
    if let Some(behind) = TABLE.get(expected).and_then(|likely| text.strip_prefix(likely.key)) {
        return Some((Ok(expected), behind));
    }
    let name = &parse_plain_string(text)?[1..];
    let behind = text[name.len() + 2..].strip_prefix(':')?;
    Some((find_property(name, expected).ok_or(name), behind))
}

/// The value that `text` begins with, and what stands behind it.
fn parse_value(text: &str) -> Option<(&str, &str)> {
    let length = match text.as_bytes().first()? {
        b'"' => parse_plain_string(text).map(|text| text.len() + 1),
        b'n' => text.starts_with("null").then_some(4),
        b't' => text.starts_with("true").then_some(4),
        b'f' => text.starts_with("false").then_some(5),
        b'0'..=b'9' => whole_number_length(text.as_bytes()),
        b' ' => return None,
        _ => None,
    };
    let length = match length {
        Some(length) => length,
        // Escapes, fractions, objects and lists; what is no value at all is refused here, too.
        None => {
            let mut parser = serde_json::Deserializer::from_str(text);
            <&RawValue>::deserialize(&mut parser).ok()?.get().len()
        }
    };
    Some(text.split_at(length))
}

/// The text in quotation marks that `text` begins with, without the closing one, if nothing in it is escaped.
fn parse_plain_string(text: &str) -> Option<&str> {
    let inner = text.strip_prefix('"')?;
    let end = memchr2(b'"', b'\\', inner.as_bytes())?;
    (inner.as_bytes()[end] == b'"').then(|| &text[..=end])
}

/// How long the number is, unless it has a fraction or is none.
fn whole_number_length(text: &[u8]) -> Option<usize> {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let is_whole = matches!(text.get(digits), Some(b',' | b'}')) && (text[0] != b'0' || digits == 1);
    is_whole.then_some(digits)
}

#[cfg(test)]
#[path = "quick_tests.rs"]
mod tests;
