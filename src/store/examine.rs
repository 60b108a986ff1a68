//! A store that nobody works on, looked at without changing a byte: for `doctor`.

use std::path::Path;

use rusqlite::{Connection, OpenFlags};

use super::backup::path_with_suffix;
use super::high_water_mark::HighWaterMarkFiles;
use super::store_rollback::{self, StoreRollback};
use super::{OpenError, SpaceShortage, StoreError, damage, open, upgrade_copy};

/// What is to be told of a store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreFinding {
    /// It is missing, or empty, beside its mark.
    Missing,
    /// It has gone back, and the kill switch that this put on is on.
    WentBack(StoreRollback),
    /// A newer version of this program wrote it, and this one refuses it.
    Newer { found: i64, known: i64, way_back: String },
    /// The next start would have to upgrade it, and cannot.
    NoSpace(SpaceShortage),
    /// What SQLite finds, or why it can't be read.
    Damaged(String),
}

/// One whose last bus was killed has its newest writes in a log beside it, and reading that would change files: it is not
/// looked into.
pub fn examine_store(folder: &Path, mark_file: Option<&Path>) -> Vec<StoreFinding> {
    // SQLite is given an address, and those are never relative.
    let folder = &std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    let file = folder.join(open::FILE);
    let bytes = |path: &Path| path.metadata().map_or(0, |found| found.len());
    if bytes(&file) == 0 && bytes(&path_with_suffix(&file, "-wal")) == 0 {
        let existed = !HighWaterMarkFiles::new(folder, mark_file).read_marks().is_empty();
        return existed.then_some(StoreFinding::Missing).into_iter().collect();
    }
    if bytes(&path_with_suffix(&file, "-wal")) > 0 {
        return Vec::new();
    }
    examine_file(&file).unwrap_or_else(|error| vec![StoreFinding::Damaged(error.to_string())])
}

fn examine_file(file: &Path) -> Result<Vec<StoreFinding>, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
    let mut url = url::Url::from_file_path(file).map_err(|()| StoreError::Content {
        what: "the path of the store",
        value: file.display().to_string(),
    })?;
    // Neither locked nor given files beside it.
    url.set_query(Some("immutable=1"));
    let connection = Connection::open_with_flags(url.as_str(), flags)?;
    if let Err(OpenError::Newer {
        found, known, way_back, ..
    }) = open::check_compatibility(&connection, file)
    {
        return Ok(vec![StoreFinding::Newer { found, known, way_back }]);
    }
    let folder = file.parent().unwrap_or(Path::new("."));
    let shortage = upgrade_copy::find_shortage(&connection, folder)?.map(StoreFinding::NoSpace);
    let rollback = store_rollback::read_rollback(&connection)?.map(StoreFinding::WentBack);
    let damage = damage::find_corruption(&connection)?.map(StoreFinding::Damaged);
    Ok(shortage.into_iter().chain(rollback).chain(damage).collect())
}
