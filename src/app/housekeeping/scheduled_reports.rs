//! Reports that are due are written into their files, one after the other. A file is the old or the new one, whatever
//! happens meanwhile; what fails is told once, and tried again when it is due next.

use std::io;
use std::path::Path;

use crate::app::instances::Instances;
use crate::files::{create_data_folder, replace_data_file_with};
use crate::inventory::reports::{
    ReportDefinition, ReportRequest, ReportTable, build_report, find_report, next_write, report_file,
};
use crate::model::{InstanceId, InstanceName, Timestamp};
use crate::schedule::TriggerDue;
use crate::sics::reports::sheet::ReportStyle;
use crate::store::{InstanceRow, ReportScheduleRow, StoreError};

/// Writes what is due now.
pub(super) async fn write_due_reports(instances: &Instances) {
    if let Err(error) = try_write_reports(instances).await {
        tracing::warn!(error = %error, "failed to read or keep what is known of scheduled reports");
    }
}

async fn try_write_reports(instances: &Instances) -> Result<(), StoreError> {
    let schedules = instances.store.list_report_schedules().await?;
    for schedule in schedules {
        let now = instances.clock.now();
        if next_write(&schedule, now) == TriggerDue::Now {
            let outcome = write_scheduled(instances, &schedule, now).await;
            record_outcome(instances, schedule, now, outcome).await?;
        }
    }
    Ok(())
}

/// The number of rows in the file, or why it was not written.
async fn write_scheduled(instances: &Instances, schedule: &ReportScheduleRow, now: Timestamp) -> Result<u64, String> {
    let definition = find_report(&schedule.report).ok_or("this version of the program has no such report")?;
    let all = instances
        .store
        .list_instances()
        .await
        .map_err(|error| error.to_string())?;
    let subject = choose_instances(all, schedule.instance, definition);
    let name = match (schedule.instance, subject.as_slice()) {
        (None, _) => None,
        (Some(_), [(_, name)]) => Some(name.clone()),
        (Some(_), _) => return Err("its instance does not exist".to_owned()),
    };
    let request = ReportRequest {
        instances: subject,
        days: schedule.plan.days,
        sees_job: None,
        now,
    };
    let table = build_report(&instances.store, definition, request)
        .await
        .map_err(|error| error.to_string())?;
    let rows = table.rows.len() as u64;
    let style = ReportStyle {
        format: schedule.plan.format,
        separator: schedule.plan.separator,
        decimal: schedule.plan.decimal,
    };
    let file = report_file(&schedule.report, name.as_ref(), schedule.plan.format);
    let path = instances.folder.path().join(file);
    let write = move || replace_report(&path, style, definition, &table);
    let written = tokio::task::spawn_blocking(write).await.map_err(io::Error::other);
    let written = written.and_then(|written| written);
    written.map(|()| rows).map_err(|error| error.to_string())
}

/// The instance of a schedule, or all that the report can be about.
fn choose_instances(
    all: Vec<InstanceRow>,
    one: Option<InstanceId>,
    definition: &ReportDefinition,
) -> Vec<(InstanceId, InstanceName)> {
    let is_meant = |row: &InstanceRow| match one {
        Some(id) => row.id == id,
        None => row.removed_at.is_none() || definition.covers_removed_instances(),
    };
    let meant = all.into_iter().filter(is_meant);
    meant.map(|row| (row.id, row.name)).collect()
}

fn replace_report(
    path: &Path,
    style: ReportStyle,
    definition: &ReportDefinition,
    table: &ReportTable,
) -> io::Result<()> {
    let folder = path.parent().unwrap_or(path);
    create_data_folder(folder)?;
    replace_data_file_with(path, |file| style.write_report(file, folder, definition, table))
}

/// A failure is told to everybody who signs in, once until a file was written again.
async fn record_outcome(
    instances: &Instances,
    schedule: ReportScheduleRow,
    started: Timestamp,
    outcome: Result<u64, String>,
) -> Result<(), StoreError> {
    let report = schedule.report.clone();
    match &outcome {
        Ok(rows) => tracing::info!(report, rows, "a scheduled report was written"),
        Err(problem) => {
            tracing::error!(
                report,
                error = problem,
                "a scheduled report was not written; its file is the one before"
            );
        }
    }
    let failure = outcome.as_ref().err().cloned();
    let is_news = instances
        .store
        .record_report_attempt(schedule.report, schedule.instance, started, outcome)
        .await?;
    match failure {
        Some(problem) if is_news => {
            let sentence =
                format!("the report {report} could not be written by schedule; its file is the one before: {problem}");
            instances.store.add_notice(sentence).await
        }
        _ => Ok(()),
    }
}
