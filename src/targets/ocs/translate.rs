//! A device as an inventory of OCS: XML, compressed by zlib. Pure.
//!
//! *Who it is.* DEVICEID is made of our id and the time of enrolment, in the form that OCS asks for, so the same device is the
//! same computer, whatever its name. A device that was enrolled again names the computer that it was (OLD_DEVICEID), which
//! OCS merges into it.
//!
//! *What OCS does with it.* HARDWARE and BIOS are replaced whole, so they hold everything that is known. NETWORKS, STORAGES
//! and SIM are replaced where they are sent; without a value they are left out, because OCS makes an address of zeros of
//! nothing. Only where a value has gone, a row without one takes its place. CHECKSUM names every section: without it, the
//! statement of OCS is broken.

use std::collections::BTreeMap;
use std::io::Write as _;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use quick_xml::escape::escape;
use serde_json::Value;

use super::fields::{FIELDS, OcsSection, find_ocs_field};
use super::value_text::{clean_text, field_text};
use crate::model::DeviceId;
use crate::targets::{FieldValues, PlannedWrite, RecordId, SourceDevice, TargetFault};

/// Where a device does not say when it was enrolled.
const NO_ENROLMENT: &str = "2000-01-01-00-00-00";
const PREFIX: &str = "INTUNE-";
const UUID_LENGTH: usize = 36;
/// Between the DEVICEID and the number of a row, where two rows have the same DEVICEID.
const ROW_MARK: &str = " row ";
/// A bit for each section that there is or will be.
const ALL_SECTIONS: u32 = (1 << 30) - 1;
/// OCS takes it for an empty value, and the section for sent.
const NOTHING: &str = "??";

/// Element and what stands in it.
type SentText = (&'static str, String);

/// What OCS replaces together.
const SECTION_GROUPS: [&[OcsSection]; 5] = [
    &[OcsSection::Hardware],
    &[OcsSection::Bios],
    &[OcsSection::Wifi, OcsSection::Ethernet],
    &[OcsSection::Storage],
    &[OcsSection::Sim],
];

/// What is sent for one write.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct OcsInventory {
    pub device_id: String,
    /// Whether a computer of this id may not be there yet.
    pub is_new: bool,
    pub xml: String,
}

/// `None`: nothing is to be sent, and the record stays as it is.
pub(super) fn translate_write(write: &PlannedWrite, tag: Option<&str>) -> Result<Option<OcsInventory>, TargetFault> {
    match write {
        PlannedWrite::Create { device, values, .. } => {
            let device_id = make_device_id(device);
            let inventory = InventoryParts {
                device_id: &device_id,
                values,
                changed: None,
                old_device_id: None,
                tag,
            };
            let xml = inventory.build_xml()?;
            Ok(Some(OcsInventory {
                device_id,
                is_new: true,
                xml,
            }))
        }
        PlannedWrite::Update {
            device,
            record,
            values,
            all,
            replaces,
            ..
        } => {
            let known = plain_device_id(record);
            let own = make_device_id(device);
            let is_moved = replaces.is_some() && own != known;
            let inventory = InventoryParts {
                device_id: if is_moved { &own } else { known },
                values: all,
                changed: Some(values),
                old_device_id: is_moved.then_some(known),
                tag: None,
            };
            let xml = inventory.build_xml()?;
            Ok(Some(OcsInventory {
                device_id: inventory.device_id.to_owned(),
                is_new: is_moved,
                xml,
            }))
        }
        // Whoever looks for old computers goes by their last contact.
        PlannedWrite::Retire { .. } => Ok(None),
    }
}

/// A record written with other values than the device's: those that are put back.
pub(super) fn translate_values(record: &RecordId, values: &FieldValues) -> Result<OcsInventory, TargetFault> {
    let inventory = InventoryParts {
        device_id: plain_device_id(record),
        values,
        changed: Some(values),
        old_device_id: None,
        tag: None,
    };
    Ok(OcsInventory {
        device_id: inventory.device_id.to_owned(),
        is_new: false,
        xml: inventory.build_xml()?,
    })
}

/// As OCS wants it: something, and a time.
pub(super) fn make_device_id(device: &SourceDevice) -> String {
    let enrolled = device.text("enrolledDateTime").and_then(crate::model::parse_time);
    let time = enrolled.map_or_else(
        || NO_ENROLMENT.to_owned(),
        |time| time.format("%Y-%m-%d-%H-%M-%S").to_string(),
    );
    format!("{PREFIX}{}-{time}", device.key.device)
}

/// The device that a computer is, if it was written by a target.
pub(super) fn find_device(device_id: &str) -> Option<DeviceId> {
    let rest = device_id.strip_prefix(PREFIX)?;
    rest.get(..UUID_LENGTH)?.parse().ok()
}

/// Of a computer whose DEVICEID several rows have: the id of a record tells them apart.
pub(super) fn make_record_id(device_id: &str, row: usize, row_number: &str) -> RecordId {
    RecordId(if row == 0 {
        device_id.to_owned()
    } else {
        format!("{device_id}{ROW_MARK}{row_number}")
    })
}

pub(super) fn plain_device_id(record: &RecordId) -> &str {
    record
        .0
        .split_once(ROW_MARK)
        .map_or(record.0.as_str(), |(device_id, _)| device_id)
}

pub(super) fn compress_text(text: &str) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text.as_bytes()).expect("memory takes every byte");
    encoder.finish().expect("memory takes every byte")
}

/// What an agent asks whether there is a newer one: every OCS answers it, whoever asks, and nothing is kept.
pub(super) fn probe_xml() -> String {
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<REQUEST>");
    push_element(&mut xml, "DEVICEID", &format!("{PREFIX}VERIFY-{NO_ENROLMENT}"));
    push_element(&mut xml, "QUERY", "UPDATE");
    xml.push_str("</REQUEST>");
    xml
}

struct InventoryParts<'a> {
    device_id: &'a str,
    values: &'a FieldValues,
    /// Those that differ from what OCS has; `None`: it has nothing yet.
    changed: Option<&'a FieldValues>,
    old_device_id: Option<&'a str>,
    tag: Option<&'a str>,
}

/// Whether an inventory has this field.
pub(super) fn check_ocs_field(name: &str) -> Result<(), TargetFault> {
    match find_ocs_field(name) {
        Some(_) => Ok(()),
        None => Err(TargetFault::Misconfigured {
            problem: format!("an inventory of OCS has no field {name}"),
            advice: "take one that there is: intune-connector targets fields TARGET".to_owned(),
        }),
    }
}

impl InventoryParts<'_> {
    fn build_xml(&self) -> Result<String, TargetFault> {
        let mut texts = self.list_texts()?;
        let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<REQUEST><CONTENT>");
        if let Some(tag) = self.tag.map(|tag| clean_text(tag, 255)).filter(|tag| !tag.is_empty()) {
            xml.push_str("<ACCOUNTINFO><KEYNAME>TAG</KEYNAME>");
            push_element(&mut xml, "KEYVALUE", &tag);
            xml.push_str("</ACCOUNTINFO>");
        }
        for group in SECTION_GROUPS {
            let rows: Vec<(OcsSection, Vec<SentText>)> =
                group.iter().filter_map(|section| texts.remove_entry(section)).collect();
            if rows.is_empty() {
                self.push_empty(&mut xml, group);
            }
            for (section, own) in rows {
                push_section(&mut xml, section, &own);
            }
        }
        if let Some(old) = self.old_device_id {
            push_element(&mut xml, "OLD_DEVICEID", old);
        }
        xml.push_str("</CONTENT>");
        push_element(&mut xml, "DEVICEID", self.device_id);
        push_element(&mut xml, "QUERY", "INVENTORY");
        xml.push_str("</REQUEST>");
        Ok(xml)
    }

    /// Element and text, by section, in the order of the table.
    fn list_texts(&self) -> Result<BTreeMap<OcsSection, Vec<SentText>>, TargetFault> {
        self.values.keys().try_for_each(|name| check_ocs_field(name))?;
        let mut texts = BTreeMap::new();
        for field in FIELDS {
            let Some(value) = self.values.get(field.name) else {
                continue;
            };
            if let Some(text) = field_text(field, value)? {
                let section: &mut Vec<SentText> = texts.entry(field.section).or_default();
                section.push((field.element, text));
            }
        }
        Ok(texts)
    }

    /// Sections without any value, which OCS keeps in one place.
    fn push_empty(&self, xml: &mut String, group: &[OcsSection]) {
        let Some(first) = group.first().copied() else { return };
        let nothing = |element| vec![(element, NOTHING.to_owned())];
        match first {
            OcsSection::Hardware => push_section(xml, first, &[]),
            // With nothing in it OCS would not see it, and keep the values of before.
            OcsSection::Bios => push_section(xml, first, &nothing("BDATE")),
            _ if !group.iter().any(|section| self.has_lost(*section)) => {}
            OcsSection::Wifi | OcsSection::Ethernet => push_section(xml, first, &nothing("MACADDR")),
            OcsSection::Storage | OcsSection::Sim => push_section(xml, first, &nothing("DESCRIPTION")),
        }
    }

    /// Whether OCS has a value of it that has gone since.
    fn has_lost(&self, section: OcsSection) -> bool {
        let Some(changed) = self.changed else { return false };
        let in_section = |name: &&String| find_ocs_field(name).is_some_and(|field| field.section == section);
        changed
            .keys()
            .filter(in_section)
            .any(|name| changed.get(name).is_none_or(Value::is_null))
    }
}

fn push_section(xml: &mut String, section: OcsSection, texts: &[SentText]) {
    xml.push_str(&format!("<{}>", section.element()));
    if section == OcsSection::Hardware {
        push_element(xml, "CHECKSUM", &ALL_SECTIONS.to_string());
    }
    for (element, text) in texts {
        push_element(xml, element, text);
    }
    if let Some(row_type) = section.row_type() {
        push_element(xml, "TYPE", row_type);
    }
    xml.push_str(&format!("</{}>", section.element()));
}

fn push_element(xml: &mut String, element: &str, text: &str) {
    xml.push_str(&format!("<{element}>{}</{element}>", escape(text)));
}

#[cfg(test)]
#[path = "translate_tests.rs"]
mod tests;
