//! Devices, links and mappings for the unit tests of this module.

use serde_json::Value;

use super::{
    ClassName, DeviceKey, FieldMode, FieldRule, FieldSource, FieldValues, GoneRules, LinkOrigin, LinkPhase, LinkState,
    PrimaryUser, RecordId, RecordState, RetireAction, SourceDevice, TargetMapping, TargetRecord,
};
use crate::model::{DeviceId, InstanceId, parse_time};

pub(crate) fn device_id(number: u128) -> DeviceId {
    DeviceId(uuid::Uuid::from_u128(number))
}

pub(crate) fn device_key(instance: i64, number: u128) -> DeviceKey {
    DeviceKey {
        instance: InstanceId(instance),
        device: device_id(number),
    }
}

/// Device 1 of instance 1, with these values.
pub(crate) fn device_with(values: Value) -> SourceDevice {
    SourceDevice {
        key: device_key(1, 1),
        instance_name: "IntuneConnector_1".parse().expect("a name"),
        replaces: None,
        same_as: None,
        changed_at: parse_time("2026-11-21T08:00:00Z").expect("a time"),
        values: values.as_object().cloned().expect("an object"),
        primary_user: PrimaryUser::NotRead,
    }
}

pub(crate) fn field_values(values: Value) -> FieldValues {
    let values = values.as_object().cloned().expect("an object");
    values.into_iter().collect()
}

pub(crate) fn record(id: &str, device: Option<DeviceId>) -> TargetRecord {
    TargetRecord {
        id: RecordId(id.to_owned()),
        device,
        serial: None,
        name: None,
        state: RecordState::Active,
        user: None,
        values: FieldValues::new(),
        synced_by_others: false,
    }
}

/// An active link to a record that the target made, with nothing known of it.
pub(crate) fn link_to(record: &str) -> LinkState {
    LinkState {
        record: RecordId(record.to_owned()),
        origin: LinkOrigin::Created,
        phase: LinkPhase::Active,
        fingerprint: None,
        known: FieldValues::new(),
        user: None,
        user_name: None,
        user_sought_at: None,
        last_sync: None,
    }
}

pub(crate) fn rule(field: &str, source: FieldSource, mode: FieldMode) -> FieldRule {
    FieldRule {
        field: field.to_owned(),
        source,
        mode,
    }
}

pub(crate) fn from_field(field: &str, source: &str, mode: FieldMode) -> FieldRule {
    rule(field, FieldSource::From(source.to_owned()), mode)
}

pub(crate) fn mapping_of(fields: Vec<FieldRule>) -> TargetMapping {
    TargetMapping {
        fields,
        classes: Vec::new(),
        gone: GoneRules::default(),
    }
}

/// One rule of each kind.
pub(crate) fn sample_mapping() -> TargetMapping {
    TargetMapping {
        fields: vec![
            from_field("name", "deviceName", FieldMode::Own),
            from_field("serial", "serialNumber", FieldMode::Fill),
            rule(
                "memory",
                FieldSource::Expression("physicalMemoryInBytes / 1048576".to_owned()),
                FieldMode::Own,
            ),
            rule("source", FieldSource::Value("Intune".to_owned()), FieldMode::Own),
            from_field("notes", "notes", FieldMode::Leave),
        ],
        classes: vec![
            ClassName {
                class: "computer".to_owned(),
                name: "Laptop".to_owned(),
            },
            ClassName {
                class: "other".to_owned(),
                name: "Endpoint".to_owned(),
            },
        ],
        gone: GoneRules {
            deleted: RetireAction::Retire,
            wiped: RetireAction::Stock,
            retired: RetireAction::Retire,
        },
    }
}
