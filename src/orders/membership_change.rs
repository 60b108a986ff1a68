//! Moves the object of an order between the groups of its application, as [`super::membership_plan`] says. After a 400, a 404
//! or an unclear answer the membership is read, and that decides; no word of an answer does.
//!
//! Whoever calls holds the lock of the application and has checked that its groups are ours.

use chrono::TimeDelta;
use serde_json::{Map, Value, json};

use super::assignment_plan::{LinksByKind, SETTLE};
use super::failpoints::OrderFailpoint;
use super::graph_groups::{MembershipReading, NestedGroup};
use super::graph_trouble::{GraphNeed, PassingTrouble, explain_outcome};
use super::membership_plan::{MemberSight, MembershipGoal, MembershipSight, MembershipStep};
use super::order_context::OrderContext;
use super::order_log::{OrderLogLevel, OrderLogger, adding_text, removing_text};
use super::order_text::{BilingualText, OrderTrouble, german_group};
use super::retry_pause::TroubleKind;
use crate::contract::{OrderKind, OrderState, OrderTargetKind};
use crate::graph::WriteOutcome;
use crate::model::Timestamp;
use crate::store::{ApplicationRow, OrderEvent, OrderRow, StoreError};

/// Two are enough from wherever it begins; a doubtful one may take another.
const STEPS_MAX: usize = 6;
/// Other orders for the same object that are looked at.
const SIBLINGS: usize = 50;

/// The code of an object that the directory does not show.
const TARGET_NOT_SEEN: &str = "targetNotSeen";
/// By then an object that does not show is not new: it was deleted, and its memberships with it.
const NOT_SEEN_MAX: TimeDelta = TimeDelta::days(1);

/// Whether there is nobody any more whose membership could be taken back, which was due `since` then. Pure.
pub(super) fn is_target_gone(trouble: &OrderTrouble, since: Option<Timestamp>, now: Timestamp) -> bool {
    trouble.code == TARGET_NOT_SEEN && since.is_none_or(|since| since + NOT_SEEN_MAX <= now)
}

/// The outer error is the store's; the inner one passes, and the order is tried again.
pub(super) type MembershipResult<T> = Result<Result<T, PassingTrouble>, StoreError>;

/// One order whose membership is changed.
pub(super) struct MembershipChange<'a> {
    pub context: &'a OrderContext,
    pub application: &'a ApplicationRow,
    pub order: &'a OrderRow,
    /// In the directory.
    pub object: &'a str,
    pub worker: usize,
}

/// Other orders of the same application for the same object, newest first.
pub(super) async fn list_siblings(
    context: &OrderContext,
    order: &OrderRow,
    object: &str,
) -> Result<Vec<OrderRow>, StoreError> {
    let mut orders = context
        .store
        .list_orders_of_object(order.application_key, object.to_owned(), SIBLINGS)
        .await?;
    orders.retain(|other| other.key != order.key);
    Ok(orders)
}

/// Whether one of these orders changed the membership so lately that what is read may be older. Pure.
pub(super) fn has_moved_lately(siblings: &[OrderRow], now: Timestamp) -> bool {
    siblings.iter().any(|other| {
        let touched = [other.processed_at, other.ended_at, other.term_ended_at];
        other.state == OrderState::Processing || touched.into_iter().flatten().any(|at| at + SETTLE > now)
    })
}

/// Whether a later order has taken over the membership that an order of this kind left behind. Pure.
pub(super) fn is_superseded(order: &OrderRow, siblings: &[OrderRow]) -> bool {
    siblings.iter().any(|other| {
        other.key > order.key
            && other.kind == order.kind
            && other.term_ended_at.is_none()
            && matches!(
                other.state,
                OrderState::Processing | OrderState::Processed | OrderState::Done
            )
    })
}

impl MembershipChange<'_> {
    /// Graph's time at which the membership was as it should be.
    pub(super) async fn reach_goal(&self, goal: MembershipGoal, is_doubtful: bool) -> MembershipResult<Timestamp> {
        let reading = match self.read_membership().await {
            Ok(reading) => reading,
            Err(trouble) => return Ok(Err(trouble)),
        };
        let mut date = reading.date;
        let mut sight = self.interpret_reading(&reading, goal, is_doubtful);
        let planner = &self.context.failpoints.planner;
        for _ in 0..STEPS_MAX {
            let links = &self.application.links;
            let step = planner.next_step(goal, sight, links);
            let (kind, is_added) = match step {
                MembershipStep::Settled => return Ok(Ok(date)),
                MembershipStep::Remove(kind) => (kind, false),
                MembershipStep::Add(kind) => (kind, true),
            };
            let Some(group) = links.group(kind) else {
                return Ok(Err(no_group(kind)));
            };
            self.context
                .store
                .set_report_start(self.order.key, reading.date)
                .await?;
            match self.change_member(kind, group, is_added).await? {
                Ok(at) => {
                    date = at;
                    sight.set(kind, if is_added { MemberSight::In } else { MemberSight::Out });
                }
                Err(trouble) => return Ok(Err(trouble)),
            }
        }
        Ok(Err(not_settled()))
    }

    /// Takes the object out of one group, whatever the other one says.
    pub(super) async fn leave_group(&self, kind: OrderKind, group: &str, is_doubtful: bool) -> MembershipResult<()> {
        match self.read_membership().await {
            Ok(reading) if !reading.has_group(group) && !is_doubtful => return Ok(Ok(())),
            Ok(_) => (),
            Err(trouble) => return Ok(Err(trouble)),
        }
        Ok(self.change_member(kind, group, false).await?.map(drop))
    }

    /// What was read may be older than what an earlier order did.
    fn interpret_reading(
        &self,
        reading: &MembershipReading,
        goal: MembershipGoal,
        is_doubtful: bool,
    ) -> MembershipSight {
        let sight_of = |kind: OrderKind| {
            let is_in = self
                .application
                .links
                .group(kind)
                .is_some_and(|group| reading.has_group(group));
            let is_as_wanted = is_in == (goal == MembershipGoal::In(kind));
            match (is_in, is_as_wanted && is_doubtful) {
                (_, true) => MemberSight::Doubtful,
                (true, false) => MemberSight::In,
                (false, false) => MemberSight::Out,
            }
        };
        MembershipSight {
            install: sight_of(OrderKind::Install),
            uninstall: sight_of(OrderKind::Uninstall),
        }
    }

    async fn read_membership(&self) -> Result<MembershipReading, PassingTrouble> {
        let links = &self.application.links;
        let groups: Vec<&str> = OrderKind::ALL.iter().filter_map(|kind| links.group(*kind)).collect();
        let read = self.context.graph.read_membership(self.object, &groups).await;
        read.map_err(|error| {
            if error.is_not_found() {
                object_not_seen(self.order)
            } else {
                self.context.explain(&error, GraphNeed::ReadMembership)
            }
        })
    }

    /// One write, and what came of it: Graph's time, where the object is now where it should be.
    async fn change_member(&self, kind: OrderKind, group: &str, is_added: bool) -> MembershipResult<Timestamp> {
        let (context, order) = (self.context, self.order);
        let points = if is_added {
            (OrderFailpoint::BeforeAdd, OrderFailpoint::AfterAdd)
        } else {
            (OrderFailpoint::BeforeRemove, OrderFailpoint::AfterRemove)
        };
        self.log_change(kind, group, is_added);
        context.failpoints.reach(points.0, &order.id).await;
        let outcome = if is_added {
            context.graph.add_member(group, self.object).await
        } else {
            context.graph.remove_member(group, self.object).await
        };
        context.failpoints.reach(points.1, &order.id).await;
        match &outcome {
            WriteOutcome::Taken { date, .. } => {
                let event = if is_added {
                    OrderEvent::AddedToGroup
                } else {
                    OrderEvent::RemovedFromGroup
                };
                let detail = detail_of(json!({"group": group, "kind": kind.name()}));
                context.store.record_order_event(order.key, event, detail).await?;
                Ok(Ok(*date))
            }
            WriteOutcome::Refused { status: 400 | 404, .. } | WriteOutcome::Unclear(_) => {
                let reading = match self.read_membership().await {
                    Ok(reading) => reading,
                    Err(trouble) => return Ok(Err(trouble)),
                };
                if reading.has_group(group) == is_added {
                    return Ok(Ok(reading.date));
                }
                let is_refused_removal = !is_added && matches!(outcome, WriteOutcome::Refused { .. });
                if is_refused_removal && let Some(trouble) = self.find_nesting(kind, group).await {
                    return Ok(Err(trouble));
                }
                Ok(Err(self.explain_write(&outcome, is_added)))
            }
            WriteOutcome::Refused { .. } | WriteOutcome::NotSent(_) | WriteOutcome::ApprovalRequired { .. } => {
                Ok(Err(self.explain_write(&outcome, is_added)))
            }
        }
    }

    /// It could not be taken out, and is still in: because somebody has put a group that it is in into ours? What can't be
    /// read explains nothing.
    async fn find_nesting(&self, kind: OrderKind, group: &str) -> Option<PassingTrouble> {
        match self.context.graph.find_nested_group(group, self.object).await {
            Ok(nested) => nested.map(|nested| in_nested_group(self.order, kind, group, &nested)),
            Err(error) => {
                tracing::debug!(order.id = %self.order.id, error = %error, "the members of a group could not be read");
                None
            }
        }
    }

    fn explain_write(&self, outcome: &WriteOutcome, is_added: bool) -> PassingTrouble {
        let need = match self.order.target_kind {
            OrderTargetKind::Device if is_added => GraphNeed::AddDevices,
            _ => GraphNeed::AddUsers,
        };
        let told = explain_outcome(outcome, need, self.context.graph.client_id(), &self.context.clock);
        told.unwrap_or_else(not_settled)
    }

    fn log_change(&self, kind: OrderKind, group: &str, is_added: bool) {
        let (order, app) = (self.order, &self.application.app_name);
        let target = order.target_name.as_deref().unwrap_or(&order.target);
        let text = if is_added {
            adding_text((kind, order.target_kind), target, group, app, &order.id)
        } else {
            removing_text(order.target_kind, target, group, app, &order.id)
        };
        self.context
            .log_line(OrderLogger::Request, self.worker, OrderLogLevel::Info, &text);
    }
}

pub(super) fn detail_of(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

fn object_not_seen(order: &OrderRow) -> PassingTrouble {
    let target = order.target_name.as_deref().unwrap_or(&order.target);
    PassingTrouble::new(
        TroubleKind::Replication,
        OrderTrouble::new(
            TARGET_NOT_SEEN,
            BilingualText::new(
                format!("{target} does not show in the directory: it is new, or was deleted."),
                format!("{target} ist im Verzeichnis nicht zu sehen: neu oder gelöscht."),
            ),
            BilingualText::new(
                "It is tried again until the time limit. If it was deleted, cancel the order.",
                "Es wird bis zum Zeitlimit erneut versucht. Falls gelöscht, bitte die Bestellung stornieren.",
            ),
        ),
    )
}

fn in_nested_group(order: &OrderRow, kind: OrderKind, group: &str, nested: &NestedGroup) -> PassingTrouble {
    let target = order.target_name.as_deref().unwrap_or(&order.target);
    let (name, id, own, own_de) = (&nested.name, &nested.id, kind.name(), german_group(kind));
    PassingTrouble::new(
        TroubleKind::Person,
        OrderTrouble::new(
            "nestedGroup",
            BilingualText::new(
                format!(
                    "{target} can't be taken out of the {own} group {group}: it is in the group {name} ({id}), which somebody \
                     has put into it."
                ),
                format!(
                    "{target} lässt sich nicht aus der {own_de} {group} nehmen: Grund ist die Gruppe {name} ({id}), die jemand \
                     dort aufgenommen hat."
                ),
            ),
            BilingualText::new(
                format!("Take {name} out of the {own} group in Entra. Until then it is tried again."),
                format!("Bitte {name} in Entra aus der {own_de} entfernen. Bis dahin wird es erneut versucht."),
            ),
        ),
    )
}

fn no_group(kind: OrderKind) -> PassingTrouble {
    PassingTrouble::new(
        TroubleKind::Replication,
        OrderTrouble::new(
            "groupMissing",
            BilingualText::new(
                format!("The application has no {} group yet.", kind.name()),
                format!("Die Anwendung hat noch keine {}.", german_group(kind)),
            ),
            BilingualText::new(
                "No action needed: it is tried again.",
                "Nichts zu tun: Es wird erneut versucht.",
            ),
        ),
    )
}

fn not_settled() -> PassingTrouble {
    PassingTrouble::new(
        TroubleKind::Replication,
        OrderTrouble::new(
            "membershipNotSettled",
            BilingualText::new(
                "The directory does not show the changed membership yet.",
                "Das Verzeichnis zeigt die geänderte Mitgliedschaft noch nicht.",
            ),
            BilingualText::new(
                "No action needed: it is read again.",
                "Nichts zu tun: Es wird erneut gelesen.",
            ),
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::super::order_texts::tests::{order, time};
    use super::*;

    #[test]
    fn what_is_read_is_doubted_only_while_another_order_may_have_changed_it() {
        let mut other = order(OrderKind::Uninstall, OrderState::Done);
        assert!(!has_moved_lately(&[], time(0)));
        other.processed_at = Some(time(0));
        assert!(has_moved_lately(&[other.clone()], time(9)));
        assert!(!has_moved_lately(&[other.clone()], time(10)));
        other.state = OrderState::Processing;
        assert!(has_moved_lately(&[other], time(99)));
    }

    #[test]
    fn what_belongs_to_somebody_who_was_deleted_is_not_taken_back_for_ever() {
        let order = order(OrderKind::Install, OrderState::Cancelled);
        let gone = object_not_seen(&order).trouble;
        let day = 24 * 60;
        assert!(!is_target_gone(&gone, Some(time(0)), time(day - 1)), "it may be new");
        assert!(is_target_gone(&gone, Some(time(0)), time(day)));
        assert!(!is_target_gone(&not_settled().trouble, Some(time(0)), time(day)));
    }

    #[test]
    fn what_a_later_order_relies_on_is_not_taken_back() {
        let mut ended = order(OrderKind::Install, OrderState::Cancelled);
        ended.key = 5;
        let mut later = order(OrderKind::Install, OrderState::Processed);
        assert!(is_superseded(&ended, &[later.clone()]));
        later.kind = OrderKind::Uninstall;
        assert!(!is_superseded(&ended, &[later.clone()]));
        later.kind = OrderKind::Install;
        later.state = OrderState::Failed;
        assert!(!is_superseded(&ended, &[later.clone()]));
        later.state = OrderState::Processed;
        later.key = 4;
        assert!(!is_superseded(&ended, &[later]));
    }
}
