//! `console-link`: a link that signs a person in to the console once, made by whoever owns the data folder.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::failure::{CommandFailure, ExitReason};
use super::local_connection::{find_running_bus, read_local_connection};
use super::output::{self, format_value};
use crate::app;
use crate::contract::NewSignInLinkBody;
use crate::files::shell_word;

/// Make a link that signs a person in to the console once, within ten minutes
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  intune-connector console-link --data DIR
  intune-connector console-link --user anna --data DIR

The bus has to run. Everyone who signs in within 24 hours is told of the link.")]
pub struct ConsoleLinkArgs {
    /// Name of the person; can be omitted if there is only one
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
    /// Data folder of the bus
    #[arg(long, value_name = "DIR", env = "INTUNE_CONNECTOR_DATA")]
    data: PathBuf,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(crate) async fn run(args: ConsoleLinkArgs) -> Result<(), CommandFailure> {
    let Some(client) = find_running_bus(&args.data).await? else {
        let folder = shell_word(&args.data);
        return Err(CommandFailure::new(
            ExitReason::Unreachable,
            format!("no bus runs on {folder}"),
            format!("start it: intune-connector run --data {folder}"),
        ));
    };
    let link = client
        .make_sign_in_link(&NewSignInLinkBody { operator: args.user })
        .await?;
    let Some(console) = read_local_connection(&args.data)?.and_then(|local| local.console) else {
        return Err(CommandFailure::new(
            ExitReason::Failed,
            "the bus runs without a web console",
            "set console_listen in the section [console] of bus.ini, and restart the bus",
        ));
    };
    let address = app::sign_in_link_address(&console, &link.token.0);
    let told = json!({"operator": link.operator, "url": address, "endsAt": link.ends_at});
    output::print_answer(&told, args.json, || {
        output::eprint_line(format!(
            "signs in as {} once, until {}; whoever has it can use it",
            link.operator,
            format_value(&link.ends_at)
        ));
        output::print_verbatim(&address)
    })
}
