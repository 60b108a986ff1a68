//! Walks over all devices or tasks of some instances, each from one moment of the store and one row after the other: nothing
//! of them is held but what the caller keeps.

use rusqlite::types::Value;
use rusqlite::{Row, params_from_iter};

use super::jobs::word_column;
use super::sql_values::{device_id_from_column, from_millis, to_millis};
use super::{Store, StoreError};
use crate::model::{ActionKind, ApprovalState, DeviceId, InstanceId, JobId, OperatorId, TaskState, Timestamp};

/// A device that is there, as a walk meets it.
#[derive(Debug, Clone)]
pub struct ReportedDevice {
    pub instance: InstanceId,
    pub id: DeviceId,
    /// When the connector noticed its last change.
    pub changed_at: Timestamp,
    /// `lastSyncDateTime`, seconds since 1970, as it was read last; 0 where never. The one in the body may be older.
    pub last_sync_s: i64,
    /// JSON.
    pub body: String,
}

/// A task and what belongs to its job, as a walk meets it.
#[derive(Debug, Clone)]
pub struct WalkedTask {
    pub job: JobId,
    pub instance: InstanceId,
    pub action: ActionKind,
    /// `server:ID` or `operator:NUMBER`.
    pub source: String,
    pub operator: OperatorId,
    /// JSON: `reason`, `requestedBy` …
    pub about: String,
    pub created_at: Timestamp,
    pub approval: ApprovalState,
    pub decided_by: Option<OperatorId>,
    pub decided_at: Option<Timestamp>,
    pub device: DeviceId,
    /// JSON: name, serial number … at acceptance.
    pub shown: String,
    pub state: TaskState,
    pub cause: Option<String>,
    pub sent_at: Option<Timestamp>,
    pub updated_at: Timestamp,
}

fn device_from_row(row: &Row<'_>) -> rusqlite::Result<ReportedDevice> {
    Ok(ReportedDevice {
        instance: InstanceId(row.get(0)?),
        id: device_id_from_column(1, &row.get::<_, Vec<u8>>(1)?)?,
        changed_at: from_millis(row.get(2)?),
        last_sync_s: row.get(3)?,
        body: row.get(4)?,
    })
}

fn task_from_row(row: &Row<'_>) -> rusqlite::Result<WalkedTask> {
    Ok(WalkedTask {
        job: JobId(row.get(0)?),
        instance: InstanceId(row.get(1)?),
        action: word_column(row, 2)?,
        source: row.get(3)?,
        operator: OperatorId(row.get(4)?),
        about: row.get(5)?,
        created_at: from_millis(row.get(6)?),
        approval: word_column(row, 7)?,
        decided_by: row.get::<_, Option<i64>>(8)?.map(OperatorId),
        decided_at: row.get::<_, Option<i64>>(9)?.map(from_millis),
        device: device_id_from_column(10, &row.get::<_, Vec<u8>>(10)?)?,
        shown: row.get(11)?,
        state: word_column(row, 12)?,
        cause: row.get(13)?,
        sent_at: row.get::<_, Option<i64>>(14)?.map(from_millis),
        updated_at: from_millis(row.get(15)?),
    })
}

fn instance_values(instances: &[InstanceId]) -> (Vec<Value>, String) {
    let values = instances.iter().map(|id| Value::Integer(id.0)).collect();
    (values, vec!["?"; instances.len()].join(", "))
}

impl Store {
    /// Hands every device of these instances that is there to `walk`, and answers what it made of them.
    pub async fn walk_reported_devices<T: Send + 'static>(
        &self,
        instances: Vec<InstanceId>,
        walk: impl FnOnce(&mut dyn Iterator<Item = ReportedDevice>) -> T + Send + 'static,
    ) -> Result<T, StoreError> {
        let (values, places) = instance_values(&instances);
        // Along the rows of the table, as all walks through a fleet (see `schema`).
        let sql = format!(
            "SELECT d.instance, d.device_id, d.changed_at, d.last_sync, b.body
             FROM device d JOIN device_body b ON b.row = d.row WHERE d.state = 1 AND +d.instance IN ({places})"
        );
        self.walk_rows(sql, values, device_from_row, walk).await
    }

    /// The same with every task of a job that was accepted at `since` or later, the newest job first.
    pub async fn walk_tasks<T: Send + 'static>(
        &self,
        instances: Vec<InstanceId>,
        since: Timestamp,
        walk: impl FnOnce(&mut dyn Iterator<Item = WalkedTask>) -> T + Send + 'static,
    ) -> Result<T, StoreError> {
        let (mut values, places) = instance_values(&instances);
        let sql = format!(
            "SELECT j.id, j.instance, j.verb, j.source, j.operator, j.about, j.created_at, j.approval, j.decided_by,
                 j.decided_at, t.device_id, t.shown, t.state, t.cause, t.sent_at, t.updated_at
             FROM job j JOIN task t ON t.job = j.id
             WHERE j.instance IN ({places}) AND j.created_at >= ? ORDER BY j.id DESC, t.id"
        );
        values.push(Value::Integer(to_millis(since)));
        self.walk_rows(sql, values, task_from_row, walk).await
    }

    async fn walk_rows<R, T: Send + 'static>(
        &self,
        sql: String,
        values: Vec<Value>,
        read_row: fn(&Row<'_>) -> rusqlite::Result<R>,
        walk: impl FnOnce(&mut dyn Iterator<Item = R>) -> T + Send + 'static,
    ) -> Result<T, StoreError>
    where
        R: 'static,
    {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(&sql)?;
            let mut rows = statement.query(params_from_iter(values))?;
            let mut failed = None;
            let mut all = std::iter::from_fn(|| {
                let next = rows.next().and_then(|row| row.map(read_row).transpose());
                next.unwrap_or_else(|error| {
                    failed = Some(error);
                    None
                })
            });
            let answer = walk(&mut all);
            match failed {
                None => Ok(answer),
                Some(error) => Err(error.into()),
            }
        })
        .await
    }
}
