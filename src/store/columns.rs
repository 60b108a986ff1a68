//! Columns of a row by their names, as values of the product.
//!
//! A name is compared with the names of all columns before it. For a page of rows that costs nothing; what runs for each
//! device of a fleet reads by places instead, which have names beside its SQL.

use rusqlite::types::ValueRef;
use rusqlite::{Row as SqlRow, Statement};
use serde::de::DeserializeOwned;

use super::sql_values::{device_id_from_column, from_millis, parse_json_column, word_column};
use crate::model::{DeviceId, InstanceId, OperatorId, Timestamp};

/// Its place, for what fails at it.
pub(super) fn find_index(row: &SqlRow<'_>, column: &str) -> rusqlite::Result<usize> {
    let statement: &Statement<'_> = row.as_ref();
    statement.column_index(column)
}

pub(super) fn read_instance(row: &SqlRow<'_>, column: &str) -> rusqlite::Result<InstanceId> {
    Ok(InstanceId(row.get(column)?))
}

pub(super) fn read_device(row: &SqlRow<'_>, column: &str) -> rusqlite::Result<DeviceId> {
    let index = find_index(row, column)?;
    device_id_from_column(index, &row.get::<_, Vec<u8>>(index)?)
}

pub(super) fn read_optional_device(row: &SqlRow<'_>, column: &str) -> rusqlite::Result<Option<DeviceId>> {
    let index = find_index(row, column)?;
    let bytes: Option<Vec<u8>> = row.get(index)?;
    bytes.map(|bytes| device_id_from_column(index, &bytes)).transpose()
}

/// One word of the product, without quotes.
pub(super) fn read_word<T: DeserializeOwned>(row: &SqlRow<'_>, column: &str) -> rusqlite::Result<T> {
    word_column(row, find_index(row, column)?)
}

pub(super) fn read_optional_word<T: DeserializeOwned>(row: &SqlRow<'_>, column: &str) -> rusqlite::Result<Option<T>> {
    let index = find_index(row, column)?;
    match row.get_ref(index)? {
        ValueRef::Null => Ok(None),
        _ => word_column(row, index).map(Some),
    }
}

pub(super) fn read_json<T: DeserializeOwned>(row: &SqlRow<'_>, column: &str) -> rusqlite::Result<T> {
    let index = find_index(row, column)?;
    parse_json_column(index, &row.get::<_, String>(index)?)
}

pub(super) fn read_optional_json<T: DeserializeOwned>(row: &SqlRow<'_>, column: &str) -> rusqlite::Result<Option<T>> {
    let index = find_index(row, column)?;
    let text: Option<String> = row.get(index)?;
    text.map(|text| parse_json_column(index, &text)).transpose()
}

pub(super) fn read_time(row: &SqlRow<'_>, column: &str) -> rusqlite::Result<Timestamp> {
    Ok(from_millis(row.get(column)?))
}

pub(super) fn read_optional_time(row: &SqlRow<'_>, column: &str) -> rusqlite::Result<Option<Timestamp>> {
    let millis: Option<i64> = row.get(column)?;
    Ok(millis.map(from_millis))
}

pub(super) fn read_count(row: &SqlRow<'_>, column: &str) -> rusqlite::Result<u64> {
    let count: i64 = row.get(column)?;
    Ok(count.unsigned_abs())
}

/// `None`: nobody.
pub(super) fn read_operator(row: &SqlRow<'_>, column: &str) -> rusqlite::Result<Option<OperatorId>> {
    let number: Option<i64> = row.get(column)?;
    Ok(number.map(OperatorId))
}
