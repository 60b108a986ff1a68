//! What an operator may do, in two levels (`Servers_Accept`, `Servers_*`, `*`), and where.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::schemas::{named_schema, text_schema};
use super::{InvalidId, ServerId};

/// Every right there is, with what it is for. A right not listed here does not exist.
pub const RIGHTS: &[(&str, &str)] = &[
    ("Devices_Read", "list, search and read devices"),
    (
        "Changes_Read",
        "read and acknowledge the changes of a management server of one's own",
    ),
    (
        "Servers_Announce",
        "announce a management server and change its display name",
    ),
    ("Servers_Read", "see management servers and how far they are"),
    (
        "Servers_Manage",
        "accept, limit, rewind, resynchronise and remove management servers",
    ),
    ("Scans_Read", "see scans and what they found"),
    ("Scans_Run", "run a scan now"),
    (
        "Scans_ConfirmGone",
        "release the brake: confirm that exactly the devices shown have gone",
    ),
    ("Actions_Sync", "ask devices to check in"),
    ("Actions_Notify", "send notifications to the Company Portal"),
    ("Actions_RemoteLock", "lock devices"),
    ("Actions_Retire", "take the company off devices"),
    (
        "Actions_Wipe",
        "reset devices to what they were in the factory; also for deleting company Androids",
    ),
    (
        "Actions_Delete",
        "delete devices from Intune; most are retired by it, company Androids wiped",
    ),
    ("Actions_Reboot", "restart devices"),
    ("Actions_ShutDown", "switch devices off"),
    ("Actions_ResetPasscode", "reset passcodes"),
    ("Actions_Locate", "ask devices where they are"),
    ("Actions_EnableLostMode", "switch lost mode on"),
    ("Actions_DisableLostMode", "switch lost mode off"),
    ("Actions_PlayLostModeSound", "let lost devices sound"),
    ("Actions_DefenderScan", "run Defender scans"),
    ("Actions_DefenderUpdateSignatures", "update Defender signatures"),
    ("Actions_FreshStart", "install Windows anew"),
    ("Actions_BypassActivationLock", "take the Activation Lock off devices"),
    ("Actions_Rename", "rename devices"),
    ("Actions_RotateBitLockerKeys", "rotate BitLocker keys"),
    ("Actions_RotateFileVaultKey", "rotate FileVault keys"),
    (
        "Actions_RotateLocalAdminPassword",
        "rotate passwords of local administrators",
    ),
    ("Actions_LogOutSharedUser", "log users of Shared iPads out"),
    (
        "Actions_RemoveSharedUser",
        "take users off Shared iPads, with their data",
    ),
    ("Actions_RunRemediation", "run remediation scripts"),
    ("Actions_EditName", "change the names that Intune shows"),
    ("Actions_EditNotes", "change notes"),
    (
        "Actions_EditOwner",
        "say whether devices belong to the company or to people",
    ),
    ("Actions_EditCategory", "change categories"),
    ("Jobs_Read", "see jobs of others and what became of them"),
    ("Jobs_Send", "send jobs; each action needs its own right as well"),
    ("Jobs_Approve", "approve and reject jobs of others"),
    ("Jobs_Cancel", "cancel jobs of others, as far as nothing was sent"),
    (
        "Jobs_Resolve",
        "say what became of a task whose outcome nobody could read",
    ),
    (
        "Jobs_Urgent",
        "send jobs that wait for no maintenance window; limits, identity and kill switch hold for them too",
    ),
    (
        "Results_Read",
        "read and acknowledge the results of a management server of one's own",
    ),
    (
        "Results_Secrets",
        "see unlock codes, passcodes and positions that one's own jobs brought",
    ),
    ("KillSwitch_Read", "see the kill switch"),
    (
        "KillSwitch_Set",
        "switch the kill switch on, and ask for it to be switched off",
    ),
    ("Limits_Read", "see the limits of actions"),
    (
        "Limits_Change",
        "tighten the limits of actions, and ask for them to be loosened",
    ),
    ("Instances_Read", "see instances and their settings (never secrets)"),
    ("Instances_Manage", "add, change, start, stop and remove instances"),
    (
        "Products_Read",
        "see products, their versions and what an update changes",
    ),
    (
        "Products_Manage",
        "add, update and remove products, and say whose packages are trusted",
    ),
    ("Workflows_Read", "see workflows and their runs"),
    (
        "Workflows_Run",
        "start and stop runs of workflows; each step needs its own right as well",
    ),
    (
        "Workflows_Manage",
        "enable and disable workflows, which act in one's own name then",
    ),
    (
        "Compliance_Decide",
        "ask whether a device may be trusted; brings its properties where a node saves them",
    ),
    ("Compliance_Read", "see the nodes of compliance decisions"),
    ("Operators_Read", "see operators"),
    ("Operators_Manage", "add, change and remove operators and their tokens"),
    ("Verify_Run", "run the connection check"),
    ("Audit_Read", "read and verify the audit trail"),
    ("Audit_Export", "export the audit trail"),
    ("Bus_Metrics", "read /metrics"),
    ("Bus_Backup", "write a backup"),
];

/// One granted right: a name of [`RIGHTS`], a main right with all below it (`Servers_*`), or `*`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Right(String);

named_schema!(Right => text_schema(None));

impl Right {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this grant covers `required`, a name of [`RIGHTS`].
    pub fn covers(&self, required: &str) -> bool {
        match self.0.strip_suffix('*') {
            Some(prefix) => required.starts_with(prefix),
            None => self.0 == required,
        }
    }
}

impl FromStr for Right {
    type Err = InvalidId;
    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let known = text == "*"
            || RIGHTS.iter().any(|(name, _)| *name == text)
            || text
                .strip_suffix("_*")
                .is_some_and(|main| RIGHTS.iter().any(|(name, _)| name.split('_').next() == Some(main)));
        if known {
            Ok(Right(text.to_owned()))
        } else {
            Err(InvalidId {
                what: "right",
                given: text.chars().take(80).collect(),
                rule: "see the list of rights: Devices_Read, Servers_*, *",
            })
        }
    }
}

impl fmt::Display for Right {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<'de> Deserialize<'de> for Right {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        String::deserialize(d)?.parse().map_err(serde::de::Error::custom)
    }
}

/// Where rights hold. `None` means everywhere.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RightScope {
    /// Names of instances.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instances: Option<Vec<super::InstanceName>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub servers: Option<Vec<ServerId>>,
}

impl RightScope {
    pub fn holds_for_instance(&self, name: &super::InstanceName) -> bool {
        self.instances.as_ref().is_none_or(|names| names.contains(name))
    }

    pub fn holds_for_server(&self, id: &ServerId) -> bool {
        self.servers.as_ref().is_none_or(|ids| ids.contains(id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ActionKind;

    #[test]
    fn every_verb_has_its_right_and_no_right_is_listed_twice() {
        let names: std::collections::BTreeSet<&str> = RIGHTS.iter().map(|(name, _)| *name).collect();
        assert_eq!(names.len(), RIGHTS.len());
        let of_verbs: std::collections::BTreeSet<&str> =
            ActionKind::ALL.iter().map(|verb| verb.required_right()).collect();
        let listed = names.into_iter().filter(|name| name.starts_with("Actions_")).collect();
        assert_eq!(of_verbs, listed);
    }

    #[test]
    fn a_right_to_all_actions_covers_each_and_nothing_else() {
        let all: Right = "Actions_*".parse().expect("a main right");
        for (name, _) in RIGHTS {
            assert_eq!(all.covers(name), name.starts_with("Actions_"), "{name}");
        }
    }
}
