//! How words and ids look in the OpenAPI document: each type says it once, and every place that has such a value names the type.

use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{Object, ObjectBuilder, Schema, SchemaFormat, Type};

/// Text, of this format where it has one (`uuid`).
pub fn text_schema(format: Option<&str>) -> RefOr<Schema> {
    let object = ObjectBuilder::new()
        .schema_type(Type::String)
        .format(format.map(|format| SchemaFormat::Custom(format.to_owned())));
    object.into()
}

/// One of these words.
pub fn words_schema<'a>(words: impl IntoIterator<Item = &'a str>) -> RefOr<Schema> {
    let words: Vec<&str> = words.into_iter().collect();
    ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some(words))
        .into()
}

/// A whole number of 64 bits.
pub fn number_schema() -> RefOr<Schema> {
    let format = SchemaFormat::Custom("int64".to_owned());
    ObjectBuilder::new()
        .schema_type(Type::Integer)
        .format(Some(format))
        .into()
}

/// Any JSON object.
pub fn object_schema() -> RefOr<Schema> {
    Object::new().into()
}

/// `named_schema! { Name => expression }`: the schema of a type that is written by hand.
#[macro_export]
macro_rules! named_schema {
    ($name:ident => $schema:expr) => {
        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                $schema
            }
        }

        impl utoipa::ToSchema for $name {}
    };
}

pub use named_schema;
