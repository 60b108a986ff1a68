//! What the guard looks at, counted inside the transaction that commits its decision (A4).

use chrono::TimeDelta;
use rusqlite::{Connection, OptionalExtension, params};

use crate::model::{DeviceId, InstanceId, InstanceName, OperatorId, TaskId, TaskState, Timestamp, Verb};
use crate::store::StoreError;
use crate::store::rows::{key, ms, time};

/// Destructive tasks, of a tenant or of an operator. One count for all destructive verbs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Accepted or waiting; nothing was sent within the last hour.
    pub open: u64,
    /// Sent (or their intent committed) within the last hour.
    pub hour: u64,
    pub day: u64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KillSwitch {
    /// A tenant id, or `*`.
    pub tenant: String,
    pub by: String,
    pub reason: String,
    pub at: Timestamp,
}

const UNISSUED: &str = "('accepted', 'waitingApproval', 'waitingTenantApproval', 'waitingWindow', 'waitingBudget')";

fn counts(connection: &Connection, of: &str, who: &dyn rusqlite::ToSql, now: Timestamp) -> Result<Counts, StoreError> {
    let hour = ms(now - TimeDelta::hours(1));
    let day = ms(now - TimeDelta::hours(24));
    let mut ask = connection.prepare_cached(&format!(
        "SELECT count(*) FILTER (WHERE state IN {UNISSUED} AND (intent_at IS NULL OR intent_at <= ?2)),
                count(*) FILTER (WHERE intent_at > ?2), count(*) FILTER (WHERE intent_at > ?3)
         FROM task WHERE danger = 2 AND {of} = ?1 AND (intent_at > ?3 OR state IN {UNISSUED})"
    ))?;
    Ok(ask.query_row(params![who, hour, day], |row| {
        Ok(Counts {
            open: row.get::<_, i64>(0)?.cast_unsigned(),
            hour: row.get::<_, i64>(1)?.cast_unsigned(),
            day: row.get::<_, i64>(2)?.cast_unsigned(),
        })
    })?)
}

pub fn of_tenant(connection: &Connection, tenant: &str, now: Timestamp) -> Result<Counts, StoreError> {
    counts(connection, "tenant", &tenant, now)
}

pub fn of_operator(connection: &Connection, operator: OperatorId, now: Timestamp) -> Result<Counts, StoreError> {
    counts(connection, "operator", &operator.0, now)
}

/// How often this verb was sent in this tenant within the last 24 hours; for Microsoft's own caps.
pub fn verb_today(connection: &Connection, tenant: &str, verb: Verb, now: Timestamp) -> Result<u64, StoreError> {
    let mut ask = connection.prepare_cached(
        "SELECT count(*) FROM task WHERE danger = 2 AND tenant = ?1 AND verb = ?2 AND intent_at > ?3",
    )?;
    let count: i64 = ask.query_row(params![tenant, verb.name(), ms(now - TimeDelta::hours(24))], |row| {
        row.get(0)
    })?;
    Ok(count.cast_unsigned())
}

/// Other destructive tasks of this device whose effect is on its way or not excluded, in this tenant, whoever asked.
pub fn under_way(
    connection: &Connection,
    tenant: &str,
    device: DeviceId,
    except: TaskId,
) -> Result<Vec<(Verb, TaskState)>, StoreError> {
    let mut ask = connection.prepare_cached(
        "SELECT verb, state FROM task WHERE tenant = ?1 AND device_id = ?2 AND danger = 2 AND id <> ?3
           AND state IN ('issuing', 'unclear', 'handedOver', 'pendingOnDevice', 'stillPending', 'needsOperator')",
    )?;
    let rows = ask.query_map(params![tenant, key(&device), except.0], |row| {
        Ok((super::rows::word(row, 0)?, super::rows::word(row, 1)?))
    })?;
    rows.map(|row| row.map_err(StoreError::from)).collect()
}

/// The kill switches that hold for a tenant.
pub fn kill_switch(connection: &Connection, tenant: &str) -> Result<Option<KillSwitch>, StoreError> {
    let mut ask = connection
        .prepare_cached("SELECT tenant, by, reason, at FROM kill_switch WHERE tenant IN (?1, '*') LIMIT 1")?;
    Ok(ask
        .query_row([tenant], |row| {
            Ok(KillSwitch {
                tenant: row.get(0)?,
                by: row.get(1)?,
                reason: row.get(2)?,
                at: time(row.get(3)?),
            })
        })
        .optional()?)
}

pub fn instance_name(connection: &Connection, id: InstanceId) -> Result<Option<InstanceName>, StoreError> {
    let mut ask = connection.prepare_cached("SELECT name FROM instance WHERE id = ?1")?;
    Ok(ask.query_row([id.0], |row| super::rows::word(row, 0)).optional()?)
}

pub fn policy(connection: &Connection, scope: &str) -> Result<Option<String>, StoreError> {
    let mut ask = connection.prepare_cached("SELECT effective FROM policy WHERE scope = ?1")?;
    Ok(ask.query_row([scope], |row| row.get(0)).optional()?)
}

/// Since when, and why, an operator may not do anything destructive.
pub fn suspension(connection: &Connection, operator: OperatorId) -> Result<Option<(Timestamp, String)>, StoreError> {
    let mut ask = connection.prepare_cached(
        "SELECT suspended_at, suspended_why FROM operator WHERE id = ?1 AND suspended_at IS NOT NULL",
    )?;
    Ok(ask
        .query_row([operator.0], |row| {
            let why: Option<String> = row.get(1)?;
            Ok((time(row.get(0)?), why.unwrap_or_default()))
        })
        .optional()?)
}
