//! `roles`: rights under a name. `operators give` gives them to accounts.

use clap::{Args, Subcommand};
use sics_client::SicsClient;

use super::account_output::print_reply;
use super::connection::{ConnectArgs, has_any_bus, with_bus};
use super::dependencies::{DependencyArgs, send_with_dependencies};
use super::failure::{CommandFailure, ExitReason};
use super::output::{self, TableColumn, format_value};
use crate::contract::{ConfirmQuery, HolderView, NewRoleBody, RoleBody, RoleView, RolesView};
use crate::model::Right;
use crate::sics::built_in_roles;

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
    let confirm = ConfirmQuery::from_count(args.yes_i_mean);
    if !has_any_bus(&args.connect) {
        match &command {
            RolesCommand::List => return print_built_in(None, args.json),
            RolesCommand::Show { name } => return print_built_in(Some(name), args.json),
            RolesCommand::Add { .. } | RolesCommand::Change { .. } | RolesCommand::Remove { .. } => (),
        }
    }
    with_bus(&args.connect, async |bus| {
        run_subcommand(&bus.client, &command, &confirm, args.json).await
    })
    .await
}

async fn run_subcommand(
    client: &SicsClient,
    command: &RolesCommand,
    confirm: &ConfirmQuery,
    as_json: bool,
) -> Result<(), CommandFailure> {
    match command {
        RolesCommand::List => {
            let all = client.list_roles().await?;
            output::print_answer(&all, as_json, || print_roles(&all.roles))
        }
        RolesCommand::Show { name } => {
            let role = client.show_role(name).await?;
            output::print_answer(&role, as_json, || print_role(&role))
        }
        RolesCommand::Add {
            name,
            rights,
            summary,
            dependencies,
        } => {
            let send = async |add_dependencies| {
                let body = NewRoleBody {
                    name: name.clone(),
                    summary: summary.clone(),
                    rights: rights.clone(),
                    add_dependencies,
                };
                client.add_role(&body).await
            };
            let role = send_with_dependencies(dependencies, send).await?;
            output::print_answer(&role, as_json, || print_role(&role))
        }
        RolesCommand::Change {
            name,
            rights,
            summary,
            dependencies,
        } => {
            if rights.is_none() && summary.is_none() {
                return Err(CommandFailure::usage_error(
                    "no change given",
                    "use --rights or --summary",
                ));
            }
            let send = async |add_dependencies| {
                let body = RoleBody {
                    summary: summary.clone(),
                    rights: rights.clone(),
                    add_dependencies,
                };
                client.change_role(name, confirm, &body).await
            };
            let reply = send_with_dependencies(dependencies, send).await?;
            print_reply(&reply, as_json, print_role)
        }
        RolesCommand::Remove { name } => {
            let reply = client.remove_role(name, confirm).await?;
            print_reply(&reply, as_json, |()| output::print_line(format!("role {name} removed")))
        }
    }
}

/// Without a bus: what every bus has.
fn print_built_in(name: Option<&str>, as_json: bool) -> Result<(), CommandFailure> {
    let roles = built_in_roles();
    output::eprint_line(
        "the roles that every bus has; to see those of products and your own, add --data DIR or sign in",
    );
    let Some(name) = name else {
        let all = RolesView { roles };
        return output::print_answer(&all, as_json, || print_roles(&all.roles));
    };
    let Some(role) = roles.iter().find(|role| role.name.eq_ignore_ascii_case(name)) else {
        return Err(CommandFailure::new(
            ExitReason::Conflict,
            format!("no role that every bus has is called {name:?}"),
            "add --data DIR, or sign in: intune-connector login URL --user NAME",
        ));
    };
    output::print_answer(role, as_json, || print_role(role))
}

fn print_roles(roles: &[RoleView]) -> Result<(), CommandFailure> {
    let columns: [TableColumn<RoleView>; 4] = [
        ("NAME", |row| format_value(&row.name)),
        ("ORIGIN", |row| format_value(&row.origin)),
        ("HELD BY", |row| format_value(&row.holders.len())),
        ("FOR", |row| format_value(&row.summary)),
    ];
    output::print_table(&columns, roles, "no roles")
}

fn print_role(role: &RoleView) -> Result<(), CommandFailure> {
    output::print_line(format!("{} ({}): {}", role.name, role.origin.name(), role.summary))?;
    for main in &role.tree {
        if main.all {
            output::print_line(format!("  {}_*", main.main))?
        } else {
            output::print_line(format!("  {}: {}", main.main, main.sub.join(", ")))?
        }
    }
    let columns: [TableColumn<HolderView>; 3] = [
        ("HELD BY", |row| format_value(&row.operator)),
        ("INSTANCES", |row| format_value(&row.scope.instances)),
        ("SERVERS", |row| format_value(&row.scope.servers)),
    ];
    output::print_table(&columns, &role.holders, "no operator holds this role")
}
