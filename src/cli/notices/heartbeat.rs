//! `notices heartbeat`: an address that is pinged as long as all is well.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use sics_client::SicsClient;

use super::channels::ReachArgs;
use super::tables::{print_heartbeat, print_removed};
use crate::cli::failure::CommandFailure;
use crate::cli::output;
use crate::cli::secret_input::read_secret;
use crate::contract::HeartbeatBody;

#[derive(Debug, Subcommand)]
pub(super) enum HeartbeatCommand {
    /// Have an address pinged as long as scans are fresh and the store takes writes
    Set(SetHeartbeatArgs),
    /// Ping nobody any more
    Off,
}

#[derive(Debug, Args)]
pub(super) struct SetHeartbeatArgs {
    /// File with the address that is asked by GET; - for standard input; prompts if omitted
    #[arg(long, value_name = "FILE")]
    address_file: Option<PathBuf>,
    /// Seconds between two pings
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u32).range(30..=3_600))]
    every: u32,
    #[command(flatten)]
    reach: ReachArgs,
}

pub(super) async fn run_heartbeat(
    client: &SicsClient,
    command: &HeartbeatCommand,
    as_json: bool,
) -> Result<(), CommandFailure> {
    match command {
        HeartbeatCommand::Set(set) => {
            let body = HeartbeatBody {
                url: read_secret(set.address_file.as_deref(), "Address")?,
                every_seconds: set.every,
                allow_private_addresses: set.reach.allows_private(),
                pem: set.reach.read_authorities()?,
            };
            let saved = client.set_heartbeat(&body).await?;
            output::print_answer(&saved, as_json, || print_heartbeat(&saved))
        }
        HeartbeatCommand::Off => {
            client.remove_heartbeat().await?;
            print_removed("heartbeat", as_json)
        }
    }
}
