//! What follows after an order was processed: its status is read, its term ends, somebody is reminded of that.

use rusqlite::params;

use super::licence_conditions::{has_no_later, is_installed};
use super::order_rows::{list_application_rows, list_order_rows, open_states};
use super::{ApplicationRow, OrderDevice, OrderRow};
use crate::contract::{OrderKind, OrderState};
use crate::model::{InstanceId, Timestamp};
use crate::store::sql_values::{to_json, to_millis};
use crate::store::sql_words::{quote_matching, quote_word};
use crate::store::{Store, StoreError};

impl Store {
    /// Applications with orders whose status is still to come.
    pub async fn applications_awaiting_status(&self, instance: InstanceId) -> Result<Vec<ApplicationRow>, StoreError> {
        self.read(move |connection| {
            list_application_rows(
                connection,
                "a.instance = ?1 AND EXISTS (SELECT 1 FROM app_order o WHERE o.application_key = a.key AND o.state = ?2)
                 ORDER BY a.key",
                params![instance.0, OrderState::Processed.name()],
            )
        })
        .await
    }

    /// Orders of one application whose status is still to come, behind this key, in the order of keys.
    pub async fn orders_awaiting_status(
        &self,
        instance: InstanceId,
        application_key: i64,
        after_key: i64,
        limit: usize,
    ) -> Result<Vec<OrderRow>, StoreError> {
        self.read(move |connection| {
            list_order_rows(
                connection,
                "o.instance = ?1 AND o.application_key = ?2 AND o.state = ?3 AND o.key > ?4 ORDER BY o.key LIMIT ?5",
                params![
                    instance.0,
                    application_key,
                    OrderState::Processed.name(),
                    after_key,
                    limit as i64
                ],
            )
        })
        .await
    }

    /// What was found out about the devices of an order; it wakes nobody.
    pub async fn record_order_devices(&self, key: i64, devices: Vec<OrderDevice>) -> Result<(), StoreError> {
        self.write(move |connection| {
            connection.execute(
                "UPDATE app_order SET devices = ?2 WHERE key = ?1 AND devices <> ?2",
                params![key, to_json(&devices)],
            )?;
            Ok(())
        })
        .await
    }

    /// Orders whose term has ended and that nobody has taken up: what they installed is still there, and neither ordered
    /// anew nor to be removed. Taken up with [`super::OrderEvent::TermEnded`].
    pub async fn orders_with_ended_term(
        &self,
        instance: InstanceId,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<OrderRow>, StoreError> {
        self.read(move |connection| {
            let rest = format!(
                "{} AND o.expires_at <= ?2 ORDER BY o.expires_at, o.key LIMIT ?3",
                has_term()
            );
            list_order_rows(connection, &rest, params![instance.0, to_millis(now), limit as i64])
        })
        .await
    }

    /// Orders whose term ends within the days of reminder of their application, and of which nobody was reminded. Taken up
    /// with [`super::OrderEvent::ReminderDue`].
    pub async fn orders_to_remind(
        &self,
        instance: InstanceId,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<OrderRow>, StoreError> {
        self.read(move |connection| {
            let rest = format!(
                "{} AND o.reminded_at IS NULL AND o.expires_at > ?2
                 AND EXISTS (SELECT 1 FROM application a WHERE a.key = o.application_key
                     AND o.expires_at - json_extract(a.description, '$.reminderDays') * 86400000 <= ?2)
                 ORDER BY o.expires_at, o.key LIMIT ?3",
                has_term()
            );
            list_order_rows(connection, &rest, params![instance.0, to_millis(now), limit as i64])
        })
        .await
    }
}

/// In SQL, of an order `o` of the instance `?1`: what it installed is there, for a term that nobody has taken up the end of.
fn has_term() -> String {
    let says_what_is_to_be = format!(
        "(l.kind = {uninstall} AND l.state IN {open}) OR (l.kind = {install} AND l.state IN {counts})",
        uninstall = quote_word(OrderKind::Uninstall),
        open = open_states(),
        install = quote_word(OrderKind::Install),
        counts = quote_matching(|state: OrderState| state.is_under_way() || state == OrderState::Done),
    );
    format!(
        "o.instance = ?1 AND o.expires_at IS NOT NULL AND o.term_ended_at IS NULL AND o.application_key IS NOT NULL
         AND {installed} AND {nothing_newer}",
        installed = is_installed("o"),
        nothing_newer = has_no_later("o", "l", &says_what_is_to_be),
    )
}
