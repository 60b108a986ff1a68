//! Walks over all devices or tasks of some instances, each from one moment of the store and one row after the other: nothing
//! of them is held but what the caller keeps.

use rusqlite::types::Value;
use rusqlite::{Row, params_from_iter};

use super::sql_values::{device_id_from_column, from_millis, to_millis, word_column};
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

/// What [`device_from_row`] reads. By places, as of tasks: names would be compared for each row of a walk.
const DEVICE: &str = "d.instance, d.device_id, d.changed_at, d.last_sync, b.body";
mod device {
    pub(super) const INSTANCE: usize = 0;
    pub(super) const DEVICE_ID: usize = 1;
    pub(super) const CHANGED_AT: usize = 2;
    pub(super) const LAST_SYNC: usize = 3;
    pub(super) const BODY: usize = 4;
}

/// What [`task_from_row`] reads.
const TASK: &str = "j.id, j.instance, j.verb, j.source, j.operator, j.about, j.created_at, j.approval, j.decided_by,
     j.decided_at, t.device_id, t.shown, t.state, t.cause, t.sent_at, t.updated_at";
mod task {
    pub(super) const JOB: usize = 0;
    pub(super) const INSTANCE: usize = 1;
    pub(super) const VERB: usize = 2;
    pub(super) const SOURCE: usize = 3;
    pub(super) const OPERATOR: usize = 4;
    pub(super) const ABOUT: usize = 5;
    pub(super) const CREATED_AT: usize = 6;
    pub(super) const APPROVAL: usize = 7;
    pub(super) const DECIDED_BY: usize = 8;
    pub(super) const DECIDED_AT: usize = 9;
    pub(super) const DEVICE_ID: usize = 10;
    pub(super) const SHOWN: usize = 11;
    pub(super) const STATE: usize = 12;
    pub(super) const CAUSE: usize = 13;
    pub(super) const SENT_AT: usize = 14;
    pub(super) const UPDATED_AT: usize = 15;
}

fn device_from_row(row: &Row<'_>) -> rusqlite::Result<ReportedDevice> {
    Ok(ReportedDevice {
        instance: InstanceId(row.get(device::INSTANCE)?),
        id: device_id_from_column(device::DEVICE_ID, &row.get::<_, Vec<u8>>(device::DEVICE_ID)?)?,
        changed_at: from_millis(row.get(device::CHANGED_AT)?),
        last_sync_s: row.get(device::LAST_SYNC)?,
        body: row.get(device::BODY)?,
    })
}

fn task_from_row(row: &Row<'_>) -> rusqlite::Result<WalkedTask> {
    Ok(WalkedTask {
        job: JobId(row.get(task::JOB)?),
        instance: InstanceId(row.get(task::INSTANCE)?),
        action: word_column(row, task::VERB)?,
        source: row.get(task::SOURCE)?,
        operator: OperatorId(row.get(task::OPERATOR)?),
        about: row.get(task::ABOUT)?,
        created_at: from_millis(row.get(task::CREATED_AT)?),
        approval: word_column(row, task::APPROVAL)?,
        decided_by: row.get::<_, Option<i64>>(task::DECIDED_BY)?.map(OperatorId),
        decided_at: row.get::<_, Option<i64>>(task::DECIDED_AT)?.map(from_millis),
        device: device_id_from_column(task::DEVICE_ID, &row.get::<_, Vec<u8>>(task::DEVICE_ID)?)?,
        shown: row.get(task::SHOWN)?,
        state: word_column(row, task::STATE)?,
        cause: row.get(task::CAUSE)?,
        sent_at: row.get::<_, Option<i64>>(task::SENT_AT)?.map(from_millis),
        updated_at: from_millis(row.get(task::UPDATED_AT)?),
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
            "SELECT {DEVICE} FROM device d JOIN device_body b ON b.row = d.row WHERE d.state = 1 AND +d.instance IN ({places})"
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
            "SELECT {TASK} FROM job j JOIN task t ON t.job = j.id
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
