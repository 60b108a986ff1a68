//! What limits the guard: kill switch, policies, what waits to loosen them (A7), and the tripwire.

use chrono::TimeDelta;
use rusqlite::{Connection, OptionalExtension, params};
use serde_json::Value;

use super::accept::{Refused, job_of};
use super::decide::{at, stop};
use super::facts::{self, KillSwitch};
use super::intent::write_move;
use super::rows::{self, TaskRow};
use crate::model::{InstanceId, OperatorId, TaskState, Timestamp};
use crate::store::rows::{json, ms, time};
use crate::store::{Store, StoreError};

/// The scope of limits and approvals.
pub const POLICY_BUS: &str = "bus";
/// Destructive requests that limits refused within an hour before an operator is suspended.
const REFUSALS: i64 = 3;

/// The scope of an instance's own policy.
pub fn scope_of(instance: InstanceId) -> String {
    format!("instance:{instance}")
}

/// A change that waits for a second operator.
#[derive(Debug, Clone, PartialEq)]
pub struct LooseningRow {
    pub id: i64,
    pub scope: String,
    pub change: Value,
    /// `None`: found in a file.
    pub asked_by: Option<OperatorId>,
    pub asked_at: Timestamp,
    pub state: String,
    pub decided_by: Option<OperatorId>,
    pub decided_at: Option<Timestamp>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suspension {
    pub operator: OperatorId,
    pub name: String,
    pub at: Timestamp,
    pub why: String,
}

impl Store {
    pub async fn kill_switches(&self) -> Result<Vec<KillSwitch>, StoreError> {
        self.read(|connection| {
            let mut ask =
                connection.prepare_cached("SELECT tenant, by, reason, at FROM kill_switch ORDER BY tenant")?;
            let rows = ask.query_map([], |row| {
                Ok(KillSwitch {
                    tenant: row.get(0)?,
                    by: row.get(1)?,
                    reason: row.get(2)?,
                    at: time(row.get(3)?),
                })
            })?;
            rows.map(|row| row.map_err(StoreError::from)).collect()
        })
        .await
    }

    /// Works at once: the next intent of that tenant (or `*`) finds it.
    pub async fn kill_switch_on(&self, tenant: String, by: String, reason: String) -> Result<(), StoreError> {
        let now = ms(self.inner.clock.now());
        self.write(move |connection| switch_on(connection, &tenant, &by, &reason, now))
            .await
    }

    /// Only after whatever A7 asks; answers whether it was on. Tasks that wait are looked at again.
    pub async fn kill_switch_off(&self, tenant: String) -> Result<bool, StoreError> {
        let done = self
            .write(move |connection| {
                let was_on = connection.execute("DELETE FROM kill_switch WHERE tenant = ?1", [&tenant])? > 0;
                Ok(was_on)
            })
            .await;
        self.wake_tasks();
        done
    }

    pub async fn policy(&self, scope: &str) -> Result<Option<String>, StoreError> {
        let scope = scope.to_owned();
        self.read(move |connection| facts::policy(connection, &scope)).await
    }

    pub async fn set_policy(&self, scope: &str, effective: String) -> Result<(), StoreError> {
        let scope = scope.to_owned();
        self.write(move |connection| set_policy(connection, &scope, &effective))
            .await
    }

    /// Asks for something looser. The same change waits once; another one for the same key overtakes the older.
    pub async fn ask_loosening(
        &self,
        scope: String,
        key: String,
        change: Value,
        asked_by: Option<OperatorId>,
    ) -> Result<LooseningRow, StoreError> {
        let now = self.inner.clock.now();
        self.write(move |connection| {
            for row in loosenings(connection, true)? {
                if row.scope != scope || row.change["key"] != Value::String(key.clone()) {
                    continue;
                }
                if row.change == change {
                    return Ok(row);
                }
                connection.execute("UPDATE loosening SET state = 'overtaken' WHERE id = ?1", [row.id])?;
            }
            connection.execute(
                "INSERT INTO loosening (scope, change, asked_by, asked_at, state) VALUES (?1, ?2, ?3, ?4, 'waiting')",
                params![scope, json(&change), asked_by.map(|id| id.0), ms(now)],
            )?;
            let id = connection.last_insert_rowid();
            loosening(connection, id)?.ok_or(StoreError::Closed)
        })
        .await
    }

    pub async fn loosenings(&self, waiting_only: bool) -> Result<Vec<LooseningRow>, StoreError> {
        self.read(move |connection| loosenings(connection, waiting_only)).await
    }

    /// Approves (with the policy that holds from then on) or rejects what waits; `false` where it waits no more.
    pub async fn decide_loosening(
        &self,
        id: i64,
        by: OperatorId,
        effective: Option<String>,
    ) -> Result<bool, StoreError> {
        let now = ms(self.inner.clock.now());
        let done = self
            .write(move |connection| {
                let Some(row) = loosening(connection, id)?.filter(|row| row.state == "waiting") else {
                    return Ok(false);
                };
                let state = if effective.is_some() { "approved" } else { "rejected" };
                connection.execute(
                    "UPDATE loosening SET state = ?2, decided_by = ?3, decided_at = ?4 WHERE id = ?1",
                    params![id, state, by.0, now],
                )?;
                if let Some(effective) = effective {
                    match row.change["key"].as_str() {
                        Some("killSwitch") => {
                            let tenant = row.change["tenant"].as_str().unwrap_or_default();
                            connection.execute("DELETE FROM kill_switch WHERE tenant = ?1", [tenant])?;
                        }
                        Some("suspension") => {
                            let operator = row.change["operator"].as_i64();
                            connection.execute(
                                "UPDATE operator SET suspended_at = NULL, suspended_why = NULL WHERE id = ?1",
                                [operator],
                            )?;
                        }
                        _ => set_policy(connection, &row.scope, &effective)?,
                    }
                }
                Ok(true)
            })
            .await;
        self.wake_tasks();
        done
    }

    pub async fn suspensions(&self) -> Result<Vec<Suspension>, StoreError> {
        self.read(|connection| {
            let mut ask = connection.prepare_cached(
                "SELECT id, name, suspended_at, suspended_why FROM operator WHERE suspended_at IS NOT NULL ORDER BY name",
            )?;
            let rows = ask.query_map([], |row| {
                Ok(Suspension {
                    operator: OperatorId(row.get(0)?),
                    name: row.get(1)?,
                    at: time(row.get(2)?),
                    why: row.get::<_, Option<String>>(3)?.unwrap_or_default(),
                })
            })?;
            rows.map(|row| row.map_err(StoreError::from)).collect()
        })
        .await
    }
}

fn set_policy(connection: &Connection, scope: &str, effective: &str) -> Result<(), StoreError> {
    connection.execute(
        "INSERT INTO policy (scope, effective) VALUES (?1, ?2) ON CONFLICT (scope) DO UPDATE SET effective = ?2",
        [scope, effective],
    )?;
    Ok(())
}

fn switch_on(connection: &Connection, tenant: &str, by: &str, reason: &str, now: i64) -> Result<(), StoreError> {
    connection.execute(
        "INSERT INTO kill_switch (tenant, by, reason, at) VALUES (?1, ?2, ?3, ?4) ON CONFLICT (tenant) DO NOTHING",
        params![tenant, by, reason, now],
    )?;
    Ok(())
}

fn loosening_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<LooseningRow> {
    Ok(LooseningRow {
        id: row.get(0)?,
        scope: row.get(1)?,
        change: rows::json(row, 2)?.unwrap_or_default(),
        asked_by: row.get::<_, Option<i64>>(3)?.map(OperatorId),
        asked_at: time(row.get(4)?),
        state: row.get(5)?,
        decided_by: row.get::<_, Option<i64>>(6)?.map(OperatorId),
        decided_at: row.get::<_, Option<i64>>(7)?.map(time),
    })
}

const LOOSENING: &str = "SELECT id, scope, change, asked_by, asked_at, state, decided_by, decided_at FROM loosening";

fn loosening(connection: &Connection, id: i64) -> Result<Option<LooseningRow>, StoreError> {
    let mut ask = connection.prepare_cached(&format!("{LOOSENING} WHERE id = ?1"))?;
    Ok(ask.query_row([id], loosening_row).optional()?)
}

fn loosenings(connection: &Connection, waiting_only: bool) -> Result<Vec<LooseningRow>, StoreError> {
    let only = if waiting_only { "WHERE state = 'waiting'" } else { "" };
    let mut ask = connection.prepare_cached(&format!("{LOOSENING} {only} ORDER BY id DESC LIMIT 500"))?;
    let rows = ask.query_map([], loosening_row)?;
    rows.map(|row| row.map_err(StoreError::from)).collect()
}

/// Counts a refusal towards the tripwire; answers whether the operator is suspended by it. His open jobs stop.
pub fn note_refusal(
    connection: &Connection,
    operator: OperatorId,
    refused: &Refused,
    now: Timestamp,
) -> Result<bool, StoreError> {
    if refused.counts || refused.trips {
        connection.execute("DELETE FROM refusal WHERE at <= ?1", [ms(now - TimeDelta::hours(1))])?;
        connection.execute(
            "INSERT INTO refusal (operator, at) VALUES (?1, ?2)",
            params![operator.0, ms(now)],
        )?;
    }
    let count: i64 = connection.query_row(
        "SELECT count(*) FROM refusal WHERE operator = ?1",
        [operator.0],
        |row| row.get(0),
    )?;
    let trips = refused.trips || (refused.counts && count >= REFUSALS);
    if !trips || facts::suspension(connection, operator)?.is_some() {
        return Ok(false);
    }
    let why = match refused.trips {
        true => format!("one request went far beyond a limit: {}", refused.detail),
        false => format!(
            "{count} destructive requests were refused within an hour, the last one: {}",
            refused.detail
        ),
    };
    connection.execute(
        "UPDATE operator SET suspended_at = ?2, suspended_why = ?3 WHERE id = ?1",
        params![operator.0, ms(now), why],
    )?;
    for (task, source) in unissued(connection, Some(operator))? {
        let text = "the operator who asked for it has been suspended".to_owned();
        stop(connection, vec![task], &source, ("suspended", &text), now)?;
    }
    Ok(true)
}

fn unissued(connection: &Connection, of: Option<OperatorId>) -> Result<Vec<(TaskRow, String)>, StoreError> {
    let mut ask = connection.prepare_cached(&format!(
        "SELECT {} FROM task t WHERE (?1 IS NULL OR t.operator = ?1)
           AND t.state IN ('accepted', 'waitingApproval', 'waitingTenantApproval', 'waitingWindow', 'waitingBudget')",
        rows::TASK
    ))?;
    let found = ask
        .query_map([of.map(|id| id.0)], rows::task)?
        .collect::<Result<Vec<_>, _>>()?;
    found
        .into_iter()
        .map(|task| {
            let source = job_of(connection, task.job)?.source;
            Ok((task, source))
        })
        .collect()
}

/// A8: what was issued since the backup is not known any more. Nothing goes out until somebody has looked.
pub fn after_restore(connection: &Connection, now: Timestamp) -> Result<(), StoreError> {
    switch_on(
        connection,
        "*",
        "restore",
        "the store was restored from a backup",
        ms(now),
    )?;
    let mut ask = connection.prepare(&format!(
        "SELECT {} FROM task t WHERE t.state IN ('accepted', 'waitingApproval', 'waitingTenantApproval', 'waitingWindow',
             'waitingBudget', 'issuing', 'unclear', 'handedOver', 'pendingOnDevice', 'stillPending')",
        rows::TASK
    ))?;
    let open = ask.query_map([], rows::task)?.collect::<Result<Vec<_>, _>>()?;
    for task in open {
        let source = job_of(connection, task.job)?.source;
        let text = format!(
            "the store was restored from a backup in which this stood at {}; whether it was sent since is not known",
            task.state.name()
        );
        let to = at(&task, TaskState::NeedsOperator, "restored", text, None);
        write_move(connection, &task, &source, &to, now)?;
    }
    Ok(())
}
