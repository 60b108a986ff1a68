//! Opening a folder's store: one process at a time, never a newer or a foreign file, and a store that was put back by
//! hand is noticed.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::functions::FunctionFlags;
use rusqlite::{Connection, OpenFlags};

use super::checkpoint::make_room;
use super::mark::Mark;
use super::{OpenError, StoreError, meta, restore, schema};
use crate::model::{Body, Epoch};

pub const FILE: &str = "bus.db";
pub const MARK: &str = "bus.mark";
const LOCK: &str = "bus.lock";

/// Pages of the writer's cache, and of each reader's, in KiB (negative: SQLite's way of saying KiB).
const WRITER_CACHE_KIB: i32 = -2_500;
const READER_CACHE_KIB: i32 = -500;
/// Of a new store. Two devices of a page of 4 KiB would leave a third of it empty.
const PAGE_BYTES: i32 = 16_384;

/// Whether there is a store in this folder; one that was put back into it may not have its name yet.
pub fn is_there(folder: &Path) -> bool {
    [FILE, restore::READY].iter().any(|name| folder.join(name).is_file())
}

/// Holds the folder: as long as it lives, no other process opens the store.
pub struct FolderLock {
    _file: File,
}

pub fn lock(folder: &Path) -> Result<FolderLock, OpenError> {
    let path = folder.join(LOCK);
    let io = |source| OpenError::Io {
        file: path.clone(),
        source,
    };
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .map_err(io)?;
    match file.try_lock() {
        Ok(()) => Ok(FolderLock { _file: file }),
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse {
            folder: folder.to_owned(),
        }),
        Err(TryLockError::Error(source)) => Err(io(source)),
    }
}

/// The writer's connection, migrated, and the epoch of the store.
pub fn writer(folder: &Path) -> Result<(Connection, Epoch), OpenError> {
    let file = folder.join(FILE);
    let mut connection = connect(&file, OpenFlags::default()).map_err(|source| store(&file, source))?;
    check(&connection, &file)?;
    // Whoever died has left a log: on a full disk there would be no room behind it.
    make_room(&connection);
    claim(&connection).map_err(|source| store(&file, source))?;
    schema::migrations()
        .to_latest(&mut connection)
        .map_err(|source| OpenError::Migration {
            file: file.clone(),
            source,
        })?;
    let epoch = settle(&connection, folder).map_err(|source| store(&file, source))?;
    Ok((connection, epoch))
}

fn store(file: &Path, source: StoreError) -> OpenError {
    OpenError::Store {
        file: file.to_owned(),
        source,
    }
}

fn connect(file: &Path, flags: OpenFlags) -> Result<Connection, StoreError> {
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
    settle_plans(&connection)?;
    words(&connection)?;
    Ok(connection)
}

/// A question is planned once, for whatever it will be asked with: else each one with a limit is planned anew each time.
fn settle_plans(connection: &Connection) -> Result<(), StoreError> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(())
}

/// What the schema's views are made with.
fn words(connection: &Connection) -> Result<(), StoreError> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_INNOCUOUS;
    connection.create_scalar_function("unpacked", 1, flags, |context| {
        let packed: String = context.get(0)?;
        Ok(Body::kept(packed).json())
    })?;
    Ok(())
}

pub fn reader(folder: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(folder.join(FILE), flags)?;
    connection.busy_timeout(Duration::from_secs(10))?;
    connection.pragma_update(None, "cache_size", READER_CACHE_KIB)?;
    connection.set_prepared_statement_cache_capacity(32);
    settle_plans(&connection)?;
    words(&connection)?;
    Ok(connection)
}

/// The connection that moves the log into the file.
pub fn checkpointer(folder: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(folder.join(FILE), flags)?;
    connection.busy_timeout(Duration::from_secs(10))?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "wal_autocheckpoint", 0)?;
    Ok(connection)
}

/// Refuses what is not ours, is newer than this program, or so old that nothing leads here from it.
pub fn check(connection: &Connection, file: &Path) -> Result<(), OpenError> {
    let number = |name| {
        connection
            .pragma_query_value(None, name, |row| row.get::<_, i64>(0))
            .map_err(|error| store(file, error.into()))
    };
    let tables = connection
        .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get::<_, i64>(0))
        .map_err(|error| store(file, error.into()))?;
    let (id, found) = (number("application_id")?, number("user_version")?);
    if tables > 0 && id != i64::from(schema::APPLICATION_ID) {
        return Err(OpenError::Foreign { file: file.to_owned() });
    }
    if found > schema::VERSION {
        return Err(OpenError::Newer {
            file: file.to_owned(),
            found,
            known: schema::VERSION,
        });
    }
    let is_old = connection
        .query_row(schema::BEFORE_RELEASE, [], |row| row.get::<_, bool>(0))
        .map_err(|error| store(file, error.into()))?;
    match is_old {
        true => Err(OpenError::BeforeRelease { file: file.to_owned() }),
        false => Ok(()),
    }
}

/// Marks a new file as ours, before its first table: a process that dies between the two must not leave a file that the
/// next one takes for somebody else's.
fn claim(connection: &Connection) -> Result<(), StoreError> {
    Ok(connection.pragma_update(None, "application_id", schema::APPLICATION_ID)?)
}

/// Gives a new store its epoch, and one that lags behind its mark a new one.
fn settle(connection: &Connection, folder: &Path) -> Result<Epoch, StoreError> {
    let Some(epoch) = meta::epoch(connection)? else {
        return meta::new_epoch(connection);
    };
    let (_, commits) = meta::numbers(connection)?;
    match Mark::read(&folder.join(MARK)) {
        Some((marked, seen)) if marked != *epoch.0.as_bytes() || seen > commits => {
            tracing::warn!("bus.db is older than its high-water mark: it was put back, which counts as a restore");
            super::jobs::after_restore(connection, crate::observe::Clock::system().now())?;
            meta::new_epoch(connection)
        }
        _ => Ok(epoch),
    }
}

pub fn mark_path(folder: &Path) -> PathBuf {
    folder.join(MARK)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn e3_a_process_that_died_while_it_made_the_store_leaves_one_that_opens() {
        // After the claim, after some of the tables, and before the epoch.
        for tables in ["", "CREATE TABLE half (made INTEGER)"] {
            let folder = tempfile::tempdir().unwrap();
            let connection = connect(&folder.path().join(FILE), OpenFlags::default()).unwrap();
            claim(&connection).unwrap();
            connection.execute_batch(tables).unwrap();
            drop(connection);
            writer(folder.path()).unwrap();
        }
        let folder = tempfile::tempdir().unwrap();
        let connection = connect(&folder.path().join(FILE), OpenFlags::default()).unwrap();
        connection.execute_batch("CREATE TABLE of_others (x INTEGER)").unwrap();
        drop(connection);
        assert!(matches!(writer(folder.path()), Err(OpenError::Foreign { .. })));
    }
}
