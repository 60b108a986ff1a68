//! The view on disk: changes, one a line, whose replay makes the view. It is appended to and synced before anything is
//! acknowledged, so it is never behind what the bus believes; what it is ahead is told again and known. A line that a
//! crash cut short is the last one and is dropped. When the file has grown to twice the view it is written anew.
//!
//! The cursor behind the changes stands in it, too: a view that was put back to what it was goes on from where it was,
//! not from where the one that is lost had come to.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::cli::failure::{CommandFailure, ExitReason};
use crate::model::{ChangeKind, FeedChange};

use super::view::{FleetReplica, RetainedDevice};

/// First line of the file: what it is, and in which version.
const HEAD: &str = r#"{"intuneConnectorView":1}"#;
/// Below so many lines a journal is not worth writing anew.
const SMALL: usize = 10_000;

pub(crate) struct ViewJournal {
    path: PathBuf,
    file: File,
    line_count: usize,
    /// Behind what stands in the view; none in a new view, or one from before cursors were kept.
    cursor: Option<String>,
    /// Held while the process lives: two readers of one server would take changes from each other.
    _lock: File,
}

impl ViewJournal {
    /// Opens or makes the file; the view that stands in it. Only one process may hold it.
    pub(crate) fn open<K: RetainedDevice>(path: &Path) -> Result<(ViewJournal, FleetReplica<K>), CommandFailure> {
        let open_failure = |error: std::io::Error| CommandFailure::file_error("open the view", path, &error);
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            crate::files::create_private_folder(folder).map_err(open_failure)?;
        }
        let lock = open_private_file(&lock_path(path)).map_err(open_failure)?;
        if lock.try_lock().is_err() {
            let what = format!("another process uses the view {}", path.display());
            return Err(CommandFailure::new(
                ExitReason::Busy,
                what,
                "stop it, or use another --view and --server",
            ));
        }
        let mut file = open_private_file(path).map_err(open_failure)?;
        let (view, lines, valid_length, cursor) = replay_file(&file, path)?;
        // What a crash cut short.
        file.set_len(valid_length).map_err(open_failure)?;
        file.seek(SeekFrom::End(0)).map_err(open_failure)?;
        if valid_length == 0 {
            writeln!(file, "{HEAD}").map_err(open_failure)?;
        }
        Ok((
            ViewJournal {
                path: path.to_owned(),
                file,
                line_count: lines,
                cursor,
                _lock: lock,
            },
            view,
        ))
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
        write_lines(&mut fresh, view.to_changes(|_| None), self.cursor.as_deref()).map_err(write_failure)?;
        crate::files::replace_private_file(&self.path, &fresh).map_err(write_failure)?;
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

/// Opens or makes a file that only its owner reads.
fn open_private_file(path: &Path) -> std::io::Result<File> {
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

/// The view, the number of lines, how many bytes of the file are whole lines, and the cursor behind the last change.
type ReplayedView<K> = (FleetReplica<K>, usize, u64, Option<String>);

fn replay_file<K: RetainedDevice>(file: &File, path: &Path) -> Result<ReplayedView<K>, CommandFailure> {
    let damaged = |line: usize| {
        CommandFailure::general_error(
            format!("{} is not a view of this program (line {line})", path.display()),
            "remove it and request the whole fleet again: intune-connector servers resync SERVER",
        )
    };
    let mut reader = BufReader::new(file);
    let (mut view, mut lines, mut valid_length, mut cursor) = (FleetReplica::default(), 0, 0u64, None);
    let mut line = String::new();
    loop {
        line.clear();
        let bytes = reader
            .read_line(&mut line)
            .map_err(|error| CommandFailure::file_error("read the view", path, &error))?;
        if bytes == 0 || !line.ends_with('\n') {
            // Somebody else's file is not cut short.
            let is_journal = valid_length > 0 || HEAD.starts_with(line.as_str());
            return if is_journal {
                Ok((view, lines, valid_length, cursor))
            } else {
                Err(damaged(1))
            };
        }
        if valid_length == 0 {
            if line.trim_end() != HEAD {
                return Err(damaged(1));
            }
        } else if line.starts_with(CURSOR_LINE) {
            let kept: CursorLine = serde_json::from_str(&line).map_err(|_| damaged(lines + 2))?;
            cursor = Some(kept.cursor);
            lines += 1;
        } else {
            let change: FeedChange = serde_json::from_str(&line).map_err(|_| damaged(lines + 2))?;
            if change.kind == ChangeKind::Upsert && change.device_id.is_none() {
                return Err(damaged(lines + 2));
            }
            view.apply_change(&change);
            lines += 1;
        }
        valid_length += bytes as u64;
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::model::{DeviceId, Seq};

    fn upsert(n: u128, seq: i64) -> FeedChange {
        let name = "IntuneConnector_1".parse().expect("a name");
        FeedChange {
            seq: Some(Seq(seq)),
            device_id: Some(DeviceId(Uuid::from_u128(n))),
            ..FeedChange::with_kind(&name, ChangeKind::Upsert)
        }
    }

    fn tell(path: &Path, changes: &[FeedChange]) {
        let (mut journal, mut view) = ViewJournal::open::<()>(path).expect("it opens");
        for change in changes {
            view.apply_change(change);
        }
        journal
            .append_changes(changes, &format!("behind {}", changes.len()), &view)
            .expect("it is written");
    }

    #[test]
    fn a_view_survives_a_restart_and_a_line_cut_short() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("acmp.view");
        tell(&path, &[upsert(1, 1), upsert(2, 2)]);
        let mut text = std::fs::read_to_string(&path).expect("text");
        text.push_str("{\"instance\":\"IntuneCon");
        std::fs::write(&path, text).expect("written");
        tell(&path, &[upsert(3, 3)]);
        let (journal, view) = ViewJournal::open::<()>(&path).expect("it opens");
        assert_eq!((view.len(), journal.cursor()), (3, Some("behind 1")));
    }

    #[test]
    fn two_processes_do_not_share_a_view() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("acmp.view");
        let _first = ViewJournal::open::<()>(&path).expect("it opens");
        let second = ViewJournal::open::<()>(&path).err().expect("it is held");
        assert_eq!(second.exit, ExitReason::Busy);
    }

    #[test]
    fn a_journal_that_grew_is_written_anew_and_says_the_same() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("acmp.view");
        let changes: Vec<FeedChange> = (0..=SMALL as i64).map(|seq| upsert(7, seq)).collect();
        tell(&path, &changes);
        let lines = std::fs::read_to_string(&path).expect("text").lines().count();
        assert_eq!(lines, 3);
        let (journal, view) = ViewJournal::open::<()>(&path).expect("it opens");
        let behind = format!("behind {}", changes.len());
        assert_eq!((view.len(), journal.cursor()), (1, Some(behind.as_str())));
    }

    #[test]
    fn a_file_that_is_no_view_is_left_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("notes.txt");
        for text in ["my notes\n", "my notes", "{\"intune\": 3"] {
            std::fs::write(&path, text).expect("written");
            assert!(ViewJournal::open::<()>(&path).is_err(), "{text}");
            assert_eq!(std::fs::read_to_string(&path).expect("text"), text);
        }
    }
}
