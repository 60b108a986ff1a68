//! The fields of an inventory that a mapping may name, as `section.key`, in the words of GLPI's own schema; and what each holds.
//!
//! A list of the inventory (`networks`, `storages`, `modems`, `simcards`) has one entry of ours, or two where Intune knows two
//! adapters. `hardware.uuid` is not among them: a UUID that differs from the one that GLPI has makes a second computer.

/// What a field takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum GlpiForm {
    Text,
    /// A whole number.
    Number,
    /// Left out where it does not tell one device from another.
    Serial,
    /// `00:11:22:33:44:55`
    Mac,
}

/// A part of an inventory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum GlpiSection {
    Hardware,
    Bios,
    OperatingSystem,
    Wifi,
    Ethernet,
    Storage,
    Modem,
    SimCard,
}

impl GlpiSection {
    /// Its name in an inventory.
    pub(super) fn key(self) -> &'static str {
        match self {
            GlpiSection::Hardware => "hardware",
            GlpiSection::Bios => "bios",
            GlpiSection::OperatingSystem => "operatingsystem",
            GlpiSection::Wifi | GlpiSection::Ethernet => "networks",
            GlpiSection::Storage => "storages",
            GlpiSection::Modem => "modems",
            GlpiSection::SimCard => "simcards",
        }
    }

    /// Whether it is an entry of a list.
    pub(super) fn is_list(self) -> bool {
        !matches!(
            self,
            GlpiSection::Hardware | GlpiSection::Bios | GlpiSection::OperatingSystem
        )
    }
}

#[derive(Debug, Clone, Copy)]
pub(super) struct GlpiField {
    /// As a mapping names it.
    pub name: &'static str,
    pub section: GlpiSection,
    /// In its section.
    pub key: &'static str,
    pub form: GlpiForm,
    /// Most characters.
    pub longest: usize,
    /// For people.
    pub label: &'static str,
}

/// As the columns of GLPI.
const LONGEST: usize = 255;

const fn field(
    name: &'static str,
    section: GlpiSection,
    key: &'static str,
    form: GlpiForm,
    label: &'static str,
) -> GlpiField {
    GlpiField {
        name,
        section,
        key,
        form,
        longest: LONGEST,
        label,
    }
}

pub(super) const NAME: &str = "hardware.name";
pub(super) const SERIAL: &str = "bios.ssn";
pub(super) const MAKER: &str = "bios.smanufacturer";
pub(super) const MODEL: &str = "bios.smodel";
pub(super) const CHASSIS: &str = "hardware.chassis_type";

use GlpiForm::{Mac, Number, Serial, Text};
use GlpiSection::{Bios, Ethernet, Hardware, Modem, OperatingSystem, SimCard, Storage, Wifi};

#[rustfmt::skip]
pub(super) const FIELDS: &[GlpiField] = &[
    field(NAME, Hardware, "name", Text, "Name"),
    field(CHASSIS, Hardware, "chassis_type", Text, "Type"),
    field("hardware.memory", Hardware, "memory", Number, "Memory, MB"),
    field("hardware.workgroup", Hardware, "workgroup", Text, "Workgroup"),
    field(SERIAL, Bios, "ssn", Serial, "Serial number"),
    field(MAKER, Bios, "smanufacturer", Text, "Manufacturer"),
    field(MODEL, Bios, "smodel", Text, "Model"),
    field("bios.assettag", Bios, "assettag", Text, "Inventory number"),
    field("operatingsystem.name", OperatingSystem, "name", Text, "Operating system"),
    field("operatingsystem.full_name", OperatingSystem, "full_name", Text, "Operating system, full name"),
    field("operatingsystem.version", OperatingSystem, "version", Text, "Version of the operating system"),
    field("operatingsystem.arch", OperatingSystem, "arch", Text, "Architecture"),
    field("networks.wifi", Wifi, "mac", Mac, "MAC address, Wi-Fi"),
    field("networks.ethernet", Ethernet, "mac", Mac, "MAC address, Ethernet"),
    field("storages.disksize", Storage, "disksize", Number, "Storage, MB"),
    field("modems.imei", Modem, "imei", Text, "IMEI"),
    field("simcards.phone_number", SimCard, "phone_number", Text, "Phone number"),
    field("simcards.iccid", SimCard, "iccid", Text, "Number of the SIM card"),
];

pub(super) fn find_glpi_field(name: &str) -> Option<&'static GlpiField> {
    FIELDS.iter().find(|field| field.name == name)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_stand_once_and_begin_with_the_section_and_no_uuid_is_among_them() {
        let names: BTreeSet<&str> = FIELDS.iter().map(|field| field.name).collect();
        assert_eq!(names.len(), FIELDS.len());
        for field in FIELDS {
            assert!(
                field.name.starts_with(&format!("{}.", field.section.key())),
                "{}",
                field.name
            );
            assert!(!field.label.is_empty() && field.key != "uuid");
        }
        assert!(find_glpi_field("hardware.uuid").is_none());
    }
}
