//! Orders: who gets which application, and what became of it.

use chrono::{DateTime, Utc};
use connector_core::model::{InstanceName, Language, word_enum};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::ApprovalMode;
use super::given::{deserialize_optional_secret, serialize_optional_secret};

word_enum! {
    /// What is ordered.
    pub enum OrderKind {
        /// That the app is installed.
        Install "install",
        /// That the app is removed.
        Uninstall "uninstall",
    }
}

impl OrderKind {
    /// What takes back an order of this kind.
    pub const fn opposite(self) -> OrderKind {
        match self {
            OrderKind::Install => OrderKind::Uninstall,
            OrderKind::Uninstall => OrderKind::Install,
        }
    }
}

word_enum! {
    /// Where an order stands.
    pub enum OrderState {
        /// Somebody has to approve it.
        WaitingForApproval "waitingForApproval",
        /// No licence is free.
        WaitingForLicence "waitingForLicence",
        /// It may be carried out.
        Accepted "accepted",
        /// The group membership is being changed.
        Processing "processing",
        /// The group membership is changed; Intune has to carry it out.
        Processed "processed",
        /// Intune reports that it is carried out.
        Done "done",
        /// It could not be carried out, or not in time.
        Failed "failed",
        /// It was not approved.
        Rejected "rejected",
        /// Somebody cancelled it.
        Cancelled "cancelled",
        /// A later order for the same user or device took its place.
        Replaced "replaced",
    }
}

impl OrderState {
    /// Whether the order has ended.
    pub const fn is_final(self) -> bool {
        match self {
            OrderState::WaitingForApproval
            | OrderState::WaitingForLicence
            | OrderState::Accepted
            | OrderState::Processing
            | OrderState::Processed => false,
            OrderState::Done
            | OrderState::Failed
            | OrderState::Rejected
            | OrderState::Cancelled
            | OrderState::Replaced => true,
        }
    }

    /// Whether it is accepted and has not ended.
    pub const fn is_under_way(self) -> bool {
        matches!(
            self,
            OrderState::Accepted | OrderState::Processing | OrderState::Processed
        )
    }

    /// 1: done; 0: ended otherwise. `None`: it has not ended.
    pub const fn status(self) -> Option<u8> {
        match self {
            OrderState::Done => Some(1),
            _ if self.is_final() => Some(0),
            _ => None,
        }
    }
}

/// An order to place. The same id with the same content is the same order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OrderBody {
    /// The sender's id of the order: 1 to 100 letters, digits, `-`, `_` or `.`; unique in the bus, and never free again.
    pub id: String,
    /// Id of the application.
    pub application: String,
    /// What is ordered.
    #[serde(rename = "type")]
    pub kind: OrderKind,
    /// The user that it is for: Entra object id or sign-in name. Exactly one of `user` and `device` is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// The device that it is for: Intune device id, Entra device id, Entra object id or device name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
    /// Who has to approve it; may only be stricter than the application. Omitted: as the application says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval: Option<ApprovalMode>,
    /// Language of its message. Omitted: English.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<Language>,
    /// A remark of the sender; the bus only passes it on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

word_enum! {
    /// Where a phase of an order stands.
    pub enum PhaseState {
        /// It has not begun.
        Waiting "waiting",
        /// It is under way.
        Active "active",
        /// It is over.
        Done "done",
        /// The order ended here without success.
        Failed "failed",
        /// The order has no such phase.
        Skipped "skipped",
    }
}

/// One of at most five phases of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OrderPhase {
    /// 1 to 5.
    pub number: u8,
    /// `requested`, `approved`, `processed`, `delivered` or `finished`.
    pub name: String,
    /// Where it stands.
    pub state: PhaseState,
    /// When it ended; while it is under way, when it began; null: it has not begun.
    pub at: Option<DateTime<Utc>>,
    /// What happened in it, oldest first.
    pub actions: Vec<OrderEventView>,
}

/// Something that happened to an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OrderEventView {
    /// When it happened.
    pub at: DateTime<Utc>,
    /// What happened, short and stable: `placed`, `approved`, `addedToGroup` …
    pub event: String,
    /// The same in a sentence.
    pub text: String,
    /// Name of the account that did it; null: the bus did, or another system.
    pub by: Option<String>,
}

/// A device on which an order takes effect.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OrderDeviceView {
    /// Name of the device; null: not known.
    pub name: Option<String>,
    /// Its Intune device id; null: Intune does not manage it.
    pub intune_id: Option<String>,
    /// What Intune reports of the app there: `installed`, `failed`, `pendingInstall` …; null: nothing yet.
    pub install_state: Option<String>,
    /// When Intune learned that; null: nothing yet.
    pub seen_at: Option<DateTime<Utc>>,
    /// Code of the error that Intune reports, decimal; null: none.
    pub error_code: Option<i64>,
    /// The same, hexadecimal: `0x87D1041C`; null: none.
    pub hex_error_code: Option<String>,
}

/// Why an order failed, or why its last attempt did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OrderFailure {
    /// Short and stable.
    pub code: String,
    /// What went wrong, one sentence.
    pub message: String,
    /// What to do about it.
    pub advice: String,
}

/// An order, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OrderView {
    /// The sender's id of the order.
    pub id: String,
    /// Id of the application.
    pub application: String,
    /// Name of the application for people; its id if it is removed.
    pub application_name: String,
    /// The orders instance that carries it out.
    pub instance: InstanceName,
    /// What is ordered.
    #[serde(rename = "type")]
    pub kind: OrderKind,
    /// The user that it is for, as the sender named them; null: it is for a device.
    pub user: Option<String>,
    /// The device that it is for, as the sender named it; null: it is for a user.
    pub device: Option<String>,
    /// Name of the user or device in the tenant; null: not looked up yet.
    pub target_name: Option<String>,
    /// Where it stands.
    pub state: OrderState,
    /// 1: done; 0: ended otherwise; null: it has not ended.
    pub status: Option<u8>,
    /// How it ended, one sentence for people; null: it has not ended, or nothing is to be said.
    pub message: Option<String>,
    /// Why it failed, or why its last attempt did; null: nothing failed.
    pub failure: Option<OrderFailure>,
    /// Name of the account that placed it.
    pub placed_by: String,
    /// When it was placed.
    pub placed_at: DateTime<Utc>,
    /// Who has to approve it.
    pub approval: ApprovalMode,
    /// While it waits for approval: names of the accounts that may approve it.
    pub approvers: Vec<String>,
    /// Name of the account that approved or rejected it; null: nobody has, or another system did.
    pub decided_by: Option<String>,
    /// When it was approved or rejected; null: it was not.
    pub decided_at: Option<DateTime<Utc>>,
    /// When the group membership was changed, or read as it should be; null: not yet.
    pub processed_at: Option<DateTime<Utc>>,
    /// When it ended; null: it has not.
    pub ended_at: Option<DateTime<Utc>>,
    /// When it fails if Intune has not reported success; null: no such moment is set.
    pub deadline_at: Option<DateTime<Utc>>,
    /// When what was installed is removed again; null: it stays.
    pub expires_at: Option<DateTime<Utc>>,
    /// Number of attempts that failed.
    pub attempts: u32,
    /// When the bus tries again; null: no attempt failed.
    pub next_attempt_at: Option<DateTime<Utc>>,
    /// What was doubtful when it was placed, one sentence each.
    pub warnings: Vec<String>,
    /// What it cost when it was placed, a decimal number as text; null: not said.
    pub cost: Option<String>,
    /// Currency of the cost, three letters of ISO 4217; null: not said.
    pub currency: Option<String>,
    /// The cost centre that paid when it was placed; null: not said.
    pub cost_centre: Option<String>,
    /// A remark of the sender; null: none.
    pub note: Option<String>,
    /// Whether the account that reads may cancel it, and have it tried again: it placed it, or it decides about orders or
    /// applications there.
    pub may_cancel: bool,
    /// Devices on which it takes effect, as far as they are known.
    pub devices: Vec<OrderDeviceView>,
    /// Its phases, at most five. Empty in lists.
    pub phases: Vec<OrderPhase>,
}

/// A page of orders.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OrdersView {
    /// Those that match, newest first.
    pub orders: Vec<OrderView>,
    /// Number of all that match.
    pub total: u64,
    /// `after` of the next page; null on the last page.
    pub next: Option<String>,
}

/// Which orders to list.
#[derive(Debug, Clone, Default, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct OrdersQuery {
    /// Only orders of the orders instance of this name.
    pub instance: Option<String>,
    /// Only orders of the application with this id.
    pub application: Option<String>,
    /// Only orders that stand there.
    #[param(inline)]
    pub state: Option<OrderState>,
    /// True: only orders that have not ended; false: only those that have.
    pub open: Option<bool>,
    /// Only orders for this user: as the sender named them, by Entra object id, or by name.
    pub user: Option<String>,
    /// Only orders for this device: as the sender named it, by Entra object id, or by name.
    pub device: Option<String>,
    /// Only orders whose id, application, user, device or sender contains this text, upper and lower case alike.
    pub search: Option<String>,
    /// Most orders in the answer: 1 to 500; 100 if omitted.
    #[param(minimum = 1, maximum = 500)]
    pub limit: Option<u32>,
    /// `next` of the page read last.
    pub after: Option<String>,
}

/// Approves or rejects an order.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OrderDecisionBody {
    /// Why, for those who read the order; at most 1,000 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Password of the caller. Not needed in their own session that was confirmed within the last five minutes.
    #[serde(
        default,
        deserialize_with = "deserialize_optional_secret",
        serialize_with = "serialize_optional_secret",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(value_type = Option<String>, format = Password)]
    pub password: Option<SecretString>,
    /// A code of their second factor, if they have one. Not needed in their own session that was confirmed with one within
    /// the last five minutes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
}

/// Cancels an order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OrderReasonBody {
    /// Why, for those who read the order; at most 1,000 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_has_a_status_exactly_if_it_has_ended() {
        for state in OrderState::ALL.iter().copied() {
            assert_eq!(state.status().is_some(), state.is_final(), "{state:?}");
            assert!(!(state.is_final() && state.is_under_way()), "{state:?}");
            assert_eq!(serde_json::to_value(state).expect("a word"), state.name());
        }
        assert_eq!(OrderState::Done.status(), Some(1));
        assert_eq!(OrderState::Replaced.status(), Some(0));
    }

    #[test]
    fn an_order_is_read_as_it_is_sent() {
        let text = r#"{"id":"A-1","application":"zoom","type":"uninstall","device":"PC-7","language":"de"}"#;
        let body: OrderBody = serde_json::from_str(text).expect("an order");
        assert_eq!((body.kind, body.language), (OrderKind::Uninstall, Some(Language::De)));
        assert_eq!(serde_json::to_string(&body).expect("JSON"), text);
        assert!(serde_json::from_str::<OrderBody>(&text.replace("device", "machine")).is_err());
    }
}
