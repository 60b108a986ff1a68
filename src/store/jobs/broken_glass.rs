//! Broken glasses (A9): what one person did alone to one device in an emergency. Written down with the job, in its
//! transaction; shown until a second person has looked.

use chrono::TimeDelta;
use rusqlite::{Connection, OptionalExtension, params};
use serde_json::json;

use super::facts;
use super::job_rows::load_job_row;

use crate::model::{AccountControl, ActionKind, DeviceId, InstanceId, InstanceName, JobId, OperatorId, Timestamp};
use crate::store::audit::{self, AuditEntry};
use crate::store::columns::{read_device, read_instance, read_optional_time, read_time, read_word};
use crate::store::sql_values::to_millis;
use crate::store::{OperatorRow, Store, StoreError, controls};

/// Rows listed at most.
const LISTED: u32 = 200;

/// Who breaks it, and why.
#[derive(Debug, Clone)]
pub struct NewBrokenGlass {
    /// Name of the person.
    pub by: String,
    /// One line.
    pub reason: String,
    /// What everybody is told of it. To whom the device and the reason may be told is another matter: `list_broken_glass`.
    pub notice: fn(&str, ActionKind, JobId) -> String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrokenGlass {
    pub id: i64,
    pub job: JobId,
    pub instance: InstanceId,
    pub device: DeviceId,
    pub verb: ActionKind,
    pub operator: OperatorId,
    /// Their name, as it was then.
    pub by: String,
    pub reason: String,
    pub at: Timestamp,
    /// The second person who has looked; `None`: nobody yet.
    pub seen_by: Option<String>,
    pub seen_at: Option<Timestamp>,
}

/// Who may say to have looked is judged on facts of the same transaction.
pub struct BrokenGlassFacts {
    pub now: Timestamp,
    pub broken_glass: BrokenGlass,
    pub instance: Option<InstanceName>,
    pub acknowledger: Option<OperatorRow>,
    /// Everybody there is.
    pub operators: Vec<OperatorRow>,
    pub controls: Vec<AccountControl>,
}

impl Store {
    /// The newest first; only those at which no second person has looked, or all.
    pub async fn list_broken_glass(&self, open_only: bool) -> Result<Vec<BrokenGlass>, StoreError> {
        self.read(move |connection| {
            let only = if open_only { "WHERE g.seen_at IS NULL" } else { "" };
            let mut statement =
                connection.prepare_cached(&format!("{COLUMNS} {only} ORDER BY g.id DESC LIMIT {LISTED}"))?;
            let rows = statement.query_map([], broken_glass_from_row)?;
            rows.map(|row| row.map_err(StoreError::from)).collect()
        })
        .await
    }

    /// A second person has looked, as `judge` says on facts of the same transaction.
    pub async fn acknowledge_broken_glass<E: Send + 'static>(
        &self,
        id: i64,
        by: OperatorId,
        judge: impl FnOnce(&BrokenGlassFacts) -> Result<(), E> + Send + 'static,
    ) -> Result<Result<BrokenGlass, E>, StoreError> {
        let (now, key) = (self.inner.clock.now(), self.inner.audit_key);
        self.write(move |connection| {
            let glass = load_broken_glass(connection, id)?;
            let everybody = crate::store::operators::list_operators(connection)?;
            let facts = BrokenGlassFacts {
                now,
                instance: facts::find_instance_name(connection, glass.instance)?,
                acknowledger: everybody.iter().find(|row| row.id == by).cloned(),
                operators: everybody,
                controls: controls::list_controls(connection)?,
                broken_glass: glass,
            };
            if let Err(error) = judge(&facts) {
                return Ok(Err(error));
            }
            let name = facts.acknowledger.map_or_else(|| by.to_string(), |row| row.name);
            connection.execute(
                "UPDATE broken_glass SET seen_by = ?2, seen_at = ?3 WHERE id = ?1",
                params![id, name, to_millis(now)],
            )?;
            let entry = AuditEntry {
                actor: name,
                action: "glass.acknowledged",
                subject: id.to_string(),
                detail: json!({ "job": facts.broken_glass.job, "brokenBy": facts.broken_glass.by }),
            };
            audit::append_entry(connection, &key, to_millis(now), &entry)?;
            Ok(Ok(load_broken_glass(connection, id)?))
        })
        .await
    }
}

/// Writes one down, and the audit trail with it.
pub(crate) fn insert(
    connection: &Connection,
    audit_key: &[u8],
    job: JobId,
    new: &NewBrokenGlass,
    now: Timestamp,
) -> Result<(), StoreError> {
    let row = load_job_row(connection, job)?;
    connection.execute(
        "INSERT INTO broken_glass (job, tenant, operator, by, reason, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        params![job.0, row.tenant, row.operator.0, new.by, new.reason, to_millis(now)],
    )?;
    let id = connection.last_insert_rowid();
    let glass = load_broken_glass(connection, id)?;
    let entry = AuditEntry {
        actor: new.by.clone(),
        action: "glass.broken",
        subject: id.to_string(),
        detail: json!({ "job": job, "action": row.verb, "deviceId": glass.device, "reason": new.reason }),
    };
    audit::append_entry(connection, audit_key, to_millis(now), &entry)?;
    controls::insert_notice(connection, &(new.notice)(&new.by, row.verb, job), now)
}

/// How many were broken for a tenant within 24 hours.
pub(crate) fn count_today(connection: &Connection, tenant: &str, now: Timestamp) -> Result<u64, StoreError> {
    let mut statement = connection.prepare_cached("SELECT count(*) FROM broken_glass WHERE tenant = ?1 AND at > ?2")?;
    let day = to_millis(now - TimeDelta::hours(24));
    let count: i64 = statement.query_row(params![tenant, day], |row| row.get(0))?;
    Ok(count.cast_unsigned())
}

pub(super) const COLUMNS: &str =
    "SELECT g.id, g.job, t.instance, t.device_id, t.verb, g.operator, g.by, g.reason, g.at, g.seen_by,
    g.seen_at FROM broken_glass g JOIN task t ON t.job = g.job";

fn load_broken_glass(connection: &Connection, id: i64) -> Result<BrokenGlass, StoreError> {
    let mut statement = connection.prepare_cached(&format!("{COLUMNS} WHERE g.id = ?1"))?;
    statement
        .query_row([id], broken_glass_from_row)
        .optional()?
        .ok_or_else(|| StoreError::Unknown {
            what: "broken glass",
            name: id.to_string(),
        })
}

pub(super) fn broken_glass_from_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<BrokenGlass> {
    Ok(BrokenGlass {
        id: row.get("id")?,
        job: JobId(row.get("job")?),
        instance: read_instance(row, "instance")?,
        device: read_device(row, "device_id")?,
        verb: read_word(row, "verb")?,
        operator: OperatorId(row.get("operator")?),
        by: row.get("by")?,
        reason: row.get("reason")?,
        at: read_time(row, "at")?,
        seen_by: row.get("seen_by")?,
        seen_at: read_optional_time(row, "seen_at")?,
    })
}
