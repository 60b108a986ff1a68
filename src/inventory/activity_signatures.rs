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
            new_field("new", ValueType::Number, true, "devices that were not known"),
            new_field("changed", ValueType::Number, true, "devices that changed"),
            new_field("gone", ValueType::Number, true, "devices that have gone"),
            new_field(
                "missing",
                ValueType::Number,
                true,
                "devices that were missing and not proven gone",
            ),
            new_field("braked", ValueType::Boolean, true, "whether the brake holds"),
        ],
    }
}

pub(super) fn list_devices_signature() -> ActivitySignature {
    ActivitySignature {
        name: "listDevices",
        summary: "Lists devices as they were last read, by a condition.",
        danger: DangerLevel::None,
        right: Some("Devices_Read"),
        inputs: vec![
            new_field(
                "filter",
                ValueType::Condition,
                false,
                "CEL over the device; without it all",
            ),
            new_field(
                "silentFor",
                ValueType::Duration,
                false,
                "only those whose last check-in is longer ago",
            ),
            new_field("limit", ValueType::Number, false, "at most so many, 1 to 1000 (500)"),
        ],
        outputs: vec![
            new_field("count", ValueType::Number, true, "devices in the list"),
            new_field(
                "instance",
                ValueType::Text,
                true,
                "name of the instance whose devices these are",
            ),
            new_field(
                "more",
                ValueType::Boolean,
                true,
                "whether there are more than the limit",
            ),
            new_field(
                "unjudged",
                ValueType::Number,
                true,
                "devices that the filter could not judge: they are not in the list",
            ),
            new_field(
                "unjudgedDevices",
                ValueType::List,
                true,
                "which, and why; the first 100",
            ),
            new_field(
                "note",
                ValueType::Text,
                true,
                "what the list lacks, to stand behind its number; empty where nothing",
            ),
            new_field(
                "devices",
                ValueType::List,
                true,
                "each with id, what pins it, and what people know it by",
            ),
        ],
    }
}

pub(super) fn get_device_signature() -> ActivitySignature {
    ActivitySignature {
        name: "getDevice",
        summary: "Looks at one device anew, and whether it is still the one that was seen.",
        danger: DangerLevel::None,
        right: Some("Devices_Read"),
        inputs: vec![
            new_field("device", ValueType::Any, true, "its id, or the device as it was seen"),
            new_field(
                "filter",
                ValueType::Condition,
                false,
                "CEL over the device; answered as `matches`",
            ),
            new_field("anew", ValueType::Boolean, false, "ask the tenant first (yes)"),
        ],
        outputs: vec![
            new_field("found", ValueType::Boolean, true, "whether it is still there"),
            new_field(
                "same",
                ValueType::Boolean,
                true,
                "whether serial number, enrolment and user are what was seen",
            ),
            new_field(
                "matches",
                ValueType::Boolean,
                true,
                "whether the filter holds; where that can't be judged, the step fails with the code unjudged",
            ),
            new_field("device", ValueType::Object, true, "the device as it is now"),
        ],
    }
}

pub(super) fn publish_signature() -> ActivitySignature {
    ActivitySignature {
        name: "publish",
        summary: "Reads one device anew and tells its servers what changed.",
        danger: DangerLevel::None,
        right: Some("Scans_Run"),
        inputs: vec![new_field(
            "device",
            ValueType::Any,
            true,
            "its id, or the device as it was seen",
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
