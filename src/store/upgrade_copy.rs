//! The copy of the store that is kept before a newer version changes its tables: whoever has to go back to the version
//! before restores it like any backup. Nothing is changed where it can't be written, and it is not even begun where the
//! disk has no space for it.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use rusqlite::Connection;

use super::backup::PartFile;
use super::space_shortage::{COPY, SpaceShortage};
use super::{StoreError, meta, schema};

/// Copies that stay, the newest: each is as large as the store was.
const NEWEST_KEPT: usize = 2;
/// What stays free beside the copy for the upgrade itself, bytes.
const SPARE: u64 = 16 << 20;

/// Whether the disk has too little space for the copy of a store that is about to be changed.
pub(super) fn find_shortage(connection: &Connection, folder: &Path) -> Result<Option<SpaceShortage>, StoreError> {
    compare_space(connection, folder, crate::observe::free_bytes(folder).ok().flatten())
}

/// `free`: `None` where it can't be asked; then the copy is tried.
fn compare_space(
    connection: &Connection,
    folder: &Path,
    free: Option<u64>,
) -> Result<Option<SpaceShortage>, StoreError> {
    let (Some(free), Some(_)) = (free, find_version_to_keep(connection)?) else {
        return Ok(None);
    };
    let number = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    // Pages in the log count as well.
    let bytes = number("page_count")?.saturating_mul(number("page_size")?);
    let needed = u64::try_from(bytes).unwrap_or(0).saturating_add(SPARE);
    let shortage = SpaceShortage {
        folder: folder.to_owned(),
        needed,
        free,
    };
    Ok((free < needed).then_some(shortage))
}

/// The version of a store that is about to be changed; `None` where there is nothing to keep.
fn find_version_to_keep(connection: &Connection) -> Result<Option<i64>, StoreError> {
    let found: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    // A process may have died while it made the store: such a store holds nothing yet.
    if found == 0 || found >= schema::VERSION || meta::read_epoch(connection)?.is_none() {
        return Ok(None);
    }
    Ok(Some(found))
}

/// Keeps a copy of a store that is about to be changed; `None` where there is nothing to keep. One of the same version
/// is replaced: it is older.
pub(super) fn keep_upgrade_copy(connection: &Connection, folder: &Path) -> Result<Option<PathBuf>, StoreError> {
    let Some(found) = find_version_to_keep(connection)? else {
        return Ok(None);
    };
    let path = folder.join(format!("{COPY}{found}"));
    let io = |error: std::io::Error| StoreError::from_io_error(&error);
    let unfinished = folder.join(format!("{COPY}{found}.part"));
    // Left by a process that died; the folder's lock is held.
    remove_file(&unfinished).map_err(io)?;
    let part = PartFile::create_in_data_folder(unfinished).map_err(io)?;
    part.copy_store(connection)?.close().map_err(|(_, error)| error)?;
    part.persist(&path).map_err(io)?;
    tracing::info!(
        copy = %path.display(),
        from = found,
        to = schema::VERSION,
        "kept a copy of the store before upgrading it"
    );
    remove_oldest_copies(folder, &path);
    Ok(Some(path))
}

/// The newest copy in `folder` that a program knows whose newest version of the store is `known`.
pub(super) fn find_upgrade_copy(folder: &Path, known: i64) -> Option<PathBuf> {
    let copies = list_copies(folder).into_iter();
    let newest = copies
        .filter(|copy| copy.version <= known)
        .max_by_key(|copy| copy.made_at);
    newest.map(|copy| copy.path)
}

struct UpgradeCopy {
    version: i64,
    /// Age decides, not the version: whoever went back and upgraded again has a newer copy of a lower version.
    made_at: SystemTime,
    path: PathBuf,
}

fn list_copies(folder: &Path) -> Vec<UpgradeCopy> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let copies = entries.filter_map(|entry| {
        Some(UpgradeCopy {
            version: entry.file_name().to_str()?.strip_prefix(COPY)?.parse().ok()?,
            made_at: entry.metadata().ok()?.modified().ok()?,
            path: entry.path(),
        })
    });
    copies.collect()
}

/// All but the newest go; `kept`, which was just made, stays whatever the clock says.
fn remove_oldest_copies(folder: &Path, kept: &Path) {
    let mut copies = list_copies(folder);
    copies.retain(|copy| copy.path != kept);
    copies.sort_by_key(|copy| copy.made_at);
    copies.truncate(copies.len().saturating_sub(NEWEST_KEPT - 1));
    for UpgradeCopy { path, .. } in copies {
        match std::fs::remove_file(&path) {
            Ok(()) => {
                tracing::info!(path = %path.display(), "removed an old copy of the store: only the newest are kept")
            }
            Err(error) => {
                tracing::warn!(path = %path.display(), error = %error, "cannot remove an old copy of the store");
            }
        }
    }
}

fn remove_file(path: &Path) -> std::io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
#[path = "upgrade_copy_tests.rs"]
mod tests;
