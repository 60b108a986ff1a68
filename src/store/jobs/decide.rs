//! What people decide about jobs: approve, reject, cancel, resolve.

use rusqlite::{Connection, params};
use serde_json::{Value, json as value};

use super::facts;
use super::intent::{TaskTransition, find_task, write_transition};
use super::job_rows::{self, JobRow, TaskRow, load_job_row};
use crate::model::{AccountControl, ApprovalState, InstanceName, JobId, OperatorId, TaskId, TaskState, Timestamp};
use crate::store::sql_values::to_millis;
use crate::store::{OperatorRow, Store, StoreError, WakeTarget};

/// What somebody says to a job that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobDecision {
    pub by: OperatorId,
    pub approve: bool,
    /// A sentence: what each of its tasks is told.
    pub text: String,
}

/// Who may approve is judged on facts of the same transaction.
pub struct ApprovalFacts {
    pub now: Timestamp,
    pub job: JobRow,
    pub approver: Option<OperatorRow>,
    /// Where the job would be done.
    pub instance: Option<InstanceName>,
    /// Everybody there is.
    pub operators: Vec<OperatorRow>,
    pub controls: Vec<AccountControl>,
}

impl Store {
    /// Approves or rejects a waiting job; `judge` says why not. Answers the job as it stands afterwards.
    pub async fn decide_job<E: Send + 'static>(
        &self,
        job: JobId,
        decision: JobDecision,
        judge: impl FnOnce(&ApprovalFacts) -> Result<(), E> + Send + 'static,
    ) -> Result<Result<JobRow, E>, StoreError> {
        let now = self.inner.clock.now();
        let JobDecision { by, approve, text } = decision;
        self.write_and_wake([WakeTarget::Tasks], move |connection| {
            let row = load_job_row(connection, job)?;
            let all = crate::store::operators::list_operators(connection)?;
            let facts = ApprovalFacts {
                now,
                instance: facts::find_instance_name(connection, row.instance)?,
                approver: all.iter().find(|operator| operator.id == by).cloned(),
                controls: crate::store::controls::list_controls(connection)?,
                operators: all,
                job: row.clone(),
            };
            if let Err(error) = judge(&facts) {
                return Ok(Err(error));
            }
            let approval = if approve {
                ApprovalState::Approved
            } else {
                ApprovalState::Rejected
            };
            connection.execute(
                "UPDATE job SET approval = ?2, decided_by = ?3, decided_at = ?4 WHERE id = ?1",
                params![job.0, approval.name(), by.0, to_millis(now)],
            )?;
            for task in list_tasks(connection, job)? {
                if task.state != TaskState::WaitingApproval {
                    continue;
                }
                let (state, cause, due_at) = if approve {
                    (TaskState::Accepted, "approved", Some(now))
                } else {
                    (TaskState::Refused, "rejected", None)
                };
                let to = make_transition(&task, state, cause, text.clone(), due_at);
                write_transition(connection, &task, &row.source, &to, now)?;
            }
            Ok(Ok(load_job_row(connection, job)?))
        })
        .await
    }

    /// Cancels what was not sent; answers how many tasks that were. `text`: a sentence that each of them is told.
    pub async fn cancel_job(&self, job: JobId, text: String) -> Result<u64, StoreError> {
        let now = self.inner.clock.now();
        self.write_and_wake([WakeTarget::Tasks], move |connection| {
            let row = load_job_row(connection, job)?;
            let open = list_tasks(connection, job)?;
            cancel_unissued(connection, open, &row.source, ("cancelled", &text), now)
        })
        .await
    }

    /// An operator says what became of a task that needs one, and in `text` how they know.
    pub async fn resolve_task(&self, task: TaskId, state: TaskState, text: String) -> Result<bool, StoreError> {
        let now = self.inner.clock.now();
        self.write_and_wake([WakeTarget::Tasks], move |connection| {
            let Some(row) = find_task(connection, task)?.filter(|row| row.state.needs_operator()) else {
                return Ok(false);
            };
            let source = load_job_row(connection, row.job)?.source;
            let mut to = make_transition(&row, state, "resolved", text, None);
            if let (Some(Value::Object(new)), Some(Value::Object(old))) = (&mut to.detail, &row.detail) {
                new.insert("evidence".into(), Value::Object(old.clone()));
            }
            write_transition(connection, &row, &source, &to, now)?;
            Ok(true)
        })
        .await
    }
}

pub(crate) fn list_tasks(connection: &Connection, job: JobId) -> Result<Vec<TaskRow>, StoreError> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {} FROM task t WHERE t.job = ?1 ORDER BY t.id",
        job_rows::TASK
    ))?;
    let found = statement.query_map([job.0], job_rows::task_from_row)?;
    found.map(|row| row.map_err(StoreError::from)).collect()
}

/// Ends the tasks of which nothing was sent.
pub(crate) fn cancel_unissued(
    connection: &Connection,
    open: Vec<TaskRow>,
    source: &str,
    (cause, text): (&str, &str),
    now: Timestamp,
) -> Result<u64, StoreError> {
    let mut stopped = 0;
    for task in open.iter().filter(|task| task.state.is_unissued()) {
        let to = make_transition(task, TaskState::Cancelled, cause, text.to_owned(), None);
        write_transition(connection, task, source, &to, now)?;
        stopped += 1;
    }
    Ok(stopped)
}

/// A step that keeps all counters.
pub(crate) fn make_transition(
    task: &TaskRow,
    state: TaskState,
    cause: &str,
    text: String,
    due_at: Option<Timestamp>,
) -> TaskTransition {
    TaskTransition {
        state,
        cause: Some(cause.to_owned()),
        detail: Some(value!({ "text": text })),
        due_at,
        approval_code: task.approval_code.clone(),
        sent_at: None,
        throttled: task.throttled,
        read_backs: task.read_backs,
    }
}
