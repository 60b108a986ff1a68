//! `action`: one action on devices, sent as a job in the operator's own name. What destroys shows its list and asks for
//! the number of devices to be typed; what was seen a moment ago is what the job is pinned to.

mod break_glass;
mod confirmation;
mod job_body;

use std::io::IsTerminal;
use std::path::PathBuf;

use clap::Args;
use serde_json::{Value, json};

use super::client::ApiClient;
use super::connection::{ConnectArgs, with_bus};
use super::failure::{CommandFailure, ExitReason};
use super::output;
use crate::contract::UnjudgedView;
use crate::model::{ActionKind, DeviceId, InstanceName};

pub(crate) use confirmation::read_typed_count;

/// Run an action on devices: sync, lock, retire, wipe … (`actions` lists all)
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  intune-connector action sync --instance IntuneConnector_1 --filter 'operatingSystem == \"iOS\"' --data DIR
  intune-connector action remoteLock --device 7809c88c-0000-4000-8000-000000000001 --reason \"left in a train\"
  intune-connector action wipe --device 7809c88c-0000-4000-8000-000000000001 --param keepUserData=true --dry-run
  intune-connector action wipe --device 7809c88c-0000-4000-8000-000000000001 --break-glass --person anna")]
pub struct ActionArgs {
    /// Name of the action
    #[arg(value_name = "ACTION")]
    verb: ActionKind,
    /// Instance; required with --filter and if several instances have the device
    #[arg(long, value_name = "NAME")]
    instance: Option<InstanceName>,
    /// Intune device id; repeatable
    #[arg(
        long = "device",
        value_name = "ID",
        value_delimiter = ',',
        required_unless_present = "filter"
    )]
    devices: Vec<DeviceId>,
    /// Condition (CEL) that selects devices; not allowed for destructive actions
    #[arg(long, value_name = "CEL", conflicts_with = "devices")]
    filter: Option<String>,
    /// Parameter of the action; NAME=@FILE reads the value from a file, which secrets require
    #[arg(long = "param", value_name = "NAME=VALUE")]
    parameters: Vec<String>,
    /// Reason, shown to the approver
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// Your own id for the job: repeating it has no second effect
    #[arg(long, value_name = "ID")]
    id: Option<String>,
    /// If Intune shows a pending action that was not sent from here: stop, wait or goOn
    #[arg(long, value_name = "WHAT", default_value = "stop", value_parser = ["stop", "wait", "goOn"])]
    when_pending: String,
    /// Do not wait for maintenance windows and queues (requires a separate right)
    #[arg(long)]
    urgent: bool,
    /// Emergency: wipe, retire or lock one device without approval; everyone is notified
    #[arg(long, conflicts_with = "filter")]
    break_glass: bool,
    /// Person who breaks the glass; prompts if omitted
    #[arg(long, value_name = "NAME", requires = "break_glass")]
    person: Option<String>,
    /// File with their password; - for standard input; prompts if omitted
    #[arg(long, value_name = "FILE", requires = "break_glass")]
    person_password_file: Option<PathBuf>,
    /// Show what would happen to each device, without doing it
    #[arg(long)]
    dry_run: bool,
    /// Number of affected devices, instead of typing it when prompted
    #[arg(long, value_name = "N", conflicts_with = "dry_run")]
    yes_i_mean: Option<u64>,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connect: ConnectArgs,
}

pub(crate) async fn run(args: ActionArgs) -> Result<(), CommandFailure> {
    with_bus(&args.connect, async |bus| {
        if args.break_glass {
            break_glass::run_break_glass(&bus.client, &args).await
        } else {
            send_job(&bus.client, &args).await
        }
    })
    .await
}

async fn send_job(client: &ApiClient, args: &ActionArgs) -> Result<(), CommandFailure> {
    let spec = job_body::fetch_action_spec(client, args.verb).await?;
    let danger = spec["danger"].as_str().unwrap_or("destructive");
    let mut job = job_body::build_job(client, args, &spec, danger).await?;
    let needs_confirmation = danger == "destructive" || (danger == "disruptive" && args.filter.is_some());
    if args.dry_run || needs_confirmation {
        let dry_run = dry_run_job(client, &job).await?;
        if let Ok(unjudged) = serde_json::from_value::<UnjudgedView>(dry_run["unjudged"].clone()) {
            unjudged.describe_unjudged().into_iter().for_each(output::eprint_line);
        }
        if args.dry_run {
            return print_dry_run(args, &dry_run);
        }
        let devices = dry_run["dryRun"].as_array().cloned().unwrap_or_default();
        if args.json {
            // Standard output is for the machine.
            output::print_sentence_counts(devices.iter().filter_map(|device| device["effect"].as_str()));
        } else {
            print_devices(&devices)?;
        }
        confirmation::confirm_device_count(args.verb, devices.len() as u64, args.yes_i_mean)?;
        job["expectDevices"] = json!(devices.len());
    }
    if danger != "harmless" {
        job["confirm"] = json!(args.verb.name());
    }
    // The bus tells the same job from another by its id: a repetition after a lost answer has no second effect.
    job["id"] = json!(args.id.clone().unwrap_or_else(|| uuid::Uuid::new_v4().to_string()));
    let receipt = client.post("/jobs", &job).await?;
    if args.json {
        output::print_json(&receipt)
    } else {
        print_receipt(&receipt)
    }
}

async fn dry_run_job(client: &ApiClient, job: &Value) -> Result<Value, CommandFailure> {
    let mut job = job.clone();
    job["dryRun"] = json!(true);
    client.post("/jobs", &job).await
}

fn print_dry_run(args: &ActionArgs, dry_run: &Value) -> Result<(), CommandFailure> {
    if args.json {
        return output::print_json(dry_run);
    }
    print_devices(dry_run["dryRun"].as_array().map_or(&[], Vec::as_slice))?;
    if dry_run["needsApproval"] == true {
        output::eprint_line("a second person would have to approve it");
    }
    Ok(())
}

fn print_devices(devices: &[Value]) -> Result<(), CommandFailure> {
    let row = |device: &Value| {
        let effect = match (device["would"].as_bool(), device["reason"].as_str()) {
            (Some(false), Some(reason)) => format!("refused: {reason}"),
            _ => device["effect"].as_str().unwrap_or_default().to_owned(),
        };
        json!({
            "id": device["deviceId"], "name": device["device"]["deviceName"],
            "serial": device["device"]["serialNumber"], "user": device["device"]["userPrincipalName"],
            "sync": device["device"]["lastSyncDateTime"], "effect": effect,
        })
    };
    let rows: Vec<Value> = devices.iter().map(row).collect();
    let columns = [
        ("DEVICE ID", "/id"),
        ("NAME", "/name"),
        ("SERIAL NUMBER", "/serial"),
        ("USER", "/user"),
        ("LAST CHECK-IN", "/sync"),
        ("EFFECT", "/effect"),
    ];
    output::print_table(&columns, &rows, "no devices affected")?;
    output::print_sentence_counts(rows.iter().filter_map(|row| row["effect"].as_str()));
    Ok(())
}

fn print_receipt(receipt: &Value) -> Result<(), CommandFailure> {
    let known = if receipt["known"] == true {
        "was accepted before"
    } else {
        "is accepted"
    };
    output::print_line(format!(
        "job {} {known}: {} of {} devices of {}",
        receipt["job"],
        receipt["action"].as_str().unwrap_or("-"),
        receipt["devices"],
        receipt["instance"].as_str().unwrap_or("-"),
    ))?;
    output::eprint_line(match receipt["needsApproval"].as_bool() {
        Some(true) => format!(
            "  it waits for a second person: intune-connector jobs approve {}",
            receipt["job"]
        ),
        _ => format!("  follow it: intune-connector jobs watch {}", receipt["job"]),
    });
    Ok(())
}

/// Whether there is a terminal to prompt on.
fn can_ask_person() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

fn failure_with_known_names(what: &str, known: &[String], advice: &str) -> CommandFailure {
    let known = if known.is_empty() {
        String::new()
    } else {
        format!("; known: {}", known.join(", "))
    };
    CommandFailure::new(ExitReason::Usage, format!("{what}{known}"), advice)
}
