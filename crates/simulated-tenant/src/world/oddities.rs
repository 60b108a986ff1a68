//! What a schema does not promise and a fleet has all the same. Tests read these lists: whatever the simulator sends
//! beyond Microsoft's schema must stand here, or was put there by a test.

use serde_json::{Map, Value, json};

use super::dice::Dice;

/// Serial numbers that many devices share, so that none of them identifies one.
pub const JUNK_SERIALS: &[&str] = &[
    "",
    "0",
    "00000000",
    "0123456789",
    "Default string",
    "INVALID",
    "N/A",
    "None",
    "Not Specified",
    "System Serial Number",
    "To be filled by O.E.M.",
    "Unknown",
];

/// Enum values that v1.0 of the schema does not list. The first five were seen in real answers or stand in the beta
/// schema; the others stand for members that are yet to come.
pub const UNKNOWN_ENUM_VALUES: &[(&str, &str)] = &[
    ("deviceEnrollmentType", "androidAOSPUserOwnedDeviceEnrollment"),
    ("deviceEnrollmentType", "androidEnterpriseDedicatedDevice"),
    ("deviceEnrollmentType", "androidEnterpriseFullyManaged"),
    ("deviceEnrollmentType", "androidEnterpriseCorporateWorkProfile"),
    ("managementAgent", "intuneAosp"),
    ("managementAgent", "google"),
    ("complianceState", "awaitingRemediation"),
    ("managementState", "quarantineIssued"),
    ("partnerReportedThreatState", "informational"),
];

/// Keys that no schema knows yet.
pub const UNKNOWN_KEYS: &[&str] = &["deviceHealthScore", "x-preview.endpointTags", "connectivityDetail"];

/// Keys that a schema promises and that are missing now and then.
pub const MISSING_KEYS: &[&str] = &[
    "meid",
    "partnerReportedThreatState",
    "azureADRegistered",
    "freeStorageSpaceInBytes",
];

/// About one device in two hundred lacks a key.
pub fn missing(dice: &mut Dice) -> Option<Box<[String]>> {
    dice.per_mille(5)
        .then(|| Box::from([dice.pick(MISSING_KEYS).to_string()]))
}

/// About one device in a hundred carries something unexpected.
pub fn maybe(dice: &mut Dice) -> Option<Box<Map<String, Value>>> {
    if !dice.per_mille(10) {
        return None;
    }
    let mut odd = Map::new();
    match dice.below(6) {
        0 => drop(odd.insert(UNKNOWN_KEYS[0].into(), json!(dice.between(0, 100)))),
        1 => drop(odd.insert(UNKNOWN_KEYS[1].into(), json!(["lab", "Größe L", null]))),
        2 => drop(odd.insert(
            UNKNOWN_KEYS[2].into(),
            json!({"kind": "cellular", "bars": dice.between(0, 5)}),
        )),
        roll => {
            let (key, value) = UNKNOWN_ENUM_VALUES[6 + roll % 3];
            odd.insert(key.into(), json!(value));
        }
    }
    Some(Box::new(odd))
}
