//! Enums that grow. Graph's rule: members added after `unknownFutureValue` are shown only to clients that say
//! `Prefer: include-unknown-enum-members`. Whether Intune keeps to it is not known (a capture suggests that it does
//! not), so the simulator does it both ways: see `hide_new_members` in the tuning.

use axum::http::HeaderMap;

pub const PREFERENCE: &str = "include-unknown-enum-members";

/// What everybody else is shown instead.
pub const HIDDEN: &str = "unknownFutureValue";

/// The members of v1.0 that come before it, by property.
pub const KNOWN: &[(&str, &[&str])] = &[
    (
        "deviceEnrollmentType",
        &[
            "unknown",
            "userEnrollment",
            "deviceEnrollmentManager",
            "appleBulkWithUser",
            "appleBulkWithoutUser",
            "windowsAzureADJoin",
            "windowsBulkUserless",
            "windowsAutoEnrollment",
            "windowsBulkAzureDomainJoin",
            "windowsCoManagement",
            "windowsAzureADJoinUsingDeviceAuth",
            "appleUserEnrollment",
            "appleUserEnrollmentWithServiceAccount",
        ],
    ),
    ("managedDeviceOwnerType", &["unknown", "company", "personal"]),
    (
        "managementState",
        &[
            "managed",
            "retirePending",
            "retireFailed",
            "wipePending",
            "wipeFailed",
            "unhealthy",
            "deletePending",
            "retireIssued",
            "wipeIssued",
            "wipeCanceled",
            "retireCanceled",
            "discovered",
        ],
    ),
];

/// Whether a member of this property is newer than the schema.
pub fn is_new(property: &str, member: &str) -> bool {
    let known = KNOWN.iter().find(|(name, _)| *name == property);
    known.is_some_and(|(_, members)| !members.contains(&member))
}

/// Whether the client takes new members.
pub fn is_preferred(headers: &HeaderMap) -> bool {
    let given = headers.get_all("prefer").iter().filter_map(|value| value.to_str().ok());
    given
        .flat_map(|value| value.split(','))
        .any(|one| one.trim().eq_ignore_ascii_case(PREFERENCE))
}
