//! A store that nobody works on, looked at without changing a byte: for `doctor`.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags};

use super::backup::path_with_suffix;
use super::folder_lock::FILE;
use super::high_water_mark::HighWaterMarkFiles;
use super::store_rollback::{self, StoreRollback};
use super::{OpenError, SpaceShortage, StoreError, damage, open, upgrade_copy};
use crate::files::{FileReadError, open_file};

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
    /// It may not be read: what is in it is not known, and a backup would not help.
    Unreadable(String),
    /// Another program's, or one from before the first release.
    Foreign(&'static str),
    /// A mark of it holds what no store wrote.
    MarkDamaged(PathBuf),
    /// What SQLite finds.
    Damaged(String),
    /// Something else lies where the settings want the second mark.
    ForeignMark(PathBuf),
}

/// One whose last bus was killed has its newest writes in a log beside it, and reading that would change files: it is not
/// looked into.
pub fn examine_store(folder: &Path, mark_file: Option<&Path>) -> Vec<StoreFinding> {
    // SQLite is given an address, and those are never relative.
    let folder = &std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    let marks = HighWaterMarkFiles::new(folder, mark_file);
    let foreign = marks
        .find_foreign()
        .map(|file| StoreFinding::ForeignMark(file.to_owned()));
    let mut findings = examine_files(folder, &marks);
    findings.extend(foreign);
    findings
}

fn examine_files(folder: &Path, marks: &HighWaterMarkFiles) -> Vec<StoreFinding> {
    let file = folder.join(FILE);
    let bytes = |path: &Path| path.metadata().map_or(0, |found| found.len());
    let damaged_marks = marks.find_damaged();
    let mut findings: Vec<StoreFinding> = damaged_marks.iter().cloned().map(StoreFinding::MarkDamaged).collect();
    if bytes(&file) == 0 && bytes(&path_with_suffix(&file, "-wal")) == 0 {
        let existed = !marks.read_marks().is_empty() || !damaged_marks.is_empty();
        findings.extend(existed.then_some(StoreFinding::Missing));
        return findings;
    }
    findings.extend(match open_file(&file, u64::MAX) {
        // That it is no file is told of the folder.
        Err(FileReadError::Irregular(_)) => Vec::new(),
        Err(error) if !error.is_missing() => vec![StoreFinding::Unreadable(error.to_string())],
        _ if bytes(&path_with_suffix(&file, "-wal")) > 0 => Vec::new(),
        _ => examine_file(&file).unwrap_or_else(|error| vec![StoreFinding::Damaged(error.to_string())]),
    });
    findings
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
    match open::check_compatibility(&connection, file) {
        Err(OpenError::Newer {
            found, known, way_back, ..
        }) => return Ok(vec![StoreFinding::Newer { found, known, way_back }]),
        Err(OpenError::Foreign { .. }) => {
            return Ok(vec![StoreFinding::Foreign("is not a store of intune-connector")]);
        }
        Err(OpenError::BeforeRelease { .. }) => {
            let what = "was written by a version before the first release, with other tables";
            return Ok(vec![StoreFinding::Foreign(what)]);
        }
        _ => (),
    }
    let has_tables = "SELECT count(*) > 0 FROM sqlite_schema WHERE name = 'meta'";
    if !connection.query_row(has_tables, [], |row| row.get::<_, bool>(0))? {
        // A first start did not get so far; the next one goes on with it.
        return Ok(Vec::new());
    }
    let folder = file.parent().unwrap_or(Path::new("."));
    let shortage = upgrade_copy::find_shortage(&connection, folder)?.map(StoreFinding::NoSpace);
    let rollback = store_rollback::read_rollback(&connection)?.map(StoreFinding::WentBack);
    let damage = damage::find_corruption(&connection)?.map(StoreFinding::Damaged);
    Ok(shortage.into_iter().chain(rollback).chain(damage).collect())
}
