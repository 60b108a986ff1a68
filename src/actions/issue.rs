//! The one file that calls a verb: intent committed, one call, its answer kept (A2, A3, A5).
//!
//! ```text
//! read the device anew → permit → guard and intent in one transaction → one call → outcome
//! ```
//!
//! If the process dies before the intent is committed, nothing was sent and the task is taken up again; after it, the
//! call counts as sent, and [`super::task_runner`] finds it at the next start. Nothing here tries again: what may be sent
//! again, and when, is [`super::task_machine`]'s decision and goes the whole way anew, guard and all.

use std::sync::Arc;

use bytes::Bytes;
use serde_json::{Value, json};

use super::executor::{ActionExecutor, ExecutorError, parse_object};
use super::failpoints::TaskFailpoint;
use super::finding::Baseline;
use super::guard::{self, PlannedCall};
use super::specs::{ActionCall, ActionParameters, ActionSpec, ApiVersion, CallMethod};
use super::subject::{Platform, Subject};
use super::task_machine::TaskEvent;
use crate::graph::{ActionPermit, ActionRequest, EndpointVersion, GraphError, WriteOutcome};
use crate::model::{ActionDanger, ActionKind, DeviceIdentity, InstanceName, Timestamp};
use crate::store::{IntentDecision, IntentOutcome, JobRow, TaskRow};

/// What a call is aimed at, as it was read for it.
struct CallTarget {
    subject: Subject,
    /// Read from Graph just now; none for a verb that pins nothing.
    identity: Option<DeviceIdentity>,
    body: String,
    baseline: Value,
}

/// Takes a task that was not sent as far as it can go now.
pub(crate) async fn issue_task(executor: &ActionExecutor, task: &TaskRow, job: &JobRow) -> Result<(), ExecutorError> {
    let parameters = match executor.open_job_parameters(job) {
        Ok(parameters) => parameters,
        Err(event) => return executor.report_unopened(task, job, &event).await,
    };
    if executor.clock.now() >= job.expires_at {
        executor
            .advance_task(task, job, &parameters, &TaskEvent::Expired)
            .await?;
        return Ok(());
    }
    executor
        .failpoints
        .hook
        .on_failpoint(TaskFailpoint::BeforeReading, task)
        .await;
    let target = match read_target(executor, task).await? {
        Ok(target) => target,
        Err(event) => {
            executor.advance_task(task, job, &parameters, &event).await?;
            return Ok(());
        }
    };
    let permit = match executor.graph.acquire_action_permit().await {
        Ok(permit) => permit,
        Err(error) => {
            executor
                .advance_task(task, job, &parameters, &not_sent_event(&error))
                .await?;
            return Ok(());
        }
    };
    executor
        .failpoints
        .hook
        .on_failpoint(TaskFailpoint::BeforeIntent, task)
        .await;
    let spec = ActionSpec::for_action(task.verb);
    let id = target.subject.id;
    if !commit_intent(executor, task, target, parameters.clone()).await? {
        return Ok(());
    }
    let request = build_action_request(
        executor,
        task,
        job,
        (spec.call)(id, &parameters, executor.api_version(spec).await?),
    );
    send_call(executor, task, job, &parameters, permit, &request).await
}

/// The intent, or what the guard says instead; true where the call follows.
async fn commit_intent(
    executor: &ActionExecutor,
    task: &TaskRow,
    target: CallTarget,
    parameters: ActionParameters,
) -> Result<bool, ExecutorError> {
    let policies = executor.policies.clone();
    let baseline = target.baseline;
    let planned_call = PlannedCall {
        instance: executor.name.clone(),
        subject: target.subject,
        identity: target.identity,
        body: target.body,
        parameters,
    };
    let decide = move |facts: &crate::store::IntentFacts| match guard::guard_call(facts, &planned_call, &policies) {
        Ok(clearance) => IntentDecision::Go {
            baseline: with_escalation(&baseline, clearance.escalates),
        },
        Err(stop) => IntentDecision::Stop(stop),
    };
    Ok(executor.store.commit_intent(task.id, Arc::new(decide)).await? == IntentOutcome::Committed)
}

/// What was there before the call, and what it overtakes on purpose.
fn with_escalation(baseline: &Value, escalates: Option<ActionKind>) -> Value {
    let mut kept = baseline.clone();
    if let (Some(verb), Value::Object(map)) = (escalates, &mut kept) {
        map.insert("escalates".to_owned(), verb.name().into());
    }
    kept
}

/// From here on the call counts as sent.
async fn send_call(
    executor: &ActionExecutor,
    task: &TaskRow,
    job: &JobRow,
    parameters: &ActionParameters,
    permit: ActionPermit,
    request: &ActionRequest,
) -> Result<(), ExecutorError> {
    let Some(issuing) = executor.store.find_task(task.id).await? else {
        return Ok(());
    };
    executor
        .failpoints
        .hook
        .on_failpoint(TaskFailpoint::BeforeCall, &issuing)
        .await;
    let outcome = executor
        .failpoints
        .sender
        .send_write(&executor.graph, permit, request, &issuing)
        .await;
    executor
        .failpoints
        .hook
        .on_failpoint(TaskFailpoint::AfterCall, &issuing)
        .await;
    executor
        .advance_task(
            &issuing,
            job,
            parameters,
            &event_from_outcome(outcome, (task.verb, &executor.name)),
        )
        .await?;
    executor
        .failpoints
        .hook
        .on_failpoint(TaskFailpoint::AfterOutcome, &issuing)
        .await;
    Ok(())
}

/// Disruptive and destructive verbs read the device anew (A2); for a harmless one what the store knows is enough.
async fn read_target(
    executor: &ActionExecutor,
    task: &TaskRow,
) -> Result<Result<CallTarget, TaskEvent>, ExecutorError> {
    if task.verb.danger() == ActionDanger::Harmless {
        let known = executor
            .store
            .find_targets(executor.instance, vec![task.device])
            .await?
            .pop()
            .flatten();
        let Some((known, subject)) =
            known.and_then(|known| Subject::from_device(&known.body).map(|subject| (known, subject)))
        else {
            return Ok(Err(not_found_event()));
        };
        // Where the fields that are kept do not tell the platform, Intune is asked.
        if subject.platform != Platform::Unknown {
            let baseline = Baseline::from_device(&known.body, executor.clock.now());
            return Ok(Ok(CallTarget {
                subject,
                identity: None,
                body: known.body.to_string(),
                baseline: json!(baseline),
            }));
        }
    }
    match executor.graph.read_device(task.device, Some(Subject::SELECT)).await {
        Ok(reading) => {
            let device = parse_object(&reading.body);
            Ok(target_from_device(&device, reading.date)
                .filter(|target| target.subject.id == task.device)
                .ok_or(TaskEvent::NotRead {
                    text: "cannot read Graph's answer about the device".to_owned(),
                }))
        }
        Err(error) if error.is_not_found() => Ok(Err(not_found_event())),
        Err(error) => Ok(Err(not_sent_event(&error))),
    }
}

fn target_from_device(device: &Value, date: Timestamp) -> Option<CallTarget> {
    let subject = Subject::from_device(device)?;
    Some(CallTarget {
        identity: Some(subject.identity()),
        subject,
        body: device.to_string(),
        baseline: json!(Baseline::from_device(device, date)),
    })
}

fn not_found_event() -> TaskEvent {
    TaskEvent::Refused {
        status: 404,
        code: "notFound".to_owned(),
        text: String::new(),
        retry_after_s: None,
    }
}

fn build_action_request(executor: &ActionExecutor, task: &TaskRow, job: &JobRow, call: ActionCall) -> ActionRequest {
    let method = match call.method {
        CallMethod::Post => reqwest::Method::POST,
        CallMethod::Put => reqwest::Method::PUT,
        CallMethod::Patch => reqwest::Method::PATCH,
        CallMethod::Delete => reqwest::Method::DELETE,
    };
    let version = match call.version {
        ApiVersion::V1 => EndpointVersion::V1,
        ApiVersion::Beta => EndpointVersion::Beta,
    };
    let body = call.body_for(executor.graph.base_url());
    let body = body.map(|body| Bytes::from(body.to_string()));
    ActionRequest::for_device(call.device, call.step, method, version, body)
        .with_approval(build_justification(job), task.approval_code.clone())
}

/// What another administrator of the tenant reads when asked to approve.
fn build_justification(job: &JobRow) -> String {
    let text = |key: &str| job.about[key].as_str().filter(|text| !text.is_empty());
    let reason = text("reason").unwrap_or("no reason given");
    match text("requestedBy") {
        Some(by) => format!("intune-connector, job {}: {reason} (requested by {by})", job.name),
        None => format!("intune-connector, job {}: {reason}", job.name),
    }
}

/// What a person who reads of a 403 needs: the permission that this action takes, and what tells whether it is granted.
fn explain_forbidden(verb: ActionKind, instance: &InstanceName) -> String {
    let permission = ActionSpec::for_action(verb).permission;
    format!(
        "; {verb} needs the application permission {permission} with consent: intune-connector verify --instance {instance} \
         tells whether it is granted, and the command that grants it"
    )
}

fn event_from_outcome(outcome: WriteOutcome, (verb, instance): (ActionKind, &InstanceName)) -> TaskEvent {
    match outcome {
        WriteOutcome::Taken { date, .. } => TaskEvent::Taken(date),
        WriteOutcome::NotSent(error) => not_sent_event(&error),
        WriteOutcome::Refused { status, error } => TaskEvent::Refused {
            status,
            code: error
                .reason_code()
                .filter(|reason| !reason.is_empty())
                .map_or_else(|| error.code(), str::to_owned),
            text: match status {
                403 => format!("{error}{}", explain_forbidden(verb, instance)),
                _ => error.to_string(),
            },
            retry_after_s: error.retry_after_s(),
        },
        WriteOutcome::ApprovalRequired { code, error } => TaskEvent::ApprovalRequired {
            code,
            text: format!("{error}"),
        },
        WriteOutcome::Unclear(error) => TaskEvent::Unclear {
            code: error.code(),
            text: format!("{error}"),
        },
    }
}

fn not_sent_event(error: &GraphError) -> TaskEvent {
    TaskEvent::NotSent {
        code: error.code(),
        text: format!("{error}; {}", error.advice()),
    }
}
