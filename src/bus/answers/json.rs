//! Answers as a request contains them: strings, numbers, booleans, lists of strings; secrets in clear text, files as
//! base64.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use secrecy::ExposeSecret;
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use super::{FieldAnswer, WizardAnswers, field_finding, unknown_field};
use crate::bus::template::{AnswerProblem, FieldKind, TemplateField, WizardTemplate};
use crate::bus::{FieldFinding, LocalizedText};

impl WizardAnswers {
    /// Everything that can be read, and what can't be. `null` is no answer.
    pub fn from_json(template: &WizardTemplate, object: &Map<String, Value>) -> (WizardAnswers, Vec<FieldFinding>) {
        let (mut answers, mut findings) = (WizardAnswers::default(), Vec::new());
        for (name, value) in object {
            let Some(field) = template.find_field(name) else {
                findings.push(unknown_field(name, template.fields().map(|field| field.name.as_str())));
                continue;
            };
            match read_value(field, value) {
                Ok(Some(answer)) => answers.set_answer(name, answer),
                Ok(None) => (),
                Err(found) => findings.push(found),
            }
        }
        (answers, findings)
    }
}

fn read_value(field: &TemplateField, value: &Value) -> Result<Option<FieldAnswer>, FieldFinding> {
    let text = match value {
        Value::Null => return Ok(None),
        Value::String(text) => Zeroizing::new(text.clone()),
        Value::Bool(flag) => Zeroizing::new((if *flag { "yes" } else { "no" }).to_owned()),
        Value::Number(number) => Zeroizing::new(number.to_string()),
        Value::Array(items) => {
            let texts: Option<Vec<&str>> = items.iter().map(Value::as_str).collect();
            let texts = texts.ok_or_else(|| field_finding(field, wrong_type()))?;
            Zeroizing::new(texts.join(", "))
        }
        Value::Object(_) => return Err(field_finding(field, wrong_type())),
    };
    if matches!(field.kind, FieldKind::Secret { .. }) && text.contains('…') {
        return Err(field_finding(field, shortened_secret()));
    }
    if !matches!(field.kind, FieldKind::File { .. }) {
        return FieldAnswer::from_text(field, &text);
    }
    if text.is_empty() {
        return Ok(None);
    }
    let bytes = STANDARD
        .decode(text.as_bytes())
        .map_err(|_| field_finding(field, not_base64()))?;
    FieldAnswer::from_file(field, bytes).map(Some)
}

fn wrong_type() -> AnswerProblem {
    AnswerProblem::new(
        "form",
        LocalizedText::new(
            "must be text, a number, true or false, or a list of texts",
            "muss Text, eine Zahl, true oder false oder eine Liste von Texten sein",
        ),
        LocalizedText::new("see the JSON schema of the product", "siehe JSON-Schema des Produkts"),
    )
}

fn not_base64() -> AnswerProblem {
    AnswerProblem::new(
        "form",
        LocalizedText::new("is not valid base64", "ist kein gültiges Base64"),
        LocalizedText::new(
            "send the file content as base64",
            "den Inhalt der Datei als Base64 senden",
        ),
    )
}

/// What was shown of a secret comes back by mistake.
fn shortened_secret() -> AnswerProblem {
    AnswerProblem::new(
        "shortened",
        LocalizedText::new(
            "this is the shortened form of the secret, not the secret",
            "das ist die gekürzte Anzeige des Geheimnisses, nicht das Geheimnis",
        ),
        LocalizedText::new(
            "omit it to keep the secret, or enter the full secret",
            "weglassen, um das Geheimnis zu behalten, oder vollständig angeben",
        ),
    )
}

impl WizardAnswers {
    /// As a request has them: secrets in clear, files as base64. For a client of the bus, over TLS or loopback only.
    pub fn to_json(&self) -> Map<String, Value> {
        let value = |answer: &FieldAnswer| match answer {
            FieldAnswer::Text(text) => Value::from(text.as_str()),
            FieldAnswer::Secret(secret) => Value::from(secret.expose_secret()),
            FieldAnswer::File(bytes) => Value::from(STANDARD.encode(bytes.expose_secret())),
        };
        let all = self.0.iter().map(|(name, answer)| (name.clone(), value(answer)));
        all.collect()
    }
}
