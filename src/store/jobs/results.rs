//! Results: the append-only feed of transitions, per management server; kept until acknowledged, and 30 days.

use chrono::TimeDelta;
use rusqlite::{Connection, OptionalExtension, params};
use serde_json::Value;

use crate::model::{ActionKind, DeviceId, InstanceId, OperatorId, TaskId, TaskState, Timestamp};
use crate::store::columns::{read_device, read_instance, read_optional_json, read_time, read_word};
use crate::store::sql_values::{to_json, to_millis};
use crate::store::{Store, StoreError, meta};

const KEPT: TimeDelta = TimeDelta::days(30);

#[derive(Debug, Clone, PartialEq)]
pub struct ResultRow {
    /// Rises; what is acknowledged.
    pub number: i64,
    /// The job as its caller calls it.
    pub job: String,
    pub task: TaskId,
    pub instance: InstanceId,
    pub device: DeviceId,
    pub verb: ActionKind,
    pub at: Timestamp,
    pub state: TaskState,
    pub cause: Option<String>,
    pub detail: Option<Value>,
}

impl Store {
    /// What became of the jobs of a source behind a number; behind what was acknowledged without one. Only of jobs that
    /// `operator` sent: a server id that was removed may be somebody else's now. Only `of` these instances, where given.
    pub async fn list_results(
        &self,
        source: &str,
        operator: OperatorId,
        of: Option<Vec<InstanceId>>,
        after: Option<i64>,
        limit: usize,
    ) -> Result<Vec<ResultRow>, StoreError> {
        let source = source.to_owned();
        let of = of.map(|instances| to_json(&instances));
        self.read(move |connection| {
            let acknowledged: Option<i64> = connection
                .prepare_cached("SELECT acknowledged FROM results_place WHERE source = ?1")?
                .query_row([&source], |row| row.get(0))
                .optional()?;
            let after = after.or(acknowledged).unwrap_or(0);
            let mut statement = connection.prepare_cached(
                "SELECT r.id AS number, j.name AS job, r.task, t.instance, t.device_id, t.verb, r.at, r.state, r.cause,
                     r.detail
                 FROM transition r JOIN task t ON t.id = r.task JOIN job j ON j.id = t.job
                 WHERE r.source = ?1 AND r.id > ?2 AND j.operator = ?4
                   AND (?5 IS NULL OR t.instance IN (SELECT value FROM json_each(?5)))
                 ORDER BY r.id LIMIT ?3",
            )?;
            let found = statement.query_map(params![source, after, limit as i64, operator.0, of], |row| {
                Ok(ResultRow {
                    number: row.get("number")?,
                    job: row.get("job")?,
                    task: TaskId(row.get("task")?),
                    instance: read_instance(row, "instance")?,
                    device: read_device(row, "device_id")?,
                    verb: read_word(row, "verb")?,
                    at: read_time(row, "at")?,
                    state: read_word(row, "state")?,
                    cause: row.get("cause")?,
                    detail: read_optional_json(row, "detail")?,
                })
            })?;
            found.map(|row| row.map_err(StoreError::from)).collect()
        })
        .await
    }

    /// Whether plain numbers, as earlier versions handed them out, are places of the present epoch; and the newest that
    /// there is.
    pub async fn read_result_numbers(&self) -> Result<(bool, i64), StoreError> {
        self.read(|connection| {
            Ok((
                meta::accepts_plain_numbers(connection)?,
                newest_result_number(connection)?,
            ))
        })
        .await
    }

    /// Never backwards, never beyond what there is; answers where it stands now.
    pub async fn acknowledge_results(&self, source: &str, number: i64) -> Result<i64, StoreError> {
        let source = source.to_owned();
        self.write(move |connection| {
            let newest: i64 = connection.query_row(
                "SELECT coalesce(max(id), 0) FROM transition WHERE source = ?1",
                [&source],
                |row| row.get(0),
            )?;
            connection.execute(
                "INSERT INTO results_place (source, acknowledged) VALUES (?1, ?2)
                 ON CONFLICT (source) DO UPDATE SET acknowledged = ?2 WHERE acknowledged < ?2",
                params![source, number.clamp(0, newest)],
            )?;
            Ok(connection.query_row(
                "SELECT acknowledged FROM results_place WHERE source = ?1",
                [&source],
                |row| row.get(0),
            )?)
        })
        .await
    }

    /// Forgets what was acknowledged and is old; the jobs themselves stay, or an id could be used again (A1).
    pub async fn sweep_results(&self) -> Result<u64, StoreError> {
        let until = to_millis(self.inner.clock.now() - KEPT);
        self.write(move |connection| {
            let deleted = connection.execute(
                "DELETE FROM transition WHERE at < ?1 AND id <= coalesce(
                     (SELECT acknowledged FROM results_place p WHERE p.source = transition.source), 0)",
                [until],
            )?;
            Ok(deleted as u64)
        })
        .await
    }
}

/// The newest number that a result ever had, also one that was forgotten since.
pub(crate) fn newest_result_number(connection: &Connection) -> Result<i64, StoreError> {
    let mut statement = connection.prepare_cached("SELECT seq FROM sqlite_sequence WHERE name = 'transition'")?;
    Ok(statement.query_row([], |row| row.get(0)).optional()?.unwrap_or(0))
}
