//! `action … --break-glass`: one device, alone, in an emergency. Shows the device, asks why, and takes name and password
//! of whoever does it, whatever connection is in use.

use std::io::IsTerminal;

use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use super::{ActionArgs, confirmation, job_body, print_devices, print_receipt};
use crate::cli::client::ApiClient;
use crate::cli::failure::CommandFailure;
use crate::cli::jobs::ask_line;
use crate::cli::{output, secret_input};

pub(crate) async fn run_break_glass(client: &ApiClient, args: &ActionArgs) -> Result<(), CommandFailure> {
    if args.devices.len() != 1 {
        return Err(CommandFailure::usage_error(
            "--break-glass requires exactly one named device",
            "use --device ID once; send the others as a job for a second person to approve",
        ));
    }
    let spec = job_body::fetch_action_spec(client, args.verb).await?;
    let danger = spec["danger"].as_str().unwrap_or("destructive");
    let mut job = job_body::build_job(client, args, &spec, danger).await?;
    let reason = ask_for_reason(args)?;
    let (name, password) = ask_for_person(args)?;
    job["dryRun"] = json!(true);
    let dry_run = post_broken_glass(client, (&name, &password), &reason, &job).await?;
    let devices = dry_run["dryRun"].as_array().cloned().unwrap_or_default();
    if args.dry_run && args.json {
        return output::print_json(&dry_run);
    }
    if args.json {
        // Standard output is for the machine.
        output::print_sentence_counts(devices.iter().filter_map(|device| device["effect"].as_str()));
    } else {
        print_devices(&devices)?;
    }
    if args.dry_run {
        return Ok(());
    }
    output::eprint_line(
        "no approval is needed, everyone is notified, and the action is shown until a second person acknowledges it",
    );
    confirmation::confirm_device_count(args.verb, devices.len() as u64, args.yes_i_mean)?;
    job["dryRun"] = json!(false);
    job["expectDevices"] = json!(devices.len());
    job["confirm"] = json!(args.verb.name());
    job["id"] = json!(args.id.clone().unwrap_or_else(|| uuid::Uuid::new_v4().to_string()));
    let receipt = post_broken_glass(client, (&name, &password), &reason, &job).await?;
    if args.json {
        output::print_json(&receipt)
    } else {
        print_receipt(&receipt)
    }
}

async fn post_broken_glass(
    client: &ApiClient,
    (name, password): (&str, &SecretString),
    reason: &str,
    job: &Value,
) -> Result<Value, CommandFailure> {
    let body = json!({ "name": name, "password": password.expose_secret(), "reason": reason, "job": job });
    client.post("/broken-glass", &body).await
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
    let password = secret_input::read_secret(args.person_password_file.as_deref(), &format!("Password of {name}"))?;
    Ok((name, password))
}
