//! Copies of the store: made while the bus runs, put back while it does not.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::backup::Backup;
use rusqlite::{Connection, OpenFlags};

use super::{OpenError, Store, StoreError, meta, open, schema};

/// Pages copied before other work gets its turn.
const STEP_PAGES: i32 = 512;

#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error("{} is not a whole backup of intune-connector: {problem}", .file.display())]
    NotABackup { file: PathBuf, problem: String },
    #[error("failed to put {} back: {source}", .file.display())]
    Io { file: PathBuf, source: std::io::Error },
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Store {
    /// Writes a whole, consistent copy to `file`, which must not exist yet. Appears under its name only when complete.
    pub async fn backup(&self, file: &Path) -> Result<(), StoreError> {
        let part = file.with_extension("part");
        let target = file.to_owned();
        self.read(move |connection| {
            let _ = std::fs::remove_file(&part);
            let mut copy = Connection::open(&part)?;
            Backup::new(connection, &mut copy)?.run_to_completion(STEP_PAGES, Duration::ZERO, None)?;
            copy.pragma_update_and_check(None, "journal_mode", "DELETE", |_| Ok(()))?;
            drop(copy);
            let failed = |error: std::io::Error| StoreError::Content {
                what: "a backup file",
                value: error.to_string(),
            };
            std::fs::File::open(&part)
                .and_then(|file| file.sync_all())
                .map_err(failed)?;
            std::fs::rename(&part, &target).map_err(failed)
        })
        .await
    }
}

/// Puts a backup back into a folder that no bus works on. The store gets a new epoch: every server starts over with a
/// snapshot (F3, F4). The store that was there is kept as `bus.db.before-restore`.
pub fn restore(folder: &Path, file: &Path) -> Result<(), RestoreError> {
    let _lock = open::lock(folder)?;
    verify(file)?;
    let io = |file: &Path| {
        let file = file.to_owned();
        move |source| RestoreError::Io { file, source }
    };
    let target = folder.join(open::FILE);
    let fresh = folder.join("bus.db.restoring");
    std::fs::copy(file, &fresh).map_err(io(&fresh))?;
    {
        let mut connection = Connection::open(&fresh).map_err(StoreError::from)?;
        schema::migrations()
            .to_latest(&mut connection)
            .map_err(|source| OpenError::Migration {
                file: fresh.clone(),
                source,
            })?;
        meta::new_epoch(&connection)?;
        // The clock of a restore is the machine's: no bus runs.
        super::jobs::after_restore(&connection, crate::observe::Clock::system().now())?;
    }
    for suffix in ["-wal", "-shm"] {
        let beside = folder.join(format!("{}{suffix}", open::FILE));
        if beside.exists() {
            // The write-ahead log belongs to the store that goes; with the new one it would be damage.
            Connection::open(&target)
                .and_then(|old| old.pragma_update_and_check(None, "journal_mode", "DELETE", |_| Ok(())))
                .map_err(StoreError::from)?;
        }
    }
    if target.exists() {
        let kept = folder.join("bus.db.before-restore");
        std::fs::rename(&target, &kept).map_err(io(&kept))?;
    }
    std::fs::rename(&fresh, &target).map_err(io(&target))?;
    let mark = open::mark_path(folder);
    if mark.exists() {
        std::fs::remove_file(&mark).map_err(io(&mark))?;
    }
    std::fs::File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(io(folder))
}

fn verify(file: &Path) -> Result<(), RestoreError> {
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
        Ok(Some(_)) => Ok(()),
        _ => Err(bad("it has no epoch".into())),
    }
}
