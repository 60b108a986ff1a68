//! What this kind can do, and the mapping that is right for most.

use super::fields::find_glpi_field;
use crate::contract::{FieldMode, RetireAction, WriteForm};
use crate::targets::{ClassName, FieldRule, FieldSource, GoneRules, KindProfile, TargetMapping};

pub(super) static PROFILE: KindProfile = KindProfile {
    name: "glpi",
    display_name: "GLPI",
    proven_on: &["stand-in of GLPI 10", "stand-in of GLPI 11"],
    writes: WriteForm::Single,
    // An inventory is of one device: each write is kept before the next one is sent.
    batch: 1,
    lists_records: false,
    adopts_records: true,
    assigns_users: true,
    makes_fields: false,
    offers_mapping: true,
    retire_actions: &[
        RetireAction::Retire,
        RetireAction::Stock,
        RetireAction::Leave,
        RetireAction::Delete,
    ],
    default_mapping,
    longest_text: |field| find_glpi_field(field).map(|found| found.longest),
};

/// The properties that the mapping takes as they are.
const PLAIN: [(&str, &str, FieldMode); 12] = [
    ("hardware.name", "deviceName", FieldMode::Own),
    ("bios.ssn", "serialNumber", FieldMode::Fill),
    ("bios.smanufacturer", "manufacturer", FieldMode::Fill),
    ("bios.smodel", "model", FieldMode::Fill),
    ("operatingsystem.name", "operatingSystem", FieldMode::Own),
    ("operatingsystem.full_name", "operatingSystem", FieldMode::Own),
    ("operatingsystem.version", "osVersion", FieldMode::Own),
    ("networks.wifi", "wiFiMacAddress", FieldMode::Own),
    ("networks.ethernet", "ethernetMacAddress", FieldMode::Own),
    ("modems.imei", "imei", FieldMode::Own),
    ("simcards.phone_number", "phoneNumber", FieldMode::Own),
    ("simcards.iccid", "iccid", FieldMode::Own),
];

/// Bytes in Intune, megabytes in GLPI.
const MEGABYTES: [(&str, &str); 2] = [
    ("hardware.memory", "physicalMemoryInBytes"),
    ("storages.disksize", "totalStorageSpaceInBytes"),
];

/// What firmware and Intune know best is owned; what people and agents curate over there (serial number, model, maker) is
/// filled where it is empty. Nothing here moves by itself, so a device at rest costs no request.
fn default_mapping() -> TargetMapping {
    let rule = |field: &str, source: FieldSource, mode: FieldMode| FieldRule {
        field: field.to_owned(),
        source,
        mode,
    };
    let plain = PLAIN.map(|(field, property, mode)| rule(field, FieldSource::From(property.to_owned()), mode));
    let megabytes = MEGABYTES.map(|(field, property)| {
        let expression = format!("{property} == null ? null : {property} / 1048576");
        rule(field, FieldSource::Expression(expression), FieldMode::Own)
    });
    TargetMapping {
        fields: plain.into_iter().chain(megabytes).collect(),
        classes: [("computer", "Computer"), ("phone", "Phone"), ("tablet", "Computer")]
            .map(|(class, name)| ClassName {
                class: class.to_owned(),
                name: name.to_owned(),
            })
            .to_vec(),
        gone: GoneRules {
            deleted: RetireAction::Retire,
            wiped: RetireAction::Retire,
            retired: RetireAction::Retire,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::TargetKind;
    use crate::targets::CompiledMapping;

    #[test]
    fn the_profile_names_its_kind() {
        assert_eq!(PROFILE.name, TargetKind::Glpi.name());
        assert_eq!(PROFILE.display_name, TargetKind::Glpi.display_name());
    }

    #[test]
    fn the_default_mapping_is_a_mapping_of_fields_that_there_are() {
        let mapping = (PROFILE.default_mapping)();
        CompiledMapping::compile(&mapping).unwrap();
        mapping.check_actions(PROFILE.retire_actions).unwrap();
        assert_eq!(TargetMapping::parse(&mapping.to_text()).unwrap(), mapping);
        for rule in &mapping.fields {
            assert!(find_glpi_field(&rule.field).is_some(), "{}", rule.field);
        }
        assert!(!mapping.to_text().contains("lastSyncDateTime"));
    }
}
