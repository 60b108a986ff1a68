//! Applications and orders as they stand in their tables.

use std::sync::LazyLock;

use rusqlite::types::Value;
use rusqlite::{Connection, Params, Row as SqlRow};

use super::licence_conditions::count_in_use;
use super::{ApplicationRow, OrderRow};
use crate::contract::OrderState;
use crate::model::{InstanceId, OperatorId};
use crate::store::StoreError;
use crate::store::columns::{
    read_instance, read_json, read_operator, read_optional_json, read_optional_time, read_optional_word, read_time,
    read_word,
};
use crate::store::sql_words::quote_matching;

/// Of a row `o`.
pub(super) const ORDER: &str =
    "o.key, o.id, o.instance, o.application, o.application_key, o.kind, o.target_kind, o.target,
    o.object_id, o.target_name, o.devices, o.state, o.approval, o.placed_by, o.placed_by_name, o.placed_at,
    o.decided_by, o.decided_by_name, o.decided_at, o.processed_at, o.ended_at, o.deadline_at, o.expires_at,
    o.reminded_at, o.term_ended_at, o.status, o.message, o.failure, o.attempts, o.next_attempt_at, o.language, o.note,
    o.warnings, o.remove_membership, o.membership_cleared, o.digest,
    o.report_from, o.approvers, o.charge";

pub(super) fn order_from_row(row: &SqlRow<'_>) -> rusqlite::Result<OrderRow> {
    Ok(OrderRow {
        key: row.get("key")?,
        id: row.get("id")?,
        instance: read_instance(row, "instance")?,
        application: row.get("application")?,
        application_key: row.get::<_, Option<i64>>("application_key")?.unwrap_or_default(),
        kind: read_word(row, "kind")?,
        target_kind: read_word(row, "target_kind")?,
        target: row.get("target")?,
        object_id: row.get("object_id")?,
        target_name: row.get("target_name")?,
        devices: read_json(row, "devices")?,
        state: read_word(row, "state")?,
        approval: read_word(row, "approval")?,
        placed_by: OperatorId(row.get("placed_by")?),
        placed_by_name: row.get("placed_by_name")?,
        placed_at: read_time(row, "placed_at")?,
        decided_by: read_operator(row, "decided_by")?,
        decided_by_name: row.get("decided_by_name")?,
        decided_at: read_optional_time(row, "decided_at")?,
        processed_at: read_optional_time(row, "processed_at")?,
        ended_at: read_optional_time(row, "ended_at")?,
        deadline_at: read_optional_time(row, "deadline_at")?,
        expires_at: read_optional_time(row, "expires_at")?,
        reminded_at: read_optional_time(row, "reminded_at")?,
        term_ended_at: read_optional_time(row, "term_ended_at")?,
        status: row.get("status")?,
        message: row.get("message")?,
        failure: read_optional_json(row, "failure")?,
        attempts: row.get("attempts")?,
        next_attempt_at: read_optional_time(row, "next_attempt_at")?,
        language: read_optional_word(row, "language")?,
        note: row.get("note")?,
        warnings: read_json(row, "warnings")?,
        remove_membership: row.get("remove_membership")?,
        membership_cleared: row.get("membership_cleared")?,
        digest: row.get("digest")?,
        report_from: read_optional_time(row, "report_from")?,
        approvers: read_optional_json(row, "approvers")?,
        charge: read_optional_json(row, "charge")?.unwrap_or_default(),
    })
}

/// Of a row `a`.
static APPLICATION: LazyLock<String> = LazyLock::new(|| {
    format!(
        "a.key, a.id, a.instance, a.app, a.app_name, a.app_type, a.platform, a.description,
         a.icon_type IS NOT NULL AS has_icon, a.marker, a.state, a.clean_up, a.failure, a.attempts, a.next_attempt_at,
         a.links, (SELECT count(*) FROM app_order o WHERE o.application_key = a.key AND o.state IN {open}) AS open_orders,
         ({in_use}) AS licences_in_use, a.created_by, a.created_by_name, a.created_at, a.changed_at",
        open = open_states(),
        in_use = count_in_use(),
    )
});

fn application_from_row(row: &SqlRow<'_>) -> rusqlite::Result<ApplicationRow> {
    Ok(ApplicationRow {
        key: row.get("key")?,
        id: row.get("id")?,
        instance: read_instance(row, "instance")?,
        app: row.get("app")?,
        app_name: row.get("app_name")?,
        app_type: row.get("app_type")?,
        platform: row.get("platform")?,
        description: read_json(row, "description")?,
        has_icon: row.get("has_icon")?,
        marker: row.get("marker")?,
        state: read_word(row, "state")?,
        clean_up: row.get("clean_up")?,
        failure: read_optional_json(row, "failure")?,
        attempts: row.get("attempts")?,
        next_attempt_at: read_optional_time(row, "next_attempt_at")?,
        links: read_json(row, "links")?,
        open_orders: row.get("open_orders")?,
        licences_in_use: row.get("licences_in_use")?,
        created_by: OperatorId(row.get("created_by")?),
        created_by_name: row.get("created_by_name")?,
        created_at: read_time(row, "created_at")?,
        changed_at: read_time(row, "changed_at")?,
    })
}

/// Of orders that have not ended, for SQL.
pub(super) fn open_states() -> String {
    quote_matching(|state: OrderState| !state.is_final())
}

/// Of orders that changed, or may have changed, the membership of an object that is known, for SQL.
pub(super) fn reached_tenant() -> String {
    quote_matching(|state: OrderState| {
        matches!(state, OrderState::Processing | OrderState::Processed | OrderState::Done)
    })
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
