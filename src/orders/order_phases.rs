//! The phases of an order, at most five, each with what happened in it: what a shop shows people (SH-50). Pure.

use super::order_texts::event_text;
use crate::contract::{ApprovalMode, OrderEventView, OrderPhase, OrderState, PhaseState};
use crate::model::{Language, Timestamp};
use crate::store::{OrderEvent, OrderEventRow, OrderRow};

const NAMES: [&str; 5] = ["requested", "approved", "processed", "delivered", "finished"];
const REQUESTED: usize = 0;
const APPROVED: usize = 1;
const PROCESSED: usize = 2;
const DELIVERED: usize = 3;
const FINISHED: usize = 4;

/// To which phase an event belongs.
fn phase_of(event: OrderEvent) -> usize {
    match event {
        OrderEvent::Placed => REQUESTED,
        OrderEvent::ApprovalRequested
        | OrderEvent::Approved
        | OrderEvent::Rejected
        | OrderEvent::WaitingForLicence
        | OrderEvent::Accepted => APPROVED,
        OrderEvent::Resolved
        | OrderEvent::RemovedFromGroup
        | OrderEvent::AddedToGroup
        | OrderEvent::Processed
        | OrderEvent::Retried
        | OrderEvent::Delayed => PROCESSED,
        OrderEvent::SyncSent | OrderEvent::SyncFailed | OrderEvent::StatusRead => DELIVERED,
        OrderEvent::Done
        | OrderEvent::Failed
        | OrderEvent::Cancelled
        | OrderEvent::Replaced
        | OrderEvent::ReminderDue
        | OrderEvent::TermEnded
        | OrderEvent::MembershipRemoved => FINISHED,
    }
}

/// The phase in which an open order stands, or in which one that has ended did so.
fn current_phase(order: &OrderRow, events: &[OrderEventRow]) -> usize {
    match order.state {
        OrderState::WaitingForApproval | OrderState::WaitingForLicence | OrderState::Rejected => APPROVED,
        OrderState::Accepted | OrderState::Processing => PROCESSED,
        OrderState::Processed => DELIVERED,
        OrderState::Done => FINISHED,
        OrderState::Failed | OrderState::Cancelled | OrderState::Replaced => {
            if order.processed_at.is_some() {
                DELIVERED
            } else if order.object_id.is_some() || events.iter().any(|event| event.event == OrderEvent::Accepted) {
                PROCESSED
            } else {
                APPROVED
            }
        }
    }
}

/// `events`: all of the order, oldest first.
pub fn build_phases(order: &OrderRow, events: &[OrderEventRow], language: Language) -> Vec<OrderPhase> {
    let current = current_phase(order, events);
    (0..NAMES.len())
        .map(|at| {
            let state = phase_state(order, at, current);
            OrderPhase {
                number: at as u8 + 1,
                name: NAMES[at].to_owned(),
                state,
                at: phase_time(order, events, at, state),
                actions: events
                    .iter()
                    .filter(|event| phase_of(event.event) == at)
                    .map(|event| OrderEventView {
                        at: event.at,
                        event: event.event.name().to_owned(),
                        text: event_text(event, order, language),
                        by: event.by.clone(),
                    })
                    .collect(),
            }
        })
        .collect()
}

fn phase_state(order: &OrderRow, at: usize, current: usize) -> PhaseState {
    let has_ended_badly = order.state.is_final() && order.state != OrderState::Done;
    let needs_no_approval = at == APPROVED && at < current && order.approval == ApprovalMode::None;
    if has_ended_badly && (at == current || at == FINISHED) {
        PhaseState::Failed
    } else if needs_no_approval || (has_ended_badly && at > current) {
        PhaseState::Skipped
    } else if at < current || order.state == OrderState::Done {
        PhaseState::Done
    } else if at == current {
        PhaseState::Active
    } else {
        PhaseState::Waiting
    }
}

/// When it ended; of the one under way, when it began.
fn phase_time(order: &OrderRow, events: &[OrderEventRow], at: usize, state: PhaseState) -> Option<Timestamp> {
    let of_phase = |at: usize| events.iter().filter(move |event| phase_of(event.event) == at);
    match state {
        PhaseState::Waiting | PhaseState::Skipped => None,
        PhaseState::Active => of_phase(at).next().map(|event| event.at).or_else(|| {
            (0..at)
                .rev()
                .find_map(|earlier| of_phase(earlier).next_back())
                .map(|event| event.at)
        }),
        PhaseState::Failed => order
            .ended_at
            .or_else(|| of_phase(at).next_back().map(|event| event.at)),
        PhaseState::Done => match at {
            REQUESTED => Some(order.placed_at),
            PROCESSED => order.processed_at,
            DELIVERED | FINISHED => order.ended_at,
            _ => order
                .decided_at
                .or_else(|| of_phase(at).next_back().map(|event| event.at)),
        },
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::order_texts::tests::{event, order, time};
    use super::*;
    use crate::contract::OrderKind;

    fn states(order: &OrderRow, events: &[OrderEventRow]) -> Vec<PhaseState> {
        build_phases(order, events, Language::En)
            .into_iter()
            .map(|phase| phase.state)
            .collect()
    }

    #[test]
    fn sh_50_an_order_has_five_phases_from_grey_over_active_to_done() {
        use PhaseState::{Active, Done, Skipped, Waiting};
        let mut order = order(OrderKind::Install, OrderState::WaitingForApproval);
        order.approval = ApprovalMode::Operator;
        let mut events = vec![event(OrderEvent::Placed, 0, json!({}))];
        assert_eq!(states(&order, &events), [Done, Active, Waiting, Waiting, Waiting]);
        events.push(event(OrderEvent::Approved, 1, json!({})));
        order.state = OrderState::Processing;
        assert_eq!(states(&order, &events), [Done, Done, Active, Waiting, Waiting]);
        order.state = OrderState::Processed;
        order.approval = ApprovalMode::None;
        assert_eq!(states(&order, &events), [Done, Skipped, Done, Active, Waiting]);
        order.state = OrderState::Done;
        assert_eq!(states(&order, &events), [Done, Skipped, Done, Done, Done]);
    }

    #[test]
    fn sh_50_one_that_failed_is_red_where_it_failed_with_what_happened_there() {
        use PhaseState::{Done, Failed, Skipped};
        let mut order = order(OrderKind::Install, OrderState::Failed);
        order.ended_at = Some(time(9));
        let events = [
            event(OrderEvent::Placed, 0, json!({})),
            event(OrderEvent::Accepted, 0, json!({})),
            event(OrderEvent::Delayed, 1, json!({})),
            event(OrderEvent::Delayed, 2, json!({})),
            event(OrderEvent::Failed, 9, json!({})),
        ];
        assert_eq!(states(&order, &events), [Done, Skipped, Failed, Skipped, Failed]);
        let phases = build_phases(&order, &events, Language::En);
        assert_eq!((phases[2].actions.len(), phases[2].at), (2, Some(time(9))));
        order.processed_at = Some(time(3));
        assert_eq!(states(&order, &events), [Done, Skipped, Done, Failed, Failed]);
        let shown: usize = phases.iter().map(|phase| phase.actions.len()).sum();
        assert_eq!(shown, events.len(), "nothing is left out");
    }
}
