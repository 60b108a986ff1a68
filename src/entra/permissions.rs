//! The one table of rights: which feature needs which permission of Microsoft Graph, and why (GRAPH.md H).
//!
//! The rights in a token are compared with it: missing ones are named with what will not work and the command that
//! grants them, surplus ones are named too (least privilege, E4).

/// What an instance may be set up to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Feature {
    /// Reading devices and their count.
    Scan,
    /// Remote actions of any kind, synchronise included.
    Actions,
    /// Changing or deleting a device, notifications.
    ManageDevices,
    /// Putting users and devices into groups for app orders.
    Orders,
}

/// A permission of Microsoft Graph, application kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Permission {
    pub feature: Feature,
    pub name: &'static str,
    /// What it is for, and what will not work without it.
    pub reason: &'static str,
    /// Wider ones that do as well, at the price of more power than needed.
    pub also: &'static [&'static str],
}

pub const TABLE: &[Permission] = &[
    Permission {
        feature: Feature::Scan,
        name: "DeviceManagementManagedDevices.Read.All",
        reason: "reading devices and how many are enrolled; without it no scan works",
        also: &["DeviceManagementManagedDevices.ReadWrite.All"],
    },
    Permission {
        feature: Feature::Actions,
        name: "DeviceManagementManagedDevices.Read.All",
        reason: "looking at a device before and after an action; the right to act does not include reading",
        also: &["DeviceManagementManagedDevices.ReadWrite.All"],
    },
    Permission {
        feature: Feature::Actions,
        name: "DeviceManagementManagedDevices.PrivilegedOperations.All",
        reason: "remote actions: synchronise, restart, lock, retire, wipe; without it jobs are refused by Intune",
        also: &[],
    },
    Permission {
        feature: Feature::ManageDevices,
        name: "DeviceManagementManagedDevices.ReadWrite.All",
        reason: "changing or deleting a device and sending notifications",
        also: &[],
    },
    Permission {
        feature: Feature::Orders,
        name: "DeviceManagementApps.Read.All",
        reason: "finding apps and how far their installation is",
        also: &["DeviceManagementApps.ReadWrite.All"],
    },
    Permission {
        feature: Feature::Orders,
        name: "GroupMember.ReadWrite.All",
        reason: "putting users and devices into the group of an app",
        also: &["Group.ReadWrite.All"],
    },
    Permission {
        feature: Feature::Orders,
        name: "Device.Read.All",
        reason: "finding the directory object of a device",
        also: &["Device.ReadWrite.All", "Directory.Read.All"],
    },
];

/// How a token's rights and the features in use fit together.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Comparison {
    pub missing: Vec<&'static Permission>,
    /// Rights that none of the features needs.
    pub surplus: Vec<String>,
}

/// Compares the rights in a token with what the features need.
pub fn compare(roles: &[String], features: &[Feature]) -> Comparison {
    let has = |name: &str| roles.iter().any(|role| role == name);
    let needed = || TABLE.iter().filter(|row| features.contains(&row.feature));
    let mut missing: Vec<&'static Permission> = Vec::new();
    for row in needed() {
        let satisfied = has(row.name) || row.also.iter().any(|name| has(name));
        if !satisfied && !missing.iter().any(|known| known.name == row.name) {
            missing.push(row);
        }
    }
    // A wider right that stands in for a missing narrow one is in use; beside the narrow one it is surplus.
    let in_use = |role: &str| needed().any(|row| row.name == role || (!has(row.name) && row.also.contains(&role)));
    let surplus = roles.iter().filter(|role| !in_use(role)).cloned().collect();
    Comparison { missing, surplus }
}

/// Rights of the table that `before` satisfied and `after` does not.
pub fn lost(before: &[String], after: &[String]) -> Vec<String> {
    let satisfied = |roles: &[String], row: &Permission| {
        roles
            .iter()
            .any(|role| role == row.name || row.also.contains(&role.as_str()))
    };
    let mut names = Vec::new();
    for row in TABLE
        .iter()
        .filter(|row| satisfied(before, row) && !satisfied(after, row))
    {
        if !names.iter().any(|name| name == row.name) {
            names.push(row.name.to_owned());
        }
    }
    names
}

/// The application id of Microsoft Graph, the same in every tenant.
const GRAPH_APP_ID: &str = "00000003-0000-0000-c000-000000000000";

/// Commands that grant a permission to an application: Azure CLI, to be followed by consent. Names are looked up
/// rather than ids being written down here.
pub fn grant_with_az(client_id: &str, permission: &str) -> String {
    format!(
        "az ad app permission add --id {client_id} --api {GRAPH_APP_ID} --api-permissions \"$(az ad sp show --id \
         {GRAPH_APP_ID} --query \"appRoles[?value=='{permission}'].id\" -o tsv)=Role\" && az ad app permission \
         admin-consent --id {client_id}"
    )
}

/// The command that grants a missing right; [`grant_with_powershell`] is the other way.
pub fn grant_command(missing: &Permission, client_id: &str) -> String {
    grant_with_az(client_id, missing.name)
}

/// The same with Microsoft Graph PowerShell: grants and consents at once.
pub fn grant_with_powershell(client_id: &str, permission: &str) -> String {
    format!(
        "Connect-MgGraph -Scopes Application.Read.All,AppRoleAssignment.ReadWrite.All; $graph = \
         Get-MgServicePrincipal -Filter \"appId eq '{GRAPH_APP_ID}'\"; $app = Get-MgServicePrincipal -Filter \
         \"appId eq '{client_id}'\"; New-MgServicePrincipalAppRoleAssignment -ServicePrincipalId $app.Id -PrincipalId \
         $app.Id -ResourceId $graph.Id -AppRoleId ($graph.AppRoles | Where-Object Value -eq '{permission}').Id"
    )
}
