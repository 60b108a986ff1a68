//! What each property of a device says, in one phrase, for people and for the document of the API.

/// Name and meaning, in the order of [`super::properties::TABLE`]; what is never read is not told.
const MEANINGS: &[(&str, &str)] = &[
    ("id", "Intune device id; a device that enrols again gets another one."),
    ("userId", "Entra object id of the primary user."),
    ("deviceName", "Name of the device."),
    ("managedDeviceOwnerType", "Who owns it: company or personal."),
    ("enrolledDateTime", "When it enrolled."),
    ("lastSyncDateTime", "When it last checked in with Intune."),
    ("operatingSystem", "Operating system, such as Windows, iOS or Android."),
    ("osVersion", "Version of the operating system."),
    ("complianceState", "Whether it meets its compliance policies."),
    (
        "jailBroken",
        "Whether it is jailbroken or rooted: True, False or Unknown.",
    ),
    (
        "managementAgent",
        "By what it is managed, such as mdm or configurationManagerClientMdm.",
    ),
    ("easActivated", "Whether it is activated with Exchange ActiveSync."),
    ("easDeviceId", "Id of the device in Exchange ActiveSync."),
    (
        "easActivationDateTime",
        "When it was activated with Exchange ActiveSync.",
    ),
    ("azureADRegistered", "Whether it is registered in Entra."),
    ("deviceEnrollmentType", "How it enrolled."),
    ("emailAddress", "Email address of the primary user."),
    ("azureADDeviceId", "Entra device id; not the Intune device id."),
    ("deviceRegistrationState", "State of its registration."),
    ("deviceCategoryDisplayName", "Name of its device category."),
    ("isSupervised", "Whether it is supervised (Apple)."),
    ("exchangeLastSuccessfulSyncDateTime", "When it last reached Exchange."),
    ("exchangeAccessState", "Whether Exchange lets it in."),
    ("exchangeAccessStateReason", "Why Exchange lets it in or not."),
    (
        "remoteAssistanceSessionErrorDetails",
        "Why a remote assistance session failed.",
    ),
    ("isEncrypted", "Whether its storage is encrypted."),
    ("userPrincipalName", "User principal name of the primary user."),
    ("model", "Model."),
    ("manufacturer", "Manufacturer."),
    ("imei", "IMEI of its modem."),
    (
        "complianceGracePeriodExpirationDateTime",
        "When its grace period for compliance ends.",
    ),
    ("serialNumber", "Serial number."),
    ("phoneNumber", "Phone number."),
    ("androidSecurityPatchLevel", "Security patch level (Android)."),
    ("userDisplayName", "Name of the primary user."),
    (
        "configurationManagerClientEnabledFeatures",
        "What Configuration Manager manages on it.",
    ),
    ("wiFiMacAddress", "MAC address of its Wi-Fi adapter."),
    (
        "deviceHealthAttestationState",
        "What the device attests about its start (Windows).",
    ),
    ("subscriberCarrier", "Mobile carrier."),
    ("meid", "MEID of its modem."),
    ("totalStorageSpaceInBytes", "Size of its storage, bytes."),
    ("freeStorageSpaceInBytes", "Free storage, bytes."),
    (
        "managedDeviceName",
        "Name that Intune makes of user, system and time, unless an administrator changed it.",
    ),
    (
        "partnerReportedThreatState",
        "Threat level that a mobile threat defense partner reports.",
    ),
    (
        "requireUserEnrollmentApproval",
        "Whether the user must approve management (macOS).",
    ),
    (
        "managementCertificateExpirationDate",
        "When its management certificate expires.",
    ),
    ("iccid", "ICCID of its SIM card."),
    ("udid", "UDID (Apple)."),
    ("notes", "Notes of an administrator."),
    ("ethernetMacAddress", "MAC address of its Ethernet adapter."),
    ("physicalMemoryInBytes", "Memory, bytes."),
    ("enrollmentProfileName", "Name of the enrollment profile."),
    (
        "managementState",
        "State of its management, such as managed or wipePending.",
    ),
    ("aadRegistered", "Whether it is registered in Entra."),
    ("autopilotEnrolled", "Whether it enrolled with Autopilot."),
    ("azureActiveDirectoryDeviceId", "Entra device id."),
    (
        "bootstrapTokenEscrowed",
        "Whether Intune holds its bootstrap token (macOS).",
    ),
    ("chassisType", "Kind of case, such as laptop or desktop."),
    ("chromeOSDeviceInfo", "What is known of a ChromeOS device."),
    (
        "configurationManagerClientHealthState",
        "How its Configuration Manager client is.",
    ),
    (
        "configurationManagerClientInformation",
        "What is known of its Configuration Manager client.",
    ),
    (
        "deviceFirmwareConfigurationInterfaceManaged",
        "Whether its firmware is managed (DFCI).",
    ),
    ("deviceType", "Kind of device, such as windowsRT or iPhone."),
    ("enrolledByUserPrincipalName", "User principal name of who enrolled it."),
    ("hardwareInformation", "Details of its hardware."),
    ("joinType", "How it is joined to Entra."),
    ("lostModeState", "Whether lost mode is on (Apple)."),
    ("managementFeatures", "Features of its management."),
    ("ownerType", "Who owns it: company or personal."),
    (
        "preferMdmOverGroupPolicyAppliedDateTime",
        "Since when MDM takes precedence over group policy.",
    ),
    ("processorArchitecture", "Architecture of its processor."),
    ("retireAfterDateTime", "When it is retired because it does not comply."),
    ("roleScopeTagIds", "Scope tags of Intune."),
    ("securityPatchLevel", "Security patch level."),
    ("skuFamily", "Edition of Windows."),
    ("skuNumber", "Number of the edition of Windows."),
    (
        "specificationVersion",
        "Version of the specification that it meets (Android).",
    ),
    ("usersLoggedOn", "Who signed in to it last."),
    ("windowsActiveMalwareCount", "Malware that is active on it."),
    ("windowsRemediatedMalwareCount", "Malware that was removed from it."),
    (
        "primaryUser",
        "Primary user as Intune has it now: id, userPrincipalName, displayName, mail, all null if nobody is; null until it was read. The \
         other fields may show who enrolled it.",
    ),
    (
        "deviceClass",
        "Kind of device: computer, phone, tablet, other, or a class of the instance's rules.",
    ),
];

/// What a property says; nothing for one that is never read.
pub(super) fn find_meaning(name: &str) -> Option<&'static str> {
    let found = MEANINGS.iter().find(|(known, _)| *known == name);
    found.map(|(_, meaning)| *meaning)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inventory::properties::TABLE;

    #[test]
    fn every_readable_property_has_a_meaning_in_the_order_of_the_table() {
        let readable: Vec<&str> = TABLE
            .iter()
            .filter(|property| property.is_readable())
            .map(|property| property.name)
            .collect();
        let told: Vec<&str> = MEANINGS.iter().map(|(name, _)| *name).collect();
        assert_eq!(told, readable);
    }
}
