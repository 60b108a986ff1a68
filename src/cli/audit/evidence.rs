//! `audit evidence`, `audit check-evidence`, `audit evidence-key`: evidence of a period taken from the bus, and checked
//! without one.

use std::io::{BufReader, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;
use sics_client::{SicsClient, operation};

use crate::bus::package::PublicKey;
use crate::cli::backup::file_exists_failure;
use crate::cli::failure::{CommandFailure, error_chain};
use crate::cli::output::{self, format_value};
use crate::cli::period::{parse_begin, parse_end};
use crate::contract::{AuditVerdictView, EvidenceQuery};
use crate::files::{CERTIFICATE_MAX, open_file, read_file};
use crate::model::{Timestamp, choose_form, format_count};
use crate::sics::evidence::MEDIA_TYPE;
use crate::sics::evidence::check::{CheckedEvidence, EvidenceFault, check_evidence};
use crate::store::PartFile;

#[derive(Debug, Args)]
pub(super) struct EvidenceArgs {
    /// Begin of the period: a day (UTC), or a time such as 2026-11-01T08:00:00Z
    #[arg(long, value_name = "DATE", value_parser = parse_begin)]
    from: Timestamp,
    /// End of the period: a day (UTC), which belongs to it, or a time, which does not; default: now
    #[arg(long, value_name = "DATE", value_parser = parse_end)]
    until: Option<Timestamp>,
    /// File to write; it must not exist yet
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

#[derive(Debug, Args)]
pub(super) struct CheckEvidenceArgs {
    /// File that `audit evidence` wrote
    file: PathBuf,
    /// Public key (PEM) that has to have signed it, as `audit evidence-key` prints it; compare the fingerprint if omitted
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
}

/// What is written was checked: a partial file never looks like evidence.
pub(super) async fn save_evidence(
    client: &SicsClient,
    args: &EvidenceArgs,
    as_json: bool,
) -> Result<(), CommandFailure> {
    let file = &args.out;
    if file.symlink_metadata().is_ok() {
        return Err(file_exists_failure(file));
    }
    let write_failure = |error: std::io::Error| CommandFailure::file_error("write", file, &error);
    let part = PartFile::create_beside(file).map_err(write_failure)?;
    let query = EvidenceQuery {
        from: args.from,
        until: args.until,
    };
    let mut answer = client
        .download(&operation::make_evidence(), &[], MEDIA_TYPE, &query)
        .await?;
    let mut out = std::fs::OpenOptions::new()
        .write(true)
        .open(part.path())
        .map_err(write_failure)?;
    loop {
        let chunk = answer.chunk().await.map_err(|error| {
            let why = error_chain(&error.without_url());
            CommandFailure::general_error(format!("the transfer was interrupted: {why}"), "try again")
        })?;
        let Some(chunk) = chunk else { break };
        out.write_all(&chunk).map_err(write_failure)?;
    }
    out.sync_all().map_err(write_failure)?;
    let checked = check_file(part.path(), None).map_err(|fault| refused_failure(file, &fault))?;
    part.persist_noclobber(file).map_err(|error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => file_exists_failure(file),
        _ => write_failure(error),
    })?;
    if as_json {
        return output::print_json(&json!({
            "file": file, "fingerprint": checked.fingerprint, "document": checked.document,
        }));
    }
    output::print_line(format!("evidence written to {}", file.display()))?;
    print_checked(&checked)
}

/// Whether a file is evidence, and what it says; no bus is asked.
pub(super) fn check_saved_evidence(args: &CheckEvidenceArgs, as_json: bool) -> Result<(), CommandFailure> {
    let expected = args.key.as_deref().map(read_public_key).transpose()?;
    let checked = check_file(&args.file, expected.as_ref()).map_err(|fault| refused_failure(&args.file, &fault))?;
    if as_json {
        output::print_json(&json!({"fingerprint": checked.fingerprint, "document": checked.document}))?;
    } else {
        print_checked(&checked)?;
        if expected.is_none() {
            output::eprint_line(
                "compare the fingerprint with the one of the bus (intune-connector audit evidence-key), or give its key \
                 with --key: anybody can sign with a key of their own",
            );
        }
    }
    require_whole_trail(&checked.document.trail)
}

/// The public key, for whoever checks evidence elsewhere.
pub(super) async fn print_key(client: &SicsClient, as_json: bool) -> Result<(), CommandFailure> {
    let key = client.show_evidence_key().await?;
    output::print_answer(&key, as_json, || {
        output::eprint_line(format!("fingerprint {}", key.fingerprint));
        output::print_verbatim(key.pem.trim_end())
    })
}

fn check_file(file: &Path, expected: Option<&PublicKey>) -> Result<CheckedEvidence, EvidenceFault> {
    let opened = open_file(file, u64::MAX).map_err(|error| EvidenceFault::Unreadable(error.into()));
    let (opened, _) = opened?;
    check_evidence(BufReader::new(opened), expected)
}

fn read_public_key(file: &Path) -> Result<PublicKey, CommandFailure> {
    let pem =
        read_file(file, CERTIFICATE_MAX).map_err(|error| CommandFailure::file_error("read", file, &error.into()))?;
    PublicKey::from_pem(&file.display().to_string(), &pem).map_err(|error| {
        CommandFailure::usage_error(
            error.to_string(),
            "give the public key that this prints: intune-connector audit evidence-key",
        )
    })
}

fn refused_failure(file: &Path, fault: &EvidenceFault) -> CommandFailure {
    let advice = match fault {
        EvidenceFault::Unreadable(_) => "check the path and who may read the file",
        EvidenceFault::OtherKey { .. } => {
            "check that the key is the one of the bus that made it, and where the file came from"
        }
        EvidenceFault::Structure(_)
        | EvidenceFault::Forged
        | EvidenceFault::Missing(_)
        | EvidenceFault::Unsigned(_)
        | EvidenceFault::Changed(_)
        | EvidenceFault::Entry { .. }
        | EvidenceFault::Entries(_) => "do not rely on it; have it made again: intune-connector audit evidence",
    };
    let message = format!("the evidence in {} is refused: {fault}", file.display());
    CommandFailure::general_error(message, advice)
}

fn print_checked(checked: &CheckedEvidence) -> Result<(), CommandFailure> {
    let document = &checked.document;
    let numbers = match (document.entries.first, document.entries.last) {
        (Some(first), Some(last)) => format!(", numbers {first} to {last}"),
        _ => String::new(),
    };
    let fields = [
        ("signed by key", checked.fingerprint.clone()),
        ("made at", format_value(&document.made_at)),
        ("made by", format_value(&document.made_by)),
        ("made with", format!("{} {}", document.product, document.version)),
        ("from", format_value(&document.from)),
        ("until before", format_value(&document.until)),
        ("audit entries", format!("{}{numbers}", document.entries.count)),
        ("last head", document.entries.head.clone()),
        ("trail", describe_trail(&document.trail)),
    ];
    output::print_record(&fields)?;
    output::print_line(
        "checked here: the signature, each file, and that no entry is missing between the first and the last. Not checked \
         here: the chain values of the entries, for which only the bus has the key; what it found is the line \"trail\".",
    )
}

fn describe_trail(trail: &AuditVerdictView) -> String {
    if trail.whole {
        let entries = format_count(trail.entries, "entry");
        return format!("complete when the file was made: {entries}, head {}", trail.head);
    }
    match trail.broken_at {
        Some(at) => format!("broken at entry {at} when the file was made"),
        None => format!(
            "incomplete when the file was made: {} {} missing",
            format_count(trail.missing.len() as u64, "end"),
            choose_form(trail.missing.len() as u64, "is", "are")
        ),
    }
}

/// The file is genuine, and what it says is bad.
fn require_whole_trail(trail: &AuditVerdictView) -> Result<(), CommandFailure> {
    if trail.whole {
        return Ok(());
    }
    Err(CommandFailure::general_error(
        format!(
            "the evidence is genuine, but the audit trail was {}",
            describe_trail(trail)
        ),
        "see what the bus says now: intune-connector audit verify",
    ))
}
