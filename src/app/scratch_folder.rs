//! The temporary folder of a preview. It is removed when the preview ends, however it ends. Only a process that is killed
//! leaves its folder behind; the next preview removes it.
//!
//! A folder is in use while the folder itself is locked. The system releases this lock with the process; unlike the lock
//! of the store in the folder, it exists from the first moment on. The store is one folder deeper and locks its own
//! folder.

use std::fs::{File, TryLockError};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

const PREFIX: &str = "intune-connector-preview-";
/// Another preview may take a folder for a leftover before it is locked; not time after time.
const TRIES: usize = 8;
/// Leftovers removed at once.
const SWEPT: usize = 64;

/// Of the folder with the store.
const DATA: &str = "data";

pub(crate) struct ScratchFolder {
    root: PathBuf,
    data: PathBuf,
    _lock: File,
}

impl ScratchFolder {
    pub(crate) fn new() -> io::Result<ScratchFolder> {
        ScratchFolder::create_in(&std::env::temp_dir())
    }

    /// The data folder of the preview.
    pub(crate) fn data_path(&self) -> &Path {
        &self.data
    }

    fn create_in(files: &Path) -> io::Result<ScratchFolder> {
        for _ in 0..TRIES {
            if let Some(made) = try_create(files)? {
                sweep_leftovers(files, made._lock.metadata()?.uid());
                return Ok(made);
            }
        }
        Err(io::Error::other("other previews take each new folder away"))
    }
}

impl Drop for ScratchFolder {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.root) {
            tracing::warn!(path = %self.root.display(), error = %error, "failed to remove the scratch folder of a preview");
        }
    }
}

/// `None`: it was taken for a leftover.
fn try_create(files: &Path) -> io::Result<Option<ScratchFolder>> {
    let path = files.join(format!("{PREFIX}{}", uuid::Uuid::new_v4()));
    crate::files::create_private_folder(&path)?;
    let lock_file = match File::open(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        opened => opened?,
    };
    let has_lock = match lock_file.try_lock() {
        Err(TryLockError::WouldBlock) => false,
        // Where folders can't be locked, nobody can take this one for a leftover either.
        Ok(()) | Err(TryLockError::Error(_)) => path.try_exists()?,
    };
    if !has_lock {
        return Ok(None);
    }
    let data = path.join(DATA);
    crate::files::create_private_folder(&data)?;
    Ok(Some(ScratchFolder {
        root: path,
        data,
        _lock: lock_file,
    }))
}

/// Removes what previews of this user left that were killed.
fn sweep_leftovers(files: &Path, user: u32) {
    let Ok(entries) = std::fs::read_dir(files) else { return };
    let leftovers = entries.flatten().filter(|entry| {
        let name = entry.file_name();
        let number = name.to_str().and_then(|name| name.strip_prefix(PREFIX));
        number.is_some_and(|number| uuid::Uuid::try_parse(number).is_ok())
            && entry
                .metadata()
                .is_ok_and(|facts| facts.is_dir() && facts.uid() == user)
    });
    for leftover in leftovers.take(SWEPT) {
        let path = leftover.path();
        let Ok(lock_file) = File::open(&path) else { continue };
        if lock_file.try_lock().is_ok()
            && let Err(error) = std::fs::remove_dir_all(&path)
        {
            tracing::warn!(path = %path.display(), error = %error, "failed to remove the scratch folder of a killed preview");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_killed_preview_left_goes_with_the_next_one_and_nothing_else_does() {
        let files = tempfile::tempdir().unwrap();
        let named = |name: &str| files.path().join(name);
        let of = |number| format!("{PREFIX}00000000-0000-4000-8000-{number:012}");
        let (left, file, link) = (named(&of(1)), named(&of(2)), named(&of(3)));
        let others = [named("intune-connector-preview-notes"), named("elsewhere")];
        std::fs::create_dir(&left).unwrap();
        std::fs::write(left.join("bus.db"), "an inventory").unwrap();
        std::fs::write(&file, "a file of this name").unwrap();
        for other in &others {
            std::fs::create_dir(other).unwrap();
            std::fs::write(other.join("bus.db"), "somebody's").unwrap();
        }
        std::os::unix::fs::symlink(&others[1], &link).unwrap();

        let first = ScratchFolder::create_in(files.path()).unwrap();
        std::fs::write(first.data_path().join("bus.db"), "in use").unwrap();
        assert!(!left.exists());
        let second = ScratchFolder::create_in(files.path()).unwrap();
        assert!(first.data_path().join("bus.db").exists(), "it is in use");
        drop((first, second));
        let mut kept: Vec<_> = std::fs::read_dir(files.path())
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        kept.sort();
        let [notes, elsewhere] = others;
        assert!(elsewhere.join("bus.db").exists() && notes.join("bus.db").exists());
        assert_eq!(kept, [elsewhere, file, link, notes]);
    }
}
