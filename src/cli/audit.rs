//! `audit`: the trail of who did what; its chain can be verified, the trail exported, and evidence of a period taken.

mod evidence;

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use sics_client::{SicsClient, operation};
use tokio::io::AsyncWriteExt;

use super::connection::{ConnectArgs, with_bus};
use super::failure::CommandFailure;
use super::filter_text::{check_filter_text, check_filter_words};
use super::output::{self, TableColumn, format_value};
use super::period::{parse_begin, parse_end, write_moment};
use crate::contract::{
    AuditEntryView, AuditExportQuery, AuditQuery, AuditVerifyQuery, AuditView, MissingEndView, SortOrder, WitnessKind,
};
use crate::model::{Timestamp, choose_form, format_count};
use evidence::{CheckEvidenceArgs, EvidenceArgs};

/// Show, verify and export the audit trail; signed evidence of a period
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
#[command(after_help = "Examples:
  intune-connector audit --data DIR
  intune-connector audit --action job.accepted,job.approved --operator anna --from 2026-11-01 --data DIR
  intune-connector audit verify --data DIR
  intune-connector audit export trail.ndjson --data DIR
  intune-connector audit export wipes.ndjson --text wipe --data DIR
  intune-connector audit evidence --from 2026-11-01 --until 2026-11-30 --out november.zip --data DIR
  intune-connector audit check-evidence november.zip --key bus.pem
  intune-connector audit evidence-key --data DIR")]
pub struct AuditArgs {
    #[command(subcommand)]
    command: Option<AuditCommand>,
    #[command(flatten)]
    filter: AuditFilterArgs,
    /// asc: oldest entries first; desc: newest first; default: the newest entries, the newest of them last
    #[arg(long, value_name = "ORDER", value_parser = parse_order)]
    order: Option<SortOrder>,
    /// Show the first entries after this number in the order; default: the newest entries
    #[arg(long, value_name = "N")]
    after: Option<i64>,
    /// Maximum number of entries
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    limit: u32,
    /// Print JSON
    #[arg(long, global = true)]
    json: bool,
    #[command(flatten)]
    connect: ConnectArgs,
}

/// Which entries; an entry has to match everything that is given.
#[derive(Debug, Args)]
struct AuditFilterArgs {
    /// Only entries of these actions, separated by commas: job.accepted, signIn.failed …
    #[arg(long, value_name = "ACTIONS", value_parser = check_filter_words)]
    action: Option<String>,
    /// Only entries of this operator, or of bus
    #[arg(long, value_name = "NAME", value_parser = check_filter_text)]
    operator: Option<String>,
    /// Only entries with this text in their subject
    #[arg(long, value_name = "TEXT", value_parser = check_filter_text)]
    subject: Option<String>,
    /// Only entries from this day (UTC) on, or from a time such as 2026-11-01T08:00:00Z on
    #[arg(long, value_name = "DATE", value_parser = parse_begin)]
    from: Option<Timestamp>,
    /// Only entries up to this day (UTC), which belongs to it, or before a time
    #[arg(long, value_name = "DATE", value_parser = parse_end)]
    until: Option<Timestamp>,
    /// Only entries with this text anywhere in them
    #[arg(long, value_name = "TEXT", value_parser = check_filter_text)]
    text: Option<String>,
}

impl AuditFilterArgs {
    fn to_query(&self) -> AuditQuery {
        AuditQuery {
            action: self.action.clone(),
            operator: self.operator.clone(),
            subject: self.subject.clone(),
            from: self.from.map(write_moment),
            until: self.until.map(write_moment),
            text: self.text.clone(),
            ..AuditQuery::default()
        }
    }
}

fn parse_order(text: &str) -> Result<SortOrder, String> {
    let found = SortOrder::ALL.iter().find(|order| order.name() == text);
    found.copied().ok_or_else(|| "use asc or desc".to_owned())
}

#[derive(Debug, Subcommand)]
enum AuditCommand {
    /// Check that no entry was changed or removed, not even at the end of the trail
    Verify {
        /// Head recorded earlier, as the daily log shows it; add :ENTRY for the number of its entry
        #[arg(long, value_name = "HASH[:ENTRY]")]
        head: Option<String>,
    },
    /// Export the whole trail, or the entries that match, one entry per line
    Export {
        /// New file to write; - for standard output
        file: PathBuf,
        #[command(flatten)]
        filter: AuditFilterArgs,
        /// asc: oldest entries first (default); desc: newest first
        #[arg(long, value_name = "ORDER", value_parser = parse_order)]
        order: Option<SortOrder>,
    },
    /// Save what was asked for, approved and done in a period, with the audit trail, as a signed ZIP file
    Evidence(EvidenceArgs),
    /// Check evidence without a bus: its signature, its files, and that no entry is missing
    CheckEvidence(CheckEvidenceArgs),
    /// Print the public key that signs evidence
    EvidenceKey,
}

pub(crate) async fn run(args: AuditArgs) -> Result<(), CommandFailure> {
    if let Some(AuditCommand::CheckEvidence(check)) = &args.command {
        return evidence::check_saved_evidence(check, args.json);
    }
    with_bus(&args.connect, async |bus| match &args.command {
        None => list_entries(&bus.client, &args).await,
        Some(AuditCommand::Verify { head }) => verify_trail(&bus.client, head.as_deref(), args.json).await,
        Some(AuditCommand::Export { file, filter, order }) => {
            let query = AuditQuery {
                order: *order,
                ..filter.to_query()
            };
            export_trail(&bus.client, file, &AuditExportQuery::from(&query)).await
        }
        Some(AuditCommand::Evidence(wanted)) => evidence::save_evidence(&bus.client, wanted, args.json).await,
        Some(AuditCommand::EvidenceKey) => evidence::print_key(&bus.client, args.json).await,
        // Carried out already.
        Some(AuditCommand::CheckEvidence(_)) => Ok(()),
    })
    .await
}

async fn list_entries(client: &SicsClient, args: &AuditArgs) -> Result<(), CommandFailure> {
    let newest = args.after.is_none() && args.order.is_none();
    let query = AuditQuery {
        order: args.order,
        after: args.after,
        limit: Some(args.limit),
        newest: newest.then_some(true),
        count: Some(true),
        ..args.filter.to_query()
    };
    let page = client.read_audit(&query).await?;
    if args.json {
        return output::print_json(&page);
    }
    super::open_broken_glass::warn_of_broken_glass(&page.broken_glass);
    let columns: [TableColumn<AuditEntryView>; 6] = [
        ("NUMBER", |entry| format_value(&entry.id)),
        ("TIME", |entry| format_value(&entry.at)),
        ("ACTOR", |entry| format_value(&entry.actor)),
        ("ACTION", |entry| format_value(&entry.action)),
        ("SUBJECT", |entry| format_value(&entry.subject)),
        ("DETAILS", |entry| format_value(&entry.detail)),
    ];
    output::print_table(&columns, &page.entries, "no entries")?;
    if let Some(hint) = describe_rest(args, &page) {
        output::eprint_line(hint);
    }
    Ok(())
}

/// That there are more entries than are shown, and how to see them.
fn describe_rest(args: &AuditArgs, page: &AuditView) -> Option<String> {
    if args.after.is_some() || args.order.is_some() {
        let age = match args.order {
            Some(SortOrder::Descending) => "older",
            Some(SortOrder::Ascending) | None => "newer",
        };
        return page
            .after
            .map(|last| format!("there are {age} entries: add --after {last} to the same command"));
    }
    let shown = page.entries.len() as u64;
    let older = page.total?.checked_sub(shown).filter(|older| *older > 0)?;
    Some(format!(
        "{} {} not shown: use --limit to show more, or `intune-connector audit export FILE` for all of them",
        format_count(older, "older entry"),
        choose_form(older, "is", "are"),
    ))
}

const LOOK: &str = "compare it with the head in a copy of the daily log kept off this machine; restore an earlier \
                    backup, and check who could write to bus.db";

async fn verify_trail(client: &SicsClient, head: Option<&str>, as_json: bool) -> Result<(), CommandFailure> {
    let query = AuditVerifyQuery {
        head: head.map(str::to_owned),
    };
    let verdict = client.verify_audit(&query).await?;
    if as_json {
        output::print_json(&verdict)?;
    }
    if let Some(at) = verdict.broken_at {
        return Err(CommandFailure::general_error(
            format!("the trail is broken at entry {at}"),
            LOOK,
        ));
    }
    if !verdict.missing.is_empty() {
        let ends: Vec<String> = verdict
            .missing
            .iter()
            .map(|end| format!("  {}", describe_missing_end(end)))
            .collect();
        let message = format!(
            "the end of the trail was cut off: {} {}, and these are missing:\n{}",
            format_count(verdict.entries, "entry"),
            choose_form(verdict.entries, "remains", "remain"),
            ends.join("\n")
        );
        return Err(CommandFailure::general_error(message, LOOK));
    }
    if as_json {
        return Ok(());
    }
    output::print_line(format!(
        "the trail is complete: {}, head {}; compared with {}",
        format_count(verdict.entries, "entry"),
        verdict.head,
        format_count(verdict.compared, "head")
    ))?;
    for restore in &verdict.restores {
        let at = format_value(&restore.at);
        output::print_line(format!(
            "the store was rolled back at {at} (entry {}): entries since that earlier state are not in the trail",
            restore.entry
        ))?;
    }
    match verdict.before_restore {
        0 => Ok(()),
        count => output::print_line(format!(
            "{} in the daily logs {} to entries that were lost with it",
            format_count(count, "head"),
            choose_form(count, "belongs", "belong")
        )),
    }
}

/// One end that is missing, and who remembers it.
fn describe_missing_end(end: &MissingEndView) -> String {
    let entry = match end.entry {
        Some(entry) => format!("entry {entry}"),
        None => "an entry".to_owned(),
    };
    match end.by {
        WitnessKind::Sequence => format!("{entry}: the store had assigned this number"),
        WitnessKind::Log => format!(
            "{entry} with head {}: {} of {}",
            end.head,
            end.source,
            format_value(&end.at)
        ),
        WitnessKind::Given => format!("{entry} with head {}: given with --head", end.head),
    }
}

/// A file that exists is never replaced: it may be an earlier trail, or something else altogether. Devices are written to.
async fn export_trail(client: &SicsClient, file: &Path, query: &AuditExportQuery) -> Result<(), CommandFailure> {
    let is_device = std::fs::metadata(file).is_ok_and(|facts| !facts.is_file() && !facts.is_dir());
    if file != Path::new("-") && !is_device && file.symlink_metadata().is_ok() {
        return Err(super::backup::file_exists_failure(file));
    }
    let mut answer = client
        .download(&operation::export_audit(), &[], "application/x-ndjson", query)
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
                output::print_verbatim(String::from_utf8_lossy(line).trim_end())?;
                output::require_reader()?;
            }
        }
        if !rest.is_empty() {
            output::print_verbatim(String::from_utf8_lossy(&rest))?;
        }
        return output::require_reader();
    }
    let write_failure = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => super::backup::file_exists_failure(file),
        _ => CommandFailure::file_error("write", file, &error),
    };
    let mut options = tokio::fs::OpenOptions::new();
    options.write(true);
    if !is_device {
        options.create_new(true);
    }
    let mut out = options.open(file).await.map_err(write_failure)?;
    while let Some(bytes) = answer.chunk().await.map_err(cut)? {
        out.write_all(&bytes).await.map_err(write_failure)?;
    }
    out.sync_all().await.map_err(write_failure)?;
    output::print_line(format!("written to {}", file.display()))
}
