//! `audit`: the trail of who did what; its chain can be checked, and it can be taken away.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde_json::Value;
use tokio::io::AsyncWriteExt;

use super::client::Client;
use super::connection::{ConnectArgs, with_bus};
use super::failure::Failure;
use super::out;

/// Show, verify and export the audit trail
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
#[command(after_help = "Examples:
  intune-connector audit --data DIR
  intune-connector audit verify --data DIR
  intune-connector audit export trail.ndjson --data DIR")]
pub struct AuditArgs {
    #[command(subcommand)]
    command: Option<Sub>,
    /// Entries behind this number
    #[arg(long, value_name = "N", default_value_t = 0)]
    after: i64,
    /// Entries at most
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    limit: u32,
    /// JSON for machines
    #[arg(long, global = true)]
    json: bool,
    #[command(flatten)]
    connect: ConnectArgs,
}

#[derive(Debug, Subcommand)]
enum Sub {
    /// Check that nothing was changed or taken out of the trail
    Verify,
    /// Write the whole trail, one entry a line
    Export {
        /// File to write; - is standard output
        file: PathBuf,
    },
}

pub async fn run(args: AuditArgs) -> Result<(), Failure> {
    with_bus(&args.connect, async |bus| match &args.command {
        None => list(&bus.client, &args).await,
        Some(Sub::Verify) => verify(&bus.client, args.json).await,
        Some(Sub::Export { file }) => export(&bus.client, file).await,
    })
    .await
}

async fn list(client: &Client, args: &AuditArgs) -> Result<(), Failure> {
    let query = [("after", args.after.to_string()), ("limit", args.limit.to_string())];
    let page = client.get("/audit", &query).await?;
    if args.json {
        return out::json(&page);
    }
    let rows = page["entries"].as_array().cloned().unwrap_or_default();
    let columns = [
        ("NUMBER", "/id"),
        ("AT", "/at"),
        ("WHO", "/actor"),
        ("DID", "/action"),
        ("TO", "/subject"),
        ("DETAIL", "/detail"),
    ];
    out::table(&columns, &rows, "there are no entries")
}

async fn verify(client: &Client, as_json: bool) -> Result<(), Failure> {
    let found = client.get("/audit/verify", &[]).await?;
    if as_json {
        out::json(&found)?;
    }
    match &found["brokenAt"] {
        Value::Null if as_json => Ok(()),
        Value::Null => {
            let head = found["head"].as_str().unwrap_or("-");
            out::line(format!("the trail is whole: {} entries, head {head}", found["entries"]))
        }
        at => Err(Failure::failed(
            format!("the trail is broken at entry {at}"),
            "compare with the head in the daily log; restore a backup from before, and look who could write to bus.db",
        )),
    }
}

async fn export(client: &Client, file: &Path) -> Result<(), Failure> {
    let mut answer = client
        .stream(reqwest::Method::GET, "/audit/export", "application/x-ndjson", None)
        .await?;
    let cut = |error: reqwest::Error| Failure::failed(format!("the export broke off: {error}"), "try again");
    if file == Path::new("-") {
        let mut rest = Vec::new();
        while let Some(bytes) = answer.chunk().await.map_err(cut)? {
            rest.extend_from_slice(&bytes);
            let whole = rest.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
            for line in rest
                .drain(..whole)
                .collect::<Vec<u8>>()
                .split_inclusive(|byte| *byte == b'\n')
            {
                out::line(String::from_utf8_lossy(line).trim_end())?;
            }
        }
        return match rest.is_empty() {
            true => Ok(()),
            false => out::line(String::from_utf8_lossy(&rest)),
        };
    }
    let wrong = |error: std::io::Error| Failure::file("write", file, &error);
    let mut out = tokio::fs::File::create(file).await.map_err(wrong)?;
    while let Some(bytes) = answer.chunk().await.map_err(cut)? {
        out.write_all(&bytes).await.map_err(wrong)?;
    }
    out.sync_all().await.map_err(wrong)?;
    out::line(format!("written to {}", file.display()))
}
