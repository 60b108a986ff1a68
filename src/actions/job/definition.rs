//! Which on-demand definition handles a job, and for which action.
//!
//! A job may name an installed workflow, the instance's own name for its default, or a name of its settings that stands
//! for one action. Named or not, the run of a workflow begins in the transaction that keeps the job.

use super::{JobError, JobIntake};
use crate::actions::guard::{self, InstancePolicy};
use crate::contract::JobBody;
use crate::model::ActionKind;
use crate::store::{InstanceRow, WorkflowRow};

/// The definition of jobs that name none; the number of the instance is put behind it.
pub const DEFAULT: &str = "IntuneActions";
/// The parameter by which a definition takes a job on.
const JOB: &str = "job";

type AssignedWorkflow = Option<(i64, String)>;

pub(crate) async fn resolve_definition(
    intake: &JobIntake,
    request: &JobBody,
    instance: &InstanceRow,
    policy: Option<&str>,
    runs_workflow: bool,
) -> Result<(ActionKind, AssignedWorkflow), JobError> {
    let default = format!("{DEFAULT}_{}", instance.id);
    let own_name = InstancePolicy::from_json(policy).on_demand;
    let named = request
        .definition
        .as_deref()
        .filter(|name| Some(*name) != own_name.as_deref());
    let mapped_action = named.and_then(|name| guard::action_of_definition(policy, name));
    let workflow = match named {
        Some(name) if mapped_action.is_none() => {
            let found = intake.store.find_workflow_by_name(name).await?;
            let found = found.filter(|row| row.instance == instance.id);
            Some(found.ok_or_else(|| unknown_definition(name, &default))?)
        }
        _ if !runs_workflow => None,
        // A folder from before there were workflows has none until its bus has run.
        _ => intake.store.find_workflow_by_name(&default).await?,
    };
    let shown_hash = request.definition_hash.as_deref();
    let assigned = workflow.map(|row| assign_workflow(row, shown_hash)).transpose()?;
    Ok((resolve_action(request, mapped_action)?, assigned))
}

fn unknown_definition(name: &str, default: &str) -> JobError {
    JobError::invalid_request(
        "unknownDefinition",
        format!("definition {name:?} not found"),
        format!(
            "Omit it, or use {default}; `intune-connector workflows` and the instance's setting `definitions` list \
             the others."
        ),
    )
}

/// `shown_hash`: the hash of the text that the requester saw. The run acts in their name, so what it may do to devices is what
/// they were shown (A10).
fn assign_workflow(row: WorkflowRow, shown_hash: Option<&str>) -> Result<(i64, String), JobError> {
    if !row.enabled {
        return Err(JobError::invalid_request(
            "definitionOff",
            format!("the workflow {} is disabled", row.name),
            "An operator with Workflows_Manage can enable it.",
        ));
    }
    let is_shown = shown_hash == Some(row.hash.as_str()) || (shown_hash.is_none() && row.about["danger"] == "none");
    if !is_shown {
        return Err(JobError::invalid_request(
            "definitionHash",
            format!("the workflow {} can act on devices, or its text has changed", row.name),
            format!(
                "Check GET /sics/v1/workflows/{0}, or intune-connector workflows show {0}, and send its hash as \
                 `definitionHash`.",
                row.name
            ),
        ));
    }
    let has_job = row.about["parameters"]
        .as_array()
        .is_some_and(|names| names.iter().any(|name| name == JOB));
    if has_job && row.about["onDemand"] == true {
        Ok((row.id, row.hash))
    } else {
        Err(JobError::invalid_request(
            "noJobs",
            format!("the workflow {} does not accept jobs", row.name),
            format!("Start it with POST /sics/v1/workflows/{}/runs.", row.name),
        ))
    }
}

fn resolve_action(request: &JobBody, mapped_action: Option<ActionKind>) -> Result<ActionKind, JobError> {
    match (request.action, mapped_action) {
        (Some(action), Some(defined)) if action != defined => Err(JobError::invalid_request(
            "definitionMismatch",
            format!("the definition is for {defined}, the job says {action}"),
            "Omit one of them.",
        )),
        (Some(verb), _) | (None, Some(verb)) => Ok(verb),
        (None, None) => Err(JobError::invalid_request(
            "action",
            "the job names no action",
            "Set `action`; GET /sics/v1/actions lists all of them, and so does `intune-connector actions`.",
        )),
    }
}
