//! What this kind can do, and the mapping that is right for most.

use super::field_table::{LINK_FIELD, longest_text};
use crate::contract::{FieldMode, RetireAction, WriteForm};
use crate::targets::{ClassName, FieldRule, FieldSource, GoneRules, KindProfile, TargetMapping};

pub(super) static PROFILE: KindProfile = KindProfile {
    name: "snipe-it",
    display_name: "Snipe-IT",
    proven_on: &["stand-in of Snipe-IT 7", "stand-in of Snipe-IT 8"],
    writes: WriteForm::Single,
    // The API has no bulk for assets: each write is kept before the next one is sent.
    batch: 1,
    lists_records: true,
    adopts_records: true,
    assigns_users: true,
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

/// What firmware and Intune know best is owned; what people curate over there (serial, model, maker) is filled where it is
/// empty. Nothing here moves by itself, so a device at rest costs no request.
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
            from("model", "model", FieldMode::Fill),
            from("manufacturer", "manufacturer", FieldMode::Fill),
            FieldRule {
                field: "byod".to_owned(),
                source: FieldSource::Expression("managedDeviceOwnerType == \"personal\"".to_owned()),
                mode: FieldMode::Own,
            },
            from("Operating System", "operatingSystem", FieldMode::Own),
            from("OS Version", "osVersion", FieldMode::Own),
            from("Compliance", "complianceState", FieldMode::Own),
            from("Entra Device ID", "azureADDeviceId", FieldMode::Own),
        ],
        classes: [
            ("computer", "Computers"),
            ("phone", "Mobile Phones"),
            ("tablet", "Tablets"),
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
        assert_eq!(PROFILE.name, TargetKind::SnipeIt.name());
        assert_eq!(PROFILE.display_name, TargetKind::SnipeIt.display_name());
    }

    #[test]
    fn the_default_mapping_is_a_mapping_and_its_actions_are_offered() {
        let mapping = (PROFILE.default_mapping)();
        CompiledMapping::compile(&mapping).unwrap();
        mapping.check_actions(PROFILE.retire_actions).unwrap();
        let again = TargetMapping::parse(&mapping.to_text()).unwrap();
        assert_eq!(again, mapping);
    }

    #[test]
    fn what_people_curate_is_only_filled_and_nothing_moves_by_itself() {
        let mapping = (PROFILE.default_mapping)();
        let mode = |field: &str| {
            mapping
                .fields
                .iter()
                .find(|rule| rule.field == field)
                .map(|rule| rule.mode)
        };
        for curated in ["serial", "model", "manufacturer"] {
            assert_eq!(mode(curated), Some(FieldMode::Fill), "{curated}");
        }
        assert!(!mapping.to_text().contains("lastSyncDateTime"));
        assert_eq!(mode("asset_tag"), None);
    }
}
