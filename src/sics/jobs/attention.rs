//! Tasks whose outcome a person must record, shown before everything else: first the devices that are gone while it is
//! unknown whether the action did that (A6).

use super::may_see_job;
use super::queries::SEES_ALL;
use super::view::JobNames;
use crate::contract::AttentionView;
use crate::sics::Sics;
use crate::sics::auth::Caller;
use crate::sics::problem::ApiProblem;

/// Tasks that are looked at, and told of those.
const LOOKED_AT: usize = 1_000;
const TOLD: usize = 100;

/// Within the caller's scope; first those whose device is gone, then the oldest.
pub(crate) async fn tasks_needing_operator(sics: &Sics, caller: &Caller) -> Result<Vec<AttentionView>, ApiProblem> {
    let rows = sics.store().list_tasks_for_operators(LOOKED_AT).await?;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let names = JobNames::read_names(sics).await?;
    let seen = rows
        .into_iter()
        .filter(|(_, job)| may_see_job(caller, job, names.instance_name(job.instance), SEES_ALL))
        .take(TOLD);
    let views = seen.map(|(task, job)| AttentionView {
        job: job.id.0,
        task: task.id.0,
        instance: names.instance_name(job.instance).map(ToString::to_string),
        action: task.verb,
        device_id: task.device,
        device_name: task.shown["deviceName"].as_str().map(str::to_owned),
        state: task.state,
        text: task
            .detail
            .as_ref()
            .and_then(|detail| detail["text"].as_str())
            .map(str::to_owned),
        updated_at: task.updated_at,
    });
    Ok(views.collect())
}
