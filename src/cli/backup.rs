//! `backup`: a copy of the store, taken while the bus runs. The file lies on the bus's machine.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::connection::{ConnectArgs, with_bus};
use super::failure::Failure;
use super::out;

/// Write a backup of the store while the bus runs
#[derive(Debug, Args)]
#[command(after_help = "Example:
  intune-connector backup /var/backups/bus-backup.db --data DIR

Keep secret.key and instances/ of the data folder as well: sealed secrets can't be opened without them.")]
pub struct BackupArgs {
    /// File to write; it must not exist yet
    file: PathBuf,
    /// JSON for machines
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connect: ConnectArgs,
}

pub async fn run(args: BackupArgs) -> Result<(), Failure> {
    let file = std::path::absolute(&args.file).map_err(|error| Failure::file("find", &args.file, &error))?;
    with_bus(&args.connect, async |bus| {
        let answer = bus.client.post("/backup", &json!({ "file": file })).await?;
        match args.json {
            true => out::json(&answer),
            false => out::line(format!("the backup is written to {}", file.display())),
        }
    })
    .await
}
