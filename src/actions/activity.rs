//! What workflows may call of this flow: each verb, on one device. It becomes a job like any other: the same desk, the
//! same guard, the same ledger. Its id is run, step and index of the loop, so a step that is called again after a crash
//! finds its job and no second one is made.
//!
//! A run waits for the end of its jobs with [`OpenJobs`]: one query per tick for all of them together.

use std::collections::BTreeSet;
use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde_json::{Map, Value, json};
use tokio::sync::{Mutex, watch};

use super::job::{JobError, JobIntake, JobRequester};
use super::specs::{self, ActionSpec};
use crate::contract::{ActivityField, ActivitySignature, DangerLevel, ValueType};
use crate::model::{ActionDanger as VerbDanger, ActionKind, InstanceId, InstanceName, JobId, TaskState};
use crate::store::{OperatorRow, Store, StoreError};
use crate::workflow::{Activity, ActivityCall, ActivityError, ActivityRegistry, RunPrincipal};

type JobActivityFuture<'a> = BoxFuture<'a, Result<Map<String, Value>, ActivityError>>;

/// Rules of the guard that another hour may let through.
const LATER: [&str; 3] = ["limitPerHour", "limitPerDay", "killSwitch"];

/// Every verb, and what follows a job.
pub fn register_activities(
    registry: ActivityRegistry,
    desk: &JobIntake,
    instance: (InstanceId, InstanceName),
    followed: &OpenJobs,
) -> ActivityRegistry {
    let mut registry = registry.with_activity(FollowJob {
        store: desk.store.clone(),
        instance: instance.0,
        open_jobs: followed.clone(),
    });
    for verb in ActionKind::ALL {
        registry = registry.with_activity(ActionActivity {
            intake: desk.clone(),
            instance: instance.1.clone(),
            spec: ActionSpec::for_action(*verb),
            open_jobs: followed.clone(),
        });
    }
    registry
}

/// Which jobs of an instance are not at their end; asked once for all who wait.
#[derive(Clone)]
pub struct OpenJobs {
    store: Store,
    instance: InstanceId,
    ticks: watch::Receiver<u64>,
    cache: Arc<Mutex<OpenJobsCache>>,
}

#[derive(Default)]
struct OpenJobsCache {
    version: Option<u64>,
    open: BTreeSet<JobId>,
}

impl OpenJobs {
    pub fn new(store: Store, instance: InstanceId, ticks: watch::Receiver<u64>) -> OpenJobs {
        OpenJobs {
            store,
            instance,
            ticks,
            cache: Arc::default(),
        }
    }

    async fn is_open(&self, job: JobId) -> Result<bool, StoreError> {
        let mut cache = self.cache.lock().await;
        let version = *self.store.watch_tasks().borrow();
        if cache.version != Some(version) {
            cache.open = self.store.list_open_jobs(self.instance).await?;
            cache.version = Some(version);
        }
        Ok(cache.open.contains(&job))
    }

    /// Until nothing more is expected of the job.
    async fn wait_for_end(&self, job: JobId, mut cancelled: watch::Receiver<bool>) -> Result<(), ActivityError> {
        let mut ticks = self.ticks.clone();
        loop {
            ticks.mark_unchanged();
            if !self.is_open(job).await.map_err(store_error)? {
                return Ok(());
            }
            tokio::select! {
                _ = cancelled.wait_for(|cancelled| *cancelled) => {
                    let message = format!("the run no longer waits for job {job}; actions already sent continue");
                    return Err(ActivityError::new("cancelled", message));
                }
                ticked = ticks.changed() => if ticked.is_err() {
                    return Err(ActivityError::new_retryable("stopped", "the instance is being stopped"));
                },
            }
        }
    }
}

fn store_error(error: StoreError) -> ActivityError {
    ActivityError::new_retryable(error.code(), error.to_string())
}

fn into_object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

/// Follows a job that was sent, to its end.
struct FollowJob {
    store: Store,
    instance: InstanceId,
    open_jobs: OpenJobs,
}

impl Activity for FollowJob {
    fn signature(&self) -> ActivitySignature {
        follow_signature()
    }

    fn call(&self, call: ActivityCall) -> JobActivityFuture<'_> {
        async move {
            let job = JobId(call.inputs.get("job").and_then(Value::as_i64).unwrap_or_default());
            let unknown = || ActivityError::new("unknownJob", format!("job {job} not found in this instance"));
            let (row, _) = self.store.load_job_row(job).await.map_err(|_| unknown())?;
            if row.instance != self.instance {
                return Err(unknown());
            }
            if !call.dry_run {
                self.open_jobs.wait_for_end(job, call.cancelled).await?;
            }
            let (row, tally) = self.store.load_job_row(job).await.map_err(store_error)?;
            let count = |well: bool| -> u64 {
                let those = tally.iter().filter(|(state, _)| has_succeeded(*state) == well);
                those.map(|(_, count)| count).sum()
            };
            let states: Map<String, Value> = tally
                .iter()
                .map(|(state, count)| (state.name().to_owned(), (*count).into()))
                .collect();
            let (well, failed) = (count(true), count(false));
            let cancelled: u64 = tally
                .iter()
                .filter(|(state, _)| *state == TaskState::Cancelled)
                .map(|(_, count)| count)
                .sum();
            if cancelled > 0 && cancelled == failed {
                let devices = well + failed;
                let message = format!(
                    "{}: the job was cancelled for {cancelled} of {devices} devices",
                    row.verb
                );
                return Err(ActivityError::new(TaskState::Cancelled.name(), message));
            }
            Ok(into_object(json!({
                "job": job, "action": row.verb, "devices": well + failed, "well": well, "failed": failed,
                "states": states,
            })))
        }
        .boxed()
    }
}

fn has_succeeded(state: TaskState) -> bool {
    matches!(state, TaskState::Done | TaskState::HandedOverNotTraceable)
}

/// One verb on one device.
struct ActionActivity {
    intake: JobIntake,
    instance: InstanceName,
    spec: &'static ActionSpec,
    open_jobs: OpenJobs,
}

impl ActionActivity {
    async fn perform_action(&self, call: ActivityCall) -> Result<Map<String, Value>, ActivityError> {
        let requester = self.find_requester(call.principal).await?;
        let body = self.build_request(&call);
        let submitted = self
            .intake
            .submit_for_run(&requester, body, (call.key.to_string(), call.key.run))
            .await;
        let receipt = match submitted {
            Ok(receipt) => receipt,
            // Told like any other refusal, so that nothing is seen less because a run asked for it.
            Err(error) => return Err(job_error(&error)),
        };
        let Some(job) = receipt.job else {
            let preview = receipt.dry_run.unwrap_or_default();
            return match preview.into_iter().find(|preview| !preview.would) {
                Some(preview) => {
                    let message = preview
                        .reason
                        .unwrap_or_else(|| "the action cannot be carried out on this device".to_owned());
                    Err(ActivityError::new(preview.rule.unwrap_or_default(), message))
                }
                None => Ok(into_object(json!({"job": null, "state": "dryRun", "cause": null}))),
            };
        };
        self.open_jobs.wait_for_end(job, call.cancelled).await?;
        let view = self.intake.store.load_job(job).await.map_err(store_error)?;
        let Some((task, _)) = view.tasks.into_iter().next() else {
            return Err(ActivityError::new("noTask", format!("job {job} has no devices")));
        };
        if has_succeeded(task.state) {
            return Ok(into_object(
                json!({"job": job, "state": task.state.name(), "cause": task.cause}),
            ));
        }
        let text = task
            .detail
            .as_ref()
            .and_then(|detail| detail["text"].as_str().or(detail["message"].as_str()));
        let message = match text {
            Some(text) => format!("{} ended as {}: {text}", self.spec.verb, task.state.name()),
            None => format!("{} ended as {}", self.spec.verb, task.state.name()),
        };
        Err(ActivityError::new(
            task.cause.unwrap_or_else(|| task.state.name().to_owned()),
            message,
        ))
    }

    async fn find_requester(&self, principal: RunPrincipal) -> Result<JobRequester, ActivityError> {
        let operators = self.intake.store.list_operators().await.map_err(store_error)?;
        let found = operators
            .into_iter()
            .find(|operator: &OperatorRow| RunPrincipal::Operator(operator.id) == principal);
        let operator =
            found.ok_or_else(|| ActivityError::new("operator", "the operator of this run does not exist"))?;
        Ok(JobRequester { operator, server: None })
    }

    /// The same for the same inputs, so that the desk knows it again.
    fn build_request(&self, call: &ActivityCall) -> Value {
        let device = call.inputs.get("device").cloned().unwrap_or_default();
        let verb = self.spec.verb;
        let parameters: Map<String, Value> = definable_parameters(self.spec)
            .filter_map(|parameter| Some((parameter.name.to_owned(), call.inputs.get(parameter.name)?.clone())))
            .collect();
        let reason = call.inputs.get("reason").and_then(Value::as_str);
        let mut body = json!({
            "instance": self.instance, "action": verb, "expectDevices": 1, "confirm": verb, "parameters": parameters,
            "devices": [{
                "id": device["id"], "serialNumber": device["serialNumber"],
                "enrolledDateTime": device["enrolledDateTime"], "userPrincipalName": device["userPrincipalName"],
            }],
            "reason": reason.map_or_else(|| format!("workflow, {}", call.key), str::to_owned),
            "dryRun": call.dry_run,
        });
        // Left out where it was not said: a step of an earlier version that is made again finds its job.
        if let Some(when) = call.inputs.get("whenPending").and_then(Value::as_str) {
            body["whenPending"] = when.into();
        }
        body
    }
}

/// What a definition may say. Secrets have no place in one, nor in the journal of a run.
fn definable_parameters(spec: &ActionSpec) -> impl Iterator<Item = &specs::ActionParameter> {
    spec.parameters.iter().filter(|parameter| !parameter.secret)
}

fn job_error(error: &JobError) -> ActivityError {
    let retry = match error {
        JobError::Refused { refused, suspended } => {
            !suspended && refused.suspension.is_none() && LATER.contains(&refused.rule)
        }
        JobError::Store(_) => true,
        JobError::Wrong { .. } | JobError::Conflict { .. } | JobError::Seal(_) => false,
    };
    ActivityError {
        retry,
        ..ActivityError::new(error.code(), error.to_string())
    }
}

impl Activity for ActionActivity {
    fn signature(&self) -> ActivitySignature {
        action_signature(self.spec)
    }

    fn call(&self, call: ActivityCall) -> JobActivityFuture<'_> {
        self.perform_action(call).boxed()
    }
}

fn value_kind(kind: specs::ParameterKind) -> ValueType {
    match kind {
        specs::ParameterKind::Boolean => ValueType::Boolean,
        specs::ParameterKind::Integer { .. } => ValueType::Number,
        specs::ParameterKind::Text { .. }
        | specs::ParameterKind::Lines { .. }
        | specs::ParameterKind::Digits(_)
        | specs::ParameterKind::OneOf(_)
        | specs::ParameterKind::Guid => ValueType::Text,
    }
}

fn action_signature(spec: &ActionSpec) -> ActivitySignature {
    let mut inputs = vec![
        ActivityField::new(
            "device",
            ValueType::Object,
            true,
            "the device as it was seen: id, serialNumber, enrolledDateTime, userPrincipalName",
        ),
        ActivityField::new("reason", ValueType::Text, false, "reason, shown with the job"),
        ActivityField::new(
            "whenPending",
            ValueType::Text,
            false,
            "if Intune shows a pending action that was not sent from here: stop (default), wait, goOn",
        ),
    ];
    inputs.extend(definable_parameters(spec).map(|parameter| {
        ActivityField::new(
            parameter.name,
            value_kind(parameter.kind),
            parameter.required,
            parameter.help,
        )
    }));
    ActivitySignature {
        name: spec.verb.name().to_owned(),
        summary: spec.summary.to_owned(),
        danger: match spec.danger() {
            VerbDanger::Harmless => DangerLevel::Harmless,
            VerbDanger::Disruptive => DangerLevel::Disruptive,
            VerbDanger::Destructive => DangerLevel::Destructive,
        },
        right: Some("Jobs_Send".to_owned()),
        inputs,
        outputs: vec![
            ActivityField::new("job", ValueType::Number, true, "number of the job"),
            ActivityField::new(
                "state",
                ValueType::Text,
                true,
                "how it ended: done, or handedOverNotTraceable",
            ),
            ActivityField::new("cause", ValueType::Text, true, "code of the cause, if any"),
        ],
    }
}

fn follow_signature() -> ActivitySignature {
    ActivitySignature {
        name: "followJob".to_owned(),
        summary: "Waits for the end of a job.".to_owned(),
        danger: DangerLevel::None,
        right: None,
        inputs: vec![ActivityField::new("job", ValueType::Number, true, "number of the job")],
        outputs: vec![
            ActivityField::new("job", ValueType::Number, true, "number of the job"),
            ActivityField::new("action", ValueType::Text, true, "action of the job"),
            ActivityField::new("devices", ValueType::Number, true, "devices of the job"),
            ActivityField::new("well", ValueType::Number, true, "devices on which it succeeded"),
            ActivityField::new("failed", ValueType::Number, true, "devices on which it did not succeed"),
            ActivityField::new("states", ValueType::Object, true, "number of devices in each state"),
        ],
    }
}

/// What [`register_activities`] registers, to check definitions by where nothing runs.
pub fn activity_signatures() -> Vec<ActivitySignature> {
    let verbs = ActionKind::ALL
        .iter()
        .map(|verb| action_signature(ActionSpec::for_action(*verb)));
    std::iter::once(follow_signature()).chain(verbs).collect()
}
