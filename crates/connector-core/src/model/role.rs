//! Roles: rights under a name, given to accounts for a scope. Those of the system are here, and nobody changes them;
//! those of products come and go with their product; all others are the operators' own.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::InvalidId;
use super::schemas::{named_schema, text_schema};

/// Longest name, in characters.
const CHARS_MAX: usize = 48;

/// Name of a role: letters, digits, `-`, `_`; compared without regard to upper and lower case.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct RoleName(String);

named_schema!(RoleName => text_schema(None));

impl RoleName {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn is_same_role(&self, other: &RoleName) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }

    pub fn system_role(&self) -> Option<&'static SystemRole> {
        SYSTEM_ROLES.iter().find(|role| role.name.eq_ignore_ascii_case(&self.0))
    }
}

impl FromStr for RoleName {
    type Err = InvalidId;
    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let good = (1..=CHARS_MAX).contains(&text.len())
            && text.starts_with(|c: char| c.is_ascii_alphabetic())
            && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c));
        if good {
            return Ok(RoleName(text.to_owned()));
        }
        Err(InvalidId {
            what: "role name",
            given: text.chars().take(80).collect(),
            rule: "up to 48 letters, digits, '-' or '_', beginning with a letter".into(),
        })
    }
}

impl fmt::Display for RoleName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<'de> Deserialize<'de> for RoleName {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        String::deserialize(d)?.parse().map_err(serde::de::Error::custom)
    }
}

#[derive(Debug)]
pub struct SystemRole {
    pub name: &'static str,
    pub summary: &'static str,
    /// As [`super::Right`] reads them.
    pub rights: &'static [&'static str],
}

pub const SYSTEM_ROLES: &[SystemRole] = &[
    SystemRole {
        name: "administrator",
        summary: "everything",
        rights: &["*"],
    },
    SystemRole {
        name: "operator",
        summary: "daily work: views everything, runs scans, sends non-destructive jobs, orders apps",
        rights: &[
            "Devices_Read",
            "Servers_Read",
            "Scans_Read",
            "Scans_Run",
            "Jobs_Read",
            "Jobs_Send",
            "Jobs_Cancel",
            "Actions_Sync",
            "Actions_Notify",
            "Actions_RemoteLock",
            "Actions_Reboot",
            "Actions_Locate",
            "Actions_DefenderScan",
            "Actions_DefenderUpdateSignatures",
            "KillSwitch_Read",
            "KillSwitch_Set",
            "Limits_Read",
            "Instances_Read",
            "Products_Read",
            "Workflows_Read",
            "Workflows_Run",
            "Compliance_Decide",
            "Compliance_Read",
            "Reports_Read",
            "Applications_Read",
            "Orders_Read",
            "Orders_Place",
            "Targets_Read",
            "Verify_Run",
        ],
    },
    SystemRole {
        name: "approver",
        summary: "approves what others request, and requests nothing themselves",
        rights: &[
            "Devices_Read",
            "Jobs_Read",
            "Jobs_Approve",
            "Jobs_Resolve",
            "KillSwitch_Read",
            "KillSwitch_Set",
            "Limits_Read",
            "Limits_Change",
            "Instances_Read",
            "Workflows_Read",
            "Reports_Read",
            "Applications_Read",
            "Orders_Read",
            "Orders_Approve",
            "Targets_Read",
        ],
    },
    SystemRole {
        name: "auditor",
        summary: "sees everything except secrets, and changes nothing",
        rights: &[
            "Devices_Read",
            "Servers_Read",
            "Scans_Read",
            "Jobs_Read",
            "KillSwitch_Read",
            "Limits_Read",
            "Instances_Read",
            "Products_Read",
            "Workflows_Read",
            "Compliance_Read",
            "Reports_Read",
            "Applications_Read",
            "Orders_Read",
            "Targets_Read",
            "Operators_Read",
            "Audit_Read",
            "Audit_Export",
            "Log_Read",
            "Bus_Metrics",
        ],
    },
    SystemRole {
        name: "gateway",
        summary: "requests compliance decisions during sign-ins",
        rights: &["Compliance_Decide"],
    },
    SystemRole {
        name: "management-server",
        summary: "announces itself, reads its changes and results, sends jobs where allowed",
        rights: &["Changes_Read", "Servers_Announce", "Jobs_Send", "Results_Read"],
    },
    SystemRole {
        name: "acting-server",
        summary: "a management server that acts: also sends jobs that synchronize, notify, lock and restart devices",
        rights: &[
            "Changes_Read",
            "Servers_Announce",
            "Jobs_Send",
            "Results_Read",
            "Actions_Sync",
            "Actions_Notify",
            "Actions_RemoteLock",
            "Actions_Reboot",
        ],
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Right, missing_rights};

    #[test]
    fn b72_system_roles_name_rights_that_exist_and_lack_nothing_that_these_need() {
        for role in SYSTEM_ROLES {
            let rights: Vec<Right> = role
                .rights
                .iter()
                .map(|right| right.parse().expect(role.name))
                .collect();
            assert!(
                missing_rights(&rights).is_empty(),
                "{}: {:?}",
                role.name,
                missing_rights(&rights)
            );
            assert!(role.name.parse::<RoleName>().is_ok());
        }
    }

    /// MI-8: a server that acts, and reads what became of it, needs no role of its own making; one that destroys does.
    #[test]
    fn mi_8_a_server_that_acts_has_a_role_that_fits_and_destroys_nothing() {
        let role = |name: &str| SYSTEM_ROLES.iter().find(|role| role.name == name).expect(name).rights;
        let acting = role("acting-server");
        assert!(role("management-server").iter().all(|right| acting.contains(right)));
        for action in ["Actions_Sync", "Actions_Notify", "Actions_RemoteLock", "Actions_Reboot"] {
            assert!(acting.contains(&action), "{action}");
        }
        for action in [
            "Actions_Retire",
            "Actions_Wipe",
            "Actions_Delete",
            "Actions_FreshStart",
            "Actions_*",
        ] {
            assert!(!acting.contains(&action), "{action}");
        }
        assert_eq!(role("gateway"), ["Compliance_Decide"]);
    }

    /// A9: whoever approves orders places none.
    #[test]
    fn a9_orders_are_placed_by_one_role_and_approved_by_another() {
        let of_orders = |name: &str| -> Vec<&str> {
            let role = SYSTEM_ROLES.iter().find(|role| role.name == name).expect(name);
            let rights = role.rights.iter().copied();
            rights
                .filter(|right| right.starts_with("Orders_") || right.starts_with("Applications_"))
                .collect()
        };
        assert_eq!(
            of_orders("operator"),
            ["Applications_Read", "Orders_Read", "Orders_Place"]
        );
        assert_eq!(
            of_orders("approver"),
            ["Applications_Read", "Orders_Read", "Orders_Approve"]
        );
        assert_eq!(of_orders("auditor"), ["Applications_Read", "Orders_Read"]);
        assert!(of_orders("management-server").is_empty());
    }

    #[test]
    fn names_that_could_be_mistaken_are_no_names() {
        for wrong in ["", "9lives", "a b", "ä", "-x", &"x".repeat(49)] {
            assert!(wrong.parse::<RoleName>().is_err(), "{wrong}");
        }
        assert!(
            "Administrator"
                .parse::<RoleName>()
                .is_ok_and(|name| name.system_role().is_some())
        );
    }
}
