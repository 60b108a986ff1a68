//! `broken-glass`: what one person did alone in an emergency, and that a second person has looked at it.

use clap::{Args, Subcommand};
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use super::connection::{ConnectArgs, with_bus};
use super::failure::Failure;
use super::jobs::{PersonArgs, person};
use super::out;

/// Show what one person did alone in an emergency, and say that you have looked at it
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
#[command(after_help = "Examples:
  intune-connector broken-glass --data DIR
  intune-connector broken-glass acknowledge 3 --approver anna --data DIR
  intune-connector action wipe --device ID --break-glass --reason TEXT --person NAME --data DIR   (breaks it)")]
pub struct BrokenGlassArgs {
    #[command(subcommand)]
    command: Option<Sub>,
    /// JSON for machines
    #[arg(long, global = true)]
    json: bool,
    #[command(flatten)]
    connect: ConnectArgs,
}

#[derive(Debug, Subcommand)]
enum Sub {
    /// Show all of them, first those at which no second person has looked (the same as without a word)
    Show,
    /// Say that you have looked at one; with name and password of your own
    Acknowledge {
        /// Number, as `broken-glass` shows it
        #[arg(value_name = "ID")]
        id: i64,
        #[command(flatten)]
        person: PersonArgs,
    },
}

pub async fn run(args: BrokenGlassArgs) -> Result<(), Failure> {
    with_bus(&args.connect, async |bus| match &args.command {
        None | Some(Sub::Show) => {
            let answer = bus.client.get("/broken-glass", &[]).await?;
            match args.json {
                true => out::json(&answer),
                false => table(answer["brokenGlass"].as_array().map_or(&[], Vec::as_slice)),
            }
        }
        Some(Sub::Acknowledge { id, person: who }) => {
            let (name, password) = person(who)?;
            let body = json!({ "name": name, "password": password.expose_secret() });
            let row = bus
                .client
                .post(&format!("/broken-glass/{id}/acknowledge"), &body)
                .await?;
            match args.json {
                true => out::json(&row),
                false => table(&[row]),
            }
        }
    })
    .await
}

fn table(rows: &[Value]) -> Result<(), Failure> {
    let columns = [
        ("ID", "/id"),
        ("JOB", "/job"),
        ("ACTION", "/action"),
        ("INSTANCE", "/instance"),
        ("DEVICE ID", "/deviceId"),
        ("BY", "/by"),
        ("AT", "/at"),
        ("WHY", "/reason"),
        ("SEEN BY", "/seenBy"),
    ];
    out::table(&columns, rows, "nobody has broken the glass")
}

/// Beside what was asked for: the ones at which no second person has looked.
pub fn tell(open: &Value) {
    for glass in open.as_array().into_iter().flatten() {
        out::say(out::printable(
            &format!(
                "{} broke the glass at {}: {} of one device of {}, job {}: {} [broken-glass acknowledge {}]",
                glass["by"].as_str().unwrap_or("-"),
                out::cell(glass.get("at")),
                glass["action"].as_str().unwrap_or("-"),
                glass["instance"].as_str().unwrap_or("-"),
                glass["job"],
                glass["reason"].as_str().unwrap_or("-"),
                glass["id"],
            ),
            700,
        ));
    }
}
