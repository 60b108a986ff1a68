//! A copy of the store, made while the bus runs.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use openssl::sha::Sha256;
use rusqlite::Connection;
use rusqlite::backup::Backup;

use super::{Store, StoreError, restore_marker};
use crate::files::create_data_file;

/// The name of a copy that is streamed, while it has one.
const STREAMED: &str = "bus.db.streamed";
/// What pages of a scan that are written together come to at most.
const ROOM_BYTES: usize = 4 << 20;
/// Pages copied before other work gets its turn.
const STEP_PAGES: i32 = 512;

impl Store {
    /// Writes a whole, consistent copy to `file`, which must not exist yet. Appears under its name only when complete.
    pub async fn write_backup(&self, file: &Path) -> Result<(), StoreError> {
        let target = file.to_owned();
        self.read(move |connection| {
            let part = PartFile::create_beside(&target).map_err(|error| backup_error(&error))?;
            drop(part.copy_store(connection)?);
            part.persist_noclobber(&target).map_err(|error| match error.kind() {
                io::ErrorKind::AlreadyExists => StoreError::Exists {
                    what: "file",
                    name: target.display().to_string(),
                },
                _ => backup_error(&error),
            })
        })
        .await
    }
}

/// A whole copy of the store that has no name any more: it is gone when it is closed, however the process ends.
pub struct BackupCopy {
    pub file: File,
    pub bytes: u64,
    /// Of all bytes.
    pub sha256: [u8; 32],
}

impl Store {
    /// A consistent copy of one moment, on the disk of the data folder, for whoever takes it away. Needs as much room as
    /// the store has.
    pub async fn create_backup_copy(&self) -> Result<BackupCopy, StoreError> {
        let target = self.inner.folder.join(STREAMED);
        self.read(move |connection| {
            let part = PartFile::create_beside(&target).map_err(|error| backup_error(&error))?;
            part.copy_store(connection)?.close().map_err(|(_, error)| error)?;
            let mut file = File::open(part.path()).map_err(|error| backup_error(&error))?;
            // Without a name from here on.
            drop(part);
            let (bytes, sha256) = digest_file(&mut file).map_err(|error| backup_error(&error))?;
            Ok(BackupCopy { file, bytes, sha256 })
        })
        .await
    }
}

impl Store {
    /// Whether there is room for as much as a scan writes at once. The store itself is left alone.
    pub async fn check_free_space(&self) -> Result<(), StoreError> {
        let folder = self.inner.folder.clone();
        let probe = tokio::task::spawn_blocking(move || write_probe_file(&folder, ROOM_BYTES)).await;
        let probe = probe.map_err(|_| StoreError::Closed)?;
        probe.map_err(|error| StoreError::from_io_error(&error))
    }
}

impl Store {
    /// A new file on the disk of the data folder that has no name any more: it is gone when it is closed, however the
    /// process ends.
    pub fn create_unnamed_file(&self) -> Result<File, StoreError> {
        let create = || {
            let part = PartFile::create_beside(&self.inner.folder.join(STREAMED))?;
            OpenOptions::new().read(true).write(true).open(part.path())
        };
        create().map_err(|error| StoreError::from_io_error(&error))
    }
}

/// Reads to the end and goes back to the beginning.
fn digest_file(file: &mut File) -> io::Result<(u64, [u8; 32])> {
    let (mut hash, mut bytes, mut buffer) = (Sha256::new(), 0, vec![0; 256 << 10]);
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            file.seek(io::SeekFrom::Start(0))?;
            return Ok((bytes, hash.finish()));
        }
        hash.update(&buffer[..read]);
        bytes += read as u64;
    }
}

/// Writes so many bytes into the folder, onto the disk, and takes them away again.
fn write_probe_file(folder: &Path, bytes: usize) -> io::Result<()> {
    let part = PartFile::create_beside(&folder.join(STREAMED))?;
    let mut file = OpenOptions::new().write(true).open(part.path())?;
    file.write_all(&vec![0xa5; bytes])?;
    file.sync_all()
}

/// Takes away what a process left that died while it made a copy; the folder's lock is held.
pub(super) fn remove_partial_copies(folder: &Path) {
    let left = |name: &str| {
        let partial_suffix = name.strip_prefix(STREAMED).and_then(|rest| rest.strip_prefix('.'));
        let id = partial_suffix.map(|rest| rest.trim_end_matches("-journal"));
        let id = id.and_then(|rest| rest.strip_suffix(".part"));
        id.is_some_and(|id| uuid::Uuid::try_parse(id).is_ok())
    };
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_name().to_str().is_some_and(left)
            && let Err(error) = std::fs::remove_file(entry.path())
        {
            tracing::warn!(path = %entry.path().display(), error = %error, "cannot remove an incomplete copy of the store");
        }
    }
}

fn backup_error(error: &io::Error) -> StoreError {
    StoreError::Content {
        what: "a backup file",
        value: error.to_string(),
    }
}

/// A file on its way. It is made new, so it is never somebody else's; it goes, unless it was given its name.
pub struct PartFile(PathBuf);

impl PartFile {
    /// In the folder of `target`, under a name that nobody else uses.
    pub fn create_beside(target: &Path) -> io::Result<PartFile> {
        let mut name = target.file_name().unwrap_or_default().to_owned();
        name.push(format!(".{}.part", uuid::Uuid::new_v4()));
        PartFile::new(target.with_file_name(name))
    }

    /// Where it lies until it has its name.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Belongs to whom its folder belongs.
    pub(super) fn create_in_data_folder(path: PathBuf) -> io::Result<PartFile> {
        create_data_file(&path, &[])?;
        Ok(PartFile(path))
    }

    /// Only its owner reads it: what it holds is about people, and its folder may be anybody's.
    fn new(path: PathBuf) -> io::Result<PartFile> {
        OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path)?;
        Ok(PartFile(path))
    }

    /// Copies the store of `from`, what is only in its log included. The copy has no log.
    pub(super) fn copy_store(&self, from: &Connection) -> Result<Connection, StoreError> {
        let mut copy = Connection::open(&self.0)?;
        // Of one moment, which begins with the first look: else each commit meanwhile would have the copy begin anew.
        let moment = from.unchecked_transaction()?;
        moment.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
        Backup::new(from, &mut copy)?.run_to_completion(STEP_PAGES, Duration::ZERO, None)?;
        copy.pragma_update_and_check(None, "journal_mode", "DELETE", |_| Ok(()))?;
        restore_marker::remove(&copy)?;
        Ok(copy)
    }

    /// The copy is on the disk under `name` when this returns. What has that name already goes.
    pub(super) fn persist(self, name: &Path) -> io::Result<()> {
        File::open(&self.0)?.sync_all()?;
        std::fs::rename(&self.0, name)?;
        sync_parent_folder(name)
    }

    /// The same, but what has that name already stays as it is.
    pub fn persist_noclobber(self, name: &Path) -> io::Result<()> {
        File::open(&self.0)?.sync_all()?;
        match std::fs::hard_link(&self.0, name) {
            Ok(()) => (),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists || name.try_exists()? => {
                return Err(io::ErrorKind::AlreadyExists.into());
            }
            // Not every file system has links.
            Err(_) => return self.persist(name),
        }
        // A link leaves the first name, too.
        drop(self);
        sync_parent_folder(name)
    }
}

impl Drop for PartFile {
    fn drop(&mut self) {
        // After a rename there is nothing left to remove.
        let _ = std::fs::remove_file(&self.0);
        let _ = std::fs::remove_file(path_with_suffix(&self.0, "-journal"));
    }
}

/// What SQLite keeps beside a store.
pub(super) fn path_with_suffix(file: &Path, suffix: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// Names are on the disk only when their folder is.
pub(super) fn sync_parent_folder(file: &Path) -> io::Result<()> {
    let folder = match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    File::open(folder)?.sync_all()
}
