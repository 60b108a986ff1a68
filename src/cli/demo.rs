//! `demo`: stub.

use clap::Args;

use super::failure::Failure;

/// See it work: a simulated tenant, the bus and management servers on this machine
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  intune-connector demo --devices 2000 --servers 3")]
pub struct DemoArgs {}

#[expect(clippy::unused_async, reason = "not part of this build yet")]
pub async fn run(_: DemoArgs) -> Result<(), Failure> {
    Err(Failure::failed("the demonstration is not part of this build yet", ""))
}
