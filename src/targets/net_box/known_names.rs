//! Names of devices that are taken over there. Pure.
//!
//! Within a site, NetBox takes no name twice, whatever its case. Many phones are called `iPhone`, so the second one gets a
//! name with the end of its Intune id: `iPhone (3f2a)`. Which names are taken is remembered from lists and answers; it may
//! be wrong, so a name that is refused is tried with its end as well ([`super::page_writer`]). Read back, a name with such
//! an end is the name without it: what was written equals what the mapping wants.

use std::collections::{HashMap, HashSet};

use super::field_table::NAME_LONGEST;
use crate::model::DeviceId;

/// Names that are remembered.
const NAMES_MAX: usize = 200_000;

#[derive(Debug, Default)]
pub(super) struct TakenNames {
    by_name: HashMap<String, u64>,
    by_id: HashMap<u64, String>,
}

fn fold(name: &str) -> String {
    name.trim().to_lowercase()
}

impl TakenNames {
    /// This device has this name now, in the site of the target.
    pub(super) fn note_name(&mut self, id: u64, name: Option<&str>) {
        self.forget_device(id);
        if self.by_id.len() >= NAMES_MAX {
            *self = TakenNames::default();
        }
        if let Some(name) = name {
            self.by_name.insert(fold(name), id);
            self.by_id.insert(id, fold(name));
        }
    }

    pub(super) fn forget_device(&mut self, id: u64) {
        let Some(name) = self.by_id.remove(&id) else { return };
        if self.by_name.get(&name) == Some(&id) {
            self.by_name.remove(&name);
        }
    }

    pub(super) fn is_taken(&self, name: &str) -> bool {
        self.by_name.contains_key(&fold(name))
    }
}

/// Names that the rows of one page want: the first one gets it.
#[derive(Debug, Default)]
pub(super) struct WantedNames(HashSet<String>);

impl WantedNames {
    /// Whether nobody before wanted it.
    pub(super) fn take_name(&mut self, name: &str) -> bool {
        self.0.insert(fold(name))
    }
}

fn end_of(device: DeviceId) -> String {
    let id = device.to_string();
    format!(" ({})", &id[id.len() - 4..])
}

/// The name with the end of the device's id, as long as a name may be.
pub(super) fn make_other_name(name: &str, device: DeviceId) -> String {
    let end = end_of(device);
    let begin: String = name.trim().chars().take(NAME_LONGEST - end.len()).collect();
    format!("{}{end}", begin.trim_end())
}

/// The name without that end.
pub(super) fn plain_name(name: &str, device: Option<DeviceId>) -> &str {
    let end = device.map(end_of);
    end.and_then(|end| name.strip_suffix(end.as_str())).unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::targets::samples_for_tests::device_id;

    #[test]
    fn a_name_is_taken_whatever_its_case_until_its_device_has_another() {
        let mut names = TakenNames::default();
        names.note_name(7, Some("iPhone"));
        assert!(names.is_taken("IPHONE ") && !names.is_taken("iPhone 2"));
        names.note_name(8, Some("iphone"));
        names.note_name(7, Some("other"));
        assert!(names.is_taken("iPhone"), "another one has it by now");
        names.forget_device(8);
        assert!(!names.is_taken("iPhone") && names.is_taken("Other"));
        names.note_name(7, None);
        assert!(!names.is_taken("other"));
        let mut wanted = WantedNames::default();
        assert!(wanted.take_name("PC") && !wanted.take_name("pc"));
    }

    #[test]
    fn another_name_fits_and_reads_as_the_one_that_was_meant() {
        let device = device_id(0x3f2a);
        assert_eq!(make_other_name("iPhone", device), "iPhone (3f2a)");
        assert_eq!(plain_name("iPhone (3f2a)", Some(device)), "iPhone");
        assert_eq!(plain_name("iPhone (3f2b)", Some(device)), "iPhone (3f2b)");
        assert_eq!(plain_name("iPhone (3f2a)", None), "iPhone (3f2a)");
        let long = make_other_name(&"N".repeat(64), device);
        assert!(long.chars().count() == NAME_LONGEST && long.ends_with(" (3f2a)"));
    }
}
