//! Orders of a store that has gone back (A8): what became of them since is not known, so none of them is carried out by
//! itself. Whoever has compared them with the tenant tries again those that are still wanted.

use chrono::TimeDelta;
use rusqlite::{Connection, params};
use serde_json::{Map, Value, json};

use super::order_rows::list_order_rows;
use super::processing::{OrderEnd, write_end};
use super::{LOST_BY_RESTORE, LostOrder, StepFailure};
use crate::contract::OrderState;
use crate::model::{InstanceId, RollbackEvidence, Timestamp};
use crate::store::sql_values::to_millis;
use crate::store::{Store, StoreError};

/// For how long they are told of, unless they are tried again.
const TOLD: TimeDelta = TimeDelta::days(7);

impl Store {
    /// Orders of an instance that failed here lately, and that nobody has tried again.
    pub async fn count_orders_lost_by_restore(&self, instance: InstanceId) -> Result<u64, StoreError> {
        let since = to_millis(self.inner.clock.now() - TOLD);
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT count(*) FROM app_order o WHERE o.instance = ?1 AND o.state = ?2 AND o.ended_at > ?3
                     AND json_extract(o.failure, '$.code') = ?4",
            )?;
            let values = params![instance.0, OrderState::Failed.name(), since, LOST_BY_RESTORE];
            let count: i64 = statement.query_row(values, |row| row.get(0))?;
            Ok(count.unsigned_abs())
        })
        .await
    }
}

/// Those that wait for a licence first: what the others leave is not for them. Orders that wait for approval go on
/// waiting, and of those that were processed only the status is read.
pub(in crate::store) fn fail_orders_after_restore(
    connection: &Connection,
    evidence: RollbackEvidence,
    now: Timestamp,
) -> Result<(), StoreError> {
    for state in [
        OrderState::WaitingForLicence,
        OrderState::Accepted,
        OrderState::Processing,
    ] {
        for order in list_order_rows(connection, "o.state = ?1 ORDER BY o.key", [state.name()])? {
            let lost = LostOrder {
                evidence,
                state: order.state,
            };
            let end = OrderEnd {
                failure: Some(StepFailure::of_lost_order(lost)),
                ..OrderEnd::without_success(OrderState::Failed)
            };
            let detail = Map::from_iter([
                ("code".to_owned(), Value::from(LOST_BY_RESTORE)),
                ("lost".to_owned(), json!(lost)),
            ]);
            write_end(connection, &order, &end, None, detail, now)?;
        }
    }
    Ok(())
}
