//! The heartbeat. What it found is written before the ping goes out: that proves that the store takes writes.

use rusqlite::{OptionalExtension, params};

use crate::contract::HeartbeatState;
use crate::model::Timestamp;
use crate::store::columns::{read_optional_time, read_optional_word};
use crate::store::sql_values::to_millis;
use crate::store::{Store, StoreError};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeartbeatRow {
    /// JSON, without the address.
    pub settings: String,
    /// The address, sealed.
    pub sealed: String,
    /// `None`: nobody has looked yet.
    pub state: Option<HeartbeatState>,
    pub checked_at: Option<Timestamp>,
    /// Of the last ping.
    pub last_error: Option<String>,
}

impl Store {
    /// `None`: nobody is pinged.
    pub async fn find_heartbeat(&self) -> Result<Option<HeartbeatRow>, StoreError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT settings, sealed, state, checked_at, last_error FROM heartbeat WHERE one = 1",
            )?;
            let found = statement.query_row([], |row| {
                Ok(HeartbeatRow {
                    settings: row.get("settings")?,
                    sealed: row.get("sealed")?,
                    state: read_optional_word(row, "state")?,
                    checked_at: read_optional_time(row, "checked_at")?,
                    last_error: row.get("last_error")?,
                })
            });
            Ok(found.optional()?)
        })
        .await
    }

    /// In place of the one that there is.
    pub async fn save_heartbeat(&self, settings: String, sealed: String) -> Result<(), StoreError> {
        self.write(move |connection| {
            connection.execute(
                "INSERT INTO heartbeat (one, settings, sealed) VALUES (1, ?1, ?2)
                 ON CONFLICT (one) DO UPDATE SET settings = ?1, sealed = ?2, state = NULL, checked_at = NULL,
                     last_error = NULL",
                params![settings, sealed],
            )?;
            Ok(())
        })
        .await
    }

    /// False where there is none.
    pub async fn remove_heartbeat(&self) -> Result<bool, StoreError> {
        self.write(|connection| Ok(connection.execute("DELETE FROM heartbeat", [])? > 0))
            .await
    }

    /// `last_error`: of the ping before this look.
    pub async fn record_heartbeat(&self, state: HeartbeatState, last_error: Option<String>) -> Result<(), StoreError> {
        let now = to_millis(self.inner.clock.now());
        self.write(move |connection| {
            connection.execute(
                "UPDATE heartbeat SET state = ?1, checked_at = ?2, last_error = ?3",
                params![state.name(), now, last_error],
            )?;
            Ok(())
        })
        .await
    }
}
