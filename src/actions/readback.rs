//! Follows what was handed over, or may have been, until an end shows: single GETs in batches of 20, the audits of the
//! tenant where they can help. Reads only; whatever they show, nothing here causes a call (A3).

use std::collections::HashMap;

use serde_json::Value;

use super::executor::{ActionExecutor, ExecutorError, parse_object};
use super::failpoints::TaskFailpoint;
use super::finding::{self, Baseline, ReadbackContext};
use super::specs::{ActionParameters, ActionSpec};
use super::subject::Subject;
use super::task_machine::{TaskEvent, TenantApproval};
use crate::config::SealContext;
use crate::graph::{GraphError, MAX_BATCH, ObjectReading};
use crate::model::{ActionDanger, DeviceId, TaskState};
use crate::store::{JobRow, TaskRow};

/// Looks at tasks whose time has come.
pub(crate) async fn read_back_tasks(
    executor: &ActionExecutor,
    tasks: &[(TaskRow, JobRow)],
) -> Result<(), ExecutorError> {
    // What edits write is looked at as well.
    let select = format!("{},managedDeviceName,notes", Subject::SELECT);
    for part in tasks.chunks(MAX_BATCH) {
        let mut ids: Vec<DeviceId> = part.iter().map(|(task, _)| task.device).collect();
        ids.sort_unstable();
        ids.dedup();
        if let Some((first, _)) = part.first() {
            executor
                .failpoints
                .hook
                .on_failpoint(TaskFailpoint::BeforeLook, first)
                .await;
        }
        match executor.graph.read_devices_batch(&ids, Some(&select)).await {
            Ok(answers) => {
                let answers: HashMap<_, _> = answers.into_iter().collect();
                for (task, job) in part {
                    if let Some(answer) = answers.get(&task.device) {
                        read_back_task(executor, task, job, answer).await?;
                    }
                }
            }
            Err(error) => {
                for (task, job) in part {
                    record_not_read(executor, task, job, &error).await?;
                }
            }
        }
    }
    Ok(())
}

async fn read_back_task(
    executor: &ActionExecutor,
    task: &TaskRow,
    job: &JobRow,
    answer: &Result<ObjectReading, GraphError>,
) -> Result<(), ExecutorError> {
    let device = match answer {
        Ok(reading) => Some(parse_object(&reading.body)),
        Err(error) if error.is_not_found() => None,
        Err(error) => return record_not_read(executor, task, job, error).await,
    };
    let parameters = match executor.open_job_parameters(job) {
        Ok(parameters) => parameters,
        Err(event) => return executor.report_unopened(task, job, &event).await,
    };
    let spec = ActionSpec::for_action(task.verb);
    let baseline: Baseline = task
        .baseline
        .clone()
        .and_then(|kept| serde_json::from_value(kept).ok())
        .unwrap_or_else(|| Baseline::from_device(&Value::Null, task.intent_at.unwrap_or(task.updated_at)));
    let sent_at = task.sent_at.or(task.intent_at).unwrap_or(task.updated_at);
    let audits = read_audits(executor, task, device.is_none()).await;
    let own = match device {
        Some(_) => Vec::new(),
        None => {
            executor
                .store
                .list_other_destructive_tasks(task.tenant.clone(), task.device, task.id)
                .await?
        }
    };
    let context = ReadbackContext {
        id: task.device,
        audits: audits.as_deref(),
        own_tasks: &own,
    };
    let derived = finding::derive_finding(spec, &parameters, &baseline, sent_at, device.as_ref(), context);
    executor
        .failpoints
        .hook
        .on_failpoint(TaskFailpoint::AfterLook, task)
        .await;
    if let Some(device) = &device {
        store_secrets(executor, task, spec, &baseline, device).await?;
    }
    executor
        .advance_task(task, job, &parameters, &TaskEvent::Looked(derived))
        .await?;
    executor
        .failpoints
        .hook
        .on_failpoint(TaskFailpoint::AfterFinding, task)
        .await;
    Ok(())
}

async fn record_not_read(
    executor: &ActionExecutor,
    task: &TaskRow,
    job: &JobRow,
    error: &GraphError,
) -> Result<(), ExecutorError> {
    tracing::warn!(task.id = %task.id, device.id = %task.device, error = %error, "Intune could not be read back; it is tried again");
    let text = error.to_string();
    executor
        .advance_task(task, job, &ActionParameters::default(), &TaskEvent::NotRead { text })
        .await?;
    Ok(())
}

/// The tenant's audit of remote actions survives the device. Asked for only where the device itself may not tell: it is
/// a beta endpoint. `None` where it could not be read.
async fn read_audits(executor: &ActionExecutor, task: &TaskRow, vanished: bool) -> Option<Vec<Value>> {
    // A deletion leaves no entry on the device: where its record stays, only the audit tells that it failed.
    let no_entry = (ActionSpec::for_action(task.verb).trace)(&ActionParameters::default())
        .results
        .is_empty();
    let unsure = no_entry || task.state == TaskState::Unclear || task.state.needs_operator();
    if task.verb.danger() == ActionDanger::Harmless || !(unsure || vanished) {
        return Some(Vec::new());
    }
    match executor.graph.read_remote_action_audits(task.device).await {
        Ok(reading) => match parse_object(&reading.body)["value"].take() {
            Value::Array(audits) => Some(audits),
            _ => None,
        },
        Err(error) => {
            tracing::warn!(task.id = %task.id, error = %error, "the audit of remote actions could not be read; it is tried again");
            None
        }
    }
}

async fn store_secrets(
    executor: &ActionExecutor,
    task: &TaskRow,
    spec: &ActionSpec,
    baseline: &Baseline,
    device: &Value,
) -> Result<(), ExecutorError> {
    use secrecy::ExposeSecret;
    for secret in finding::extract_secrets(spec, baseline, device) {
        let kind = crate::actions::sealed_parameters::kind_name(&secret.kind);
        let seal_context = SealContext::ActionSecret {
            task: task.id,
            kind: &kind,
        };
        match executor
            .folder
            .secret_key()
            .seal_secret(seal_context, secret.value.expose_secret().as_bytes())
        {
            Ok(sealed) => executor.store.store_action_secret(task.id, kind, sealed).await?,
            Err(error) => {
                tracing::error!(task.id = %task.id, problem = error.problem(), "what an action brought could not be sealed and is not kept")
            }
        }
    }
    Ok(())
}

/// Asks what the other administrators of the tenant said.
pub(crate) async fn check_tenant_approval(
    executor: &ActionExecutor,
    task: &TaskRow,
    job: &JobRow,
) -> Result<(), ExecutorError> {
    if executor.clock.now() >= job.expires_at {
        executor
            .advance_task(task, job, &ActionParameters::default(), &TaskEvent::Expired)
            .await?;
        return Ok(());
    }
    let code = task.approval_code.as_deref().unwrap_or_default();
    let is_plain = code.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    let path = format!("/deviceManagement/operationApprovalRequests?$filter=requestId%20eq%20%27{code}%27");
    let event = match executor.graph.read_beta_object(&path).await {
        Ok(reading) if is_plain => TaskEvent::TenantApproval(parse_approval_status(&parse_object(&reading.body))),
        Ok(_) => TaskEvent::TenantApproval(TenantApproval::Waiting),
        Err(error) => TaskEvent::NotRead {
            text: error.to_string(),
        },
    };
    match executor.open_job_parameters(job) {
        Ok(parameters) => executor.advance_task(task, job, &parameters, &event).await.map(drop),
        Err(event) => executor.report_unopened(task, job, &event).await,
    }
}

/// Whatever Microsoft may call it beyond these waits on.
fn parse_approval_status(answer: &Value) -> TenantApproval {
    match answer["value"][0]["status"].as_str() {
        Some("approved") => TenantApproval::Approved,
        Some("rejected") => TenantApproval::Rejected,
        Some("cancelled") => TenantApproval::Cancelled,
        _ => TenantApproval::Waiting,
    }
}
