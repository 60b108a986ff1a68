//! `action … --break-glass`: one device, alone, in an emergency. Shows the device, asks why, and takes name and password
//! of whoever does it, whatever connection is in use.

use std::io::IsTerminal;

use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use super::{ActionArgs, acknowledged, body, confirm, list};
use crate::cli::client::Client;
use crate::cli::failure::Failure;
use crate::cli::jobs::asked;
use crate::cli::{out, secret_input};

pub async fn perform(client: &Client, args: &ActionArgs) -> Result<(), Failure> {
    if args.devices.len() != 1 {
        return Err(Failure::usage(
            "the glass is broken for one device that is named",
            "--device ID, once; send the others as a job that somebody else approves",
        ));
    }
    let spec = body::described(client, args.verb).await?;
    let danger = spec["danger"].as_str().unwrap_or("destructive");
    let mut job = body::job(client, args, &spec, danger).await?;
    let reason = reason(args)?;
    let (name, password) = person(args)?;
    job["dryRun"] = json!(true);
    let would = smash(client, (&name, &password), &reason, &job).await?;
    let devices = would["dryRun"].as_array().cloned().unwrap_or_default();
    if args.dry_run && args.json {
        return out::json(&would);
    }
    match args.json {
        // Standard output is for the machine.
        true => out::sentences(devices.iter().filter_map(|device| device["effect"].as_str())),
        false => list(&devices)?,
    }
    if args.dry_run {
        return Ok(());
    }
    out::say("nobody else is asked, everybody is told, and it is shown until a second person has looked at it");
    confirm::asked(args.verb, devices.len() as u64, args.yes_i_mean)?;
    job["dryRun"] = json!(false);
    job["expectDevices"] = json!(devices.len());
    job["confirm"] = json!(args.verb.name());
    job["id"] = json!(args.id.clone().unwrap_or_else(|| uuid::Uuid::new_v4().to_string()));
    let receipt = smash(client, (&name, &password), &reason, &job).await?;
    match args.json {
        true => out::json(&receipt),
        false => acknowledged(&receipt),
    }
}

async fn smash(
    client: &Client,
    (name, password): (&str, &SecretString),
    reason: &str,
    job: &Value,
) -> Result<Value, Failure> {
    let body = json!({ "name": name, "password": password.expose_secret(), "reason": reason, "job": job });
    client.post("/broken-glass", &body).await
}

fn reason(args: &ActionArgs) -> Result<String, Failure> {
    match &args.reason {
        Some(reason) => Ok(reason.clone()),
        None if std::io::stdin().is_terminal() => asked("Why can't it wait for a second person? ", "--reason TEXT"),
        None => Err(Failure::usage("it is not said why", "--reason TEXT")),
    }
}

fn person(args: &ActionArgs) -> Result<(String, SecretString), Failure> {
    let name = match &args.person {
        Some(name) => name.clone(),
        None if std::io::stdin().is_terminal() => asked("Your name: ", "--person NAME")?,
        None => return Err(Failure::usage("it is not said who breaks the glass", "--person NAME")),
    };
    let password = secret_input::read(args.person_password_file.as_deref(), &format!("Password of {name}"))?;
    Ok((name, password))
}
