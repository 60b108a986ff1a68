//! The fields of an inventory that a mapping may name, as `SECTION/ELEMENT`, and what each of them holds.
//!
//! A computer of OCS has one HARDWARE and one BIOS, which every inventory writes whole, and any number of NETWORKS, STORAGES
//! and SIM. Two network adapters have a name of their own here: that is what Intune knows.

/// What a field takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FieldForm {
    Text,
    /// Digits: OCS puts these into its SQL as they are.
    Number,
    /// Left out where it does not tell one device from another.
    Serial,
    /// `00:11:22:33:44:55`
    Mac,
}

/// A part of an inventory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum OcsSection {
    Hardware,
    Bios,
    Wifi,
    Ethernet,
    Storage,
    Sim,
}

impl OcsSection {
    /// In the XML of an inventory.
    pub(super) fn element(self) -> &'static str {
        match self {
            OcsSection::Hardware => "HARDWARE",
            OcsSection::Bios => "BIOS",
            OcsSection::Wifi | OcsSection::Ethernet => "NETWORKS",
            OcsSection::Storage => "STORAGES",
            OcsSection::Sim => "SIM",
        }
    }

    /// In the answers of the REST API.
    pub(super) fn table(self) -> &'static str {
        match self {
            OcsSection::Hardware => "hardware",
            OcsSection::Bios => "bios",
            OcsSection::Wifi | OcsSection::Ethernet => "networks",
            OcsSection::Storage => "storages",
            OcsSection::Sim => "sim",
        }
    }

    /// Which of several rows it is: the TYPE of that row.
    pub(super) fn row_type(self) -> Option<&'static str> {
        match self {
            OcsSection::Wifi => Some("Wifi"),
            OcsSection::Ethernet => Some("Ethernet"),
            _ => None,
        }
    }
}

#[derive(Debug, Clone, Copy)]
pub(super) struct OcsField {
    /// As a mapping names it.
    pub name: &'static str,
    pub section: OcsSection,
    pub element: &'static str,
    pub form: FieldForm,
    /// Most characters; OCS cuts the rest without a word.
    pub longest: usize,
    /// For people.
    pub label: &'static str,
}

const LONGEST: usize = 255;

const fn field(
    name: &'static str,
    section: OcsSection,
    element: &'static str,
    form: FieldForm,
    label: &'static str,
) -> OcsField {
    OcsField {
        name,
        section,
        element,
        form,
        longest: LONGEST,
        label,
    }
}

use FieldForm::{Mac, Number, Serial, Text};
use OcsSection::{Bios, Ethernet, Hardware, Sim, Storage, Wifi};

#[rustfmt::skip]
pub(super) const FIELDS: &[OcsField] = &[
    field("HARDWARE/NAME", Hardware, "NAME", Text, "Name"),
    field("HARDWARE/USERID", Hardware, "USERID", Text, "User"),
    field("HARDWARE/OSNAME", Hardware, "OSNAME", Text, "Operating system"),
    field("HARDWARE/OSVERSION", Hardware, "OSVERSION", Text, "Version of the operating system"),
    field("HARDWARE/OSCOMMENTS", Hardware, "OSCOMMENTS", Text, "Comment on the operating system"),
    field("HARDWARE/WORKGROUP", Hardware, "WORKGROUP", Text, "Workgroup"),
    field("HARDWARE/USERDOMAIN", Hardware, "USERDOMAIN", Text, "Domain of the user"),
    field("HARDWARE/DESCRIPTION", Hardware, "DESCRIPTION", Text, "Description"),
    field("HARDWARE/UUID", Hardware, "UUID", Text, "UUID"),
    OcsField { longest: 10, ..field("HARDWARE/ARCH", Hardware, "ARCH", Text, "Architecture") },
    field("HARDWARE/PROCESSORT", Hardware, "PROCESSORT", Text, "Processor"),
    field("HARDWARE/PROCESSORS", Hardware, "PROCESSORS", Number, "Speed of the processor, MHz"),
    field("HARDWARE/PROCESSORN", Hardware, "PROCESSORN", Number, "Number of processors"),
    field("HARDWARE/MEMORY", Hardware, "MEMORY", Number, "Memory, MB"),
    field("HARDWARE/SWAP", Hardware, "SWAP", Number, "Swap space, MB"),
    field("HARDWARE/WINCOMPANY", Hardware, "WINCOMPANY", Text, "Company"),
    field("HARDWARE/WINOWNER", Hardware, "WINOWNER", Text, "Owner"),
    field("BIOS/SSN", Bios, "SSN", Serial, "Serial number"),
    field("BIOS/SMANUFACTURER", Bios, "SMANUFACTURER", Text, "Manufacturer"),
    field("BIOS/SMODEL", Bios, "SMODEL", Text, "Model"),
    field("BIOS/TYPE", Bios, "TYPE", Text, "Type"),
    field("BIOS/ASSETTAG", Bios, "ASSETTAG", Text, "Asset tag"),
    field("BIOS/BMANUFACTURER", Bios, "BMANUFACTURER", Text, "Manufacturer of the BIOS"),
    field("BIOS/BVERSION", Bios, "BVERSION", Text, "Version of the BIOS"),
    field("NETWORKS/WIFI", Wifi, "MACADDR", Mac, "MAC address, Wi-Fi"),
    field("NETWORKS/ETHERNET", Ethernet, "MACADDR", Mac, "MAC address, Ethernet"),
    field("STORAGES/DISKSIZE", Storage, "DISKSIZE", Number, "Storage, MB"),
    field("SIM/DEVICEID", Sim, "DEVICEID", Text, "IMEI"),
    field("SIM/SERIALNUMBER", Sim, "SERIALNUMBER", Text, "Number of the SIM card"),
    field("SIM/PHONENUMBER", Sim, "PHONENUMBER", Text, "Phone number"),
    field("SIM/OPERATOR", Sim, "OPERATOR", Text, "Operator"),
];

pub(super) fn find_ocs_field(name: &str) -> Option<&'static OcsField> {
    FIELDS.iter().find(|field| field.name == name)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_stand_once_and_begin_with_the_section() {
        let names: BTreeSet<&str> = FIELDS.iter().map(|field| field.name).collect();
        assert_eq!(names.len(), FIELDS.len());
        for field in FIELDS {
            assert!(
                field.name.starts_with(&format!("{}/", field.section.element())),
                "{}",
                field.name
            );
            assert!(find_ocs_field(field.name).is_some() && !field.label.is_empty());
        }
        assert!(find_ocs_field("HARDWARE/CHECKSUM").is_none());
    }

    /// OCS puts them into its SQL without quotes.
    #[test]
    fn what_goes_into_sql_as_it_is_takes_digits_only() {
        for name in ["PROCESSORS", "PROCESSORN", "MEMORY", "SWAP"] {
            let field = find_ocs_field(&format!("HARDWARE/{name}")).unwrap();
            assert_eq!(field.form, FieldForm::Number, "{name}");
        }
        for unquoted in ["TYPE", "CHECKSUM"] {
            assert!(find_ocs_field(&format!("HARDWARE/{unquoted}")).is_none(), "{unquoted}");
        }
    }
}
