//! A backup, put back while no bus runs.
//!
//! Nothing of the store that was there is opened, because it may be damaged: that is when people restore. It is put
//! aside as it is, and its write-ahead log is what makes this delicate. Beside another store SQLite would play the log
//! into that one; without it the old store lacks what was committed last. Both files can't change places in one step.
//!
//! So the new store is built whole under a name of its own, and one rename makes it *ready*. Before that nothing was
//! touched; from then on whoever takes the folder ([`finish_restore`]) brings the rest to its end before anybody looks at
//! `bus.db`. Each step of the rest may be done again, so a crash between any two of them loses nothing, and at no moment
//! is a store's folder without a `bus.db`.
//!
//! That a file is called as the ready store proves nothing: [`super::restore_marker`] tells one that [`restore_backup`] has
//! built here from any other, which is put aside.

use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags};

use super::backup::{PartFile, path_with_suffix, sync_parent_folder};
use super::folder_lock::{FILE, READY, lock_folder};
use super::high_water_mark::{self, HighWaterMarkFiles};
use super::store_rollback::secure_offline;
use super::{OpenError, StoreError, audit, meta, open, restore_marker, schema};
use crate::files::copy_data_file;
use crate::model::RollbackEvidence;

/// The new store while it is built; worth nothing after a crash.
const BUILDING: &str = "bus.db.restoring";
/// What was called so and was not made by a restore, and that with a number where there is one already.
pub const REFUSED: &str = "bus.db.refused";
/// What was there before, and that with a number where there is one already.
const KEPT: &str = "bus.db.before-restore";
/// Stores that restores have put aside and that are kept, the newest.
const NEWEST_KEPT: usize = 3;
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
    #[error("{} is not a backup: {problem}", .file.display())]
    NotABackup { file: PathBuf, problem: String },
    #[error("failed to restore {}: {source}", .file.display())]
    Io { file: PathBuf, source: io::Error },
    #[error("the backup is ready as {}, but could not replace the store: {source}", .file.display())]
    Unfinished { file: PathBuf, source: io::Error },
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The first bytes of every SQLite database.
const DATABASE_HEADER: &[u8] = b"SQLite format 3\0";

/// A database that was cut off, or changed by something else.
const DAMAGED: &str = "it is damaged or incomplete";

/// Called behind each step that a crash could follow; tests let it fail.
type RestoreFailpoint<'a> = &'a mut dyn FnMut() -> io::Result<()>;

/// What a restore that is at its end has put aside, under which names.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct RestoreOutcome {
    /// The store that was there.
    pub old_store: Option<PathBuf>,
    /// Stores that earlier restores had put aside and that are removed now: only the newest few are kept.
    pub removed: Vec<PathBuf>,
    /// A file that claimed to be a restored store and was not.
    pub refused: Option<RefusedFile>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedFile {
    /// Where it lies now.
    pub path: PathBuf,
    pub reason: String,
}

/// Puts a backup back into a folder that no bus works on. The store gets a new epoch: every server starts over with a
/// snapshot (F3, F4). `audit_key`: as for [`super::Store::open`] of this folder.
pub fn restore_backup(folder: &Path, file: &Path, audit_key: &[u8; 32]) -> Result<RestoreOutcome, RestoreError> {
    restore_with_mark(folder, None, file, audit_key)
}

/// The same, where the store has a second mark (`mark_file` of the settings).
pub fn restore_with_mark(
    folder: &Path,
    mark_file: Option<&Path>,
    file: &Path,
    audit_key: &[u8; 32],
) -> Result<RestoreOutcome, RestoreError> {
    restore_with_failpoint(
        folder,
        &HighWaterMarkFiles::new(folder, mark_file),
        file,
        audit_key,
        &mut || Ok(()),
    )
}

fn restore_with_failpoint(
    folder: &Path,
    marks: &HighWaterMarkFiles,
    file: &Path,
    audit_key: &[u8; 32],
    seam: RestoreFailpoint<'_>,
) -> Result<RestoreOutcome, RestoreError> {
    let _lock = lock_folder(folder)?;
    open::restrict_permissions(folder)?;
    let backup = open_verified_backup(file)?;
    let ready = folder.join(READY);
    let unfinished = |source| RestoreError::Unfinished {
        file: ready.clone(),
        source,
    };
    // What an earlier restore began goes first, or its store would be lost to this one.
    let before = finish_with_failpoint(folder, marks, audit_key, seam).map_err(unfinished)?;
    build_store(&backup, folder, marks, audit_key, seam)?;
    drop(backup);
    let done = finish_with_failpoint(folder, marks, audit_key, seam).map_err(unfinished)?;
    Ok(RestoreOutcome {
        refused: before.refused.or(done.refused),
        ..done
    })
}

/// Brings a restore to its end that was not; the folder's lock is held.
pub(super) fn finish_restore(
    folder: &Path,
    marks: &HighWaterMarkFiles,
    audit_key: &[u8; 32],
) -> io::Result<RestoreOutcome> {
    finish_with_failpoint(folder, marks, audit_key, &mut || Ok(()))
}

fn finish_with_failpoint(
    folder: &Path,
    marks: &HighWaterMarkFiles,
    audit_key: &[u8; 32],
    seam: RestoreFailpoint<'_>,
) -> io::Result<RestoreOutcome> {
    let ready = folder.join(READY);
    // A link to nowhere is there, too.
    match ready.symlink_metadata() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(RestoreOutcome::default()),
        facts => {
            facts?;
        }
    }
    if let Some(why) = restore_marker::find_marker_problem(&ready, folder, audit_key) {
        let refused = Some(set_refused_aside(&ready, why)?);
        return Ok(RestoreOutcome {
            refused,
            ..RestoreOutcome::default()
        });
    }
    let target = folder.join(FILE);
    let kept = keep_old_store(&target, seam)?;
    sync_parent_folder(&target)?;
    std::fs::rename(&ready, &target)?;
    seam()?;
    // Left behind, they would only show once more that the store was put back.
    marks.remove()?;
    sync_parent_folder(&target)?;
    // The restore has taken place, whatever becomes of this.
    let removed = remove_oldest_kept(&target).unwrap_or_else(|error| {
        tracing::warn!(error = %error, "cannot remove stores set aside by earlier restores");
        Vec::new()
    });
    Ok(RestoreOutcome {
        old_store: kept,
        removed,
        refused: None,
    })
}

/// Of the stores that were put aside only the newest stay: each is as large as the store itself.
fn remove_oldest_kept(target: &Path) -> io::Result<Vec<PathBuf>> {
    let folder = target.parent().unwrap_or(Path::new("."));
    let is_kept = |name: &str| {
        let number = name.strip_prefix(KEPT);
        number.is_some_and(|rest| rest.is_empty() || rest.strip_prefix('-').is_some_and(|n| n.parse::<u32>().is_ok()))
    };
    let mut kept = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name().to_str().is_some_and(is_kept) {
            let facts = entry.path().symlink_metadata()?;
            // When it got its name.
            kept.push(((facts.ctime(), facts.ctime_nsec()), entry.path()));
        }
    }
    kept.sort();
    kept.truncate(kept.len().saturating_sub(NEWEST_KEPT));
    let oldest: Vec<PathBuf> = kept.into_iter().map(|(_, path)| path).collect();
    for path in &oldest {
        for suffix in LOGS {
            remove(&path_with_suffix(path, suffix))?;
        }
        remove(path)?;
    }
    Ok(oldest)
}

/// Puts aside what is no restored store: whoever is to look into it finds it, and nobody takes it for one again.
fn set_refused_aside(ready: &Path, why: String) -> io::Result<RefusedFile> {
    let path = first_free_path(ready, REFUSED, |candidate| candidate.symlink_metadata().is_err())?;
    std::fs::rename(ready, &path)?;
    sync_parent_folder(&path)?;
    Ok(RefusedFile { path, reason: why })
}

/// Gives the store a second name and moves its logs there; it keeps its first one until another takes it.
fn keep_old_store(target: &Path, failpoint: RestoreFailpoint<'_>) -> io::Result<Option<PathBuf>> {
    let with_logs = || std::iter::once("").chain(LOGS);
    let is_there = with_logs().any(|suffix| path_with_suffix(target, suffix).exists());
    if !is_there {
        return Ok(None);
    }
    let kept = choose_kept_path(target)?;
    if target.exists() && !is_same_file(target, &kept) {
        // Not every file system has links.
        std::fs::hard_link(target, &kept).or_else(|_| copy_data_file(target, &kept))?;
        std::fs::File::open(&kept)?.sync_all()?;
        failpoint()?;
    }
    for suffix in LOGS {
        let log = path_with_suffix(target, suffix);
        if log.exists() {
            std::fs::rename(&log, path_with_suffix(&kept, suffix))?;
            failpoint()?;
        }
    }
    remove(&path_with_suffix(target, INDEX))?;
    failpoint()?;
    Ok(Some(kept))
}

/// The first name that nothing has, or that the store got before a crash.
fn choose_kept_path(target: &Path) -> io::Result<PathBuf> {
    first_free_path(target, KEPT, |candidate| {
        let taken = |suffix: &str| path_with_suffix(candidate, suffix).symlink_metadata().is_ok();
        is_same_file(target, candidate) || !(taken("") || LOGS.into_iter().any(taken))
    })
}

/// `stem`, or `stem` with a number, in the folder of `beside`.
fn first_free_path(beside: &Path, stem: &str, is_free: impl Fn(&PathBuf) -> bool) -> io::Result<PathBuf> {
    let name = |n| match n {
        1 => beside.with_file_name(stem),
        n => beside.with_file_name(format!("{stem}-{n}")),
    };
    (1..=MOST_KEPT).map(name).find(is_free).ok_or_else(|| {
        let many = format!("there are already {MOST_KEPT} files named {stem} here: move them away");
        io::Error::new(io::ErrorKind::AlreadyExists, many)
    })
}

/// Two names of one file.
fn is_same_file(one: &Path, other: &Path) -> bool {
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
fn build_store(
    backup: &Connection,
    folder: &Path,
    marks: &HighWaterMarkFiles,
    audit_key: &[u8; 32],
    seam: RestoreFailpoint<'_>,
) -> Result<(), RestoreError> {
    let fresh = folder.join(BUILDING);
    let io = |source| RestoreError::Io {
        file: fresh.clone(),
        source,
    };
    for suffix in ["", INDEX].into_iter().chain(LOGS) {
        remove(&path_with_suffix(&fresh, suffix)).map_err(io)?;
    }
    let part = PartFile::create_in_data_folder(fresh.clone()).map_err(io)?;
    let mut connection = part.copy_store(backup)?;
    open::register_functions(&connection)?;
    schema::build_migrations()
        .to_latest(&mut connection)
        .map_err(|error| OpenError::from_migration(fresh.clone(), error))?;
    let epoch = secure_offline(&connection, audit_key, RollbackEvidence::Restore)?;
    // Servers may still hold what came under numbers that the backup does not know.
    meta::raise_last_number(&connection, high_water_mark::last_number(&marks.read_marks()))?;
    restore_marker::write_marker(&connection, folder, audit_key, epoch)?;
    connection.close().map_err(|(_, error)| StoreError::from(error))?;
    seam().map_err(io)?;
    part.persist(&folder.join(READY)).map_err(io)?;
    seam().map_err(io)
}

/// Whether a backup was provably written by a bus with another key: what is sealed in it could not be opened, and its
/// audit trail would count as broken. One that has no entry, or of before there was a trail, proves nothing.
pub fn has_other_key(file: &Path, audit_key: &[u8; 32]) -> Result<bool, RestoreError> {
    let backup = open_verified_backup(file)?;
    Ok(audit::has_other_key(&backup, audit_key).unwrap_or(false))
}

/// Whether a file is the store of a folder itself, by whatever name.
pub fn is_own_store(folder: &Path, file: &Path) -> bool {
    let number = |path: &Path| path.metadata().ok().map(|facts| (facts.dev(), facts.ino()));
    number(file).is_some_and(|found| number(&folder.join(FILE)) == Some(found))
}

/// Whether a file is a whole backup, as [`restore_backup`] would take it.
pub fn check_backup(file: &Path) -> Result<(), RestoreError> {
    open_verified_backup(file).map(drop)
}

fn open_verified_backup(file: &Path) -> Result<Connection, RestoreError> {
    let bad = |problem: String| RestoreError::NotABackup {
        file: file.to_owned(),
        problem,
    };
    if !has_database_header(file).map_err(|error| bad(error.to_string()))? {
        return Err(bad("it is not a SQLite database".to_owned()));
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(file, flags).map_err(|error| bad(error.to_string()))?;
    // The advice of a store that is damaged is to restore a backup: here the backup itself is.
    open::check_compatibility(&connection, file).map_err(|error| match error {
        OpenError::Store {
            source: StoreError::Damaged(_),
            ..
        } => bad(DAMAGED.to_owned()),
        other => other.into(),
    })?;
    let verdict = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get::<_, String>(0));
    if !verdict.is_ok_and(|verdict| verdict == "ok") {
        return Err(bad(DAMAGED.to_owned()));
    }
    match meta::read_epoch(&connection) {
        Ok(Some(_)) => Ok(connection),
        _ => Err(bad("it has no epoch".into())),
    }
}

/// Whether a file begins as a database does.
fn has_database_header(file: &Path) -> io::Result<bool> {
    use std::io::Read;
    let mut header = Vec::new();
    std::fs::File::open(file)?
        .take(DATABASE_HEADER.len() as u64)
        .read_to_end(&mut header)?;
    Ok(header == DATABASE_HEADER)
}

#[cfg(test)]
#[path = "restore_tests.rs"]
mod tests;
