//! Jobs by way of the API: what management servers and people ask to be done to devices, and what became of it. The
//! routes hold no policy: [`crate::actions::job`] takes a job or says why not, [`crate::actions::guard`] judges, the
//! store remembers.
//!
//! [`send`] takes jobs, [`look`] shows them ([`view`] says how), [`decide`] is for people (approve, reject, cancel,
//! resolve), [`glass`] what one of them may do alone in an emergency, [`results`] is what servers read back, [`secrets`] what some actions bring, [`power`] the kill
//! switch, [`limits`] what the guard goes by, [`actions`] what there is to be sent, [`wrong`] turns every refusal into a problem that says what to do.

pub mod actions;
pub mod concern;
pub mod decide;
pub mod glass;
pub mod limits;
pub mod look;
pub mod power;
pub mod results;
pub mod secrets;
pub mod send;
pub mod view;
mod wrong;

use super::Sics;
use super::auth::Caller;
use super::problem::Problem;
use crate::model::{At, InstanceName, JobId, OperatorId, ServerId};
use crate::store::{JobRow, ServerRow, Tally};

/// As jobs and results of a management server are kept for.
fn source_of(server: &ServerRow) -> String {
    format!("server:{}", server.id)
}

fn source_of_operator(id: OperatorId) -> String {
    format!("operator:{id}")
}

/// The management server that sent a job, where one did.
fn server_of(job: &JobRow) -> Option<ServerId> {
    job.source.strip_prefix("server:").and_then(|id| id.parse().ok())
}

/// Whether a job lies where the caller's rights hold: its instance, and its management server.
fn within(caller: &Caller, job: &JobRow, instance: Option<&InstanceName>) -> bool {
    let server = server_of(job);
    let at = At {
        instance,
        server: server.as_ref(),
    };
    (instance.is_some() || caller.reaches_all_instances()) && caller.reaches(at)
}

/// A job in the path of operators: its number, or how the caller calls one of his own.
async fn find(sics: &Sics, caller: &Caller, text: &str) -> Result<JobId, Problem> {
    if let Ok(number) = text.parse() {
        return Ok(JobId(number));
    }
    let source = source_of_operator(caller.operator.id);
    let found = sics.store().job_named(&source, text).await?;
    found.ok_or_else(|| unknown(text))
}

fn unknown(job: impl std::fmt::Display) -> Problem {
    Problem::unknown("job", job)
}

/// A job of a management server, by its sender's id. One that another account sent, when the server id was still its, is
/// none of his. Whoever is not the server's owner sees it by `right`, where that holds.
async fn of_server(
    sics: &Sics,
    caller: &Caller,
    server: &ServerRow,
    id: &str,
    right: &'static str,
) -> Result<(JobRow, Tally), Problem> {
    let found = sics.store().job_named(&source_of(server), id).await?;
    let (job, tally) = sics.store().job_row(found.ok_or_else(|| unknown(id))?).await?;
    let seen = match server.owner == caller.operator.id {
        true => true,
        false => {
            let instance = sics.store().instance(job.instance).await?;
            within(&caller.asking(&[right]), &job, Some(&instance.name))
        }
    };
    match job.operator == server.owner && seen {
        true => Ok((job, tally)),
        false => Err(unknown(id)),
    }
}

/// A job that the caller may see: his own, or with one of `rights` any that lies where they hold. Others do not exist
/// for him.
async fn seen(sics: &Sics, caller: &Caller, text: &str, rights: &[&'static str]) -> Result<(JobRow, Tally), Problem> {
    let id = find(sics, caller, text).await?;
    let (job, tally) = sics.store().job_row(id).await?;
    let own = job.operator == caller.operator.id;
    if own {
        return Ok((job, tally));
    }
    let instance = sics.store().instance(job.instance).await?;
    // Without a right only his own are his to see.
    match !rights.is_empty() && within(&caller.asking(rights), &job, Some(&instance.name)) {
        true => Ok((job, tally)),
        false => Err(unknown(text)),
    }
}
