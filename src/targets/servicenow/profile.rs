//! What this kind can do, and the mapping that is right for most.

use super::field_table::{LINK_FIELD, NAME_FIELD, SERIAL_FIELD, longest_text};
use crate::contract::{FieldMode, RetireAction, WriteForm};
use crate::targets::{ClassName, FieldRule, FieldSource, GoneRules, KindProfile, TargetMapping};

pub(super) static PROFILE: KindProfile = KindProfile {
    name: "servicenow",
    display_name: "ServiceNow",
    proven_on: &["stand-in of ServiceNow (documents of release Australia)"],
    writes: WriteForm::Bulk,
    // The adapter makes requests of as many as its settings say.
    batch: 200,
    lists_records: true,
    adopts_records: true,
    assigns_users: true,
    makes_fields: false,
    offers_mapping: true,
    // A CI is never deleted: IRE does not, and what hangs on it is not ours.
    retire_actions: &[RetireAction::Retire, RetireAction::Stock, RetireAction::Leave],
    default_mapping,
    longest_text,
};

/// Intune tells 0 where it does not know.
const MEMORY_MB: &str = "physicalMemoryInBytes == null ? null : physicalMemoryInBytes == 0 ? null : \
     physicalMemoryInBytes / 1048576";
const STORAGE_GB: &str = "totalStorageSpaceInBytes == null ? null : totalStorageSpaceInBytes == 0 ? null : \
     totalStorageSpaceInBytes / 1073741824";

/// What Intune knows best is owned; what people curate over there, or what has to be found by name first, is filled where it
/// is empty. Nothing here moves by itself, so a device at rest costs no request.
fn default_mapping() -> TargetMapping {
    let from = |field: &str, property: &str, mode: FieldMode| FieldRule {
        field: field.to_owned(),
        source: FieldSource::From(property.to_owned()),
        mode,
    };
    let computed = |field: &str, expression: &str| FieldRule {
        field: field.to_owned(),
        source: FieldSource::Expression(expression.to_owned()),
        mode: FieldMode::Fill,
    };
    TargetMapping {
        fields: vec![
            from(LINK_FIELD, "id", FieldMode::Own),
            from(NAME_FIELD, "deviceName", FieldMode::Own),
            from(SERIAL_FIELD, "serialNumber", FieldMode::Fill),
            from("manufacturer", "manufacturer", FieldMode::Fill),
            from("model_id", "model", FieldMode::Fill),
            from("os", "operatingSystem", FieldMode::Own),
            from("os_version", "osVersion", FieldMode::Own),
            from("mac_address", "wiFiMacAddress", FieldMode::Fill),
            computed("ram", MEMORY_MB),
            computed("disk_space", STORAGE_GB),
        ],
        classes: [
            ("computer", "cmdb_ci_computer"),
            ("phone", "cmdb_ci_handheld_computing"),
            ("tablet", "cmdb_ci_handheld_computing"),
        ]
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
        assert_eq!(PROFILE.name, TargetKind::ServiceNow.name());
        assert_eq!(PROFILE.display_name, TargetKind::ServiceNow.display_name());
    }

    #[test]
    fn the_default_mapping_is_a_mapping_and_its_actions_are_offered() {
        let mapping = (PROFILE.default_mapping)();
        CompiledMapping::compile(&mapping).unwrap();
        mapping.check_actions(PROFILE.retire_actions).unwrap();
        let again = TargetMapping::parse(&mapping.to_text()).unwrap();
        assert_eq!(again, mapping);
        assert!(!PROFILE.retire_actions.contains(&RetireAction::Delete));
    }

    #[test]
    fn department_and_cost_centre_are_left_to_people_and_nothing_moves_by_itself() {
        let mapping = (PROFILE.default_mapping)();
        let is_named = |field: &str| mapping.fields.iter().any(|rule| rule.field == field);
        for theirs in ["department", "cost_center", "asset_tag", "assigned_to"] {
            assert!(!is_named(theirs), "{theirs}");
        }
        assert!(!mapping.to_text().contains("lastSyncDateTime"));
    }
}
