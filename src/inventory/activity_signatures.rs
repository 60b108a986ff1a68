//! What each activity of this flow takes and gives, for the check of definitions and for people.

use crate::contract::{ActivityField, ActivitySignature, DangerLevel, ValueType};

pub(super) fn scan_signature() -> ActivitySignature {
    ActivitySignature {
        name: "scan".to_owned(),
        summary: "Reads the tenant's devices and publishes what changed.".to_owned(),
        danger: DangerLevel::None,
        right: Some("Scans_Run".to_owned()),
        inputs: vec![ActivityField::new("kind", ValueType::Text, true, "full or incremental")],
        outputs: vec![
            ActivityField::new("seen", ValueType::Number, true, "devices that were read"),
            ActivityField::new("new", ValueType::Number, true, "devices that are new"),
            ActivityField::new("changed", ValueType::Number, true, "devices that changed"),
            ActivityField::new("gone", ValueType::Number, true, "devices that have gone"),
            ActivityField::new(
                "missing",
                ValueType::Number,
                true,
                "devices that are missing but not proven gone",
            ),
            ActivityField::new("braked", ValueType::Boolean, true, "whether the deletion brake is on"),
        ],
    }
}

pub(super) fn list_devices_signature() -> ActivitySignature {
    ActivitySignature {
        name: "listDevices".to_owned(),
        summary: "Lists the devices that match a condition, as last read.".to_owned(),
        danger: DangerLevel::None,
        right: Some("Devices_Read".to_owned()),
        inputs: vec![
            ActivityField::new(
                "filter",
                ValueType::Condition,
                false,
                "CEL condition on the device; default: all devices",
            ),
            ActivityField::new(
                "silentFor",
                ValueType::Duration,
                false,
                "only devices whose last check-in is longer ago",
            ),
            ActivityField::new(
                "limit",
                ValueType::Number,
                false,
                "maximum number of devices, 1 to 1000 (500)",
            ),
        ],
        outputs: vec![
            ActivityField::new("count", ValueType::Number, true, "devices in the list"),
            ActivityField::new(
                "instance",
                ValueType::Text,
                true,
                "name of the instance that the devices belong to",
            ),
            ActivityField::new(
                "more",
                ValueType::Boolean,
                true,
                "whether there are more devices than the limit",
            ),
            ActivityField::new(
                "unjudged",
                ValueType::Number,
                true,
                "devices that the filter could not evaluate: they are not in the list",
            ),
            ActivityField::new(
                "unjudgedDevices",
                ValueType::List,
                true,
                "the first 100 of these devices, with reasons",
            ),
            ActivityField::new(
                "note",
                ValueType::Text,
                true,
                "what is missing from the list; empty if nothing is missing",
            ),
            ActivityField::new(
                "devices",
                ValueType::List,
                true,
                "each with its id, identity pin and display data",
            ),
        ],
    }
}

pub(super) fn get_device_signature() -> ActivitySignature {
    ActivitySignature {
        name: "getDevice".to_owned(),
        summary: "Reads one device again and checks that it is still the same device.".to_owned(),
        danger: DangerLevel::None,
        right: Some("Devices_Read".to_owned()),
        inputs: vec![
            ActivityField::new(
                "device",
                ValueType::Any,
                true,
                "id of the device, or the device as seen",
            ),
            ActivityField::new(
                "filter",
                ValueType::Condition,
                false,
                "CEL condition on the device; result in `matches`",
            ),
            ActivityField::new("anew", ValueType::Boolean, false, "read from the tenant first (yes)"),
        ],
        outputs: vec![
            ActivityField::new("found", ValueType::Boolean, true, "whether the device still exists"),
            ActivityField::new(
                "same",
                ValueType::Boolean,
                true,
                "whether serial number, enrolment and user are unchanged",
            ),
            ActivityField::new(
                "matches",
                ValueType::Boolean,
                true,
                "whether the device matches the filter; if this cannot be evaluated, the step fails with the code unjudged",
            ),
            ActivityField::new("device", ValueType::Object, true, "the device as it is now"),
        ],
    }
}

pub(super) fn publish_signature() -> ActivitySignature {
    ActivitySignature {
        name: "publish".to_owned(),
        summary: "Reads one device again and reports changes to its servers.".to_owned(),
        danger: DangerLevel::None,
        right: Some("Scans_Run".to_owned()),
        inputs: vec![ActivityField::new(
            "device",
            ValueType::Any,
            true,
            "id of the device, or the device as seen",
        )],
        outputs: Vec::new(),
    }
}

/// Of all of these, to check definitions by where nothing runs.
pub fn activity_signatures() -> Vec<ActivitySignature> {
    vec![
        scan_signature(),
        list_devices_signature(),
        get_device_signature(),
        publish_signature(),
    ]
}
