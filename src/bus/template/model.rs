//! The template as JSON in one language: what the console's form, and anybody else's, is drawn from.

use serde_json::{Map, Value, json};

use super::{Action, Field, FieldKind, Page, Template};
use crate::bus::{Language, Words};

/// The whole model.
pub fn describe(template: &Template, language: Language) -> Value {
    let pages: Vec<Value> = template.pages.iter().map(|page| of_page(page, language)).collect();
    let parts: Vec<Value> = template
        .parts
        .iter()
        .map(|part| json!({"name": part.name, "label": part.label.say(language)}))
        .collect();
    json!({
        "title": template.title.say(language),
        "language": language,
        "pages": pages,
        "parts": parts,
    })
}

fn of_page(page: &Page, language: Language) -> Value {
    let points: Vec<&str> = page.points.iter().map(|point| point.words.say(language)).collect();
    let fields: Vec<Value> = page.fields.iter().map(|field| of_field(field, language)).collect();
    let actions: Vec<Value> = page.actions.iter().map(|action| of_action(action, language)).collect();
    compact(json!({
        "name": page.name,
        "kind": page.kind.name(),
        "title": page.title.say(language),
        "text": say(page.text.as_ref(), language),
        "points": points,
        "when": page.when.as_ref().map(super::When::source),
        "needs": page.needs,
        "fields": fields,
        "actions": actions,
    }))
}

fn of_action(action: &Action, language: Language) -> Value {
    compact(json!({
        "name": action.name,
        "label": action.label.say(language),
        "help": say(action.help.as_ref(), language),
        "required": action.is_required,
        "when": action.when.as_ref().map(super::When::source),
    }))
}

fn of_field(field: &Field, language: Language) -> Value {
    let mut value = json!({
        "name": field.name,
        "type": field.kind.name(),
        "label": field.label.say(language),
        "help": say(field.help.as_ref(), language),
        "example": field.example,
        "required": field.is_required,
        "default": field.default,
        "when": field.when.as_ref().map(super::When::source),
        "setting": field.setting,
        "secret": field.kind.is_secret(),
        "fixed": field.is_fixed,
        "signIn": field.is_sign_in,
        "look": field.look,
    });
    if let (Value::Object(value), Value::Object(own)) = (&mut value, of_kind(&field.kind, language)) {
        value.extend(own);
    }
    compact(value)
}

fn of_kind(kind: &FieldKind, language: Language) -> Value {
    match kind {
        FieldKind::Text { form, min, max } => json!({"form": form.name(), "min": min, "max": max}),
        FieldKind::Number { min, max } => json!({"min": min, "max": max}),
        FieldKind::Choice { choices, many } => {
            let choices: Vec<Value> = choices
                .iter()
                .map(|choice| json!({"value": choice.value, "label": choice.label.say(language)}))
                .collect();
            json!({"choices": choices, "many": many})
        }
        FieldKind::Secret { max } => json!({"max": max}),
        FieldKind::File { max_bytes, text } => json!({"maxBytes": max_bytes, "text": text}),
        FieldKind::Trigger { off, auto, zone } => json!({"off": off, "auto": auto, "zone": zone}),
        FieldKind::Servers | FieldKind::Checkbox => json!({}),
    }
}

fn say(words: Option<&Words>, language: Language) -> Option<&str> {
    words.map(|words| words.say(language))
}

/// Without members that say nothing.
fn compact(value: Value) -> Value {
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
