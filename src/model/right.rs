//! What an operator may do, in two levels (`Servers_Accept`, `Servers_*`, `*`), and where.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

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
    ("Instances_Read", "see instances and their settings (never secrets)"),
    ("Instances_Manage", "add, change and remove instances"),
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

impl Right {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this grant covers `wanted`, a name of [`RIGHTS`].
    pub fn covers(&self, wanted: &str) -> bool {
        match self.0.strip_suffix('*') {
            Some(prefix) => wanted.starts_with(prefix),
            None => self.0 == wanted,
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
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Scope {
    /// Names of instances.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instances: Option<Vec<super::InstanceName>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub servers: Option<Vec<ServerId>>,
}

impl Scope {
    pub fn holds_for_instance(&self, name: &super::InstanceName) -> bool {
        self.instances.as_ref().is_none_or(|names| names.contains(name))
    }

    pub fn holds_for_server(&self, id: &ServerId) -> bool {
        self.servers.as_ref().is_none_or(|ids| ids.contains(id))
    }
}
