//! What an operator may do, in two levels (`Servers_Accept`, `Servers_*`, `*`), and where.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::schemas::{named_schema, text_schema};
use super::{InvalidId, ServerId, nearest_name};

/// Every right there is, with what it is for. A right not listed here does not exist.
pub const RIGHTS: &[(&str, &str)] = &[
    ("Devices_Read", "list, search and read devices"),
    (
        "Changes_Read",
        "read and acknowledge the changes of one's own management server",
    ),
    (
        "Servers_Announce",
        "announce a management server and change its display name",
    ),
    ("Servers_Read", "see management servers and their progress"),
    (
        "Servers_Manage",
        "accept, limit, rewind, resynchronise and remove management servers",
    ),
    ("Scans_Read", "see scans and what they found"),
    ("Scans_Run", "run a scan now"),
    (
        "Scans_ConfirmGone",
        "release the deletion brake: confirm that exactly the devices shown have gone",
    ),
    ("Actions_Sync", "ask devices to check in"),
    ("Actions_Notify", "send notifications to the Company Portal"),
    ("Actions_RemoteLock", "lock devices"),
    ("Actions_Retire", "retire devices: remove company data from them"),
    (
        "Actions_Wipe",
        "reset devices to factory settings; also needed to delete company-owned Android devices",
    ),
    (
        "Actions_Delete",
        "delete devices from Intune; this retires most devices and wipes company-owned Android devices",
    ),
    ("Actions_Reboot", "restart devices"),
    ("Actions_ShutDown", "shut devices down"),
    ("Actions_ResetPasscode", "reset passcodes"),
    ("Actions_Locate", "locate devices"),
    ("Actions_EnableLostMode", "turn lost mode on"),
    ("Actions_DisableLostMode", "turn lost mode off"),
    ("Actions_PlayLostModeSound", "play a sound on lost devices"),
    ("Actions_DefenderScan", "run Defender scans"),
    ("Actions_DefenderUpdateSignatures", "update Defender signatures"),
    ("Actions_FreshStart", "reinstall Windows"),
    (
        "Actions_BypassActivationLock",
        "remove the Activation Lock from devices",
    ),
    ("Actions_Rename", "rename devices"),
    ("Actions_RotateBitLockerKeys", "rotate BitLocker keys"),
    ("Actions_RotateFileVaultKey", "rotate FileVault keys"),
    (
        "Actions_RotateLocalAdminPassword",
        "rotate passwords of local administrators",
    ),
    ("Actions_LogOutSharedUser", "log users out of Shared iPads"),
    (
        "Actions_RemoveSharedUser",
        "remove users and their data from Shared iPads",
    ),
    ("Actions_RunRemediation", "run remediation scripts"),
    ("Actions_EditName", "change the names that Intune shows"),
    ("Actions_EditNotes", "change notes"),
    ("Actions_EditOwner", "set whether devices are company-owned or personal"),
    ("Actions_EditCategory", "change categories"),
    ("Jobs_Read", "see jobs of others and their results"),
    ("Jobs_Send", "send jobs; each action needs its own right as well"),
    ("Jobs_Approve", "approve and reject jobs of others"),
    (
        "Jobs_Cancel",
        "cancel jobs of others, as far as they have not been sent",
    ),
    ("Jobs_Resolve", "set the outcome of a task that could not be determined"),
    (
        "Jobs_Urgent",
        "send jobs that do not wait for a maintenance window; limits, identity and kill switch still apply",
    ),
    (
        "Results_Read",
        "read and acknowledge the results of one's own management server",
    ),
    (
        "Results_Secrets",
        "see unlock codes, passcodes and positions that one's own jobs returned",
    ),
    ("KillSwitch_Read", "see the kill switch"),
    (
        "KillSwitch_Set",
        "turn the kill switch on, and request that it is turned off",
    ),
    ("Limits_Read", "see the limits of actions"),
    (
        "Limits_Change",
        "tighten the limits of actions, and request that they are loosened",
    ),
    ("Instances_Read", "see instances and their settings (never secrets)"),
    ("Instances_Manage", "add, change, start, stop and remove instances"),
    (
        "Products_Read",
        "see products, their versions and what an update changes",
    ),
    (
        "Products_Manage",
        "add, update and remove products, and choose whose packages are trusted",
    ),
    ("Workflows_Read", "see workflows and their runs"),
    (
        "Workflows_Run",
        "start and stop runs of workflows; each step needs its own right as well",
    ),
    (
        "Workflows_Manage",
        "enable and disable workflows, which then act in one's own name",
    ),
    (
        "Compliance_Decide",
        "request compliance decisions; returns device properties if the node saves them",
    ),
    ("Compliance_Read", "see the nodes of compliance decisions"),
    (
        "Reports_Read",
        "see and export reports, about the devices and jobs that one may see",
    ),
    ("Reports_Manage", "have reports written into files by schedule"),
    (
        "Applications_Read",
        "see the applications that can be ordered, and the apps of a tenant",
    ),
    ("Applications_Manage", "add, change and remove applications"),
    ("Orders_Read", "see orders and what became of them"),
    ("Orders_Place", "place, repeat and cancel orders"),
    ("Orders_Approve", "approve and reject orders of others"),
    (
        "Targets_Read",
        "see targets, what they write into another inventory, and what they would write",
    ),
    (
        "Targets_Manage",
        "change mappings of targets, agree to what they write, decide about devices, put back runs",
    ),
    ("Operators_Read", "see operators"),
    ("Operators_Manage", "add, change and remove operators and their tokens"),
    ("Verify_Run", "run the connection check"),
    ("Audit_Read", "read and verify the audit trail"),
    (
        "Audit_Export",
        "export the audit trail, and evidence of a period in a signed file",
    ),
    ("Log_Read", "read the log of the bus"),
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
                rule: describe_unknown_right(text).into(),
            })
        }
    }
}

/// What is wrong with a text that is no right.
fn describe_unknown_right(text: &str) -> String {
    let mut parts = text
        .split([';', '|', ' '])
        .map(str::trim)
        .filter(|part| !part.is_empty());
    if parts.clone().count() > 1 && parts.all(|part| part.parse::<Right>().is_ok()) {
        return "separate several rights by commas, as in Devices_Read,Servers_Read".to_owned();
    }
    match nearest_name(text, RIGHTS.iter().map(|(name, _)| *name)) {
        Some(near) => format!("unknown; did you mean {near}? all of them: intune-connector operators rights"),
        None => {
            "unknown; such as Devices_Read, Servers_* or *; all of them: intune-connector operators rights".to_owned()
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
    /// Ids of management servers.
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
    fn wn_41_a_right_or_an_action_that_is_none_is_told_the_nearest_one() {
        let right = |text: &str| text.parse::<Right>().unwrap_err().to_string();
        assert!(right("Device_Read").contains("did you mean Devices_Read?"));
        assert!(right("devices_read").contains("intune-connector operators rights"));
        assert!(right("Everything").contains("such as Devices_Read"));
        assert!(right("Devices_Read;Servers_Read").contains("by commas"));
        assert!(!right("Devices_Read;Nothing").contains("by commas"));
        let action = |text: &str| text.parse::<ActionKind>().unwrap_err().to_string();
        assert!(action("remotelock").contains("did you mean remoteLock?"));
        assert!(action("Sync").contains("did you mean sync?"));
        assert!(action("explode").contains("GET /sics/v1/actions"));
    }

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
