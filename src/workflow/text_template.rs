//! Text with values in it: `${found.count} items`. Alone, a value keeps its type; within text it becomes text.
//!
//! `$$` stands for `$`.

use serde_json::Value;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextTemplate(pub Vec<TextPart>);

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TextPart {
    Text(String),
    /// `found.count` as its names.
    Value(Vec<String>),
}

impl TextTemplate {
    pub fn parse(text: &str) -> Result<TextTemplate, String> {
        let mut parts = Vec::new();
        let mut plain = String::new();
        let mut rest = text;
        while let Some(at) = rest.find('$') {
            plain.push_str(&rest[..at]);
            rest = &rest[at + 1..];
            if let Some(behind) = rest.strip_prefix('$') {
                plain.push('$');
                rest = behind;
            } else if let Some(behind) = rest.strip_prefix('{') {
                let (path, behind) = behind.split_once('}').ok_or("${ without a closing }")?;
                if !plain.is_empty() {
                    parts.push(TextPart::Text(std::mem::take(&mut plain)));
                }
                parts.push(TextPart::Value(parse_path(path)?));
                rest = behind;
            } else {
                plain.push('$');
            }
        }
        plain.push_str(rest);
        if !plain.is_empty() || parts.is_empty() {
            parts.push(TextPart::Text(plain));
        }
        Ok(TextTemplate(parts))
    }

    /// The one value that it is, where it is nothing else.
    pub fn single_path(&self) -> Option<&[String]> {
        match self.0.as_slice() {
            [TextPart::Value(path)] => Some(path),
            _ => None,
        }
    }

    /// The text that it is, where it has no values in it.
    pub fn literal_text(&self) -> Option<&str> {
        match self.0.as_slice() {
            [TextPart::Text(text)] => Some(text),
            _ => None,
        }
    }

    pub fn value_paths(&self) -> impl Iterator<Item = &[String]> {
        self.0.iter().filter_map(|part| match part {
            TextPart::Value(path) => Some(path.as_slice()),
            TextPart::Text(_) => None,
        })
    }
}

/// `a.b.c` as its names.
pub fn parse_path(text: &str) -> Result<Vec<String>, String> {
    let names: Vec<String> = text.trim().split('.').map(str::to_owned).collect();
    if names.iter().all(|name| is_name(name)) {
        Ok(names)
    } else {
        Err(format!("{text:?} is not a path of names separated by dots"))
    }
}

pub fn is_name(text: &str) -> bool {
    text.len() <= 60
        && text.starts_with(|letter: char| letter.is_ascii_alphabetic())
        && text
            .chars()
            .all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
}

/// A value within text: null is nothing, lists and objects are JSON.
pub fn value_text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(path: &str) -> TextPart {
        TextPart::Value(path.split('.').map(str::to_owned).collect())
    }

    #[test]
    fn values_stand_in_text() {
        let parts = |text| TextTemplate::parse(text).map(|template| template.0);
        assert_eq!(parts("${a.b}"), Ok(vec![value("a.b")]));
        assert_eq!(
            parts("x ${a} y"),
            Ok(vec![
                TextPart::Text("x ".into()),
                value("a"),
                TextPart::Text(" y".into())
            ])
        );
        assert_eq!(parts("5 $ and $${a}"), Ok(vec![TextPart::Text("5 $ and ${a}".into())]));
        assert_eq!(parts(""), Ok(vec![TextPart::Text(String::new())]));
        for wrong in ["${", "${a", "${}", "${a..b}", "${a b}", "${1a}"] {
            assert!(parts(wrong).is_err(), "{wrong}");
        }
    }
}
