//! Unions with a tag, in the form that generators of clients read: each of their types becomes a schema of its own, with the
//! tag among its members. What is derived (a reference and the tag, put together by `allOf`) some of them leave out.

use serde_json::{Map, Value, json};

const SCHEMAS: &str = "#/components/schemas/";

/// `schemas`: those of the document, by name.
pub(super) fn flatten_tagged_unions(schemas: &mut Map<String, Value>) {
    let names: Vec<String> = schemas.keys().cloned().collect();
    for name in names {
        let Some(types) = schemas[&name]["oneOf"].as_array().cloned() else {
            continue;
        };
        let flattened: Vec<Option<(String, Value)>> = types.iter().map(|one| flatten_type(schemas, one)).collect();
        if flattened.iter().all(Option::is_none) {
            continue;
        }
        let mut references = Vec::new();
        for (one, flat) in types.into_iter().zip(flattened) {
            let Some((own, schema)) = flat else {
                references.push(one);
                continue;
            };
            references.push(json!({"$ref": format!("{SCHEMAS}{own}")}));
            schemas.insert(own, schema);
        }
        schemas[&name]["oneOf"] = Value::Array(references);
    }
}

/// Name and schema of a type that is a reference and a tag, in one object.
fn flatten_type(schemas: &Map<String, Value>, one: &Value) -> Option<(String, Value)> {
    let [referred, tagged] = one["allOf"].as_array()?.as_slice() else {
        return None;
    };
    let base = referred["$ref"].as_str()?.strip_prefix(SCHEMAS)?;
    let mut schema = schemas.get(base)?.clone();
    let tags = tagged["properties"].as_object()?;
    let required = tags.keys().map(|tag| Value::from(tag.as_str()));
    let mut required: Vec<Value> = required.collect();
    required.extend(schema["required"].as_array().into_iter().flatten().cloned());
    let mut properties = tags.clone();
    for tag in properties.values_mut().filter_map(Value::as_object_mut) {
        tag.entry("description")
            .or_insert_with(|| "Which of the kinds it is.".into());
    }
    properties.extend(schema["properties"].as_object()?.clone());
    schema["required"] = Value::Array(required);
    schema["properties"] = Value::Object(properties);
    if let Some(description) = one.get("description") {
        schema["description"] = description.clone();
    }
    Some((format!("Tagged{base}"), schema))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_with_a_tag_becomes_a_schema_of_its_own() {
        let lost = json!({"type": "object", "properties": {"kind": {"enum": ["lost"]}}});
        let document = json!({
            "Event": {"oneOf": [
                {"allOf": [{"$ref": "#/components/schemas/JobFact"},
                    {"type": "object", "required": ["kind"], "properties": {"kind": {"enum": ["job"]}}}],
                 "description": "A job moved."},
                lost,
            ]},
            "JobFact": {"type": "object", "required": ["job"], "properties": {"job": {"type": "integer"}}},
        });
        let mut schemas = document.as_object().cloned().unwrap_or_default();
        flatten_tagged_unions(&mut schemas);
        assert_eq!(
            schemas["Event"]["oneOf"],
            json!([{"$ref": "#/components/schemas/TaggedJobFact"}, lost])
        );
        assert_eq!(
            schemas["TaggedJobFact"],
            json!({"type": "object", "description": "A job moved.", "required": ["kind", "job"],
                "properties": {"kind": {"enum": ["job"], "description": "Which of the kinds it is."}, "job": {"type": "integer"}}})
        );
        assert_eq!(schemas["JobFact"], document["JobFact"]);
    }
}
