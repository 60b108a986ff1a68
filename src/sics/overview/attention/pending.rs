//! What waits for somebody's decision: jobs, outcomes, changes that loosen the guard, emergency actions, kill switches,
//! suspensions; and what everybody is to know. Pure.

use std::collections::BTreeMap;

use super::super::known_world::FactVisibility;
use super::item::{BoardItem, to_sentence};
use crate::contract::{AttentionSeverity, AttentionSubject};
use crate::model::{JobId, TaskState, format_count};
use crate::store::{
    BrokenGlass, JobRow, KillSwitch, KillSwitchOrigin, NoticeRow, OperatorSuspension, RelaxationRow, TaskRow, TaskTally,
};

/// A kill switch of all tenants.
const ALL_TENANTS: &str = "*";

/// `operator`: name of the account that sent it.
pub(super) fn approval_item(job: &JobRow, tally: &TaskTally, operator: Option<&str>) -> BoardItem {
    let devices: u64 = tally.iter().map(|(_, count)| count).sum();
    new_job_item("jobWaitsForApproval", job)
        .since(job.created_at)
        .argument("action", job.verb)
        .argument("devices", format_count(devices, "device"))
        .argument("operator", operator.unwrap_or("a removed account"))
        .texts(
            "Job {job} of {operator} waits for approval by a second person: {action} on {devices}.",
            "Look at its devices, then approve or reject it.",
        )
}

/// One item for each job, however many of its devices need somebody.
pub(super) fn unknown_outcome_items(tasks: Vec<(TaskRow, JobRow)>) -> Vec<BoardItem> {
    let mut by_job: BTreeMap<JobId, (JobRow, Vec<TaskRow>)> = BTreeMap::new();
    for (task, job) in tasks {
        by_job.entry(job.id).or_insert_with(|| (job, Vec::new())).1.push(task);
    }
    by_job
        .into_values()
        .map(|(job, tasks)| unknown_outcome_item(&job, &tasks))
        .collect()
}

fn unknown_outcome_item(job: &JobRow, tasks: &[TaskRow]) -> BoardItem {
    let gone = tasks
        .iter()
        .filter(|task| task.state == TaskState::GoneUnproven)
        .count();
    new_job_item("jobNeedsOperator", job)
        .since(tasks.iter().map(|task| task.updated_at).min())
        .argument("action", job.verb)
        .argument("devices", format_count(tasks.len() as u64, "device"))
        .argument("gone", gone)
        .texts(
            "Of job {job} ({action}) it is not known what became of {devices}; {gone} of them are no longer listed.",
            "Find out in Intune what became of each, and record it with the job.",
        )
}

fn new_job_item(code: &str, job: &JobRow) -> BoardItem {
    let id = job.id;
    BoardItem::new(
        code,
        AttentionSeverity::Act,
        (AttentionSubject::Job, id),
        format!("/jobs/{id}"),
        FactVisibility::Job(Box::new(job.clone())),
    )
    .argument("job", id)
}

pub(super) fn loosening_item(row: &RelaxationRow) -> BoardItem {
    BoardItem::new(
        "looseningWaits",
        AttentionSeverity::Act,
        (AttentionSubject::Loosening, row.id),
        "/approvals".to_owned(),
        FactVisibility::Relaxation(Box::new(row.clone())),
    )
    .since(row.asked_at)
    .argument("key", row.relaxation.subject_key())
    .argument("detail", to_sentence(row.relaxation.approval_text()))
    .texts(
        "A change waits for a second person, because it loosens what guards actions and accounts: {detail}",
        "Look at it, then approve or reject it.",
    )
}

pub(super) fn broken_glass_item(row: &BrokenGlass) -> BoardItem {
    BoardItem::new(
        "brokenGlassOpen",
        AttentionSeverity::Act,
        (AttentionSubject::BrokenGlass, row.id),
        "/approvals".to_owned(),
        FactVisibility::BrokenGlass(row.instance),
    )
    .since(row.at)
    .argument("by", &row.by)
    .argument("action", row.verb)
    .argument("job", row.job)
    .texts(
        "{by} acted without a second person: {action} on one device, job {job}. Nobody has reviewed it.",
        "A second person reviews it and says so.",
    )
}

/// One that the bus switched on itself needs somebody; one that a person switched on is meant.
pub(super) fn kill_switch_item(row: &KillSwitch) -> BoardItem {
    let severity = match row.origin {
        KillSwitchOrigin::Restore => AttentionSeverity::Act,
        KillSwitchOrigin::Person => AttentionSeverity::Watch,
    };
    let tenants = if row.tenant == ALL_TENANTS {
        "all tenants".to_owned()
    } else {
        format!("tenant {}", row.tenant)
    };
    BoardItem::new(
        "killSwitchOn",
        severity,
        (AttentionSubject::KillSwitch, &row.tenant),
        "/killswitch".to_owned(),
        FactVisibility::KillSwitch(row.tenant.clone()),
    )
    .since(row.at)
    .argument("tenants", tenants)
    .argument("by", &row.by)
    .argument("reason", &row.reason)
    .texts(
        "The kill switch is on for {tenants}, by {by}: {reason}. No action is sent.",
        "Once the reason is gone, ask for it to be switched off; a second person has to agree.",
    )
}

pub(super) fn suspension_item(row: &OperatorSuspension) -> BoardItem {
    BoardItem::new(
        "operatorSuspended",
        AttentionSeverity::Act,
        (AttentionSubject::Operator, &row.name),
        "/approvals".to_owned(),
        FactVisibility::Suspension(row.operator),
    )
    .since(row.at)
    .argument("operator", &row.name)
    .argument("reason", &row.reason)
    .texts(
        "The destructive rights of {operator} are suspended: {reason}.",
        "Find out what happened; the suspension is lifted on request, by a second person.",
    )
}

pub(super) fn notice_item(row: &NoticeRow) -> BoardItem {
    BoardItem::new(
        "notice",
        AttentionSeverity::Watch,
        (AttentionSubject::Notice, row.id),
        "/messages".to_owned(),
        FactVisibility::People,
    )
    .since(row.at)
    .argument("text", to_sentence(&row.text))
    .texts("{text}", "No action needed if this was meant.")
}

#[cfg(test)]
#[path = "pending_tests.rs"]
mod tests;
