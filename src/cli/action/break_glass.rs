//! `action … --break-glass`: one device, alone, in an emergency. Shows the device, asks why, and takes name and password
//! of whoever does it, whatever connection is in use.

use std::io::IsTerminal;

use secrecy::SecretString;
use sics_client::SicsClient;

use super::action_args::ActionArgs;
use super::tables::{print_devices, print_receipt};
use super::{confirmation, job_body};
use crate::cli::failure::CommandFailure;
use crate::cli::terminal_question::ask_line;
use crate::cli::{code_prompt, output, secret_input};
use crate::contract::{BreakGlassBody, GivenJob, JobBody, ReceiptView};

pub(crate) async fn run_break_glass(client: &SicsClient, args: &ActionArgs) -> Result<(), CommandFailure> {
    if args.devices.len() != 1 {
        return Err(CommandFailure::usage_error(
            "--break-glass requires exactly one named device",
            "use --device ID once; send the others as a job for a second person to approve",
        ));
    }
    let action = job_body::fetch_action(client, args.verb).await?;
    let mut job = job_body::build_job(client, args, &action).await?;
    let reason = ask_for_reason(args)?;
    let (name, password) = ask_for_person(args)?;
    let body_of = |job: &JobBody| BreakGlassBody {
        name: name.clone(),
        password: password.clone(),
        reason: reason.clone(),
        job: GivenJob::from_body(job),
        code: None,
    };
    job.dry_run = true;
    match client.break_glass(&body_of(&job)).await {
        // A code works once: both requests go by a session that was begun with it.
        Err(error) if code_prompt::is_code_missing(&error) => {
            let session = code_prompt::begin_session(client, &name, password.clone()).await?;
            let done = match session.break_glass(&body_of(&job)).await {
                Ok(dry_run) => break_shown(&session, args, job, dry_run, body_of).await,
                Err(error) => Err(error.into()),
            };
            code_prompt::end_session(&session).await;
            done
        }
        dry_run => break_shown(client, args, job, dry_run?, body_of).await,
    }
}

/// Shows what would be done, and does it once it is confirmed.
async fn break_shown(
    client: &SicsClient,
    args: &ActionArgs,
    mut job: JobBody,
    dry_run: ReceiptView,
    body_of: impl Fn(&JobBody) -> BreakGlassBody,
) -> Result<(), CommandFailure> {
    job.dry_run = false;
    if args.dry_run && args.json {
        return output::print_json(&dry_run);
    }
    let devices = dry_run.dry_run.unwrap_or_default();
    if args.json {
        // Standard output is for the machine.
        output::print_sentence_counts(devices.iter().map(|device| device.effect.as_str()));
    } else {
        print_devices(&devices)?;
    }
    if args.dry_run {
        return Ok(());
    }
    output::eprint_line(
        "no approval is needed, everyone is notified, and the action is shown until a second person acknowledges it",
    );
    let count = devices.len() as u64;
    confirmation::confirm_device_count(args.verb, count, args.yes_i_mean)?;
    job.expect_devices = Some(count);
    job.confirm = Some(args.verb.name().to_owned());
    job.id = Some(job_body::choose_job_id(args));
    let receipt = client.break_glass(&body_of(&job)).await?;
    if args.json {
        output::print_json(&receipt)
    } else {
        print_receipt(&receipt)
    }
}

fn ask_for_reason(args: &ActionArgs) -> Result<String, CommandFailure> {
    match &args.reason {
        Some(reason) => Ok(reason.clone()),
        None if std::io::stdin().is_terminal() => {
            ask_line("Why can this not wait for a second person? ", "use --reason TEXT")
        }
        None => Err(CommandFailure::usage_error("no reason given", "use --reason TEXT")),
    }
}

fn ask_for_person(args: &ActionArgs) -> Result<(String, SecretString), CommandFailure> {
    let name = match &args.person {
        Some(name) => name.clone(),
        None if std::io::stdin().is_terminal() => ask_line("Your name: ", "use --person NAME")?,
        None => {
            return Err(CommandFailure::usage_error(
                "no person specified for --break-glass",
                "use --person NAME",
            ));
        }
    };
    let (file, prompt) = (args.person_password_file.as_deref(), format!("Password of {name}"));
    let password = secret_input::read_password(file, "--person-password-file", &prompt)?;
    Ok((name, password))
}
