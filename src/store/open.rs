//! Opening a folder's store: one process at a time, never a newer or a foreign file, and a store that was put back by
//! hand is noticed.

use std::fs::Permissions;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::functions::FunctionFlags;
use rusqlite::{Connection, OpenFlags};

use super::checkpoint::free_log_space;
use super::folder_lock::{FILE, LOCK, READY, open_private_file};
use super::high_water_mark::{self, HighWaterMarkFiles, MARK};
use super::store_rollback::secure_offline;
use super::{OpenError, StoreError, damage, meta, restore_marker, schema, upgrade_copy};
use crate::files::shell_word;
use crate::model::{DeviceBody, Epoch, RollbackEvidence};

/// Read and written by its owner alone.
const OWNERS_OWN: u32 = 0o600;

/// Pages of the writer's cache, and of each reader's, in KiB (negative: SQLite's way of saying KiB).
const WRITER_CACHE_KIB: i32 = -2_500;
const READER_CACHE_KIB: i32 = -500;
/// Of a new store. Two devices of a page of 4 KiB would leave a third of it empty.
const PAGE_BYTES: i32 = 16_384;

/// Whether there is a store in this folder; one that was put back into it may not have its name yet.
pub fn store_exists(folder: &Path) -> bool {
    [FILE, READY].iter().any(|name| folder.join(name).is_file())
}

/// Takes everybody else's rights on the store's files away, and tells on which: the store made none of them so, but
/// versions before this one left that to the account's umask. SQLite gives the files beside the store the store's rights.
pub(crate) fn restrict_permissions(folder: &Path) -> Result<Vec<PathBuf>, OpenError> {
    let mut closed = Vec::new();
    for name in [LOCK, MARK, FILE, "bus.db-wal", "bus.db-shm", "bus.db-journal"] {
        let path = folder.join(name);
        let io = |source| OpenError::Io {
            file: path.clone(),
            source,
        };
        let facts = match path.symlink_metadata() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            facts => facts.map_err(io)?,
        };
        if facts.is_file() && facts.permissions().mode() & 0o077 != 0 {
            std::fs::set_permissions(&path, Permissions::from_mode(OWNERS_OWN)).map_err(io)?;
            closed.push(path);
        }
    }
    Ok(closed)
}

/// The writer's connection, migrated, and the epoch of the store. `audit_key` seals what it has to tell.
pub(crate) fn open_writer(
    folder: &Path,
    marks: &HighWaterMarkFiles,
    audit_key: &[u8; 32],
) -> Result<(Connection, Epoch), OpenError> {
    let file = folder.join(FILE);
    open_private_file(&file).map_err(|source| OpenError::Io {
        file: file.clone(),
        source,
    })?;
    let mut connection = open_connection(&file, OpenFlags::default()).map_err(|source| store_error(&file, source))?;
    check_compatibility(&connection, &file)?;
    // Whoever died has left a log: on a full disk there would be no room behind it.
    free_log_space(&connection);
    set_application_id(&connection).map_err(|source| store_error(&file, source))?;
    let copy_error = |source| OpenError::UpgradeCopy {
        file: file.clone(),
        source,
    };
    if let Some(shortage) = upgrade_copy::find_shortage(&connection, folder).map_err(copy_error)? {
        return Err(OpenError::UpgradeSpace { file, shortage });
    }
    upgrade_copy::keep_upgrade_copy(&connection, folder).map_err(copy_error)?;
    schema::build_migrations()
        .to_latest(&mut connection)
        .map_err(|error| OpenError::from_migration(file.clone(), error))?;
    // It has served: a store with it could be taken for one that was just restored.
    restore_marker::remove(&connection).map_err(|source| store_error(&file, source))?;
    let epoch = settle_epoch(&connection, marks, audit_key).map_err(|source| store_error(&file, source))?;
    Ok((connection, epoch))
}

fn store_error(file: &Path, source: StoreError) -> OpenError {
    OpenError::Store {
        file: file.to_owned(),
        source,
    }
}

fn open_connection(file: &Path, flags: OpenFlags) -> Result<Connection, StoreError> {
    let connection = Connection::open_with_flags(file, flags)?;
    connection.busy_timeout(Duration::from_secs(10))?;
    connection.pragma_update(None, "page_size", PAGE_BYTES)?;
    connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "cache_size", WRITER_CACHE_KIB)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "journal_size_limit", 64 << 20)?;
    connection.pragma_update(None, "wal_autocheckpoint", 0)?;
    connection.set_prepared_statement_cache_capacity(64);
    stabilize_query_plans(&connection)?;
    register_functions(&connection)?;
    Ok(connection)
}

/// A question is planned once, for whatever it will be asked with: else each one with a limit is planned anew each time.
fn stabilize_query_plans(connection: &Connection) -> Result<(), StoreError> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(())
}

/// What the schema's views are made with, those of earlier versions among them; and what questions compare texts by.
pub(super) fn register_functions(connection: &Connection) -> Result<(), StoreError> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_INNOCUOUS;
    connection.create_scalar_function("unpacked", 1, flags, |context| {
        let packed: String = context.get(0)?;
        Ok(DeviceBody::from_packed(packed).to_json())
    })?;
    connection.create_scalar_function("unpacked", 2, flags, |context| {
        let body = DeviceBody::from_packed(context.get(0)?);
        let sum: Option<i64> = context.get(1)?;
        if damage::matches_checksum(&body, sum) {
            Ok(body.to_json())
        } else {
            Err(damage::corruption_error())
        }
    })?;
    // SQLite's own `lower` knows the letters a to z alone.
    connection.create_scalar_function("folded", 1, flags, |context| {
        let text: Option<String> = context.get(0)?;
        Ok(text.map(|text| text.to_lowercase()))
    })?;
    connection.create_scalar_function("fits_sum", 2, flags, |context| {
        Ok(damage::matches_checksum(
            &DeviceBody::from_packed(context.get(0)?),
            context.get(1)?,
        ))
    })?;
    Ok(())
}

pub(crate) fn open_reader(folder: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(folder.join(FILE), flags)?;
    connection.busy_timeout(Duration::from_secs(10))?;
    connection.pragma_update(None, "cache_size", READER_CACHE_KIB)?;
    connection.set_prepared_statement_cache_capacity(32);
    stabilize_query_plans(&connection)?;
    register_functions(&connection)?;
    Ok(connection)
}

/// Refuses what is not ours, is newer than this program, or so old that nothing leads here from it.
pub(crate) fn check_compatibility(connection: &Connection, file: &Path) -> Result<(), OpenError> {
    let number = |name| {
        connection
            .pragma_query_value(None, name, |row| row.get::<_, i64>(0))
            .map_err(|error| store_error(file, error.into()))
    };
    let tables = connection
        .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get::<_, i64>(0))
        .map_err(|error| store_error(file, error.into()))?;
    let (id, found) = (number("application_id")?, number("user_version")?);
    if tables > 0 && id != i64::from(schema::APPLICATION_ID) {
        return Err(OpenError::Foreign { file: file.to_owned() });
    }
    if found > schema::VERSION {
        let folder = file.parent().unwrap_or(Path::new("."));
        return Err(OpenError::Newer {
            file: file.to_owned(),
            way_back: describe_way_back(folder),
            found,
            known: schema::VERSION,
        });
    }
    let is_old = connection
        .query_row(schema::BEFORE_RELEASE, [], |row| row.get::<_, bool>(0))
        .map_err(|error| store_error(file, error.into()))?;
    if is_old {
        Err(OpenError::BeforeRelease { file: file.to_owned() })
    } else {
        Ok(())
    }
}

/// How to get to a store that this version knows.
fn describe_way_back(folder: &Path) -> String {
    match upgrade_copy::find_upgrade_copy(folder, schema::VERSION) {
        None => "restore a backup made by this version".to_owned(),
        Some(copy) => format!(
            "go back to the copy that was kept before the upgrade, without what came later: \
             intune-connector restore {} --data {}",
            shell_word(&copy),
            shell_word(folder)
        ),
    }
}

/// Marks a new file as ours, before its first table: a process that dies between the two must not leave a file that the
/// next one takes for somebody else's.
fn set_application_id(connection: &Connection) -> Result<(), StoreError> {
    Ok(connection.pragma_update(None, "application_id", schema::APPLICATION_ID)?)
}

/// Gives a new store its epoch, and one that lags behind a mark of its own a new one. A store that is missing beside its
/// mark was taken away, and what it had sent is not known (A8): a new one begins in its place, and is as wary as one that
/// was put back. Refusing to start would keep the inventory down as well, and nothing goes out anyway.
fn settle_epoch(
    connection: &Connection,
    marks: &HighWaterMarkFiles,
    audit_key: &[u8; 32],
) -> Result<Epoch, StoreError> {
    // A mark that is damaged says nothing, but that there was a store.
    let had_store = !marks.find_damaged().is_empty();
    let marks = marks.read_marks();
    meta::raise_last_number(connection, high_water_mark::last_number(&marks))?;
    match meta::read_epoch(connection)? {
        None if marks.is_empty() && !had_store => meta::begin_first_epoch(connection),
        None => secure_offline(connection, audit_key, RollbackEvidence::Missing),
        Some(epoch) if high_water_mark::is_behind_mark(epoch, meta::read_counters(connection)?.1, &marks) => {
            secure_offline(connection, audit_key, RollbackEvidence::Mark)
        }
        Some(epoch) => Ok(epoch),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn e3_a_process_that_died_while_it_made_the_store_leaves_one_that_opens() {
        // After the claim, after some of the tables, and before the epoch.
        for tables in ["", "CREATE TABLE half (made INTEGER)"] {
            let folder = tempfile::tempdir().unwrap();
            let connection = open_connection(&folder.path().join(FILE), OpenFlags::default()).unwrap();
            set_application_id(&connection).unwrap();
            connection.execute_batch(tables).unwrap();
            drop(connection);
            open_writer(folder.path(), &HighWaterMarkFiles::new(folder.path(), None), &[0; 32]).unwrap();
        }
        let folder = tempfile::tempdir().unwrap();
        let connection = open_connection(&folder.path().join(FILE), OpenFlags::default()).unwrap();
        connection.execute_batch("CREATE TABLE of_others (x INTEGER)").unwrap();
        drop(connection);
        assert!(matches!(
            open_writer(folder.path(), &HighWaterMarkFiles::new(folder.path(), None), &[0; 32]),
            Err(OpenError::Foreign { .. })
        ));
    }
}
