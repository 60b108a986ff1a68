//! Damage to the file that SQLite can find. A flipped bit shows in no write, so a probe that writes does not find it: the
//! whole file is looked at in the background, behind the start and once a day.

use rusqlite::{Connection, OptionalExtension};

use super::{Store, StoreError};

/// The first thing that does not fit; `None`: nothing was found.
pub(super) fn find(connection: &Connection) -> Result<Option<String>, StoreError> {
    let verdict: Option<String> = connection
        .query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
        .optional()?;
    Ok(verdict.filter(|verdict| verdict != "ok"))
}

impl Store {
    /// Looks at the whole file, which takes seconds for a large one and holds nobody up, and remembers what it found.
    pub async fn look_for_damage(&self) -> Result<Option<String>, StoreError> {
        let found = match self.read(find).await {
            Err(StoreError::Damaged(error)) => Some(error.to_string()),
            found => found?,
        };
        *self.damage_found() = found.clone();
        Ok(found)
    }

    /// What the last look found.
    pub fn damage(&self) -> Option<String> {
        self.damage_found().clone()
    }
}
