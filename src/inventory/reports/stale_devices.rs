//! Devices that have not checked in for some days. One that never checked in counts from its enrolment; where neither is
//! known, nothing can be said of it.

use chrono::TimeDelta;

use super::context::ReportContext;
use super::definition::{ColumnDefinition, ReportDefinition, ReportSource, number, text, time};
use super::device_record::DeviceRecord;
use super::table::{NamedCounts, ReportCell, ReportTable};
use crate::model::Timestamp;

pub(super) const REPORT: ReportDefinition = ReportDefinition {
    name: "staleDevices",
    title: "Stale devices",
    summary: "Devices that have not checked in for the given number of days, the longest first",
    days: Some(30),
    columns: COLUMNS,
    source: ReportSource::Devices(build),
};

const COLUMNS: &[ColumnDefinition] = &[
    text("deviceName", "Device name"),
    text("serialNumber", "Serial number"),
    text("user", "Last user"),
    text("platform", "Platform"),
    text("osVersion", "Version"),
    time("lastCheckIn", "Last check-in"),
    number("days", "Days without check-in"),
    time("enrolledAt", "Enrolled"),
    text("instance", "Instance"),
    text("deviceId", "Device id"),
];

fn build(devices: &mut dyn Iterator<Item = DeviceRecord>, context: &ReportContext) -> ReportTable {
    let limit = context.now - TimeDelta::days(i64::from(context.days));
    let mut totals = NamedCounts::default();
    let mut rows = Vec::new();
    for device in devices {
        let since = device.last_check_in.or(device.enrolled_at);
        let Some(since) = since.filter(|since| *since < limit) else {
            continue;
        };
        totals.add(device.platform());
        rows.push((since, device.device_id, build_row(device, since, context)));
    }
    rows.sort_by_key(|(since, id, _)| (*since, *id));
    ReportTable {
        rows: rows.into_iter().map(|(_, _, row)| row).collect(),
        totals: totals.into_totals(),
        unreadable: 0,
    }
}

fn build_row(device: DeviceRecord, since: Timestamp, context: &ReportContext) -> Box<[ReportCell]> {
    Box::new([
        device.name.into(),
        device.serial_number.into(),
        device.user.into(),
        device.operating_system.into(),
        device.os_version.into(),
        device.last_check_in.into(),
        (context.now - since).num_days().into(),
        device.enrolled_at.into(),
        context.instance_cell(device.instance),
        device.device_id.to_string().into(),
    ])
}
