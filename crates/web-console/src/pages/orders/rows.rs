//! An order as lists and its own page show it.

use sics_client::contract::{ApprovalMode, OrderFailure, OrderState, OrderView};

use super::phases::PhaseDot;
use super::words::{join_names, state_light, state_word};
use crate::clock_text::TimeText;
use crate::failure::PageFailure;
use crate::page::PageContext;

/// An order at a glance.
pub(super) struct OrderRow {
    pub(super) id: String,
    pub(super) application: String,
    pub(super) application_name: String,
    pub(super) kind: String,
    /// Whether it is for a user or for a device.
    pub(super) target_kind: String,
    /// As it was given.
    pub(super) target: String,
    /// What the tenant calls it; empty: not looked up yet, or the same.
    pub(super) target_name: String,
    pub(super) state: String,
    pub(super) light: &'static str,
    pub(super) message: String,
    pub(super) phases: Vec<PhaseDot>,
    pub(super) placed_by: String,
    pub(super) placed_at: TimeText,
    pub(super) note: String,
    pub(super) approvers: String,
    pub(super) warnings: Vec<String>,
    pub(super) waits: bool,
    /// Whether another system approves it; people can only reject it.
    pub(super) by_callback: bool,
    pub(super) can_cancel: bool,
    pub(super) can_retry: bool,
}

impl OrderRow {
    pub(super) fn new(ctx: &PageContext, order: &OrderView) -> OrderRow {
        let (target_kind, target) = match (&order.user, &order.device) {
            (Some(user), _) => ("orders-for-user", user.as_str()),
            (None, device) => ("orders-for-device", device.as_deref().unwrap_or_default()),
        };
        let target = ctx.plain(target);
        let target_name = ctx.plain(order.target_name.as_deref().unwrap_or_default());
        OrderRow {
            id: order.id.clone(),
            application: order.application.clone(),
            application_name: ctx.plain(&order.application_name),
            kind: ctx.word("orders-kind-", order.kind.name()),
            target_kind: ctx.t(target_kind),
            target_name: if target_name == target {
                String::new()
            } else {
                target_name
            },
            target,
            state: state_word(ctx, order.state),
            light: state_light(order.state),
            message: ctx.said_plain(order.message.as_deref().unwrap_or_default()),
            phases: PhaseDot::list(ctx, order),
            placed_by: ctx.plain(&order.placed_by),
            placed_at: ctx.time(&order.placed_at),
            note: ctx.plain(order.note.as_deref().unwrap_or_default()),
            approvers: join_names(ctx, &order.approvers),
            warnings: order.warnings.iter().map(|warning| ctx.said_plain(warning)).collect(),
            waits: order.state == OrderState::WaitingForApproval,
            by_callback: order.approval == ApprovalMode::Callback,
            can_cancel: order.may_cancel && !order.state.is_final(),
            can_retry: order.may_cancel && is_retriable(order),
        }
    }
}

/// Whether trying again at once changes anything: it failed before anything was done in Intune, or waits for its next
/// attempt.
fn is_retriable(order: &OrderView) -> bool {
    if order.state.is_final() {
        order.state == OrderState::Failed && order.processed_at.is_none()
    } else {
        order.next_attempt_at.is_some()
    }
}

/// Why an order is not done, with what to do about it: shown as other failures are. What is said of an order is in the
/// language that whoever placed it has chosen.
pub(super) fn order_failure(ctx: &PageContext, failure: &OrderFailure) -> PageFailure {
    PageFailure {
        language: ctx.language(),
        ..PageFailure::told(ctx, &failure.code, &failure.message, &failure.advice)
    }
}
