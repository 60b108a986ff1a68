//! Cleaned at the entrance: every text of every request, before anybody reads it. What can't be seen is refused with the
//! place where it stands; fields of several lines are named here, once. Opaque values (secrets, passwords) are taken as
//! they are: they are never shown. Pure.

use serde_json::Value;

use super::problem::ApiProblem;
use crate::config::INSTANCE_TABLE;
use crate::model::{TextForm, describe_unprintable, find_unprintable, replace_unprintable};

/// Fields that may have lines, and whatever stands below them. What is below `answers` and `parameters` is judged once
/// more by its own table, which knows which of them may.
const WITH_LINES: [&str; 4] = ["answers", "parameters", "definition", "pem"];

/// Refuses a body that has a text with a character that can't be seen. `bytes` are JSON, or nobody reads them.
pub(crate) fn require_printable_body(bytes: &[u8]) -> Result<(), ApiProblem> {
    if bytes.iter().all(|byte| is_harmless_byte(*byte)) {
        return Ok(());
    }
    // What is no JSON is refused by whoever reads it.
    let Ok(value) = serde_json::from_slice::<Value>(bytes) else {
        return Ok(());
    };
    match find_unprintable_text(&value, TextForm::OneLine) {
        None => Ok(()),
        Some(found) => Err(found.to_problem()),
    }
}

/// The same for the parts of a query.
pub(crate) fn require_printable_query(query: &str) -> Result<(), ApiProblem> {
    if !is_utf8_query(query) {
        return Err(ApiProblem::bad_request(
            "wrongQuery",
            "the query is not UTF-8",
            "Encode its texts as UTF-8: ü is %C3%BC.",
        ));
    }
    for (key, value) in url::form_urlencoded::parse(query.as_bytes()) {
        let found = find_unprintable(&key, TextForm::OneLine).or_else(|| find_unprintable(&value, TextForm::OneLine));
        if let Some(letter) = found {
            let path = replace_unprintable(&key);
            return Err(UnprintableText {
                path,
                character: letter,
            }
            .to_problem());
        }
    }
    Ok(())
}

/// Whether what its escapes stand for is text: readers put a replacement in the place of what is none, and find nothing.
fn is_utf8_query(query: &str) -> bool {
    let digit = |letter: Option<&u8>| letter.and_then(|letter| char::from(*letter).to_digit(16));
    let (bytes, mut decoded) = (query.as_bytes(), Vec::new());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let escaped = digit(bytes.get(at + 1)).zip(digit(bytes.get(at + 2)));
        match escaped.filter(|_| *byte == b'%') {
            Some((high, low)) => {
                decoded.extend(u8::try_from(high * 16 + low));
                at += 3;
            }
            None => {
                decoded.push(*byte);
                at += 1;
            }
        }
    }
    std::str::from_utf8(&decoded).is_ok()
}

/// The same for one text, of which `place` says where it stands.
pub(crate) fn require_printable_text(place: &str, text: &str) -> Result<(), ApiProblem> {
    match find_unprintable(text, TextForm::OneLine) {
        None => Ok(()),
        Some(letter) => Err(UnprintableText {
            path: place.to_owned(),
            character: letter,
        }
        .to_problem()),
    }
}

/// Most requests need no second look: without an escape and without the bytes that begin such a character in UTF-8 there
/// is none.
fn is_harmless_byte(byte: u8) -> bool {
    !matches!(byte, b'\\' | 0x7f | 0xc2 | 0xd8 | 0xe2 | 0xef | 0xf3)
}

struct UnprintableText {
    path: String,
    character: char,
}

impl UnprintableText {
    fn to_problem(&self) -> ApiProblem {
        let place = if self.path.is_empty() { "the body" } else { &self.path };
        ApiProblem::bad_request(
            "unfitText",
            format!("{place} has {}", describe_unprintable(self.character)),
            "Write it on one line, without control characters and without characters that change the writing \
                direction.",
        )
    }

    fn with_parent_key(self, key: &str) -> UnprintableText {
        let path = if self.path.is_empty() {
            replace_unprintable(key)
        } else {
            format!("{}.{}", replace_unprintable(key), self.path)
        };
        UnprintableText { path, ..self }
    }
}

fn find_unprintable_text(value: &Value, form: TextForm) -> Option<UnprintableText> {
    match value {
        Value::String(text) => find_unprintable(text, form).map(|letter| UnprintableText {
            path: String::new(),
            character: letter,
        }),
        Value::Array(items) => items.iter().find_map(|item| find_unprintable_text(item, form)),
        Value::Object(object) => object.iter().find_map(|(key, value)| {
            let of_key = find_unprintable(key, TextForm::OneLine).map(|letter| UnprintableText {
                path: String::new(),
                character: letter,
            });
            let form = if WITH_LINES.contains(&key.as_str()) {
                TextForm::Lines
            } else {
                form
            };
            let of_value = || {
                if is_opaque_field(key) {
                    None
                } else {
                    find_unprintable_text(value, form)
                }
            };
            of_key.or_else(of_value).map(|unfit| unfit.with_parent_key(key))
        }),
        Value::Null | Value::Bool(_) | Value::Number(_) => None,
    }
}

fn is_opaque_field(key: &str) -> bool {
    key.to_ascii_lowercase().ends_with("password") || INSTANCE_TABLE.find_key(key).is_some_and(|row| row.is_secret())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn refused(body: &Value) -> Option<String> {
        let bytes = serde_json::to_vec(body).unwrap();
        require_printable_body(&bytes)
            .err()
            .map(|problem| problem.detail().to_owned())
    }

    #[test]
    fn sec_m6_a_text_that_can_not_be_seen_is_refused_wherever_it_stands() {
        for letter in [
            '\n', '\r', '\u{b}', '\u{c}', '\u{85}', '\u{2028}', '\u{2029}', '\u{202e}', '\u{2066}', '\u{61c}', '\u{1b}',
        ] {
            let text = format!("a{letter}b");
            for (body, place) in [
                (json!({"reason": text}), "reason"),
                (json!({"devices": [{"note": text}]}), "devices.note"),
                (json!({ (text.as_str()): 1 }), "a b"),
                (json!({"answers": {(text.as_str()): "x"}}), "answers.a b"),
                (json!(text), "the body"),
            ] {
                let detail = refused(&body).unwrap_or_else(|| panic!("{body}"));
                assert!(detail.starts_with(&format!("{place} has ")), "{detail}");
                assert!(!detail.contains(letter), "{detail}");
            }
        }
    }

    #[test]
    fn lines_and_opaque_values_are_taken_where_they_are_meant() {
        for body in [
            json!({"parameters": {"notificationBody": "a\nb\tc"}}),
            json!({"definition": "<workflow>\r\n</workflow>"}),
            json!({"password": "a\u{202e}b\u{1}", "newPassword": "\u{7f}"}),
            json!({"cert": "-----BEGIN CERTIFICATE-----\nAA", "node.gate.user_password": "\u{200f}"}),
            json!({"reason": "C:\\temp \"quoted\" é"}),
        ] {
            assert_eq!(refused(&body), None, "{body}");
        }
        assert!(refused(&json!({"parameters": {"notificationBody": "a\u{202e}b"}})).is_some());
        assert!(
            require_printable_body(b"{\"a\": \"\\u").is_ok(),
            "no JSON is refused by its reader"
        );
    }

    #[test]
    fn wi_18_a_query_that_is_no_utf_8_is_refused_and_its_escapes_are_told() {
        for good in [
            "search=m%C3%BCller",
            "search=müller",
            "a=100%",
            "a=%zz&b=%4",
            "",
            "a=%25FF",
        ] {
            assert!(require_printable_query(good).is_ok(), "{good}");
        }
        for wrong in ["search=%FF%FE", "search=m%FCller", "%ff=1", "a=b&search=%C3"] {
            let problem = require_printable_query(wrong).unwrap_err();
            assert_eq!(
                (problem.code(), problem.detail()),
                ("wrongQuery", "the query is not UTF-8"),
                "{wrong}"
            );
        }
    }

    #[test]
    fn sec_m6_a_query_is_looked_at_too() {
        assert!(require_printable_query("limit=5&name=PC-1").is_ok());
        let problem = require_printable_query("name=PC%0D%0AINFO").unwrap_err();
        assert_eq!(problem.detail(), "name has a line break");
    }
}
