//! The types that operations take and give, as schemas: for the document of the API, and for whoever sends something else.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde_json::{Value, json};
use sics_client::{SchemaSource, operation};
use utoipa::ToSchema;
use utoipa::openapi::ComponentsBuilder;

use super::device_schema;
use super::tagged_schemas::flatten_tagged_unions;
use crate::contract::{EventFact, Problem};
use crate::model::schemas::DeviceDocument;

/// Longer lists of members are looked up in the document.
const MEMBERS_TOLD: usize = 12;
/// The members of each schema, as they are told to whoever sends something else.
static MEMBERS: LazyLock<HashMap<String, String>> = LazyLock::new(|| {
    let components = collect_schemas().build();
    let mut schemas = serde_json::to_value(components.schemas).expect("it is plain JSON");
    if let Some(schemas) = schemas.as_object_mut() {
        flatten_tagged_unions(schemas);
    }
    let told = schemas.as_object().into_iter().flatten().filter_map(|(name, schema)| {
        let members = schema["properties"].as_object()?;
        let names: Vec<&str> = members.keys().map(String::as_str).collect();
        (1..=MEMBERS_TOLD)
            .contains(&names.len())
            .then(|| (name.clone(), names.join(", ")))
    });
    told.collect()
});

/// The names of the members of an object of the API.
pub(super) fn list_members(schema: &str) -> Option<String> {
    MEMBERS.get(schema).cloned()
}

/// Those of all operations, each once.
pub(super) fn collect_schemas() -> ComponentsBuilder {
    let mut builder = ComponentsBuilder::new();
    // No answer is one of these: problems, and what a stream tells.
    let mut sources = vec![SchemaSource::of::<Problem>(), SchemaSource::of::<EventFact>()];
    for operation in operation::all() {
        sources.extend(operation.request);
        sources.extend(operation.answer);
        sources.extend(operation.waiting_answer);
    }
    for (name, schema) in sources.iter().flat_map(SchemaSource::collect) {
        builder = builder.schema(name, schema);
    }
    // The contract knows that there are devices; what they have is known here.
    builder.schema(DeviceDocument::name(), device_schema::build_schema())
}

/// An object whose members are free, and a list whose items are, say so: a generator takes silence for an object that has
/// none, or refuses the schema.
pub(super) fn open_free_schemas(part: &mut Value) {
    let free = [
        ("object", "properties", "additionalProperties", json!(true)),
        ("array", "prefixItems", "items", json!({})),
    ];
    for (kind, given, member, any) in free {
        let types = &part["type"];
        let is_kind = types == kind
            || types
                .as_array()
                .is_some_and(|types| types.iter().any(|one| one == kind));
        if let Value::Object(schema) = &mut *part
            && is_kind
            && !schema.contains_key(given)
        {
            schema.entry(member).or_insert(any);
        }
    }
    match part {
        Value::Object(members) => members
            .iter_mut()
            .filter(|(name, _)| !matches!(name.as_str(), "example" | "examples"))
            .for_each(|(_, member)| open_free_schemas(member)),
        Value::Array(items) => items.iter_mut().for_each(open_free_schemas),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_free_in_a_schema_is_said_to_be_free() {
        let mut schema = json!({"properties": {
            "a": {"type": ["object", "array", "null"]}, "b": {"type": "object", "properties": {"type": {"type": "string"}}},
            "c": {"type": "object", "additionalProperties": false}, "d": {"oneOf": [{"type": "array"}, {"type": "null"}]},
            "e": {"type": "array", "items": {"type": "object"}}}, "examples": [{"type": "object"}]});
        open_free_schemas(&mut schema);
        let expected = json!({"properties": {
            "a": {"type": ["object", "array", "null"], "additionalProperties": true, "items": {}},
            "b": {"type": "object", "properties": {"type": {"type": "string"}}},
            "c": {"type": "object", "additionalProperties": false},
            "d": {"oneOf": [{"type": "array", "items": {}}, {"type": "null"}]},
            "e": {"type": "array", "items": {"type": "object", "additionalProperties": true}}},
            "examples": [{"type": "object"}]});
        assert_eq!(schema, expected);
    }
}
