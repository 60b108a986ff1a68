//! What is wrong with the file of the store, for people.

use crate::model::{choose_form, format_count};
use crate::store::StoreDamage;

pub(crate) fn describe_damage(damage: &StoreDamage) -> String {
    match damage {
        StoreDamage::File(found) => found.clone(),
        StoreDamage::Devices(count) => format!(
            "the stored data of {} does not match its hash; {} withheld from servers and read again by a full scan",
            format_count(*count, "device"),
            choose_form(*count, "it is", "they are")
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn damage_is_told_as_it_was_found() {
        let one = describe_damage(&StoreDamage::Devices(1));
        assert!(
            one.starts_with("the stored data of 1 device does not match its hash; it is withheld"),
            "{one}"
        );
        let two = describe_damage(&StoreDamage::Devices(2));
        assert!(two.contains("2 devices") && two.contains("they are"), "{two}");
        let file = StoreDamage::File("row 3 missing from index".to_owned());
        assert_eq!(describe_damage(&file), "row 3 missing from index");
    }
}
