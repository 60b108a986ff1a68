//! `roles`: rights under a name. `operators give` gives them to accounts.

use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};

use super::client::{ApiClient, encode_segment};
use super::connection::{ConnectArgs, with_bus};
use super::dependencies::{BodyMethod, DependencyArgs, send_with_dependencies};
use super::failure::CommandFailure;
use super::operators::with_confirm_count;
use super::output;
use crate::model::Right;

/// List, show, add, change and remove roles
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
#[command(after_help = "Examples:
  intune-connector roles
  intune-connector roles show operator
  intune-connector roles add helpdesk --rights Devices_Read,Actions_Sync,Actions_RemoteLock --add-dependencies
  intune-connector operators give anna helpdesk --instances IntuneConnector_1")]
pub struct RolesArgs {
    #[command(subcommand)]
    command: Option<RolesCommand>,
    /// Print JSON
    #[arg(long, global = true)]
    json: bool,
    /// Number of devices that servers lose by a change, as reported without this option
    #[arg(long, global = true, value_name = "N")]
    yes_i_mean: Option<u64>,
    #[command(flatten)]
    connect: ConnectArgs,
}

#[derive(Debug, Subcommand)]
enum RolesCommand {
    /// List roles (default)
    List,
    /// Show a role: its rights as a tree, and its holders with their scopes
    Show {
        /// Name of the role
        name: String,
    },
    /// Add a role
    Add {
        /// Name of the role
        name: String,
        /// Rights, e.g. 'Devices_Read,Servers_*'; `operators rights` lists them
        #[arg(long, value_name = "RIGHT,RIGHT", value_delimiter = ',', required = true)]
        rights: Vec<Right>,
        /// Purpose of the role
        #[arg(long, value_name = "TEXT", default_value = "")]
        summary: String,
        #[command(flatten)]
        dependencies: DependencyArgs,
    },
    /// Change a role; its holders get the new rights at once, or after a second person approves if it gives more power
    Change {
        /// Name of the role
        name: String,
        /// New rights; they replace the old ones
        #[arg(long, value_name = "RIGHT,RIGHT", value_delimiter = ',')]
        rights: Option<Vec<Right>>,
        /// Purpose of the role
        #[arg(long, value_name = "TEXT")]
        summary: Option<String>,
        #[command(flatten)]
        dependencies: DependencyArgs,
    },
    /// Remove a role, also from all operators that hold it
    Remove {
        /// Name of the role
        name: String,
    },
}

pub(crate) async fn run(args: RolesArgs) -> Result<(), CommandFailure> {
    let command = args.command.unwrap_or(RolesCommand::List);
    with_bus(&args.connect, async |bus| {
        let answer = run_subcommand(&bus.client, &command, args.yes_i_mean).await?;
        if args.json {
            output::print_json(&answer)
        } else {
            print_answer(&command, &answer)
        }
    })
    .await
}

async fn run_subcommand(
    client: &ApiClient,
    command: &RolesCommand,
    yes_i_mean: Option<u64>,
) -> Result<Value, CommandFailure> {
    let path = |name: &str| format!("/roles/{}", encode_segment(name));
    let confirmed = |name| with_confirm_count(path(name), yes_i_mean);
    match command {
        RolesCommand::List => client.get("/roles", &[]).await,
        RolesCommand::Show { name } => client.get(&path(name), &[]).await,
        RolesCommand::Add {
            name,
            rights,
            summary,
            dependencies,
        } => {
            let body = json!({"name": name, "rights": rights, "summary": summary});
            send_with_dependencies(client, BodyMethod::Post, "/roles", body, dependencies).await
        }
        RolesCommand::Change {
            name,
            rights,
            summary,
            dependencies,
        } => {
            let mut body = Map::new();
            body.extend(rights.as_ref().map(|rights| ("rights".to_owned(), json!(rights))));
            body.extend(summary.as_ref().map(|text| ("summary".to_owned(), json!(text))));
            if body.is_empty() {
                return Err(CommandFailure::usage_error(
                    "no change given",
                    "use --rights or --summary",
                ));
            }
            send_with_dependencies(
                client,
                BodyMethod::Patch,
                &confirmed(name),
                Value::Object(body),
                dependencies,
            )
            .await
        }
        RolesCommand::Remove { name } => client.delete(&confirmed(name), &[]).await,
    }
}

fn print_answer(command: &RolesCommand, answer: &Value) -> Result<(), CommandFailure> {
    if super::pending_relaxations::print_if_pending(answer)? {
        return Ok(());
    }
    match command {
        RolesCommand::List => {
            let mut rows = answer["roles"].as_array().cloned().unwrap_or_default();
            for row in &mut rows {
                let holders = row["holders"].as_array().map_or(0, Vec::len);
                row["held"] = json!(holders);
            }
            let columns = [
                ("NAME", "/name"),
                ("ORIGIN", "/origin"),
                ("HELD BY", "/held"),
                ("FOR", "/summary"),
            ];
            output::print_table(&columns, &rows, "no roles")
        }
        RolesCommand::Remove { name } => output::print_line(format!("role {name} removed")),
        RolesCommand::Show { .. } | RolesCommand::Add { .. } | RolesCommand::Change { .. } => print_role(answer),
    }
}

fn print_role(role: &Value) -> Result<(), CommandFailure> {
    let text = |key: &str| role[key].as_str().unwrap_or_default().to_owned();
    output::print_line(format!("{} ({}): {}", text("name"), text("origin"), text("summary")))?;
    for main in role["tree"].as_array().into_iter().flatten() {
        let name = main["main"].as_str().unwrap_or_default();
        let subs = main["sub"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let subs: Vec<&str> = subs.collect();
        if main["all"] == true {
            output::print_line(format!("  {name}_*"))?
        } else {
            output::print_line(format!("  {name}: {}", subs.join(", ")))?
        }
    }
    let columns = [
        ("HELD BY", "/operator"),
        ("INSTANCES", "/scope/instances"),
        ("SERVERS", "/scope/servers"),
    ];
    let holders = role["holders"].as_array().cloned().unwrap_or_default();
    output::print_table(&columns, &holders, "no operator holds this role")
}
