//! `instances`: one reads one tenant. `add` takes the same settings as `verify` and `scan --dry-run`, so what was tried
//! is what is kept.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::client::encode_segment;
use super::connection::{BusConnection, ConnectArgs, data_folder, with_bus};
use super::failure::CommandFailure;
use super::install::{self, WizardArgs};
use super::scan::rejected_record_line;
use super::tenant_args::{SettingArgs, TenantArgs};
use super::{fleet_proof, output, owner_commands};
use crate::bus::wizard::WizardMode;
use crate::files::create_private_folder;
use crate::model::{InstanceName, StartType};

/// Records that the list names of each instance.
const UNREAD_SHOWN: usize = 10;

/// List, add, change and remove instances
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
#[command(after_help = "Examples:
  intune-connector instances add --tenant ID --client ID --secret-file F --servers '*' --data DIR
  intune-connector instances set IntuneConnector_1 --set 'incremental=every 10m' --data DIR
  intune-connector instances --json")]
pub struct InstancesArgs {
    #[command(subcommand)]
    command: Option<InstancesCommand>,
    /// Print JSON
    #[arg(long, global = true)]
    json: bool,
    #[command(flatten)]
    connect: ConnectArgs,
}

#[derive(Debug, Subcommand)]
#[expect(clippy::large_enum_variant, reason = "made once a process")]
enum InstancesCommand {
    /// List instances with their state (default)
    List,
    /// Show an instance with its settings, without secrets
    Show {
        /// Name of the instance
        name: InstanceName,
    },
    /// Add an instance
    Add {
        /// Start type: automatic (with the bus), manual or disabled
        #[arg(long, value_name = "TYPE", default_value = "automatic")]
        start_type: StartType,
        /// Do not start it now
        #[arg(long)]
        stopped: bool,
        #[command(flatten)]
        tenant: TenantArgs,
    },
    /// Start a microservice (also one that is not an instance, such as IntuneWorkflowEngine_1)
    Start {
        /// Name of the microservice
        name: InstanceName,
    },
    /// Stop a microservice after its current work
    Stop {
        /// Name of the microservice
        name: InstanceName,
    },
    /// Restart a microservice; it gets new credentials on the bus
    Restart {
        /// Name of the microservice
        name: InstanceName,
    },
    /// List microservices with state, version, counters and last error
    Running,
    /// Change settings of an instance; other settings are kept
    Set {
        /// Name of the instance
        name: InstanceName,
        /// Start type: automatic (with the bus), manual or disabled
        #[arg(long, value_name = "TYPE")]
        start_type: Option<StartType>,
        /// Number of affected devices, as reported without this option
        #[arg(long, value_name = "N")]
        yes_i_mean: Option<u64>,
        #[command(flatten)]
        set: SettingArgs,
    },
    /// Change an instance with its wizard, interactively or from answers; its tenant cannot be changed
    Reconfigure {
        /// Name of the instance
        name: InstanceName,
        /// Number of affected devices, as reported without this option
        #[arg(long, value_name = "N")]
        yes_i_mean: Option<u64>,
        #[command(flatten)]
        with: WizardArgs,
    },
    /// Give an instance a new secret or certificate with its wizard
    Reauthenticate {
        /// Name of the instance
        name: InstanceName,
        #[command(flatten)]
        with: WizardArgs,
    },
    /// Install a copy of an instance; secrets are entered again
    Clone {
        /// Name of the instance
        name: InstanceName,
        #[command(flatten)]
        with: WizardArgs,
    },
    /// Let an instance sign in with a workload identity file on this machine, read for each token; the bus must not run
    TokenFile {
        /// Name of the instance
        name: InstanceName,
        /// File that the platform writes; it replaces the current credential of the instance
        file: PathBuf,
        /// Which credential: for scans, the next one for scans, for actions, for orders
        #[arg(long = "for", value_name = "WHAT", default_value = "scan", value_parser = ["scan", "next", "actions", "orders"])]
        purpose: String,
    },
    /// Disable an instance: it does not scan until it is enabled
    Disable {
        /// Name of the instance
        name: InstanceName,
    },
    /// Enable an instance: it scans again
    Enable {
        /// Name of the instance
        name: InstanceName,
    },
    /// Uninstall an instance with everything that was installed with it
    Uninstall {
        /// Name of the instance
        name: InstanceName,
        /// Number of affected devices, as reported without this option
        #[arg(long, value_name = "N")]
        yes_i_mean: Option<u64>,
    },
    /// Remove an instance; its devices are reported as gone to every server
    Remove {
        /// Name of the instance
        name: InstanceName,
        /// Number of affected devices, as reported without this option
        #[arg(long, value_name = "N")]
        yes_i_mean: Option<u64>,
    },
}

pub(crate) async fn run(args: InstancesArgs) -> Result<(), CommandFailure> {
    let command = args.command.unwrap_or(InstancesCommand::List);
    if let (InstancesCommand::Add { .. }, Some(folder)) = (&command, data_folder(&args.connect)) {
        // The first instance may come before the first start of the bus.
        create_private_folder(&folder).map_err(|error| CommandFailure::file_error("make", &folder, &error))?;
    }
    let json = args.json;
    match &command {
        InstancesCommand::Reconfigure { name, yes_i_mean, with } => {
            let with = with_json(with, json);
            return install::change_installation(&args.connect, name, WizardMode::Change, &with, *yes_i_mean).await;
        }
        InstancesCommand::Reauthenticate { name, with } => {
            return install::change_installation(&args.connect, name, WizardMode::SignIn, &with_json(with, json), None)
                .await;
        }
        InstancesCommand::TokenFile { name, file, purpose } => {
            return owner_commands::set_token_file(&args.connect, name, file, purpose, json).await;
        }
        InstancesCommand::Clone { name, with } => {
            return install::clone(&args.connect, name, &with_json(with, json)).await;
        }
        _ => (),
    }
    with_bus(&args.connect, async |bus| {
        let answer = run_subcommand(bus, &command).await?;
        match (args.json, &command) {
            (true, _) | (false, InstancesCommand::Show { .. }) => output::print_json(&answer),
            (false, InstancesCommand::List) => print_instances(&answer),
            (false, InstancesCommand::Add { .. }) => {
                let name = answer.pointer("/status/name").and_then(Value::as_str);
                output::print_line(name.unwrap_or("added"))?;
                if bus.is_offline() {
                    output::eprint_line("added; the first scan starts when the bus runs");
                }
                Ok(())
            }
            (false, InstancesCommand::Running) => print_running_members(&answer),
            (
                false,
                InstancesCommand::Start { name } | InstancesCommand::Stop { name } | InstancesCommand::Restart { name },
            ) => output::print_line(format!("{name} is {}", output::format_cell(answer.get("state")))),
            (false, InstancesCommand::Disable { name }) => output::print_line(format!("{name} is disabled")),
            (false, InstancesCommand::Remove { name, .. } | InstancesCommand::Uninstall { name, .. }) => {
                output::print_line(format!("{name} is removed"))
            }
            (false, other) => output::print_line(format!("{} is changed", other.name())),
        }
    })
    .await
}

impl InstancesCommand {
    /// Of the instance that is meant; empty where none is.
    fn name(&self) -> &str {
        match self {
            InstancesCommand::List | InstancesCommand::Running | InstancesCommand::Add { .. } => "",
            InstancesCommand::Show { name }
            | InstancesCommand::Start { name }
            | InstancesCommand::Stop { name }
            | InstancesCommand::Restart { name }
            | InstancesCommand::Set { name, .. }
            | InstancesCommand::Reconfigure { name, .. }
            | InstancesCommand::Reauthenticate { name, .. }
            | InstancesCommand::Clone { name, .. }
            | InstancesCommand::TokenFile { name, .. }
            | InstancesCommand::Disable { name }
            | InstancesCommand::Enable { name }
            | InstancesCommand::Uninstall { name, .. }
            | InstancesCommand::Remove { name, .. } => name.as_str(),
        }
    }
}

fn with_json(with: &WizardArgs, json: bool) -> WizardArgs {
    WizardArgs { json, ..with.clone() }
}

async fn run_subcommand(bus: &BusConnection, command: &InstancesCommand) -> Result<Value, CommandFailure> {
    let client = &bus.client;
    let path = |name: &InstanceName| format!("/instances/{}", encode_segment(name.as_str()));
    let confirm = |count: &Option<u64>| {
        count
            .map(|count| ("confirm", count.to_string()))
            .into_iter()
            .collect::<Vec<_>>()
    };
    match command {
        InstancesCommand::List => client.get("/instances", &[]).await,
        InstancesCommand::Show { name } => client.get(&path(name), &[]).await,
        InstancesCommand::Add {
            tenant,
            start_type,
            stopped,
        } => {
            let how = match (start_type, stopped) {
                (StartType::Automatic, false) => String::new(),
                _ => format!("?startType={}&stopped={stopped}", start_type.name()),
            };
            let draft = tenant.build_draft()?;
            if draft.has_reread_file() {
                return owner_commands::add_instance_offline(bus, &draft, *start_type, !stopped).await;
            }
            let body = draft.to_request()?;
            client.post(&format!("/instances{how}"), &body).await
        }
        InstancesCommand::Running => client.get("/supervisors", &[]).await,
        InstancesCommand::Start { name } => client.post(&format!("{}/start", path(name)), &json!({})).await,
        InstancesCommand::Stop { name } => client.post(&format!("{}/stop", path(name)), &json!({})).await,
        InstancesCommand::Restart { name } => client.post(&format!("{}/restart", path(name)), &json!({})).await,
        InstancesCommand::Set {
            name,
            set,
            start_type,
            yes_i_mean,
        } => {
            if let Some(start_type) = start_type {
                let body = json!({ "startType": start_type });
                let response = client.put(&format!("{}/start-type", path(name)), &body).await?;
                if set.is_empty() {
                    return Ok(response);
                }
            }
            client
                .patch(&path(name), &confirm(yes_i_mean), &set.build_draft()?.to_request()?)
                .await
        }
        InstancesCommand::Remove { name, yes_i_mean } => client.delete(&path(name), &confirm(yes_i_mean)).await,
        InstancesCommand::Disable { name } => client.patch(&path(name), &[], &json!({"enabled": false})).await,
        InstancesCommand::Enable { name } => client.patch(&path(name), &[], &json!({"enabled": true})).await,
        InstancesCommand::Uninstall { name, yes_i_mean } => {
            let path = format!("/installations/{}", encode_segment(name.as_str()));
            client.delete(&path, &confirm(yes_i_mean)).await
        }
        InstancesCommand::Reconfigure { .. }
        | InstancesCommand::Reauthenticate { .. }
        | InstancesCommand::Clone { .. }
        | InstancesCommand::TokenFile { .. } => Ok(Value::Null),
    }
}

fn print_instances(answer: &Value) -> Result<(), CommandFailure> {
    let rows = answer["instances"].as_array().cloned().unwrap_or_default();
    let row = |row: &Value| {
        json!({
            "name": row["name"], "state": row["state"], "cause": row["cause"], "devices": row["devices"],
            "full": row.pointer("/lastFull/endedAt"), "incremental": row.pointer("/lastIncremental/endedAt"),
            "next": next(row), "waiting": row["waitingConfirmation"], "days": row["credentialDaysLeft"],
        })
    };
    let rows: Vec<Value> = rows.iter().map(row).collect();
    let columns = [
        ("INSTANCE", "/name"),
        ("STATE", "/state"),
        ("CAUSE", "/cause"),
        ("DEVICES", "/devices"),
        ("LAST FULL", "/full"),
        ("LAST INCREMENTAL", "/incremental"),
        ("NEXT", "/next"),
        ("TO CONFIRM", "/waiting"),
        ("CREDENTIAL DAYS", "/days"),
    ];
    output::print_table(
        &columns,
        &rows,
        "no instances yet: intune-connector instances add --help",
    )?;
    for row in answer["instances"].as_array().into_iter().flatten() {
        print_refusals(row)?;
        for workflow in row["changedWorkflows"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
        {
            output::print_line(output::to_printable(
                &format!("{workflow} has a new definition that is not enabled [workflows enable {workflow}]"),
                300,
            ))?;
        }
    }
    for row in answer["instances"].as_array().into_iter().flatten() {
        print_incomplete(row)?;
    }
    Ok(())
}

/// What keeps an instance from being complete: why snapshots are open, and what could not be read (E10).
fn print_incomplete(row: &Value) -> Result<(), CommandFailure> {
    let name = output::format_cell(row.get("name"));
    let reasons = fleet_proof::open_snapshot_reasons(&row["fleet"]);
    if !reasons.is_empty() {
        output::print_line(format!(
            "{name}: snapshots are open [scan confirm-complete --instance {name}], because"
        ))?;
        reasons.iter().try_for_each(output::print_line)?;
    }
    let count = row.pointer("/unread/count").and_then(Value::as_u64).unwrap_or(0);
    if count > 0 {
        output::print_line(format!("{name}: {count} records or properties could not be read"))?;
        let records = row.pointer("/unread/records").and_then(Value::as_array);
        for record in records.into_iter().flatten().take(UNREAD_SHOWN) {
            output::print_line(rejected_record_line(record))?;
        }
        if count > UNREAD_SHOWN as u64 {
            output::print_line(format!("  … see: intune-connector instances show {name}"))?;
        }
    }
    Ok(())
}

/// What is not asked for now, until when and why (E9).
fn print_refusals(row: &Value) -> Result<(), CommandFailure> {
    let text = |value: &Value, key: &str| value[key].as_str().unwrap_or_default().to_owned();
    for refused in row["refused"].as_array().into_iter().flatten() {
        let line = format!(
            "{}: {} is not requested before {} ({}): {}",
            text(row, "name"),
            text(refused, "what"),
            text(refused, "until"),
            text(refused, "code"),
            text(refused, "reason")
        );
        output::print_line(output::to_printable(&line, 500))?;
    }
    Ok(())
}

/// The earlier of the two next runs; RFC 3339 in UTC sorts as text.
fn next(row: &Value) -> Option<String> {
    let times = ["nextFull", "nextIncremental"].map(|key| row[key].as_str().map(str::to_owned));
    times.into_iter().flatten().min()
}

fn print_running_members(answer: &Value) -> Result<(), CommandFailure> {
    let mut rows = Vec::new();
    for supervisor in answer["supervisors"].as_array().into_iter().flatten() {
        rows.extend(supervisor["members"].as_array().into_iter().flatten().cloned());
    }
    let columns = [
        ("MICROSERVICE", "/name"),
        ("KIND", "/kind"),
        ("VERSION", "/version"),
        ("START", "/startType"),
        ("STATE", "/state"),
        ("SINCE", "/since"),
        ("RESTARTS", "/restarts"),
        ("BUSY MS", "/numbers/busyMs"),
        ("REQUESTS", "/numbers/requests"),
        ("ROWS", "/numbers/rows"),
        ("LAST ERROR", "/lastError/code"),
    ];
    output::print_table(&columns, &rows, "no microservices installed yet")
}
