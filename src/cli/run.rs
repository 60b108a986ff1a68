//! `run`: the bus.

use std::path::PathBuf;

use clap::Args;

use super::failure::Failure;

/// Run the bus on a data folder, until Ctrl-C or SIGTERM
#[derive(Debug, Args)]
#[command(after_help = "Example:
  intune-connector run --data DIR

An empty folder gets a bus.ini with the defaults.")]
pub struct RunArgs {
    /// The data folder; made when missing
    #[arg(long, value_name = "DIR", env = "INTUNE_CONNECTOR_DATA")]
    data: PathBuf,
}

#[expect(clippy::unused_async, reason = "the bus is not part of this build yet")]
pub async fn run(args: RunArgs) -> Result<(), Failure> {
    let _ = args.data;
    Err(Failure::failed("the bus is not part of this build yet", ""))
}
