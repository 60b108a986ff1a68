//! What limits the guard: kill switch and suspensions. How it is loosened stands in [`super::relaxations`].

use chrono::TimeDelta;
use rusqlite::{Connection, params};

use super::accept::JobRefusal;
use super::decide::{cancel_unissued, make_transition};
use super::facts::{self, KillSwitch, KillSwitchOrigin};
use super::intent::write_transition;
use super::job_rows::{self, TaskRow, load_job_row};
use super::relaxation_rows::supersede_relaxations;
use crate::model::{OperatorId, PolicyRelaxation, RollbackEvidence, TaskState, Timestamp};
use crate::store::columns::read_time;
use crate::store::sql_values::to_millis;
use crate::store::{Store, StoreError, orders, runs, sql_words, targets};

/// How long refusals are remembered. The guard counts those of a shorter time.
const REFUSALS_KEPT: TimeDelta = TimeDelta::hours(24);

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperatorSuspension {
    pub operator: OperatorId,
    pub name: String,
    pub at: Timestamp,
    pub reason: String,
}

impl Store {
    pub async fn list_kill_switches(&self) -> Result<Vec<KillSwitch>, StoreError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(&format!("{} ORDER BY tenant", facts::KILL_SWITCH))?;
            let rows = statement.query_map([], facts::kill_switch_from_row)?;
            rows.map(|row| row.map_err(StoreError::from)).collect()
        })
        .await
    }

    /// The one that holds for a tenant; `None`: none does.
    pub async fn find_kill_switch(&self, tenant: String) -> Result<Option<KillSwitch>, StoreError> {
        self.read(move |connection| facts::find_kill_switch(connection, &tenant))
            .await
    }

    /// Works at once: the next intent of that tenant (or `*`) finds it. Whoever was about to switch it off has to ask
    /// again.
    pub async fn engage_kill_switch(&self, tenant: String, by: String, reason: String) -> Result<(), StoreError> {
        let now = to_millis(self.inner.clock.now());
        self.write(move |connection| {
            supersede_relaxations(
                connection,
                |row| matches!(&row.relaxation, PolicyRelaxation::KillSwitchOff { tenant: of, .. } if *of == tenant),
            )?;
            write_kill_switch(connection, &tenant, (&by, &reason), KillSwitchOrigin::Person, now)
        })
        .await
    }

    pub async fn list_suspensions(&self) -> Result<Vec<OperatorSuspension>, StoreError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT id, name, suspended_at, suspended_why FROM operator WHERE suspended_at IS NOT NULL ORDER BY name",
            )?;
            let rows = statement.query_map([], |row| {
                Ok(OperatorSuspension {
                    operator: OperatorId(row.get("id")?),
                    name: row.get("name")?,
                    at: read_time(row, "suspended_at")?,
                    reason: row.get::<_, Option<String>>("suspended_why")?.unwrap_or_default(),
                })
            })?;
            rows.map(|row| row.map_err(StoreError::from)).collect()
        })
        .await
    }
}

/// One that is on stays as it is; only what a restore switched on becomes a person's when they say so too.
fn write_kill_switch(
    connection: &Connection,
    tenant: &str,
    (by, reason): (&str, &str),
    origin: KillSwitchOrigin,
    now: i64,
) -> Result<(), StoreError> {
    connection.execute(
        "INSERT INTO kill_switch (tenant, by, reason, at, origin) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (tenant) DO UPDATE SET by = ?2, reason = ?3 || '; before: ' || reason, at = ?4, origin = ?5
             WHERE origin = ?6 AND origin <> ?5",
        params![tenant, by, reason, now, origin.name(), KillSwitchOrigin::Restore.name()],
    )?;
    Ok(())
}

/// Remembers a refusal that counts, and suspends the operator where the guard says so; answers whether they are suspended by
/// it. Their open jobs stop.
pub(crate) fn record_refusal(
    connection: &Connection,
    operator: OperatorId,
    refused: &JobRefusal,
    now: Timestamp,
) -> Result<bool, StoreError> {
    if refused.counts_towards_suspension {
        connection.execute("DELETE FROM refusal WHERE at <= ?1", [to_millis(now - REFUSALS_KEPT)])?;
        connection.execute(
            "INSERT INTO refusal (operator, at) VALUES (?1, ?2)",
            params![operator.0, to_millis(now)],
        )?;
    }
    let Some(suspension) = &refused.suspension else {
        return Ok(false);
    };
    if facts::find_suspension(connection, operator)?.is_some() {
        return Ok(false);
    }
    connection.execute(
        "UPDATE operator SET suspended_at = ?2, suspended_why = ?3 WHERE id = ?1",
        params![operator.0, to_millis(now), suspension.reason],
    )?;
    for (task, source) in list_unissued_tasks(connection, Some(operator))? {
        let told = ("suspended", suspension.task_text.as_str());
        cancel_unissued(connection, vec![task], &source, told, now)?;
    }
    Ok(true)
}

fn list_unissued_tasks(connection: &Connection, of: Option<OperatorId>) -> Result<Vec<(TaskRow, String)>, StoreError> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {} FROM task t WHERE (?1 IS NULL OR t.operator = ?1) AND t.state IN {}",
        job_rows::TASK,
        sql_words::quote_matching(TaskState::is_unissued)
    ))?;
    let found = statement
        .query_map([of.map(|id| id.0)], job_rows::task_from_row)?
        .collect::<Result<Vec<_>, _>>()?;
    found
        .into_iter()
        .map(|task| {
            let source = load_job_row(connection, task.job)?.source;
            Ok((task, source))
        })
        .collect()
}

/// A8: what was issued since is not known any more. Nothing goes out until somebody has looked.
pub(crate) fn secure_after_restore(
    connection: &Connection,
    how: RollbackEvidence,
    now: Timestamp,
) -> Result<(), StoreError> {
    supersede_relaxations(connection, |row| {
        matches!(row.relaxation, PolicyRelaxation::KillSwitchOff { .. })
    })?;
    write_kill_switch(
        connection,
        "*",
        ("restore", how.describe()),
        KillSwitchOrigin::Restore,
        to_millis(now),
    )?;
    let mut statement = connection.prepare(&format!(
        "SELECT {} FROM task t WHERE t.state IN {}",
        job_rows::TASK,
        sql_words::quote_matching(TaskState::is_lost_by_restore)
    ))?;
    let open = statement
        .query_map([], job_rows::task_from_row)?
        .collect::<Result<Vec<_>, _>>()?;
    runs::cancel_runs_after_restore(connection, &how.run_text(), to_millis(now))?;
    orders::fail_orders_after_restore(connection, how, now)?;
    targets::withdraw_consent_after_restore(connection)?;
    for task in open {
        let source = load_job_row(connection, task.job)?.source;
        let text = how.task_text(task.state);
        let to = make_transition(&task, TaskState::NeedsOperator, "restored", text, None);
        write_transition(connection, &task, &source, &to, now)?;
    }
    Ok(())
}
