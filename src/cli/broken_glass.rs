//! `broken-glass`: what one person did alone in an emergency, and that a second person has looked at it.

use clap::{Args, Subcommand};

use super::approver::{ApproverArgs, ask_for_approver};
use super::code_prompt::send_with_code;
use super::connection::{ConnectArgs, with_bus};
use super::failure::CommandFailure;
use super::output::{self, TableColumn, format_value};
use crate::contract::{BrokenGlassView, PersonBody};

/// Show emergency actions taken without a second person, and acknowledge them
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
#[command(after_help = "Examples:
  intune-connector broken-glass --data DIR
  intune-connector broken-glass acknowledge 3 --approver anna --data DIR
  intune-connector action wipe --device ID --break-glass --reason TEXT --person NAME --data DIR   (breaks the glass)")]
pub struct BrokenGlassArgs {
    #[command(subcommand)]
    command: Option<BrokenGlassCommand>,
    /// Print JSON
    #[arg(long, global = true)]
    json: bool,
    #[command(flatten)]
    connect: ConnectArgs,
}

#[derive(Debug, Subcommand)]
enum BrokenGlassCommand {
    /// List all emergency actions, unacknowledged ones first (default)
    Show,
    /// Acknowledge an emergency action, with your own name and password
    Acknowledge {
        /// Number of the emergency action, as `broken-glass` shows it
        #[arg(value_name = "ID")]
        id: i64,
        #[command(flatten)]
        person: ApproverArgs,
    },
}

pub(crate) async fn run(args: BrokenGlassArgs) -> Result<(), CommandFailure> {
    with_bus(&args.connect, async |bus| match &args.command {
        None | Some(BrokenGlassCommand::Show) => {
            let all = bus.client.list_broken_glass().await?;
            if args.json {
                output::print_json(&all)
            } else {
                print_broken_glass(&all.broken_glass)
            }
        }
        Some(BrokenGlassCommand::Acknowledge { id, person: who }) => {
            let (name, password) = ask_for_approver(who)?;
            let acknowledge = async |code| {
                let body = PersonBody {
                    name: name.clone(),
                    password: password.clone(),
                    code,
                };
                bus.client.acknowledge_broken_glass(id, &body).await
            };
            let row = send_with_code(&name, acknowledge).await?;
            if args.json {
                output::print_json(&row)
            } else {
                print_broken_glass(&[row])
            }
        }
    })
    .await
}

fn print_broken_glass(rows: &[BrokenGlassView]) -> Result<(), CommandFailure> {
    let columns: [TableColumn<BrokenGlassView>; 9] = [
        ("ID", |row| format_value(&row.id)),
        ("JOB", |row| format_value(&row.job)),
        ("ACTION", |row| format_value(&row.action)),
        ("INSTANCE", |row| format_value(&row.instance)),
        ("DEVICE ID", |row| format_value(&row.device_id)),
        ("BY", |row| format_value(&row.by)),
        ("TIME", |row| format_value(&row.at)),
        ("REASON", |row| format_value(&row.reason)),
        ("ACKNOWLEDGED BY", |row| format_value(&row.seen_by)),
    ];
    output::print_table(&columns, rows, "no emergency actions")
}
