//! What this kind can do, and the mapping that is right for most.

use super::field_table::{LINK_FIELD, longest_text};
use crate::contract::{FieldMode, RetireAction, WriteForm};
use crate::targets::{ClassName, FieldRule, FieldSource, GoneRules, KindProfile, TargetMapping};

/// Devices of one request: a real NetBox made some 20 in a second, and its web server waits two minutes at most.
const PAGE_ROWS: usize = 100;

pub(super) static PROFILE: KindProfile = KindProfile {
    name: "netbox",
    display_name: "NetBox",
    proven_on: &["stand-in of NetBox 4.2", "stand-in of NetBox 4.6"],
    writes: WriteForm::Bulk,
    batch: PAGE_ROWS,
    lists_records: true,
    adopts_records: true,
    // A device has no owner over there: the user is a text.
    assigns_users: false,
    makes_fields: true,
    offers_mapping: true,
    retire_actions: &[
        RetireAction::Retire,
        RetireAction::Stock,
        RetireAction::Leave,
        RetireAction::Delete,
    ],
    default_mapping,
    longest_text,
};

/// What firmware and Intune know best is owned; what people curate over there (serial number, maker, model) is filled where
/// it is empty. Nothing here moves by itself, so a device at rest costs no request.
fn default_mapping() -> TargetMapping {
    let from = |field: &str, property: &str, mode: FieldMode| FieldRule {
        field: field.to_owned(),
        source: FieldSource::From(property.to_owned()),
        mode,
    };
    TargetMapping {
        fields: vec![
            from(LINK_FIELD, "id", FieldMode::Own),
            from("name", "deviceName", FieldMode::Own),
            from("serial", "serialNumber", FieldMode::Fill),
            from("manufacturer", "manufacturer", FieldMode::Fill),
            from("model", "model", FieldMode::Fill),
            from("intune_os", "operatingSystem", FieldMode::Own),
            from("intune_os_version", "osVersion", FieldMode::Own),
            from("intune_compliance", "complianceState", FieldMode::Own),
            from("intune_owner", "managedDeviceOwnerType", FieldMode::Own),
            from("intune_user", "primaryUser", FieldMode::Own),
            from("entra_device_id", "azureADDeviceId", FieldMode::Own),
        ],
        classes: [("computer", "Computer"), ("phone", "Phone"), ("tablet", "Tablet")]
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
        assert_eq!(PROFILE.name, TargetKind::NetBox.name());
        assert_eq!(PROFILE.display_name, TargetKind::NetBox.display_name());
    }

    #[test]
    fn the_default_mapping_is_a_mapping_and_its_actions_are_offered() {
        let mapping = (PROFILE.default_mapping)();
        CompiledMapping::compile(&mapping).unwrap();
        mapping.check_actions(PROFILE.retire_actions).unwrap();
        assert_eq!(TargetMapping::parse(&mapping.to_text()).unwrap(), mapping);
    }

    #[test]
    fn what_people_curate_is_only_filled_and_nothing_moves_by_itself() {
        let mapping = (PROFILE.default_mapping)();
        let mode = |field: &str| {
            let rule = mapping.fields.iter().find(|rule| rule.field == field);
            rule.map(|rule| rule.mode)
        };
        for curated in ["serial", "model", "manufacturer"] {
            assert_eq!(mode(curated), Some(FieldMode::Fill), "{curated}");
        }
        assert!(!mapping.to_text().contains("lastSyncDateTime"));
        for left in ["asset_tag", "status", "comments"] {
            assert_eq!(mode(left), None, "{left}");
        }
    }
}
