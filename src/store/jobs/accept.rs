//! A job comes in: durable before it is acknowledged (A1), judged on facts of the same transaction (A4).

use rusqlite::{Connection, OptionalExtension, params};
use serde_json::Value;

use super::broken_glass::{self, NewBrokenGlass};
use super::facts::{self, KillSwitch, TaskCounts};
use super::job_rows::{danger_number, publish_transition};
use super::kill_switch;
use super::policy::POLICY_BUS;
use crate::model::{
    ActionKind, ApprovalState, DeviceId, GuardScope, IdentityPin, InstanceId, JobId, OperatorId, TaskId, TaskState,
    Timestamp,
};
use crate::store::sql_values::{device_key, to_json, to_millis};
use crate::store::{NewRun, OperatorRow, Store, StoreError, WakeTarget, runs};

pub struct NewJob {
    pub source: String,
    pub name: String,
    /// Of all that was asked for: the same name with another digest is a conflict.
    pub digest: [u8; 32],
    pub instance: InstanceId,
    pub tenant: String,
    pub verb: ActionKind,
    pub parameters: Value,
    pub operator: OperatorId,
    pub about: Value,
    pub urgent: bool,
    pub expires_at: Timestamp,
    pub tasks: Vec<NewTask>,
    /// The workflow that takes it on, and the definition of its run; the run begins with the job.
    pub workflow: Option<(i64, String)>,
    /// One person does it alone in an emergency (A9).
    pub broken_glass: Option<NewBrokenGlass>,
}

pub struct NewTask {
    pub device: DeviceId,
    pub pin: Option<IdentityPin>,
    pub shown: Value,
}

/// What the guard may look at when a job comes in.
pub struct IntakeFacts {
    pub now: Timestamp,
    pub operator: Option<OperatorRow>,
    pub suspension: Option<(Timestamp, String)>,
    pub kill_switch: Option<KillSwitch>,
    /// What is as dangerous as this job, in its tenant and by its requester in all tenants.
    pub tenant_counts: TaskCounts,
    pub operator_counts: TaskCounts,
    /// The same by all accounts that count as one person with the requester's.
    pub person_counts: TaskCounts,
    /// Effective policies, JSON: of the bus, of the instance.
    pub bus_policy: Option<String>,
    pub instance_policy: Option<String>,
    /// Broken glasses of the tenant within 24 hours.
    pub broken_glass_count: u64,
    /// When requests of the operator were refused that count towards a suspension, as far as that is remembered.
    pub refused_at: Vec<Timestamp>,
    /// Other people who may approve: enabled persons other than the requester.
    pub other_operators: Vec<OperatorRow>,
}

/// The job may be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JobAcceptance {
    pub needs_approval: bool,
    /// Binds an approval to verb, parameters and devices.
    pub approval_digest: [u8; 32],
}

/// The job is refused whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobRefusal {
    pub rule: &'static str,
    pub detail: String,
    pub advice: String,
    /// Counts towards the tripwire: a destructive request that a limit refused.
    pub counts_towards_suspension: bool,
    /// Trips it.
    pub suspension: Option<NewSuspension>,
}

/// The operator may do nothing destructive any more, and their open tasks stop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSuspension {
    /// A sentence, for people.
    pub reason: String,
    /// A sentence: what each task that stops is told.
    pub task_text: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AddJobOutcome {
    Accepted {
        job: JobId,
        needs_approval: bool,
    },
    /// The same job was accepted before.
    Known {
        job: JobId,
    },
    /// The name is taken by a job with other content.
    Conflict,
    /// `suspended`: this refusal tripped the wire.
    Refused {
        refused: JobRefusal,
        suspended: bool,
    },
}

impl Store {
    pub async fn add_job(
        &self,
        new: NewJob,
        judge: impl FnOnce(&IntakeFacts) -> Result<JobAcceptance, JobRefusal> + Send + 'static,
    ) -> Result<AddJobOutcome, StoreError> {
        let (now, audit_key) = (self.inner.clock.now(), self.inner.audit_key);
        self.write_and_wake([WakeTarget::Tasks, WakeTarget::Runs], move |connection| {
            if let Some(known) = find_known_job(connection, &new)? {
                return Ok(known);
            }
            let facts = load_intake_facts(connection, &new, now)?;
            match judge(&facts) {
                Ok(intake) => {
                    let job = insert(connection, &new, intake, now)?;
                    start_job_run(connection, &new, job, now)?;
                    if let Some(broken) = &new.broken_glass {
                        broken_glass::insert(connection, &audit_key, job, broken, now)?;
                    }
                    Ok(AddJobOutcome::Accepted {
                        job,
                        needs_approval: intake.needs_approval,
                    })
                }
                Err(refused) => {
                    let suspended = kill_switch::record_refusal(connection, new.operator, &refused, now)?;
                    Ok(AddJobOutcome::Refused { refused, suspended })
                }
            }
        })
        .await
    }

    /// What [`Self::add_job`] would decide, with nothing kept.
    pub async fn preview_job(
        &self,
        new: NewJob,
        judge: impl FnOnce(&IntakeFacts) -> Result<JobAcceptance, JobRefusal> + Send + 'static,
    ) -> Result<Result<JobAcceptance, JobRefusal>, StoreError> {
        let now = self.inner.clock.now();
        self.read(move |connection| Ok(judge(&load_intake_facts(connection, &new, now)?)))
            .await
    }
}

fn find_known_job(connection: &Connection, new: &NewJob) -> Result<Option<AddJobOutcome>, StoreError> {
    let mut statement = connection.prepare_cached("SELECT id, digest FROM job WHERE source = ?1 AND name = ?2")?;
    let found: Option<(i64, Vec<u8>)> = statement
        .query_row(params![new.source, new.name], |row| {
            Ok((row.get("id")?, row.get("digest")?))
        })
        .optional()?;
    Ok(found.map(|(id, digest)| {
        if digest == new.digest {
            AddJobOutcome::Known { job: JobId(id) }
        } else {
            AddJobOutcome::Conflict
        }
    }))
}

fn load_intake_facts(connection: &Connection, new: &NewJob, now: Timestamp) -> Result<IntakeFacts, StoreError> {
    let others = crate::store::operators::list_operators(connection)?;
    let danger = new.verb.danger();
    Ok(IntakeFacts {
        now,
        operator: others.iter().find(|row| row.id == new.operator).cloned(),
        suspension: facts::find_suspension(connection, new.operator)?,
        kill_switch: facts::find_kill_switch(connection, &new.tenant)?,
        tenant_counts: facts::count_for_tenant(connection, &new.tenant, danger, now)?,
        operator_counts: facts::count_for_operator(connection, new.operator, danger, now)?,
        person_counts: facts::count_for_person(connection, new.operator, &others, danger, now)?,
        bus_policy: facts::find_policy(connection, POLICY_BUS)?,
        instance_policy: facts::find_policy(connection, &GuardScope::Instance(new.instance).to_text())?,
        broken_glass_count: broken_glass::count_today(connection, &new.tenant, now)?,
        refused_at: facts::list_refusal_times(connection, new.operator)?,
        other_operators: others.into_iter().filter(|row| row.id != new.operator).collect(),
    })
}

fn insert(connection: &Connection, new: &NewJob, intake: JobAcceptance, now: Timestamp) -> Result<JobId, StoreError> {
    let approval = if intake.needs_approval {
        ApprovalState::Waiting
    } else {
        ApprovalState::None
    };
    let danger = danger_number(new.verb.danger());
    connection
        .prepare_cached(
            "INSERT INTO job (source, name, digest, instance, tenant, verb, danger, parameters, operator, about, urgent,
                 created_at, expires_at, approval, approval_digest, broken_glass)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)",
        )?
        .execute(params![
            new.source,
            new.name,
            new.digest,
            new.instance.0,
            new.tenant,
            new.verb.name(),
            danger,
            to_json(&new.parameters),
            new.operator.0,
            to_json(&new.about),
            new.urgent,
            to_millis(now),
            to_millis(new.expires_at),
            approval.name(),
            intake.approval_digest,
            new.broken_glass.is_some(),
        ])?;
    let job = JobId(connection.last_insert_rowid());
    let state = if intake.needs_approval {
        TaskState::WaitingApproval
    } else {
        TaskState::Accepted
    };
    // What waits for an approval is looked at when it lapses.
    let due_at = if intake.needs_approval { new.expires_at } else { now };
    let mut add = connection.prepare_cached(
        "INSERT INTO task (job, instance, tenant, device_id, verb, danger, operator, pin, shown, state, due_at, updated_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
    )?;
    for task in &new.tasks {
        add.execute(params![
            job.0,
            new.instance.0,
            new.tenant,
            device_key(&task.device),
            new.verb.name(),
            danger,
            new.operator.0,
            task.pin.as_ref().map(to_json),
            to_json(&task.shown),
            state.name(),
            to_millis(due_at),
            to_millis(now),
        ])?;
        let id = TaskId(connection.last_insert_rowid());
        publish_transition(connection, id, &new.source, now, state, None, None)?;
    }
    Ok(job)
}

/// The run of the workflow that carries the job to its end.
fn start_job_run(connection: &Connection, new: &NewJob, job: JobId, now: Timestamp) -> Result<(), StoreError> {
    let Some((workflow, hash)) = &new.workflow else {
        return Ok(());
    };
    // What was looked at before the job was judged is what takes it on (A10).
    if !runs::is_workflow_enabled(connection, *workflow, hash)? {
        return Err(StoreError::ChangedMeanwhile {
            what: "the workflow that handles the job",
        });
    }
    let run = NewRun {
        workflow: *workflow,
        instance: new.instance,
        hash: hash.clone(),
        cause: format!("job:{job}"),
        operator: Some(new.operator),
        parameters: serde_json::json!({ "job": job.0 }),
        dry_run: false,
    };
    runs::insert_run(connection, &run, now)?;
    Ok(())
}
