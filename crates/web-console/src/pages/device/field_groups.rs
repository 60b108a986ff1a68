//! In which group of the device's page a field stands.

/// A group, by the end of its heading's key, and its fields in their order.
type FieldGroup = (&'static str, &'static [&'static str]);

/// All groups; what no group has stands under [`OTHERS`].
pub(crate) const GROUPS: &[FieldGroup] = &[
    (
        "general",
        &[
            "deviceName",
            "managedDeviceName",
            "serialNumber",
            "managedDeviceOwnerType",
            "ownerType",
            "deviceCategoryDisplayName",
            "deviceClass",
            "lastSyncDateTime",
            "notes",
            "id",
            "azureADDeviceId",
            "azureActiveDirectoryDeviceId",
        ],
    ),
    (
        "user",
        &[
            "primaryUser",
            "userDisplayName",
            "userPrincipalName",
            "emailAddress",
            "phoneNumber",
            "userId",
            "enrolledByUserPrincipalName",
            "usersLoggedOn",
        ],
    ),
    (
        "hardware",
        &[
            "manufacturer",
            "model",
            "deviceType",
            "chassisType",
            "processorArchitecture",
            "physicalMemoryInBytes",
            "imei",
            "meid",
            "iccid",
            "udid",
            "hardwareInformation",
            "chromeOSDeviceInfo",
        ],
    ),
    (
        "system",
        &[
            "operatingSystem",
            "osVersion",
            "androidSecurityPatchLevel",
            "securityPatchLevel",
            "skuFamily",
            "skuNumber",
            "specificationVersion",
        ],
    ),
    (
        "network",
        &["wiFiMacAddress", "ethernetMacAddress", "subscriberCarrier"],
    ),
    (
        "storage",
        &["totalStorageSpaceInBytes", "freeStorageSpaceInBytes", "isEncrypted"],
    ),
    (
        "security",
        &[
            "complianceState",
            "complianceGracePeriodExpirationDateTime",
            "retireAfterDateTime",
            "jailBroken",
            "isSupervised",
            "lostModeState",
            "partnerReportedThreatState",
            "windowsActiveMalwareCount",
            "windowsRemediatedMalwareCount",
            "bootstrapTokenEscrowed",
            "deviceFirmwareConfigurationInterfaceManaged",
            "deviceHealthAttestationState",
        ],
    ),
    (
        "management",
        &[
            "managementState",
            "managementAgent",
            "managementFeatures",
            "enrolledDateTime",
            "deviceEnrollmentType",
            "deviceRegistrationState",
            "enrollmentProfileName",
            "autopilotEnrolled",
            "azureADRegistered",
            "aadRegistered",
            "joinType",
            "requireUserEnrollmentApproval",
            "managementCertificateExpirationDate",
            "preferMdmOverGroupPolicyAppliedDateTime",
            "configurationManagerClientEnabledFeatures",
            "configurationManagerClientHealthState",
            "configurationManagerClientInformation",
            "roleScopeTagIds",
            "remoteAssistanceSessionErrorDetails",
        ],
    ),
    (
        "exchange",
        &[
            "easActivated",
            "easDeviceId",
            "easActivationDateTime",
            "exchangeLastSuccessfulSyncDateTime",
            "exchangeAccessState",
            "exchangeAccessStateReason",
        ],
    ),
];

/// Where everything else stands.
pub(crate) const OTHERS: &str = "others";

/// The names of a device's fields by group, in the order of the page; groups without any are left out.
pub(crate) fn group_fields<'a>(names: impl Iterator<Item = &'a str>) -> Vec<(&'static str, Vec<&'a str>)> {
    let mut left: Vec<&str> = names.collect();
    let mut grouped = Vec::new();
    for (group, fields) in GROUPS {
        let place = |name: &&str| fields.iter().position(|field| field == name);
        let mut own: Vec<&str> = left.iter().copied().filter(|name| place(name).is_some()).collect();
        own.sort_by_key(|name| place(name));
        left.retain(|name| place(name).is_none());
        grouped.push((*group, own));
    }
    grouped.push((OTHERS, left));
    grouped.retain(|(_, fields)| !fields.is_empty());
    grouped
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_field_stands_in_one_group_in_the_order_of_the_page() {
        let names = ["osVersion", "newToMicrosoft", "serialNumber", "deviceName", "alsoNew"];
        assert_eq!(
            group_fields(names.into_iter()),
            [
                ("general", vec!["deviceName", "serialNumber"]),
                ("system", vec!["osVersion"]),
                ("others", vec!["newToMicrosoft", "alsoNew"]),
            ]
        );
        let all: Vec<&str> = GROUPS.iter().flat_map(|(_, fields)| fields.iter().copied()).collect();
        let unique: BTreeSet<&str> = all.iter().copied().collect();
        assert_eq!(unique.len(), all.len(), "a field stands in two groups");
    }
}
