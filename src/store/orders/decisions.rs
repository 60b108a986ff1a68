//! What people, or the system that approves, decide about orders: approve, reject, cancel, try again.

use rusqlite::{Connection, params};
use serde_json::{Map, Value};

use super::changes::{append_event, reason_detail};
use super::claims::needs_removal;
use super::licences::{OrderSubject, judge_acceptance};
use super::order_rows::{
    find_application_by_key, find_order, list_order_rows, load_order_by_key, open_states, reached_tenant,
};
use super::placing::entry_event;
use super::processing::{OrderEnd, list_opposite_orders, write_end};
use super::webhooks::{drop_approval_requests, insert_webhooks};
use super::{ApplicationRow, NewWebhook, OrderEvent, OrderRow, load_operator_name};
use crate::contract::{ApplicationState, OrderState};
use crate::model::{OperatorId, Timestamp};
use crate::store::sql_values::to_millis;
use crate::store::{Store, StoreError, WakeTarget};

/// Why the bus itself cancelled an order, in the place of a reason that somebody gave.
pub const APPLICATION_REMOVED: &str = "applicationRemoved";
pub const INSTANCE_REMOVED: &str = "instanceRemoved";

/// `None`: there is no such order. `Err`: it does not stand where this could be done; as it is.
pub type OrderDecided = Option<Result<OrderRow, OrderRow>>;

impl Store {
    /// `by`: `None` where the system behind `approval_url` decided.
    pub async fn decide_order(
        &self,
        id: String,
        approved: bool,
        by: Option<OperatorId>,
        reason: Option<String>,
        webhooks: Vec<NewWebhook>,
    ) -> Result<OrderDecided, StoreError> {
        let now = self.inner.clock.now();
        self.write_and_wake([WakeTarget::Orders], move |connection| {
            let Some(order) = find_order(connection, &id)? else {
                return Ok(None);
            };
            if order.state != OrderState::WaitingForApproval {
                return Ok(Some(Err(order)));
            }
            let application = find_living_application(connection, &order)?;
            if approved && application.is_none() {
                return Ok(Some(Err(order)));
            }
            let name = by.map(|by| load_operator_name(connection, by)).transpose()?;
            connection.execute(
                "UPDATE app_order SET decided_by = ?2, decided_by_name = ?3, decided_at = ?4 WHERE key = ?1",
                params![order.key, by.map(|by| by.0), name, to_millis(now)],
            )?;
            let end = OrderEnd {
                message: reason.clone(),
                ..OrderEnd::without_success(OrderState::Rejected)
            };
            let (by, detail) = (name.as_deref(), reason_detail(reason));
            let decided = match application.filter(|_| approved) {
                Some(application) => {
                    drop_approval_requests(connection, &id, now)?;
                    accept_order(
                        connection,
                        &application,
                        &order,
                        (OrderEvent::Approved, by, detail),
                        now,
                    )?
                }
                None => write_end(connection, &order, &end, by, detail, now)?,
            };
            insert_webhooks(connection, order.instance, webhooks, now)?;
            Ok(Some(Ok(decided)))
        })
        .await
    }

    /// Cancels an order that has not ended. Where its group membership may have been changed, that is taken back.
    pub async fn cancel_order(
        &self,
        id: String,
        by: OperatorId,
        reason: Option<String>,
        webhooks: Vec<NewWebhook>,
    ) -> Result<OrderDecided, StoreError> {
        let now = self.inner.clock.now();
        self.write_and_wake([WakeTarget::Orders], move |connection| {
            let Some(order) = find_order(connection, &id)? else {
                return Ok(None);
            };
            if order.state.is_final() {
                return Ok(Some(Err(order)));
            }
            let name = load_operator_name(connection, by)?;
            let end = OrderEnd {
                message: reason.clone(),
                // One that was tried before may have changed it then, wherever it stands now.
                remove_membership: matches!(order.state, OrderState::Processing | OrderState::Processed)
                    || order.report_from.is_some(),
                ..OrderEnd::without_success(OrderState::Cancelled)
            };
            let cancelled = write_end(connection, &order, &end, Some(&name), reason_detail(reason), now)?;
            insert_webhooks(connection, order.instance, webhooks, now)?;
            Ok(Some(Ok(cancelled)))
        })
        .await
    }

    /// Has what waits for its next attempt tried now; one that failed before it was processed is accepted anew.
    pub async fn retry_order(&self, id: String, by: OperatorId) -> Result<OrderDecided, StoreError> {
        let now = self.inner.clock.now();
        self.write_and_wake([WakeTarget::Orders], move |connection| {
            let Some(order) = find_order(connection, &id)? else {
                return Ok(None);
            };
            let name = load_operator_name(connection, by)?;
            if matches!(order.state, OrderState::Accepted | OrderState::Processing) || needs_removal(&order) {
                connection.execute(
                    "UPDATE app_order SET next_attempt_at = NULL WHERE key = ?1",
                    [order.key],
                )?;
                let order = load_order_by_key(connection, order.key)?;
                append_event(connection, &order, OrderEvent::Retried, Some(&name), Map::new(), now)?;
                return Ok(Some(Ok(order)));
            }
            if order.state != OrderState::Failed || order.processed_at.is_some() {
                return Ok(Some(Err(order)));
            }
            // What is to be was said anew since: it would be undone.
            if !list_opposite_orders(connection, &order, &reached_tenant(), ">")?.is_empty() {
                return Ok(Some(Err(order)));
            }
            let Some(application) = find_living_application(connection, &order)? else {
                return Ok(Some(Err(order)));
            };
            let retried = (OrderEvent::Retried, Some(name.as_str()), Map::new());
            let accepted = accept_order(connection, &application, &order, retried, now)?;
            Ok(Some(Ok(accepted)))
        })
        .await
    }

    /// The last order for the opposite, placed later for the same user or device, that has reached the tenant: it decides,
    /// and this one is not tried again over it.
    pub async fn find_deciding_order(&self, order: OrderRow) -> Result<Option<OrderRow>, StoreError> {
        self.read(move |connection| Ok(list_opposite_orders(connection, &order, &reached_tenant(), ">")?.pop()))
            .await
    }
}

/// `None`: it is gone, or goes.
fn find_living_application(connection: &Connection, order: &OrderRow) -> Result<Option<ApplicationRow>, StoreError> {
    let application = find_application_by_key(connection, order.application_key)?;
    Ok(application.filter(|application| application.state != ApplicationState::Removing))
}

/// Takes an order that nobody has to approve any more: it is accepted, or waits for a licence.
fn accept_order(
    connection: &Connection,
    application: &ApplicationRow,
    order: &OrderRow,
    (event, by, detail): (OrderEvent, Option<&str>, Map<String, Value>),
    now: Timestamp,
) -> Result<OrderRow, StoreError> {
    let state = judge_acceptance(connection, application, &OrderSubject::of(order))?;
    connection.execute(
        "UPDATE app_order SET state = ?2, status = NULL, message = NULL, failure = NULL, attempts = 0, ended_at = NULL,
             next_attempt_at = NULL, claim = NULL, claimed_at = NULL, remove_membership = 0, membership_cleared = 0,
             events_swept = 0
         WHERE key = ?1",
        params![order.key, state.name()],
    )?;
    let accepted = load_order_by_key(connection, order.key)?;
    append_event(connection, &accepted, event, by, detail, now)?;
    append_event(connection, &accepted, entry_event(state), None, Map::new(), now)?;
    Ok(accepted)
}

/// Of an application that goes; nothing of it is taken back in the tenant by way of these orders.
pub(super) fn cancel_open_orders(
    connection: &Connection,
    application_key: i64,
    reason: &str,
    webhook: impl Fn(&OrderRow) -> Option<NewWebhook>,
    now: Timestamp,
) -> Result<u64, StoreError> {
    // Those that wait for a licence first: what the others leave is not for them.
    let open = list_order_rows(
        connection,
        &format!(
            "o.application_key = ?1 AND o.state IN {} ORDER BY o.state <> ?2, o.key",
            open_states()
        ),
        params![application_key, OrderState::WaitingForLicence.name()],
    )?;
    for order in &open {
        let end = OrderEnd::without_success(OrderState::Cancelled);
        let detail = reason_detail(Some(reason.to_owned()));
        let cancelled = write_end(connection, order, &end, None, detail, now)?;
        insert_webhooks(connection, order.instance, webhook(&cancelled), now)?;
    }
    connection.execute(
        "UPDATE app_order SET membership_cleared = 1 WHERE application_key = ?1 AND remove_membership = 1",
        [application_key],
    )?;
    Ok(open.len() as u64)
}
