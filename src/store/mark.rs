//! A high-water mark in a file beside the store: epoch and number of commits. It is written after each commit, so it is
//! never ahead of the store that wrote it; a store behind its mark was put back by hand, and that is a restore.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;

use crate::config::read_file;
use crate::model::Epoch;

const BYTES: usize = 24;

pub struct Mark {
    file: File,
    epoch: Epoch,
}

impl Mark {
    pub fn open(path: &Path, epoch: Epoch) -> std::io::Result<Mark> {
        let file = OpenOptions::new()
            .create(true)
            .write(true)
            .truncate(false)
            .mode(0o600)
            .open(path)?;
        Ok(Mark { file, epoch })
    }

    /// What the file says: the epoch and the commits made in it. `None` where there is no usable mark.
    pub fn read(path: &Path) -> Option<([u8; 16], i64)> {
        let bytes: [u8; BYTES] = read_file(path, BYTES as u64).ok()?.as_slice().try_into().ok()?;
        let epoch = bytes[..16].try_into().ok()?;
        Some((epoch, i64::from_le_bytes(bytes[16..].try_into().ok()?)))
    }

    /// Best effort: a mark that lags behind is harmless.
    pub fn write(&mut self, commits: i64) {
        let mut bytes = [0; BYTES];
        bytes[..16].copy_from_slice(self.epoch.0.as_bytes());
        bytes[16..].copy_from_slice(&commits.to_le_bytes());
        if let Err(error) = self.file.write_all_at(&bytes, 0) {
            tracing::warn!(error = %error, "the high-water mark beside the store could not be written");
        }
    }
}
