//! What workflows may call of this flow: each verb, on one device. It becomes a job like any other: the same desk, the
//! same guard, the same ledger. Its id is run, step and index of the loop, so a step that is called again after a crash
//! finds its job and no second one is made.
//!
//! A run waits for the end of its jobs with [`Followed`]: one question a tick for all of them together.

use std::collections::BTreeSet;
use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde_json::{Map, Value, json};
use tokio::sync::{Mutex, watch};

use super::job::{Desk, JobError, Requester};
use super::verbs::{self, VerbSpec};
use crate::model::{Danger as VerbDanger, InstanceId, InstanceName, JobId, TaskState, Verb};
use crate::store::{OperatorRow, Store, StoreError};
use crate::workflow::activity::field;
use crate::workflow::{Activity, ActivityError, Call, Danger, Kind, Registry, Signature, Who};

type Answer<'a> = BoxFuture<'a, Result<Map<String, Value>, ActivityError>>;

/// Rules of the guard that another hour may let through.
const LATER: [&str; 3] = ["limitPerHour", "limitPerDay", "killSwitch"];

/// Every verb, and what follows a job.
pub fn register(
    registry: Registry,
    desk: &Desk,
    instance: (InstanceId, InstanceName),
    followed: &Followed,
) -> Registry {
    let mut registry = registry.with(FollowJob {
        store: desk.store.clone(),
        instance: instance.0,
        followed: followed.clone(),
    });
    for verb in Verb::ALL {
        registry = registry.with(VerbActivity {
            desk: desk.clone(),
            instance: instance.1.clone(),
            spec: VerbSpec::of(*verb),
            followed: followed.clone(),
        });
    }
    registry
}

/// Which jobs of an instance are not at their end; asked once for all who wait.
#[derive(Clone)]
pub struct Followed {
    store: Store,
    instance: InstanceId,
    ticks: watch::Receiver<u64>,
    known: Arc<Mutex<Known>>,
}

#[derive(Default)]
struct Known {
    at: Option<u64>,
    open: BTreeSet<JobId>,
}

impl Followed {
    pub fn new(store: Store, instance: InstanceId, ticks: watch::Receiver<u64>) -> Followed {
        Followed {
            store,
            instance,
            ticks,
            known: Arc::default(),
        }
    }

    async fn is_open(&self, job: JobId) -> Result<bool, StoreError> {
        let mut known = self.known.lock().await;
        let version = *self.store.tasks().borrow();
        if known.at != Some(version) {
            known.open = self.store.open_jobs(self.instance).await?;
            known.at = Some(version);
        }
        Ok(known.open.contains(&job))
    }

    /// Until nothing more is expected of the job.
    async fn end_of(&self, job: JobId, mut cancelled: watch::Receiver<bool>) -> Result<(), ActivityError> {
        let mut ticks = self.ticks.clone();
        loop {
            ticks.mark_unchanged();
            if !self.is_open(job).await.map_err(store)? {
                return Ok(());
            }
            tokio::select! {
                _ = cancelled.wait_for(|cancelled| *cancelled) => {
                    let message = format!("nobody waits for job {job} any more; what was sent goes on");
                    return Err(ActivityError::new("cancelled", message));
                }
                ticked = ticks.changed() => if ticked.is_err() {
                    return Err(ActivityError::again("stopped", "the instance is being stopped"));
                },
            }
        }
    }
}

fn store(error: StoreError) -> ActivityError {
    ActivityError::again(error.code(), error.to_string())
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

/// Follows a job that was sent, to its end.
struct FollowJob {
    store: Store,
    instance: InstanceId,
    followed: Followed,
}

impl Activity for FollowJob {
    fn signature(&self) -> Signature {
        follow_signature()
    }

    fn call(&self, call: Call) -> Answer<'_> {
        async move {
            let job = JobId(call.inputs.get("job").and_then(Value::as_i64).unwrap_or_default());
            let unknown = || ActivityError::new("unknownJob", format!("there is no job {job} of this instance"));
            let (row, _) = self.store.job_row(job).await.map_err(|_| unknown())?;
            if row.instance != self.instance {
                return Err(unknown());
            }
            if !call.dry_run {
                self.followed.end_of(job, call.cancelled).await?;
            }
            let (row, tally) = self.store.job_row(job).await.map_err(store)?;
            let count = |well: bool| -> u64 {
                let those = tally.iter().filter(|(state, _)| went_well(*state) == well);
                those.map(|(_, count)| count).sum()
            };
            let states: Map<String, Value> = tally
                .iter()
                .map(|(state, count)| (state.name().to_owned(), (*count).into()))
                .collect();
            let (well, failed) = (count(true), count(false));
            Ok(object(json!({
                "job": job, "action": row.verb, "devices": well + failed, "well": well, "failed": failed,
                "states": states,
            })))
        }
        .boxed()
    }
}

fn went_well(state: TaskState) -> bool {
    matches!(state, TaskState::Done | TaskState::HandedOverNotTraceable)
}

/// One verb on one device.
struct VerbActivity {
    desk: Desk,
    instance: InstanceName,
    spec: &'static VerbSpec,
    followed: Followed,
}

impl VerbActivity {
    async fn perform(&self, call: Call) -> Result<Map<String, Value>, ActivityError> {
        let who = self.requester(call.who).await?;
        let body = self.body(&call);
        let taken = self
            .desk
            .submit_for_run(&who, body, (call.key.to_string(), call.key.run))
            .await;
        let receipt = match taken {
            Ok(receipt) => receipt,
            // Told like any other refusal, so that nothing is seen less because a run asked for it.
            Err(error) => return Err(refused(&error)),
        };
        let Some(job) = receipt.job else {
            let would = receipt.dry_run.unwrap_or_default();
            return match would.into_iter().find(|would| !would.would) {
                Some(would) => {
                    let message = would
                        .reason
                        .unwrap_or_else(|| "it can't be done on this device".to_owned());
                    Err(ActivityError::new(would.rule.unwrap_or_default(), message))
                }
                None => Ok(object(json!({"job": null, "state": "dryRun", "cause": null}))),
            };
        };
        self.followed.end_of(job, call.cancelled).await?;
        let view = self.desk.store.job(job).await.map_err(store)?;
        let Some((task, _)) = view.tasks.into_iter().next() else {
            return Err(ActivityError::new("noTask", format!("job {job} has no device")));
        };
        if went_well(task.state) {
            return Ok(object(
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

    async fn requester(&self, who: Who) -> Result<Requester, ActivityError> {
        let operators = self.desk.store.operators().await.map_err(store)?;
        let found = operators
            .into_iter()
            .find(|operator: &OperatorRow| Who::Operator(operator.id) == who);
        let operator = found.ok_or_else(|| ActivityError::new("operator", "nobody stands behind this run"))?;
        Ok(Requester { operator, server: None })
    }

    /// The same for the same inputs, so that the desk knows it again.
    fn body(&self, call: &Call) -> Value {
        let device = call.inputs.get("device").cloned().unwrap_or_default();
        let verb = self.spec.verb;
        let parameters: Map<String, Value> = given(self.spec)
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
fn given(spec: &VerbSpec) -> impl Iterator<Item = &verbs::Parameter> {
    spec.parameters.iter().filter(|parameter| !parameter.secret)
}

fn refused(error: &JobError) -> ActivityError {
    let retry = match error {
        JobError::Refused { refused, suspended } => !suspended && !refused.trips && LATER.contains(&refused.rule),
        JobError::Store(_) => true,
        JobError::Wrong { .. } | JobError::Conflict { .. } | JobError::Seal(_) => false,
    };
    ActivityError {
        retry,
        ..ActivityError::new(error.code(), error.to_string())
    }
}

impl Activity for VerbActivity {
    fn signature(&self) -> Signature {
        verb_signature(self.spec)
    }

    fn call(&self, call: Call) -> Answer<'_> {
        self.perform(call).boxed()
    }
}

fn kind(kind: verbs::Kind) -> Kind {
    match kind {
        verbs::Kind::Boolean => Kind::Boolean,
        verbs::Kind::Integer { .. } => Kind::Number,
        verbs::Kind::Text { .. }
        | verbs::Kind::Lines { .. }
        | verbs::Kind::Digits(_)
        | verbs::Kind::OneOf(_)
        | verbs::Kind::Guid => Kind::Text,
    }
}

fn verb_signature(spec: &VerbSpec) -> Signature {
    let mut inputs = vec![
        field(
            "device",
            Kind::Object,
            true,
            "the device as it was seen: id, serialNumber, enrolledDateTime, userPrincipalName",
        ),
        field("reason", Kind::Text, false, "why, for those who look at the job"),
        field(
            "whenPending",
            Kind::Text,
            false,
            "where Intune shows an action as pending that was not sent from here: stop (as without it), wait, goOn",
        ),
    ];
    inputs.extend(
        given(spec).map(|parameter| field(parameter.name, kind(parameter.kind), parameter.required, parameter.help)),
    );
    Signature {
        name: spec.verb.name(),
        summary: spec.summary,
        danger: match spec.danger() {
            VerbDanger::Harmless => Danger::Harmless,
            VerbDanger::Disruptive => Danger::Disruptive,
            VerbDanger::Destructive => Danger::Destructive,
        },
        right: Some("Jobs_Send"),
        inputs,
        outputs: vec![
            field("job", Kind::Number, true, "number of the job"),
            field(
                "state",
                Kind::Text,
                true,
                "how it ended: done, or handedOverNotTraceable",
            ),
            field("cause", Kind::Text, true, "code of the cause, where there is one"),
        ],
    }
}

fn follow_signature() -> Signature {
    Signature {
        name: "followJob",
        summary: "Waits for the end of a job.",
        danger: Danger::None,
        right: None,
        inputs: vec![field("job", Kind::Number, true, "number of the job")],
        outputs: vec![
            field("job", Kind::Number, true, "number of the job"),
            field("action", Kind::Text, true, "what it was for"),
            field("devices", Kind::Number, true, "devices of the job"),
            field("well", Kind::Number, true, "devices on which it was done"),
            field("failed", Kind::Number, true, "devices on which it was not"),
            field("states", Kind::Object, true, "how many devices stand where"),
        ],
    }
}

/// What [`register`] registers, to check definitions by where nothing runs.
pub fn signatures() -> Vec<Signature> {
    let verbs = Verb::ALL.iter().map(|verb| verb_signature(VerbSpec::of(*verb)));
    std::iter::once(follow_signature()).chain(verbs).collect()
}
