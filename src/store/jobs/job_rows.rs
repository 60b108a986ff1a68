//! A job, a task and a transition as they stand in their tables.

use rusqlite::{Connection, OptionalExtension, params};
use serde_json::Value;

use crate::model::{
    ActionDanger, ActionKind, ApprovalState, DeviceId, IdentityPin, InstanceId, JobId, OperatorId, PendingActionPolicy,
    TaskId, TaskState, Timestamp,
};
use crate::store::StoreError;
use crate::store::columns::{
    read_device, read_instance, read_json, read_operator, read_optional_json, read_optional_time, read_time, read_word,
};
use crate::store::sql_values::{to_json, to_millis};

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
        id: JobId(row.get("id")?),
        source: row.get("source")?,
        name: row.get("name")?,
        instance: read_instance(row, "instance")?,
        tenant: row.get("tenant")?,
        verb: read_word(row, "verb")?,
        parameters: read_json(row, "parameters")?,
        operator: OperatorId(row.get("operator")?),
        about: read_json(row, "about")?,
        urgent: row.get("urgent")?,
        created_at: read_time(row, "created_at")?,
        expires_at: read_time(row, "expires_at")?,
        approval: read_word(row, "approval")?,
        approval_digest: row.get("approval_digest")?,
        decided_by: read_operator(row, "decided_by")?,
        decided_at: read_optional_time(row, "decided_at")?,
        broken_glass: row.get("broken_glass")?,
    })
}

pub(crate) const TASK: &str =
    "t.id, t.job, t.instance, t.tenant, t.device_id, t.verb, t.operator, t.pin, t.shown, t.state, t.cause,
    t.detail, t.baseline, t.approval_code, t.intent_at, t.sent_at, t.attempts, t.throttled, t.looks, t.due_at,
    t.updated_at";

pub(crate) fn task_from_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<TaskRow> {
    Ok(TaskRow {
        id: TaskId(row.get("id")?),
        job: JobId(row.get("job")?),
        instance: read_instance(row, "instance")?,
        tenant: row.get("tenant")?,
        device: read_device(row, "device_id")?,
        verb: read_word(row, "verb")?,
        operator: OperatorId(row.get("operator")?),
        pin: read_pin(row, "pin")?,
        shown: read_optional_json(row, "shown")?.unwrap_or_default(),
        state: read_word(row, "state")?,
        cause: row.get("cause")?,
        detail: read_optional_json(row, "detail")?,
        baseline: read_optional_json(row, "baseline")?,
        approval_code: row.get("approval_code")?,
        intent_at: read_optional_time(row, "intent_at")?,
        sent_at: read_optional_time(row, "sent_at")?,
        attempts: row.get("attempts")?,
        throttled: row.get("throttled")?,
        read_backs: row.get("looks")?,
        due_at: read_optional_time(row, "due_at")?,
        updated_at: read_time(row, "updated_at")?,
    })
}

/// Every step that a task took.
pub(crate) const STEPS: &str = "SELECT at, state, cause, detail FROM transition WHERE task = ?1 ORDER BY id";

pub(crate) fn transition_from_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<TransitionRow> {
    Ok(TransitionRow {
        at: read_time(row, "at")?,
        state: read_word(row, "state")?,
        cause: row.get("cause")?,
        detail: read_optional_json(row, "detail")?,
    })
}

/// One that can't be read is none: its task is refused, and stands in nobody's way.
fn read_pin(row: &rusqlite::Row<'_>, column: &str) -> rusqlite::Result<Option<IdentityPin>> {
    let text: Option<String> = row.get(column)?;
    Ok(text.and_then(|text| serde_json::from_str(&text).ok()))
}

pub(crate) fn danger_number(danger: ActionDanger) -> i64 {
    match danger {
        ActionDanger::Harmless => 0,
        ActionDanger::Disruptive => 1,
        ActionDanger::Destructive => 2,
    }
}

/// A step that management servers are told of.
pub(crate) fn publish_transition(
    connection: &Connection,
    task: TaskId,
    source: &str,
    at: Timestamp,
    state: TaskState,
    cause: Option<&str>,
    detail: Option<&Value>,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO transition (task, source, at, state, cause, detail) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![
            task.0,
            source,
            to_millis(at),
            state.name(),
            cause,
            detail.map(to_json)
        ])?;
    Ok(())
}

pub(crate) fn load_job_row(connection: &Connection, id: JobId) -> Result<JobRow, StoreError> {
    let mut statement = connection.prepare_cached(&format!("SELECT {} FROM job j WHERE j.id = ?1", JOB))?;
    statement
        .query_row([id.0], job_from_row)
        .optional()?
        .ok_or_else(|| StoreError::Unknown {
            what: "job",
            name: id.to_string(),
        })
}
