//! Unlock codes, passcodes, positions: sealed, for the requester, erased after 7 days (E1).

use chrono::TimeDelta;
use rusqlite::params;

use crate::model::{TaskId, Timestamp};
use crate::store::columns::read_time;
use crate::store::sql_values::to_millis;
use crate::store::{Store, StoreError};

const KEPT: TimeDelta = TimeDelta::days(7);

#[derive(Clone, PartialEq, Eq)]
pub struct ActionSecretRow {
    /// `unlockPin`, `passcode`, `position`.
    pub kind: String,
    pub sealed: String,
    pub at: Timestamp,
}

impl Store {
    pub async fn store_action_secret(&self, task: TaskId, kind: String, sealed: String) -> Result<(), StoreError> {
        let now = to_millis(self.inner.clock.now());
        self.write(move |connection| {
            connection.execute(
                "INSERT INTO action_secret (task, kind, sealed, at) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (task, kind) DO UPDATE SET sealed = ?3",
                params![task.0, kind, sealed, now],
            )?;
            Ok(())
        })
        .await
    }

    pub async fn list_action_secrets(&self, task: TaskId) -> Result<Vec<ActionSecretRow>, StoreError> {
        let oldest = to_millis(self.inner.clock.now() - KEPT);
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT kind, sealed, at FROM action_secret WHERE task = ?1 AND at > ?2 ORDER BY kind",
            )?;
            let rows = statement.query_map([task.0, oldest], |row| {
                Ok(ActionSecretRow {
                    kind: row.get("kind")?,
                    sealed: row.get("sealed")?,
                    at: read_time(row, "at")?,
                })
            })?;
            rows.map(|row| row.map_err(StoreError::from)).collect()
        })
        .await
    }

    pub async fn erase_action_secrets(&self) -> Result<u64, StoreError> {
        let oldest = to_millis(self.inner.clock.now() - KEPT);
        self.write(move |connection| {
            Ok(connection.execute("DELETE FROM action_secret WHERE at <= ?1", [oldest])? as u64)
        })
        .await
    }
}
