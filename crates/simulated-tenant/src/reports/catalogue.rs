//! Which reports can be exported, and the column that some insist on in their filter.

use super::report_filter::ReportFilter;
use super::table::Table;
use super::{installs, inventory};
use crate::software::{Software, Surroundings};

/// A report that can be exported.
pub struct Report {
    pub name: &'static str,
    /// The filter must name one value of this column.
    pub required: Option<&'static str>,
    pub table: fn(&Software, &ReportFilter, Surroundings<'_>) -> Table,
}

pub const REPORTS: &[Report] = &[
    Report {
        name: "DeviceInstallStatusByApp",
        required: Some("ApplicationId"),
        table: |software, filter, around| {
            let app = filter
                .only("ApplicationId")
                .and_then(|id| uuid::Uuid::try_parse(id).ok());
            installs::install_table(software, app.unwrap_or_default(), around)
        },
    },
    Report {
        name: "AppInvRawData",
        required: None,
        table: |_, _, around| inventory::raw(around.world),
    },
    Report {
        name: "AppInvAggregate",
        required: None,
        table: |_, _, around| inventory::aggregate(around.world),
    },
    Report {
        name: "AppInvByDevice",
        required: Some("DeviceId"),
        table: |_, _, around| inventory::raw(around.world),
    },
    Report {
        name: "DevicesByAppInv",
        required: Some("ApplicationKey"),
        table: |_, _, around| inventory::raw(around.world),
    },
    Report {
        name: "AppInstallStatusAggregate",
        required: None,
        table: |software, _, around| inventory::install_counts(software, around),
    },
    Report {
        name: "Devices",
        required: None,
        table: |_, _, around| inventory::devices(around.world),
    },
    Report {
        name: "DevicesWithInventory",
        required: None,
        table: |_, _, around| inventory::devices(around.world),
    },
];

pub fn find_report(name: &str) -> Option<&'static Report> {
    REPORTS.iter().find(|report| report.name == name)
}
