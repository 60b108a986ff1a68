//! A job, a task and a transition as they stand in their tables.

use serde_json::Value;

use crate::model::{
    ActionDanger, ActionKind, ApprovalState, DeviceId, IdentityPin, InstanceId, JobId, OperatorId, PendingActionPolicy,
    TaskId, TaskState, Timestamp,
};
use crate::store::sql_values::{device_id_from_column, from_millis, parse_json_column};

#[derive(Debug, Clone)]
pub struct JobRow {
    pub id: JobId,
    /// `server:ID` or `operator:NUMBER`.
    pub source: String,
    /// What the caller calls it.
    pub name: String,
    pub instance: InstanceId,
    pub tenant: String,
    pub verb: ActionKind,
    /// JSON; its secrets are sealed.
    pub parameters: Value,
    pub operator: OperatorId,
    /// `reason`, `requestedBy`, `definition`, `whenPending`.
    pub about: Value,
    pub urgent: bool,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    pub approval: ApprovalState,
    pub approval_digest: Option<Vec<u8>>,
    pub decided_by: Option<OperatorId>,
    pub decided_at: Option<Timestamp>,
    /// One person does it alone in an emergency (A9).
    pub broken_glass: bool,
}

impl JobRow {
    /// What it does where Intune shows an action as pending that was not sent from here; what can't be read stops.
    pub fn pending_action_policy(&self) -> PendingActionPolicy {
        serde_json::from_value(self.about["whenPending"].clone()).unwrap_or_default()
    }
}

#[derive(Debug, Clone)]
pub struct TaskRow {
    pub id: TaskId,
    pub job: JobId,
    pub instance: InstanceId,
    pub tenant: String,
    pub device: DeviceId,
    pub verb: ActionKind,
    pub operator: OperatorId,
    /// What the requester saw. Absent where none was wanted; the guard lets nothing pass that wants one and has none.
    pub pin: Option<IdentityPin>,
    pub shown: Value,
    pub state: TaskState,
    pub cause: Option<String>,
    pub detail: Option<Value>,
    pub baseline: Option<Value>,
    pub approval_code: Option<String>,
    pub intent_at: Option<Timestamp>,
    pub sent_at: Option<Timestamp>,
    /// Calls made.
    pub attempts: u32,
    /// 429 in a row.
    pub throttled: u32,
    /// Read-backs made.
    pub read_backs: u32,
    pub due_at: Option<Timestamp>,
    pub updated_at: Timestamp,
}

#[derive(Debug, Clone, PartialEq)]
pub struct TransitionRow {
    pub at: Timestamp,
    pub state: TaskState,
    pub cause: Option<String>,
    pub detail: Option<Value>,
}

pub(crate) const JOB: &str =
    "j.id, j.source, j.name, j.instance, j.tenant, j.verb, j.parameters, j.operator, j.about, j.urgent,
    j.created_at, j.expires_at, j.approval, j.approval_digest, j.decided_by, j.decided_at, j.broken_glass";

pub(crate) fn job_from_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<JobRow> {
    Ok(JobRow {
        id: JobId(row.get(0)?),
        source: row.get(1)?,
        name: row.get(2)?,
        instance: InstanceId(row.get(3)?),
        tenant: row.get(4)?,
        verb: word_column(row, 5)?,
        parameters: parse_json_column(6, &row.get::<_, String>(6)?)?,
        operator: OperatorId(row.get(7)?),
        about: parse_json_column(8, &row.get::<_, String>(8)?)?,
        urgent: row.get(9)?,
        created_at: from_millis(row.get(10)?),
        expires_at: from_millis(row.get(11)?),
        approval: word_column(row, 12)?,
        approval_digest: row.get(13)?,
        decided_by: row.get::<_, Option<i64>>(14)?.map(OperatorId),
        decided_at: row.get::<_, Option<i64>>(15)?.map(from_millis),
        broken_glass: row.get(16)?,
    })
}

pub(crate) const TASK: &str =
    "t.id, t.job, t.instance, t.tenant, t.device_id, t.verb, t.operator, t.pin, t.shown, t.state, t.cause,
    t.detail, t.baseline, t.approval_code, t.intent_at, t.sent_at, t.attempts, t.throttled, t.looks, t.due_at,
    t.updated_at";

pub(crate) fn task_from_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<TaskRow> {
    Ok(TaskRow {
        id: TaskId(row.get(0)?),
        job: JobId(row.get(1)?),
        instance: InstanceId(row.get(2)?),
        tenant: row.get(3)?,
        device: device_id_from_column(4, &row.get::<_, Vec<u8>>(4)?)?,
        verb: word_column(row, 5)?,
        operator: OperatorId(row.get(6)?),
        pin: pin_column(row, 7)?,
        shown: json_column(row, 8)?.unwrap_or_default(),
        state: word_column(row, 9)?,
        cause: row.get(10)?,
        detail: json_column(row, 11)?,
        baseline: json_column(row, 12)?,
        approval_code: row.get(13)?,
        intent_at: row.get::<_, Option<i64>>(14)?.map(from_millis),
        sent_at: row.get::<_, Option<i64>>(15)?.map(from_millis),
        attempts: row.get(16)?,
        throttled: row.get(17)?,
        read_backs: row.get(18)?,
        due_at: row.get::<_, Option<i64>>(19)?.map(from_millis),
        updated_at: from_millis(row.get(20)?),
    })
}

/// A column that holds one word of the product.
pub(crate) fn word_column<T: serde::de::DeserializeOwned>(
    row: &rusqlite::Row<'_>,
    column: usize,
) -> rusqlite::Result<T> {
    let text: String = row.get(column)?;
    serde_json::from_value(Value::String(text)).map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, Box::new(error))
    })
}

/// One that can't be read is none: its task is refused, and stands in nobody's way.
fn pin_column(row: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<Option<IdentityPin>> {
    let text: Option<String> = row.get(column)?;
    Ok(text.and_then(|text| serde_json::from_str(&text).ok()))
}

pub(crate) fn json_column(row: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<Option<Value>> {
    let text: Option<String> = row.get(column)?;
    text.map(|text| parse_json_column(column, &text)).transpose()
}

pub(crate) fn danger_number(danger: ActionDanger) -> i64 {
    match danger {
        ActionDanger::Harmless => 0,
        ActionDanger::Disruptive => 1,
        ActionDanger::Destructive => 2,
    }
}
