//! `actions`: all that can be done to devices, as the bus describes it.

use clap::Args;

use super::connection::{ConnectArgs, with_bus};
use super::failure::CommandFailure;
use super::output::{self, TableColumn, format_value};
use crate::contract::ActionView;

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
        let all = bus.client.list_actions().await?;
        if args.json {
            output::print_json(&all)
        } else {
            print_actions(&all.actions)
        }
    })
    .await
}

fn print_actions(actions: &[ActionView]) -> Result<(), CommandFailure> {
    let columns: [TableColumn<ActionView>; 5] = [
        ("ACTION", |action| format_value(&action.name)),
        ("DANGER", |action| format_value(&action.danger)),
        ("DESCRIPTION", |action| format_value(&action.summary)),
        ("PARAMETERS", |action| format_value(&action.parameters.list_names())),
        ("PLATFORMS", |action| format_value(&supported_platforms(action))),
    ];
    output::print_table(&columns, actions, "this bus has no actions")
}

fn supported_platforms(action: &ActionView) -> Vec<&str> {
    let supported = action
        .platforms
        .iter()
        .filter(|fit| fit.works && fit.platform != "unknown");
    supported.map(|fit| fit.platform.as_str()).collect()
}
