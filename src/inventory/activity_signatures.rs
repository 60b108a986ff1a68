//! What each activity of this flow takes and gives, for the check of definitions and for people.

use crate::workflow::activity::new_field;
use crate::workflow::{ActivitySignature, DangerLevel, ValueType};

pub(super) fn scan_signature() -> ActivitySignature {
    ActivitySignature {
        name: "scan",
        summary: "Reads the tenant's devices and publishes what changed.",
        danger: DangerLevel::None,
        right: Some("Scans_Run"),
        inputs: vec![new_field("kind", ValueType::Text, true, "full or incremental")],
        outputs: vec![
            new_field("seen", ValueType::Number, true, "devices that were read"),
            new_field("new", ValueType::Number, true, "devices that are new"),
            new_field("changed", ValueType::Number, true, "devices that changed"),
            new_field("gone", ValueType::Number, true, "devices that have gone"),
            new_field(
                "missing",
                ValueType::Number,
                true,
                "devices that are missing but not proven gone",
            ),
            new_field("braked", ValueType::Boolean, true, "whether the deletion brake is on"),
        ],
    }
}

pub(super) fn list_devices_signature() -> ActivitySignature {
    ActivitySignature {
        name: "listDevices",
        summary: "Lists the devices that match a condition, as last read.",
        danger: DangerLevel::None,
        right: Some("Devices_Read"),
        inputs: vec![
            new_field(
                "filter",
                ValueType::Condition,
                false,
                "CEL condition on the device; default: all devices",
            ),
            new_field(
                "silentFor",
                ValueType::Duration,
                false,
                "only devices whose last check-in is longer ago",
            ),
            new_field(
                "limit",
                ValueType::Number,
                false,
                "maximum number of devices, 1 to 1000 (500)",
            ),
        ],
        outputs: vec![
            new_field("count", ValueType::Number, true, "devices in the list"),
            new_field(
                "instance",
                ValueType::Text,
                true,
                "name of the instance that the devices belong to",
            ),
            new_field(
                "more",
                ValueType::Boolean,
                true,
                "whether there are more devices than the limit",
            ),
            new_field(
                "unjudged",
                ValueType::Number,
                true,
                "devices that the filter could not evaluate: they are not in the list",
            ),
            new_field(
                "unjudgedDevices",
                ValueType::List,
                true,
                "the first 100 of these devices, with reasons",
            ),
            new_field(
                "note",
                ValueType::Text,
                true,
                "what is missing from the list; empty if nothing is missing",
            ),
            new_field(
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
        name: "getDevice",
        summary: "Reads one device again and checks that it is still the same device.",
        danger: DangerLevel::None,
        right: Some("Devices_Read"),
        inputs: vec![
            new_field(
                "device",
                ValueType::Any,
                true,
                "id of the device, or the device as seen",
            ),
            new_field(
                "filter",
                ValueType::Condition,
                false,
                "CEL condition on the device; result in `matches`",
            ),
            new_field("anew", ValueType::Boolean, false, "read from the tenant first (yes)"),
        ],
        outputs: vec![
            new_field("found", ValueType::Boolean, true, "whether the device still exists"),
            new_field(
                "same",
                ValueType::Boolean,
                true,
                "whether serial number, enrolment and user are unchanged",
            ),
            new_field(
                "matches",
                ValueType::Boolean,
                true,
                "whether the device matches the filter; if this cannot be evaluated, the step fails with the code unjudged",
            ),
            new_field("device", ValueType::Object, true, "the device as it is now"),
        ],
    }
}

pub(super) fn publish_signature() -> ActivitySignature {
    ActivitySignature {
        name: "publish",
        summary: "Reads one device again and reports changes to its servers.",
        danger: DangerLevel::None,
        right: Some("Scans_Run"),
        inputs: vec![new_field(
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
