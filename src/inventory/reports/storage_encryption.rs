//! How much storage devices have and have left, and whether it is encrypted. Graph writes 0 where it was told nothing, so a
//! device without any free byte counts as one of which that is not known.

use super::context::ReportContext;
use super::definition::{ColumnDefinition, ReportDefinition, ReportSource, flag, number, text, time};
use super::device_record::DeviceRecord;
use super::table::{NamedCounts, ReportCell, ReportTable, percent_of};

pub(super) const REPORT: ReportDefinition = ReportDefinition {
    name: "storageEncryption",
    title: "Storage and encryption",
    summary: "Storage of each device, free and in total, and whether it is encrypted; first those with less than 10 % left, \
              then those that are not encrypted",
    days: None,
    columns: COLUMNS,
    source: ReportSource::Devices(build),
};

const COLUMNS: &[ColumnDefinition] = &[
    text("deviceName", "Device name"),
    text("serialNumber", "Serial number"),
    text("user", "Last user"),
    text("platform", "Platform"),
    number("totalBytes", "Total storage (bytes)"),
    number("freeBytes", "Free storage (bytes)"),
    number("freePercent", "Free (%)"),
    flag("lowSpace", "Low space"),
    flag("encrypted", "Encrypted"),
    time("lastCheckIn", "Last check-in"),
    text("instance", "Instance"),
    text("deviceId", "Device id"),
];

/// Less free than one part in so many is little.
const LOW_PART: i64 = 10;

/// Total and free bytes, as far as they are known.
fn storage_of(device: &DeviceRecord) -> (Option<i64>, Option<i64>) {
    let known = |bytes: Option<i64>| bytes.filter(|bytes| *bytes > 0);
    (known(device.total_bytes), known(device.free_bytes))
}

fn is_low_space(total: i64, free: i64) -> bool {
    free < total / LOW_PART
}

fn build(devices: &mut dyn Iterator<Item = DeviceRecord>, context: &ReportContext) -> ReportTable {
    let mut totals = NamedCounts::default();
    let mut rows = Vec::new();
    for device in devices {
        let (total, free) = storage_of(&device);
        let is_low = total.zip(free).map(|(total, free)| is_low_space(total, free));
        totals.add(match device.is_encrypted {
            Some(true) => "encrypted",
            Some(false) => "notEncrypted",
            None => "encryptionUnknown",
        });
        if is_low == Some(true) {
            totals.add("lowSpace");
        }
        let key = (
            is_low != Some(true),
            device.is_encrypted != Some(false),
            device.sort_key(),
        );
        rows.push((key, build_row(device, is_low, context)));
    }
    rows.sort_by(|(one, _), (other, _)| one.cmp(other));
    ReportTable {
        rows: rows.into_iter().map(|(_, row)| row).collect(),
        totals: totals.into_totals(),
        unreadable: 0,
    }
}

fn build_row(device: DeviceRecord, is_low: Option<bool>, context: &ReportContext) -> Box<[ReportCell]> {
    let (total, free) = storage_of(&device);
    let free_percent = match total.zip(free) {
        Some((total, free)) => percent_of(free as f64, total as f64),
        None => ReportCell::Nothing,
    };
    Box::new([
        device.name.into(),
        device.serial_number.into(),
        device.user.into(),
        device.operating_system.into(),
        total.into(),
        free.into(),
        free_percent,
        is_low.into(),
        device.is_encrypted.into(),
        device.last_check_in.into(),
        context.instance_cell(device.instance),
        device.device_id.to_string().into(),
    ])
}
