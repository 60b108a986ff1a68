//! Which worker has which order in hand.
//!
//! A claim is a worker's word for itself. Whoever has another one takes over what it finds claimed: the worker before was of
//! a process or a run that is over, and everything done at Graph may be done again. What is written with a claim that is
//! not the order's any more moves nothing.
//!
//! *The kill switch stops orders as it stops actions*: while it is on, nothing is claimed. After a restore it is on until
//! somebody has looked (A8).

use rusqlite::{Connection, params};

use super::OrderRow;
use super::order_rows::{list_order_rows, reached_tenant};
use crate::contract::OrderState;
use crate::model::{InstanceId, Timestamp};
use crate::store::jobs::find_kill_switch;
use crate::store::sql_values::to_millis;
use crate::store::sql_words::{quote_matching, quote_word};
use crate::store::{Store, StoreError};

/// After so long an order may be claimed again by the same worker: it was broken off.
const CLAIM_LASTS: chrono::TimeDelta = chrono::TimeDelta::minutes(10);
/// What bears a time further ahead of the clock was written before the clock was set back: what it says of times to come
/// means nothing.
const CLOCK_SLACK: chrono::TimeDelta = chrono::TimeDelta::minutes(1);

impl Store {
    /// Orders to carry out now, in the order in which they were placed, and those that have ended and whose group membership
    /// has to go ([`OrderRow::remove_membership`]). The latter are followed by
    /// [`Store::record_order_event`] with [`super::OrderEvent::MembershipRemoved`], or by [`Store::delay_order`]. None while
    /// a kill switch holds for `tenant`, which is that of the instance.
    pub async fn claim_due_orders(
        &self,
        instance: InstanceId,
        tenant: &str,
        claim: &str,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<OrderRow>, StoreError> {
        let (tenant, claim) = (tenant.to_owned(), claim.to_owned());
        self.write(move |connection| {
            if find_kill_switch(connection, &tenant)?.is_some() {
                return Ok(Vec::new());
            }
            clear_needless_removals(connection, instance)?;
            let workable =
                quote_matching(|state: OrderState| matches!(state, OrderState::Accepted | OrderState::Processing));
            // Each of the two has its index; those that have ended grow in number for ever.
            let mut due = list_order_rows(
                connection,
                &format!(
                    "o.key IN (SELECT w.key FROM app_order w WHERE w.instance = ?1 AND w.state IN {workable}
                         UNION ALL SELECT w.key FROM app_order w
                         WHERE w.instance = ?1 AND w.remove_membership = 1 AND w.membership_cleared = 0)
                     AND o.application_key IS NOT NULL
                     AND (o.next_attempt_at IS NULL OR o.next_attempt_at <= ?2 OR o.planned_at > ?6)
                     AND (o.claim IS NULL OR o.claim <> ?3 OR o.claimed_at <= ?4 OR o.claimed_at > ?6)
                     ORDER BY o.key LIMIT ?5"
                ),
                params![
                    instance.0,
                    to_millis(now),
                    claim,
                    to_millis(now - CLAIM_LASTS),
                    limit as i64,
                    latest_believable(now),
                ],
            )?;
            let mut statement = connection.prepare_cached(&format!(
                "UPDATE app_order SET claim = ?2, claimed_at = ?3,
                     state = CASE WHEN state = {} THEN {} ELSE state END WHERE key = ?1",
                quote_word(OrderState::Accepted),
                quote_word(OrderState::Processing),
            ))?;
            for order in &mut due {
                statement.execute(params![order.key, claim, to_millis(now)])?;
                if order.state == OrderState::Accepted {
                    order.state = OrderState::Processing;
                }
            }
            Ok(due)
        })
        .await
    }
}

/// In milliseconds. Whatever bears a later time than this was written before the clock was set back.
pub(super) fn latest_believable(now: Timestamp) -> i64 {
    to_millis(now + CLOCK_SLACK)
}

/// The order, if it is this worker's to carry out. A worker whose order has ended meanwhile lets go of it.
pub(super) fn find_claimed(connection: &Connection, key: i64, claim: &str) -> Result<Option<OrderRow>, StoreError> {
    let claimed = list_order_rows(connection, "o.key = ?1 AND o.claim = ?2", params![key, claim])?;
    let found = claimed.into_iter().next();
    if found.as_ref().is_some_and(|order| order.state.is_final()) {
        release_claim(connection, key)?;
    }
    Ok(found.filter(|order| order.state == OrderState::Processing))
}

pub(super) fn release_claim(connection: &Connection, key: i64) -> Result<(), StoreError> {
    connection.execute(
        "UPDATE app_order SET claim = NULL, claimed_at = NULL WHERE key = ?1",
        [key],
    )?;
    Ok(())
}

/// Whether an order that has ended has a membership that is to be taken back.
pub(super) fn needs_removal(order: &OrderRow) -> bool {
    order.remove_membership && !order.membership_cleared
}

/// Of orders that have ended: nothing is taken back where the object was never looked up, so that no membership was
/// changed, or where another order of the same kind needs the membership.
fn clear_needless_removals(connection: &Connection, instance: InstanceId) -> Result<(), StoreError> {
    connection.execute(
        &format!(
            "UPDATE app_order AS o SET membership_cleared = 1
             WHERE o.instance = ?1 AND o.remove_membership = 1 AND o.membership_cleared = 0
               AND (o.object_id IS NULL OR o.application_key IS NULL OR EXISTS (SELECT 1 FROM app_order t
                 WHERE t.application_key = o.application_key AND t.object_id = o.object_id AND t.kind = o.kind
                   AND t.key <> o.key AND t.state IN {reached} AND t.term_ended_at IS NULL AND NOT EXISTS (SELECT 1 FROM app_order u
                     WHERE u.application_key = t.application_key AND u.object_id = t.object_id AND u.kind <> t.kind
                       AND u.key > t.key AND u.state = {done})))",
            reached = reached_tenant(),
            done = quote_word(OrderState::Done),
        ),
        [instance.0],
    )?;
    Ok(())
}
