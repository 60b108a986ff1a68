//! Follows what was handed over, or may have been, until an end shows: single GETs in batches of 20, the audits of the
//! tenant where they can help. Reads only; whatever they show, nothing here causes a call (A3).

use std::collections::HashMap;

use serde_json::Value;

use super::actor::{Actor, ActorError, object};
use super::finding::{self, Around, Baseline};
use super::machine::{Event, TenantApproval};
use super::seams::Point;
use super::subject::Subject;
use super::verbs::{Parameters, VerbSpec};
use crate::config::SealPlace;
use crate::graph::{GraphError, MAX_BATCH, Reading};
use crate::model::{Danger, DeviceId, TaskState};
use crate::store::{JobRow, TaskRow};

/// Looks at tasks whose time has come.
pub async fn look(actor: &Actor, tasks: &[(TaskRow, JobRow)]) -> Result<(), ActorError> {
    // What edits write is looked at as well.
    let select = format!("{},managedDeviceName,notes", Subject::SELECT);
    for part in tasks.chunks(MAX_BATCH) {
        let mut ids: Vec<DeviceId> = part.iter().map(|(task, _)| task.device).collect();
        ids.sort_unstable();
        ids.dedup();
        if let Some((first, _)) = part.first() {
            actor.seams.checkpoint.at(Point::BeforeLook, first).await;
        }
        match actor.graph.devices_batch(&ids, Some(&select)).await {
            Ok(answers) => {
                let answers: HashMap<_, _> = answers.into_iter().collect();
                for (task, job) in part {
                    if let Some(answer) = answers.get(&task.device) {
                        one(actor, task, job, answer).await?;
                    }
                }
            }
            Err(error) => {
                for (task, job) in part {
                    not_read(actor, task, job, &error).await?;
                }
            }
        }
    }
    Ok(())
}

async fn one(
    actor: &Actor,
    task: &TaskRow,
    job: &JobRow,
    answer: &Result<Reading, GraphError>,
) -> Result<(), ActorError> {
    let device = match answer {
        Ok(reading) => Some(object(&reading.body)),
        Err(error) if error.is_not_found() => None,
        Err(error) => return not_read(actor, task, job, error).await,
    };
    let parameters = match actor.parameters(job) {
        Ok(parameters) => parameters,
        Err(event) => return actor.unopened(task, job, &event).await,
    };
    let spec = VerbSpec::of(task.verb);
    let baseline: Baseline = task
        .baseline
        .clone()
        .and_then(|kept| serde_json::from_value(kept).ok())
        .unwrap_or_else(|| Baseline::of(&Value::Null, task.intent_at.unwrap_or(task.updated_at)));
    let sent_at = task.sent_at.or(task.intent_at).unwrap_or(task.updated_at);
    let audits = audits(actor, task, device.is_none()).await;
    let own = match device {
        Some(_) => Vec::new(),
        None => {
            actor
                .store
                .others_sent(task.tenant.clone(), task.device, task.id)
                .await?
        }
    };
    let around = Around {
        id: task.device,
        audits: audits.as_deref(),
        own: &own,
    };
    let found = finding::read(spec, &parameters, &baseline, sent_at, device.as_ref(), around);
    actor.seams.checkpoint.at(Point::AfterLook, task).await;
    if let Some(device) = &device {
        keep_secrets(actor, task, spec, &baseline, device).await?;
    }
    actor.step(task, job, &parameters, &Event::Looked(found)).await?;
    actor.seams.checkpoint.at(Point::AfterFinding, task).await;
    Ok(())
}

async fn not_read(actor: &Actor, task: &TaskRow, job: &JobRow, error: &GraphError) -> Result<(), ActorError> {
    tracing::warn!(task.id = %task.id, device.id = %task.device, error = %error, "Intune could not be read back; it is tried again");
    let text = error.to_string();
    actor
        .step(task, job, &Parameters::default(), &Event::NotRead { text })
        .await?;
    Ok(())
}

/// The tenant's audit of remote actions survives the device. Asked for only where the device itself may not tell: it is
/// a beta endpoint. `None` where it could not be read.
async fn audits(actor: &Actor, task: &TaskRow, vanished: bool) -> Option<Vec<Value>> {
    // A deletion leaves no entry on the device: where its record stays, only the audit tells that it failed.
    let no_entry = (VerbSpec::of(task.verb).trace)(&Parameters::default())
        .results
        .is_empty();
    let unsure = no_entry || task.state == TaskState::Unclear || task.state.needs_operator();
    if task.verb.danger() == Danger::Harmless || !(unsure || vanished) {
        return Some(Vec::new());
    }
    let path = format!(
        "/deviceManagement/remoteActionAudits?$filter=managedDeviceId%20eq%20%27{}%27",
        task.device
    );
    match actor.graph.beta_object(&path).await {
        Ok(reading) => match object(&reading.body)["value"].take() {
            Value::Array(audits) => Some(audits),
            _ => None,
        },
        Err(error) => {
            tracing::warn!(task.id = %task.id, error = %error, "the audit of remote actions could not be read; it is tried again");
            None
        }
    }
}

async fn keep_secrets(
    actor: &Actor,
    task: &TaskRow,
    spec: &VerbSpec,
    baseline: &Baseline,
    device: &Value,
) -> Result<(), ActorError> {
    use secrecy::ExposeSecret;
    for secret in finding::secrets(spec, baseline, device) {
        let kind = crate::actions::sealed::word(&secret.kind);
        let place = SealPlace::ActionSecret {
            task: task.id,
            kind: &kind,
        };
        match actor.folder.key().seal(place, secret.value.expose_secret().as_bytes()) {
            Ok(sealed) => actor.store.keep_action_secret(task.id, kind, sealed).await?,
            Err(error) => {
                tracing::error!(task.id = %task.id, problem = error.problem(), "what an action brought could not be sealed and is not kept")
            }
        }
    }
    Ok(())
}

/// Asks what the other administrators of the tenant said.
pub async fn ask_tenant(actor: &Actor, task: &TaskRow, job: &JobRow) -> Result<(), ActorError> {
    if actor.clock.now() >= job.expires_at {
        actor.step(task, job, &Parameters::default(), &Event::Expired).await?;
        return Ok(());
    }
    let code = task.approval_code.as_deref().unwrap_or_default();
    let plain = code.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    let path = format!("/deviceManagement/operationApprovalRequests?$filter=requestId%20eq%20%27{code}%27");
    let event = match actor.graph.beta_object(&path).await {
        Ok(reading) if plain => Event::TenantApproval(said(&object(&reading.body))),
        Ok(_) => Event::TenantApproval(TenantApproval::Waiting),
        Err(error) => Event::NotRead {
            text: error.to_string(),
        },
    };
    match actor.parameters(job) {
        Ok(parameters) => actor.step(task, job, &parameters, &event).await.map(drop),
        Err(event) => actor.unopened(task, job, &event).await,
    }
}

/// Whatever Microsoft may call it beyond these waits on.
fn said(answer: &Value) -> TenantApproval {
    match answer["value"][0]["status"].as_str() {
        Some("approved") => TenantApproval::Approved,
        Some("rejected") => TenantApproval::Rejected,
        Some("cancelled") => TenantApproval::Cancelled,
        _ => TenantApproval::Waiting,
    }
}
