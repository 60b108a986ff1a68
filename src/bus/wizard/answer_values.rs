//! What a field counts as answered with.

use serde_json::Value;

use crate::bus::answers::WizardAnswers;
use crate::bus::template::{FieldKind, TemplateField};

/// The answer, or the default.
pub(crate) fn effective_answer<'a>(answers: &'a WizardAnswers, field: &'a TemplateField) -> Option<&'a str> {
    answers.text_of(&field.name).or(field.default.as_deref())
}

/// As conditions see it.
pub(super) fn condition_value(field: &TemplateField, text: Option<&str>) -> Value {
    match (&field.kind, text) {
        (FieldKind::Choice { many: true, .. }, text) => {
            let items = text
                .unwrap_or_default()
                .split(',')
                .map(str::trim)
                .filter(|item| !item.is_empty());
            Value::Array(items.map(Value::from).collect())
        }
        (FieldKind::Checkbox, text) => Value::Bool(text == Some("yes")),
        (FieldKind::Number { .. }, Some(text)) => text.parse::<i64>().map_or(Value::Null, Value::from),
        (FieldKind::Number { .. }, None) => Value::Null,
        (_, text) => Value::from(text.unwrap_or_default()),
    }
}
