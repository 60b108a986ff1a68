//! What happened to orders: written with each change, and read from a position on.

use rusqlite::{Connection, params, params_from_iter};
use serde_json::{Map, Value};

use super::order_rows::{ORDER, order_from_row, restrict_to_instances};
use super::{OrderEvent, OrderEventRow, OrderRow};
use crate::model::{InstanceId, Timestamp};
use crate::store::columns::{read_json, read_time, read_word};
use crate::store::sql_values::{to_json, to_millis};
use crate::store::{Store, StoreError};

/// `order`: as it is after the change.
pub(super) fn append_event(
    connection: &Connection,
    order: &OrderRow,
    event: OrderEvent,
    by: Option<&str>,
    mut detail: Map<String, Value>,
    now: Timestamp,
) -> Result<(), StoreError> {
    detail.insert("state".to_owned(), order.state.name().into());
    if let Some(status) = order.status {
        detail.insert("status".to_owned(), status.into());
    }
    if let Some(message) = &order.message {
        detail.insert("message".to_owned(), message.clone().into());
    }
    connection
        .prepare_cached(
            "INSERT INTO order_event (order_key, instance, at, event, by_name, detail) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![
            order.key,
            order.instance.0,
            to_millis(now),
            event.name(),
            by,
            to_json(&detail)
        ])?;
    Ok(())
}

/// `{"reason": …}`; empty where none was given.
pub(super) fn reason_detail(reason: Option<String>) -> Map<String, Value> {
    let reason = reason.map(|reason| ("reason".to_owned(), Value::from(reason)));
    reason.into_iter().collect()
}

/// Of a row `e` and its order `o`; no name is one of [`ORDER`].
const EVENT: &str = "o.id AS order_id, e.position, e.at, e.event, e.by_name, e.detail";

fn event_from_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<OrderEventRow> {
    Ok(OrderEventRow {
        order: row.get("order_id")?,
        position: row.get("position")?,
        at: read_time(row, "at")?,
        event: read_word(row, "event")?,
        by: row.get("by_name")?,
        detail: read_json(row, "detail")?,
    })
}

impl Store {
    /// Of one order, oldest first.
    pub async fn list_order_events(&self, id: String) -> Result<Vec<OrderEventRow>, StoreError> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(&format!(
                "SELECT {EVENT} FROM order_event e JOIN app_order o ON o.key = e.order_key
                 WHERE o.id = ?1 ORDER BY e.position"
            ))?;
            let rows = statement.query_map([id], event_from_row)?;
            rows.map(|row| row.map_err(StoreError::from)).collect()
        })
        .await
    }

    /// Of all orders of these instances (`None`: of all) behind a position, oldest first; each with its order as it is now.
    pub async fn list_order_changes(
        &self,
        instances: Option<Vec<InstanceId>>,
        after: i64,
        limit: usize,
    ) -> Result<Vec<(OrderEventRow, OrderRow)>, StoreError> {
        self.read(move |connection| {
            let mut sql = format!(
                "SELECT {ORDER}, {EVENT} FROM order_event e JOIN app_order o ON o.key = e.order_key WHERE e.position > ?"
            );
            let mut values: Vec<rusqlite::types::Value> = vec![after.into()];
            restrict_to_instances(&mut sql, &mut values, "e.instance", instances.as_deref());
            sql.push_str(" ORDER BY e.position LIMIT ?");
            values.push((limit as i64).into());
            let mut statement = connection.prepare_cached(&sql)?;
            let rows = statement.query_map(params_from_iter(values), |row| {
                Ok((event_from_row(row)?, order_from_row(row)?))
            })?;
            rows.map(|row| row.map_err(StoreError::from)).collect()
        })
        .await
    }

    /// 0: nothing ever happened.
    pub async fn newest_order_position(&self) -> Result<i64, StoreError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached("SELECT coalesce(max(position), 0) FROM order_event")?;
            Ok(statement.query_row([], |row| row.get(0))?)
        })
        .await
    }
}
