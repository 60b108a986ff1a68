//! `doctor`: looks at a data folder and this machine, and says what stands in the way.

use std::path::PathBuf;

use clap::Args;

use super::failure::Failure;

/// Check a data folder and this machine
#[derive(Debug, Args)]
#[command(after_help = "Example:
  intune-connector doctor --data DIR")]
pub struct DoctorArgs {
    /// The data folder
    #[arg(long, value_name = "DIR", env = "INTUNE_CONNECTOR_DATA")]
    data: PathBuf,
    /// JSON for machines
    #[arg(long)]
    json: bool,
}

#[expect(clippy::unused_async, reason = "the checks are not part of this build yet")]
pub async fn run(args: DoctorArgs) -> Result<(), Failure> {
    let _ = (args.data, args.json);
    Err(Failure::failed("the checks are not part of this build yet", ""))
}
