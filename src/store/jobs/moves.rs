//! Which tasks and jobs moved since somebody looked last, by the number of their steps.

use std::collections::BTreeSet;

use rusqlite::{Connection, params};

use super::job_rows::{JobRow, load_job_row};
use crate::model::{JobId, TaskId, TaskState};
use crate::store::columns::read_word;
use crate::store::{StoreError, sql_words};

/// A job that moved.
#[derive(Debug, Clone)]
pub struct JobMove {
    pub job: JobRow,
    /// Whether something is still expected of one of its devices.
    pub is_open: bool,
}

/// A task that moved, and where it went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TaskMove {
    pub job: JobId,
    pub task: TaskId,
    pub state: TaskState,
}

/// Steps behind `after`: the newest of them, and what moved. Where there are more than `most`, only the jobs are told, and
/// of those so many.
pub(in crate::store) fn read_task_moves(
    connection: &Connection,
    after: i64,
    most: usize,
) -> Result<(i64, Vec<JobMove>, Vec<TaskMove>), StoreError> {
    let (count, newest): (i64, i64) = connection
        .prepare_cached("SELECT count(*) AS steps, coalesce(max(id), ?1) AS newest FROM transition WHERE id > ?1")?
        .query_row([after], |row| Ok((row.get("steps")?, row.get("newest")?)))?;
    if count == 0 {
        return Ok((newest, Vec::new(), Vec::new()));
    }
    let is_few = usize::try_from(count).is_ok_and(|count| count <= most);
    let (jobs, tasks) = if is_few {
        let tasks = list_moved_tasks(connection, after)?;
        (tasks.iter().map(|task| task.job).collect(), tasks)
    } else {
        (list_moved_jobs(connection, after, most)?, Vec::new())
    };
    let jobs = jobs.into_iter().map(|job| load_job_move(connection, job));
    Ok((newest, jobs.collect::<Result<_, _>>()?, tasks))
}

fn list_moved_tasks(connection: &Connection, after: i64) -> Result<Vec<TaskMove>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT t.job, r.task, r.state FROM transition r JOIN task t ON t.id = r.task WHERE r.id > ?1 ORDER BY r.id",
    )?;
    let rows = statement.query_map([after], |row| {
        Ok(TaskMove {
            job: JobId(row.get("job")?),
            task: TaskId(row.get("task")?),
            state: read_word(row, "state")?,
        })
    })?;
    rows.map(|row| row.map_err(StoreError::from)).collect()
}

fn list_moved_jobs(connection: &Connection, after: i64, most: usize) -> Result<BTreeSet<JobId>, StoreError> {
    // From the steps on: the other way round every task there ever was would be walked through.
    let mut statement = connection.prepare_cached(
        "SELECT DISTINCT t.job FROM transition r CROSS JOIN task t ON t.id = r.task WHERE r.id > ?1 LIMIT ?2",
    )?;
    let rows = statement.query_map(params![after, most as i64], |row| Ok(JobId(row.get(0)?)))?;
    rows.map(|row| row.map_err(StoreError::from)).collect()
}

fn load_job_move(connection: &Connection, id: JobId) -> Result<JobMove, StoreError> {
    let ends = sql_words::quote_matching(TaskState::is_end);
    let is_open = connection
        .prepare_cached(&format!(
            "SELECT EXISTS (SELECT 1 FROM task WHERE job = ?1 AND state NOT IN {ends})"
        ))?
        .query_row([id.0], |row| row.get(0))?;
    Ok(JobMove {
        job: load_job_row(connection, id)?,
        is_open,
    })
}
