//! Schemas of the OpenAPI document as rows: what a value is, which members an object has, which words there are.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

/// Where named types stand.
const NAMED: &str = "#/components/schemas/";

/// What a value is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Shape {
    /// A type of this name.
    Named(String),
    /// `string`, `integer`, `number`, `boolean`, `object`; with its format, empty: none.
    Plain {
        kind: String,
        format: String,
    },
    /// One of these words.
    Words(Vec<String>),
    List(Box<Shape>),
    /// An object with members of any name, whose values are all alike.
    Map(Box<Shape>),
    OneOf(Vec<Shape>),
    Null,
    Anything,
}

impl Shape {
    /// Types that it names.
    pub(super) fn list_types(&self) -> Vec<&str> {
        match self {
            Shape::Named(name) => vec![name],
            Shape::List(inner) | Shape::Map(inner) => inner.list_types(),
            Shape::OneOf(shapes) => shapes.iter().flat_map(Shape::list_types).collect(),
            Shape::Plain { .. } | Shape::Words(_) | Shape::Null | Shape::Anything => Vec::new(),
        }
    }
}

/// A part of what a type is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum TypePart {
    /// Everything that this type has.
    Includes(String),
    Fields(Vec<FieldRow>),
    /// Members of any other name.
    Others(Shape),
    /// One of several forms.
    Variant(Vec<TypePart>),
    Value(Shape),
}

/// A member of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FieldRow {
    pub(super) name: String,
    pub(super) required: bool,
    pub(super) shape: Shape,
    pub(super) description: String,
    /// Bounds and marks: name in the schema, and value.
    pub(super) notes: Vec<(String, String)>,
}

/// What a value of this schema is.
pub(super) fn read_shape(schema: &Value) -> Shape {
    if let Some(name) = read_reference(schema) {
        return Shape::Named(name);
    }
    for key in ["oneOf", "anyOf"] {
        if let Some(choices) = schema[key].as_array() {
            return join_shapes(choices.iter().map(read_shape).collect());
        }
    }
    if let Some([only]) = schema["allOf"].as_array().map(Vec::as_slice) {
        return read_shape(only);
    }
    if let Some(words) = schema["enum"].as_array() {
        return Shape::Words(words.iter().map(write_value).collect());
    }
    if let Some(word) = schema.get("const") {
        return Shape::Words(vec![write_value(word)]);
    }
    match &schema["type"] {
        Value::String(kind) => read_kind(kind, schema),
        Value::Array(kinds) => {
            let kinds = kinds.iter().filter_map(Value::as_str);
            join_shapes(kinds.map(|kind| read_kind(kind, schema)).collect())
        }
        _ => Shape::Anything,
    }
}

fn read_reference(schema: &Value) -> Option<String> {
    let target = schema.get("$ref")?.as_str()?;
    Some(target.strip_prefix(NAMED).unwrap_or(target).to_owned())
}

fn read_kind(kind: &str, schema: &Value) -> Shape {
    match kind {
        "null" => Shape::Null,
        "array" => Shape::List(Box::new(schema.get("items").map_or(Shape::Anything, read_shape))),
        "object" => match schema.get("additionalProperties") {
            Some(values) if values.is_object() && schema.get("properties").is_none() => {
                Shape::Map(Box::new(read_shape(values)))
            }
            _ => plain(kind, ""),
        },
        kind => plain(kind, schema["format"].as_str().unwrap_or_default()),
    }
}

fn plain(kind: &str, format: &str) -> Shape {
    Shape::Plain {
        kind: kind.to_owned(),
        format: format.to_owned(),
    }
}

/// One of one is that one; `null` stands last.
fn join_shapes(mut shapes: Vec<Shape>) -> Shape {
    shapes.sort_by_key(|shape| *shape == Shape::Null);
    match shapes.len() {
        1 => shapes.remove(0),
        _ => Shape::OneOf(shapes),
    }
}

fn write_value(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// What a type is, part by part.
pub(super) fn read_type(schema: &Value) -> Vec<TypePart> {
    if let Some(name) = read_reference(schema) {
        return vec![TypePart::Includes(name)];
    }
    if let Some(parts) = schema["allOf"].as_array() {
        return parts.iter().flat_map(read_type).collect();
    }
    let choices = schema["oneOf"].as_array().or(schema["anyOf"].as_array());
    if let Some(choices) = choices {
        let is_object = |choice: &Value| choice.get("properties").is_some() || choice.get("allOf").is_some();
        if choices.iter().any(is_object) {
            return choices
                .iter()
                .map(|choice| TypePart::Variant(read_type(choice)))
                .collect();
        }
    }
    let Some(members) = schema["properties"].as_object() else {
        return vec![TypePart::Value(read_shape(schema))];
    };
    let mut parts = vec![TypePart::Fields(list_fields(members, schema, ""))];
    if let Some(others) = schema.get("additionalProperties").filter(|others| others.is_object()) {
        parts.push(TypePart::Others(read_shape(others)));
    }
    parts
}

/// Members in the order of the document; those of an object within have their names behind its own, with a dot.
fn list_fields(members: &Map<String, Value>, schema: &Value, prefix: &str) -> Vec<FieldRow> {
    let required: BTreeSet<&str> = schema["required"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let mut rows = Vec::new();
    for (name, member) in members {
        let full = format!("{prefix}{name}");
        rows.push(FieldRow {
            name: full.clone(),
            required: required.contains(name.as_str()),
            shape: read_shape(member),
            description: read_description(member),
            notes: list_notes(member),
        });
        if let Some(inner) = member["properties"].as_object() {
            rows.extend(list_fields(inner, member, &format!("{full}.")));
        }
    }
    rows
}

/// Its own, or that of the type it may be besides null.
pub(super) fn read_description(schema: &Value) -> String {
    let own = schema["description"].as_str();
    let choices = schema["oneOf"].as_array().into_iter().flatten();
    let inner = choices.filter_map(|choice| choice["description"].as_str()).next();
    own.or(inner).unwrap_or_default().to_owned()
}

/// Bounds, what holds where it is omitted, and marks of fields of devices.
fn list_notes(schema: &Value) -> Vec<(String, String)> {
    const NOTES: [&str; 12] = [
        "minimum",
        "maximum",
        "minLength",
        "maxLength",
        "minItems",
        "maxItems",
        "pattern",
        "default",
        "x-source",
        "x-beta",
        "x-personal",
        "x-volatile",
    ];
    let found = NOTES.iter().filter_map(|name| Some((name, schema.get(*name)?)));
    let told = found.filter(|(_, value)| **value != Value::Bool(false) && !value.is_null());
    told.map(|(name, value)| ((*name).to_owned(), write_value(value)))
        .collect()
}

/// These types and all that they are made of, in the order in which they are met; unknown ones are left out.
pub(super) fn collect_types<'a>(document: &'a Value, begin: &[&str]) -> Vec<(String, &'a Value)> {
    let schemas = &document["components"]["schemas"];
    let mut found: Vec<(String, &Value)> = Vec::new();
    let mut waiting: Vec<String> = begin.iter().rev().map(|name| (*name).to_owned()).collect();
    while let Some(name) = waiting.pop() {
        let is_known = found.iter().any(|(known, _)| *known == name);
        let Some(schema) = schemas.get(&name).filter(|_| !is_known) else {
            continue;
        };
        let mut inner: Vec<String> = Vec::new();
        find_references(schema, &mut inner);
        waiting.extend(inner.into_iter().rev());
        found.push((name, schema));
    }
    found
}

fn find_references(part: &Value, found: &mut Vec<String>) {
    found.extend(read_reference(part));
    match part {
        Value::Object(members) => members.values().for_each(|member| find_references(member, found)),
        Value::Array(items) => items.iter().for_each(|item| find_references(item, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn reference(name: &str) -> Value {
        json!({"$ref": format!("{NAMED}{name}")})
    }

    fn text() -> Shape {
        plain("string", "")
    }

    #[test]
    fn a_schema_says_what_a_value_is() {
        let named = Shape::Named("A".to_owned());
        for (schema, shape) in [
            (json!({"type": "string"}), text()),
            (
                json!({"type": "string", "format": "date-time"}),
                plain("string", "date-time"),
            ),
            (reference("A"), named.clone()),
            (
                json!({"type": ["string", "null"]}),
                Shape::OneOf(vec![text(), Shape::Null]),
            ),
            (
                json!({"oneOf": [{"type": "null"}, reference("A")]}),
                Shape::OneOf(vec![named.clone(), Shape::Null]),
            ),
            (
                json!({"type": "array", "items": reference("A")}),
                Shape::List(Box::new(named.clone())),
            ),
            (
                json!({"type": "object", "additionalProperties": {"type": "string"}}),
                Shape::Map(Box::new(text())),
            ),
            (
                json!({"type": "object", "additionalProperties": true}),
                plain("object", ""),
            ),
            (
                json!({"type": "string", "enum": ["a", "b"]}),
                Shape::Words(vec!["a".to_owned(), "b".to_owned()]),
            ),
            (json!({"allOf": [reference("A")], "description": "x"}), named),
            (json!({}), Shape::Anything),
        ] {
            assert_eq!(read_shape(&schema), shape, "{schema}");
        }
    }

    #[test]
    fn an_object_has_a_row_for_each_member() {
        let schema = json!({"type": "object", "required": ["name"], "additionalProperties": false, "properties": {
            "count": {"type": ["integer", "null"], "format": "int64", "minimum": 0, "description": "How many."},
            "name": {"oneOf": [{"$ref": "#/components/schemas/Name", "description": "Its name."}, {"type": "null"}]},
            "of": {"type": "object", "properties": {"x": {"type": "boolean", "default": true}}}
        }});
        let parts = read_type(&schema);
        let [TypePart::Fields(rows)] = parts.as_slice() else {
            panic!("{parts:?}");
        };
        let names: Vec<(&str, bool)> = rows.iter().map(|row| (row.name.as_str(), row.required)).collect();
        assert_eq!(
            names,
            [("count", false), ("name", true), ("of", false), ("of.x", false)]
        );
        assert_eq!(rows[0].notes, [("minimum".to_owned(), "0".to_owned())]);
        assert_eq!(rows[1].description, "Its name.");
        assert_eq!(rows[3].notes, [("default".to_owned(), "true".to_owned())]);
    }

    #[test]
    fn several_forms_and_what_is_included_are_parts() {
        let whole =
            json!({"allOf": [reference("Summary"), {"type": "object", "properties": {"a": {"type": "string"}}}]});
        let parts = read_type(&whole);
        assert_eq!(parts[0], TypePart::Includes("Summary".to_owned()));
        assert!(matches!(&parts[1], TypePart::Fields(rows) if rows.len() == 1));
        let tagged = json!({"oneOf": [
            {"allOf": [reference("Fact"), {"type": "object", "properties": {"kind": {"type": "string", "enum": ["fact"]}}}]},
            {"type": "object", "properties": {"kind": {"type": "string", "enum": ["lost"]}}}]});
        let parts = read_type(&tagged);
        assert_eq!(parts.len(), 2);
        assert!(matches!(&parts[0], TypePart::Variant(inner) if inner.len() == 2));
        let open = json!({"type": "object", "properties": {}, "additionalProperties": {"description": "Further."}});
        assert_eq!(read_type(&open)[1], TypePart::Others(Shape::Anything));
        let words = json!({"type": "string", "enum": ["a"]});
        assert_eq!(read_type(&words), [TypePart::Value(Shape::Words(vec!["a".to_owned()]))]);
    }

    #[test]
    fn a_type_brings_what_it_is_made_of_and_nothing_twice() {
        let document = json!({"components": {"schemas": {
            "A": {"properties": {"b": reference("B"), "again": reference("A")}},
            "B": {"items": reference("C")},
            "C": {"type": "string"},
            "D": {"type": "string"}
        }}});
        let names: Vec<String> = collect_types(&document, &["A", "C", "none"])
            .into_iter()
            .map(|(name, _)| name)
            .collect();
        assert_eq!(names, ["A", "B", "C"]);
    }
}
