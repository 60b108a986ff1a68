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

use super::current_epoch::CurrentEpoch;
use crate::files::{open_file_for_owner, read_file};
use crate::model::Epoch;

const BYTES: usize = 32;
/// Without the number, as versions before wrote it.
const BYTES_BEFORE: usize = 24;
/// What is above it was not written by a store.
const NUMBER_MAX: i64 = 1 << 31;
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

    pub(crate) fn remove(&self) -> io::Result<()> {
        self.0.iter().try_for_each(|path| match std::fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        })
    }
}

pub(crate) struct HighWaterMark {
    files: Vec<File>,
    current_epoch: CurrentEpoch,
}

impl HighWaterMark {
    /// Fails with the path that can't be written: a mark that is not there proves nothing on the day it is needed.
    pub(crate) fn open(places: &HighWaterMarkFiles, life: CurrentEpoch) -> Result<HighWaterMark, (PathBuf, io::Error)> {
        // The one elsewhere, too: the account of the bus has to write it.
        let folder = places.0[0].parent().unwrap_or(Path::new("."));
        let open = |path: &PathBuf| {
            let mut options = OpenOptions::new();
            options.write(true).truncate(false);
            open_file_for_owner(path, &options, folder).map_err(|error| (path.clone(), error))
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

/// What a mark says; `None` where there is no usable one.
pub(crate) fn read_mark(path: &Path) -> Option<MarkContent> {
    let bytes = read_file(path, BYTES as u64).ok()?;
    if bytes.len() != BYTES && bytes.len() != BYTES_BEFORE {
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
}
