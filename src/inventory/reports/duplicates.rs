//! Devices that may be the same one, or can't be told apart: with one serial number, with a placeholder in place of a serial
//! number, with one name. A device that two instances read is one device.

use std::collections::BTreeMap;

use super::context::ReportContext;
use super::definition::{ColumnDefinition, ReportDefinition, ReportSource, number, text, time};
use super::device_record::DeviceRecord;
use super::table::{NamedCounts, ReportCell, ReportTable};
use crate::inventory::usable_serial;
use crate::model::{DeviceId, InstanceId, Timestamp};

pub(super) const REPORT: ReportDefinition = ReportDefinition {
    name: "duplicates",
    title: "Duplicates",
    summary: "Devices with the same serial number, with a placeholder as serial number, or with the same name",
    days: None,
    columns: COLUMNS,
    source: ReportSource::Devices(build),
};

const COLUMNS: &[ColumnDefinition] = &[
    text("kind", "Kind"),
    text("value", "Common value"),
    number("devices", "Devices with it"),
    text("deviceName", "Device name"),
    text("serialNumber", "Serial number"),
    text("user", "Last user"),
    text("platform", "Platform"),
    time("enrolledAt", "Enrolled"),
    time("lastCheckIn", "Last check-in"),
    text("instance", "Instance"),
    text("deviceId", "Device id"),
];

/// In the order in which they are shown; the words are those of the column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum DuplicateKind {
    SameSerial,
    JunkSerial,
    SameName,
}

impl DuplicateKind {
    fn name(self) -> &'static str {
        match self {
            DuplicateKind::SameSerial => "sameSerial",
            DuplicateKind::JunkSerial => "junkSerial",
            DuplicateKind::SameName => "sameName",
        }
    }
}

/// What is kept of a device until all are seen.
struct SeenDevice {
    instance: InstanceId,
    device_id: DeviceId,
    name: Option<Box<str>>,
    serial_number: Option<Box<str>>,
    user: Option<Box<str>>,
    platform: Option<Box<str>>,
    enrolled_at: Option<Timestamp>,
    last_check_in: Option<Timestamp>,
}

impl From<DeviceRecord> for SeenDevice {
    fn from(device: DeviceRecord) -> SeenDevice {
        SeenDevice {
            instance: device.instance,
            device_id: device.device_id,
            name: device.name.map(String::into_boxed_str),
            serial_number: device.serial_number.map(String::into_boxed_str),
            user: device.user.map(String::into_boxed_str),
            platform: device.operating_system.map(String::into_boxed_str),
            enrolled_at: device.enrolled_at,
            last_check_in: device.last_check_in,
        }
    }
}

impl SeenDevice {
    /// Under what it may meet others.
    fn keys(&self) -> impl Iterator<Item = (DuplicateKind, String)> {
        let by_serial = trim_text(self.serial_number.as_deref()).map(|serial| match usable_serial(serial) {
            Some(usable) => (DuplicateKind::SameSerial, usable),
            None => (DuplicateKind::JunkSerial, serial.to_uppercase()),
        });
        let by_name = trim_text(self.name.as_deref()).map(|name| (DuplicateKind::SameName, name.to_lowercase()));
        by_serial.into_iter().chain(by_name)
    }

    fn to_row(&self, kind: DuplicateKind, value: &str, devices: u64, context: &ReportContext) -> Box<[ReportCell]> {
        Box::new([
            kind.name().into(),
            value.into(),
            ReportCell::from_count(devices),
            self.name.as_deref().into(),
            self.serial_number.as_deref().into(),
            self.user.as_deref().into(),
            self.platform.as_deref().into(),
            self.enrolled_at.into(),
            self.last_check_in.into(),
            context.instance_cell(self.instance),
            self.device_id.to_string().into(),
        ])
    }
}

fn trim_text(text: Option<&str>) -> Option<&str> {
    text.map(str::trim).filter(|text| !text.is_empty())
}

fn build(devices: &mut dyn Iterator<Item = DeviceRecord>, context: &ReportContext) -> ReportTable {
    let seen: Vec<SeenDevice> = devices.map(SeenDevice::from).collect();
    let mut groups: BTreeMap<(DuplicateKind, String), Vec<usize>> = BTreeMap::new();
    for (place, device) in seen.iter().enumerate() {
        for key in device.keys() {
            groups.entry(key).or_default().push(place);
        }
    }
    let (mut rows, mut totals) = (Vec::new(), NamedCounts::default());
    for ((kind, value), mut places) in groups {
        places.sort_by_key(|place| (seen[*place].device_id, seen[*place].instance));
        // A device that two instances read is shown once.
        places.dedup_by_key(|place| seen[*place].device_id);
        if places.len() < 2 && kind != DuplicateKind::JunkSerial {
            continue;
        }
        for place in &places {
            totals.add(kind.name());
            rows.push(seen[*place].to_row(kind, &value, places.len() as u64, context));
        }
    }
    ReportTable {
        rows,
        totals: totals.into_totals(),
        unreadable: 0,
    }
}
