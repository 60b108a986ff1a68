//! Answers to the fields of a template, wherever they come from: a person, a request, a file. Secrets are `secrecy`
//! values from here on, and are never shown again (E1).

mod answers_file;
mod json;
mod write;

use std::collections::BTreeMap;
use std::fmt;

use secrecy::{ExposeSecret, SecretSlice, SecretString};

use super::template::{AnswerProblem, FieldKind, TemplateField};
use super::{FieldFinding, LocalizedText};
use crate::model::Language;

pub use answers_file::{AnswerLine, AnswersFile, AnswersFileFinding, AnswersSection};
pub use write::write_answers;

/// Of a shorter secret not even the length is shown, characters.
const LENGTH_SHOWN_FROM: usize = 20;

#[derive(Clone)]
pub enum FieldAnswer {
    /// As [`TemplateField::read_answer`] gave it.
    Text(String),
    Secret(SecretString),
    /// The content of a file.
    File(SecretSlice<u8>),
}

impl FieldAnswer {
    /// Reads the text of a person or a file for this field. A file's content comes as [`FieldAnswer::File`] from elsewhere.
    pub fn from_text(field: &TemplateField, text: &str) -> Result<Option<FieldAnswer>, FieldFinding> {
        let text = field.read_answer(text).map_err(|wrong| field_finding(field, wrong))?;
        Ok(match (&field.kind, text.is_empty()) {
            (_, true) => None,
            (FieldKind::Secret { .. }, false) => Some(FieldAnswer::Secret(SecretString::from(text))),
            (_, false) => Some(FieldAnswer::Text(text)),
        })
    }

    /// The content of a file for this field.
    pub fn from_file(field: &TemplateField, bytes: Vec<u8>) -> Result<FieldAnswer, FieldFinding> {
        let FieldKind::File {
            max_bytes,
            text,
            certificates,
        } = field.kind
        else {
            return Err(field_finding(field, unexpected_file()));
        };
        let bytes = SecretSlice::from(bytes);
        let length = bytes.expose_secret().len();
        let wrong = |code, problem, advice| Err(field_finding(field, AnswerProblem::new(code, problem, advice)));
        if length == 0 {
            return wrong(
                "empty",
                LocalizedText::new("the file is empty", "die Datei ist leer"),
                LocalizedText::new(
                    "check that it is the right file",
                    "prüfen, ob es die richtige Datei ist",
                ),
            );
        }
        if length > max_bytes {
            return wrong(
                "tooLarge",
                LocalizedText::new(
                    format!("the file has {length} bytes"),
                    format!("die Datei hat {length} Bytes"),
                ),
                LocalizedText::new(
                    format!("at most {max_bytes} bytes are allowed; check that it is the right file"),
                    format!("höchstens {max_bytes} Bytes sind zulässig; prüfen, ob es die richtige Datei ist"),
                ),
            );
        }
        if text && std::str::from_utf8(bytes.expose_secret()).is_err() {
            return wrong(
                "notText",
                LocalizedText::new("the file is not a text file", "die Datei ist keine Textdatei"),
                LocalizedText::new("use a PEM file", "eine PEM-Datei verwenden"),
            );
        }
        if certificates && !holds_certificates(bytes.expose_secret()) {
            return wrong(
                "noCertificate",
                LocalizedText::new(
                    "the file contains no readable certificate",
                    "die Datei enthält kein lesbares Zertifikat",
                ),
                LocalizedText::new(
                    "use the PEM file whose certificates begin with -----BEGIN CERTIFICATE-----",
                    "die PEM-Datei verwenden, deren Zertifikate mit -----BEGIN CERTIFICATE----- beginnen",
                ),
            );
        }
        Ok(FieldAnswer::File(bytes))
    }

    /// As people may see it afterwards: of a secret its length, of a short one or a password nothing.
    pub fn display_text(&self, field: &TemplateField, language: Language) -> String {
        let shown = match self {
            FieldAnswer::Text(text) => return text.clone(),
            FieldAnswer::Secret(secret) => match secret.expose_secret().chars().count() {
                length if length >= LENGTH_SHOWN_FROM && !field.name.ends_with("password") => {
                    LocalizedText::new(format!("… ({length} characters)"), format!("… ({length} Zeichen)"))
                }
                _ => LocalizedText::new("… (set)", "… (angegeben)"),
            },
            FieldAnswer::File(bytes) => {
                let length = bytes.expose_secret().len();
                LocalizedText::new(format!("… ({length} bytes)"), format!("… ({length} Bytes)"))
            }
        };
        shown.in_language(language).to_owned()
    }

    /// Its bytes, for digests and settings.
    pub(super) fn as_bytes(&self) -> &[u8] {
        match self {
            FieldAnswer::Text(text) => text.as_bytes(),
            FieldAnswer::Secret(secret) => secret.expose_secret().as_bytes(),
            FieldAnswer::File(bytes) => bytes.expose_secret(),
        }
    }
}

impl fmt::Debug for FieldAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            FieldAnswer::Text(_) => "Text(…)",
            FieldAnswer::Secret(_) => "Secret(…)",
            FieldAnswer::File(_) => "File(…)",
        })
    }
}

/// By the name of the field.
#[derive(Debug, Clone, Default)]
pub struct WizardAnswers(BTreeMap<String, FieldAnswer>);

impl WizardAnswers {
    pub fn set_answer(&mut self, field: impl Into<String>, answer: FieldAnswer) {
        self.0.insert(field.into(), answer);
    }

    pub fn remove_answer(&mut self, field: &str) -> Option<FieldAnswer> {
        self.0.remove(field)
    }

    pub fn get(&self, field: &str) -> Option<&FieldAnswer> {
        self.0.get(field)
    }

    /// What was answered, where it is no secret.
    pub fn text_of(&self, field: &str) -> Option<&str> {
        match self.0.get(field) {
            Some(FieldAnswer::Text(text)) => Some(text),
            _ => None,
        }
    }

    pub fn field_names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Without secrets and files.
    pub fn without_secrets(&self) -> WizardAnswers {
        let is_text = |(_, answer): &(&String, &FieldAnswer)| matches!(answer, FieldAnswer::Text(_));
        let texts = self.0.iter().filter(is_text);
        WizardAnswers(texts.map(|(name, answer)| (name.clone(), answer.clone())).collect())
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// At least one certificate, and none that can't be read.
fn holds_certificates(pem: &[u8]) -> bool {
    openssl::x509::X509::stack_from_pem(pem).is_ok_and(|all| !all.is_empty())
}

pub fn field_finding(field: &TemplateField, wrong: AnswerProblem) -> FieldFinding {
    FieldFinding {
        field: field.name.clone(),
        code: wrong.code.to_owned(),
        problem: wrong.problem,
        advice: wrong.advice,
    }
}

fn unexpected_file() -> AnswerProblem {
    AnswerProblem::new(
        "form",
        LocalizedText::new("this field does not accept a file", "dieses Feld nimmt keine Datei an"),
        LocalizedText::new("enter the answer itself", "die Antwort selbst angeben"),
    )
}

/// For a name that no field has.
pub fn unknown_field<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> FieldFinding {
    let name: String = name.chars().take(60).collect();
    let advice = match crate::model::nearest_name(&name, known) {
        Some(near) => LocalizedText::new(format!("did you mean {near}?"), format!("meinten Sie {near}?")),
        None => LocalizedText::new(
            "`intune-connector install --print-answers` lists the fields",
            "`intune-connector install --print-answers` listet die Felder auf",
        ),
    };
    FieldFinding {
        field: name,
        code: "unknownField".to_owned(),
        problem: LocalizedText::new("unknown field", "unbekanntes Feld"),
        advice,
    }
}
