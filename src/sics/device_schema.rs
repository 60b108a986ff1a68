//! The schema of a device in the OpenAPI document, made of the table of properties: what a field holds, what it says, which
//! read fills it, and what is special about it.

use utoipa::openapi::extensions::ExtensionsBuilder;
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, Schema, SchemaFormat, SchemaType, Type};

use crate::contract::{FieldKind, FieldSource, FieldView};
use crate::inventory::field_reference;
use crate::model::schemas::device_example;

const ABOUT_DEVICES: &str = "A device: the properties of Graph's managedDevice in one normal form. A field without a value is \
     null; one that the settings of the instance, or the limits of the management server, leave out is absent. Other keys \
     that Microsoft sends are kept as they are. `x-source` says which read fills a field (list: each scan; single: only a \
     read of the single device, some time after a scan; users: only a read of its users; connector: the connector sets it), `x-personal` that it is removed \
     where personal devices are reduced, `x-volatile` that it moves by itself and is reported at most once a day unless \
     something else changes, `x-beta` that it exists only in Graph's beta: passed on if Microsoft sends it, never requested.";

/// With every property that the inventory knows.
pub(super) fn build_schema() -> Schema {
    let mut object = ObjectBuilder::new().description(Some(ABOUT_DEVICES));
    for field in field_reference::list_fields() {
        let schema = field_schema(&field);
        object = object.property(field.name, schema);
    }
    Schema::Object(object.examples([device_example()]).build())
}

fn field_schema(field: &FieldView) -> Schema {
    let (types, format) = match field.holds {
        FieldKind::Text | FieldKind::Word => (vec![Type::String], None),
        FieldKind::Date => (vec![Type::String], Some(KnownFormat::DateTime)),
        FieldKind::Number => (vec![Type::Integer], Some(KnownFormat::Int64)),
        FieldKind::Boolean => (vec![Type::Boolean], None),
        FieldKind::Object => (vec![Type::Object, Type::Array], None),
    };
    let nullable = types.into_iter().chain([Type::Null]).collect();
    let mut extensions = ExtensionsBuilder::new().add("x-source", field.source.name());
    for (name, _) in special_marks(field) {
        extensions = extensions.add(name, true);
    }
    let object = ObjectBuilder::new()
        .schema_type(SchemaType::Array(nullable))
        .format(format.map(SchemaFormat::KnownFormat))
        .description(Some(describe_field(field)))
        .extensions(Some(extensions.build()));
    Schema::Object(object.build())
}

/// What is special about a field: as a mark, and for people.
fn special_marks(field: &FieldView) -> impl Iterator<Item = (&'static str, &'static str)> {
    let marks = [
        (field.personal, ("x-personal", "Personal data.")),
        (field.moves, ("x-volatile", "Moves by itself.")),
        (field.beta, ("x-beta", "Only in Graph's beta.")),
    ];
    marks.into_iter().filter(|(applies, _)| *applies).map(|(_, mark)| mark)
}

fn describe_field(field: &FieldView) -> String {
    let kind = match field.holds {
        FieldKind::Date => Some("RFC 3339, UTC, whole seconds."),
        FieldKind::Word => Some("A word of a list that Microsoft extends."),
        FieldKind::Text | FieldKind::Number | FieldKind::Boolean | FieldKind::Object => None,
    };
    let source = match field.source {
        FieldSource::List => None,
        FieldSource::Single => Some("Only from a read of the single device."),
        FieldSource::Users => Some("Only from a read of the users of the device."),
        FieldSource::Connector => Some("Set by the connector."),
    };
    let special = special_marks(field).map(|(_, sentence)| sentence);
    let sentences = [field.meaning.as_str()]
        .into_iter()
        .chain(kind)
        .chain(source)
        .chain(special);
    sentences.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_field_is_typed_and_described() {
        let schema = serde_json::to_value(build_schema()).expect("JSON");
        let properties = schema["properties"].as_object().expect("properties");
        assert_eq!(properties.len(), field_reference::list_fields().len());
        for (name, property) in properties {
            assert!(
                property["description"].is_string() && property["type"].is_array(),
                "{name}: {property}"
            );
        }
        assert_eq!(properties["totalStorageSpaceInBytes"]["type"][0], "integer");
        assert_eq!(properties["lastSyncDateTime"]["format"], "date-time");
        assert_eq!(properties["userPrincipalName"]["x-personal"], true);
    }

    #[test]
    fn the_example_has_known_fields_of_the_right_kind() {
        let (schema, example) = (serde_json::to_value(build_schema()).expect("JSON"), device_example());
        for (name, value) in example.as_object().expect("an object") {
            let kind = match value {
                serde_json::Value::Bool(_) => "boolean",
                serde_json::Value::Number(_) => "integer",
                serde_json::Value::Null => "null",
                _ => "string",
            };
            let types = schema["properties"][name]["type"].as_array().expect(name);
            assert!(types.iter().any(|known| known == kind), "{name}: {value}");
        }
    }
}
