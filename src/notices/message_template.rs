//! Messages in a form of one's own, for tools of people on call: JSON in whose texts places in braces stand for what the
//! notice says. It is read as JSON first, so what a notice says stays within its text, whatever it holds. Pure.

use std::collections::BTreeMap;

use serde_json::Value;

/// Longest template, characters; the error names it.
const TEMPLATE_CHARS: usize = 10_000;
/// Places that there are.
pub(super) const PLACES: [&str; 11] = [
    "title", "text", "kind", "event", "action", "severity", "count", "since", "link", "id", "key",
];

/// Why a text is no template.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    #[error("the template is not JSON: the fault is in line {line}, column {column}")]
    Json { line: usize, column: usize },
    #[error("the template is no object of JSON")]
    NoObject,
    #[error("the template has {{{0}}}, which stands for nothing")]
    Place(String),
    #[error("the template has more than 10,000 characters")]
    Long,
}

/// A template that can be filled.
pub fn parse_template(text: &str) -> Result<Value, TemplateError> {
    if text.chars().count() > TEMPLATE_CHARS {
        return Err(TemplateError::Long);
    }
    let value: Value = serde_json::from_str(text).map_err(|error| TemplateError::Json {
        line: error.line(),
        column: error.column(),
    })?;
    if !value.is_object() {
        return Err(TemplateError::NoObject);
    }
    match find_unknown_place(&value) {
        Some(place) => Err(TemplateError::Place(place)),
        None => Ok(value),
    }
}

fn find_unknown_place(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => find_unknown_name(text),
        Value::Array(all) => all.iter().find_map(find_unknown_place),
        Value::Object(members) => members.values().find_map(find_unknown_place),
        Value::Null | Value::Bool(_) | Value::Number(_) => None,
    }
}

/// Letters alone in braces, of whichever size: `{Title}` is meant as a place, and would be sent as it stands.
fn find_unknown_name(text: &str) -> Option<String> {
    let names = text.split('{').skip(1).filter_map(|behind| behind.split_once('}'));
    let mut names = names.map(|(name, _)| name);
    let is_name = |name: &&str| !name.is_empty() && name.bytes().all(|letter| letter.is_ascii_alphabetic());
    names
        .find(|name| is_name(name) && !PLACES.contains(name))
        .map(str::to_owned)
}

/// A part of a text of a template.
enum TemplatePart<'a> {
    Text(&'a str),
    /// `{title}` is `title`.
    Place(&'a str),
}

/// What stands in braces and is made of small letters is a place; all else is text.
fn split_places(text: &str) -> Vec<TemplatePart<'_>> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(begin) = rest.find('{') {
        let behind = &rest[begin + 1..];
        let name = behind.split_once('}').map(|(name, _)| name);
        let is_place = |name: &&str| !name.is_empty() && name.bytes().all(|letter| letter.is_ascii_lowercase());
        match name.filter(is_place) {
            Some(name) => {
                parts.push(TemplatePart::Text(&rest[..begin]));
                parts.push(TemplatePart::Place(name));
                rest = &behind[name.len() + 1..];
            }
            None => {
                parts.push(TemplatePart::Text(&rest[..=begin]));
                rest = behind;
            }
        }
    }
    parts.push(TemplatePart::Text(rest));
    parts
}

/// Each place gives way to its value, in texts alone: names of members stay as they are.
pub(super) fn fill_places(template: &Value, values: &BTreeMap<&str, String>) -> Value {
    match template {
        Value::String(text) => {
            let mut filled = String::with_capacity(text.len());
            for part in split_places(text) {
                match part {
                    TemplatePart::Text(text) => filled.push_str(text),
                    TemplatePart::Place(name) => filled.push_str(values.get(name).map_or("", String::as_str)),
                }
            }
            Value::String(filled)
        }
        Value::Array(all) => all.iter().map(|one| fill_places(one, values)).collect(),
        Value::Object(members) => members
            .iter()
            .map(|(name, value)| (name.clone(), fill_places(value, values)))
            .collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) => template.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_a_notice_says_stays_within_its_text() {
        let template = parse_template(r#"{"summary": "{title}: {link}", "n": 1, "list": ["{count}", "{ x }", "{"]}"#);
        let values = BTreeMap::from([
            ("title", "\"}, {link} {title}".to_owned()),
            ("link", "https://x".to_owned()),
            ("count", "3".to_owned()),
        ]);
        assert_eq!(
            fill_places(&template.unwrap(), &values),
            json!({"summary": "\"}, {link} {title}: https://x", "n": 1, "list": ["3", "{ x }", "{"]})
        );
    }

    #[test]
    fn a_template_that_cannot_be_filled_is_refused_with_the_reason() {
        assert!(matches!(
            parse_template("{"),
            Err(TemplateError::Json { line: 1, column: 1 })
        ));
        assert_eq!(parse_template("[]"), Err(TemplateError::NoObject));
        assert_eq!(
            parse_template(r#"{"a": [{"b": "{titel}"}]}"#),
            Err(TemplateError::Place("titel".to_owned()))
        );
        for wrong in ["{Title}", "${unknownThing}", "{title} {x"] {
            let parsed = parse_template(&serde_json::json!({"a": wrong}).to_string());
            assert_eq!(parsed.is_err(), wrong != "{title} {x", "{wrong}");
        }
        let error = TemplateError::Place("titel".to_owned()).to_string();
        assert_eq!(error, "the template has {titel}, which stands for nothing");
        assert_eq!(parse_template(&" ".repeat(10_001)), Err(TemplateError::Long));
    }
}
