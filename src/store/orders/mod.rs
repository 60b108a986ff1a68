//! Applications, orders, everything that happened to an order, and the webhooks that tell of it.
//!
//! An order is one row that is changed, and rows in `order_event` that are not: each change and its events are one
//! transaction, with the webhooks that follow from it. The events of all orders have one rising position, which is where
//! a reader of changes goes on. They are kept for as long as the settings say ([`event_sweep`]).
//!
//! *Who works on an order has claimed it* ([`claims`]): what a worker writes counts only while the claim is its own, so
//! an order that was cancelled, or taken over after a crash, is not moved by the one that had it before.
//!
//! *Licences are counted, not booked* ([`licences`]): how many are in use follows from the orders, and whatever frees one
//! lets the next order go on in the same transaction.

mod after_restore;
mod application_moves;
mod application_steps;
mod applications;
mod approval_rule;
mod changes;
mod claims;
mod decisions;
mod event_sweep;
mod licence_conditions;
mod licences;
mod order_queries;
mod order_rows;
mod placing;
mod processing;
mod status;
#[cfg(test)]
mod tests;
mod webhook_queries;
mod webhooks;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub(super) use after_restore::fail_orders_after_restore;
pub use application_moves::ApplicationMove;
pub use applications::{ApplicationFilter, ApplicationSaved, NewApplication};
pub use approval_rule::{ApplicationApproval, JudgeApproval};
pub(super) use approval_rule::{apply_approval, find_approval};
pub use decisions::{APPLICATION_REMOVED, INSTANCE_REMOVED, OrderDecided};
pub(super) use order_queries::visit_orders;
pub use order_queries::{OrderCounts, OrderFilter};
pub use placing::{NewOrder, OrderPlaced};
pub use processing::OrderEnd;
pub use webhook_queries::{WebhookFilter, WebhookRetried};
pub use webhooks::{NewWebhook, WebhookAttempt, WebhookDrop, WebhookPurpose, WebhookRow, WebhookState};

use super::StoreError;
use crate::contract::{ApplicationState, ApprovalMode, OrderKind, OrderState, OrderTargetKind};
use crate::model::{InstanceId, Language, OperatorId, RollbackEvidence, Timestamp, word_enum};

/// The code of orders that ended because the store went back.
pub const LOST_BY_RESTORE: &str = "storeRestored";

/// What people say of an application.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ApplicationDescription {
    pub display_name: String,
    pub comment: Option<String>,
    /// A decimal number as text.
    pub cost: Option<String>,
    /// ISO 4217.
    pub currency: Option<String>,
    pub mandatory: bool,
    /// It can be ordered again by who has ordered it.
    pub reshoppable: bool,
    /// Empty: as the instance's setting `target` says.
    pub targets: Vec<OrderTargetKind>,
    pub approval: ApprovalMode,
    /// Names of accounts.
    pub approvers: Vec<String>,
    /// Names of accounts.
    pub deputies: Vec<String>,
    /// `None`: no limit.
    pub licences: Option<u32>,
    pub cost_centre: Option<String>,
    /// Days after the installation after which it is removed again.
    pub term_days: Option<u32>,
    /// Days before the end of the term at which somebody is reminded.
    pub reminder_days: Option<u32>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct ApplicationRow {
    pub key: i64,
    /// The caller's, unique in the bus.
    pub id: String,
    pub instance: InstanceId,
    /// Intune app id.
    pub app: String,
    pub app_name: String,
    /// Without `#microsoft.graph.`.
    pub app_type: String,
    pub platform: Option<String>,
    pub description: ApplicationDescription,
    pub has_icon: bool,
    /// A UUID, by which our groups know it.
    pub marker: String,
    pub state: ApplicationState,
    /// While it is being removed: its groups and assignments go with it.
    pub clean_up: bool,
    pub failure: Option<StepFailure>,
    /// Attempts that failed.
    pub attempts: u32,
    /// `None`: not by itself.
    pub next_attempt_at: Option<Timestamp>,
    pub links: ApplicationLinks,
    pub open_orders: u32,
    pub licences_in_use: u32,
    pub created_by: OperatorId,
    pub created_by_name: String,
    pub created_at: Timestamp,
    pub changed_at: Timestamp,
}

/// What an application has in the tenant, by id; `None`: not yet.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ApplicationLinks {
    pub install_group: Option<String>,
    pub uninstall_group: Option<String>,
    pub install_assignment: Option<String>,
    pub uninstall_assignment: Option<String>,
    /// When the making of the group was begun: it may exist without its id being known here.
    pub install_group_intent_at: Option<Timestamp>,
    pub uninstall_group_intent_at: Option<Timestamp>,
}

/// The cost of an order, as the application had it when the order was placed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderCharge {
    /// A decimal number as text.
    pub cost: Option<String>,
    /// ISO 4217.
    pub currency: Option<String>,
    pub cost_centre: Option<String>,
}

/// Why a step failed, and what people can do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepFailure {
    pub code: String,
    /// A sentence; empty where `lost` says it.
    pub message: String,
    pub advice: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lost: Option<LostOrder>,
}

/// What is known of an order that a store which has gone back knows no more of (A8).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LostOrder {
    pub evidence: RollbackEvidence,
    /// Where it stood then.
    pub state: OrderState,
}

impl StepFailure {
    pub fn of_lost_order(lost: LostOrder) -> StepFailure {
        StepFailure {
            code: LOST_BY_RESTORE.to_owned(),
            message: String::new(),
            advice: String::new(),
            lost: Some(lost),
        }
    }
}

/// A device on which an order takes effect.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct OrderDevice {
    pub intune_id: Option<String>,
    /// `azureADDeviceId`.
    pub entra_id: Option<String>,
    /// Of the device in the directory.
    pub object_id: Option<String>,
    pub name: Option<String>,
    /// As the install report says it.
    pub install_state: Option<String>,
    /// `LastModifiedDateTime` of that row.
    pub seen_at: Option<Timestamp>,
    pub error_code: Option<i64>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct OrderRow {
    pub key: i64,
    /// The caller's, unique in the bus.
    pub id: String,
    pub instance: InstanceId,
    /// Id of the application, which it outlives.
    pub application: String,
    /// 0: the application is removed.
    pub application_key: i64,
    pub kind: OrderKind,
    pub target_kind: OrderTargetKind,
    /// As it was given.
    pub target: String,
    /// Of the target in the directory; `None`: not looked up yet.
    pub object_id: Option<String>,
    pub target_name: Option<String>,
    pub devices: Vec<OrderDevice>,
    pub state: OrderState,
    pub approval: ApprovalMode,
    /// Names of accounts that might approve it when it was placed, deputies included; empty: whoever has the right. `None`:
    /// placed before that was kept.
    pub approvers: Option<Vec<String>>,
    /// What it cost when it was placed, and who pays.
    pub charge: OrderCharge,
    pub placed_by: OperatorId,
    pub placed_by_name: String,
    pub placed_at: Timestamp,
    /// `None` with a time of the decision: the system behind `approval_url` decided.
    pub decided_by: Option<OperatorId>,
    pub decided_by_name: Option<String>,
    pub decided_at: Option<Timestamp>,
    /// Graph's Date of the last change of the membership, or of the read-back.
    pub processed_at: Option<Timestamp>,
    /// Rows of the report that are older are about something else. `None`: nothing was changed for this order yet.
    pub report_from: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
    pub deadline_at: Option<Timestamp>,
    /// End of the term of what is installed.
    pub expires_at: Option<Timestamp>,
    pub reminded_at: Option<Timestamp>,
    /// When the end of the term was taken up.
    pub term_ended_at: Option<Timestamp>,
    /// 1 or 0 once it has ended.
    pub status: Option<u8>,
    pub message: Option<String>,
    pub failure: Option<StepFailure>,
    /// Attempts that failed.
    pub attempts: u32,
    pub next_attempt_at: Option<Timestamp>,
    pub language: Option<Language>,
    pub note: Option<String>,
    pub warnings: Vec<String>,
    /// It has ended, and its group membership has to go.
    pub remove_membership: bool,
    /// That membership is gone.
    pub membership_cleared: bool,
    /// Of what was asked for.
    pub digest: String,
}

word_enum! {
    /// What happens to an order.
    pub enum OrderEvent {
        Placed "placed",
        ApprovalRequested "approvalRequested",
        Approved "approved",
        Rejected "rejected",
        WaitingForLicence "waitingForLicence",
        Accepted "accepted",
        /// Its user or device was found in the directory.
        Resolved "resolved",
        RemovedFromGroup "removedFromGroup",
        AddedToGroup "addedToGroup",
        Processed "processed",
        SyncSent "syncSent",
        SyncFailed "syncFailed",
        StatusRead "statusRead",
        /// Somebody has it tried again now.
        Retried "retried",
        /// An attempt failed; another follows.
        Delayed "delayed",
        Done "done",
        Failed "failed",
        Cancelled "cancelled",
        Replaced "replaced",
        ReminderDue "reminderDue",
        TermEnded "termEnded",
        /// Of an order that has ended.
        MembershipRemoved "membershipRemoved",
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct OrderEventRow {
    /// Rises over all orders.
    pub position: i64,
    /// Id of the order.
    pub order: String,
    pub at: Timestamp,
    pub event: OrderEvent,
    /// Name of the account; `None`: the bus, or another system.
    pub by: Option<String>,
    /// Always with `state`, and with `status` and `message` of an order that has ended: as they were then.
    pub detail: Map<String, Value>,
}

/// Name of an account as it is now, to be kept with what it did; its number where it is removed.
pub(super) fn load_operator_name(connection: &rusqlite::Connection, id: OperatorId) -> Result<String, StoreError> {
    use rusqlite::OptionalExtension;
    let mut statement = connection.prepare_cached("SELECT name FROM operator WHERE id = ?1")?;
    let name = statement.query_row([id.0], |row| row.get(0)).optional()?;
    Ok(name.unwrap_or_else(|| id.to_string()))
}
