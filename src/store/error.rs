//! What can go wrong with the store, worded so that the reader knows what to do.

use std::path::PathBuf;

use super::SpaceShortage;

/// Reads after "failed to …".
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("the disk is full: nothing was written and nothing is lost; free some space")]
    Full(#[source] rusqlite::Error),
    #[error(
        "the disk failed ({0}): nothing was written and nothing is lost; see the machine's log for its cause (a broken disk, a lost network connection, a file system mounted read-only)"
    )]
    DiskFailed(#[source] rusqlite::Error),
    #[error("the store is damaged: stop the bus and restore a backup (intune-connector restore)")]
    Damaged(#[source] rusqlite::Error),
    #[error("the store reported: {0}")]
    Sqlite(#[source] rusqlite::Error),
    #[error("cannot read {what}: {value:?}")]
    Content { what: &'static str, value: String },
    #[error("{what} {name:?} does not exist")]
    Unknown { what: &'static str, name: String },
    #[error("{what} {name:?} already exists")]
    Exists { what: &'static str, name: String },
    #[error("{what} {name:?} differs from {known:?} only in upper and lower case")]
    Twin {
        what: &'static str,
        name: String,
        known: String,
    },
    #[error("server id {0:?} belongs to the operator who announced it first")]
    BelongsToAnother(String),
    #[error("the devices waiting for confirmation have changed since they were shown")]
    SetHasChanged,
    #[error("{what} changed in the meantime; nothing was done")]
    ChangedMeanwhile { what: &'static str },
    #[error("at least one operator must be able to manage operators everywhere")]
    LastAdministrator,
    #[error("the store is closed")]
    Closed,
}

impl StoreError {
    /// Stable, for machines.
    pub fn code(&self) -> &'static str {
        match self {
            StoreError::Full(_) => "diskFull",
            StoreError::DiskFailed(_) => "diskFailed",
            StoreError::Damaged(_) => "storeDamaged",
            StoreError::Sqlite(_) => "storeFailed",
            StoreError::Content { .. } => "storeContent",
            StoreError::Unknown { .. } => "unknown",
            StoreError::Exists { .. } => "exists",
            StoreError::Twin { .. } => "exists",
            StoreError::BelongsToAnother(_) => "belongsToAnother",
            StoreError::SetHasChanged => "setHasChanged",
            StoreError::ChangedMeanwhile { .. } => "changedMeanwhile",
            StoreError::LastAdministrator => "lastAdministrator",
            StoreError::Closed => "storeClosed",
        }
    }
}

impl StoreError {
    /// Of a file beside the store.
    pub(crate) fn from_io_error(error: &std::io::Error) -> StoreError {
        use std::io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
        let again = |code| rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(code), Some(error.to_string()));
        match error.kind() {
            StorageFull | QuotaExceeded | FileTooLarge => StoreError::Full(again(rusqlite::ffi::SQLITE_FULL)),
            _ => StoreError::DiskFailed(again(rusqlite::ffi::SQLITE_IOERR)),
        }
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode::{DatabaseCorrupt, DiskFull, NotADatabase, ReadOnly, SystemIoFailure};
        match error.sqlite_error_code() {
            Some(DiskFull) => StoreError::Full(error),
            Some(SystemIoFailure) if is_write_error(&error) && has_file_size_limit() => StoreError::Full(error),
            Some(SystemIoFailure | ReadOnly) => StoreError::DiskFailed(error),
            Some(DatabaseCorrupt | NotADatabase) => StoreError::Damaged(error),
            _ => StoreError::Sqlite(error),
        }
    }
}

fn is_write_error(error: &rusqlite::Error) -> bool {
    error
        .sqlite_error()
        .is_some_and(|error| error.extended_code == rusqlite::ffi::SQLITE_IOERR_WRITE)
}

/// A limit on the size of the process's files is no room either, and shows as a failed write.
fn has_file_size_limit() -> bool {
    rustix::process::getrlimit(rustix::process::Resource::Fsize)
        .current
        .is_some()
}

/// Why a folder's store can't be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("another process is using {}: stop it, or use commands that talk to the running bus", .folder.display())]
    InUse { folder: PathBuf },
    #[error("{} was written by a newer version (store version {found}, this one knows {known}): update intune-connector, or {way_back}", .file.display())]
    Newer {
        file: PathBuf,
        found: i64,
        known: i64,
        way_back: String,
    },
    #[error("{} was written by a version before the first release, with other tables: move it away and start again; keep instances/ and bus.ini; the next scan reads the devices again", .file.display())]
    BeforeRelease { file: PathBuf },
    #[error("{} has no store; a file that was not made by a restore here was moved to {} ({why}); restore a backup: intune-connector restore FILE --data {}", .folder.display(), .refused.display(), .folder.display())]
    NoStore {
        folder: PathBuf,
        refused: PathBuf,
        why: String,
    },
    #[error("{} is not a store of intune-connector", .file.display())]
    Foreign { file: PathBuf },
    #[error("failed to open {}: {source}", .file.display())]
    Io { file: PathBuf, source: std::io::Error },
    #[error("cannot write the high-water mark {} ({source}): give its folder to the account of the bus; one that is named by mark_file in bus.ini can be changed or removed there", .file.display())]
    Mark { file: PathBuf, source: std::io::Error },
    #[error("failed to open {}: {source}", .file.display())]
    Store { file: PathBuf, source: StoreError },
    #[error("cannot keep a copy of {} before upgrading it, which is therefore unchanged: {source}", .file.display())]
    UpgradeCopy { file: PathBuf, source: StoreError },
    #[error("{} was not upgraded and is unchanged: {shortage}: {}", .file.display(), .shortage.describe_cure())]
    UpgradeSpace { file: PathBuf, shortage: SpaceShortage },
    #[error("failed to upgrade {} to the newest version: {source}", .file.display())]
    Upgrade { file: PathBuf, source: StoreError },
    #[error("failed to upgrade {} to the newest version: {source}", .file.display())]
    Migration {
        file: PathBuf,
        source: rusqlite_migration::Error,
    },
}

impl OpenError {
    /// What the store says of a step, and not the library that takes it.
    pub(crate) fn from_migration(file: PathBuf, error: rusqlite_migration::Error) -> OpenError {
        match error {
            rusqlite_migration::Error::RusqliteError { err, .. } => OpenError::Upgrade {
                file,
                source: err.into(),
            },
            source => OpenError::Migration { file, source },
        }
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::ffi;

    use super::*;

    #[test]
    fn cr_d3_e3_a_disk_that_fails_is_not_told_as_a_full_one() {
        let code = |extended| {
            let error = rusqlite::Error::SqliteFailure(ffi::Error::new(extended), None);
            StoreError::from(error).code()
        };
        assert_eq!(code(ffi::SQLITE_FULL), "diskFull");
        for failed in [
            ffi::SQLITE_IOERR_FSYNC,
            ffi::SQLITE_IOERR_READ,
            ffi::SQLITE_IOERR_WRITE,
            ffi::SQLITE_READONLY,
            ffi::SQLITE_IOERR,
        ] {
            assert_eq!(code(failed), "diskFailed", "{failed}");
        }
        assert_eq!(code(ffi::SQLITE_CORRUPT), "storeDamaged");
        assert_eq!(code(ffi::SQLITE_NOTADB), "storeDamaged");
    }

    #[test]
    fn wi_40_a_full_disk_is_told_by_the_store_and_not_by_the_library_of_migrations() {
        let err = rusqlite::Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_FULL), None);
        let query = String::new();
        let error = OpenError::from_migration("bus.db".into(), rusqlite_migration::Error::RusqliteError { query, err });
        let told = error.to_string();
        assert!(
            told.contains("the disk is full") && told.contains("free some space"),
            "{told}"
        );
        assert!(!told.contains("rusqlite") && !told.contains("query"), "{told}");
    }
}
