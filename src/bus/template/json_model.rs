//! The template as JSON in one language: what the console's form, and anybody else's, is drawn from.

use serde_json::{Map, Value, json};

use super::{FieldKind, PageAction, TemplateField, TemplatePage, WizardTemplate};
use crate::bus::LocalizedText;
use crate::model::Language;

/// The whole model.
pub fn describe_template(template: &WizardTemplate, language: Language) -> Value {
    let pages: Vec<Value> = template
        .pages
        .iter()
        .map(|page| describe_page(page, language))
        .collect();
    let parts: Vec<Value> = template
        .parts
        .iter()
        .map(|part| json!({"name": part.name, "label": part.label.in_language(language)}))
        .collect();
    json!({
        "title": template.title.in_language(language),
        "language": language,
        "pages": pages,
        "parts": parts,
    })
}

fn describe_page(page: &TemplatePage, language: Language) -> Value {
    let points: Vec<&str> = page
        .points
        .iter()
        .map(|point| point.text.in_language(language))
        .collect();
    let fields: Vec<Value> = page
        .fields
        .iter()
        .map(|field| describe_field(field, language))
        .collect();
    let actions: Vec<Value> = page
        .actions
        .iter()
        .map(|action| describe_action(action, language))
        .collect();
    drop_empty_members(json!({
        "name": page.name,
        "kind": page.kind.name(),
        "title": page.title.in_language(language),
        "text": optional_text(page.text.as_ref(), language),
        "points": points,
        "when": page.when.as_ref().map(super::TemplateCondition::source),
        "needs": page.needs,
        "fields": fields,
        "actions": actions,
    }))
}

fn describe_action(action: &PageAction, language: Language) -> Value {
    drop_empty_members(json!({
        "name": action.name,
        "label": action.label.in_language(language),
        "help": optional_text(action.help.as_ref(), language),
        "required": action.is_required,
        "when": action.when.as_ref().map(super::TemplateCondition::source),
    }))
}

fn describe_field(field: &TemplateField, language: Language) -> Value {
    let mut value = json!({
        "name": field.name,
        "type": field.kind.name(),
        "label": field.label.in_language(language),
        "help": optional_text(field.help.as_ref(), language),
        "example": field.example,
        "required": field.is_required,
        "default": field.default,
        "when": field.when.as_ref().map(super::TemplateCondition::source),
        "setting": field.setting,
        "secret": field.kind.is_secret(),
        "fixed": field.is_fixed,
        "signIn": field.is_sign_in,
        "look": field.check_action,
    });
    if let (Value::Object(value), Value::Object(own)) = (&mut value, describe_kind(&field.kind, language)) {
        value.extend(own);
    }
    drop_empty_members(value)
}

fn describe_kind(kind: &FieldKind, language: Language) -> Value {
    match kind {
        FieldKind::Text { form, min, max } => json!({"form": form.name(), "min": min, "max": max}),
        FieldKind::Number { min, max } => json!({"min": min, "max": max}),
        FieldKind::Choice { choices, many } => {
            let choices: Vec<Value> = choices
                .iter()
                .map(|choice| json!({"value": choice.value, "label": choice.label.in_language(language)}))
                .collect();
            json!({"choices": choices, "many": many})
        }
        FieldKind::Secret { max } => json!({"max": max}),
        FieldKind::File {
            max_bytes,
            text,
            certificates,
        } => json!({"maxBytes": max_bytes, "text": text, "certificates": certificates}),
        FieldKind::Trigger { off, auto, zone } => json!({"off": off, "auto": auto, "zone": zone}),
        FieldKind::Servers | FieldKind::Checkbox | FieldKind::Registration => json!({}),
    }
}

fn optional_text(words: Option<&LocalizedText>, language: Language) -> Option<&str> {
    words.map(|words| words.in_language(language))
}

/// Without members that say nothing.
fn drop_empty_members(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let says = |value: &Value| match value {
                Value::Null | Value::Bool(false) => false,
                Value::Array(items) => !items.is_empty(),
                _ => true,
            };
            Value::Object(
                members
                    .into_iter()
                    .filter(|(_, value)| says(value))
                    .collect::<Map<_, _>>(),
            )
        }
        other => other,
    }
}
