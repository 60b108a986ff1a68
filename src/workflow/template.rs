//! Text with values in it: `${found.count} items`. Alone, a value keeps its type; within text it becomes text.
//!
//! `$$` stands for `$`.

use serde_json::Value;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template(pub Vec<Part>);

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    Text(String),
    /// `found.count` as its names.
    Value(Vec<String>),
}

impl Template {
    pub fn parse(text: &str) -> Result<Template, String> {
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
                let (path, behind) = behind.split_once('}').ok_or("${ without }")?;
                if !plain.is_empty() {
                    parts.push(Part::Text(std::mem::take(&mut plain)));
                }
                parts.push(Part::Value(path_of(path)?));
                rest = behind;
            } else {
                plain.push('$');
            }
        }
        plain.push_str(rest);
        if !plain.is_empty() || parts.is_empty() {
            parts.push(Part::Text(plain));
        }
        Ok(Template(parts))
    }

    /// The one value that it is, where it is nothing else.
    pub fn alone(&self) -> Option<&[String]> {
        match self.0.as_slice() {
            [Part::Value(path)] => Some(path),
            _ => None,
        }
    }

    /// The text that it is, where it has no values in it.
    pub fn literal(&self) -> Option<&str> {
        match self.0.as_slice() {
            [Part::Text(text)] => Some(text),
            _ => None,
        }
    }

    pub fn paths(&self) -> impl Iterator<Item = &[String]> {
        self.0.iter().filter_map(|part| match part {
            Part::Value(path) => Some(path.as_slice()),
            Part::Text(_) => None,
        })
    }
}

/// `a.b.c` as its names.
pub fn path_of(text: &str) -> Result<Vec<String>, String> {
    let names: Vec<String> = text.trim().split('.').map(str::to_owned).collect();
    match names.iter().all(|name| is_name(name)) {
        true => Ok(names),
        false => Err(format!("{text:?} is no path of names with dots between")),
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
pub fn as_text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(path: &str) -> Part {
        Part::Value(path.split('.').map(str::to_owned).collect())
    }

    #[test]
    fn values_stand_in_text() {
        let parts = |text| Template::parse(text).map(|template| template.0);
        assert_eq!(parts("${a.b}"), Ok(vec![value("a.b")]));
        assert_eq!(
            parts("x ${a} y"),
            Ok(vec![Part::Text("x ".into()), value("a"), Part::Text(" y".into())])
        );
        assert_eq!(parts("5 $ and $${a}"), Ok(vec![Part::Text("5 $ and ${a}".into())]));
        assert_eq!(parts(""), Ok(vec![Part::Text(String::new())]));
        for wrong in ["${", "${a", "${}", "${a..b}", "${a b}", "${1a}"] {
            assert!(parts(wrong).is_err(), "{wrong}");
        }
    }
}
