//! A backup, put back while no bus runs.
//!
//! Nothing of the store that was there is opened, because it may be damaged: that is when people restore. It is put
//! aside as it is, and its write-ahead log is what makes this delicate. Beside another store SQLite would play the log
//! into that one; without it the old store lacks what was committed last. Both files can't change places in one step.
//!
//! So the new store is built whole under a name of its own, and one rename makes it *ready*. Before that nothing was
//! touched; from then on whoever takes the folder ([`finish`]) brings the rest to its end before anybody looks at
//! `bus.db`. Each step of the rest may be done again, so a crash between any two of them loses nothing, and at no moment
//! is a store's folder without a `bus.db`.

use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags};

use super::backup::{Part, sync_folder_of, with_suffix};
use super::{OpenError, StoreError, meta, open, schema};

/// The new store while it is built; worth nothing after a crash.
const BUILDING: &str = "bus.db.restoring";
/// The new store, complete: from here on it is the one.
pub(super) const READY: &str = "bus.db.restored";
/// What was there before, and that with a number where there is one already.
const KEPT: &str = "bus.db.before-restore";
/// Stores put aside in one folder; somebody should look after them before there are more.
const MOST_KEPT: u32 = 100;
/// Logs that SQLite plays into the store beside which it finds them.
const LOGS: [&str; 2] = ["-wal", "-journal"];
/// An index of the log, made anew where it is missing.
const INDEX: &str = "-shm";

#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error("{} is not a whole backup of intune-connector: {problem}", .file.display())]
    NotABackup { file: PathBuf, problem: String },
    #[error("failed to put {} back: {source}", .file.display())]
    Io { file: PathBuf, source: io::Error },
    #[error("the backup lies ready as {}, but could not take the store's place: {source}", .file.display())]
    Unfinished { file: PathBuf, source: io::Error },
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Called behind each step that a crash could follow; tests let it fail.
type Seam<'a> = &'a mut dyn FnMut() -> io::Result<()>;

/// Puts a backup back into a folder that no bus works on, and tells under which name the store that was there is kept.
/// The store gets a new epoch: every server starts over with a snapshot (F3, F4).
pub fn restore(folder: &Path, file: &Path) -> Result<Option<PathBuf>, RestoreError> {
    restore_with(folder, file, &mut || Ok(()))
}

fn restore_with(folder: &Path, file: &Path, seam: Seam<'_>) -> Result<Option<PathBuf>, RestoreError> {
    let _lock = open::lock(folder)?;
    let backup = verified(file)?;
    let ready = folder.join(READY);
    let unfinished = |source| RestoreError::Unfinished {
        file: ready.clone(),
        source,
    };
    // What an earlier restore began goes first, or its store would be lost to this one.
    finish_with(folder, seam).map_err(unfinished)?;
    build(&backup, folder, seam)?;
    drop(backup);
    finish_with(folder, seam).map_err(unfinished)
}

/// Brings a restore to its end that was not; the folder's lock is held. Tells where it put the store that was there.
pub(super) fn finish(folder: &Path) -> io::Result<Option<PathBuf>> {
    finish_with(folder, &mut || Ok(()))
}

fn finish_with(folder: &Path, seam: Seam<'_>) -> io::Result<Option<PathBuf>> {
    let ready = folder.join(READY);
    if !ready.try_exists()? {
        return Ok(None);
    }
    let target = folder.join(open::FILE);
    let kept = put_aside(&target, seam)?;
    sync_folder_of(&target)?;
    std::fs::rename(&ready, &target)?;
    seam()?;
    // Left behind, it would only show once more that the store was put back.
    remove(&open::mark_path(folder))?;
    sync_folder_of(&target)?;
    Ok(kept)
}

/// Gives the store a second name and moves its logs there; it keeps its first one until another takes it.
fn put_aside(target: &Path, seam: Seam<'_>) -> io::Result<Option<PathBuf>> {
    let with_logs = || std::iter::once("").chain(LOGS);
    let is_there = with_logs().any(|suffix| with_suffix(target, suffix).exists());
    if !is_there {
        return Ok(None);
    }
    let kept = place(target)?;
    if target.exists() && !is_same(target, &kept) {
        // Not every file system has links.
        std::fs::hard_link(target, &kept).or_else(|_| std::fs::copy(target, &kept).map(drop))?;
        std::fs::File::open(&kept)?.sync_all()?;
        seam()?;
    }
    for suffix in LOGS {
        let log = with_suffix(target, suffix);
        if log.exists() {
            std::fs::rename(&log, with_suffix(&kept, suffix))?;
            seam()?;
        }
    }
    remove(&with_suffix(target, INDEX))?;
    seam()?;
    Ok(Some(kept))
}

/// The first name that nothing has, or that the store got before a crash.
fn place(target: &Path) -> io::Result<PathBuf> {
    let name = |n| match n {
        1 => target.with_file_name(KEPT),
        n => target.with_file_name(format!("{KEPT}-{n}")),
    };
    let is_free = |place: &PathBuf| {
        let taken = |suffix: &str| with_suffix(place, suffix).symlink_metadata().is_ok();
        is_same(target, place) || !(taken("") || LOGS.into_iter().any(taken))
    };
    (1..=MOST_KEPT).map(name).find(is_free).ok_or_else(|| {
        let many = format!("{MOST_KEPT} stores from before a restore lie here already: move them away");
        io::Error::new(io::ErrorKind::AlreadyExists, many)
    })
}

/// Two names of one file.
fn is_same(one: &Path, other: &Path) -> bool {
    let number = |path: &Path| path.symlink_metadata().ok().map(|facts| (facts.dev(), facts.ino()));
    number(one).is_some_and(|found| number(other) == Some(found))
}

fn remove(file: &Path) -> io::Result<()> {
    match std::fs::remove_file(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Makes the new store ready: the backup, in the newest version, with a new epoch.
fn build(backup: &Connection, folder: &Path, seam: Seam<'_>) -> Result<(), RestoreError> {
    let fresh = folder.join(BUILDING);
    let io = |source| RestoreError::Io {
        file: fresh.clone(),
        source,
    };
    for suffix in ["", INDEX].into_iter().chain(LOGS) {
        remove(&with_suffix(&fresh, suffix)).map_err(io)?;
    }
    let part = Part::new(fresh.clone()).map_err(io)?;
    // Somebody else may put back what the service is to work on; who may not give it away could write here himself.
    if let Ok(facts) = folder.metadata() {
        let _ = std::os::unix::fs::chown(&fresh, Some(facts.uid()), Some(facts.gid()));
    }
    let mut connection = part.fill(backup)?;
    schema::migrations()
        .to_latest(&mut connection)
        .map_err(|source| OpenError::Migration {
            file: fresh.clone(),
            source,
        })?;
    meta::new_epoch(&connection)?;
    // The clock of a restore is the machine's: no bus runs.
    super::jobs::after_restore(&connection, crate::observe::Clock::system().now())?;
    connection.close().map_err(|(_, error)| StoreError::from(error))?;
    seam().map_err(io)?;
    part.replace(&folder.join(READY)).map_err(io)?;
    seam().map_err(io)
}

fn verified(file: &Path) -> Result<Connection, RestoreError> {
    let bad = |problem: String| RestoreError::NotABackup {
        file: file.to_owned(),
        problem,
    };
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(file, flags).map_err(|error| bad(error.to_string()))?;
    open::check(&connection, file)?;
    let verdict: String = connection
        .query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
        .map_err(|error| bad(error.to_string()))?;
    if verdict != "ok" {
        return Err(bad(verdict));
    }
    match meta::epoch(&connection) {
        Ok(Some(_)) => Ok(connection),
        _ => Err(bad("it has no epoch".into())),
    }
}

#[cfg(test)]
#[path = "restore_tests.rs"]
mod tests;
