//! Runs: begun, looked at, ended.

use chrono::TimeDelta;
use rusqlite::{Connection, OptionalExtension, params, params_from_iter};
use serde_json::Value;

use crate::model::{InstanceId, OperatorId, RunState, Timestamp};
use crate::store::columns::{read_instance, read_json, read_operator, read_optional_time, read_time, read_word};
use crate::store::sql_values::{to_json, to_millis};
use crate::store::write_marks::WriteConcern;
use crate::store::{Store, StoreError, WakeTarget, sql_words};

/// Runs that ended longer ago are forgotten.
const KEPT: TimeDelta = TimeDelta::days(90);
/// Runs by schedule that are kept of one workflow: two weeks of one that runs every two minutes.
const SCHEDULED_KEPT: i64 = 10_000;

#[derive(Debug, Clone, PartialEq)]
pub struct NewRun {
    pub workflow: i64,
    pub instance: InstanceId,
    pub hash: String,
    /// `schedule:NAME`, `demand` or `job:NUMBER`.
    pub cause: String,
    pub operator: Option<OperatorId>,
    pub parameters: Value,
    pub dry_run: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub struct RunRow {
    pub id: i64,
    pub workflow: i64,
    /// Name of the workflow.
    pub name: String,
    pub instance: InstanceId,
    pub hash: String,
    pub version: String,
    pub cause: String,
    pub operator: Option<OperatorId>,
    pub parameters: Value,
    pub dry_run: bool,
    pub state: RunState,
    pub cancelled_by: Option<String>,
    pub outcome: Option<String>,
    pub message: Option<String>,
    pub started_at: Timestamp,
    pub ended_at: Option<Timestamp>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunEnd {
    pub state: RunState,
    pub outcome: String,
    pub message: String,
}

#[derive(Debug, Clone, Default)]
pub struct RunQuery {
    pub workflow: Option<i64>,
    pub instances: Option<Vec<InstanceId>>,
    pub open: bool,
    /// Dry runs are left out: they did nothing.
    pub only_real: bool,
    /// Runs before this one, the newest first.
    pub before: Option<i64>,
    pub limit: usize,
}

const COLUMNS: &str =
    "SELECT r.id, r.workflow, w.name, r.instance, r.hash, d.version, r.cause, r.operator, r.parameters,
    r.dry_run, r.state, r.cancelled_by, r.outcome, r.message, r.started_at, r.ended_at
    FROM run r JOIN workflow w ON w.id = r.workflow JOIN definition d ON d.hash = r.hash";

/// As it stands in the text of a question, so that the index of open runs is found.
fn running_literal() -> String {
    sql_words::quote_word(RunState::Running)
}

fn run(row: &rusqlite::Row<'_>) -> rusqlite::Result<RunRow> {
    Ok(RunRow {
        id: row.get("id")?,
        workflow: row.get("workflow")?,
        name: row.get("name")?,
        instance: read_instance(row, "instance")?,
        hash: row.get("hash")?,
        version: row.get("version")?,
        cause: row.get("cause")?,
        operator: read_operator(row, "operator")?,
        parameters: read_json(row, "parameters")?,
        dry_run: row.get("dry_run")?,
        state: read_word(row, "state")?,
        cancelled_by: row.get("cancelled_by")?,
        outcome: row.get("outcome")?,
        message: row.get("message")?,
        started_at: read_time(row, "started_at")?,
        ended_at: read_optional_time(row, "ended_at")?,
    })
}

pub(crate) fn insert(connection: &Connection, new: &NewRun, now: Timestamp) -> Result<i64, StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO run (workflow, instance, hash, cause, operator, parameters, dry_run, state, started_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?
        .execute(params![
            new.workflow,
            new.instance.0,
            new.hash,
            new.cause,
            new.operator.map(|id| id.0),
            to_json(&new.parameters),
            new.dry_run,
            RunState::Running.name(),
            to_millis(now),
        ])?;
    Ok(connection.last_insert_rowid())
}

/// Whether a workflow is enabled with this text.
pub(crate) fn is_workflow_enabled(connection: &Connection, workflow: i64, hash: &str) -> Result<bool, StoreError> {
    let mut statement = connection.prepare_cached("SELECT enabled AND hash = ?2 FROM workflow WHERE id = ?1")?;
    let found: Option<bool> = statement
        .query_row(params![workflow, hash], |row| row.get(0))
        .optional()?;
    Ok(found == Some(true))
}

impl Store {
    /// Begins a run. Of a schedule's it is written down with it when it last came; where a run of that workflow is open
    /// already, or the workflow is not enabled any more by this account and with this text (A10), none begins.
    pub async fn begin_run(&self, new: NewRun) -> Result<Option<i64>, StoreError> {
        let now = self.inner.clock.now();
        let concern = WriteConcern::Instance(new.instance);
        self.write_concerning(concern, [WakeTarget::Runs], move |connection| {
            if let Some(trigger) = new.cause.strip_prefix("schedule:") {
                let mut statement = connection.prepare_cached(&format!(
                    "SELECT enabled AND hash = ?2 AND enabled_by IS ?3
                         AND NOT EXISTS (SELECT 1 FROM run WHERE workflow = ?1 AND state = {} AND dry_run = 0)
                     FROM workflow WHERE id = ?1",
                    running_literal()
                ))?;
                let operator = new.operator.map(|id| id.0);
                if !statement.query_row(params![new.workflow, new.hash, operator], |row| row.get::<_, bool>(0))? {
                    return Ok(None);
                }
                connection.execute(
                    "INSERT INTO workflow_trigger (workflow, name, last_at) VALUES (?1, ?2, ?3)
                     ON CONFLICT (workflow, name) DO UPDATE SET last_at = ?3",
                    params![new.workflow, trigger, to_millis(now)],
                )?;
            }
            insert(connection, &new, now).map(Some)
        })
        .await
    }

    /// Begins a run in somebody's name, of the text that they were shown; none begins where the workflow is not enabled
    /// with it any more (A10).
    pub async fn begin_enabled_run(&self, new: NewRun) -> Result<Option<i64>, StoreError> {
        let now = self.inner.clock.now();
        self.write_and_wake([WakeTarget::Runs], move |connection| {
            if is_workflow_enabled(connection, new.workflow, &new.hash)? {
                insert(connection, &new, now).map(Some)
            } else {
                Ok(None)
            }
        })
        .await
    }

    pub async fn list_open_runs(&self, instance: InstanceId, limit: usize) -> Result<Vec<RunRow>, StoreError> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(&format!(
                "{COLUMNS} WHERE r.instance = ?1 AND r.state = {} ORDER BY r.id LIMIT ?2",
                running_literal()
            ))?;
            let rows = statement.query_map(params![instance.0, limit as i64], run)?;
            rows.map(|row| row.map_err(StoreError::from)).collect()
        })
        .await
    }

    /// Of each workflow the run that ended last; dry runs are left out.
    pub async fn list_last_ended_runs(&self) -> Result<Vec<RunRow>, StoreError> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(&format!(
                "{COLUMNS} WHERE r.id IN (SELECT (SELECT e.id FROM run e WHERE e.workflow = o.id AND e.dry_run = 0
                     AND e.state <> {} ORDER BY e.id DESC LIMIT 1) FROM workflow o) ORDER BY r.id",
                running_literal()
            ))?;
            let rows = statement.query_map([], run)?;
            rows.map(|row| row.map_err(StoreError::from)).collect()
        })
        .await
    }

    pub async fn run(&self, id: i64) -> Result<Option<RunRow>, StoreError> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(&format!("{COLUMNS} WHERE r.id = ?1"))?;
            Ok(statement.query_row([id], run).optional()?)
        })
        .await
    }

    pub async fn list_runs(&self, query: RunQuery) -> Result<Vec<RunRow>, StoreError> {
        self.read(move |connection| {
            let mut sql = format!("{COLUMNS} WHERE 1 = 1");
            let mut values: Vec<rusqlite::types::Value> = Vec::new();
            if let Some(workflow) = query.workflow {
                sql.push_str(" AND r.workflow = ?");
                values.push(workflow.into());
            }
            if let Some(instances) = query.instances {
                let places = vec!["?"; instances.len()].join(", ");
                sql.push_str(&format!(" AND r.instance IN ({places})"));
                values.extend(instances.iter().map(|id| id.0.into()));
            }
            if query.open {
                sql.push_str(&format!(" AND r.state = {}", running_literal()));
            }
            if query.only_real {
                sql.push_str(" AND r.dry_run = 0");
            }
            if let Some(before) = query.before {
                sql.push_str(" AND r.id < ?");
                values.push(before.into());
            }
            sql.push_str(" ORDER BY r.id DESC LIMIT ?");
            values.push((query.limit as i64).into());
            let mut statement = connection.prepare_cached(&sql)?;
            let rows = statement.query_map(params_from_iter(values), run)?;
            rows.map(|row| row.map_err(StoreError::from)).collect()
        })
        .await
    }

    /// Answers whether the run was still open.
    pub async fn cancel_run(&self, id: i64, by: String) -> Result<bool, StoreError> {
        self.write_and_wake([WakeTarget::Runs], move |connection| {
            let count = connection.execute(
                "UPDATE run SET cancelled_by = coalesce(cancelled_by, ?2) WHERE id = ?1 AND state = ?3",
                params![id, by, RunState::Running.name()],
            )?;
            Ok(count > 0)
        })
        .await
    }

    /// `instance`: the run's own.
    pub async fn end_run(&self, instance: InstanceId, id: i64, end: RunEnd) -> Result<(), StoreError> {
        let now = to_millis(self.inner.clock.now());
        let concern = WriteConcern::Instance(instance);
        self.write_concerning(concern, [WakeTarget::Runs], move |connection| {
            connection
                .prepare_cached(
                    "UPDATE run SET state = ?2, outcome = ?3, message = ?4, ended_at = ?5 WHERE id = ?1 AND state = ?6",
                )?
                .execute(params![
                    id,
                    end.state.name(),
                    end.outcome,
                    end.message,
                    now,
                    RunState::Running.name()
                ])?;
            Ok(())
        })
        .await
    }

    /// Forgets runs that ended long ago, and definitions that nothing stands on any more.
    pub async fn sweep_runs(&self) -> Result<usize, StoreError> {
        let before = to_millis(self.inner.clock.now() - KEPT);
        self.write(move |connection| {
            connection.execute(
                "DELETE FROM run_step WHERE run IN (SELECT id FROM run WHERE ended_at < ?1)",
                [before],
            )?;
            let count = connection.execute("DELETE FROM run WHERE ended_at < ?1", [before])?;
            let count = count + sweep_scheduled_runs(connection)?;
            connection.execute(
                "DELETE FROM definition WHERE hash NOT IN (SELECT hash FROM workflow) AND hash NOT IN (SELECT hash FROM run)
                   AND hash NOT IN (SELECT offered FROM workflow WHERE offered IS NOT NULL) AND added_at < ?1",
                [before],
            )?;
            Ok(count)
        })
        .await
    }
}

/// Of each workflow the newest are kept, those on demand and of jobs beside them.
fn sweep_scheduled_runs(connection: &Connection) -> Result<usize, StoreError> {
    let workflows: Vec<i64> = connection
        .prepare_cached("SELECT id FROM workflow")?
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    let scheduled = "workflow = ?1 AND cause LIKE 'schedule:%'";
    let mut oldest = connection.prepare_cached(&format!(
        "SELECT id FROM run WHERE {scheduled} ORDER BY id DESC LIMIT 1 OFFSET ?2"
    ))?;
    let old = format!("{scheduled} AND id <= ?2 AND state <> {}", running_literal());
    let mut count = 0;
    for workflow in workflows {
        let found: Option<i64> = oldest
            .query_row(params![workflow, SCHEDULED_KEPT], |row| row.get(0))
            .optional()?;
        let Some(last) = found else { continue };
        connection.execute(
            &format!("DELETE FROM run_step WHERE run IN (SELECT id FROM run WHERE {old})"),
            params![workflow, last],
        )?;
        count += connection.execute(&format!("DELETE FROM run WHERE {old}"), params![workflow, last])?;
    }
    Ok(count)
}

/// A8: what runs have done since is not known any more, so none goes on. `reason`: what happened.
pub(crate) fn cancel_runs_after_restore(connection: &Connection, message: &str, now: i64) -> Result<(), StoreError> {
    connection.execute(
        "UPDATE run SET state = ?2, outcome = 'restored', ended_at = ?1, message = ?4 WHERE state = ?3",
        params![now, RunState::Cancelled.name(), RunState::Running.name(), message],
    )?;
    Ok(())
}
