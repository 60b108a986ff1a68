//! `broken-glass`: what one person did alone in an emergency, and that a second person has looked at it.

use clap::{Args, Subcommand};
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use super::connection::{ConnectArgs, with_bus};
use super::failure::CommandFailure;
use super::jobs::{ApproverArgs, ask_for_approver};
use super::output;

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
            let answer = bus.client.get("/broken-glass", &[]).await?;
            if args.json {
                output::print_json(&answer)
            } else {
                print_broken_glass(answer["brokenGlass"].as_array().map_or(&[], Vec::as_slice))
            }
        }
        Some(BrokenGlassCommand::Acknowledge { id, person: who }) => {
            let (name, password) = ask_for_approver(who)?;
            let body = json!({ "name": name, "password": password.expose_secret() });
            let row = bus
                .client
                .post(&format!("/broken-glass/{id}/acknowledge"), &body)
                .await?;
            if args.json {
                output::print_json(&row)
            } else {
                print_broken_glass(&[row])
            }
        }
    })
    .await
}

fn print_broken_glass(rows: &[Value]) -> Result<(), CommandFailure> {
    let columns = [
        ("ID", "/id"),
        ("JOB", "/job"),
        ("ACTION", "/action"),
        ("INSTANCE", "/instance"),
        ("DEVICE ID", "/deviceId"),
        ("BY", "/by"),
        ("TIME", "/at"),
        ("REASON", "/reason"),
        ("ACKNOWLEDGED BY", "/seenBy"),
    ];
    output::print_table(&columns, rows, "no emergency actions")
}

/// Beside what was asked for: the ones at which no second person has looked.
pub(crate) fn warn_of_broken_glass(open: &Value) {
    for emergency in open.as_array().into_iter().flatten() {
        output::eprint_line(output::to_printable(
            &format!(
                "{} broke the glass at {}: {} on one device of {}, job {}: {} [broken-glass acknowledge {}]",
                emergency["by"].as_str().unwrap_or("-"),
                output::format_cell(emergency.get("at")),
                emergency["action"].as_str().unwrap_or("-"),
                emergency["instance"].as_str().unwrap_or("-"),
                emergency["job"],
                emergency["reason"].as_str().unwrap_or("-"),
                emergency["id"],
            ),
            700,
        ));
    }
}
