//! The one table of rights: which feature needs which permission of Microsoft Graph, and why.
//!
//! The rights in a token are compared with it: missing ones are named with what will not work and the command that
//! grants them, surplus ones are named too (least privilege, E4).

/// What an instance may be set up to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum InstanceFeature {
    /// Reading devices and their count.
    Scan,
    /// Reading to whom a device is assigned.
    PrimaryUser,
    /// Remote actions of any kind, synchronise included.
    Actions,
    /// Changing or deleting a device, notifications.
    ManageDevices,
    /// App orders: apps, their groups and assignments, users and reports.
    Orders,
    /// App orders for devices.
    DeviceOrders,
    /// Synchronising devices after an order.
    SyncAfterOrders,
    /// Compliance decisions.
    Compliance,
}

impl InstanceFeature {
    /// For people: what is done with it.
    pub fn display_name(self) -> &'static str {
        match self {
            InstanceFeature::Scan => "inventory",
            InstanceFeature::PrimaryUser => "primary users",
            InstanceFeature::Actions => "actions",
            InstanceFeature::ManageDevices => "device changes",
            InstanceFeature::Orders => "orders",
            InstanceFeature::DeviceOrders => "orders for devices",
            InstanceFeature::SyncAfterOrders => "synchronisation after orders",
            InstanceFeature::Compliance => "compliance decisions",
        }
    }

    /// Used where it is granted, and missed by nobody: reading devices may be enough for it, which only Graph says.
    pub fn is_optional(self) -> bool {
        self == InstanceFeature::PrimaryUser
    }
}

/// A permission of Microsoft Graph, application kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GraphPermission {
    pub feature: InstanceFeature,
    pub name: &'static str,
    /// What it is for, and what will not work without it.
    pub reason: &'static str,
    /// Wider ones that do as well, at the price of more power than needed.
    pub alternatives: &'static [&'static str],
}

pub const TABLE: &[GraphPermission] = &[
    GraphPermission {
        feature: InstanceFeature::Scan,
        name: "DeviceManagementManagedDevices.Read.All",
        reason: "reading devices and the number of enrolled devices; without it, no scan works",
        alternatives: &["DeviceManagementManagedDevices.ReadWrite.All"],
    },
    GraphPermission {
        feature: InstanceFeature::PrimaryUser,
        name: "User.ReadBasic.All",
        reason: "reading the primary user of a device, where reading devices is not enough; without it, the field primaryUser may stay empty",
        alternatives: &["User.Read.All"],
    },
    GraphPermission {
        feature: InstanceFeature::Actions,
        name: "DeviceManagementManagedDevices.Read.All",
        reason: "reading a device before and after an action; the permission to act does not include reading",
        alternatives: &["DeviceManagementManagedDevices.ReadWrite.All"],
    },
    GraphPermission {
        feature: InstanceFeature::Actions,
        name: "DeviceManagementManagedDevices.PrivilegedOperations.All",
        reason: "remote actions: synchronise, restart, lock, retire, wipe; without it, Intune refuses jobs",
        alternatives: &[],
    },
    GraphPermission {
        feature: InstanceFeature::ManageDevices,
        name: "DeviceManagementManagedDevices.Read.All",
        reason: "reading a device before and after a change",
        alternatives: &["DeviceManagementManagedDevices.ReadWrite.All"],
    },
    GraphPermission {
        feature: InstanceFeature::ManageDevices,
        name: "DeviceManagementManagedDevices.ReadWrite.All",
        reason: "changing or deleting a device and sending notifications",
        alternatives: &[],
    },
    GraphPermission {
        feature: InstanceFeature::Orders,
        name: "DeviceManagementApps.ReadWrite.All",
        reason: "reading the apps and their installation reports, and assigning an app to its groups; without it, no application can be linked",
        alternatives: &[],
    },
    GraphPermission {
        feature: InstanceFeature::Orders,
        name: "Group.Create",
        reason: "making the install and the uninstall group of an application",
        alternatives: &["Group.ReadWrite.All"],
    },
    GraphPermission {
        feature: InstanceFeature::Orders,
        name: "GroupMember.ReadWrite.All",
        reason: "adding users and devices to these groups and removing them; without it, every order fails",
        alternatives: &["Group.ReadWrite.All"],
    },
    GraphPermission {
        feature: InstanceFeature::Orders,
        name: "User.Read.All",
        reason: "finding the user of an order",
        alternatives: &["User.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"],
    },
    GraphPermission {
        feature: InstanceFeature::Orders,
        name: "DeviceManagementManagedDevices.Read.All",
        reason: "finding the device of an order, and the devices of a user",
        alternatives: &["DeviceManagementManagedDevices.ReadWrite.All"],
    },
    GraphPermission {
        feature: InstanceFeature::DeviceOrders,
        name: "Device.ReadWrite.All",
        reason: "finding the directory object of a device and adding it to a group; without it, orders for devices fail",
        alternatives: &[],
    },
    GraphPermission {
        feature: InstanceFeature::SyncAfterOrders,
        name: "DeviceManagementManagedDevices.PrivilegedOperations.All",
        reason: "synchronising devices after a change, so that Intune installs sooner",
        alternatives: &[],
    },
    GraphPermission {
        feature: InstanceFeature::Compliance,
        name: "DeviceManagementManagedDevices.Read.All",
        reason: "reading a device during a sign-in; without it, every decision is an error",
        alternatives: &["DeviceManagementManagedDevices.ReadWrite.All"],
    },
];

/// Seeing what became of a request for approval, which only tenants with multi-admin approval have.
const OF_APPROVALS: &[&str] = &[
    "DeviceManagementRBAC.Read.All",
    "DeviceManagementConfiguration.Read.All",
    "DeviceManagementRBAC.ReadWrite.All",
    "DeviceManagementConfiguration.ReadWrite.All",
];

/// Used where a tenant has the occasion for it: none is missed, and the first of them that is granted is no surplus.
const OCCASIONAL: &[(InstanceFeature, &[&str])] = &[
    (InstanceFeature::Actions, OF_APPROVALS),
    (InstanceFeature::ManageDevices, OF_APPROVALS),
];

/// How a token's rights and the features in use fit together.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PermissionComparison {
    pub missing: Vec<&'static GraphPermission>,
    /// Rights that none of the features needs.
    pub surplus: Vec<String>,
}

/// Compares the rights in a token with what the features need.
pub fn compare_permissions(roles: &[String], features: &[InstanceFeature]) -> PermissionComparison {
    let has = |name: &str| roles.iter().any(|role| role == name);
    let needed = || TABLE.iter().filter(|row| features.contains(&row.feature));
    let mut missing: Vec<&'static GraphPermission> = Vec::new();
    for row in needed().filter(|row| !row.feature.is_optional()) {
        let satisfied = has(row.name) || row.alternatives.iter().any(|name| has(name));
        if !satisfied && !missing.iter().any(|known| known.name == row.name) {
            missing.push(row);
        }
    }
    // A wider right that stands in for a missing narrow one is in use; beside the narrow one it is surplus.
    let needs =
        |role: &str| needed().any(|row| row.name == role || (!has(row.name) && row.alternatives.contains(&role)));
    let on_occasion = |role: &str| {
        let of = OCCASIONAL.iter().filter(|(feature, _)| features.contains(feature));
        of.filter_map(|(_, names)| names.iter().find(|name| has(name)))
            .any(|name| *name == role)
    };
    let in_use = |role: &str| needs(role) || on_occasion(role);
    let surplus = roles.iter().filter(|role| !in_use(role)).cloned().collect();
    PermissionComparison { missing, surplus }
}

/// What these features need, each once; without what is used only where it is granted.
pub fn list_needed_permissions(features: &[InstanceFeature]) -> Vec<&'static GraphPermission> {
    let mut needed: Vec<&'static GraphPermission> = Vec::new();
    let is_needed = |row: &&GraphPermission| features.contains(&row.feature) && !row.feature.is_optional();
    for row in TABLE.iter().filter(is_needed) {
        if !needed.iter().any(|known| known.name == row.name) {
            needed.push(row);
        }
    }
    needed
}

/// The feature that a permission was put into the table for; reading serves several.
pub fn feature_of_permission(permission: &str) -> Option<InstanceFeature> {
    TABLE.iter().find(|row| row.name == permission).map(|row| row.feature)
}

/// What these features need a permission for, and so what will not work without it.
pub fn permission_reasons(permission: &str, features: &[InstanceFeature]) -> String {
    let rows = TABLE.iter().filter(|row| row.name == permission);
    let reasons = rows.filter(|row| features.contains(&row.feature)).map(|row| row.reason);
    reasons.collect::<Vec<_>>().join("; ")
}

/// Rights of the table that `before` satisfied and `after` does not.
pub fn lost_permissions(before: &[String], after: &[String]) -> Vec<String> {
    let satisfied = |roles: &[String], row: &GraphPermission| {
        roles
            .iter()
            .any(|role| role == row.name || row.alternatives.contains(&role.as_str()))
    };
    let mut names = Vec::new();
    for row in TABLE
        .iter()
        .filter(|row| !row.feature.is_optional() && satisfied(before, row) && !satisfied(after, row))
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
pub fn grant_command(missing: &GraphPermission, client_id: &str) -> String {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn roles(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    const READ: &str = "DeviceManagementManagedDevices.Read.All";
    const READ_WRITE: &str = "DeviceManagementManagedDevices.ReadWrite.All";

    #[test]
    fn e4_missing_and_surplus_rights_are_named() {
        let found = compare_permissions(&roles(&["Directory.ReadWrite.All"]), &[InstanceFeature::Scan]);
        assert_eq!(found.missing.iter().map(|row| row.name).collect::<Vec<_>>(), [READ]);
        assert_eq!(found.surplus, ["Directory.ReadWrite.All"]);
        let nothing = compare_permissions(
            &[],
            &[
                InstanceFeature::Scan,
                InstanceFeature::Actions,
                InstanceFeature::ManageDevices,
                InstanceFeature::Orders,
            ],
        );
        let mut names: Vec<_> = nothing.missing.iter().map(|row| row.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), nothing.missing.len(), "each once");
    }

    #[test]
    fn a_wider_right_does_but_beside_the_narrow_one_it_is_surplus() {
        assert_eq!(
            compare_permissions(&roles(&[READ_WRITE]), &[InstanceFeature::Scan]),
            PermissionComparison::default()
        );
        assert_eq!(
            compare_permissions(&roles(&[READ, READ_WRITE]), &[InstanceFeature::Scan]).surplus,
            [READ_WRITE]
        );
        assert!(
            compare_permissions(
                &roles(&[READ, READ_WRITE]),
                &[InstanceFeature::Scan, InstanceFeature::ManageDevices]
            )
            .surplus
            .is_empty()
        );
    }

    #[test]
    fn what_is_needed_is_named_once_and_nothing_is_missed_where_it_is_granted() {
        let acting = [
            InstanceFeature::Scan,
            InstanceFeature::Actions,
            InstanceFeature::ManageDevices,
        ];
        for features in [&acting[..1], &acting[..2], &acting] {
            let names: Vec<&str> = list_needed_permissions(features).iter().map(|row| row.name).collect();
            assert_eq!(names.len(), features.len(), "{names:?}");
            let granted = compare_permissions(&roles(&names), features);
            assert_eq!(granted, PermissionComparison::default(), "{names:?}");
        }
        assert!(list_needed_permissions(&[]).is_empty());
    }

    #[test]
    fn the_power_to_act_does_not_include_reading() {
        let acting = roles(&["DeviceManagementManagedDevices.PrivilegedOperations.All"]);
        let found = compare_permissions(&acting, &[InstanceFeature::Actions]);
        assert_eq!(found.missing.iter().map(|row| row.name).collect::<Vec<_>>(), [READ]);
    }

    #[test]
    fn e4_what_a_feature_that_is_switched_on_needs_is_never_surplus() {
        let approvals = "DeviceManagementRBAC.Read.All";
        let all = roles(&[
            READ,
            "DeviceManagementManagedDevices.PrivilegedOperations.All",
            READ_WRITE,
            approvals,
        ]);
        let acting = [
            InstanceFeature::Scan,
            InstanceFeature::Actions,
            InstanceFeature::ManageDevices,
        ];
        assert_eq!(compare_permissions(&all, &acting), PermissionComparison::default());
        assert_eq!(compare_permissions(&all, &[InstanceFeature::Scan]).surplus, all[1..]);
        assert_eq!(
            compare_permissions(&roles(&[READ, READ_WRITE]), &[InstanceFeature::ManageDevices]),
            PermissionComparison::default()
        );
        let reasons = permission_reasons(READ, &[InstanceFeature::Scan, InstanceFeature::Compliance]);
        assert!(
            reasons.contains("no scan works; reading a device during a sign-in"),
            "{reasons}"
        );
    }

    #[test]
    fn e4_what_is_used_only_where_it_is_granted_is_neither_missed_nor_surplus() {
        let reading = [InstanceFeature::Scan, InstanceFeature::PrimaryUser];
        assert_eq!(
            compare_permissions(&roles(&[READ]), &reading),
            PermissionComparison::default()
        );
        for users in ["User.ReadBasic.All", "User.Read.All"] {
            let granted = roles(&[READ, users]);
            assert_eq!(compare_permissions(&granted, &reading), PermissionComparison::default());
            assert_eq!(compare_permissions(&granted, &reading[..1]).surplus, [users]);
            assert!(lost_permissions(&roles(&["User.ReadBasic.All"]), &[]).is_empty());
        }
        let needed: Vec<&str> = list_needed_permissions(&reading).iter().map(|row| row.name).collect();
        assert_eq!(needed, [READ]);
    }

    #[test]
    fn what_another_application_would_lose_is_named() {
        assert_eq!(lost_permissions(&roles(&[READ, "Unknown.Right"]), &[]), [READ]);
        assert!(lost_permissions(&roles(&[READ]), &roles(&[READ_WRITE])).is_empty());
    }

    #[test]
    fn the_commands_name_application_and_right() {
        for command in [grant_with_az("client-1", READ), grant_with_powershell("client-1", READ)] {
            assert!(command.contains("client-1") && command.contains(READ), "{command}");
        }
    }
}
