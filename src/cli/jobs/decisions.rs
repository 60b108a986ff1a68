//! What people decide about jobs. Approving asks for name and password of its own each time: a connection that was
//! left open agrees to nothing.

use std::io::IsTerminal;

use sics_client::SicsClient;

use super::job_args::{ApproveJobArgs, ResolveTaskArgs};
use super::queries::{describe_approval, fetch_whole_job, format_state_counts, print_job};
use crate::cli::approver::ask_for_approver;
use crate::cli::code_prompt::send_with_code;
use crate::cli::failure::{CommandFailure, ExitReason};
use crate::cli::output;
use crate::cli::terminal_question::read_typed_count;
use crate::contract::{ApproveBody, JobSummaryView, ResolveBody};
use crate::model::{ApprovalState, choose_form, format_count};

pub(crate) async fn cancel_job(client: &SicsClient, job: &str, as_json: bool) -> Result<(), CommandFailure> {
    let done = client.cancel_job(job).await?;
    if as_json {
        output::print_json(&done)
    } else {
        output::print_line(cancel_sentence(done.cancelled, done.left))
    }
}

fn cancel_sentence(cancelled: u64, left: u64) -> String {
    let devices = format_count(cancelled, "device");
    match left {
        0 => format!("{devices} cancelled"),
        left => format!("{devices} cancelled; too late for {left}"),
    }
}

pub(crate) async fn reject_job(client: &SicsClient, job: &str, as_json: bool) -> Result<(), CommandFailure> {
    print_job_state(&client.reject_job(job).await?, as_json)
}

pub(crate) async fn resolve_task(
    client: &SicsClient,
    args: &ResolveTaskArgs,
    as_json: bool,
) -> Result<(), CommandFailure> {
    let body = ResolveBody {
        task: args.task,
        state: args.state,
        note: args.note.clone(),
    };
    print_job_state(&client.resolve_task(&args.job.job, &body).await?, as_json)
}

fn print_job_state(job: &JobSummaryView, as_json: bool) -> Result<(), CommandFailure> {
    if as_json {
        output::print_json(job)
    } else {
        output::print_line(format!(
            "job {}: approval {}, {}",
            job.job,
            describe_approval(job.approval),
            format_state_counts(job)
        ))
    }
}

pub(crate) async fn approve_job(
    client: &SicsClient,
    args: &ApproveJobArgs,
    as_json: bool,
) -> Result<(), CommandFailure> {
    let job = fetch_whole_job(client, &args.job.job).await?;
    if !as_json {
        print_job(&job)?;
    }
    if job.job.approval != ApprovalState::Waiting {
        return Err(CommandFailure::new(
            ExitReason::Conflict,
            format!("job {} is not waiting for approval", job.job.job),
            format!("its approval: {}", describe_approval(job.job.approval)),
        ));
    }
    let count = job.job.devices;
    let said = match args.yes_i_mean {
        Some(said) => said,
        None if std::io::stdin().is_terminal() => {
            read_typed_count(&format!("Type the number of devices ({count}) to approve: "))?
        }
        None => {
            return Err(CommandFailure::new(
                ExitReason::Conflict,
                format!(
                    "{} {} affected, and there is no terminal to ask for confirmation",
                    format_count(count, "device"),
                    choose_form(count, "is", "are")
                ),
                format!("to confirm, repeat the command with --yes-i-mean {count}"),
            ));
        }
    };
    if said != count {
        return Err(CommandFailure::new(
            ExitReason::Conflict,
            format!(
                "{} {} affected, not {said}; nothing was approved",
                format_count(count, "device"),
                choose_form(count, "is", "are")
            ),
            "check the list again",
        ));
    }
    let (name, password) = ask_for_approver(&args.person)?;
    let digest = job.job.approval_digest.unwrap_or_default();
    let approve = async |code| {
        let body = ApproveBody {
            name: name.clone(),
            password: password.clone(),
            digest: digest.clone(),
            code,
        };
        client.approve_job(&args.job.job, &body).await
    };
    let approved = send_with_code(&name, approve).await?;
    print_job_state(&approved, as_json)?;
    report_kill_switch(client).await;
    Ok(())
}

/// What was approved goes out only once the kill switch is off.
async fn report_kill_switch(client: &SicsClient) {
    let Ok(view) = client.show_kill_switch().await else {
        return;
    };
    for switch in &view.on {
        let (whose, option) = match switch.tenant.as_str() {
            "*" => ("all tenants".to_owned(), String::new()),
            id => (format!("tenant {id}"), format!(" --tenant {id}")),
        };
        let text = format!(
            "the kill switch is on for {whose} and holds the job: it is sent when it is switched off \
             (intune-connector killswitch off{option}); to send nothing, cancel the job"
        );
        output::eprint_line(output::to_printable(&text, 400));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn n4_too_late_is_said_only_where_it_was() {
        assert_eq!(cancel_sentence(4, 0), "4 devices cancelled");
        assert_eq!(cancel_sentence(1, 2), "1 device cancelled; too late for 2");
    }
}
