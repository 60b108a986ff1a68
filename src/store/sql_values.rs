//! Between SQL values and the words of the product.

use chrono::DateTime;
use rusqlite::Row;
use rusqlite::types::Type;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use uuid::Uuid;

use super::StoreError;
use crate::model::{DeviceId, Timestamp};

pub(crate) fn to_millis(time: Timestamp) -> i64 {
    time.timestamp_millis()
}

pub(crate) fn from_millis(ms: i64) -> Timestamp {
    DateTime::from_timestamp_millis(ms).unwrap_or_default()
}

pub(crate) fn to_json<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).expect("the store's own types have plain fields")
}

pub(crate) fn parse_json<T: DeserializeOwned>(what: &'static str, text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|_| StoreError::Content {
        what,
        value: text.chars().take(200).collect(),
    })
}

/// One word of the product, without quotes. For row closures, which may only fail with SQLite's own error.
pub(crate) fn word_column<T: DeserializeOwned>(row: &Row<'_>, column: usize) -> rusqlite::Result<T> {
    let text: String = row.get(column)?;
    serde_json::from_value(Value::String(text))
        .map_err(|error| rusqlite::Error::FromSqlConversionFailure(column, Type::Text, Box::new(error)))
}

/// The same for JSON.
pub(crate) fn parse_json_column<T: DeserializeOwned>(column: usize, text: &str) -> rusqlite::Result<T> {
    serde_json::from_str(text)
        .map_err(|error| rusqlite::Error::FromSqlConversionFailure(column, Type::Text, Box::new(error)))
}

pub(crate) fn device_id_from_column(column: usize, bytes: &[u8]) -> rusqlite::Result<DeviceId> {
    Uuid::from_slice(bytes)
        .map(DeviceId)
        .map_err(|error| rusqlite::Error::FromSqlConversionFailure(column, Type::Blob, Box::new(error)))
}

pub(crate) fn device_key(id: &DeviceId) -> &[u8] {
    id.0.as_bytes()
}
