//! Reports: what people ask of a whole fleet, each as one table.
//!
//! A report is one file: its columns, and a pure function from the devices (or tasks) to its table. [`list_reports`] is all of
//! them. [`build_report`] hands each what the store holds, in one pass and from one moment; a table has the cells of its
//! columns and nothing else of a device, and is never cut.

mod actions;
mod compliance;
mod context;
mod definition;
mod device_record;
mod duplicates;
mod os_versions;
mod ownership;
mod schedule;
mod stale_devices;
mod storage_encryption;
mod table;
#[cfg(test)]
mod tests;

pub use context::{JobFilter, ReportRequest};
pub use definition::{ColumnDefinition, ReportDefinition};
pub use schedule::{ReportPlanError, check_plan, next_write, report_file};
pub use table::{ReportCell, ReportTable};

use chrono::TimeDelta;

use crate::store::{ReportedDevice, Store, StoreError, WalkedTask};
use context::ReportContext;
use definition::{DeviceReport, JobReport, ReportSource};
use device_record::DeviceRecord;

static REPORTS: [ReportDefinition; 7] = [
    stale_devices::REPORT,
    compliance::REPORT,
    os_versions::REPORT,
    ownership::REPORT,
    storage_encryption::REPORT,
    duplicates::REPORT,
    actions::REPORT,
];

/// All reports.
pub fn list_reports() -> &'static [ReportDefinition] {
    &REPORTS
}

pub fn find_report(name: &str) -> Option<&'static ReportDefinition> {
    REPORTS.iter().find(|report| report.name == name)
}

/// The report as the store is now.
pub async fn build_report(
    store: &Store,
    definition: &'static ReportDefinition,
    request: ReportRequest,
) -> Result<ReportTable, StoreError> {
    let instances = request.instances.iter().map(|(id, _)| *id).collect();
    let context = ReportContext::new(definition, request);
    match definition.source {
        ReportSource::Devices(build) => {
            store
                .walk_reported_devices(instances, move |devices| tabulate_devices(build, devices, &context))
                .await
        }
        ReportSource::Jobs(build) => {
            let accounts = store.list_operators().await?;
            let named = context.with_operators(accounts.into_iter().map(|row| (row.id, row.name)));
            let since = named.now - TimeDelta::days(i64::from(named.days));
            store
                .walk_tasks(instances, since, move |tasks| tabulate_tasks(build, tasks, &named))
                .await
        }
    }
}

/// A device that can't be read is counted.
fn tabulate_devices(
    build: DeviceReport,
    devices: &mut dyn Iterator<Item = ReportedDevice>,
    context: &ReportContext,
) -> ReportTable {
    let mut unreadable = 0;
    let mut records = devices.filter_map(|device| {
        let record = DeviceRecord::from_walked(&device);
        unreadable += u64::from(record.is_none());
        record
    });
    let table = build(&mut records, context);
    ReportTable { unreadable, ..table }
}

/// Tasks of jobs that whoever asks may not see are left out.
fn tabulate_tasks(
    build: JobReport,
    tasks: &mut dyn Iterator<Item = WalkedTask>,
    context: &ReportContext,
) -> ReportTable {
    let mut seen = tasks.filter(|task| context.sees_task(task));
    build(&mut seen, context)
}
