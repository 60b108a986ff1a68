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

/// Stands for a device as JSON in schemas, where it is called `Device`. Its fields are Graph's; who knows them describes
/// them in the document.
#[derive(Debug, Clone, Copy)]
pub struct DeviceDocument;

impl utoipa::PartialSchema for DeviceDocument {
    fn schema() -> RefOr<Schema> {
        object_schema()
    }
}

impl utoipa::ToSchema for DeviceDocument {
    fn name() -> std::borrow::Cow<'static, str> {
        "Device".into()
    }
}

/// A device as an example, with the fields that most devices have.
pub fn device_example() -> serde_json::Value {
    serde_json::json!({
        "id": "7809c88c-0000-4000-8000-000000000001",
        "deviceName": "LAPTOP-0042",
        "managedDeviceOwnerType": "company",
        "enrolledDateTime": "2025-03-04T09:12:00Z",
        "lastSyncDateTime": "2026-11-21T07:58:00Z",
        "operatingSystem": "Windows",
        "osVersion": "10.0.26100.2314",
        "complianceState": "compliant",
        "azureADDeviceId": "1c2d3e4f-0000-4000-8000-000000000002",
        "isEncrypted": true,
        "userPrincipalName": "anna@example.com",
        "model": "ThinkPad T14",
        "manufacturer": "LENOVO",
        "serialNumber": "PF0TEST1",
        "phoneNumber": null,
        "totalStorageSpaceInBytes": 512110190592_u64,
        "freeStorageSpaceInBytes": 301204111360_u64,
        "deviceClass": "computer"
    })
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
