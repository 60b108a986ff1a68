//! The one file that calls a verb: intent committed, one call, its answer kept (A2, A3, A5).
//!
//! ```text
//! read the device anew → permit → guard and intent in one transaction → one call → outcome
//! ```
//!
//! If the process dies before the intent is committed, nothing was sent and the task is taken up again; after it, the
//! call counts as sent, and [`super::runner`] finds it at the next start. Nothing here tries again: what may be sent
//! again, and when, is [`super::machine`]'s decision and goes the whole way anew, guard and all.

use std::sync::Arc;

use bytes::Bytes;
use serde_json::{Value, json};

use super::actor::{Actor, ActorError, object};
use super::finding::Baseline;
use super::guard::{self, Aimed};
use super::machine::Event;
use super::seams::Point;
use super::subject::{Platform, Subject};
use super::verbs::{ApiVersion, Call, Method, Parameters, VerbSpec};
use crate::graph::{Act, GraphError, Permit, Sent};
use crate::model::{Danger, Identity, Timestamp, Verb};
use crate::store::{Gate, Intent, JobRow, TaskRow};

/// What a call is aimed at, as it was read for it.
struct Aim {
    subject: Subject,
    /// Read from Graph just now; none for a verb that pins nothing.
    identity: Option<Identity>,
    body: String,
    baseline: Value,
}

/// Takes a task that was not sent as far as it can go now.
pub async fn issue(actor: &Actor, task: &TaskRow, job: &JobRow) -> Result<(), ActorError> {
    let parameters = match actor.parameters(job) {
        Ok(parameters) => parameters,
        Err(event) => return actor.unopened(task, job, &event).await,
    };
    if actor.clock.now() >= job.expires_at {
        actor.step(task, job, &parameters, &Event::Expired).await?;
        return Ok(());
    }
    actor.seams.checkpoint.at(Point::BeforeReading, task).await;
    let aim = match aim(actor, task).await? {
        Ok(aim) => aim,
        Err(event) => {
            actor.step(task, job, &parameters, &event).await?;
            return Ok(());
        }
    };
    let permit = match actor.graph.permit().await {
        Ok(permit) => permit,
        Err(error) => {
            actor.step(task, job, &parameters, &not_sent(&error)).await?;
            return Ok(());
        }
    };
    actor.seams.checkpoint.at(Point::BeforeIntent, task).await;
    let spec = VerbSpec::of(task.verb);
    let id = aim.subject.id;
    if !commit(actor, task, aim, parameters.clone()).await? {
        return Ok(());
    }
    let act = act(
        actor,
        task,
        job,
        (spec.call)(id, &parameters, actor.version(spec).await?),
    );
    send(actor, task, job, &parameters, permit, &act).await
}

/// The intent, or what the guard says instead; true where the call follows.
async fn commit(actor: &Actor, task: &TaskRow, aim: Aim, parameters: Parameters) -> Result<bool, ActorError> {
    let policies = actor.policies.clone();
    let baseline = aim.baseline;
    let aimed = Aimed {
        instance: actor.name.clone(),
        subject: aim.subject,
        identity: aim.identity,
        body: aim.body,
        parameters,
    };
    let decide = move |facts: &crate::store::IntentFacts| match guard::before_call(facts, &aimed, &policies) {
        Ok(leave) => Gate::Go {
            baseline: with(&baseline, leave.escalates),
        },
        Err(stop) => Gate::Stop(stop),
    };
    Ok(actor.store.commit_intent(task.id, Arc::new(decide)).await? == Intent::Committed)
}

/// What was there before the call, and what it overtakes on purpose.
fn with(baseline: &Value, escalates: Option<Verb>) -> Value {
    let mut kept = baseline.clone();
    if let (Some(verb), Value::Object(map)) = (escalates, &mut kept) {
        map.insert("escalates".to_owned(), verb.name().into());
    }
    kept
}

/// From here on the call counts as sent.
async fn send(
    actor: &Actor,
    task: &TaskRow,
    job: &JobRow,
    parameters: &Parameters,
    permit: Permit,
    act: &Act,
) -> Result<(), ActorError> {
    let Some(issuing) = actor.store.task(task.id).await? else {
        return Ok(());
    };
    actor.seams.checkpoint.at(Point::BeforeCall, &issuing).await;
    let sent = actor.seams.sender.send(&actor.graph, permit, act, &issuing).await;
    actor.seams.checkpoint.at(Point::AfterCall, &issuing).await;
    actor.step(&issuing, job, parameters, &event_of(sent)).await?;
    actor.seams.checkpoint.at(Point::AfterOutcome, &issuing).await;
    Ok(())
}

/// Disruptive and destructive verbs read the device anew (A2); for a harmless one what the store knows is enough.
async fn aim(actor: &Actor, task: &TaskRow) -> Result<Result<Aim, Event>, ActorError> {
    if task.verb.danger() == Danger::Harmless {
        let known = actor
            .store
            .aims(actor.instance, vec![task.device])
            .await?
            .pop()
            .flatten();
        let Some((known, subject)) = known.and_then(|known| Subject::read(&known.body).map(|subject| (known, subject)))
        else {
            return Ok(Err(gone()));
        };
        // Where the fields that are kept do not tell the platform, Intune is asked.
        if subject.platform != Platform::Unknown {
            let baseline = Baseline::of(&known.body, actor.clock.now());
            return Ok(Ok(Aim {
                subject,
                identity: None,
                body: known.body.to_string(),
                baseline: json!(baseline),
            }));
        }
    }
    match actor.graph.device(task.device, Some(Subject::SELECT)).await {
        Ok(reading) => {
            let device = object(&reading.body);
            Ok(read(&device, reading.date)
                .filter(|aim| aim.subject.id == task.device)
                .ok_or(Event::NotRead {
                    text: "what Graph tells of the device can't be read".to_owned(),
                }))
        }
        Err(error) if error.is_not_found() => Ok(Err(gone())),
        Err(error) => Ok(Err(not_sent(&error))),
    }
}

fn read(device: &Value, date: Timestamp) -> Option<Aim> {
    let subject = Subject::read(device)?;
    Some(Aim {
        identity: Some(subject.identity()),
        subject,
        body: device.to_string(),
        baseline: json!(Baseline::of(device, date)),
    })
}

fn gone() -> Event {
    Event::Refused {
        status: 404,
        code: "notFound".to_owned(),
        text: String::new(),
        retry_after_s: None,
    }
}

fn act(actor: &Actor, task: &TaskRow, job: &JobRow, call: Call) -> Act {
    let method = match call.method {
        Method::Post => reqwest::Method::POST,
        Method::Put => reqwest::Method::PUT,
        Method::Patch => reqwest::Method::PATCH,
        Method::Delete => reqwest::Method::DELETE,
    };
    let body = call.body_for(actor.graph.address());
    Act {
        method,
        beta: call.version == ApiVersion::Beta,
        path: call.path,
        body: body.map(|body| Bytes::from(body.to_string())),
        justification: Some(justification(job)),
        approval_code: task.approval_code.clone(),
    }
}

/// What another administrator of the tenant reads when he is asked to approve.
fn justification(job: &JobRow) -> String {
    let text = |key: &str| job.about[key].as_str().filter(|text| !text.is_empty());
    let reason = text("reason").unwrap_or("no reason given");
    match text("requestedBy") {
        Some(by) => format!("intune-connector, job {}: {reason} (requested by {by})", job.name),
        None => format!("intune-connector, job {}: {reason}", job.name),
    }
}

fn event_of(sent: Sent) -> Event {
    match sent {
        Sent::Taken { date, .. } => Event::Taken(date),
        Sent::NotSent(error) => not_sent(&error),
        Sent::Refused { status, error } => Event::Refused {
            status,
            code: error
                .reason()
                .filter(|reason| !reason.is_empty())
                .map_or_else(|| error.code(), str::to_owned),
            text: format!("{error}"),
            retry_after_s: error.retry_after_s(),
        },
        Sent::ApprovalRequired { code, error } => Event::ApprovalRequired {
            code,
            text: format!("{error}"),
        },
        Sent::Unclear(error) => Event::Unclear {
            code: error.code(),
            text: format!("{error}"),
        },
    }
}

fn not_sent(error: &GraphError) -> Event {
    Event::NotSent {
        code: error.code(),
        text: format!("{error}; {}", error.advice()),
    }
}
