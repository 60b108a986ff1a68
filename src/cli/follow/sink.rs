//! Where the changes go: lines for people, a file, a table, or a command. Each says only then that it has them when they
//! are safe there, and is asked again with the same ones until it does.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::{Map, Value};
use tokio::io::AsyncWriteExt;

use super::csv_table::CsvTable;
use super::journal::open_private_file;
use super::own_files::require_changes;
use super::view::ChangeEffect;
use crate::cli::failure::CommandFailure;
use crate::cli::output;
use crate::model::{ChangeKind, FeedChange, GoneReason};

/// A change with what came of it.
pub(crate) struct AppliedChange {
    pub change: FeedChange,
    pub effects: Vec<ChangeEffect>,
}

pub(crate) enum ChangeSink {
    Lines,
    Json,
    Ndjson { file: File, path: PathBuf },
    Csv(CsvTable),
    Exec { command: String, server: String },
}

impl ChangeSink {
    /// Whether it is better served once for many batches than once a batch.
    pub(crate) fn is_batching(&self) -> bool {
        matches!(self, ChangeSink::Csv(_))
    }

    /// Opens a file to append to, where it is one of changes; half a line, left by a crash, is cut off.
    pub(crate) fn open_ndjson(path: &Path) -> Result<ChangeSink, CommandFailure> {
        let open_failure = |error: std::io::Error| CommandFailure::file_error("open", path, &error);
        let mut file = open_private_file(path).map_err(open_failure)?;
        let complete_length = find_last_line_end(&mut file).map_err(open_failure)?;
        require_changes(&mut file, path, complete_length)?;
        if complete_length != file.metadata().map_err(open_failure)?.len() {
            file.set_len(complete_length).map_err(open_failure)?;
        }
        file.seek(SeekFrom::End(0)).map_err(open_failure)?;
        Ok(ChangeSink::Ndjson {
            file,
            path: path.to_owned(),
        })
    }

    /// What has come of these changes; `None`: they were printed.
    pub(crate) fn describe_written(&self, changes: usize) -> Option<String> {
        let written = count_noun(changes, "change");
        match self {
            ChangeSink::Lines | ChangeSink::Json => None,
            ChangeSink::Ndjson { path, .. } => Some(format!("{written} written to {}", path.display())),
            ChangeSink::Csv(table) => Some(format!(
                "{} written to {}",
                count_noun(table.len(), "device"),
                table.path().display()
            )),
            ChangeSink::Exec { .. } => Some(format!("{written} passed to the command")),
        }
    }

    /// Hands over; returns when everything is safe there.
    pub(crate) async fn write_changes(&mut self, applied: &[AppliedChange]) -> Result<(), CommandFailure> {
        match self {
            ChangeSink::Lines => {
                let mut sentences = applied.iter().flat_map(effect_sentences);
                sentences.try_for_each(output::print_line)?;
                output::require_reader()
            }
            ChangeSink::Json => {
                let mut records = applied.iter().flat_map(json_records);
                records.try_for_each(output::print_verbatim)?;
                output::require_reader()
            }
            ChangeSink::Ndjson { file, .. } => {
                let text: String = applied.iter().flat_map(json_records).map(|line| line + "\n").collect();
                let end = file
                    .stream_position()
                    .map_err(|error| write_failure("write the file", &error))?;
                let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_data());
                written.map_err(|error| {
                    // What was written in part is taken back, so that the next attempt does not follow half a line.
                    let _ = file.set_len(end).and_then(|()| file.seek(SeekFrom::Start(end)));
                    write_failure("write the file", &error)
                })
            }
            ChangeSink::Csv(table) => {
                applied.iter().for_each(|applied| table.apply_change(applied));
                table.write_file()
            }
            ChangeSink::Exec { command, server } => execute_command(command, server, applied).await,
        }
    }
}

fn count_noun(count: usize, noun: &str) -> String {
    let end = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{end}")
}

fn write_failure(what: &str, error: &std::io::Error) -> CommandFailure {
    CommandFailure::general_error(
        format!("failed to {what}: {error}"),
        "free disk space, or check that it can be written",
    )
}

/// Bytes up to and with the last line end.
fn find_last_line_end(file: &mut File) -> std::io::Result<u64> {
    const STEP: u64 = 4_096;
    let mut end = file.seek(SeekFrom::End(0))?;
    while end > 0 {
        let start = end.saturating_sub(STEP);
        file.seek(SeekFrom::Start(start))?;
        let mut bytes = Vec::new();
        Read::by_ref(file).take(end - start).read_to_end(&mut bytes)?;
        if let Some(at) = bytes.iter().rposition(|byte| *byte == b'\n') {
            return Ok(start + at as u64 + 1);
        }
        end = start;
    }
    Ok(0)
}

/// A change as JSON lines. What the end of a snapshot shows to have gone stands before it, as changes of their own.
/// Changes that were told again are left out: the sink had them.
pub(crate) fn json_records(applied: &AppliedChange) -> Vec<String> {
    if matches!(applied.effects.as_slice(), [ChangeEffect::Known(_)]) {
        return Vec::new();
    }
    let mut lines: Vec<String> = vanished_devices(applied)
        .map(|id| {
            to_json_line(&serde_json::json!({
                "instance": applied.change.instance, "kind": "gone", "reason": "notInSnapshot", "deviceId": id,
            }))
        })
        .collect();
    lines.push(to_json_line(&applied.change));
    lines
}

fn to_json_line(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).expect("text and numbers become JSON")
}

/// Devices that a snapshot showed to have gone.
pub(crate) fn vanished_devices(applied: &AppliedChange) -> impl Iterator<Item = crate::model::DeviceId> {
    let is_snapshot_end = applied.change.kind == ChangeKind::SnapshotEnd;
    applied.effects.iter().filter_map(move |effect| match effect {
        ChangeEffect::Gone(id, None) if is_snapshot_end => Some(*id),
        _ => None,
    })
}

/// The effects of a change, for people.
fn effect_sentences(applied: &AppliedChange) -> Vec<String> {
    let FeedChange { instance, device, .. } = &applied.change;
    let fields: Map<String, Value> = device
        .as_deref()
        .and_then(|raw| serde_json::from_str(raw.get()).ok())
        .unwrap_or_default();
    let device_columns = || {
        let field = |name: &str| output::format_value(&fields.get(name));
        format!(
            "{}  {}  {}",
            field("deviceName"),
            field("operatingSystem"),
            field("userPrincipalName")
        )
    };
    let line = |effect: &ChangeEffect| match effect {
        ChangeEffect::Added(id) => Some(format!("+ {instance}  {id}  {}", device_columns())),
        ChangeEffect::Changed(id) => Some(format!("~ {instance}  {id}  {}", device_columns())),
        ChangeEffect::Gone(id, reason) => Some(format!(
            "- {instance}  {id}  {}",
            reason.map_or("not in the snapshot", reason_text)
        )),
        ChangeEffect::SnapshotBegan => Some(format!("= {instance}  a snapshot begins")),
        ChangeEffect::SnapshotEnded => Some(format!("= {instance}  the snapshot is complete")),
        ChangeEffect::OutOfOrder(id) => Some(format!("! {instance}  {id}  received out of order, not applied")),
        ChangeEffect::Incomplete => Some(format!("! {instance}  a change without a device id, not applied")),
        ChangeEffect::Known(_) => None,
    };
    applied.effects.iter().filter_map(line).collect()
}

fn reason_text(reason: GoneReason) -> &'static str {
    match reason {
        GoneReason::Deleted => "deleted",
        GoneReason::Filtered => "left out by a filter",
        GoneReason::Replaced => "replaced by a new enrolment",
        GoneReason::Unassigned => "no longer meant for this server",
        GoneReason::InstanceRemoved => "its instance was removed",
        GoneReason::ByJob => "removed by a job",
    }
}

/// Runs the command with the changes as JSON lines on its standard input; exit code 0 means that it has them.
async fn execute_command(command: &str, server: &str, applied: &[AppliedChange]) -> Result<(), CommandFailure> {
    let lines: Vec<String> = applied.iter().flat_map(json_records).collect();
    if lines.is_empty() {
        return Ok(());
    }
    let (shell, flag) = if cfg!(windows) { ("cmd", "/C") } else { ("sh", "-c") };
    let started = tokio::process::Command::new(shell)
        .args([flag, command])
        .env("INTUNE_CONNECTOR_SERVER", server)
        .env("INTUNE_CONNECTOR_CHANGES", lines.len().to_string())
        .stdin(Stdio::piped())
        .kill_on_drop(true)
        .spawn();
    let mut child =
        started.map_err(|error| CommandFailure::general_error(format!("failed to start the command: {error}"), ""))?;
    if let Some(mut input) = child.stdin.take() {
        let text = lines.join("\n") + "\n";
        // A command that does not read everything and still succeeds has decided so.
        let _ = input.write_all(text.as_bytes()).await;
    }
    let ended = child
        .wait()
        .await
        .map_err(|error| write_failure("wait for the command", &error))?;
    if ended.success() {
        Ok(())
    } else {
        Err(CommandFailure::general_error(
            format!("the command failed ({ended}); nothing is acknowledged"),
            "it is run again with the same changes",
        ))
    }
}
