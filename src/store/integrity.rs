//! Looking at the whole file for what [`super::damage`] is, and what is done about it.

use rusqlite::{Connection, params};

use super::damage::{StoreDamage, find_corruption};
use super::{Store, StoreError};

/// Devices that are there without a body, or with one that does not fit.
fn list_corrupt_rows(connection: &Connection) -> Result<Vec<i64>, StoreError> {
    let mut statement = connection.prepare(
        "SELECT d.row FROM device d LEFT JOIN body b ON b.row = d.row
         WHERE d.state = 1 AND (b.row IS NULL OR NOT fits_sum(coalesce(b.packed, ''), b.sum))",
    )?;
    let rows = statement.query_map([], |row| row.get(0))?;
    rows.map(|row| row.map_err(StoreError::from)).collect()
}

/// As if they had never been read: the next list brings them anew, and that is due at once.
fn mark_for_reread(connection: &Connection, rows: &[i64]) -> Result<(), StoreError> {
    for row in rows {
        connection.execute(
            "UPDATE device SET raw_hash = zeroblob(16), fingerprint = zeroblob(16) WHERE row = ?1",
            [row],
        )?;
        connection.execute(
            "UPDATE instance SET shape_digest = NULL WHERE id = (SELECT instance FROM device WHERE row = ?1)",
            params![row],
        )?;
    }
    Ok(())
}

impl Store {
    /// Looks at the whole file, which takes seconds for a large one and holds nobody up, and remembers what it found.
    /// Bodies that do not fit are on their way to be read again.
    pub async fn check_integrity(&self) -> Result<Option<StoreDamage>, StoreError> {
        let file_findings = match self.read(find_corruption).await {
            Err(StoreError::Damaged(error)) => Some(error.to_string()),
            found => found?,
        };
        let found = match file_findings {
            Some(found) => Some(StoreDamage::File(found)),
            None => self.reread_corrupt_rows().await?,
        };
        *self.lock_damage() = found.clone();
        Ok(found)
    }

    async fn reread_corrupt_rows(&self) -> Result<Option<StoreDamage>, StoreError> {
        let rows = match self.read(list_corrupt_rows).await {
            Err(StoreError::Damaged(error)) => return Ok(Some(StoreDamage::File(error.to_string()))),
            rows => rows?,
        };
        if rows.is_empty() {
            return Ok(None);
        }
        let count = rows.len() as u64;
        self.write(move |connection| mark_for_reread(connection, &rows)).await?;
        Ok(Some(StoreDamage::Devices(count)))
    }

    /// What was found last.
    pub fn last_damage(&self) -> Option<StoreDamage> {
        self.lock_damage().clone()
    }

    /// Somebody met what can't be: it is looked at soon.
    pub(super) fn report_damage(&self, error: &rusqlite::Error) {
        *self.lock_damage() = Some(StoreDamage::File(error.to_string()));
        self.inner.damage_found.notify_one();
    }

    /// Waits until somebody meets damage.
    pub async fn wait_for_damage(&self) {
        self.inner.damage_found.notified().await;
    }
}
