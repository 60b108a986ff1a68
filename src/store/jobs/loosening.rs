//! What waits for a second person before it loosens the guard (A7): found in a file, or asked for by somebody. It is
//! judged and made in one transaction, so that whatever was tightened meanwhile stays tight.

use rusqlite::{Connection, OptionalExtension, params};
use serde_json::Value;

use super::facts;
use super::power::{KILL_SWITCH, SUSPENSION, set_policy};
use super::rows;
use crate::model::{InstanceId, InstanceName, OperatorId, Timestamp};
use crate::store::rows::{json, ms, time};
use crate::store::{OperatorRow, Store, StoreError, Waiting, runs};

/// Rows listed at most.
const LISTED: u32 = 500;

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

/// Who may agree is judged on facts of the same transaction.
pub struct LooseningFacts {
    pub now: Timestamp,
    pub row: LooseningRow,
    /// The policy of its scope as it is now.
    pub policy: Option<String>,
    /// Whose it is; `None`: the whole bus's.
    pub instance: Option<InstanceName>,
    pub approver: Option<OperatorRow>,
    /// Whether his own destructive rights are suspended.
    pub approver_suspended: bool,
    pub requester: Option<OperatorRow>,
    /// Everybody but the requester.
    pub others: Vec<OperatorRow>,
}

/// What becomes of a change that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// It is made; with the policy that holds from then on, where it is about one.
    Approve(Option<String>),
    Reject,
}

impl Store {
    /// Asks for something looser. The same change waits once; another one for the same key overtakes the older. What was
    /// found in a file becomes a person's as soon as he asks for it: he may not agree to it himself then.
    pub async fn ask_loosening(
        &self,
        scope: String,
        key: String,
        change: Value,
        asked_by: Option<OperatorId>,
    ) -> Result<LooseningRow, StoreError> {
        let now = self.inner.clock.now();
        self.write(move |connection| {
            for row in list(connection, true)? {
                if row.scope != scope
                    || row.change["key"] != key.as_str()
                    || row.change["tenant"] != change["tenant"]
                    || row.change["operator"] != change["operator"]
                {
                    continue;
                }
                if row.change == change && (row.asked_by.is_some() || asked_by.is_none()) {
                    return Ok(row);
                }
                connection.execute("UPDATE loosening SET state = 'overtaken' WHERE id = ?1", [row.id])?;
            }
            connection.execute(
                "INSERT INTO loosening (scope, change, asked_by, asked_at, state) VALUES (?1, ?2, ?3, ?4, 'waiting')",
                params![scope, json(&change), asked_by.map(|id| id.0), ms(now)],
            )?;
            one(connection, connection.last_insert_rowid())
        })
        .await
    }

    pub async fn loosenings(&self, waiting_only: bool) -> Result<Vec<LooseningRow>, StoreError> {
        self.read(move |connection| list(connection, waiting_only)).await
    }

    /// Takes back what waits and is wished no more.
    pub async fn withdraw_loosenings(
        &self,
        scope: &str,
        which: impl Fn(&Value) -> bool + Send + 'static,
    ) -> Result<(), StoreError> {
        let scope = scope.to_owned();
        self.write(move |connection| overtake(connection, &scope, which)).await
    }

    /// Approves or rejects what waits, as `judge` says on facts of the same transaction. Answers the row as it stands
    /// afterwards.
    pub async fn decide_loosening<E: Send + 'static>(
        &self,
        id: i64,
        by: OperatorId,
        judge: impl FnOnce(&LooseningFacts) -> Result<Decision, E> + Send + 'static,
    ) -> Result<Result<LooseningRow, E>, StoreError> {
        let now = self.inner.clock.now();
        self.write_and_wake([Waiting::ForTasks, Waiting::ForRuns], move |connection| {
            let facts = facts_of(connection, one(connection, id)?, by, now)?;
            let decision = match judge(&facts) {
                Ok(decision) => decision,
                Err(error) => return Ok(Err(error)),
            };
            let state = match &decision {
                Decision::Approve(_) => "approved",
                Decision::Reject => "rejected",
            };
            connection.execute(
                "UPDATE loosening SET state = ?2, decided_by = ?3, decided_at = ?4 WHERE id = ?1",
                params![id, state, by.0, ms(now)],
            )?;
            if let Decision::Approve(effective) = decision {
                make(connection, &facts.row, effective, now)?;
            }
            Ok(Ok(one(connection, id)?))
        })
        .await
    }
}

fn make(
    connection: &Connection,
    row: &LooseningRow,
    effective: Option<String>,
    now: Timestamp,
) -> Result<(), StoreError> {
    if row.change["key"] == KILL_SWITCH {
        let tenant = row.change["tenant"].as_str().unwrap_or_default();
        connection.execute("DELETE FROM kill_switch WHERE tenant = ?1", [tenant])?;
    } else if row.change["key"] == SUSPENSION {
        let operator = row.change["operator"].as_i64();
        connection.execute(
            "UPDATE operator SET suspended_at = NULL, suspended_why = NULL WHERE id = ?1",
            [operator],
        )?;
        // He starts anew: what tripped the wire was looked at.
        connection.execute("DELETE FROM refusal WHERE operator = ?1", [operator])?;
    } else if row.change["workflow"].is_i64() {
        runs::agreed(connection, &row.change, row.asked_by, now)?;
    } else if let Some(effective) = effective {
        set_policy(connection, &row.scope, &effective)?;
    }
    Ok(())
}

fn facts_of(
    connection: &Connection,
    row: LooseningRow,
    by: OperatorId,
    now: Timestamp,
) -> Result<LooseningFacts, StoreError> {
    let all = crate::store::operators::all(connection)?;
    let who = |id: Option<OperatorId>| all.iter().find(|operator| Some(operator.id) == id).cloned();
    Ok(LooseningFacts {
        now,
        policy: facts::policy(connection, &row.scope)?,
        instance: match row
            .scope
            .strip_prefix("instance:")
            .and_then(|number| number.parse().ok())
        {
            None => None,
            Some(number) => facts::instance_name(connection, InstanceId(number))?,
        },
        approver: who(Some(by)),
        approver_suspended: facts::suspension(connection, by)?.is_some(),
        requester: who(row.asked_by),
        others: all
            .into_iter()
            .filter(|operator| Some(operator.id) != row.asked_by)
            .collect(),
        row,
    })
}

/// What waits in a scope and is meant by `which` waits no more.
pub fn overtake(connection: &Connection, scope: &str, which: impl Fn(&Value) -> bool) -> Result<(), StoreError> {
    for row in list(connection, true)? {
        if row.scope == scope && which(&row.change) {
            connection.execute("UPDATE loosening SET state = 'overtaken' WHERE id = ?1", [row.id])?;
        }
    }
    Ok(())
}

fn loosening(row: &rusqlite::Row<'_>) -> rusqlite::Result<LooseningRow> {
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

const COLUMNS: &str = "SELECT id, scope, change, asked_by, asked_at, state, decided_by, decided_at FROM loosening";

fn one(connection: &Connection, id: i64) -> Result<LooseningRow, StoreError> {
    let mut ask = connection.prepare_cached(&format!("{COLUMNS} WHERE id = ?1"))?;
    ask.query_row([id], loosening)
        .optional()?
        .ok_or_else(|| StoreError::Unknown {
            what: "change",
            name: id.to_string(),
        })
}

fn list(connection: &Connection, waiting_only: bool) -> Result<Vec<LooseningRow>, StoreError> {
    let only = if waiting_only { "WHERE state = 'waiting'" } else { "" };
    let mut ask = connection.prepare_cached(&format!("{COLUMNS} {only} ORDER BY id DESC LIMIT {LISTED}"))?;
    let rows = ask.query_map([], loosening)?;
    rows.map(|row| row.map_err(StoreError::from)).collect()
}
