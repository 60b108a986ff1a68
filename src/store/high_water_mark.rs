//! A high-water mark: epoch and number of commits. It is written after each commit, so it is never ahead of the store
//! that wrote it; a store behind its mark was put back by hand, and that is a restore.
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

const BYTES: usize = 24;
/// Beside the store.
pub(crate) const MARK: &str = "bus.mark";

/// Where the marks of a folder's store lie.
#[derive(Debug, Clone)]
pub(crate) struct HighWaterMarkFiles(Vec<PathBuf>);

impl HighWaterMarkFiles {
    /// `elsewhere`: outside of the folder.
    pub(crate) fn new(folder: &Path, elsewhere: Option<&Path>) -> HighWaterMarkFiles {
        let beside = folder.join(MARK);
        HighWaterMarkFiles(std::iter::once(beside).chain(elsewhere.map(Path::to_owned)).collect())
    }

    /// What the marks say that are there and usable: the epoch and the commits made in it.
    pub(crate) fn read_marks(&self) -> Vec<([u8; 16], i64)> {
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
    pub(crate) fn write(&mut self, commits: i64) {
        let mut bytes = [0; BYTES];
        bytes[..16].copy_from_slice(self.current_epoch.epoch().0.as_bytes());
        bytes[16..].copy_from_slice(&commits.to_le_bytes());
        for file in &self.files {
            if let Err(error) = file.write_all_at(&bytes, 0) {
                tracing::warn!(error = %error, "cannot write a high-water mark of the store");
            }
        }
    }
}

/// What a mark says; `None` where there is no usable one.
pub(crate) fn read_mark(path: &Path) -> Option<([u8; 16], i64)> {
    let bytes: [u8; BYTES] = read_file(path, BYTES as u64).ok()?.as_slice().try_into().ok()?;
    let epoch = bytes[..16].try_into().ok()?;
    Some((epoch, i64::from_le_bytes(bytes[16..].try_into().ok()?)))
}

/// Whether a store that is in `epoch` and has made so many commits is behind what one of its marks says.
pub(crate) fn is_behind_mark(epoch: Epoch, commits: i64, marks: &[([u8; 16], i64)]) -> bool {
    marks
        .iter()
        .any(|(marked, seen)| marked != epoch.0.as_bytes() || *seen > commits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cr_v6_a8_any_mark_that_is_ahead_or_of_another_life_proves_that_the_store_went_back() {
        let [mine, other] = [1, 2].map(|n| Epoch(uuid::Uuid::from_u128(n)));
        let mark = |epoch: Epoch, commits| (*epoch.0.as_bytes(), commits);
        assert!(!is_behind_mark(mine, 7, &[]));
        assert!(!is_behind_mark(mine, 7, &[mark(mine, 7), mark(mine, 3)]));
        assert!(is_behind_mark(mine, 7, &[mark(mine, 7), mark(mine, 8)]));
        assert!(is_behind_mark(mine, 7, &[mark(mine, 7), mark(other, 1)]));
    }
}
