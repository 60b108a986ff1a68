//! What the shop is sent because of a request: the question for an approval, and how an order ended. Each is written in
//! the transaction of what it tells.

use super::provider::OrderInstance;
use crate::contract::ApprovalMode;
use crate::model::Timestamp;
use crate::orders::order_webhook::{ApprovalQuestion, StatusNotice, approval_webhook, status_webhook};
use crate::store::{ApplicationRow, NewOrder, NewWebhook, OrderRow};

/// The question for an order whose approval is asked of the shop's system.
pub(super) fn approval_requests(
    new: &NewOrder,
    application: &ApplicationRow,
    placed_by: &str,
    at: Timestamp,
) -> Vec<NewWebhook> {
    if new.approval != ApprovalMode::Callback {
        return Vec::new();
    }
    let question = ApprovalQuestion {
        order: &new.id,
        kind: new.kind,
        target_kind: new.target_kind,
        target: &new.target,
        placed_by,
        note: new.note.as_deref(),
        warnings: &new.warnings,
        at,
    };
    vec![approval_webhook(application, &question)]
}

/// How an order ended, for an instance that has an address to tell; `None`: there is none, or it has not ended.
pub(super) fn status_message(instance: Option<&OrderInstance>, ended: &OrderRow) -> Option<NewWebhook> {
    let at = ended.ended_at?;
    let notice = StatusNotice {
        state: ended.state,
        message: ended.message.as_deref(),
        failure: ended.failure.as_ref(),
        at,
    };
    instance
        .filter(|instance| instance.status_url)
        .map(|_| status_webhook(ended, &notice))
}
