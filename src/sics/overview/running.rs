//! What is under way: scans, jobs, installations, runs of workflows; gathered once for all who look.

use super::known_world::{FactVisibility, KnownWorld};
use super::running_work::RunningWork;
use crate::contract::{RunningWorkKind, RunningWorkView};
use crate::model::{InstallationState, InstanceName, MemberState, ScanKind, ScanState};
use crate::sics::Sics;
use crate::sics::problem::ApiProblem;
use crate::store::{InstallationRow, JobRow, MemberRow, RunRow, TaskTally};

/// Of each kind at most so many are shown.
const SHOWN: usize = 50;

pub(super) async fn gather_running(sics: &Sics) -> Result<Vec<RunningWork>, ApiProblem> {
    let world = KnownWorld::read_world(sics).await?;
    let mut all = gather_scans(sics, &world).await?;
    let jobs = sics.store().list_jobs_under_way(SHOWN).await?;
    all.extend(jobs.into_iter().filter_map(|(job, tally)| running_job(job, &tally)));
    let members = sics.store().list_members(None).await?;
    let installations = sics.store().list_installations().await?;
    all.extend(
        installations
            .iter()
            .filter_map(|row| running_installation(row, &members)),
    );
    for owner in &world.owners {
        let runs = sics.store().list_open_runs(owner.id, SHOWN).await?;
        all.extend(runs.into_iter().map(|run| running_run(run, &owner.name)));
    }
    Ok(all)
}

/// By what the engine says that it does: the store may hold one that a process before this one left.
async fn gather_scans(sics: &Sics, world: &KnownWorld) -> Result<Vec<RunningWork>, ApiProblem> {
    let mut scans = Vec::new();
    for detail in sics.engine().instance_details() {
        let row = world.instances.iter().find(|row| row.name == detail.name);
        let (Some(_), Some(row)) = (detail.scanning, row) else {
            continue;
        };
        let newest = sics.store().list_scans(row.id, 1).await?.into_iter().next();
        let Some(scan) = newest.filter(|scan| scan.state == ScanState::Running) else {
            continue;
        };
        scans.push(RunningWork {
            view: RunningWorkView {
                kind: RunningWorkKind::Scan,
                subject: row.name.to_string(),
                title: match scan.kind {
                    ScanKind::Full => "full".to_owned(),
                    ScanKind::Incremental => "incremental".to_owned(),
                },
                since: scan.started_at,
                done: scan.seen,
                total: scan.expected,
            },
            visibility: FactVisibility::Instance("Scans_Read", row.name.clone()),
        });
    }
    Ok(scans)
}

/// `None`: nothing is expected of it any more.
fn running_job(job: JobRow, tally: &TaskTally) -> Option<RunningWork> {
    let total: u64 = tally.iter().map(|(_, count)| count).sum();
    let ended = tally.iter().filter(|(state, _)| state.is_end());
    let done: u64 = ended.map(|(_, count)| count).sum();
    (done < total).then(|| RunningWork {
        view: RunningWorkView {
            kind: RunningWorkKind::Job,
            subject: job.id.to_string(),
            title: job.verb.to_string(),
            since: job.created_at,
            done,
            total: Some(total),
        },
        visibility: FactVisibility::Job(Box::new(job)),
    })
}

/// `None`: it is where it is to be, or has failed.
fn running_installation(row: &InstallationRow, members: &[MemberRow]) -> Option<RunningWork> {
    match row.state {
        InstallationState::Installing | InstallationState::Undoing | InstallationState::Removing => (),
        InstallationState::Installed | InstallationState::Failed | InstallationState::Removed => return None,
    }
    let own = members.iter().filter(|member| member.installation == row.number);
    let own: Vec<&MemberRow> = own.collect();
    let name: InstanceName = own.first()?.name.parse().ok()?;
    let applied = own.iter().filter(|member| member.state == MemberState::Applied);
    Some(RunningWork {
        view: RunningWorkView {
            kind: RunningWorkKind::Installation,
            subject: name.to_string(),
            title: row.profile.clone(),
            since: row.updated_at,
            done: applied.count() as u64,
            total: Some(own.len() as u64),
        },
        visibility: FactVisibility::Instance("Instances_Read", name),
    })
}

fn running_run(run: RunRow, owner: &InstanceName) -> RunningWork {
    RunningWork {
        view: RunningWorkView {
            kind: RunningWorkKind::Run,
            subject: run.id.to_string(),
            title: run.name,
            since: run.started_at,
            done: 0,
            total: None,
        },
        visibility: FactVisibility::Instance("Workflows_Read", owner.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ActionKind, ApprovalState, InstanceId, JobId, OperatorId, TaskState, Timestamp};

    fn job() -> JobRow {
        JobRow {
            id: JobId(7),
            source: "operator:1".into(),
            name: "j".into(),
            instance: InstanceId(1),
            tenant: "t".into(),
            verb: ActionKind::Sync,
            parameters: serde_json::Value::Null,
            operator: OperatorId(1),
            about: serde_json::Value::Null,
            urgent: false,
            created_at: Timestamp::default(),
            expires_at: Timestamp::default(),
            approval: ApprovalState::None,
            approval_digest: None,
            decided_by: None,
            decided_at: None,
            broken_glass: false,
        }
    }

    #[test]
    fn a_job_is_under_way_until_nothing_is_expected_of_any_device() {
        let found = running_job(job(), &vec![(TaskState::Done, 2), (TaskState::PendingOnDevice, 1)]).unwrap();
        assert_eq!((found.view.done, found.view.total), (2, Some(3)));
        assert_eq!((found.view.subject.as_str(), found.view.title.as_str()), ("7", "sync"));
        assert!(running_job(job(), &vec![(TaskState::Done, 2), (TaskState::Failed, 1)]).is_none());
    }
}
