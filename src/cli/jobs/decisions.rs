//! What people decide about jobs. Approving asks for name and password of its own each time: a connection that was
//! left open agrees to nothing.

use std::io::{BufRead, IsTerminal, Write};

use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use super::queries::{fetch_whole_job, format_state_counts, print_job};
use super::{ApproveJobArgs, ApproverArgs, ResolveTaskArgs};
use crate::cli::action::read_typed_count;
use crate::cli::client::{ApiClient, encode_segment};
use crate::cli::failure::{CommandFailure, ExitReason};
use crate::cli::{output, secret_input};

async fn post_step(client: &ApiClient, job: &str, step: &str, body: &Value) -> Result<Value, CommandFailure> {
    client
        .post(&format!("/jobs/{}/{step}", encode_segment(job)), body)
        .await
}

pub(crate) async fn cancel_job(client: &ApiClient, job: &str, as_json: bool) -> Result<(), CommandFailure> {
    let answer = post_step(client, job, "cancel", &json!({})).await?;
    if as_json {
        output::print_json(&answer)
    } else {
        output::print_line(format!(
            "{} devices cancelled; too late for {}",
            answer["cancelled"], answer["left"]
        ))
    }
}

pub(crate) async fn reject_job(client: &ApiClient, job: &str, as_json: bool) -> Result<(), CommandFailure> {
    let answer = post_step(client, job, "reject", &json!({})).await?;
    print_job_state(&answer, as_json)
}

pub(crate) async fn resolve_task(
    client: &ApiClient,
    args: &ResolveTaskArgs,
    as_json: bool,
) -> Result<(), CommandFailure> {
    let body = json!({ "task": args.task, "state": args.state, "note": args.note });
    let answer = post_step(client, &args.job.job, "resolve", &body).await?;
    print_job_state(&answer, as_json)
}

fn print_job_state(job: &Value, as_json: bool) -> Result<(), CommandFailure> {
    if as_json {
        output::print_json(job)
    } else {
        output::print_line(format!(
            "job {}: approval {}, {}",
            job["job"],
            job["approval"].as_str().unwrap_or("-"),
            format_state_counts(job)
        ))
    }
}

pub(crate) async fn approve_job(
    client: &ApiClient,
    args: &ApproveJobArgs,
    as_json: bool,
) -> Result<(), CommandFailure> {
    let job = fetch_whole_job(client, &args.job.job).await?;
    if !as_json {
        print_job(&job)?;
    }
    let count = job["devices"].as_u64().unwrap_or(0);
    let said = match args.yes_i_mean {
        Some(said) => said,
        None if std::io::stdin().is_terminal() => {
            read_typed_count(&format!("Type the number of devices ({count}) to approve: "))?
        }
        None => {
            return Err(CommandFailure::new(
                ExitReason::Conflict,
                format!("{count} devices are affected, and there is no terminal to ask for confirmation"),
                format!("to confirm, repeat the command with --yes-i-mean {count}"),
            ));
        }
    };
    if said != count {
        return Err(CommandFailure::new(
            ExitReason::Conflict,
            format!("{count} devices are affected, not {said}; nothing was approved"),
            "check the list again",
        ));
    }
    let (name, password) = ask_for_approver(&args.person)?;
    let body = json!({ "name": name, "password": password.expose_secret(), "digest": job["approvalDigest"] });
    let answer = post_step(client, &args.job.job, "approve", &body).await?;
    print_job_state(&answer, as_json)
}

/// Who agrees, by name and password.
pub(crate) fn ask_for_approver(args: &ApproverArgs) -> Result<(String, SecretString), CommandFailure> {
    let name = match &args.approver {
        Some(name) => name.clone(),
        None if std::io::stdin().is_terminal() => ask_line("Your name: ", "use --approver NAME")?,
        None => {
            return Err(CommandFailure::usage_error(
                "no approver specified",
                "use --approver NAME",
            ));
        }
    };
    let password = secret_input::read_secret(args.approver_password_file.as_deref(), &format!("Password of {name}"))?;
    Ok((name, password))
}

/// A line from the terminal; `advice`: the option that takes it, too.
pub(crate) fn ask_line(question: &str, advice: &str) -> Result<String, CommandFailure> {
    let failed = |error: std::io::Error| CommandFailure::general_error(format!("failed to prompt: {error}"), advice);
    let mut err = std::io::stderr().lock();
    write!(err, "{}", output::escape_for_terminal(question))
        .and_then(|()| err.flush())
        .map_err(failed)?;
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).map_err(failed)?;
    Ok(line.trim().to_owned())
}
