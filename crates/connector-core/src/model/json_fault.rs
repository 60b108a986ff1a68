//! What is wrong with a body that cannot be read: that it is empty, begins with a byte order mark or is no text, or which
//! field has a value of another kind. A library tells line and column; people look for a name. Values are never repeated:
//! one of them may be a secret in the wrong place (E1). Pure.

use serde_json::error::Category;

use super::{describe_parse_failure, find_expected_kind, replace_unprintable};

/// How the library begins what it says of a GUID that is none.
const NO_GUID: &str = "UUID parsing failed";
/// How it begins what it says of a value: its words are not repeated, since the value is among them.
const OF_VALUES: [&str; 3] = ["invalid", "data did not match any variant", NO_GUID];

/// How it begins what it says of a word that is none of those that a field may have.
const UNKNOWN_WORD: &str = "unknown variant `";
/// Of such a word that is shown.
const SHOWN_CHARS: usize = 60;

/// As Windows writes it before UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// What is in a type of the program by its name: the names of its members, for people.
pub type MembersOfType<'a> = dyn Fn(&str) -> Option<String> + 'a;

/// A whole sentence.
pub fn describe_body_fault(bytes: &[u8], error: &serde_json::Error, members: &MembersOfType<'_>) -> String {
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return "the body is empty".to_owned();
    }
    if bytes.starts_with(BYTE_ORDER_MARK) {
        return "the body begins with a byte order mark: send it as UTF-8 without one".to_owned();
    }
    if std::str::from_utf8(bytes).is_err() {
        return "the body is not UTF-8 text".to_owned();
    }
    format!(
        "invalid body: line {} column {}: {}",
        error.line(),
        error.column(),
        describe_value_fault(bytes, error, members)
    )
}

/// The same without the place, of JSON that can be read.
pub fn describe_value_fault(bytes: &[u8], error: &serde_json::Error, members: &MembersOfType<'_>) -> String {
    let text = error.to_string();
    let text = text.split(" at line ").next().unwrap_or_default();
    match error.classify() {
        Category::Data if OF_VALUES.iter().any(|begin| text.starts_with(begin)) => {
            let field = find_field(read_bytes_before(bytes, error.line(), error.column()));
            let expected = find_expected_type(text);
            let kind = match expected {
                Some(name) => Some(describe_object(name, members)),
                None if text.starts_with(NO_GUID) => Some("a GUID".to_owned()),
                None => find_expected_kind(text)
                    .or_else(|| find_own_expectation(text))
                    .map(str::to_owned),
            };
            match (field, kind) {
                (Some(field), Some(kind)) => format!("wrong type or value of {field}, which is {kind}"),
                (Some(field), None) => format!("wrong type or value of {field}"),
                (None, kind) if expected.is_some() || kind.as_deref() == Some("an object") => {
                    describe_other_root(bytes)
                }
                (None, _) => "wrong type or value".to_owned(),
            }
        }
        Category::Data if text.starts_with(UNKNOWN_WORD) => {
            let field = find_field(read_bytes_before(bytes, error.line(), error.column()));
            describe_unknown_word(text, field.as_deref()).unwrap_or_else(|| text.to_owned())
        }
        Category::Data => text.to_owned(),
        // A number beyond all bounds is JSON.
        Category::Syntax if describe_parse_failure(text) != text => describe_parse_failure(text),
        Category::Syntax | Category::Eof | Category::Io => "not JSON".to_owned(),
    }
}

/// The type of this program that stands where a value of another kind is.
fn find_expected_type(text: &str) -> Option<&str> {
    let (_, expected) = text.rsplit_once(", expected struct ")?;
    expected.split(' ').next()
}

/// What a type of this program says itself that it has to be.
fn find_own_expectation(text: &str) -> Option<&str> {
    let (_, expected) = text.rsplit_once(", expected ")?;
    expected.starts_with("an object with ").then_some(expected)
}

/// A word that a field can't have, with those that it can.
fn describe_unknown_word(text: &str, field: Option<&str>) -> Option<String> {
    let (given, expected) = text.strip_prefix(UNKNOWN_WORD)?.rsplit_once(", expected ")?;
    let given = given.strip_suffix('`').unwrap_or(given);
    let short: String = given.chars().take(SHOWN_CHARS).collect();
    let given = replace_unprintable(&short);
    let names: Vec<&str> = expected.split('`').skip(1).step_by(2).collect();
    let names = names.join(", ");
    Some(match field {
        Some(name) => format!("{name} has no value {given:?}; known: {names}"),
        None => format!("there is no value {given:?}; known: {names}"),
    })
}

fn describe_object(name: &str, members: &MembersOfType<'_>) -> String {
    match members(name) {
        Some(names) => format!("an object with {names}"),
        None => "an object".to_owned(),
    }
}

/// The whole is no object, and has to be one.
fn describe_other_root(bytes: &[u8]) -> String {
    let found = match bytes.trim_ascii_start().first() {
        Some(b'[') => "a list",
        Some(b'"') => "a text",
        Some(b't' | b'f') => "true or false",
        Some(b'n') => "null",
        Some(_) | None => "a number",
    };
    format!("the body has to be an object, and is {found}")
}

/// `line` counts from 1, `column` is the number of bytes of that line that were read.
fn read_bytes_before(bytes: &[u8], line: usize, column: usize) -> &[u8] {
    let ends = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n');
    let begin = match line.checked_sub(2) {
        None => 0,
        Some(earlier) => ends.map(|(at, _)| at + 1).nth(earlier).unwrap_or(bytes.len()),
    };
    &bytes[..(begin + column).min(bytes.len())]
}

/// What is open at the end of `read`, which is the begin of JSON: each object with the name that was read last in it.
#[derive(Debug)]
enum OpenPart {
    Object(Option<String>),
    List,
}

/// The names that lead to the end of `read`, with dots between them; `None` where there is none.
fn find_field(read: &[u8]) -> Option<String> {
    let mut open: Vec<OpenPart> = Vec::new();
    let mut text: Option<String> = None;
    let mut at = 0;
    while let Some(byte) = read.get(at) {
        at += 1;
        match byte {
            b'"' => {
                let end = find_text_end(read, at)?;
                text = serde_json::from_slice(&read[at - 1..=end]).ok();
                at = end + 1;
            }
            b':' => {
                if let Some(OpenPart::Object(name)) = open.last_mut() {
                    *name = text.take();
                }
            }
            b'{' => open.push(OpenPart::Object(None)),
            b'[' => open.push(OpenPart::List),
            b'}' | b']' => {
                open.pop();
            }
            _ => (),
        }
    }
    let names = open.into_iter().filter_map(|part| match part {
        OpenPart::Object(name) => name,
        OpenPart::List => None,
    });
    let names: Vec<String> = names.map(|name| replace_unprintable(&name)).collect();
    (!names.is_empty()).then(|| names.join("."))
}

/// Where the quote stands that ends the text which begins at `from`.
fn find_text_end(read: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    loop {
        match read.get(at)? {
            b'"' => return Some(at),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Announced {
        display_name: String,
        accepts: Option<Vec<Accepted>>,
        app: Option<uuid::Uuid>,
    }

    #[derive(Debug, Deserialize)]
    struct Accepted {
        seq: u32,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "camelCase")]
    enum Wish {
        Install,
        Uninstall,
    }

    #[derive(Debug, Deserialize)]
    struct Wished {
        #[serde(rename = "type")]
        wish: Option<Wish>,
    }

    fn fault(body: &[u8]) -> String {
        let read = serde_json::from_slice::<Announced>(body);
        let seen = read.map(|all| {
            let numbers = all.accepts.into_iter().flatten().map(|one| one.seq);
            (all.display_name, numbers.sum::<u32>(), all.app)
        });
        let members = |name: &str| (name == "Accepted").then(|| "seq".to_owned());
        describe_body_fault(body, &seen.expect_err("it is wrong"), &members)
    }

    #[test]
    fn the_field_whose_value_is_wrong_is_named_and_the_value_is_not_repeated() {
        for (body, told) in [
            (
                r#"{"displayName": 3}"#,
                "line 1 column 17: wrong type or value of displayName, which is a text",
            ),
            (
                "{\n \"accepts\": [{\"seq\": 1}, {\"seq\": \"hunter2\"}]}",
                "wrong type or value of accepts.seq, which is a whole number, 0 or more",
            ),
            ("\"displayName\"", "the body has to be an object, and is a text"),
            (" []", "the body has to be an object, and is a list"),
            (
                r#"{"displayName": "a", "accepts": ["hunter2"]}"#,
                "wrong type or value of accepts, which is an object with seq",
            ),
            (
                r#"{"displayName": "a", "app": "hunter2"}"#,
                "wrong type or value of app, which is a GUID",
            ),
            (
                r#"{"displayName": "a", "accepts": {"x": 1}}"#,
                "wrong type or value of accepts, which is a list",
            ),
        ] {
            let said = fault(body.as_bytes());
            assert!(
                said.starts_with("invalid body: line ") && said.ends_with(told),
                "{said}"
            );
            assert!(!said.contains("hunter2"), "{said}");
        }
    }

    #[test]
    fn wn_92_a_word_that_a_field_can_not_have_is_told_with_the_field_and_those_that_it_can() {
        let fault = |body: &str| {
            let read = serde_json::from_str::<Wished>(body);
            let seen = read.map(|all| matches!(all.wish, Some(Wish::Install | Wish::Uninstall)));
            describe_body_fault(body.as_bytes(), &seen.expect_err("it is wrong"), &|_| None)
        };
        let said = fault(r#"{"id": "1", "type": "add"}"#);
        assert!(
            said.ends_with(r#"type has no value "add"; known: install, uninstall"#),
            "{said}"
        );
        let long = fault(&format!(r#"{{"type": "{}"}}"#, "x".repeat(500)));
        assert!(long.len() < 200, "{long}");
    }

    #[test]
    fn what_is_no_json_is_told_as_what_it_is() {
        assert_eq!(fault(b" \n"), "the body is empty");
        assert!(fault(b"\xef\xbb\xbf{}").starts_with("the body begins with a byte order mark"));
        assert_eq!(fault(b"{\"displayName\": \"\xff\"}"), "the body is not UTF-8 text");
        assert!(fault(b"{\"displayName\": 1e400}").ends_with("the number is too large"));
        assert!(fault(b"displayName=x").ends_with("not JSON"));
        assert!(fault(b"{}").ends_with("missing field `displayName`"));
    }

    #[test]
    fn names_lead_to_where_reading_ended() {
        for (read, path) in [
            (r#"{"a": {"b": "x:{", "c": tr"#, Some("a.c")),
            (r#"{"a": {"b": 1}"#, Some("a")),
            (r#"{"a\"": [1"#, Some("a\"")),
            ("[1", None),
            (r#"{"a": "open"#, None),
        ] {
            assert_eq!(find_field(read.as_bytes()).as_deref(), path, "{read}");
        }
    }
}
