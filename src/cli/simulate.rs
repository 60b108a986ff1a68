//! `simulate`: an Intune tenant to try against.

/// Run a simulated Intune tenant: token endpoint and Graph on this machine
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  intune-connector simulate --devices 1000 --seed 1")]
pub struct SimulateArgs {}

#[expect(clippy::unused_async, reason = "the simulator serves until it is stopped")]
pub async fn run(_: SimulateArgs) -> anyhow::Result<()> {
    anyhow::bail!("the simulator is not part of this build yet")
}
