//! `audit`: the trail of who did what; its chain can be verified, and the trail exported.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde_json::Value;
use tokio::io::AsyncWriteExt;

use super::client::ApiClient;
use super::connection::{ConnectArgs, with_bus};
use super::failure::CommandFailure;
use super::output;

/// Show, verify and export the audit trail
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
#[command(after_help = "Examples:
  intune-connector audit --data DIR
  intune-connector audit verify --data DIR
  intune-connector audit export trail.ndjson --data DIR")]
pub struct AuditArgs {
    #[command(subcommand)]
    command: Option<AuditCommand>,
    /// Show entries after this number
    #[arg(long, value_name = "N", default_value_t = 0)]
    after: i64,
    /// Maximum number of entries
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    limit: u32,
    /// Print JSON
    #[arg(long, global = true)]
    json: bool,
    #[command(flatten)]
    connect: ConnectArgs,
}

#[derive(Debug, Subcommand)]
enum AuditCommand {
    /// Check that no entry was changed or removed, not even at the end of the trail
    Verify {
        /// Head recorded earlier, as the daily log shows it; add :ENTRY for the number of its entry
        #[arg(long, value_name = "HASH[:ENTRY]")]
        head: Option<String>,
    },
    /// Export the whole trail, one entry per line
    Export {
        /// File to write; - for standard output
        file: PathBuf,
    },
}

pub(crate) async fn run(args: AuditArgs) -> Result<(), CommandFailure> {
    with_bus(&args.connect, async |bus| match &args.command {
        None => list_entries(&bus.client, &args).await,
        Some(AuditCommand::Verify { head }) => verify_trail(&bus.client, head.as_deref(), args.json).await,
        Some(AuditCommand::Export { file }) => export_trail(&bus.client, file).await,
    })
    .await
}

async fn list_entries(client: &ApiClient, args: &AuditArgs) -> Result<(), CommandFailure> {
    let query = [("after", args.after.to_string()), ("limit", args.limit.to_string())];
    let page = client.get("/audit", &query).await?;
    if args.json {
        return output::print_json(&page);
    }
    super::broken_glass::warn_of_broken_glass(&page["brokenGlass"]);
    let rows = page["entries"].as_array().cloned().unwrap_or_default();
    let columns = [
        ("NUMBER", "/id"),
        ("TIME", "/at"),
        ("ACTOR", "/actor"),
        ("ACTION", "/action"),
        ("SUBJECT", "/subject"),
        ("DETAILS", "/detail"),
    ];
    output::print_table(&columns, &rows, "no entries")
}

const LOOK: &str = "compare it with the head in a copy of the daily log kept off this machine; restore an earlier \
                    backup, and check who could write to bus.db";

async fn verify_trail(client: &ApiClient, head: Option<&str>, as_json: bool) -> Result<(), CommandFailure> {
    let query = head.map(|head| ("head", head.to_owned()));
    let found = client.get("/audit/verify", query.as_slice()).await?;
    if as_json {
        output::print_json(&found)?;
    }
    if let Some(at) = found["brokenAt"].as_i64() {
        return Err(CommandFailure::general_error(
            format!("the trail is broken at entry {at}"),
            LOOK,
        ));
    }
    let missing = found["missing"].as_array().cloned().unwrap_or_default();
    if !missing.is_empty() {
        let ends: Vec<String> = missing
            .iter()
            .map(|end| format!("  {}", describe_missing_end(end)))
            .collect();
        let message = format!(
            "the end of the trail was cut off: {} entries remain, and these are missing:\n{}",
            found["entries"],
            ends.join("\n")
        );
        return Err(CommandFailure::general_error(message, LOOK));
    }
    if as_json {
        return Ok(());
    }
    let head = found["head"].as_str().unwrap_or("-");
    output::print_line(format!(
        "the trail is complete: {} entries, head {head}; compared with {} heads",
        found["entries"], found["compared"]
    ))?;
    for restore in found["restores"].as_array().into_iter().flatten() {
        let (entry, at) = (&restore["entry"], output::format_cell(restore.get("at")));
        output::print_line(format!(
            "the store was rolled back at {at} (entry {entry}): entries since that earlier state are not in the trail"
        ))?;
    }
    match found["beforeRestore"].as_u64() {
        None | Some(0) => Ok(()),
        Some(count) => output::print_line(format!(
            "{count} heads in the daily logs belong to entries that were lost with it"
        )),
    }
}

/// One end that is missing, and who remembers it.
fn describe_missing_end(end: &Value) -> String {
    let entry = match end["entry"].as_i64() {
        Some(entry) => format!("entry {entry}"),
        None => "an entry".to_owned(),
    };
    let text = |key: &str| end[key].as_str().unwrap_or_default();
    match text("by") {
        "sequence" => format!("{entry}: the store had assigned this number"),
        "log" => format!(
            "{entry} with head {}: {} of {}",
            text("head"),
            text("source"),
            text("at")
        ),
        _ => format!("{entry} with head {}: given with --head", text("head")),
    }
}

async fn export_trail(client: &ApiClient, file: &Path) -> Result<(), CommandFailure> {
    let mut answer = client
        .open_stream(reqwest::Method::GET, "/audit/export", "application/x-ndjson", None)
        .await?;
    let cut = |error: reqwest::Error| {
        CommandFailure::general_error(format!("the export was interrupted: {error}"), "try again")
    };
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
                output::print_line(String::from_utf8_lossy(line).trim_end())?;
            }
        }
        return if rest.is_empty() {
            Ok(())
        } else {
            output::print_line(String::from_utf8_lossy(&rest))
        };
    }
    let write_failure = |error: std::io::Error| CommandFailure::file_error("write", file, &error);
    let mut out = tokio::fs::File::create(file).await.map_err(write_failure)?;
    while let Some(bytes) = answer.chunk().await.map_err(cut)? {
        out.write_all(&bytes).await.map_err(write_failure)?;
    }
    out.sync_all().await.map_err(write_failure)?;
    output::print_line(format!("written to {}", file.display()))
}
