//! How many devices are in which state of compliance, and those that are not compliant. Since when a device is in its state is
//! known from below only: it has been since its last change at the latest.

use super::context::ReportContext;
use super::definition::{ColumnDefinition, ReportDefinition, ReportSource, text, time};
use super::device_record::{DeviceRecord, UNKNOWN};
use super::table::{NamedCounts, ReportCell, ReportTable};

pub(super) const REPORT: ReportDefinition = ReportDefinition {
    name: "compliance",
    title: "Compliance",
    summary: "Devices that are not compliant, by state; the totals count all devices of each state",
    days: None,
    columns: COLUMNS,
    source: ReportSource::Devices(build),
};

const COLUMNS: &[ColumnDefinition] = &[
    text("state", "State"),
    text("deviceName", "Device name"),
    text("serialNumber", "Serial number"),
    text("user", "Last user"),
    text("platform", "Platform"),
    time("unchangedSince", "Unchanged at least since"),
    time("graceUntil", "Grace period until"),
    time("lastCheckIn", "Last check-in"),
    text("instance", "Instance"),
    text("deviceId", "Device id"),
];

/// States of devices that nobody has to look at: `configManager` is judged elsewhere.
const IN_ORDER: [&str; 2] = ["compliant", "configManager"];

fn build(devices: &mut dyn Iterator<Item = DeviceRecord>, context: &ReportContext) -> ReportTable {
    let mut totals = NamedCounts::default();
    let mut rows = Vec::new();
    for device in devices {
        let state = device.compliance_state.as_deref().unwrap_or(UNKNOWN).to_owned();
        totals.add(&state);
        if !IN_ORDER.contains(&state.as_str()) {
            let key = (state.clone(), device.sort_key());
            rows.push((key, build_row(device, state, context)));
        }
    }
    rows.sort_by(|(one, _), (other, _)| one.cmp(other));
    ReportTable {
        rows: rows.into_iter().map(|(_, row)| row).collect(),
        totals: totals.into_totals(),
        unreadable: 0,
    }
}

fn build_row(device: DeviceRecord, state: String, context: &ReportContext) -> Box<[ReportCell]> {
    Box::new([
        state.into(),
        device.name.into(),
        device.serial_number.into(),
        device.user.into(),
        device.operating_system.into(),
        device.changed_at.into(),
        device.grace_until.into(),
        device.last_check_in.into(),
        context.instance_cell(device.instance),
        device.device_id.to_string().into(),
    ])
}
