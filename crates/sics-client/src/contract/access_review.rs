//! Who may do what, since when, and by whose hand: for the people who review it.

use chrono::{DateTime, Utc};
use connector_core::model::{OperatorKind, Right, RightScope};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Every right that an account holds, by itself or by a role.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AccessReviewView {
    /// When it was looked up.
    pub made_at: DateTime<Utc>,
    /// By account: its own rights first, then those of its roles. Accounts that hold no right are not among them.
    pub entries: Vec<AccessEntryView>,
}

/// A right as one account holds it. What the audit trail and the accounts do not tell is null, and not guessed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AccessEntryView {
    /// Name of the account; `local` is the data folder's own, by which commands on the bus's machine sign in.
    pub operator: String,
    /// Who signs in with it.
    pub kind: OperatorKind,
    /// It cannot sign in.
    pub disabled: bool,
    /// Its destructive rights are suspended.
    pub suspended: bool,
    /// As granted: `Devices_Read`, `Actions_*`, `*`.
    pub right: Right,
    /// The single rights that this includes.
    pub covers: Vec<String>,
    /// It includes an action by which data or access is lost: wipe, retire, delete …
    pub destructive: bool,
    /// It includes approving the jobs and requests of others.
    pub approving: bool,
    /// It includes managing accounts.
    pub managing: bool,
    /// Where it holds.
    pub scope: RightScope,
    /// The role that gives it; null: it is the account's own.
    pub role: Option<String>,
    /// Since when the account has held it there without a break; null: not known.
    pub since: Option<DateTime<Utc>>,
    /// Who gave it: name of an operator, `host` for a command of the machine's owner; null: not known, or the bus itself.
    pub given_by: Option<String>,
    /// The second person who agreed; null: nobody had to, or not known.
    pub agreed_by: Option<String>,
    /// The account's last sign-in that the audit trail has: the first of each address since each start of the bus, so it
    /// may have signed in later. Null: it has none.
    pub last_sign_in_at: Option<DateTime<Utc>>,
}
