//! Orders of a store that has gone back (A8): what became of them since is not known, so none of them is carried out by
//! itself. Whoever has compared them with the tenant tries again those that are still wanted.

use chrono::TimeDelta;
use rusqlite::{Connection, params};

use super::order_rows::list_order_rows;
use super::processing::{OrderEnd, failure_detail, write_end};
use super::{OrderRow, StepFailure};
use crate::contract::OrderState;
use crate::model::{InstanceId, Language, Timestamp};
use crate::store::sql_values::to_millis;
use crate::store::{Store, StoreError};

/// Of orders that ended here.
const CODE: &str = "storeRestored";
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
            let values = params![instance.0, OrderState::Failed.name(), since, CODE];
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
    why: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    for state in [
        OrderState::WaitingForLicence,
        OrderState::Accepted,
        OrderState::Processing,
    ] {
        for order in list_order_rows(connection, "o.state = ?1 ORDER BY o.key", [state.name()])? {
            let end = describe_end(&order, why);
            let detail = end.failure.as_ref().map(failure_detail).unwrap_or_default();
            write_end(connection, &order, &end, None, detail, now)?;
        }
    }
    Ok(())
}

/// `why`: what happened to the store, in English.
fn describe_end(order: &OrderRow, why: &str) -> OrderEnd {
    let (id, state) = (&order.id, order.state.name());
    let en = [
        format!("It is not known what became of the order {id}: {why}. The order was {state} then."),
        format!(
            "Look whether the app is there already or was ordered again since; if it is still wanted: \
             intune-connector orders retry {id}"
        ),
    ];
    let de = [
        format!(
            "Was aus der Bestellung {id} wurde, ist nicht bekannt: Der Bus wurde auf einen früheren Stand zurückgesetzt."
        ),
        format!(
            "Bitte prüfen, ob die App schon da ist oder seither neu bestellt wurde; wird sie noch gebraucht: \
             intune-connector orders retry {id}"
        ),
    ];
    let texts = [en.join(" "), de.join(" ")];
    let (own, message) = match order.language.unwrap_or_default() {
        Language::En => (en, texts[0].clone()),
        Language::De => (de, texts[1].clone()),
    };
    let [problem, advice] = own;
    OrderEnd {
        message: Some(message),
        texts: Some(texts),
        failure: Some(StepFailure {
            code: CODE.to_owned(),
            message: problem,
            advice,
        }),
        ..OrderEnd::without_success(OrderState::Failed)
    }
}
