//! Messages to shops and to systems that approve, and what became of each. Their bodies and keys are never answered.

use chrono::{DateTime, Utc};
use connector_core::model::{InstanceName, word_enum};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

word_enum! {
    /// What a message is for.
    pub enum WebhookPurpose {
        /// Tells what became of an order.
        OrderStatus "orderStatus",
        /// Asks another system to approve an order.
        ApprovalRequest "approvalRequest",
    }
}

word_enum! {
    /// Where a message stands.
    pub enum WebhookState {
        /// It is sent, or sent again, when its time has come.
        Waiting "waiting",
        /// Its receiver has taken it.
        Delivered "delivered",
        /// It is not sent any more.
        Dead "dead",
    }
}

/// A message, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WebhookView {
    /// `webhook-id` of the message: the same for each attempt.
    pub id: String,
    /// The orders instance that sends it.
    pub instance: InstanceName,
    /// What it is for.
    pub purpose: WebhookPurpose,
    /// Id of the order that it is about.
    pub order: String,
    /// When it was written.
    pub created_at: DateTime<Utc>,
    /// Attempts that were made.
    pub attempts: u32,
    /// When it is sent next, at the earliest; null: it is not sent any more.
    pub next_attempt_at: Option<DateTime<Utc>>,
    /// Where it stands.
    pub state: WebhookState,
    /// Why the last attempt failed, or why it is not sent any more; null: nothing failed.
    pub last_error: Option<String>,
}

/// A page of messages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WebhooksView {
    /// Those that match, newest first. What was delivered or given up is kept for 30 days.
    pub webhooks: Vec<WebhookView>,
    /// Number of all that match.
    pub total: u64,
    /// `after` of the next page; null on the last page.
    pub next: Option<String>,
}

/// Which messages to list.
#[derive(Debug, Clone, Default, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct WebhooksQuery {
    /// Only messages of the orders instance of this name.
    pub instance: Option<String>,
    /// Only messages that stand there.
    #[param(inline)]
    pub state: Option<WebhookState>,
    /// Most messages in the answer: 1 to 500; 100 if omitted.
    #[param(minimum = 1, maximum = 500)]
    pub limit: Option<u32>,
    /// `next` of the page read last.
    pub after: Option<String>,
}
