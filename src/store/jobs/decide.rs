//! What people decide about jobs: approve, reject, cancel, resolve.

use rusqlite::{Connection, params};
use serde_json::{Value, json as value};

use super::accept::job_of;
use super::facts;
use super::intent::{Move, find, write_move};
use super::rows::{self, Approval, JobRow, TaskRow};
use crate::model::{Control, InstanceName, JobId, OperatorId, TaskId, TaskState, Timestamp};
use crate::store::rows::ms;
use crate::store::{OperatorRow, Store, StoreError, Waiting};

/// Who may approve is judged on facts of the same transaction.
pub struct Approver {
    pub now: Timestamp,
    pub job: JobRow,
    pub approver: Option<OperatorRow>,
    /// Where the job would be done.
    pub instance: Option<InstanceName>,
    /// Everybody there is.
    pub everybody: Vec<OperatorRow>,
    pub controls: Vec<Control>,
}

impl Store {
    /// Approves or rejects a waiting job; `judge` says why not. Answers the job as it stands afterwards.
    pub async fn decide_job<E: Send + 'static>(
        &self,
        job: JobId,
        by: OperatorId,
        approve: bool,
        judge: impl FnOnce(&Approver) -> Result<(), E> + Send + 'static,
    ) -> Result<Result<JobRow, E>, StoreError> {
        let now = self.inner.clock.now();
        self.write_and_wake([Waiting::Tasks], move |connection| {
            let row = job_of(connection, job)?;
            let all = crate::store::operators::all(connection)?;
            let facts = Approver {
                now,
                instance: facts::instance_name(connection, row.instance)?,
                approver: all.iter().find(|operator| operator.id == by).cloned(),
                controls: crate::store::controls::all(connection)?,
                everybody: all,
                job: row.clone(),
            };
            if let Err(error) = judge(&facts) {
                return Ok(Err(error));
            }
            let approval = if approve {
                Approval::Approved
            } else {
                Approval::Rejected
            };
            connection.execute(
                "UPDATE job SET approval = ?2, decided_by = ?3, decided_at = ?4 WHERE id = ?1",
                params![job.0, approval.name(), by.0, ms(now)],
            )?;
            let by = facts.approver.map_or_else(|| by.to_string(), |operator| operator.name);
            for task in tasks(connection, job)? {
                if task.state != TaskState::WaitingApproval {
                    continue;
                }
                let to = match approve {
                    true => at(
                        &task,
                        TaskState::Accepted,
                        "approved",
                        format!("approved by {by}"),
                        Some(now),
                    ),
                    false => at(&task, TaskState::Refused, "rejected", format!("rejected by {by}"), None),
                };
                write_move(connection, &task, &row.source, &to, now)?;
            }
            Ok(Ok(job_of(connection, job)?))
        })
        .await
    }

    /// Cancels what was not sent; answers how many tasks that were.
    pub async fn cancel_job(&self, job: JobId, by: String) -> Result<u64, StoreError> {
        let now = self.inner.clock.now();
        self.write_and_wake([Waiting::Tasks], move |connection| {
            let row = job_of(connection, job)?;
            let open = tasks(connection, job)?;
            stop(
                connection,
                open,
                &row.source,
                ("cancelled", &format!("cancelled by {by}")),
                now,
            )
        })
        .await
    }

    /// An operator says what became of a task that needs one.
    pub async fn resolve_task(
        &self,
        task: TaskId,
        state: TaskState,
        by: String,
        note: String,
    ) -> Result<bool, StoreError> {
        let now = self.inner.clock.now();
        self.write_and_wake([Waiting::Tasks], move |connection| {
            let Some(row) = find(connection, task)?.filter(|row| row.state.needs_operator()) else {
                return Ok(false);
            };
            let source = job_of(connection, row.job)?.source;
            let mut to = at(&row, state, "resolved", format!("resolved by {by}: {note}"), None);
            if let (Some(Value::Object(new)), Some(Value::Object(old))) = (&mut to.detail, &row.detail) {
                new.insert("evidence".into(), Value::Object(old.clone()));
            }
            write_move(connection, &row, &source, &to, now)?;
            Ok(true)
        })
        .await
    }
}

pub fn tasks(connection: &Connection, job: JobId) -> Result<Vec<TaskRow>, StoreError> {
    let mut ask = connection.prepare_cached(&format!(
        "SELECT {} FROM task t WHERE t.job = ?1 ORDER BY t.id",
        rows::TASK
    ))?;
    let found = ask.query_map([job.0], rows::task)?;
    found.map(|row| row.map_err(StoreError::from)).collect()
}

/// Ends the tasks of which nothing was sent.
pub fn stop(
    connection: &Connection,
    open: Vec<TaskRow>,
    source: &str,
    (cause, text): (&str, &str),
    now: Timestamp,
) -> Result<u64, StoreError> {
    let mut stopped = 0;
    for task in open.iter().filter(|task| task.state.is_unissued()) {
        let to = at(task, TaskState::Cancelled, cause, text.to_owned(), None);
        write_move(connection, task, source, &to, now)?;
        stopped += 1;
    }
    Ok(stopped)
}

/// A step that keeps all counters.
pub fn at(task: &TaskRow, state: TaskState, cause: &str, text: String, due_at: Option<Timestamp>) -> Move {
    Move {
        state,
        cause: Some(cause.to_owned()),
        detail: Some(value!({ "text": text })),
        due_at,
        approval_code: task.approval_code.clone(),
        sent_at: None,
        throttled: task.throttled,
        looks: task.looks,
    }
}
