//! A task's way: looked up when due, its intent committed before the call, each step after it.

use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, params};
use serde_json::Value;

use super::facts::{self, KillSwitch, TaskCounts};
use super::job_rows::{self, JobRow, TaskRow, load_job_row, publish_transition};
use super::policy::POLICY_BUS;
use crate::model::{ActionDanger, ActionKind, GuardScope, InstanceId, TaskId, TaskState, Timestamp};
use crate::store::sql_values::{to_json, to_millis};
use crate::store::{OperatorRow, Store, StoreError, WakeTarget};

/// One step of a task: where it stands now, why, and when it is looked at next.
#[derive(Debug, Clone, PartialEq)]
pub struct TaskTransition {
    pub state: TaskState,
    /// Stable code: the rule that refused, Microsoft's code, what was found.
    pub cause: Option<String>,
    /// For people and machines: a sentence in `text`, and what belongs to it.
    pub detail: Option<Value>,
    pub due_at: Option<Timestamp>,
    pub approval_code: Option<String>,
    pub sent_at: Option<Timestamp>,
    pub throttled: u32,
    pub read_backs: u32,
}

/// What the guard may look at before a call.
pub struct IntentFacts {
    pub now: Timestamp,
    pub job: JobRow,
    pub task: TaskRow,
    pub operator: Option<OperatorRow>,
    pub suspension: Option<(Timestamp, String)>,
    pub kill_switch: Option<KillSwitch>,
    /// Destructive tasks; not counted for what is less.
    pub tenant_counts: TaskCounts,
    pub operator_counts: TaskCounts,
    /// Calls of this verb in this tenant within 24 hours.
    pub verb_today: u64,
    /// Other tasks of this device that are more than harmless, and under way.
    pub under_way: Vec<(ActionKind, TaskState)>,
    pub bus_policy: Option<String>,
    pub instance_policy: Option<String>,
}

/// What the guard says.
#[derive(Debug, Clone, PartialEq)]
pub enum IntentDecision {
    /// The intent is committed with this baseline; then one call follows.
    Go { baseline: Value },
    /// Nothing is sent now.
    Stop(Box<TaskTransition>),
}

pub(crate) type DecideIntent = Arc<dyn Fn(&IntentFacts) -> IntentDecision + Send + Sync>;

/// What became of the attempt to commit an intent.
#[derive(Debug, Clone, PartialEq)]
pub enum IntentOutcome {
    Committed,
    Stopped(TaskState),
    /// Somebody else moved the task meanwhile (cancelled, stopped): nothing was done.
    Overtaken,
}

impl Store {
    /// Tasks whose time has come, the oldest first.
    pub async fn list_due_tasks(
        &self,
        instance: InstanceId,
        limit: usize,
    ) -> Result<Vec<(TaskRow, JobRow)>, StoreError> {
        self.check_clock_step().await?;
        let now = to_millis(self.inner.clock.now());
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(&format!(
                "SELECT {} FROM task t WHERE t.instance = ?1 AND t.due_at <= ?2 ORDER BY t.due_at, t.id LIMIT ?3",
                job_rows::TASK
            ))?;
            let found = statement.query_map(params![instance.0, now, limit as i64], job_rows::task_from_row)?;
            let tasks = found.collect::<Result<Vec<_>, _>>()?;
            let mut jobs = std::collections::HashMap::new();
            tasks
                .into_iter()
                .map(|task| {
                    let job = match jobs.get(&task.job) {
                        Some(job) => JobRow::clone(job),
                        None => {
                            let job = load_job_row(connection, task.job)?;
                            jobs.insert(task.job, job.clone());
                            job
                        }
                    };
                    Ok((task, job))
                })
                .collect()
        })
        .await
    }

    /// When the next task of an instance is due.
    pub async fn find_next_task_due(&self, instance: InstanceId) -> Result<Option<Timestamp>, StoreError> {
        self.read(move |connection| {
            let mut statement =
                connection.prepare_cached("SELECT min(due_at) FROM task WHERE instance = ?1 AND due_at IS NOT NULL")?;
            let due: Option<i64> = statement.query_row([instance.0], |row| row.get(0))?;
            Ok(due.map(crate::store::sql_values::from_millis))
        })
        .await
    }

    /// Commits the intent to call, or what the guard says instead, on facts of this very transaction (A2, A4).
    pub async fn commit_intent(&self, task: TaskId, decide: DecideIntent) -> Result<IntentOutcome, StoreError> {
        let now = self.inner.clock.now();
        self.write_and_wake([WakeTarget::Tasks], move |connection| {
            let Some(row) = find_task(connection, task)? else {
                return Ok(IntentOutcome::Overtaken);
            };
            if !row.state.is_unissued() {
                return Ok(IntentOutcome::Overtaken);
            }
            let facts = load_intent_facts(connection, row, now)?;
            match decide(&facts) {
                IntentDecision::Go { baseline } => {
                    connection
                        .prepare_cached(
                            "UPDATE task SET state = ?4, intent_at = ?2, baseline = ?3, attempts = attempts + 1,
                                 due_at = NULL, updated_at = ?2 WHERE id = ?1",
                        )?
                        .execute(params![
                            task.0,
                            to_millis(now),
                            to_json(&baseline),
                            TaskState::Issuing.name()
                        ])?;
                    Ok(IntentOutcome::Committed)
                }
                IntentDecision::Stop(to) => {
                    let state = to.state;
                    write_transition(connection, &facts.task, &facts.job.source, &to, now)?;
                    Ok(IntentOutcome::Stopped(state))
                }
            }
        })
        .await
    }

    /// Moves a task that still stands where it was seen; answers whether it did.
    pub async fn transition_task(&self, task: TaskId, from: TaskState, to: TaskTransition) -> Result<bool, StoreError> {
        let now = self.inner.clock.now();
        self.write_and_wake([WakeTarget::Tasks], move |connection| {
            let Some(row) = find_task(connection, task)?.filter(|row| row.state == from) else {
                return Ok(false);
            };
            let source = load_job_row(connection, row.job)?.source;
            write_transition(connection, &row, &source, &to, now)?;
            Ok(true)
        })
        .await
    }

    /// Intents without an answer: the process died in between (A3).
    pub async fn list_open_intents(&self, instance: InstanceId) -> Result<Vec<(TaskRow, JobRow)>, StoreError> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(&format!(
                "SELECT {} FROM task t WHERE t.instance = ?1 AND t.state = ?2 ORDER BY t.id",
                job_rows::TASK
            ))?;
            let found = statement.query_map(params![instance.0, TaskState::Issuing.name()], job_rows::task_from_row)?;
            let tasks = found.collect::<Result<Vec<_>, _>>()?;
            tasks
                .into_iter()
                .map(|task| Ok((task.clone(), load_job_row(connection, task.job)?)))
                .collect()
        })
        .await
    }
}

pub(crate) fn find_task(connection: &Connection, id: TaskId) -> Result<Option<TaskRow>, StoreError> {
    let mut statement = connection.prepare_cached(&format!("SELECT {} FROM task t WHERE t.id = ?1", job_rows::TASK))?;
    Ok(statement.query_row([id.0], job_rows::task_from_row).optional()?)
}

fn load_intent_facts(connection: &Connection, task: TaskRow, now: Timestamp) -> Result<IntentFacts, StoreError> {
    let job = load_job_row(connection, task.job)?;
    let danger = task.verb.danger();
    // Of what only disrupts, the numbers are judged once for each job: a job may have as many tasks as a fleet devices.
    let (tenant, by_operator, verb_today) = match danger {
        ActionDanger::Destructive => (
            facts::count_for_tenant(connection, &task.tenant, danger, now)?,
            facts::count_for_operator(connection, task.operator, danger, now)?,
            facts::count_action_today(connection, &task.tenant, task.verb, now)?,
        ),
        ActionDanger::Disruptive | ActionDanger::Harmless => (TaskCounts::default(), TaskCounts::default(), 0),
    };
    Ok(IntentFacts {
        now,
        operator: crate::store::operators::find_operator(connection, task.operator)?,
        suspension: facts::find_suspension(connection, task.operator)?,
        kill_switch: facts::find_kill_switch(connection, &task.tenant)?,
        tenant_counts: tenant,
        operator_counts: by_operator,
        verb_today,
        under_way: facts::list_device_tasks_under_way(connection, &task.tenant, task.device, task.id)?,
        bus_policy: facts::find_policy(connection, POLICY_BUS)?,
        instance_policy: facts::find_policy(connection, &GuardScope::Instance(task.instance).to_text())?,
        job,
        task,
    })
}

/// Writes a step, and tells it where others see a difference.
pub(crate) fn write_transition(
    connection: &Connection,
    task: &TaskRow,
    source: &str,
    to: &TaskTransition,
    now: Timestamp,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "UPDATE task SET state = ?2, cause = ?3, detail = ?4, due_at = ?5, approval_code = ?6,
                 sent_at = coalesce(?7, sent_at), throttled = ?8, looks = ?9, updated_at = ?10 WHERE id = ?1",
        )?
        .execute(params![
            task.id.0,
            to.state.name(),
            to.cause,
            to.detail.as_ref().map(to_json),
            to.due_at.map(to_millis),
            to.approval_code,
            to.sent_at.map(to_millis),
            to.throttled,
            to.read_backs,
            to_millis(now),
        ])?;
    let is_visible_change = task.state.published_state() != to.state.published_state()
        || (task.cause != to.cause && to.state.published_state() == to.state);
    if is_visible_change {
        publish_transition(
            connection,
            task.id,
            source,
            now,
            to.state.published_state(),
            to.cause.as_deref(),
            to.detail.as_ref(),
        )?;
    }
    Ok(())
}
