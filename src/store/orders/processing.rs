//! How an order is carried out by the worker that has claimed it: resolved, processed, delayed, ended.

use rusqlite::{Connection, params};
use serde_json::{Map, Value};

use super::changes::append_event;
use super::claims::{find_claimed, needs_removal, release_claim};
use super::licences::free_licences;
use super::order_rows::{
    build_search_text, find_order_by_key, list_order_rows, load_order_by_key, open_states, reached_tenant,
};
use super::placing::entry_event;
use super::webhooks::{drop_approval_requests, insert_webhooks};
use super::{NewWebhook, OrderDevice, OrderEvent, OrderRow, StepFailure};
use crate::contract::{OrderKind, OrderState};
use crate::model::{Timestamp, format_time};
use crate::store::sql_values::{to_json, to_millis};
use crate::store::{Store, StoreError, WakeTarget};

/// How an order ends.
#[derive(Debug, Clone, PartialEq)]
pub struct OrderEnd {
    /// A final one.
    pub state: OrderState,
    /// For people.
    pub message: Option<String>,
    /// The message in English and in German, for those who read the event.
    pub texts: Option<[String; 2]>,
    pub failure: Option<StepFailure>,
    /// Of what was installed: when its term ends.
    pub expires_at: Option<Timestamp>,
    /// The processor is to take the group membership back.
    pub remove_membership: bool,
}

impl OrderEnd {
    /// Without a message, and with nothing that follows.
    pub fn without_success(state: OrderState) -> OrderEnd {
        OrderEnd {
            state,
            message: None,
            texts: None,
            failure: None,
            expires_at: None,
            remove_membership: false,
        }
    }
}

impl Store {
    /// Keeps what the look-up of the target found. Ends earlier open orders for the opposite as replaced, and answers them;
    /// if a later one for the opposite has overtaken this order, this order itself. *If this order is in the answer, its
    /// worker stops:* it has ended, or another worker has it.
    pub async fn resolve_order(
        &self,
        key: i64,
        claim: &str,
        object_id: String,
        target_name: impl Into<Option<String>>,
        devices: Vec<OrderDevice>,
        webhook: impl Fn(&OrderRow) -> Option<NewWebhook> + Send + 'static,
    ) -> Result<Vec<OrderRow>, StoreError> {
        let (now, claim, target_name) = (self.inner.clock.now(), claim.to_owned(), target_name.into());
        self.write_and_wake([WakeTarget::Orders], move |connection| {
            let Some(before) = find_claimed(connection, key, &claim)? else {
                return Ok(find_order_by_key(connection, key)?.into_iter().collect());
            };
            let search_text = build_search_text([
                Some(before.id.as_str()),
                Some(before.application.as_str()),
                Some(before.target.as_str()),
                Some(before.placed_by_name.as_str()),
                target_name.as_deref(),
            ]);
            connection.execute(
                "UPDATE app_order SET object_id = ?2, target_name = ?3, devices = ?4, search_text = ?5 WHERE key = ?1",
                params![key, object_id, target_name, to_json(&devices), search_text],
            )?;
            let order = load_order_by_key(connection, key)?;
            append_event(connection, &order, OrderEvent::Resolved, None, Map::new(), now)?;
            let mut later = list_opposite_orders(connection, &order, &reached_tenant(), ">")?;
            let (overtaken, by) = match later.pop() {
                Some(later) => (vec![order], later.id),
                None => (list_opposite_orders(connection, &order, &open_states(), "<")?, order.id),
            };
            let end = OrderEnd::without_success(OrderState::Replaced);
            let mut replaced = Vec::new();
            for order in overtaken {
                let detail = Map::from_iter([("replacedBy".to_owned(), Value::from(by.clone()))]);
                let ended = write_end(connection, &order, &end, None, detail, now)?;
                insert_webhooks(connection, ended.instance, webhook(&ended), now)?;
                replaced.push(ended);
            }
            Ok(replaced)
        })
        .await
    }

    /// From when on the report speaks of this order, unless that is known already: kept before the first change of the
    /// membership, so that a crash behind it leaves no doubt.
    pub async fn set_report_start(&self, key: i64, from: Timestamp) -> Result<(), StoreError> {
        self.write(move |connection| {
            connection.execute(
                "UPDATE app_order SET report_from = ?2 WHERE key = ?1 AND report_from IS NULL",
                params![key, to_millis(from)],
            )?;
            Ok(())
        })
        .await
    }

    /// The membership is as it should be. False: the order has ended, or another worker has it.
    pub async fn mark_order_processed(
        &self,
        key: i64,
        claim: &str,
        processed_at: Timestamp,
        deadline_at: impl Into<Option<Timestamp>>,
    ) -> Result<bool, StoreError> {
        let (now, claim, deadline_at) = (self.inner.clock.now(), claim.to_owned(), deadline_at.into());
        self.write_and_wake([WakeTarget::Orders], move |connection| {
            let Some(order) = find_claimed(connection, key, &claim)? else {
                return Ok(false);
            };
            connection.execute(
                "UPDATE app_order SET state = ?2, processed_at = ?3, deadline_at = ?4, failure = NULL,
                     next_attempt_at = NULL, claim = NULL, claimed_at = NULL WHERE key = ?1",
                params![
                    key,
                    OrderState::Processed.name(),
                    to_millis(processed_at),
                    deadline_at.map(to_millis)
                ],
            )?;
            let order = load_order_by_key(connection, order.key)?;
            append_event(connection, &order, OrderEvent::Processed, None, Map::new(), now)?;
            Ok(true)
        })
        .await
    }

    /// An attempt failed, and another follows; of an order that has ended: the attempt to take its membership back. False:
    /// another worker has it, or it ended meanwhile.
    pub async fn delay_order(
        &self,
        key: i64,
        claim: &str,
        failure: StepFailure,
        next_attempt_at: Timestamp,
    ) -> Result<bool, StoreError> {
        let (now, claim) = (self.inner.clock.now(), claim.to_owned());
        self.write_and_wake([WakeTarget::Orders], move |connection| {
            let claimed = list_order_rows(connection, "o.key = ?1 AND o.claim = ?2", params![key, claim])?;
            let Some(order) = claimed.into_iter().next() else {
                return Ok(false);
            };
            if order.state.is_final() && !needs_removal(&order) {
                release_claim(connection, key)?;
                return Ok(false);
            }
            // What an order that has ended failed from stays what it is.
            let shown = (!order.state.is_final()).then(|| to_json(&failure));
            connection.execute(
                "UPDATE app_order SET attempts = attempts + 1, failure = coalesce(?2, failure), next_attempt_at = ?3,
                     planned_at = ?4, claim = NULL, claimed_at = NULL WHERE key = ?1",
                params![key, shown, to_millis(next_attempt_at), to_millis(now)],
            )?;
            if is_delay_told(&order, &failure) {
                let order = load_order_by_key(connection, key)?;
                let mut detail = failure_detail(&failure);
                detail.insert("nextAttemptAt".to_owned(), format_time(next_attempt_at).into());
                append_event(connection, &order, OrderEvent::Delayed, None, detail, now)?;
            }
            Ok(true)
        })
        .await
    }

    /// False: it had ended already, and nothing was changed.
    pub async fn end_order(&self, key: i64, end: OrderEnd, webhook: Option<NewWebhook>) -> Result<bool, StoreError> {
        let now = self.inner.clock.now();
        self.write_and_wake([WakeTarget::Orders], move |connection| {
            let Some(order) = find_order_by_key(connection, key)?.filter(|order| !order.state.is_final()) else {
                return Ok(false);
            };
            let detail = end.failure.as_ref().map(failure_detail).unwrap_or_default();
            let ended = write_end(connection, &order, &end, None, detail, now)?;
            // Whoever ended it has no more to do with it.
            release_claim(connection, key)?;
            insert_webhooks(connection, ended.instance, webhook, now)?;
            Ok(true)
        })
        .await
    }

    /// Some events are kept with the order as well: that its membership was removed, that its end of term was taken up, that
    /// somebody was reminded of it.
    pub async fn record_order_event(
        &self,
        key: i64,
        event: OrderEvent,
        detail: Map<String, Value>,
    ) -> Result<(), StoreError> {
        let now = self.inner.clock.now();
        self.write_and_wake([WakeTarget::Orders], move |connection| {
            let values = params![key, to_millis(now)];
            match event {
                OrderEvent::MembershipRemoved => connection.execute(
                    "UPDATE app_order SET membership_cleared = 1, claim = NULL, claimed_at = NULL, next_attempt_at = NULL
                     WHERE key = ?1",
                    [key],
                )?,
                OrderEvent::TermEnded => end_term(connection, key, now)?,
                OrderEvent::ReminderDue => {
                    connection.execute("UPDATE app_order SET reminded_at = ?2 WHERE key = ?1", values)?
                }
                _ => 0,
            };
            let order = load_order_by_key(connection, key)?;
            append_event(connection, &order, event, None, detail, now)
        })
        .await
    }
}

/// What an order installed is taken back, and so is what earlier orders installed for the same user or device: it is the same
/// installation. That frees a licence.
fn end_term(connection: &Connection, key: i64, now: Timestamp) -> Result<usize, StoreError> {
    let order = load_order_by_key(connection, key)?;
    let ended = connection.execute(
        "UPDATE app_order SET term_ended_at = ?2 WHERE key = ?1 OR (application_key = ?3 AND object_id = ?4 AND key < ?1
             AND kind = ?5 AND state = ?6 AND term_ended_at IS NULL)",
        params![
            key,
            to_millis(now),
            order.application_key,
            order.object_id,
            OrderKind::Install.name(),
            OrderState::Done.name()
        ],
    )?;
    free_licences(connection, order.application_key, now)?;
    Ok(ended)
}

/// Whether an attempt that failed is an event: the first ones, then ever fewer, and each that fails from something else. The
/// order itself always says when the next one is. An outage of a day would otherwise leave hundreds of events of each order.
/// `before`: as it was before this attempt.
fn is_delay_told(before: &OrderRow, failure: &StepFailure) -> bool {
    let is_other = before.failure.as_ref().is_some_and(|known| known.code != failure.code);
    before.attempts == 0 || before.attempts.is_power_of_two() || (is_other && !before.state.is_final())
}

/// Orders for the opposite and for the same user or device; `side`: `<` those placed before, `>` those placed after.
pub(super) fn list_opposite_orders(
    connection: &Connection,
    order: &OrderRow,
    states: &str,
    side: &str,
) -> Result<Vec<OrderRow>, StoreError> {
    // By the object where both were looked up, else by what was given; each by its index.
    list_order_rows(
        connection,
        &format!(
            "o.key IN (SELECT s.key FROM app_order s WHERE s.application_key = ?1 AND s.object_id = ?4
                 UNION SELECT s.key FROM app_order s WHERE s.application_key = ?1 AND s.target = ?5
                     AND s.target_kind = ?6 AND (s.object_id IS NULL OR ?4 IS NULL))
             AND o.key {side} ?2 AND o.kind = ?3 AND o.state IN {states} ORDER BY o.key"
        ),
        params![
            order.application_key,
            order.key,
            order.kind.opposite().name(),
            order.object_id,
            order.target,
            order.target_kind.name()
        ],
    )
}

/// Ends an order, and lets go on what waited for its licence. The claim stays with a worker that has it: it has to learn
/// that the order ended before another worker takes the membership back.
pub(super) fn write_end(
    connection: &Connection,
    order: &OrderRow,
    end: &OrderEnd,
    by: Option<&str>,
    mut detail: Map<String, Value>,
    now: Timestamp,
) -> Result<OrderRow, StoreError> {
    if let Some([english, german]) = &end.texts {
        detail.insert("textEn".to_owned(), english.as_str().into());
        detail.insert("textDe".to_owned(), german.as_str().into());
    }
    debug_assert!(end.state.is_final(), "{:?}", end.state);
    connection.execute(
        "UPDATE app_order SET state = ?2, status = ?3, message = ?4, failure = ?5, expires_at = ?6, ended_at = ?7,
             next_attempt_at = NULL, remove_membership = ?8, membership_cleared = 0 WHERE key = ?1",
        params![
            order.key,
            end.state.name(),
            end.state.status(),
            end.message,
            end.failure.as_ref().map(to_json),
            end.expires_at.map(to_millis),
            to_millis(now),
            end.remove_membership,
        ],
    )?;
    let ended = load_order_by_key(connection, order.key)?;
    append_event(connection, &ended, entry_event(end.state), by, detail, now)?;
    if order.state == OrderState::WaitingForApproval {
        drop_approval_requests(connection, &order.id, now)?;
    }
    let frees_licence = end.state != OrderState::Done || order.kind == OrderKind::Uninstall;
    if frees_licence {
        free_licences(connection, order.application_key, now)?;
    }
    Ok(ended)
}

pub(super) fn failure_detail(failure: &StepFailure) -> Map<String, Value> {
    match serde_json::to_value(failure) {
        Ok(Value::Object(members)) => members,
        _ => Map::new(),
    }
}
