//! Where the changes go: lines for people, a file, a table, or a command. Each says only then that it has them when they
//! are safe there, and is asked again with the same ones until it does.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::process::Stdio;

use serde_json::Value;
use tokio::io::AsyncWriteExt;

use super::table::Table;
use super::view::Effect;
use crate::cli::failure::Failure;
use crate::cli::out;
use crate::model::{Change, GoneReason, Kind};

/// A change with what came of it.
pub struct Told {
    pub change: Change,
    pub effects: Vec<Effect>,
}

pub enum Sink {
    Lines,
    Json,
    Ndjson(File),
    Csv(Table),
    Exec { command: String, server: String },
}

impl Sink {
    /// Whether it is better served once for many batches than once a batch.
    pub fn gathers(&self) -> bool {
        matches!(self, Sink::Csv(_))
    }

    /// Opens a file to append to; half a line, left by a crash, is cut off.
    pub fn ndjson(path: &Path) -> Result<Sink, Failure> {
        let wrong = |error: std::io::Error| Failure::file("open", path, &error);
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)
            .map_err(wrong)?;
        let whole = whole_lines(&mut file).map_err(wrong)?;
        if whole != file.metadata().map_err(wrong)?.len() {
            file.set_len(whole).map_err(wrong)?;
        }
        file.seek(SeekFrom::End(0)).map_err(wrong)?;
        Ok(Sink::Ndjson(file))
    }

    /// Hands over; returns when everything is safe there.
    pub async fn take(&mut self, told: &[Told]) -> Result<(), Failure> {
        match self {
            Sink::Lines => told.iter().flat_map(sentences).try_for_each(out::line),
            Sink::Json => told.iter().flat_map(records).try_for_each(out::line),
            Sink::Ndjson(file) => {
                let text: String = told.iter().flat_map(records).map(|line| line + "\n").collect();
                let end = file
                    .stream_position()
                    .map_err(|error| cannot("write the file", &error))?;
                let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_data());
                written.map_err(|error| {
                    // What was written in part is taken back, so that the next attempt does not follow half a line.
                    let _ = file.set_len(end).and_then(|()| file.seek(SeekFrom::Start(end)));
                    cannot("write the file", &error)
                })
            }
            Sink::Csv(table) => {
                told.iter().for_each(|told| table.take(told));
                table.write()
            }
            Sink::Exec { command, server } => execute(command, server, told).await,
        }
    }
}

fn cannot(what: &str, error: &std::io::Error) -> Failure {
    Failure::failed(
        format!("failed to {what}: {error}"),
        "make room, or see that it can be written",
    )
}

/// Bytes up to and with the last line end.
fn whole_lines(file: &mut File) -> std::io::Result<u64> {
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
pub fn records(told: &Told) -> Vec<String> {
    if matches!(told.effects.as_slice(), [Effect::Known(_)]) {
        return Vec::new();
    }
    let mut lines: Vec<String> = vanished(told)
        .map(|id| {
            write(&serde_json::json!({
                "instance": told.change.instance, "kind": "gone", "reason": "notInSnapshot", "deviceId": id,
            }))
        })
        .collect();
    lines.push(write(&told.change));
    lines
}

fn write(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).expect("text and numbers become JSON")
}

/// Devices that a snapshot showed to have gone.
pub fn vanished(told: &Told) -> impl Iterator<Item = crate::model::DeviceId> {
    let ends = told.change.kind == Kind::SnapshotEnd;
    told.effects.iter().filter_map(move |effect| match effect {
        Effect::Gone(id, None) if ends => Some(*id),
        _ => None,
    })
}

/// The effects of a change, for people.
fn sentences(told: &Told) -> Vec<String> {
    let Change { instance, device, .. } = &told.change;
    let body: Value = device
        .as_deref()
        .and_then(|raw| serde_json::from_str(raw.get()).ok())
        .unwrap_or(Value::Null);
    let about = || {
        let field = |name: &str| out::cell(body.get(name));
        format!(
            "{}  {}  {}",
            field("deviceName"),
            field("operatingSystem"),
            field("userPrincipalName")
        )
    };
    let line = |effect: &Effect| match effect {
        Effect::Added(id) => Some(format!("+ {instance}  {id}  {}", about())),
        Effect::Changed(id) => Some(format!("~ {instance}  {id}  {}", about())),
        Effect::Gone(id, reason) => Some(format!(
            "- {instance}  {id}  {}",
            reason.map_or("not in the snapshot", word)
        )),
        Effect::SnapshotBegan => Some(format!("= {instance}  a snapshot begins")),
        Effect::SnapshotEnded => Some(format!("= {instance}  the snapshot is complete")),
        Effect::OutOfOrder(id) => Some(format!("! {instance}  {id}  told out of order, not applied")),
        Effect::Incomplete => Some(format!("! {instance}  a change without a device id, not applied")),
        Effect::Known(_) => None,
    };
    told.effects.iter().filter_map(line).collect()
}

fn word(reason: GoneReason) -> &'static str {
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
async fn execute(command: &str, server: &str, told: &[Told]) -> Result<(), Failure> {
    let lines: Vec<String> = told.iter().flat_map(records).collect();
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
    let mut child = started.map_err(|error| Failure::failed(format!("failed to start the command: {error}"), ""))?;
    if let Some(mut input) = child.stdin.take() {
        let text = lines.join("\n") + "\n";
        // A command that does not read everything and still succeeds has decided so.
        let _ = input.write_all(text.as_bytes()).await;
    }
    let ended = child
        .wait()
        .await
        .map_err(|error| cannot("wait for the command", &error))?;
    match ended.success() {
        true => Ok(()),
        false => Err(Failure::failed(
            format!("the command failed ({ended}); nothing is acknowledged"),
            "it is run again with the same changes",
        )),
    }
}
