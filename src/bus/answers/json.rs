//! Answers as a request brings them: strings, numbers, booleans, lists of strings; secrets in clear, files as base64.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use secrecy::ExposeSecret;
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use super::{Answer, Answers, finding, unknown_field};
use crate::bus::template::{Field, FieldKind, Template, Wrong};
use crate::bus::{FieldFinding, Words};

impl Answers {
    /// Everything that can be read, and what can't be. `null` is no answer.
    pub fn from_json(template: &Template, object: &Map<String, Value>) -> (Answers, Vec<FieldFinding>) {
        let (mut answers, mut findings) = (Answers::default(), Vec::new());
        for (name, value) in object {
            let Some(field) = template.field(name) else {
                findings.push(unknown_field(name, template.fields().map(|field| field.name.as_str())));
                continue;
            };
            match read(field, value) {
                Ok(Some(answer)) => answers.put(name, answer),
                Ok(None) => (),
                Err(found) => findings.push(found),
            }
        }
        (answers, findings)
    }
}

fn read(field: &Field, value: &Value) -> Result<Option<Answer>, FieldFinding> {
    let text = match value {
        Value::Null => return Ok(None),
        Value::String(text) => Zeroizing::new(text.clone()),
        Value::Bool(flag) => Zeroizing::new((if *flag { "yes" } else { "no" }).to_owned()),
        Value::Number(number) => Zeroizing::new(number.to_string()),
        Value::Array(items) => {
            let texts: Option<Vec<&str>> = items.iter().map(Value::as_str).collect();
            let texts = texts.ok_or_else(|| finding(field, wrong_type()))?;
            Zeroizing::new(texts.join(", "))
        }
        Value::Object(_) => return Err(finding(field, wrong_type())),
    };
    if matches!(field.kind, FieldKind::Secret { .. }) && text.contains('…') {
        return Err(finding(field, shortened()));
    }
    if !matches!(field.kind, FieldKind::File { .. }) {
        return Answer::read(field, &text);
    }
    if text.is_empty() {
        return Ok(None);
    }
    let bytes = STANDARD
        .decode(text.as_bytes())
        .map_err(|_| finding(field, not_base64()))?;
    Answer::file(field, bytes).map(Some)
}

fn wrong_type() -> Wrong {
    Wrong::new(
        "form",
        Words::new(
            "is neither text, number, yes or no, nor a list",
            "ist weder Text, Zahl, ja/nein noch Liste",
        ),
        Words::new(
            "the schema of the product shows what is wanted",
            "das Schema des Produkts zeigt, was erwartet wird",
        ),
    )
}

fn not_base64() -> Wrong {
    Wrong::new(
        "form",
        Words::new("is no base64", "ist kein base64"),
        Words::new(
            "send the content of the file as base64",
            "den Inhalt der Datei als base64 senden",
        ),
    )
}

/// What was shown of a secret comes back by mistake.
fn shortened() -> Wrong {
    Wrong::new(
        "shortened",
        Words::new(
            "this is the shortened form that was shown, not the secret",
            "das ist die gekürzte Anzeige, nicht das Geheimnis",
        ),
        Words::new(
            "leave it out to keep the secret, or give it in full",
            "weglassen, um es zu behalten, oder vollständig angeben",
        ),
    )
}

impl Answers {
    /// As a request takes them: secrets in clear, files as base64. For a client of the bus, over TLS or loopback only.
    pub fn to_json(&self) -> Map<String, Value> {
        let value = |answer: &Answer| match answer {
            Answer::Text(text) => Value::from(text.as_str()),
            Answer::Secret(secret) => Value::from(secret.expose_secret()),
            Answer::File(bytes) => Value::from(STANDARD.encode(bytes.expose_secret())),
        };
        let all = self.0.iter().map(|(name, answer)| (name.clone(), value(answer)));
        all.collect()
    }
}
