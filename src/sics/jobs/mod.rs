//! Jobs by way of the API: what management servers and people ask to be done to devices, and what became of it. The
//! routes hold no policy: [`crate::actions::job`] takes a job or says why not, [`crate::actions::guard`] judges, the
//! store remembers.
//!
//! [`submission`] takes jobs, [`queries`] shows them ([`view`] says how), [`operator_decisions`] is for people (approve, reject, cancel,
//! resolve), [`attention`] what waits for their word, [`device_tasks`] what was done to one device, [`broken_glass`] what one of them may do alone in an emergency, [`results`] is what servers read back, [`secrets`] what some actions bring, [`kill_switch`] the kill
//! switch, [`guard_policy`] what the guard goes by, [`actions`] what there is to be sent.

pub(crate) mod actions;
pub(crate) mod attention;
pub(crate) mod broken_glass;
pub(crate) mod device_tasks;
pub(crate) mod guard_policy;
pub(crate) mod kill_switch;
pub(crate) mod operator_decisions;
pub(crate) mod pending_visibility;
pub(crate) mod queries;
pub(crate) mod result_acknowledgement;
mod result_cursors;
pub(crate) mod results;
pub(crate) mod secrets;
pub(crate) mod submission;
pub(crate) mod view;

use super::Sics;
use super::auth::Caller;
use super::problem::ApiProblem;
use crate::actions::job::OWN_ID;
use crate::model::{InstanceName, JobId, OperatorId, ResourceRef, ServerId};
use crate::store::{JobRow, ServerRow, TaskTally};

/// As jobs and results of a management server are kept for.
fn server_source(server: &ServerRow) -> String {
    format!("server:{}", server.id)
}

fn operator_source(id: OperatorId) -> String {
    format!("operator:{id}")
}

/// The management server that sent a job, where one did.
fn sending_server(job: &JobRow) -> Option<ServerId> {
    server_of_source(&job.source)
}

fn server_of_source(source: &str) -> Option<ServerId> {
    source.strip_prefix("server:").and_then(|id| id.parse().ok())
}

/// Whether a job lies where the caller's rights hold: its instance, and its management server.
fn is_within_reach(caller: &Caller, job: &JobRow, instance: Option<&InstanceName>) -> bool {
    is_source_within_reach(caller, &job.source, instance)
}

/// The same of all jobs of this source there.
fn is_source_within_reach(caller: &Caller, source: &str, instance: Option<&InstanceName>) -> bool {
    let server = server_of_source(source);
    let at = ResourceRef {
        instance,
        server: server.as_ref(),
    };
    (instance.is_some() || caller.reaches_all_instances()) && caller.reaches(at)
}

/// Whether the caller may know of a job: it lies where what opened the route holds, and it is their own or they have one
/// of `others` there. That a job is one's own widens no scope: a token for one instance sees nothing of another.
pub(crate) fn may_see_job(
    caller: &Caller,
    job: &JobRow,
    instance: Option<&InstanceName>,
    others: &[&'static str],
) -> bool {
    let is_own_job = job.operator == caller.operator.id && is_within_reach(caller, job, instance);
    is_own_job || (!others.is_empty() && is_within_reach(&caller.with_asked_rights(others), job, instance))
}

/// How a path names a job: by the bus's number, or by the id that its sender gave it.
#[derive(Debug, PartialEq, Eq)]
enum JobReference<'a> {
    Number(JobId),
    Own(&'a str),
}

/// Digits are the bus's number and nothing else; `id:` goes before an own id, and only has to where that would be taken for
/// something else. New ids of operators are never of that kind ([`crate::actions::job`]).
fn parse_job_reference(text: &str) -> Option<JobReference<'_>> {
    if let Some(own) = text.strip_prefix(OWN_ID) {
        return Some(JobReference::Own(own));
    }
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        text.parse().ok().map(|number| JobReference::Number(JobId(number)))
    } else {
        Some(JobReference::Own(text))
    }
}

/// A job in the path of operators: its number, or how the caller calls one of their own.
async fn find_job_id(sics: &Sics, caller: &Caller, text: &str) -> Result<JobId, ApiProblem> {
    let source = operator_source(caller.operator.id);
    let found = match parse_job_reference(text) {
        Some(JobReference::Number(number)) => Some(number),
        Some(JobReference::Own(id)) => sics.store().find_job_by_name(&source, id).await?,
        None => None,
    };
    found.ok_or_else(|| unknown_job_problem(text))
}

fn unknown_job_problem(job: impl std::fmt::Display) -> ApiProblem {
    ApiProblem::not_found("job", job)
}

/// A job of a management server, by its sender's id. One that another account sent, when the server id was still its, is
/// none of theirs. Whoever is not the server's owner sees it by `right`, where that holds.
async fn find_server_job(
    sics: &Sics,
    caller: &Caller,
    server: &ServerRow,
    id: &str,
    right: &'static str,
) -> Result<(JobRow, TaskTally), ApiProblem> {
    let found = sics.store().find_job_by_name(&server_source(server), id).await?;
    let (job, tally) = sics
        .store()
        .load_job_row(found.ok_or_else(|| unknown_job_problem(id))?)
        .await?;
    let instance = sics.store().load_instance(job.instance).await?;
    if job.operator == server.owner && may_see_job(caller, &job, Some(&instance.name), &[right]) {
        Ok((job, tally))
    } else {
        Err(unknown_job_problem(id))
    }
}

/// A job that the caller may see: their own, or with one of `rights` any; where they hold. Others do not exist for them.
async fn find_visible_job(
    sics: &Sics,
    caller: &Caller,
    text: &str,
    rights: &[&'static str],
) -> Result<(JobRow, TaskTally), ApiProblem> {
    let id = find_job_id(sics, caller, text).await?;
    let (job, tally) = sics.store().load_job_row(id).await?;
    let instance = sics.store().load_instance(job.instance).await?;
    if may_see_job(caller, &job, Some(&instance.name), rights) {
        Ok((job, tally))
    } else {
        Err(unknown_job_problem(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sec_l6_digits_are_the_bus_number_and_nothing_else_and_an_own_id_has_one_way_to_be_said() {
        for (text, meant) in [
            ("59", Some(JobReference::Number(JobId(59)))),
            ("0059", Some(JobReference::Number(JobId(59)))),
            ("id:59", Some(JobReference::Own("59"))),
            ("id:id:59", Some(JobReference::Own("id:59"))),
            ("+59", Some(JobReference::Own("+59"))),
            ("-59", Some(JobReference::Own("-59"))),
            ("5a", Some(JobReference::Own("5a"))),
            ("99999999999999999999", None),
        ] {
            assert_eq!(parse_job_reference(text), meant, "{text}");
        }
    }
}
