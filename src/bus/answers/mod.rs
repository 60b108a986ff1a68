//! Answers to the fields of a template, wherever they come from: a person, a request, a file. Secrets are `secrecy`
//! values from here on, and are never shown again (E1).

mod file;
mod json;
mod write;

use std::collections::BTreeMap;
use std::fmt;

use secrecy::{ExposeSecret, SecretSlice, SecretString};

use super::template::{Field, FieldKind, Wrong};
use super::{FieldFinding, Words};
use crate::config::shorten;

pub use file::{AnswersFile, FileFinding, Line, Section};
pub use write::write;

#[derive(Clone)]
pub enum Answer {
    /// As [`Field::read`] gave it.
    Text(String),
    Secret(SecretString),
    /// The content of a file.
    File(SecretSlice<u8>),
}

impl Answer {
    /// Reads the text of a person or a file for this field. A file's content comes as [`Answer::File`] from elsewhere.
    pub fn read(field: &Field, text: &str) -> Result<Option<Answer>, FieldFinding> {
        let text = field.read(text).map_err(|wrong| finding(field, wrong))?;
        Ok(match (&field.kind, text.is_empty()) {
            (_, true) => None,
            (FieldKind::Secret { .. }, false) => Some(Answer::Secret(SecretString::from(text))),
            (_, false) => Some(Answer::Text(text)),
        })
    }

    /// The content of a file for this field.
    pub fn file(field: &Field, bytes: Vec<u8>) -> Result<Answer, FieldFinding> {
        let FieldKind::File { max_bytes, text } = field.kind else {
            return Err(finding(field, no_file()));
        };
        let bytes = SecretSlice::from(bytes);
        let length = bytes.expose_secret().len();
        let wrong = |code, problem, advice| Err(finding(field, Wrong::new(code, problem, advice)));
        if length == 0 {
            return wrong(
                "empty",
                Words::new("the file is empty", "die Datei ist leer"),
                Words::new(
                    "check that it is the right file",
                    "prüfen, ob es die richtige Datei ist",
                ),
            );
        }
        if length > max_bytes {
            return wrong(
                "tooLarge",
                Words::new(
                    format!("the file has {length} bytes"),
                    format!("die Datei hat {length} Bytes"),
                ),
                Words::new(
                    format!("at most {max_bytes} are taken; check that it is the right file"),
                    format!("höchstens {max_bytes} werden angenommen; prüfen, ob es die richtige Datei ist"),
                ),
            );
        }
        if text && std::str::from_utf8(bytes.expose_secret()).is_err() {
            return wrong(
                "notText",
                Words::new("the file is no text", "die Datei ist kein Text"),
                Words::new("a PEM file is wanted", "erwartet wird eine PEM-Datei"),
            );
        }
        Ok(Answer::File(bytes))
    }

    /// As people may see it afterwards: of a secret too little to use it, of a password nothing.
    pub fn shown(&self, field: &Field) -> String {
        match self {
            Answer::Text(text) => text.clone(),
            Answer::Secret(secret) if !field.name.ends_with("password") => shorten(secret.expose_secret()),
            Answer::Secret(_) => "… (set)".to_owned(),
            Answer::File(bytes) => format!("… ({} bytes)", bytes.expose_secret().len()),
        }
    }

    /// Its bytes, for digests and settings.
    pub(super) fn bytes(&self) -> &[u8] {
        match self {
            Answer::Text(text) => text.as_bytes(),
            Answer::Secret(secret) => secret.expose_secret().as_bytes(),
            Answer::File(bytes) => bytes.expose_secret(),
        }
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Answer::Text(_) => "Text(…)",
            Answer::Secret(_) => "Secret(…)",
            Answer::File(_) => "File(…)",
        })
    }
}

/// By the name of the field.
#[derive(Debug, Clone, Default)]
pub struct Answers(BTreeMap<String, Answer>);

impl Answers {
    pub fn put(&mut self, field: impl Into<String>, answer: Answer) {
        self.0.insert(field.into(), answer);
    }

    pub fn take(&mut self, field: &str) -> Option<Answer> {
        self.0.remove(field)
    }

    pub fn get(&self, field: &str) -> Option<&Answer> {
        self.0.get(field)
    }

    /// What was answered, where it is no secret.
    pub fn text(&self, field: &str) -> Option<&str> {
        match self.0.get(field) {
            Some(Answer::Text(text)) => Some(text),
            _ => None,
        }
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

pub fn finding(field: &Field, wrong: Wrong) -> FieldFinding {
    FieldFinding {
        field: field.name.clone(),
        code: wrong.code.to_owned(),
        problem: wrong.problem,
        advice: wrong.advice,
    }
}

fn no_file() -> Wrong {
    Wrong::new(
        "form",
        Words::new("no file is asked for here", "hier wird keine Datei erwartet"),
        Words::new("write the answer itself", "die Antwort selbst angeben"),
    )
}

/// For a name that no field has.
pub fn unknown_field<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> FieldFinding {
    let name: String = name.chars().take(60).collect();
    let advice = match crate::model::nearest(&name, known) {
        Some(near) => Words::new(format!("{near} is meant?"), format!("ist {near} gemeint?")),
        None => Words::new(
            "`install --print-answers` lists the fields",
            "`install --print-answers` zeigt die Felder",
        ),
    };
    FieldFinding {
        field: name,
        code: "unknownField".to_owned(),
        problem: Words::new("there is no such field", "dieses Feld gibt es nicht"),
        advice,
    }
}
