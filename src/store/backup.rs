//! A copy of the store, made while the bus runs.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::Connection;
use rusqlite::backup::Backup;

use super::{Store, StoreError};

/// Pages copied before other work gets its turn.
const STEP_PAGES: i32 = 512;

impl Store {
    /// Writes a whole, consistent copy to `file`, which must not exist yet. Appears under its name only when complete.
    pub async fn backup(&self, file: &Path) -> Result<(), StoreError> {
        let target = file.to_owned();
        self.read(move |connection| {
            let part = Part::beside(&target).map_err(|error| failed(&error))?;
            drop(part.fill(connection)?);
            part.give_name(&target).map_err(|error| match error.kind() {
                io::ErrorKind::AlreadyExists => StoreError::Exists {
                    what: "file",
                    name: target.display().to_string(),
                },
                _ => failed(&error),
            })
        })
        .await
    }
}

fn failed(error: &io::Error) -> StoreError {
    StoreError::Content {
        what: "a backup file",
        value: error.to_string(),
    }
}

/// A copy on its way. Its file is made new, so it is never somebody else's; it goes, unless it was given its name.
pub(super) struct Part(PathBuf);

impl Part {
    /// In the folder of `target`, under a name that nobody else uses.
    fn beside(target: &Path) -> io::Result<Part> {
        let mut name = target.file_name().unwrap_or_default().to_owned();
        name.push(format!(".{}.part", uuid::Uuid::new_v4()));
        Part::new(target.with_file_name(name))
    }

    /// Only its owner reads it: what it holds is about people, and its folder may be anybody's.
    pub fn new(path: PathBuf) -> io::Result<Part> {
        OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path)?;
        Ok(Part(path))
    }

    /// Copies the store of `from`, what is only in its log included. The copy has no log.
    pub fn fill(&self, from: &Connection) -> Result<Connection, StoreError> {
        let mut copy = Connection::open(&self.0)?;
        // Of one moment, which begins with the first look: else each commit meanwhile would have the copy begin anew.
        let moment = from.unchecked_transaction()?;
        moment.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
        Backup::new(from, &mut copy)?.run_to_completion(STEP_PAGES, Duration::ZERO, None)?;
        copy.pragma_update_and_check(None, "journal_mode", "DELETE", |_| Ok(()))?;
        Ok(copy)
    }

    /// The copy is on the disk under `name` when this returns. What has that name already goes.
    pub fn replace(self, name: &Path) -> io::Result<()> {
        File::open(&self.0)?.sync_all()?;
        std::fs::rename(&self.0, name)?;
        sync_folder_of(name)
    }

    /// The same, but what has that name already stays as it is.
    fn give_name(self, name: &Path) -> io::Result<()> {
        File::open(&self.0)?.sync_all()?;
        match std::fs::hard_link(&self.0, name) {
            Ok(()) => (),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists || name.try_exists()? => {
                return Err(io::ErrorKind::AlreadyExists.into());
            }
            // Not every file system has links.
            Err(_) => return self.replace(name),
        }
        // A link leaves the first name, too.
        drop(self);
        sync_folder_of(name)
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        // After a rename there is nothing left to remove.
        let _ = std::fs::remove_file(&self.0);
        let _ = std::fs::remove_file(with_suffix(&self.0, "-journal"));
    }
}

/// What SQLite keeps beside a store.
pub(super) fn with_suffix(file: &Path, suffix: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// Names are on the disk only when their folder is.
pub(super) fn sync_folder_of(file: &Path) -> io::Result<()> {
    let folder = match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    File::open(folder)?.sync_all()
}
