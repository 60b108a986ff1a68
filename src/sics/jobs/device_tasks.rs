//! The tasks of one device, for its history: those of which the caller may know, by the rules of the list of jobs.

use super::may_see_job;
use super::queries::SEES_ALL;
use super::view::JobNames;
use crate::contract::DeviceTaskView;
use crate::model::DeviceId;
use crate::sics::Sics;
use crate::sics::auth::Caller;
use crate::sics::problem::ApiProblem;
use crate::store::{InstanceRow, JobRow, TaskRow};

/// Rights with which jobs are listed: one's own, or with one of [`SEES_ALL`] all.
const LISTS: &[&str] = &["Jobs_Read", "Jobs_Send", "Jobs_Approve", "Jobs_Cancel", "Jobs_Resolve"];

pub(crate) struct DeviceTasks {
    /// Newest first.
    pub tasks: Vec<DeviceTaskView>,
    /// There are older ones.
    pub more: bool,
    /// Not the caller's own alone.
    pub sees_all: bool,
}

pub(crate) async fn list_device_tasks(
    sics: &Sics,
    caller: &Caller,
    instance: &InstanceRow,
    device: DeviceId,
    limit: usize,
) -> Result<DeviceTasks, ApiProblem> {
    let sees_all = caller.with_asked_rights(SEES_ALL).reaches_instance(&instance.name);
    let only_operator = (!sees_all).then_some(caller.operator.id);
    let mut rows = sics
        .store()
        .list_device_tasks(instance, device, only_operator, limit + 1)
        .await?;
    let more = rows.len() > limit;
    rows.truncate(limit);
    let reader = caller.with_asked_rights(LISTS);
    rows.retain(|(_, job)| may_see_job(&reader, job, Some(&instance.name), SEES_ALL));
    let tasks = if rows.is_empty() {
        Vec::new()
    } else {
        let names = JobNames::read_names(sics).await?;
        rows.into_iter().map(|row| device_task_view(row, &names)).collect()
    };
    Ok(DeviceTasks { tasks, more, sees_all })
}

fn device_task_view((task, job): (TaskRow, JobRow), names: &JobNames) -> DeviceTaskView {
    let message = task.detail.as_ref().and_then(|detail| detail["text"].as_str());
    DeviceTaskView {
        job: job.id.0,
        task: task.id.0,
        action: task.verb,
        state: task.state.published_state(),
        message: message.map(str::to_owned),
        cause: task.cause,
        asked_by: names.operator_name(job.operator),
        at: job.created_at,
        updated_at: task.updated_at,
    }
}
