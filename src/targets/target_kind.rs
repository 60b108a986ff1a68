//! What a kind of targets can do, as a value: what the flow asks of it, and what people are told of it.

use super::mapping_rules::TargetMapping;
use crate::contract::{RetireAction, WriteForm};

/// What one kind can do. Each kind's folder has its own.
#[derive(Debug, Clone, Copy)]
pub struct KindProfile {
    /// As [`crate::contract::TargetKind`] has it.
    pub name: &'static str,
    /// The name of the other side for people.
    pub display_name: &'static str,
    /// What it was tested against, honestly: `real OCS Inventory 2.11 (Debian)`, `stand-in of Snipe-IT 8`.
    pub proven_on: &'static [&'static str],
    pub writes: WriteForm,
    /// Most writes of one call of [`super::TargetAdapter::write_records`]; at least 1.
    pub batch: usize,
    /// Whether all records can be listed, which first contact with a whole fleet asks for.
    pub lists_records: bool,
    /// Whether it finds records that others made. Without it nothing is looked for by serial number.
    pub adopts_records: bool,
    pub assigns_users: bool,
    /// Whether it makes custom fields that the mapping names.
    pub makes_fields: bool,
    /// Whether people may change its mapping.
    pub offers_mapping: bool,
    /// What can be done with the record of a device that has gone; the first is the default.
    pub retire_actions: &'static [RetireAction],
    pub default_mapping: fn() -> TargetMapping,
    /// Most characters of a text in this field; what is longer is cut. `None`: as long as it may be.
    pub longest_text: fn(&str) -> Option<usize>,
}

impl KindProfile {
    /// What happens to the record of a device that has gone, where the mapping does not say.
    pub fn default_retire_action(&self) -> RetireAction {
        self.retire_actions.first().copied().unwrap_or(RetireAction::Leave)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::targets::samples_for_tests::sample_mapping;

    #[test]
    fn the_first_action_is_the_default_and_where_there_is_none_nothing_is_done() {
        let mut profile = KindProfile {
            name: "ocs",
            display_name: "OCS Inventory",
            proven_on: &[],
            writes: WriteForm::Single,
            batch: 1,
            lists_records: false,
            adopts_records: false,
            assigns_users: false,
            makes_fields: false,
            offers_mapping: true,
            retire_actions: &[RetireAction::Retire, RetireAction::Delete],
            default_mapping: sample_mapping,
            longest_text: |_| None,
        };
        assert_eq!(profile.default_retire_action(), RetireAction::Retire);
        profile.retire_actions = &[];
        assert_eq!(profile.default_retire_action(), RetireAction::Leave);
    }
}
