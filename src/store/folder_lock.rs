//! The folder of a store: what its files are called, and that one process at a time has it.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use super::OpenError;
use crate::files::open_data_file;

pub(crate) const FILE: &str = "bus.db";
/// A store that is put back, complete: from here on it is the one.
pub(super) const READY: &str = "bus.db.restored";
pub(super) const LOCK: &str = "bus.lock";

/// How long a lock that somebody holds is waited for, and between two looks.
const HANDOVER: Duration = Duration::from_secs(2);
const LOCK_PAUSE: Duration = Duration::from_millis(20);

/// Holds the folder: as long as it lives, no other process opens the store.
pub(crate) struct FolderLock {
    _file: File,
    /// The folder itself is locked, too: a file in it can be removed, and made anew by somebody who would find it free.
    _folder: Option<File>,
}

pub(crate) fn lock_folder(folder: &Path) -> Result<FolderLock, OpenError> {
    let path = folder.join(LOCK);
    let io = |source| OpenError::Io {
        file: path.clone(),
        source,
    };
    let file = open_private_file(&path).map_err(io)?;
    let already_locked = || OpenError::InUse {
        folder: folder.to_owned(),
    };
    match wait_for_lock(&file) {
        Ok(()) => (),
        Err(TryLockError::WouldBlock) => return Err(already_locked()),
        Err(TryLockError::Error(source)) => return Err(io(source)),
    }
    let opened = File::open(folder).map_err(io)?;
    let _folder = match wait_for_lock(&opened) {
        Ok(()) => Some(opened),
        Err(TryLockError::WouldBlock) => return Err(already_locked()),
        // Not every file system locks folders; the file is what is left there.
        Err(TryLockError::Error(_)) => None,
    };
    Ok(FolderLock { _file: file, _folder })
}

/// Whoever held the lock may be gone and have left it for a moment to a process that is just being started: that has every
/// open file until it runs a program of its own. And a bus that ends is waited for.
fn wait_for_lock(file: &File) -> Result<(), TryLockError> {
    let since = Instant::now();
    loop {
        match file.try_lock() {
            Err(TryLockError::WouldBlock) if since.elapsed() < HANDOVER => std::thread::sleep(LOCK_PAUSE),
            done => return done,
        }
    }
}

/// A file that only the owner of the folder reads, made where it is missing; what is in it stays.
pub(super) fn open_private_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.truncate(false).write(true);
    open_data_file(path, &options)
}
