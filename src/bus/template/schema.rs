//! The answers as a JSON Schema (2020-12), for editors and for programs that install.

use serde_json::{Map, Value, json};

use super::{FieldKind, TemplateField, TextFormat, WizardTemplate};
use crate::model::Language;

pub fn json_schema(template: &WizardTemplate, language: Language) -> Value {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for page in &template.pages {
        for field in &page.fields {
            properties.insert(field.name.clone(), field_schema(field, language));
            // What depends on other answers can't be demanded of everybody.
            let always = field.when.is_none() && page.when.is_none() && page.needs.is_none();
            if field.is_required && field.default.is_none() && always {
                required.push(field.name.clone());
            }
        }
    }
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": template.title.in_language(language),
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}

fn field_schema(field: &TemplateField, language: Language) -> Value {
    let mut schema = match &field.kind {
        FieldKind::Text { form, min, max } => {
            let mut schema = json!({"type": "string", "minLength": min, "maxLength": max});
            if let (Value::Object(members), Some(format)) = (&mut schema, format_name(*form)) {
                members.insert("format".into(), format.into());
            }
            schema
        }
        FieldKind::Number { min, max } => json!({"type": "integer", "minimum": min, "maximum": max}),
        FieldKind::Choice { choices, many } => {
            let values: Vec<&str> = choices.iter().map(|choice| choice.value.as_str()).collect();
            if *many {
                json!({"type": "array", "items": {"type": "string", "enum": values}, "uniqueItems": true})
            } else {
                json!({"type": "string", "enum": values})
            }
        }
        FieldKind::Secret { max } => json!({"type": "string", "maxLength": max, "writeOnly": true}),
        FieldKind::File { .. } => json!({"type": "string", "contentEncoding": "base64", "writeOnly": true}),
        FieldKind::Trigger { .. } => json!({"type": "string", "maxLength": 200}),
        FieldKind::Servers => json!({"type": "string"}),
        FieldKind::Checkbox => json!({"type": "boolean"}),
        FieldKind::Registration => json!({"type": "string", "format": "uuid"}),
    };
    if let Value::Object(members) = &mut schema {
        members.insert("title".into(), field.label.in_language(language).into());
        if let Some(help) = &field.help {
            members.insert("description".into(), help.in_language(language).into());
        }
        if let Some(example) = &field.example {
            members.insert("examples".into(), json!([example]));
        }
        if let Some(default) = &field.default {
            members.insert("default".into(), typed_default(field, default));
        }
    }
    schema
}

fn format_name(form: TextFormat) -> Option<&'static str> {
    match form {
        TextFormat::Guid => Some("uuid"),
        TextFormat::Url => Some("uri"),
        TextFormat::Date => Some("date"),
        _ => None,
    }
}

/// In the type of the field.
fn typed_default(field: &TemplateField, default: &str) -> Value {
    match &field.kind {
        FieldKind::Number { .. } => default.parse::<i64>().map_or(Value::Null, Value::from),
        FieldKind::Checkbox => Value::Bool(default == "yes"),
        FieldKind::Choice { many: true, .. } => default.split(',').map(|item| Value::from(item.trim())).collect(),
        _ => default.into(),
    }
}
