//! Answers as a request brings them: strings, numbers, booleans, lists of strings; secrets in clear, files as base64.

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
            "is neither text, number, yes or no, nor a list",
            "ist weder Text, Zahl, ja/nein noch Liste",
        ),
        LocalizedText::new(
            "the schema of the product shows what is wanted",
            "das Schema des Produkts zeigt, was erwartet wird",
        ),
    )
}

fn not_base64() -> AnswerProblem {
    AnswerProblem::new(
        "form",
        LocalizedText::new("is no base64", "ist kein base64"),
        LocalizedText::new(
            "send the content of the file as base64",
            "den Inhalt der Datei als base64 senden",
        ),
    )
}

/// What was shown of a secret comes back by mistake.
fn shortened_secret() -> AnswerProblem {
    AnswerProblem::new(
        "shortened",
        LocalizedText::new(
            "this is the shortened form that was shown, not the secret",
            "das ist die gekürzte Anzeige, nicht das Geheimnis",
        ),
        LocalizedText::new(
            "leave it out to keep the secret, or give it in full",
            "weglassen, um es zu behalten, oder vollständig angeben",
        ),
    )
}

impl WizardAnswers {
    /// As a request takes them: secrets in clear, files as base64. For a client of the bus, over TLS or loopback only.
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
