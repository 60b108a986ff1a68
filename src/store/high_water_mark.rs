//! A high-water mark: epoch, number of commits, and the last number that an installation or an instance got. It is written
//! after each commit, so it is never ahead of the store that wrote it; a store behind its mark was put back by hand, and
//! that is a restore. Numbers that the mark knows are not given again by a store that was put back (M23).
//!
//! It lies beside the store, and at a second place where the settings name one (`mark_file`): what goes back together with
//! the store proves nothing, be it the folder or the machine.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use rusqlite::Connection;

use super::current_epoch::CurrentEpoch;
use super::sql_values::to_millis;
use super::{AuditEntry, StoreError, audit, controls};
use crate::files::{FileReadError, open_file_for_owner, read_file};
use crate::model::{Epoch, Timestamp};

const BYTES: usize = 32;
/// Without the number, as versions before wrote it.
const BYTES_BEFORE: usize = 24;
/// What is above these was not written by a store.
const NUMBER_MAX: i64 = 1 << 31;
const COMMITS_MAX: i64 = 1 << 48;
/// Beside the store.
pub(crate) const MARK: &str = "bus.mark";

/// What a mark says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct MarkContent {
    pub epoch: [u8; 16],
    pub progress: StoreProgress,
}

/// How far a store has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct StoreProgress {
    /// Made in its epoch.
    pub commits: i64,
    /// The last one that an installation or an instance got; 0: none.
    pub last_number: i64,
}

/// Where the marks of a folder's store lie.
#[derive(Debug, Clone)]
pub(crate) struct HighWaterMarkFiles(Vec<PathBuf>);

impl HighWaterMarkFiles {
    /// `elsewhere`: outside of the folder.
    pub(crate) fn new(folder: &Path, elsewhere: Option<&Path>) -> HighWaterMarkFiles {
        let beside = folder.join(MARK);
        HighWaterMarkFiles(std::iter::once(beside).chain(elsewhere.map(Path::to_owned)).collect())
    }

    /// What the marks say that are there and usable.
    pub(crate) fn read_marks(&self) -> Vec<MarkContent> {
        self.0.iter().filter_map(|path| read_mark(path)).collect()
    }

    /// Marks that hold what no store wrote, without a file elsewhere that is something else. An empty one was left by whoever
    /// died before its first commit.
    pub(crate) fn find_damaged(&self) -> Vec<PathBuf> {
        let marks = self.own_marks();
        marks.filter(|path| is_damaged(path)).map(Path::to_owned).collect()
    }

    /// A file elsewhere that is something else stays.
    pub(crate) fn remove(&self) -> io::Result<()> {
        self.own_marks().try_for_each(|path| match std::fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        })
    }

    fn own_marks(&self) -> impl Iterator<Item = &Path> {
        let foreign = self.find_foreign();
        let marks = self.0.iter().map(PathBuf::as_path);
        marks.filter(move |path| Some(*path) != foreign)
    }

    /// A file at the place elsewhere that no store has written: the setting names the wrong one, and it is not written over.
    pub(crate) fn find_foreign(&self) -> Option<&Path> {
        self.0
            .iter()
            .skip(1)
            .map(PathBuf::as_path)
            .find(|path| is_foreign(path))
    }
}

/// Whether what lies there is a file with content, and no mark.
fn is_foreign(path: &Path) -> bool {
    let has_content = path.metadata().is_ok_and(|facts| facts.is_file() && facts.len() > 0);
    let is_possible = |progress: StoreProgress| {
        (0..=COMMITS_MAX).contains(&progress.commits) && (0..=NUMBER_MAX).contains(&progress.last_number)
    };
    has_content && read_mark(path).is_none_or(|mark| !is_possible(mark.progress))
}

pub(crate) struct HighWaterMark {
    files: Vec<File>,
    current_epoch: CurrentEpoch,
}

impl HighWaterMark {
    /// Fails with the path that can't be written: a mark that is not there proves nothing on the day it is needed.
    pub(crate) fn open(places: &HighWaterMarkFiles, life: CurrentEpoch) -> Result<HighWaterMark, (PathBuf, io::Error)> {
        if let Some(foreign) = places.find_foreign() {
            let error = io::Error::new(io::ErrorKind::InvalidData, "another file is there, and stays as it is");
            return Err((foreign.to_owned(), error));
        }
        // The one elsewhere, too: the account of the bus has to write it.
        let folder = places.0[0].parent().unwrap_or(Path::new("."));
        let open = |path: &PathBuf| {
            let mut options = OpenOptions::new();
            options.write(true).truncate(false);
            let opened = open_file_for_owner(path, &options, folder).and_then(|file| {
                // One that is longer would stay unusable, whatever is written to its begin.
                let found = file.metadata()?;
                if found.is_file() && found.len() > BYTES as u64 {
                    file.set_len(BYTES as u64)?;
                }
                Ok(file)
            });
            opened.map_err(|error| (path.clone(), error))
        };
        let files = places.0.iter().map(open).collect::<Result<_, _>>()?;
        Ok(HighWaterMark {
            files,
            current_epoch: life,
        })
    }

    /// Best effort: a mark that lags behind is harmless.
    pub(crate) fn write(&mut self, progress: StoreProgress) {
        let mut bytes = [0; BYTES];
        bytes[..16].copy_from_slice(self.current_epoch.epoch().0.as_bytes());
        bytes[16..24].copy_from_slice(&progress.commits.to_le_bytes());
        bytes[24..].copy_from_slice(&progress.last_number.to_le_bytes());
        for file in &self.files {
            if let Err(error) = file.write_all_at(&bytes, 0) {
                tracing::warn!(error = %error, "cannot write a high-water mark of the store");
            }
        }
    }
}

fn is_whole(bytes: &[u8]) -> bool {
    matches!(bytes.len(), BYTES | BYTES_BEFORE)
}

fn is_damaged(path: &Path) -> bool {
    match read_file(path, BYTES as u64) {
        Ok(bytes) => !bytes.is_empty() && !is_whole(&bytes),
        Err(error) => matches!(error, FileReadError::TooLarge(_)),
    }
}

/// What a mark says; `None` where there is no usable one.
pub(crate) fn read_mark(path: &Path) -> Option<MarkContent> {
    let bytes = read_file(path, BYTES as u64).ok()?;
    if !is_whole(&bytes) {
        return None;
    }
    let number = |from: usize| Some(i64::from_le_bytes(bytes.get(from..from + 8)?.try_into().ok()?));
    Some(MarkContent {
        epoch: bytes.get(..16)?.try_into().ok()?,
        progress: StoreProgress {
            commits: number(16)?,
            last_number: number(24).unwrap_or_default(),
        },
    })
}

/// The mark is written anew from now on: that what it said is lost is told in the log, to everybody who signs in, and in
/// the audit trail.
pub(super) fn tell_damage(
    connection: &Connection,
    mark: &Path,
    audit_key: &[u8; 32],
    now: Timestamp,
) -> Result<(), StoreError> {
    let why = "the high-water mark of the store was damaged: whether an older copy was put in its place cannot be told";
    tracing::error!(file = %mark.display(), why, "the high-water mark of the store is written anew");
    let entry = AuditEntry {
        actor: "host".to_owned(),
        action: "store.markDamaged",
        subject: mark.display().to_string(),
        detail: serde_json::json!({ "why": why }),
    };
    audit::append_entry(connection, audit_key, to_millis(now), &entry)?;
    controls::insert_notice_for_start(connection, &format!("{why}: {}", mark.display()))
}

/// The last number that the marks know; what can't be one counts as none.
pub(crate) fn last_number(marks: &[MarkContent]) -> i64 {
    let numbers = marks.iter().map(|mark| mark.progress.last_number);
    numbers
        .filter(|number| (0..=NUMBER_MAX).contains(number))
        .max()
        .unwrap_or(0)
}

/// Whether a store that is in `epoch` and has made so many commits is behind what one of its marks says.
pub(crate) fn is_behind_mark(epoch: Epoch, commits: i64, marks: &[MarkContent]) -> bool {
    marks
        .iter()
        .any(|mark| mark.epoch != *epoch.0.as_bytes() || mark.progress.commits > commits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cr_v6_a8_any_mark_that_is_ahead_or_of_another_life_proves_that_the_store_went_back() {
        let [mine, other] = [1, 2].map(|n| Epoch(uuid::Uuid::from_u128(n)));
        let mark = |epoch: Epoch, commits| MarkContent {
            epoch: *epoch.0.as_bytes(),
            progress: StoreProgress {
                commits,
                last_number: 0,
            },
        };
        assert!(!is_behind_mark(mine, 7, &[]));
        assert!(!is_behind_mark(mine, 7, &[mark(mine, 7), mark(mine, 3)]));
        assert!(is_behind_mark(mine, 7, &[mark(mine, 7), mark(mine, 8)]));
        assert!(is_behind_mark(mine, 7, &[mark(mine, 7), mark(other, 1)]));
    }

    #[test]
    fn wi_1_what_the_setting_names_by_mistake_is_neither_written_over_nor_removed() {
        let (folder, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let file = elsewhere.path().join("file");
        let places = HighWaterMarkFiles::new(folder.path(), Some(&file));
        let open = || HighWaterMark::open(&places, CurrentEpoch::new(Epoch(uuid::Uuid::from_u128(7))));
        let key = [0xff; 32];
        for content in [b"my notes".as_slice(), b"a key of 24 letters.....", &key, &[b'x'; 65]] {
            std::fs::write(&file, content).unwrap();
            let (path, error) = open().err().expect("it is no mark");
            assert_eq!((path, error.kind()), (file.clone(), io::ErrorKind::InvalidData));
            assert!(places.find_damaged().is_empty(), "it proves nothing of a store");
            places.remove().unwrap();
            assert_eq!(std::fs::read(&file).unwrap(), content);
        }
        // Its own, empty after a crash, or not there at all.
        std::fs::remove_file(&file).unwrap();
        let progress = StoreProgress {
            commits: 9,
            last_number: 3,
        };
        open().unwrap().write(progress);
        open().unwrap().write(progress);
        std::fs::write(&file, &std::fs::read(&file).unwrap()[..BYTES_BEFORE]).unwrap();
        open().unwrap().write(progress);
        std::fs::write(&file, "").unwrap();
        assert!(open().is_ok());
        places.remove().unwrap();
        assert!(!file.exists());
    }

    #[test]
    fn m23_a_mark_of_a_version_before_knows_no_number_and_one_that_nobody_can_have_written_counts_for_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(MARK);
        let read = |bytes: &[u8]| {
            std::fs::write(&path, bytes).unwrap();
            read_mark(&path)
        };
        let whole = |number: i64| [[7; 16].as_slice(), &9i64.to_le_bytes(), &number.to_le_bytes()].concat();
        let before = read(&whole(3)[..BYTES_BEFORE]).unwrap();
        assert_eq!(
            (before.epoch, before.progress.commits, last_number(&[before])),
            ([7; 16], 9, 0)
        );
        let marks: Vec<MarkContent> = [3, -1, i64::MAX].into_iter().filter_map(|n| read(&whole(n))).collect();
        assert_eq!((marks.len(), last_number(&marks)), (3, 3));
        for half in [0, 23, 25, 31] {
            assert_eq!(read(&whole(3)[..half]), None, "{half}");
        }
    }

    #[test]
    fn wi_13_a_mark_that_holds_something_else_is_found_and_made_usable_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(MARK);
        let places = HighWaterMarkFiles::new(folder.path(), None);
        assert!(places.find_damaged().is_empty(), "none is there");
        for (bytes, is_damaged) in [
            (0, false),
            (BYTES_BEFORE, false),
            (BYTES, false),
            (5, true),
            (100, true),
        ] {
            std::fs::write(&path, vec![7; bytes]).unwrap();
            assert_eq!(!places.find_damaged().is_empty(), is_damaged, "{bytes} bytes");
        }
        let life = CurrentEpoch::new(Epoch(uuid::Uuid::from_u128(1)));
        let progress = StoreProgress {
            commits: 9,
            last_number: 3,
        };
        HighWaterMark::open(&places, life).unwrap().write(progress);
        assert_eq!(read_mark(&path).map(|mark| mark.progress), Some(progress));
    }
}
