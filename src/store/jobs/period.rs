//! What happened to jobs, tasks, requests and emergencies within a period, a row at a time: a period may be a year. A row
//! is shown as it stands now.

use rusqlite::{Connection, Row};

use super::broken_glass::{self, BrokenGlass};
use super::job_rows::{self, JobRow, TaskRow, load_job_row};
use super::relaxation_rows::{self, RelaxationRow};
use crate::model::{ApprovalState, RelaxationState};
use crate::store::columns::read_count;
use crate::store::evidence_period::{EvidencePeriod, RowVisitor, visit_rows, within};
use crate::store::{StoreError, sql_words};

/// Jobs that needed a second person and were sent or decided then, each with its number of devices.
pub(crate) fn visit_approvals(
    connection: &Connection,
    period: EvidencePeriod,
    visit: RowVisitor<'_, (JobRow, u64)>,
) -> Result<(), StoreError> {
    let sql = format!(
        "SELECT {}, (SELECT count(*) FROM task t WHERE t.job = j.id) AS devices FROM job j
         WHERE j.approval <> {} AND ({} OR {}) ORDER BY j.id",
        job_rows::JOB,
        sql_words::quote_word(ApprovalState::None),
        within("j.created_at"),
        within("j.decided_at"),
    );
    let from_row = |row: &Row<'_>| -> rusqlite::Result<(JobRow, u64)> {
        Ok((job_rows::job_from_row(row)?, read_count(row, "devices")?))
    };
    visit_rows(connection, &sql, period, from_row, visit)
}

/// Tasks that were asked for, agreed to, sent or moved then, each with its job.
pub(crate) fn visit_tasks(
    connection: &Connection,
    period: EvidencePeriod,
    visit: RowVisitor<'_, (TaskRow, JobRow)>,
) -> Result<(), StoreError> {
    let times = [
        "j.created_at",
        "j.decided_at",
        "t.intent_at",
        "t.sent_at",
        "t.updated_at",
    ]
    .map(within);
    let sql = format!(
        "SELECT {} FROM task t JOIN job j ON j.id = t.job
         WHERE {} OR EXISTS (SELECT 1 FROM transition x WHERE x.task = t.id AND {}) ORDER BY t.id",
        job_rows::TASK,
        times.join(" OR "),
        within("x.at"),
    );
    let mut job: Option<JobRow> = None;
    let mut with_job = |task: TaskRow| -> Result<(), StoreError> {
        // Tasks of a job lie beside each other.
        let found = match job.take().filter(|job| job.id == task.job) {
            Some(known) => known,
            None => load_job_row(connection, task.job)?,
        };
        job = Some(found.clone());
        visit((task, found))
    };
    visit_rows(connection, &sql, period, job_rows::task_from_row, &mut with_job)
}

/// Requests to loosen the guard, or to change an account, that were made or decided then.
pub(crate) fn visit_relaxations(
    connection: &Connection,
    period: EvidencePeriod,
    visit: RowVisitor<'_, RelaxationRow>,
) -> Result<(), StoreError> {
    let sql = format!(
        "{} WHERE {} OR {} ORDER BY id",
        relaxation_rows::COLUMNS,
        within("asked_at"),
        within("decided_at")
    );
    visit_rows(connection, &sql, period, relaxation_rows::relaxation_from_row, visit)
}

/// Emergencies of then, and those that were reviewed then.
pub(crate) fn visit_broken_glass(
    connection: &Connection,
    period: EvidencePeriod,
    visit: RowVisitor<'_, BrokenGlass>,
) -> Result<(), StoreError> {
    let sql = format!(
        "{} WHERE {} OR {} ORDER BY g.id",
        broken_glass::COLUMNS,
        within("g.at"),
        within("g.seen_at")
    );
    visit_rows(connection, &sql, period, broken_glass::broken_glass_from_row, visit)
}

/// Changes of accounts that a second person agreed to, oldest first.
pub(crate) fn list_approved_account_changes(connection: &Connection) -> Result<Vec<RelaxationRow>, StoreError> {
    let mut statement = connection.prepare_cached(&format!(
        "{} WHERE state = {} AND json_extract(change, '$.loosening.kind') = 'accountChange' ORDER BY decided_at, id",
        relaxation_rows::COLUMNS,
        sql_words::quote_word(RelaxationState::Approved)
    ))?;
    let rows = statement.query_map([], relaxation_rows::relaxation_from_row)?;
    rows.map(|row| row.map_err(StoreError::from)).collect()
}
