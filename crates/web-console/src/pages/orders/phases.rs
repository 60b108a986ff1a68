//! The five phases of an order: as the API tells them for one order, and by its state in lists.

use sics_client::contract::{ApprovalMode, OrderEventView, OrderPhase, OrderState, OrderView, PhaseState};

use crate::clock_text::TimeText;
use crate::page::PageContext;

/// Names of the phases, in their order.
const PHASES: [&str; 5] = ["requested", "approved", "processed", "delivered", "finished"];

/// A phase as a dot.
pub(super) struct PhaseDot {
    pub(super) name: String,
    pub(super) state: String,
    pub(super) class: &'static str,
}

impl PhaseDot {
    fn new(ctx: &PageContext, name: &str, state: PhaseState) -> PhaseDot {
        PhaseDot {
            name: ctx.word("orders-phase-", name),
            state: ctx.word("orders-phase-state-", state.name()),
            class: phase_class(state),
        }
    }

    /// Of an order: as the API tells its phases, and by its state where it tells none.
    pub(super) fn list(ctx: &PageContext, order: &OrderView) -> Vec<PhaseDot> {
        if !order.phases.is_empty() {
            let told = order.phases.iter();
            return told.map(|phase| PhaseDot::new(ctx, &phase.name, phase.state)).collect();
        }
        let judged = judge_phases(order);
        let dots = PHASES.into_iter().zip(judged);
        dots.map(|(name, state)| PhaseDot::new(ctx, name, state)).collect()
    }
}

fn phase_class(state: PhaseState) -> &'static str {
    match state {
        PhaseState::Waiting | PhaseState::Skipped => "wait",
        PhaseState::Active => "now",
        PhaseState::Done => "good",
        PhaseState::Failed => "bad",
    }
}

/// Where each phase stands, by what a list knows of an order.
fn judge_phases(order: &OrderView) -> [PhaseState; 5] {
    let was_processed = order.processed_at.is_some();
    let ended = order.state.is_final();
    [
        PhaseState::Done,
        judge_approval(order),
        match order.state {
            _ if was_processed => PhaseState::Done,
            OrderState::Failed => PhaseState::Failed,
            OrderState::Accepted | OrderState::Processing | OrderState::WaitingForLicence => PhaseState::Active,
            _ if ended => PhaseState::Skipped,
            _ => PhaseState::Waiting,
        },
        match order.state {
            OrderState::Done => PhaseState::Done,
            OrderState::Failed if was_processed => PhaseState::Failed,
            OrderState::Processed => PhaseState::Active,
            _ if ended => PhaseState::Skipped,
            _ => PhaseState::Waiting,
        },
        match order.state {
            OrderState::Failed | OrderState::Rejected => PhaseState::Failed,
            _ if ended => PhaseState::Done,
            _ => PhaseState::Waiting,
        },
    ]
}

fn judge_approval(order: &OrderView) -> PhaseState {
    let was_decided = order.decided_at.is_some();
    match order.state {
        OrderState::WaitingForApproval => PhaseState::Active,
        OrderState::Rejected => PhaseState::Failed,
        _ if was_decided => PhaseState::Done,
        _ if order.approval == ApprovalMode::None || order.state.is_final() => PhaseState::Skipped,
        _ => PhaseState::Done,
    }
}

/// A phase with what happened in it.
pub(super) struct PhaseRow {
    pub(super) dot: PhaseDot,
    pub(super) number: u8,
    pub(super) at: Option<TimeText>,
    pub(super) events: Vec<EventRow>,
}

impl PhaseRow {
    pub(super) fn new(ctx: &PageContext, phase: &OrderPhase) -> PhaseRow {
        PhaseRow {
            dot: PhaseDot::new(ctx, &phase.name, phase.state),
            number: phase.number,
            at: phase.at.as_ref().map(|at| ctx.time(at)),
            events: phase.actions.iter().map(|event| EventRow::new(ctx, event)).collect(),
        }
    }
}

/// One thing that happened.
pub(super) struct EventRow {
    pub(super) at: TimeText,
    pub(super) event: String,
    /// What the API says of it.
    pub(super) text: String,
    pub(super) by: String,
}

impl EventRow {
    fn new(ctx: &PageContext, event: &OrderEventView) -> EventRow {
        EventRow {
            at: ctx.time(&event.at),
            event: ctx.word("orders-event-", &event.event),
            text: ctx.said_plain(&event.text),
            by: ctx.plain(event.by.as_deref().unwrap_or_default()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// An order in this state, with these properties besides.
    fn order(state: &str, more: Value) -> OrderView {
        let mut all = json!({
            "id": "o-1", "application": "vlc", "applicationName": "VLC", "instance": "IntuneAppOrders_1",
            "type": "install", "user": null, "device": "PC-1", "targetName": null, "state": state, "status": null,
            "message": null, "failure": null, "placedBy": "anna", "placedAt": "2026-03-01T08:00:00Z",
            "approval": "none", "approvers": [], "decidedBy": null, "decidedAt": null, "processedAt": null,
            "endedAt": null, "deadlineAt": null, "expiresAt": null, "attempts": 0, "nextAttemptAt": null,
            "warnings": [], "note": null, "mayCancel": true, "devices": [], "phases": [],
        });
        for (name, value) in more.as_object().unwrap() {
            all[name] = value.clone();
        }
        serde_json::from_value(all).unwrap()
    }

    fn classes(state: &str, more: Value) -> String {
        let judged = judge_phases(&order(state, more));
        judged.into_iter().map(phase_class).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn the_dots_of_a_list_say_how_far_an_order_is() {
        let at = "2026-03-01T09:00:00Z";
        for (state, more, dots) in [
            (
                "waitingForApproval",
                json!({"approval": "operator"}),
                "good now wait wait wait",
            ),
            ("accepted", json!({}), "good wait now wait wait"),
            ("processing", json!({"decidedAt": at}), "good good now wait wait"),
            ("processed", json!({"processedAt": at}), "good wait good now wait"),
            ("done", json!({"processedAt": at}), "good wait good good good"),
            ("failed", json!({}), "good wait bad wait bad"),
            ("failed", json!({"processedAt": at}), "good wait good bad bad"),
            ("rejected", json!({"approval": "operator"}), "good bad wait wait bad"),
            ("cancelled", json!({"approval": "operator"}), "good wait wait wait good"),
        ] {
            assert_eq!(classes(state, more), dots, "{state}");
        }
    }
}
