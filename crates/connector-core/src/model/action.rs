//! The verbs: what can be done to a device. How each is done, where, and by whose leave is `actions::verbs`' business.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::schemas::{named_schema, words_schema};
use super::{InvalidId, nearest_name};

/// How much harm one call does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum ActionDanger {
    /// Nobody minds, not even when it happens twice by mistake.
    Harmless,
    /// Somebody's work is interrupted, or something has to be set right by hand.
    Disruptive,
    /// Data or access is lost (A5).
    Destructive,
}

macro_rules! verbs {
    ($($variant:ident $name:literal $right:literal),* $(,)?) => {
        /// One kind of action. The names on the wire are those of Microsoft's own actions where there is one.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum ActionKind { $($variant),* }

        impl ActionKind {
            pub const ALL: &'static [ActionKind] = &[$(ActionKind::$variant),*];

            /// On the wire, in settings and on the command line.
            pub fn name(self) -> &'static str {
                match self { $(ActionKind::$variant => $name),* }
            }

            /// The right that its use needs.
            pub fn required_right(self) -> &'static str {
                match self { $(ActionKind::$variant => concat!("Actions_", $right)),* }
            }
        }

        named_schema!(ActionKind => words_schema(ActionKind::ALL.iter().map(|action| action.name())));

        impl super::WordEnum for ActionKind {
            const ALL: &'static [ActionKind] = ActionKind::ALL;

            fn name(self) -> &'static str {
                self.name()
            }
        }
    };
}

verbs! {
    Sync "sync" "Sync",
    Notify "notify" "Notify",
    RemoteLock "remoteLock" "RemoteLock",
    Retire "retire" "Retire",
    Wipe "wipe" "Wipe",
    Delete "delete" "Delete",
    Reboot "reboot" "Reboot",
    ShutDown "shutDown" "ShutDown",
    ResetPasscode "resetPasscode" "ResetPasscode",
    Locate "locate" "Locate",
    EnableLostMode "enableLostMode" "EnableLostMode",
    DisableLostMode "disableLostMode" "DisableLostMode",
    PlayLostModeSound "playLostModeSound" "PlayLostModeSound",
    DefenderScan "defenderScan" "DefenderScan",
    DefenderUpdateSignatures "defenderUpdateSignatures" "DefenderUpdateSignatures",
    FreshStart "freshStart" "FreshStart",
    BypassActivationLock "bypassActivationLock" "BypassActivationLock",
    Rename "rename" "Rename",
    RotateBitLockerKeys "rotateBitLockerKeys" "RotateBitLockerKeys",
    RotateFileVaultKey "rotateFileVaultKey" "RotateFileVaultKey",
    RotateLocalAdminPassword "rotateLocalAdminPassword" "RotateLocalAdminPassword",
    LogOutSharedUser "logOutSharedUser" "LogOutSharedUser",
    RemoveSharedUser "removeSharedUser" "RemoveSharedUser",
    RunRemediation "runRemediation" "RunRemediation",
    EditName "editName" "EditName",
    EditNotes "editNotes" "EditNotes",
    EditOwner "editOwner" "EditOwner",
    EditCategory "editCategory" "EditCategory",
}

/// Whether a device on which an action was asked for may still be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DistrustRule {
    /// As before.
    Never,
    /// Not as long as the action is not known to have had no effect.
    Lasting,
    /// The same, until lost mode is switched off.
    LostMode,
    /// Done, it ends [`DistrustRule::LostMode`].
    EndsLostMode,
}

impl ActionKind {
    pub const fn danger(self) -> ActionDanger {
        use ActionKind::*;
        match self {
            Sync | Notify | PlayLostModeSound | DefenderScan | DefenderUpdateSignatures | EditNotes | EditCategory => {
                ActionDanger::Harmless
            }
            RemoteLock
            | Reboot
            | ShutDown
            | ResetPasscode
            | Locate
            | EnableLostMode
            | DisableLostMode
            | Rename
            | RotateBitLockerKeys
            | RotateFileVaultKey
            | RotateLocalAdminPassword
            | LogOutSharedUser
            | RunRemediation
            | EditName
            | EditOwner => ActionDanger::Disruptive,
            Wipe | Retire | Delete | FreshStart | RemoveSharedUser | BypassActivationLock => ActionDanger::Destructive,
        }
    }

    pub const fn distrust_rule(self) -> DistrustRule {
        use ActionKind::*;
        match self {
            Wipe | Retire | Delete | FreshStart => DistrustRule::Lasting,
            EnableLostMode => DistrustRule::LostMode,
            DisableLostMode => DistrustRule::EndsLostMode,
            Sync
            | Notify
            | RemoteLock
            | Reboot
            | ShutDown
            | ResetPasscode
            | Locate
            | PlayLostModeSound
            | DefenderScan
            | DefenderUpdateSignatures
            | BypassActivationLock
            | Rename
            | RotateBitLockerKeys
            | RotateFileVaultKey
            | RotateLocalAdminPassword
            | LogOutSharedUser
            | RemoveSharedUser
            | RunRemediation
            | EditName
            | EditNotes
            | EditOwner
            | EditCategory => DistrustRule::Never,
        }
    }

    /// Whether one person may do it alone to one device in an emergency (A9).
    pub const fn may_break_glass(self) -> bool {
        matches!(self, ActionKind::Wipe | ActionKind::Retire | ActionKind::RemoteLock)
    }
}

impl fmt::Display for ActionKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.name().fmt(f)
    }
}

impl FromStr for ActionKind {
    type Err = InvalidId;
    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let found = ActionKind::ALL.iter().find(|verb| verb.name() == text);
        found.copied().ok_or_else(|| InvalidId {
            what: "action",
            given: text.chars().take(80).collect(),
            rule: match nearest_name(text, ActionKind::ALL.iter().map(|verb| verb.name())) {
                Some(near) => {
                    format!("unknown; did you mean {near}? all of them: `actions` or GET /sics/v1/actions").into()
                }
                None => {
                    "unknown; all of them: `actions` or GET /sics/v1/actions, such as sync, notify, remoteLock, retire, wipe"
                        .into()
                }
            },
        })
    }
}

impl Serialize for ActionKind {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for ActionKind {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        String::deserialize(d)?.parse().map_err(serde::de::Error::custom)
    }
}
