//! Damage to the file. A flipped bit shows in no write, so a probe that writes does not find it: the whole file is looked
//! at in the background, behind the start and once a day, and whenever a reader met something that can't be.
//!
//! SQLite finds what is wrong with its own structure; only a backup helps then. What stands in a device's body it does not
//! know, so each body has a sum. One that does not fit is told to nobody: the device counts as never read, and a full
//! scan, due at once, reads it again and writes it anew.

use rusqlite::{Connection, OptionalExtension, ffi};

use super::StoreError;
use crate::model::DeviceBody;

/// What does not fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreDamage {
    /// In the structure of the file, as SQLite says it.
    File(String),
    /// The bodies of so many devices.
    Devices(u64),
}

/// Bodies written by earlier versions have no sum.
pub(super) fn matches_checksum(body: &DeviceBody, sum: Option<i64>) -> bool {
    sum.is_none_or(|sum| sum == body.checksum())
}

/// As SQLite says it of its own pages.
pub(super) fn corruption_error() -> rusqlite::Error {
    rusqlite::Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_CORRUPT), None)
}

/// The first thing in the structure of the file that does not fit; `None`: nothing was found.
pub(super) fn find_corruption(connection: &Connection) -> Result<Option<String>, StoreError> {
    let verdict: Option<String> = connection
        .query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
        .optional()?;
    Ok(verdict.filter(|verdict| verdict != "ok"))
}
