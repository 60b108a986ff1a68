//! What is due of orders that have ended: a membership is taken back, a term ends, somebody is reminded of it.

use std::collections::HashSet;

use serde_json::json;
use tokio::sync::watch;

use super::application_check::ApplicationReadiness;
use super::application_lock::lock_application;
use super::assignment_plan::{LinksByKind, possible_kinds};
use super::failpoints::OrderFailpoint;
use super::membership_change::{
    MembershipChange, MembershipResult, detail_of, has_moved_lately, is_superseded, is_target_gone, list_siblings,
};
use super::membership_plan::MembershipGoal;
use super::order_context::OrderContext;
use super::order_processor::{OrderAttempt, OrderTask};
use super::retry_pause::TroubleKind;
use crate::contract::OrderKind;
use crate::model::format_time;
use crate::store::{ApplicationRow, OrderEvent, OrderRow, StoreError};

/// Terms that one run ends, and reminders of one run; the next run goes on.
const BATCH: usize = 500;

/// What came of one attempt to end a term.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum TermAttempt {
    /// The app is being taken back.
    Ended,
    /// Not now.
    Left,
    /// Not now, and no other one of this application either: Graph is away, or asked to be left alone.
    GraphAway,
}

impl OrderTask<'_> {
    /// Takes back the membership of an order that has ended, unless a later order relies on it.
    pub(super) async fn clear_membership(&self) -> Result<OrderAttempt, StoreError> {
        let (context, order) = (self.context, &self.order);
        let Some(object) = order
            .object_id
            .as_deref()
            .filter(|_| order.remove_membership && !order.membership_cleared)
        else {
            return Ok(OrderAttempt::Left);
        };
        let siblings = list_siblings(context, order, object).await?;
        let mut detail = detail_of(json!({"kind": order.kind.name()}));
        if is_superseded(order, &siblings) {
            detail.insert("kept".to_owned(), true.into());
        } else {
            let left = self.leave_own_group(object, has_moved_lately(&siblings, context.clock.now()));
            match left.await? {
                Ok(()) => (),
                Err(passing) if is_target_gone(&passing.trouble, order.ended_at, context.clock.now()) => {
                    detail.insert("targetGone".to_owned(), true.into());
                }
                Err(passing) => return self.delay(&passing).await,
            }
            context.failpoints.reach(OrderFailpoint::AfterClear, &order.id).await;
        }
        context
            .store
            .record_order_event(order.key, OrderEvent::MembershipRemoved, detail)
            .await?;
        Ok(OrderAttempt::Cleared)
    }

    /// The order itself ended a moment ago, too: what is read of it may be older.
    async fn leave_own_group(&self, object: &str, is_doubtful: bool) -> MembershipResult<()> {
        let (context, order) = (self.context, &self.order);
        let group = match context.find_own_group(self.application, order.kind).await {
            Ok(Some(group)) => group,
            // Where the group is gone, so is the membership.
            Ok(None) => return Ok(Ok(())),
            Err(trouble) => return Ok(Err(trouble)),
        };
        let is_own_new = has_moved_lately(std::slice::from_ref(order), context.clock.now());
        let change = MembershipChange {
            context,
            application: self.application,
            order,
            object,
            worker: self.worker,
        };
        change.leave_group(order.kind, &group, is_doubtful || is_own_new).await
    }
}

impl OrderContext {
    /// Takes back what was installed for a term that has ended, unless a kill switch is on. What fails is due again at the
    /// next run, and stands in nobody's way until then.
    pub(super) async fn end_terms(&self, cancelled: &watch::Receiver<bool>) -> Result<u64, StoreError> {
        let (mut ended, mut left) = (0, 0);
        let (mut tried, mut unready) = (HashSet::new(), HashSet::new());
        loop {
            let limit = BATCH + left;
            let now = self.clock.now();
            let due = self.store.orders_with_ended_term(self.instance, now, limit).await?;
            let is_last = due.len() < limit;
            for order in due {
                if *cancelled.borrow() || self.is_stopped().await? {
                    return Ok(ended);
                }
                if !tried.insert(order.key) {
                    continue;
                }
                let is_ready = !unready.contains(&order.application_key);
                if is_ready && self.try_end_term(&order, &mut unready).await? {
                    ended += 1;
                } else {
                    left += 1;
                }
            }
            if is_last || ended >= BATCH as u64 {
                return Ok(ended);
            }
        }
    }

    /// False: not now. An application that can't be used at this moment joins `unready`.
    async fn try_end_term(&self, order: &OrderRow, unready: &mut HashSet<i64>) -> Result<bool, StoreError> {
        let Some(application) = self.store.load_application(order.application.clone()).await? else {
            return Ok(false);
        };
        let _lock = lock_application(&application.marker).await;
        match self.check_application(&application).await? {
            ApplicationReadiness::Ready => {
                let attempt = self.end_term(&application, order).await?;
                if attempt == TermAttempt::GraphAway {
                    unready.insert(order.application_key);
                }
                Ok(attempt == TermAttempt::Ended)
            }
            ApplicationReadiness::NotReady(_) | ApplicationReadiness::Gone(_) => {
                unready.insert(order.application_key);
                Ok(false)
            }
        }
    }

    async fn end_term(&self, application: &ApplicationRow, order: &OrderRow) -> Result<TermAttempt, StoreError> {
        let Some(object) = order.object_id.as_deref() else {
            return Ok(TermAttempt::Left);
        };
        let siblings = list_siblings(self, order, object).await?;
        let mut detail = detail_of(json!({"application": application.id}));
        if siblings
            .iter()
            .any(|other| other.key > order.key && !other.state.is_final())
        {
            // Somebody ordered it anew, or its removal: how that order ends decides whether this one is due again.
            return Ok(TermAttempt::Left);
        }
        if is_superseded(order, &siblings) {
            detail.insert("kept".to_owned(), true.into());
        } else {
            let can_remove = possible_kinds(&application.app_type).contains(&OrderKind::Uninstall)
                && application.links.group(OrderKind::Uninstall).is_some();
            let goal = if can_remove {
                MembershipGoal::In(OrderKind::Uninstall)
            } else {
                MembershipGoal::Nowhere
            };
            let change = MembershipChange {
                context: self,
                application,
                order,
                object,
                worker: 0,
            };
            let is_doubtful = has_moved_lately(&siblings, self.clock.now());
            match change.reach_goal(goal, is_doubtful).await? {
                Ok(_) => (),
                Err(passing) if is_target_gone(&passing.trouble, order.expires_at, self.clock.now()) => {
                    detail.insert("targetGone".to_owned(), true.into());
                }
                Err(passing) => {
                    tracing::warn!(order.id = %order.id, code = passing.trouble.code, problem = passing.trouble.message.en,
                        "the term of an order could not be ended; retrying");
                    let is_graph_away = matches!(passing.kind, TroubleKind::Throttled | TroubleKind::Outage);
                    return Ok(if is_graph_away {
                        TermAttempt::GraphAway
                    } else {
                        TermAttempt::Left
                    });
                }
            }
            self.failpoints.reach(OrderFailpoint::AfterTermMove, &order.id).await;
        }
        self.store
            .record_order_event(order.key, OrderEvent::TermEnded, detail)
            .await?;
        Ok(TermAttempt::Ended)
    }

    pub(super) async fn remind_of_terms(&self) -> Result<u64, StoreError> {
        let due = self
            .store
            .orders_to_remind(self.instance, self.clock.now(), BATCH)
            .await?;
        let mut reminded = 0;
        for order in due {
            let at = order.expires_at.map(format_time);
            let detail = detail_of(json!({"expiresAt": at}));
            self.store
                .record_order_event(order.key, OrderEvent::ReminderDue, detail)
                .await?;
            reminded += 1;
        }
        Ok(reminded)
    }
}
