//! How many devices have which version of which platform.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use super::context::ReportContext;
use super::definition::{ColumnDefinition, ReportDefinition, ReportSource, flag, number, text, time};
use super::device_record::{DeviceRecord, UNKNOWN};
use super::table::{NamedCounts, ReportCell, ReportTable, percent_of};
use crate::model::Timestamp;

pub(super) const REPORT: ReportDefinition = ReportDefinition {
    name: "osVersions",
    title: "Operating system versions",
    summary: "Versions of each platform with their number of devices, the newest version first",
    days: None,
    columns: COLUMNS,
    source: ReportSource::Devices(build),
};

const COLUMNS: &[ColumnDefinition] = &[
    text("platform", "Platform"),
    text("version", "Version"),
    number("devices", "Devices"),
    number("share", "Share of the platform (%)"),
    flag("newest", "Newest version seen"),
    time("lastCheckIn", "Newest check-in"),
];

#[derive(Default)]
struct VersionCount {
    devices: u64,
    last_check_in: Option<Timestamp>,
}

fn build(devices: &mut dyn Iterator<Item = DeviceRecord>, _: &ReportContext) -> ReportTable {
    let mut totals = NamedCounts::default();
    let mut platforms: BTreeMap<String, BTreeMap<String, VersionCount>> = BTreeMap::new();
    for device in devices {
        totals.add(device.platform());
        let versions = platforms.entry(device.platform().to_owned()).or_default();
        let version = device.os_version.unwrap_or_else(|| UNKNOWN.to_owned());
        let counted = versions.entry(version).or_default();
        counted.devices += 1;
        counted.last_check_in = counted.last_check_in.max(device.last_check_in);
    }
    let mut rows = Vec::new();
    for (platform, versions) in platforms {
        let of_platform = totals.count_of(&platform);
        push_platform(&mut rows, &platform, versions, of_platform);
    }
    ReportTable {
        rows,
        totals: totals.into_totals(),
        unreadable: 0,
    }
}

fn push_platform(
    rows: &mut Vec<Box<[ReportCell]>>,
    platform: &str,
    versions: BTreeMap<String, VersionCount>,
    of_platform: u64,
) {
    let mut versions: Vec<(String, VersionCount)> = versions.into_iter().collect();
    versions.sort_by(|(one, _), (other, _)| compare_versions(other, one));
    for (place, (version, counted)) in versions.into_iter().enumerate() {
        let is_newest = place == 0 && version != UNKNOWN;
        rows.push(Box::new([
            platform.into(),
            version.into(),
            ReportCell::from_count(counted.devices),
            percent_of(counted.devices as f64, of_platform as f64),
            is_newest.into(),
            counted.last_check_in.into(),
        ]));
    }
}

/// `10.0.9` is older than `10.0.10`; what has no number is the oldest.
fn compare_versions(one: &str, other: &str) -> Ordering {
    let numbers = |version: &str| -> Vec<u64> {
        let parts = version.split(|letter: char| !letter.is_ascii_digit());
        parts
            .filter(|part| !part.is_empty())
            .map(|part| part.parse().unwrap_or(u64::MAX))
            .collect()
    };
    numbers(one).cmp(&numbers(other)).then_with(|| one.cmp(other))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_number_by_number() {
        let mut versions = ["10.0.9", "unknown", "10.0.10", "9.1", "10.0.10 (a)", "26"];
        versions.sort_by(|one, other| compare_versions(one, other));
        assert_eq!(versions, ["unknown", "9.1", "10.0.9", "10.0.10", "10.0.10 (a)", "26"]);
    }
}
