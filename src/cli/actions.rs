//! `actions`: all that can be done to devices, as the bus describes it. Where no bus is named, none is asked: this program
//! knows them, too.

use clap::Args;

use super::connection::{ConnectArgs, is_bus_named, with_bus};
use super::failure::CommandFailure;
use super::output::{self, TableColumn, format_value};
use crate::actions::specs::{TABLE, describe_action};
use crate::contract::{ActionView, ActionsView};

/// List the available actions and the platforms they support; needs no bus
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  intune-connector actions
  intune-connector actions --json
  intune-connector actions --data DIR")]
pub struct ActionsArgs {
    /// Print JSON, including the schema of the parameters
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connect: ConnectArgs,
}

pub(crate) async fn run(args: ActionsArgs) -> Result<(), CommandFailure> {
    let all = if is_bus_named(&args.connect) {
        with_bus(&args.connect, async |bus| Ok(bus.client.list_actions().await?)).await?
    } else {
        list_built_in_actions()
    };
    output::print_answer(&all, args.json, || print_actions(&all.actions))
}

/// The same at every bus of this version.
fn list_built_in_actions() -> ActionsView {
    ActionsView {
        actions: TABLE.iter().map(|spec| describe_action(spec)).collect(),
    }
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
