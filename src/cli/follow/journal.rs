//! The view on disk: changes, one a line, whose replay makes the view. It is appended to and synced before anything is
//! acknowledged, so it is never behind what the bus believes; what it is ahead is told again and known. A line that a
//! crash cut short is the last one and is dropped. When the file has grown to twice the view it is written anew.
//!
//! The cursor behind the changes stands in it, too: a view that was put back to what it was goes on from where it was,
//! not from where the one that is lost had come to. So does which server it is of.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::cli::failure::{CommandFailure, ExitReason};
use crate::files::{open_data_file, replace_data_file};
use crate::model::{ChangeKind, FeedChange, ServerId};

use super::cures::replace_advice;
use super::view::{FleetReplica, RetainedDevice};

/// First line of the file: what it is, and in which version.
pub(super) const HEAD: &str = r#"{"intuneConnectorView":1}"#;
/// Below so many lines a journal is not worth writing anew.
const SMALL: usize = 10_000;

/// What is done with what stands in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ViewStart {
    Kept,
    /// Forgotten: everything is told again.
    Anew,
}

pub(crate) struct ViewJournal {
    path: PathBuf,
    file: File,
    line_count: usize,
    identity: ViewIdentity,
    /// The file was made just now.
    is_made: bool,
    /// Behind what stands in the view; none in a new view, or one from before cursors were kept.
    cursor: Option<String>,
    /// Held while the process lives: two readers of one server would take changes from each other.
    _lock: File,
}

impl ViewJournal {
    /// Opens or makes the file; the view of `server` that stands in it. Only one process may hold it.
    pub(crate) fn open<K: RetainedDevice>(
        path: &Path,
        server: &ServerId,
        start: ViewStart,
    ) -> Result<(ViewJournal, FleetReplica<K>), CommandFailure> {
        let open_failure = |error: std::io::Error| CommandFailure::file_error("open", path, &error);
        require_no_device(path)?;
        let is_made = !path.exists();
        let lock = open_owners_file(&lock_path(path)).map_err(open_failure)?;
        if lock.try_lock().is_err() {
            let what = format!("another process uses the view {}", path.display());
            return Err(CommandFailure::new(
                ExitReason::Busy,
                what,
                "stop it, or use another --view and --server",
            ));
        }
        let mut file = open_owners_file(path).map_err(open_failure)?;
        let mut replayed = replay_file(&file, path)?;
        if let Some(other) = replayed.identity.as_ref().filter(|known| known.server != *server) {
            return Err(other_server_failure(path, &other.server, server));
        }
        if start == ViewStart::Anew {
            replayed = ReplayedView::default();
        }
        // What a crash cut short.
        file.set_len(replayed.valid_length).map_err(open_failure)?;
        file.seek(SeekFrom::End(0)).map_err(open_failure)?;
        if replayed.valid_length == 0 {
            writeln!(file, "{HEAD}").map_err(open_failure)?;
        }
        let identity = match replayed.identity {
            Some(identity) => identity,
            None => {
                let identity = ViewIdentity { server: server.clone() };
                write_identity(&mut file, &identity).map_err(open_failure)?;
                identity
            }
        };
        Ok((
            ViewJournal {
                path: path.to_owned(),
                file,
                line_count: replayed.lines,
                identity,
                is_made,
                cursor: replayed.cursor,
                _lock: lock,
            },
            replayed.view,
        ))
    }

    /// Whether nothing was ever written to it.
    pub(crate) fn is_new(&self) -> bool {
        self.line_count == 0
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Goes on without the place that was kept: the bus tells everything again.
    pub(crate) fn forget_cursor(&mut self) {
        self.cursor = None;
    }

    /// Takes back what opening has made.
    pub(crate) fn discard_if_made(self) {
        if self.is_made && self.is_new() {
            // What stays does no harm.
            let _ = std::fs::remove_file(&self.path);
            let _ = std::fs::remove_file(lock_path(&self.path));
        }
    }

    /// Where to go on reading.
    pub(crate) fn cursor(&self) -> Option<&str> {
        self.cursor.as_deref()
    }

    /// Adds changes that were applied and the cursor behind them, durably. Devices themselves are not kept.
    pub(crate) fn append_changes<K: RetainedDevice>(
        &mut self,
        changes: &[FeedChange],
        cursor: &str,
        view: &FleetReplica<K>,
    ) -> Result<(), CommandFailure> {
        self.line_count += changes.len() + 1;
        self.cursor = Some(cursor.to_owned());
        if self.line_count > SMALL && self.line_count > 2 * (view.len() + view.instance_names().count()) {
            return self.rewrite_file(view);
        }
        let write_failure = |error: std::io::Error| CommandFailure::file_error("write the view", &self.path, &error);
        write_lines(&mut self.file, changes.iter().map(strip_device), self.cursor.as_deref()).map_err(write_failure)?;
        self.file.sync_data().map_err(write_failure)
    }

    fn rewrite_file<K: RetainedDevice>(&mut self, view: &FleetReplica<K>) -> Result<(), CommandFailure> {
        let write_failure = |error: std::io::Error| CommandFailure::file_error("write the view", &self.path, &error);
        let mut fresh = Vec::new();
        writeln!(fresh, "{HEAD}").map_err(write_failure)?;
        write_identity(&mut fresh, &self.identity).map_err(write_failure)?;
        write_lines(&mut fresh, view.to_changes(|_| None), self.cursor.as_deref()).map_err(write_failure)?;
        replace_data_file(&self.path, &fresh).map_err(write_failure)?;
        self.file = OpenOptions::new()
            .append(true)
            .open(&self.path)
            .map_err(write_failure)?;
        self.line_count = view.len();
        Ok(())
    }
}

fn lock_path(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".lock");
    path.with_file_name(name)
}

/// A view is read to its end, and a pipe or device may have none.
fn require_no_device(path: &Path) -> Result<(), CommandFailure> {
    let is_other = |found: std::fs::Metadata| !found.is_file() && !found.is_dir();
    if std::fs::metadata(path).is_ok_and(is_other) {
        return Err(CommandFailure::usage_error(
            format!(
                "{} is a device, a pipe or a socket, and a view is a regular file",
                path.display()
            ),
            "name another file with --view",
        ));
    }
    Ok(())
}

/// Opens or makes a file for the owner of its folder (B4): a view may lie in the data folder of a service, and be root's
/// to write. A link is refused: whoever owns the folder could lay one to a file of root's.
fn open_owners_file(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    open_data_file(path, &options)
}

/// Opens or makes a file that only its owner reads.
pub(crate) fn open_private_file(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Without the device: presence and number are what the view needs.
fn strip_device(change: &FeedChange) -> FeedChange {
    FeedChange {
        instance: change.instance.clone(),
        seq: change.seq,
        kind: change.kind,
        reason: change.reason,
        device_id: change.device_id,
        changed_at: None,
        replaces: None,
        same_as: None,
        set_aside: change.set_aside.clone(),
        device: None,
    }
}

/// A line of the file that holds no change.
#[derive(Serialize, Deserialize)]
struct CursorLine {
    cursor: String,
}

const CURSOR_LINE: &str = r#"{"cursor":"#;

/// Whose view it is; another line that holds no change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct ViewIdentity {
    server: ServerId,
}

const IDENTITY_LINE: &str = r#"{"server":"#;

fn write_identity(mut output: impl Write, identity: &ViewIdentity) -> std::io::Result<()> {
    let mut line = serde_json::to_vec(identity)?;
    line.push(b'\n');
    output.write_all(&line)
}

fn other_server_failure(path: &Path, other: &ServerId, server: &ServerId) -> CommandFailure {
    CommandFailure::new(
        ExitReason::Conflict,
        format!("{} belongs to the server {other}, not to {server}", path.display()),
        format!("use another file for {server}, or --server {other}"),
    )
}

fn write_lines(
    output: impl Write,
    changes: impl Iterator<Item = FeedChange>,
    cursor: Option<&str>,
) -> std::io::Result<()> {
    let mut output = BufWriter::new(output);
    for change in changes {
        serde_json::to_writer(&mut output, &change)?;
        output.write_all(b"\n")?;
    }
    if let Some(cursor) = cursor {
        let line = CursorLine {
            cursor: cursor.to_owned(),
        };
        serde_json::to_writer(&mut output, &line)?;
        output.write_all(b"\n")?;
    }
    output.flush()
}

/// What stands in a file.
struct ReplayedView<K> {
    view: FleetReplica<K>,
    /// Changes and cursors.
    lines: usize,
    /// How many bytes of the file are whole lines.
    valid_length: u64,
    /// Behind the last change.
    cursor: Option<String>,
    identity: Option<ViewIdentity>,
}

impl<K> Default for ReplayedView<K> {
    fn default() -> Self {
        ReplayedView {
            view: FleetReplica::default(),
            lines: 0,
            valid_length: 0,
            cursor: None,
            identity: None,
        }
    }
}

fn replay_file<K: RetainedDevice>(file: &File, path: &Path) -> Result<ReplayedView<K>, CommandFailure> {
    let damaged = |line: usize| {
        CommandFailure::general_error(
            format!("{} is not a view of this program (line {line})", path.display()),
            replace_advice(path),
        )
    };
    let mut reader = BufReader::new(file);
    let mut found = ReplayedView::default();
    let mut line = String::new();
    loop {
        line.clear();
        let bytes = reader
            .read_line(&mut line)
            .map_err(|error| CommandFailure::file_error("read the view", path, &error))?;
        if bytes == 0 || !line.ends_with('\n') {
            // Somebody else's file is not cut short.
            let is_journal = found.valid_length > 0 || HEAD.starts_with(line.as_str());
            return if is_journal { Ok(found) } else { Err(damaged(1)) };
        }
        let at = found.lines + 1 + usize::from(found.identity.is_some());
        if found.valid_length == 0 {
            if line.trim_end() != HEAD {
                return Err(damaged(1));
            }
        } else if line.starts_with(IDENTITY_LINE) {
            found.identity = Some(serde_json::from_str(&line).map_err(|_| damaged(at + 1))?);
        } else if line.starts_with(CURSOR_LINE) {
            let kept: CursorLine = serde_json::from_str(&line).map_err(|_| damaged(at + 1))?;
            found.cursor = Some(kept.cursor);
            found.lines += 1;
        } else {
            let change: FeedChange = serde_json::from_str(&line).map_err(|_| damaged(at + 1))?;
            if change.kind == ChangeKind::Upsert && change.device_id.is_none() {
                return Err(damaged(at + 1));
            }
            found.view.apply_change(&change);
            found.lines += 1;
        }
        found.valid_length += bytes as u64;
    }
}

#[cfg(test)]
#[path = "journal_tests.rs"]
mod tests;
