//! Applications and orders as they stand in their tables.

use std::sync::LazyLock;

use rusqlite::types::Value;
use rusqlite::{Connection, Params, Row as SqlRow};
use serde::de::DeserializeOwned;

use super::{ApplicationRow, OrderRow, licences};
use crate::contract::OrderState;
use crate::model::{InstanceId, OperatorId, Timestamp};
use crate::store::StoreError;
use crate::store::jobs::word_column;
use crate::store::sql_values::{from_millis, parse_json_column, to_json};
use crate::store::sql_words::quote_matching;

/// Of a row `o`.
pub(super) const ORDER: &str =
    "o.key, o.id, o.instance, o.application, o.application_key, o.kind, o.target_kind, o.target,
    o.object_id, o.target_name, o.devices, o.state, o.approval, o.placed_by, o.placed_by_name, o.placed_at,
    o.decided_by, o.decided_by_name, o.decided_at, o.processed_at, o.ended_at, o.deadline_at, o.expires_at,
    o.reminded_at, o.term_ended_at, o.status, o.message, o.failure, o.attempts, o.next_attempt_at, o.language, o.note,
    o.warnings, o.remove_membership, o.membership_cleared, o.digest,
    o.report_from, o.approvers, o.charge";
/// As many.
pub(super) const ORDER_COLUMNS: usize = 39;

pub(super) fn order_from_row(row: &SqlRow<'_>) -> rusqlite::Result<OrderRow> {
    let language: Option<String> = row.get(30)?;
    Ok(OrderRow {
        key: row.get(0)?,
        id: row.get(1)?,
        instance: InstanceId(row.get(2)?),
        application: row.get(3)?,
        application_key: row.get::<_, Option<i64>>(4)?.unwrap_or_default(),
        kind: word_column(row, 5)?,
        target_kind: word_column(row, 6)?,
        target: row.get(7)?,
        object_id: row.get(8)?,
        target_name: row.get(9)?,
        devices: parse_json_column(10, &row.get::<_, String>(10)?)?,
        state: word_column(row, 11)?,
        approval: word_column(row, 12)?,
        placed_by: OperatorId(row.get(13)?),
        placed_by_name: row.get(14)?,
        placed_at: from_millis(row.get(15)?),
        decided_by: row.get::<_, Option<i64>>(16)?.map(OperatorId),
        decided_by_name: row.get(17)?,
        decided_at: time_column(row, 18)?,
        processed_at: time_column(row, 19)?,
        ended_at: time_column(row, 20)?,
        deadline_at: time_column(row, 21)?,
        expires_at: time_column(row, 22)?,
        reminded_at: time_column(row, 23)?,
        term_ended_at: time_column(row, 24)?,
        status: row.get(25)?,
        message: row.get(26)?,
        failure: optional_json_column(row, 27)?,
        attempts: row.get(28)?,
        next_attempt_at: time_column(row, 29)?,
        language: language
            .map(|code| parse_json_column(30, &to_json(&code)))
            .transpose()?,
        note: row.get(31)?,
        warnings: parse_json_column(32, &row.get::<_, String>(32)?)?,
        remove_membership: row.get(33)?,
        membership_cleared: row.get(34)?,
        digest: row.get(35)?,
        report_from: time_column(row, 36)?,
        approvers: optional_json_column(row, 37)?,
        charge: optional_json_column(row, 38)?.unwrap_or_default(),
    })
}

/// Of a row `a`.
static APPLICATION: LazyLock<String> = LazyLock::new(|| {
    format!(
        "a.key, a.id, a.instance, a.app, a.app_name, a.app_type, a.platform, a.description, a.icon_type IS NOT NULL,
         a.marker, a.state, a.clean_up, a.failure, a.attempts, a.next_attempt_at, a.links,
         (SELECT count(*) FROM app_order o WHERE o.application_key = a.key AND o.state IN {open}),
         ({in_use}), a.created_by, a.created_by_name, a.created_at, a.changed_at",
        open = open_states(),
        in_use = licences::count_in_use(),
    )
});

fn application_from_row(row: &SqlRow<'_>) -> rusqlite::Result<ApplicationRow> {
    Ok(ApplicationRow {
        key: row.get(0)?,
        id: row.get(1)?,
        instance: InstanceId(row.get(2)?),
        app: row.get(3)?,
        app_name: row.get(4)?,
        app_type: row.get(5)?,
        platform: row.get(6)?,
        description: parse_json_column(7, &row.get::<_, String>(7)?)?,
        has_icon: row.get(8)?,
        marker: row.get(9)?,
        state: word_column(row, 10)?,
        clean_up: row.get(11)?,
        failure: optional_json_column(row, 12)?,
        attempts: row.get(13)?,
        next_attempt_at: time_column(row, 14)?,
        links: parse_json_column(15, &row.get::<_, String>(15)?)?,
        open_orders: row.get(16)?,
        licences_in_use: row.get(17)?,
        created_by: OperatorId(row.get(18)?),
        created_by_name: row.get(19)?,
        created_at: from_millis(row.get(20)?),
        changed_at: from_millis(row.get(21)?),
    })
}

pub(super) fn time_column(row: &SqlRow<'_>, column: usize) -> rusqlite::Result<Option<Timestamp>> {
    Ok(row.get::<_, Option<i64>>(column)?.map(from_millis))
}

fn optional_json_column<T: DeserializeOwned>(row: &SqlRow<'_>, column: usize) -> rusqlite::Result<Option<T>> {
    let text: Option<String> = row.get(column)?;
    text.map(|text| parse_json_column(column, &text)).transpose()
}

/// Of orders that have not ended, for SQL.
pub(super) fn open_states() -> String {
    quote_matching(|state: OrderState| !state.is_final())
}

/// Adds to a condition that `column` is one of these instances; `None`: any.
pub(super) fn restrict_to_instances(
    condition: &mut String,
    values: &mut Vec<Value>,
    column: &str,
    instances: Option<&[InstanceId]>,
) {
    let Some(instances) = instances else { return };
    let places = vec!["?"; instances.len()].join(", ");
    condition.push_str(&format!(" AND {column} IN ({places})"));
    values.extend(instances.iter().map(|id| Value::from(id.0)));
}

/// Orders `o` that fit; `rest` may go on behind the condition.
pub(super) fn list_order_rows(
    connection: &Connection,
    rest: &str,
    values: impl Params,
) -> Result<Vec<OrderRow>, StoreError> {
    let mut statement = connection.prepare_cached(&format!("SELECT {ORDER} FROM app_order o WHERE {rest}"))?;
    let rows = statement.query_map(values, order_from_row)?;
    rows.map(|row| row.map_err(StoreError::from)).collect()
}

pub(super) fn find_order(connection: &Connection, id: &str) -> Result<Option<OrderRow>, StoreError> {
    Ok(list_order_rows(connection, "o.id = ?1", [id])?.pop())
}

pub(super) fn find_order_by_key(connection: &Connection, key: i64) -> Result<Option<OrderRow>, StoreError> {
    Ok(list_order_rows(connection, "o.key = ?1", [key])?.pop())
}

/// Of an order that was there a moment ago, in the same transaction.
pub(super) fn load_order_by_key(connection: &Connection, key: i64) -> Result<OrderRow, StoreError> {
    find_order_by_key(connection, key)?.ok_or_else(|| StoreError::Unknown {
        what: "order",
        name: key.to_string(),
    })
}

/// Applications `a` that fit; `rest` may go on behind the condition.
pub(super) fn list_application_rows(
    connection: &Connection,
    rest: &str,
    values: impl Params,
) -> Result<Vec<ApplicationRow>, StoreError> {
    let sql = format!("SELECT {} FROM application a WHERE {rest}", *APPLICATION);
    let mut statement = connection.prepare_cached(&sql)?;
    let rows = statement.query_map(values, application_from_row)?;
    rows.map(|row| row.map_err(StoreError::from)).collect()
}

pub(super) fn find_application(connection: &Connection, id: &str) -> Result<Option<ApplicationRow>, StoreError> {
    Ok(list_application_rows(connection, "a.id = ?1", [id])?.pop())
}

pub(super) fn find_application_by_key(connection: &Connection, key: i64) -> Result<Option<ApplicationRow>, StoreError> {
    Ok(list_application_rows(connection, "a.key = ?1", [key])?.pop())
}

/// One text of all that a search looks through.
pub(super) fn build_search_text<'a>(parts: impl IntoIterator<Item = Option<&'a str>>) -> String {
    let parts: Vec<&str> = parts.into_iter().flatten().collect();
    parts.join("\n").to_lowercase()
}
