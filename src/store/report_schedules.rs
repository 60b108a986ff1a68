//! Which reports are written into files by schedule, and what came of it.

use rusqlite::{OptionalExtension, params};
use serde::{Deserialize, Serialize};

use super::columns::{read_json, read_optional_time, read_time};
use super::sql_values::{to_json, to_millis};
use super::{Store, StoreError};
use crate::contract::{DecimalMark, ListSeparator, ReportFormat};
use crate::model::{InstanceId, OperatorId, Timestamp};

/// Stands for all instances; none has this number.
const ALL_INSTANCES: i64 = 0;

/// When and how a report is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReportPlan {
    /// As [`crate::schedule::parse_trigger`] reads it.
    pub schedule: String,
    pub zone: String,
    pub format: ReportFormat,
    pub days: Option<u32>,
    pub separator: ListSeparator,
    pub decimal: DecimalMark,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportScheduleRow {
    pub report: String,
    /// `None`: all of them, in one file.
    pub instance: Option<InstanceId>,
    pub plan: ReportPlan,
    pub set_by: OperatorId,
    pub set_at: Timestamp,
    /// When the last attempt began.
    pub last_start: Option<Timestamp>,
    pub written_at: Option<Timestamp>,
    pub row_count: Option<u64>,
    /// Of the last attempt.
    pub failure: Option<String>,
}

#[derive(Debug, Clone)]
pub struct NewReportSchedule {
    pub report: String,
    pub instance: Option<InstanceId>,
    pub plan: ReportPlan,
    pub set_by: OperatorId,
}

const COLUMNS: &str =
    "s.report, s.instance, s.plan, s.set_by, s.set_at, s.last_start, s.written_at, s.row_count, s.failure";

fn schedule_from_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<ReportScheduleRow> {
    let number: i64 = row.get("instance")?;
    Ok(ReportScheduleRow {
        report: row.get("report")?,
        instance: (number != ALL_INSTANCES).then_some(InstanceId(number)),
        plan: read_json(row, "plan")?,
        set_by: OperatorId(row.get("set_by")?),
        set_at: read_time(row, "set_at")?,
        last_start: read_optional_time(row, "last_start")?,
        written_at: read_optional_time(row, "written_at")?,
        row_count: row.get::<_, Option<i64>>("row_count")?.map(i64::cast_unsigned),
        failure: row.get("failure")?,
    })
}

fn instance_number(instance: Option<InstanceId>) -> i64 {
    instance.map_or(ALL_INSTANCES, |id| id.0)
}

impl Store {
    /// Of instances that are there.
    pub async fn list_report_schedules(&self) -> Result<Vec<ReportScheduleRow>, StoreError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(&format!(
                "SELECT {COLUMNS} FROM report_schedule s LEFT JOIN instance i ON i.id = s.instance
                 WHERE s.instance = {ALL_INSTANCES} OR (i.id IS NOT NULL AND i.removed_at IS NULL)
                 ORDER BY s.report, s.instance"
            ))?;
            let rows = statement.query_map([], schedule_from_row)?;
            rows.map(|row| row.map_err(StoreError::from)).collect()
        })
        .await
    }

    /// In place of the one of the same report and instance. What was written stays known.
    pub async fn set_report_schedule(&self, new: NewReportSchedule) -> Result<ReportScheduleRow, StoreError> {
        let now = to_millis(self.inner.clock.now());
        self.write(move |connection| {
            let number = instance_number(new.instance);
            connection.execute(
                "INSERT INTO report_schedule (report, instance, plan, set_by, set_at) VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT (report, instance) DO UPDATE SET plan = ?3, set_by = ?4, set_at = ?5, failure = NULL",
                params![new.report, number, to_json(&new.plan), new.set_by.0, now],
            )?;
            Ok(connection.query_row(
                &format!("SELECT {COLUMNS} FROM report_schedule s WHERE s.report = ?1 AND s.instance = ?2"),
                params![new.report, number],
                schedule_from_row,
            )?)
        })
        .await
    }

    /// False where there is none.
    pub async fn remove_report_schedule(
        &self,
        report: String,
        instance: Option<InstanceId>,
    ) -> Result<bool, StoreError> {
        self.write(move |connection| {
            let removed = connection.execute(
                "DELETE FROM report_schedule WHERE report = ?1 AND instance = ?2",
                params![report, instance_number(instance)],
            )?;
            Ok(removed > 0)
        })
        .await
    }

    /// What came of an attempt that began at `started`: rows in the file, or why there is none. Answers whether this failure
    /// is news: the attempt before did not fail.
    pub async fn record_report_attempt(
        &self,
        report: String,
        instance: Option<InstanceId>,
        started: Timestamp,
        outcome: Result<u64, String>,
    ) -> Result<bool, StoreError> {
        let now = to_millis(self.inner.clock.now());
        self.write(move |connection| {
            let number = instance_number(instance);
            let before: Option<Option<String>> = connection
                .query_row(
                    "SELECT failure FROM report_schedule WHERE report = ?1 AND instance = ?2",
                    params![report, number],
                    |row| row.get(0),
                )
                .optional()?;
            match &outcome {
                Ok(rows) => connection.execute(
                    "UPDATE report_schedule SET last_start = ?3, written_at = ?4, row_count = ?5, failure = NULL
                     WHERE report = ?1 AND instance = ?2",
                    params![report, number, to_millis(started), now, rows.cast_signed()],
                )?,
                Err(failure) => connection.execute(
                    "UPDATE report_schedule SET last_start = ?3, failure = ?4 WHERE report = ?1 AND instance = ?2",
                    params![report, number, to_millis(started), failure],
                )?,
            };
            Ok(outcome.is_err() && before == Some(None))
        })
        .await
    }
}
