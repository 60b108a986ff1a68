//! What the guard looks at, counted inside the transaction that commits its decision (A4).

use chrono::TimeDelta;
use rusqlite::{Connection, OptionalExtension, params};

use super::job_rows::danger_number;
use crate::model::word_enum;
use crate::model::{
    AccountTies, ActionDanger, ActionKind, DeviceId, InstanceId, InstanceName, OperatorId, TaskId, TaskStage,
    TaskState, Timestamp,
};
use crate::store::columns::{read_count, read_time, read_word};
use crate::store::sql_values::{device_key, to_millis};
use crate::store::{OperatorRow, StoreError, controls, sql_words};

/// Tasks of one danger, all its verbs together: of a tenant, or of a person over all tenants.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TaskCounts {
    /// Taken and not sent within the last hour. What waits for somebody's approval counts for its own requester alone:
    /// it takes nobody else's place.
    pub open: u64,
    /// Sent (or their intent committed) within the last hour.
    pub hour: u64,
    pub day: u64,
}

word_enum! {
    /// By what a kill switch was switched on.
    pub enum KillSwitchOrigin {
        Person "person",
        /// The store was put back, or found to have gone back (A8).
        Restore "restore",
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KillSwitch {
    /// A tenant id, or `*`.
    pub tenant: String,
    pub by: String,
    pub reason: String,
    pub at: Timestamp,
    pub origin: KillSwitchOrigin,
}

/// `of`: a column that the indexes begin with. Each part is looked up along an index: what ended long ago is not walked
/// through.
fn count_tasks(
    connection: &Connection,
    (of, who): (&str, &dyn rusqlite::ToSql),
    danger: ActionDanger,
    is_open: fn(TaskState) -> bool,
    now: Timestamp,
) -> Result<TaskCounts, StoreError> {
    let (open, all) = (
        sql_words::quote_matching(is_open),
        sql_words::quote_matching(|_: TaskState| true),
    );
    let part = |states: &str, when: &str| {
        format!(
            "(SELECT count(*) FROM task WHERE {of} = ?1 AND danger > 0 AND danger = ?2 AND state IN {states} AND {when})"
        )
    };
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {} + {} AS open, {} AS hour, {} AS day",
        part(&open, "intent_at IS NULL"),
        part(&open, "intent_at <= ?3"),
        part(&all, "intent_at > ?3"),
        part(&all, "intent_at > ?4"),
    ))?;
    let hour = to_millis(now - TimeDelta::hours(1));
    let day = to_millis(now - TimeDelta::hours(24));
    Ok(
        statement.query_row(params![who, danger_number(danger), hour, day], |row| {
            Ok(TaskCounts {
                open: read_count(row, "open")?,
                hour: read_count(row, "hour")?,
                day: read_count(row, "day")?,
            })
        })?,
    )
}

pub(crate) fn count_for_tenant(
    connection: &Connection,
    tenant: &str,
    danger: ActionDanger,
    now: Timestamp,
) -> Result<TaskCounts, StoreError> {
    count_tasks(
        connection,
        ("tenant", &tenant),
        danger,
        TaskState::counts_against_limits,
        now,
    )
}

/// In all tenants.
pub(crate) fn count_for_operator(
    connection: &Connection,
    operator: OperatorId,
    danger: ActionDanger,
    now: Timestamp,
) -> Result<TaskCounts, StoreError> {
    count_tasks(
        connection,
        ("operator", &operator.0),
        danger,
        TaskState::is_unissued,
        now,
    )
}

/// Of all accounts that count as one person with this one (A9), in all tenants.
pub(crate) fn count_for_person(
    connection: &Connection,
    operator: OperatorId,
    everybody: &[OperatorRow],
    danger: ActionDanger,
    now: Timestamp,
) -> Result<TaskCounts, StoreError> {
    let factor_since = |id: OperatorId| {
        let owner = everybody.iter().find(|row| row.id == id);
        owner.and_then(|row| row.second_factor_since)
    };
    let ties = AccountTies::from_accounts(&controls::list_controls(connection)?, now, factor_since);
    let mut sum = TaskCounts::default();
    for row in everybody.iter().filter(|row| ties.are_tied(row.id, operator)) {
        let own = count_for_operator(connection, row.id, danger, now)?;
        sum = TaskCounts {
            open: sum.open + own.open,
            hour: sum.hour + own.hour,
            day: sum.day + own.day,
        };
    }
    Ok(sum)
}

/// How often this verb was sent in this tenant within the last 24 hours; for Microsoft's own caps.
pub(crate) fn count_action_today(
    connection: &Connection,
    tenant: &str,
    verb: ActionKind,
    now: Timestamp,
) -> Result<u64, StoreError> {
    let all = sql_words::quote_matching(|_: TaskState| true);
    let mut statement = connection.prepare_cached(&format!(
        "SELECT count(*) FROM task WHERE tenant = ?1 AND danger > 0 AND danger = ?4 AND state IN {all} AND verb = ?2
           AND intent_at > ?3"
    ))?;
    let (danger, day) = (danger_number(verb.danger()), to_millis(now - TimeDelta::hours(24)));
    let count: i64 = statement.query_row(params![tenant, verb.name(), day, danger], |row| row.get(0))?;
    Ok(count.cast_unsigned())
}

/// Other tasks of this device that are more than harmless and whose effect is on its way or not excluded, in this tenant,
/// whoever asked.
pub(crate) fn list_device_tasks_under_way(
    connection: &Connection,
    tenant: &str,
    device: DeviceId,
    excluded_task: TaskId,
) -> Result<Vec<(ActionKind, TaskState)>, StoreError> {
    let under_way = sql_words::quote_matching(TaskState::is_under_way);
    let mut statement = connection.prepare_cached(&format!(
        "SELECT verb, state FROM task WHERE tenant = ?1 AND device_id = ?2 AND danger > 0 AND id <> ?3
           AND state IN {under_way}"
    ))?;
    let rows = statement.query_map(params![tenant, device_key(&device), excluded_task.0], action_from_row)?;
    rows.map(|row| row.map_err(StoreError::from)).collect()
}

/// Other destructive tasks of this device that were sent, ended or not, unless they are known to have had no effect.
pub(crate) fn list_other_destructive_tasks(
    connection: &Connection,
    tenant: &str,
    device: DeviceId,
    except: TaskId,
) -> Result<Vec<(ActionKind, TaskState)>, StoreError> {
    let sent = sql_words::quote_matching(|state: TaskState| {
        !state.is_unissued() && state.stage() != TaskStage::EndedWithoutEffect
    });
    let mut statement = connection.prepare_cached(&format!(
        "SELECT verb, state FROM task WHERE tenant = ?1 AND device_id = ?2 AND danger = ?4 AND id <> ?3
           AND intent_at IS NOT NULL AND state IN {sent} ORDER BY id"
    ))?;
    let destructive = danger_number(ActionDanger::Destructive);
    let parameters = params![tenant, device_key(&device), except.0, destructive];
    let rows = statement.query_map(parameters, action_from_row)?;
    rows.map(|row| row.map_err(StoreError::from)).collect()
}

/// Of `verb` and `state` of a task.
pub(super) fn action_from_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<(ActionKind, TaskState)> {
    Ok((read_word(row, "verb")?, read_word(row, "state")?))
}

pub(crate) const KILL_SWITCH: &str = "SELECT tenant, by, reason, at, origin FROM kill_switch";

pub(crate) fn kill_switch_from_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<KillSwitch> {
    Ok(KillSwitch {
        tenant: row.get("tenant")?,
        by: row.get("by")?,
        reason: row.get("reason")?,
        at: read_time(row, "at")?,
        origin: read_word(row, "origin")?,
    })
}

/// The kill switch that holds for a tenant: where there are two, the one that a person set.
pub(crate) fn find_kill_switch(connection: &Connection, tenant: &str) -> Result<Option<KillSwitch>, StoreError> {
    let mut statement = connection.prepare_cached(&format!(
        "{KILL_SWITCH} WHERE tenant IN (?1, '*') ORDER BY origin <> ?2, tenant LIMIT 1"
    ))?;
    let person = KillSwitchOrigin::Person.name();
    Ok(statement.query_row([tenant, person], kill_switch_from_row).optional()?)
}

pub(crate) fn find_instance_name(connection: &Connection, id: InstanceId) -> Result<Option<InstanceName>, StoreError> {
    let mut statement = connection.prepare_cached("SELECT name FROM instance WHERE id = ?1")?;
    Ok(statement.query_row([id.0], |row| read_word(row, "name")).optional()?)
}

pub(crate) fn find_policy(connection: &Connection, scope: &str) -> Result<Option<String>, StoreError> {
    let mut statement = connection.prepare_cached("SELECT effective FROM policy WHERE scope = ?1")?;
    Ok(statement.query_row([scope], |row| row.get(0)).optional()?)
}

/// When requests of an operator were refused that count towards a suspension, as far as that is remembered.
pub(crate) fn list_refusal_times(connection: &Connection, operator: OperatorId) -> Result<Vec<Timestamp>, StoreError> {
    let mut statement = connection.prepare_cached("SELECT at FROM refusal WHERE operator = ?1 ORDER BY at")?;
    let rows = statement.query_map([operator.0], |row| read_time(row, "at"))?;
    rows.map(|row| row.map_err(StoreError::from)).collect()
}

/// Since when, and why, an operator may not do anything destructive.
pub(crate) fn find_suspension(
    connection: &Connection,
    operator: OperatorId,
) -> Result<Option<(Timestamp, String)>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT suspended_at, suspended_why FROM operator WHERE id = ?1 AND suspended_at IS NOT NULL",
    )?;
    Ok(statement
        .query_row([operator.0], |row| {
            let reason: Option<String> = row.get("suspended_why")?;
            Ok((read_time(row, "suspended_at")?, reason.unwrap_or_default()))
        })
        .optional()?)
}
