//! Jobs by way of the API: what management servers and people ask to be done to devices, and what became of it. The
//! routes hold no policy: [`crate::actions::job`] takes a job or says why not, [`crate::actions::guard`] judges, the
//! store remembers.
//!
//! [`send`] takes jobs, [`look`] shows them ([`view`] says how), [`decide`] is for people (approve, reject, cancel,
//! resolve), [`attention`] what waits for their word, [`glass`] what one of them may do alone in an emergency, [`results`] is what servers read back, [`secrets`] what some actions bring, [`power`] the kill
//! switch, [`limits`] what the guard goes by, [`actions`] what there is to be sent, [`wrong`] turns every refusal into a problem that says what to do.

pub mod actions;
pub mod attention;
pub mod concern;
pub mod decide;
pub mod glass;
pub mod limits;
pub mod look;
mod place;
pub mod power;
pub mod results;
pub mod secrets;
pub mod send;
pub mod view;
mod wrong;

use super::Sics;
use super::auth::Caller;
use super::problem::Problem;
use crate::actions::job::OWN_ID;
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

/// Whether the caller may know of a job: it lies where what opened the route holds, and it is their own or they have one
/// of `others` there. That a job is one's own widens no scope: a token for one instance sees nothing of another.
fn sees(caller: &Caller, job: &JobRow, instance: Option<&InstanceName>, others: &[&'static str]) -> bool {
    let own = job.operator == caller.operator.id && within(caller, job, instance);
    own || (!others.is_empty() && within(&caller.asking(others), job, instance))
}

/// How a path names a job: by the bus's number, or by the id that its sender gave it.
#[derive(Debug, PartialEq, Eq)]
enum Naming<'a> {
    Number(JobId),
    Own(&'a str),
}

/// Digits are the bus's number and nothing else; `id:` goes before an own id, and only has to where that would be taken for
/// something else. New ids of operators are never of that kind ([`crate::actions::job`]).
fn naming(text: &str) -> Option<Naming<'_>> {
    if let Some(own) = text.strip_prefix(OWN_ID) {
        return Some(Naming::Own(own));
    }
    match text.bytes().all(|byte| byte.is_ascii_digit()) {
        true => text.parse().ok().map(|number| Naming::Number(JobId(number))),
        false => Some(Naming::Own(text)),
    }
}

/// A job in the path of operators: its number, or how the caller calls one of his own.
async fn find(sics: &Sics, caller: &Caller, text: &str) -> Result<JobId, Problem> {
    let source = source_of_operator(caller.operator.id);
    let found = match naming(text) {
        Some(Naming::Number(number)) => Some(number),
        Some(Naming::Own(id)) => sics.store().job_named(&source, id).await?,
        None => None,
    };
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
    let instance = sics.store().instance(job.instance).await?;
    match job.operator == server.owner && sees(caller, &job, Some(&instance.name), &[right]) {
        true => Ok((job, tally)),
        false => Err(unknown(id)),
    }
}

/// A job that the caller may see: his own, or with one of `rights` any; where they hold. Others do not exist for him.
async fn seen(sics: &Sics, caller: &Caller, text: &str, rights: &[&'static str]) -> Result<(JobRow, Tally), Problem> {
    let id = find(sics, caller, text).await?;
    let (job, tally) = sics.store().job_row(id).await?;
    let instance = sics.store().instance(job.instance).await?;
    match sees(caller, &job, Some(&instance.name), rights) {
        true => Ok((job, tally)),
        false => Err(unknown(text)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sec_l6_digits_are_the_bus_number_and_nothing_else_and_an_own_id_has_one_way_to_be_said() {
        for (text, meant) in [
            ("59", Some(Naming::Number(JobId(59)))),
            ("0059", Some(Naming::Number(JobId(59)))),
            ("id:59", Some(Naming::Own("59"))),
            ("id:id:59", Some(Naming::Own("id:59"))),
            ("+59", Some(Naming::Own("+59"))),
            ("-59", Some(Naming::Own("-59"))),
            ("5a", Some(Naming::Own("5a"))),
            ("99999999999999999999", None),
        ] {
            assert_eq!(naming(text), meant, "{text}");
        }
    }
}
