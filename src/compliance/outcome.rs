//! From Intune's `complianceState` to an outcome: exact text, as the original has it. A state that is not in the table is
//! *unknown*; one that is missing is no state at all, and an error.

use serde_json::{Map, Value};

use crate::model::ComplianceOutcome::{
    self, Compliant, ConfigManager, Conflict, Error, InGracePeriod, NonCompliant, Unknown,
};

const TABLE: [(&str, ComplianceOutcome); 7] = [
    ("compliant", Compliant),
    ("noncompliant", NonCompliant),
    ("inGracePeriod", InGracePeriod),
    ("configManager", ConfigManager),
    ("conflict", Conflict),
    ("error", Error),
    ("unknown", Unknown),
];

pub fn from_state(state: &str) -> ComplianceOutcome {
    let found = TABLE.iter().find(|(known, _)| *known == state);
    found.map_or(Unknown, |(_, outcome)| *outcome)
}

/// `None`: the device has none, or it is no text.
pub fn from_device(device: &Map<String, Value>) -> Option<(&str, ComplianceOutcome)> {
    let state = device.get("complianceState")?.as_str()?;
    Some((state, from_state(state)))
}

/// How bad an outcome is, the worst first: for users with several devices.
pub fn severity(outcome: ComplianceOutcome) -> u8 {
    match outcome {
        Error => 0,
        ComplianceOutcome::NotFound | ComplianceOutcome::NoId => 1,
        NonCompliant => 2,
        Conflict => 3,
        Unknown => 4,
        InGracePeriod => 5,
        ConfigManager => 6,
        Compliant => 7,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn pn06_states_are_taken_by_their_exact_text() {
        for (state, outcome) in TABLE {
            assert_eq!(from_state(state), outcome);
        }
        for other in ["Compliant", "COMPLIANT", "compliant ", "nonCompliant", "", "tomorrow's"] {
            assert_eq!(from_state(other), Unknown, "{other:?}");
        }
    }

    #[test]
    fn pn06_no_state_is_no_outcome() {
        for device in [
            json!({}),
            json!({"complianceState": null}),
            json!({"complianceState": 1}),
        ] {
            assert_eq!(from_device(device.as_object().expect("an object")), None);
        }
    }
}
