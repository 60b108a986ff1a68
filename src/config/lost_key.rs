//! A key that is gone. What was written with it is not to be read with another one, so none is made in its place: whoever
//! has it in a backup puts it back, and whoever has not says so by making one.

use std::fs;
use std::path::Path;

use super::error::{InvalidSetting, SettingsError};
use super::secret_key::KEY_FILE;
use crate::files::shell_word;

/// Files of a store; one that a crash left may be in its log alone.
const OF_A_STORE: [&str; 2] = ["bus.db", "bus.db-wal"];

/// What was written with the key of a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KeyUser {
    /// The store of the folder, where there is one.
    Store,
    /// A backup that is to become its store.
    Backup,
}

/// Refuses a folder without a key where something needs it.
pub(super) fn require_key(folder: &Path, user: KeyUser) -> Result<(), SettingsError> {
    // The advice is for another shell, which may stand elsewhere.
    let folder = &std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    // First the store: a bus that is just starting for the first time makes its key before it.
    let is_needed = user == KeyUser::Backup || has_store(folder);
    let key = folder.join(KEY_FILE);
    if !is_needed || key.try_exists().unwrap_or(true) {
        return Ok(());
    }
    Err(lost_key_error(folder, user).with_location(&key.display().to_string(), None, ""))
}

fn has_store(folder: &Path) -> bool {
    let has_content = |name: &str| fs::metadata(folder.join(name)).is_ok_and(|facts| facts.len() > 0);
    OF_A_STORE.into_iter().any(has_content)
}

fn lost_key_error(folder: &Path, user: KeyUser) -> InvalidSetting {
    let (what, start_over) = match user {
        KeyUser::Store => (
            "the store beside it",
            "; to start over with an empty store: intune-connector run --data NEW",
        ),
        KeyUser::Backup => ("the backup", "; then restore with --key-is-lost"),
    };
    let (folder, key) = (shell_word(folder), shell_word(&folder.join(KEY_FILE)));
    InvalidSetting::new(
        format!(
            "is missing, and {what} was written with it: with another key, nothing that is sealed can be opened and the \
             audit trail cannot be verified"
        ),
        format!(
            "put it back from a backup of the data folder; if it is lost, and every secret will be given again, create a \
             new one: (umask 077; openssl rand -hex 32 > {key}) && chown --reference={folder} {key}{start_over}"
        ),
    )
}
