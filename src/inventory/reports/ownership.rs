//! How many devices of each platform belong to the company, and how many to people.

use std::collections::BTreeMap;

use super::context::ReportContext;
use super::definition::{ColumnDefinition, ReportDefinition, ReportSource, number, text};
use super::device_record::{DeviceRecord, UNKNOWN};
use super::table::{NamedCounts, ReportCell, ReportTable};

pub(super) const REPORT: ReportDefinition = ReportDefinition {
    name: "ownership",
    title: "Ownership",
    summary: "Company-owned and personal devices of each platform",
    days: None,
    columns: COLUMNS,
    source: ReportSource::Devices(build),
};

const COLUMNS: &[ColumnDefinition] = &[
    text("platform", "Platform"),
    number("company", "Company-owned"),
    number("personal", "Personal"),
    number("unknown", "Unknown"),
    number("devices", "Devices"),
];

const OWNERS: [&str; 3] = ["company", "personal", UNKNOWN];

/// What Microsoft may add is not known.
fn owner_of(device: &DeviceRecord) -> &'static str {
    let given = device.owner_type.as_deref();
    let known = OWNERS.into_iter().find(|owner| given == Some(*owner));
    known.unwrap_or(UNKNOWN)
}

fn build(devices: &mut dyn Iterator<Item = DeviceRecord>, _: &ReportContext) -> ReportTable {
    let mut totals = NamedCounts::default();
    let mut platforms: BTreeMap<String, NamedCounts> = BTreeMap::new();
    for device in devices {
        let owner = owner_of(&device);
        totals.add(owner);
        platforms.entry(device.platform().to_owned()).or_default().add(owner);
    }
    let rows = platforms.into_iter().map(|(platform, counts)| -> Box<[ReportCell]> {
        let [company, personal, unknown] = OWNERS.map(|owner| counts.count_of(owner));
        Box::new([
            platform.into(),
            ReportCell::from_count(company),
            ReportCell::from_count(personal),
            ReportCell::from_count(unknown),
            ReportCell::from_count(company + personal + unknown),
        ])
    });
    ReportTable {
        rows: rows.collect(),
        totals: totals.into_totals(),
        unreadable: 0,
    }
}
