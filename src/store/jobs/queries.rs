//! Jobs as people and servers see them.

use std::collections::BTreeSet;

use rusqlite::OptionalExtension;

use super::decide::list_tasks;
use super::job_rows::{self, JobRow, TaskRow, TransitionRow};
use crate::model::{ActionKind, ApprovalState, DeviceId, InstanceId, JobId, OperatorId, TaskId, TaskState, Timestamp};
use crate::store::columns::{read_count, read_word};
use crate::store::sql_values::device_key;
use crate::store::{InstanceRow, Store, StoreError, sql_words};

/// How many tasks stand where.
pub type TaskTally = Vec<(TaskState, u64)>;

pub(super) const TALLY_OF_JOB: &str =
    "SELECT state, count(*) AS tasks FROM task WHERE job = ?1 GROUP BY state ORDER BY state";

pub(super) fn tally_from_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<(TaskState, u64)> {
    Ok((read_word(row, "state")?, read_count(row, "tasks")?))
}

/// A job with its tasks and every step that they took.
#[derive(Debug, Clone)]
pub struct JobWithTasks {
    pub job: JobRow,
    pub tasks: Vec<(TaskRow, Vec<TransitionRow>)>,
}

impl Store {
    /// A job by its caller's name, and the digest of what was asked for.
    pub async fn find_job_digest(&self, source: &str, name: &str) -> Result<Option<(JobId, Vec<u8>)>, StoreError> {
        let (source, name) = (source.to_owned(), name.to_owned());
        self.read(move |connection| {
            let mut statement =
                connection.prepare_cached("SELECT id, digest FROM job WHERE source = ?1 AND name = ?2")?;
            let found = statement.query_row([source, name], |row| Ok((JobId(row.get("id")?), row.get("digest")?)));
            Ok(found.optional()?)
        })
        .await
    }

    pub async fn find_job_by_name(&self, source: &str, name: &str) -> Result<Option<JobId>, StoreError> {
        let (source, name) = (source.to_owned(), name.to_owned());
        self.read(move |connection| {
            let mut statement = connection.prepare_cached("SELECT id FROM job WHERE source = ?1 AND name = ?2")?;
            Ok(statement
                .query_row([source, name], |row| Ok(JobId(row.get(0)?)))
                .optional()?)
        })
        .await
    }

    /// All of one job; an error where there is none.
    pub async fn load_job(&self, id: JobId) -> Result<JobWithTasks, StoreError> {
        self.read(move |connection| {
            let job = super::job_rows::load_job_row(connection, id)?;
            let mut statement = connection.prepare_cached(job_rows::STEPS)?;
            let mut all = Vec::new();
            for task in list_tasks(connection, id)? {
                let steps = statement.query_map([task.id.0], job_rows::transition_from_row)?;
                let steps = steps.collect::<Result<Vec<_>, _>>()?;
                all.push((task, steps));
            }
            Ok(JobWithTasks { job, tasks: all })
        })
        .await
    }

    /// A job without its tasks, and how many of them stand where.
    pub async fn load_job_row(&self, id: JobId) -> Result<(JobRow, TaskTally), StoreError> {
        self.read(move |connection| {
            let job = super::job_rows::load_job_row(connection, id)?;
            let mut count = connection.prepare_cached(TALLY_OF_JOB)?;
            let state_counts = count.query_map([id.0], tally_from_row)?;
            Ok((job, state_counts.collect::<Result<Vec<_>, _>>()?))
        })
        .await
    }

    /// Tasks of a job behind one of them, with every step that they took: a job may have as many as a fleet has devices.
    pub async fn list_job_tasks(
        &self,
        id: JobId,
        after: TaskId,
        limit: usize,
    ) -> Result<Vec<(TaskRow, Vec<TransitionRow>)>, StoreError> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(&format!(
                "SELECT {} FROM task t WHERE t.job = ?1 AND t.id > ?2 ORDER BY t.id LIMIT ?3",
                job_rows::TASK
            ))?;
            let found = statement.query_map(rusqlite::params![id.0, after.0, limit as i64], job_rows::task_from_row)?;
            let tasks = found.collect::<Result<Vec<_>, _>>()?;
            let mut statement = connection.prepare_cached(job_rows::STEPS)?;
            tasks
                .into_iter()
                .map(|task| {
                    let steps = statement.query_map([task.id.0], job_rows::transition_from_row)?;
                    Ok((task, steps.collect::<Result<Vec<_>, _>>()?))
                })
                .collect()
        })
        .await
    }

    /// How many tasks of all jobs stand where, ends left out; and jobs that wait for an approval.
    pub async fn count_open_tasks(&self) -> Result<(TaskTally, u64), StoreError> {
        self.read(|connection| {
            let ends = sql_words::quote_matching(TaskState::is_end);
            let mut count = connection.prepare_cached(&format!(
                "SELECT state, count(*) AS tasks FROM task WHERE state NOT IN {ends} GROUP BY state"
            ))?;
            let state_counts = count.query_map([], tally_from_row)?;
            let state_counts = state_counts.collect::<Result<Vec<_>, _>>()?;
            let waiting: i64 = connection.query_row(
                "SELECT count(*) FROM job WHERE approval = ?1",
                [ApprovalState::Waiting.name()],
                |row| row.get(0),
            )?;
            Ok((state_counts, waiting.cast_unsigned()))
        })
        .await
    }

    /// Jobs with devices of which something is due at some time, the newest first; those that wait for an approval are left
    /// out.
    pub async fn list_jobs_under_way(&self, limit: usize) -> Result<Vec<(JobRow, TaskTally)>, StoreError> {
        self.read(move |connection| {
            // By the index of what is due: what has ended is not walked through.
            let mut statement = connection.prepare_cached(&format!(
                "SELECT {} FROM job j WHERE j.approval <> ?1
                   AND j.id IN (SELECT job FROM task INDEXED BY task_due WHERE due_at IS NOT NULL)
                 ORDER BY j.id DESC LIMIT ?2",
                job_rows::JOB
            ))?;
            let found = statement.query_map(
                rusqlite::params![ApprovalState::Waiting.name(), limit as i64],
                job_rows::job_from_row,
            )?;
            let jobs = found.collect::<Result<Vec<_>, _>>()?;
            let mut count = connection.prepare_cached(TALLY_OF_JOB)?;
            jobs.into_iter()
                .map(|job| {
                    let state_counts = count.query_map([job.id.0], tally_from_row)?;
                    Ok((job, state_counts.collect::<Result<Vec<_>, _>>()?))
                })
                .collect()
        })
        .await
    }

    /// Jobs of an instance that are not at their end.
    pub async fn list_open_jobs(&self, instance: InstanceId) -> Result<BTreeSet<JobId>, StoreError> {
        self.read(move |connection| {
            let ends = sql_words::quote_matching(TaskState::is_end);
            let mut statement = connection.prepare_cached(&format!(
                "SELECT DISTINCT job FROM task WHERE instance = ?1 AND state NOT IN {ends}"
            ))?;
            let rows = statement.query_map([instance.0], |row| Ok(JobId(row.get(0)?)))?;
            rows.map(|row| row.map_err(StoreError::from)).collect()
        })
        .await
    }

    pub async fn find_task(&self, id: TaskId) -> Result<Option<TaskRow>, StoreError> {
        self.read(move |connection| super::intent::find_task(connection, id))
            .await
    }

    /// Other destructive tasks of a device that were sent, ended or not, unless they are known to have had no effect.
    pub async fn list_other_destructive_tasks(
        &self,
        tenant: String,
        device: DeviceId,
        except: TaskId,
    ) -> Result<Vec<(ActionKind, TaskState)>, StoreError> {
        self.read(move |connection| super::facts::list_other_destructive_tasks(connection, &tenant, device, except))
            .await
    }

    /// Tasks of a device that are more than harmless and under way.
    pub async fn list_device_tasks_under_way(
        &self,
        tenant: String,
        device: DeviceId,
    ) -> Result<Vec<(ActionKind, TaskState)>, StoreError> {
        self.read(move |connection| super::facts::list_device_tasks_under_way(connection, &tenant, device, TaskId(0)))
            .await
    }

    /// Tasks of a device with their jobs, the newest first; with `operator` only those that this account asked for.
    pub async fn list_device_tasks(
        &self,
        instance: &InstanceRow,
        device: DeviceId,
        operator: Option<OperatorId>,
        limit: usize,
    ) -> Result<Vec<(TaskRow, JobRow)>, StoreError> {
        // As jobs are kept with it.
        let (instance, tenant) = (instance.id, instance.tenant_id.to_ascii_lowercase());
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(&format!(
                "SELECT {} FROM task t WHERE t.tenant = ?1 AND t.device_id = ?2 AND t.instance = ?3
                   AND (?4 IS NULL OR t.operator = ?4) ORDER BY t.id DESC LIMIT ?5",
                job_rows::TASK
            ))?;
            let operator = operator.map(|id| id.0);
            let parameters = rusqlite::params![tenant, device_key(&device), instance.0, operator, limit as i64];
            let found = statement.query_map(parameters, job_rows::task_from_row)?;
            let tasks = found.collect::<Result<Vec<_>, _>>()?;
            tasks
                .into_iter()
                .map(|task| Ok((task.clone(), super::job_rows::load_job_row(connection, task.job)?)))
                .collect()
        })
        .await
    }

    /// Tasks that wait for a person to say what became of them, with their jobs: first those whose device has gone,
    /// then the oldest.
    pub async fn list_tasks_for_operators(&self, limit: usize) -> Result<Vec<(TaskRow, JobRow)>, StoreError> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(&format!(
                "SELECT {} FROM task t WHERE t.state IN {} ORDER BY t.state <> {}, t.id LIMIT ?1",
                job_rows::TASK,
                sql_words::quote_matching(TaskState::needs_operator),
                sql_words::quote_word(TaskState::GoneUnproven),
            ))?;
            let found = statement.query_map([limit as i64], job_rows::task_from_row)?;
            let tasks = found.collect::<Result<Vec<_>, _>>()?;
            tasks
                .into_iter()
                .map(|task| Ok((task.clone(), super::job_rows::load_job_row(connection, task.job)?)))
                .collect()
        })
        .await
    }

    /// What Intune has of a tenant (or of all) and cannot be called back: shown with the kill switch.
    pub async fn list_tasks_under_way(
        &self,
        tenant: Option<String>,
        since: Timestamp,
    ) -> Result<Vec<TaskRow>, StoreError> {
        self.read(move |connection| {
            let under_way = sql_words::quote_matching(TaskState::is_under_way);
            let mut statement = connection.prepare_cached(&format!(
                "SELECT {} FROM task t WHERE (?1 IS NULL OR t.tenant = ?1) AND t.danger > 0 AND t.intent_at > ?2
                   AND t.state IN {under_way} ORDER BY t.id DESC LIMIT 500",
                job_rows::TASK
            ))?;
            let found = statement.query_map(
                rusqlite::params![tenant, crate::store::sql_values::to_millis(since)],
                job_rows::task_from_row,
            )?;
            found.map(|row| row.map_err(StoreError::from)).collect()
        })
        .await
    }
}
