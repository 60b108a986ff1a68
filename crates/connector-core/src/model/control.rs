//! Who gained control over whose account, how, and when: what tells whether two accounts are two persons (A9).

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use super::{OperatorId, Timestamp};

/// How one account came to control another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum ControlKind {
    Made,
    /// Rights by which it may approve, destroy or manage accounts, or a wider scope of such.
    Rights,
    /// The same by a role: given, widened, or the role itself changed.
    Role,
    Password,
    Token,
    Enabled,
    SuspensionLifted,
    /// The second factor was taken away: the password alone opens the account.
    SecondFactor,
    /// An account of that name was removed shortly before this one was made.
    SameName,
}

impl ControlKind {
    /// As it is kept.
    pub fn name(self) -> &'static str {
        match self {
            ControlKind::Made => "made",
            ControlKind::Rights => "rights",
            ControlKind::Role => "role",
            ControlKind::Password => "password",
            ControlKind::Token => "token",
            ControlKind::Enabled => "enabled",
            ControlKind::SuspensionLifted => "suspensionLifted",
            ControlKind::SecondFactor => "secondFactor",
            ControlKind::SameName => "sameName",
        }
    }
}

/// A control ties two accounts for that long.
const TIES: TimeDelta = TimeDelta::days(7);
/// A password that was set by somebody else ties until so long after its owner has set another one.
pub const RENEWED: TimeDelta = TimeDelta::hours(24);

/// One account gained control over another. What an untied second person agreed to leaves none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountControl {
    pub by: OperatorId,
    pub over: OperatorId,
    pub kind: ControlKind,
    pub at: Timestamp,
    /// When it ties no more; `None`: until [`RENEWED`] after the owner has set a password of their own.
    pub ends_at: Option<Timestamp>,
}

impl AccountControl {
    pub fn new(by: OperatorId, over: OperatorId, how: ControlKind, at: Timestamp) -> AccountControl {
        AccountControl {
            by,
            over,
            kind: how,
            at,
            ends_at: Some(at + TIES),
        }
    }

    /// A password that its owner has to replace: as long as they have not, whoever set it knows it.
    pub fn by_temporary_password(by: OperatorId, over: OperatorId, at: Timestamp) -> AccountControl {
        AccountControl {
            ends_at: None,
            ..AccountControl::new(by, over, ControlKind::Password, at)
        }
    }

    pub fn is_active_at(&self, now: Timestamp) -> bool {
        self.ends_at.is_none_or(|end| now < end)
    }

    /// Whether a second factor that its owner had before keeps out whoever set the password. One that was set up later may
    /// be theirs who knew it.
    pub fn is_held_off_by(&self, factor_since: Option<Timestamp>) -> bool {
        self.kind == ControlKind::Password && factor_since.is_some_and(|since| since < self.at)
    }
}
