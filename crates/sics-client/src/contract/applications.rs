//! Applications: what can be ordered, and which app of the tenant each stands for.

use chrono::{DateTime, Utc};
use connector_core::model::{InstanceName, word_enum};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

word_enum! {
    /// Where an application stands. It can be ordered only after its groups and assignments were created.
    pub enum ApplicationState {
        /// Its groups and assignments are being created.
        Pending "pending",
        /// Its groups and assignments are there.
        CreationSucceeded "creationSucceeded",
        /// The last attempt failed.
        Failed "failed",
        /// It is being removed, with its groups and assignments.
        Removing "removing",
    }
}

word_enum! {
    /// Who has to approve an order before it is taken.
    pub enum ApprovalMode {
        /// Nobody.
        None "none",
        /// An operator with the right Orders_Approve.
        Operator "operator",
        /// The system behind the address `approval_url` of the instance.
        Callback "callback",
    }
}

word_enum! {
    /// For what an order is.
    pub enum OrderTargetKind {
        /// A user.
        User "user",
        /// A device.
        Device "device",
    }
}

/// An app that Intune has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TenantAppView {
    /// Its Intune app id.
    pub id: String,
    /// Its name in Intune.
    pub name: String,
    /// Its publisher; null: none is set.
    pub publisher: Option<String>,
    /// Its type in Graph, without `#microsoft.graph.`: `win32LobApp`.
    pub app_type: String,
    /// The platform that it runs on; null: not known.
    pub platform: Option<String>,
    /// Whether an application can be linked to it.
    pub assignable: bool,
    /// Why none can, one sentence; null: one can.
    pub reason: Option<String>,
    /// Id of the application that is linked to it; null: none is.
    pub linked_by: Option<String>,
}

/// The apps of a tenant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TenantAppsView {
    /// The orders instance whose tenant was read.
    pub instance: InstanceName,
    /// Its apps, by name.
    pub apps: Vec<TenantAppView>,
    /// Number of apps whose record could not be read; they are not in the list.
    pub unreadable: u64,
}

/// Which apps of a tenant to list.
#[derive(Debug, Clone, Default, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct TenantAppsQuery {
    /// Name of the orders instance; omitted: the only one.
    pub instance: Option<String>,
    /// Only apps whose name contains this text, upper and lower case alike.
    pub search: Option<String>,
    /// True: also apps to which no application can be linked; if omitted, no.
    pub all: Option<bool>,
}

/// An application as it is to be. A later request replaces the whole description; `app` and `instance` stay what they
/// were.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ApplicationBody {
    /// Name of the orders instance. Omitted: the only one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance: Option<String>,
    /// Intune app id of the app that it stands for.
    pub app: String,
    /// Its name for people. Omitted: the app's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// What people should know about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// What it costs, a decimal number as text: `12.50`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<String>,
    /// Currency of the cost, three letters of ISO 4217: `EUR`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// Everybody has to have it. The bus only passes this on.
    #[serde(default)]
    pub mandatory: bool,
    /// It can be ordered again by who has ordered it. Omitted: no.
    #[serde(default)]
    pub reshoppable: bool,
    /// For what it can be ordered. Empty: as `target` of the instance says.
    #[serde(default)]
    pub targets: Vec<OrderTargetKind>,
    /// Who has to approve its orders. Omitted: nobody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval: Option<ApprovalMode>,
    /// Names of the accounts that may approve its orders. Empty: all that have the right Orders_Approve.
    #[serde(default)]
    pub approvers: Vec<String>,
    /// Names of the accounts that approve in their place.
    #[serde(default)]
    pub deputies: Vec<String>,
    /// Number of licences. An order that finds none free waits for one. Omitted: no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub licences: Option<u32>,
    /// The cost centre that pays for it. The bus only passes this on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost_centre: Option<String>,
    /// Number of days after the installation after which it is removed again. Omitted: it stays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub term_days: Option<u32>,
    /// Number of days before the end of its term at which a reminder is recorded. Omitted: none is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reminder_days: Option<u32>,
}

/// Why an application could not be prepared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ApplicationFailure {
    /// Short and stable.
    pub code: String,
    /// What went wrong, one sentence.
    pub message: String,
    /// What to do about it.
    pub advice: String,
    /// Number of attempts that failed.
    pub attempts: u32,
    /// When the bus tries again; null: not by itself.
    pub next_attempt_at: Option<DateTime<Utc>>,
}

/// An application, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ApplicationView {
    /// Its id, as the caller chose it.
    pub id: String,
    /// The orders instance in whose tenant its app is.
    pub instance: InstanceName,
    /// Intune app id of the app that it stands for.
    pub app: String,
    /// Name of the app in Intune, as it was when the application was described last.
    pub app_name: String,
    /// Type of the app in Graph, without `#microsoft.graph.`: `win32LobApp`.
    pub app_type: String,
    /// The platform that the app runs on; null: not known.
    pub platform: Option<String>,
    /// Its name for people.
    pub display_name: String,
    /// What people should know about it; null: nothing.
    pub comment: Option<String>,
    /// What it costs, a decimal number as text; null: not said.
    pub cost: Option<String>,
    /// Currency of the cost, three letters of ISO 4217; null: not said.
    pub currency: Option<String>,
    /// Whether it has an icon.
    pub has_icon: bool,
    /// Everybody has to have it.
    pub mandatory: bool,
    /// It can be ordered again by who has ordered it.
    pub reshoppable: bool,
    /// For what it can be ordered; empty: as `target` of the instance says.
    pub targets: Vec<OrderTargetKind>,
    /// Who has to approve its orders.
    pub approval: ApprovalMode,
    /// Names of the accounts that may approve its orders; empty: all that have the right Orders_Approve.
    pub approvers: Vec<String>,
    /// Names of the accounts that approve in their place.
    pub deputies: Vec<String>,
    /// Number of licences; null: no limit.
    pub licences: Option<u32>,
    /// Number of licences in use: by orders under way, and by what is installed.
    pub licences_in_use: u32,
    /// The cost centre that pays for it; null: not said.
    pub cost_centre: Option<String>,
    /// Number of days after the installation after which it is removed again; null: it stays.
    pub term_days: Option<u32>,
    /// Number of days before the end of its term at which a reminder is recorded; null: none is.
    pub reminder_days: Option<u32>,
    /// Where it stands.
    pub state: ApplicationState,
    /// Why the last attempt failed; null: none did.
    pub failure: Option<ApplicationFailure>,
    /// Entra object id of the group whose members get the app; null: it is not created yet.
    pub install_group: Option<String>,
    /// Entra object id of the group from whose members the app is removed; null: there is none.
    pub uninstall_group: Option<String>,
    /// Number of the change of its approval that waits for a second person, as `limits` lists it; null: none waits.
    #[serde(default)]
    pub loosening: Option<i64>,
    /// Whether it can be ordered now.
    pub orderable: bool,
    /// Number of orders that have not ended.
    pub open_orders: u32,
    /// Name of the account that made it.
    pub created_by: String,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When its description or its state changed last.
    pub changed_at: DateTime<Utc>,
}

/// A page of applications.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ApplicationsView {
    /// Those that match, by id.
    pub applications: Vec<ApplicationView>,
    /// Number of all that match.
    pub total: u64,
    /// `after` of the next page; null on the last page.
    pub next: Option<String>,
}

/// Which applications to list.
#[derive(Debug, Clone, Default, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct ApplicationsQuery {
    /// Only applications of the orders instance of this name.
    pub instance: Option<String>,
    /// Only applications that stand there.
    #[param(inline)]
    pub state: Option<ApplicationState>,
    /// Only applications whose id, name, app name or comment contains this text, upper and lower case alike.
    pub search: Option<String>,
    /// Most applications in the answer: 1 to 500; 100 if omitted.
    #[param(minimum = 1, maximum = 500)]
    pub limit: Option<u32>,
    /// Applications behind this id, as `next` of the page read last says.
    pub after: Option<String>,
}

/// The picture of an application.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ApplicationIconBody {
    /// A PNG or JPEG file of at most 100,000 bytes, as base64.
    pub content: String,
}

/// How an application is removed.
#[derive(Debug, Clone, Default, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct ApplicationRemoval {
    /// True: our assignments and groups are deleted from the tenant; then the app may be removed from devices. False: they
    /// stay, and the bus forgets them.
    pub clean_up: bool,
    /// `confirm` of the refusal without it (409 `confirmationNeeded`).
    pub confirm: Option<String>,
}

/// What the removal of an application did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ApplicationRemoved {
    /// True: it is gone. False: it goes as soon as its assignments and groups are deleted.
    pub removed: bool,
    /// Number of open orders that were cancelled.
    pub orders_ended: u64,
    /// Whether assignments and groups are deleted from the tenant.
    pub clean_up: bool,
}
