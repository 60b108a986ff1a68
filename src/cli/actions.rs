//! `actions`: all that can be done to devices, as the bus describes it.

use clap::Args;
use serde_json::{Value, json};

use super::connection::{ConnectArgs, with_bus};
use super::failure::CommandFailure;
use super::output;

/// List the available actions and the platforms they support
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  intune-connector actions --data DIR
  intune-connector actions --json --data DIR")]
pub struct ActionsArgs {
    /// Print JSON, including the schema of the parameters
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connect: ConnectArgs,
}

pub(crate) async fn run(args: ActionsArgs) -> Result<(), CommandFailure> {
    with_bus(&args.connect, async |bus| {
        let answer = bus.client.get("/actions", &[]).await?;
        if args.json {
            output::print_json(&answer)
        } else {
            print_actions(&answer)
        }
    })
    .await
}

fn print_actions(answer: &Value) -> Result<(), CommandFailure> {
    let row = |action: &Value| {
        let platforms = action["platforms"].as_array().cloned().unwrap_or_default();
        let supported_platforms: Vec<&Value> = platforms
            .iter()
            .filter(|fit| fit["works"] == true && fit["platform"] != "unknown")
            .map(|fit| &fit["platform"])
            .collect();
        let parameter_names: Vec<&String> = action["parameters"]["properties"]
            .as_object()
            .into_iter()
            .flatten()
            .map(|(name, _)| name)
            .collect();
        json!({
            "name": action["name"], "danger": action["danger"], "summary": action["summary"],
            "works": supported_platforms, "takes": parameter_names,
        })
    };
    let rows: Vec<Value> = answer["actions"].as_array().into_iter().flatten().map(row).collect();
    let columns = [
        ("ACTION", "/name"),
        ("DANGER", "/danger"),
        ("DESCRIPTION", "/summary"),
        ("PARAMETERS", "/takes"),
        ("PLATFORMS", "/works"),
    ];
    output::print_table(&columns, &rows, "this bus has no actions")
}
