//! Who gained control over whose account (A9), and what everybody who signs in is to be told.

use rusqlite::{Connection, OptionalExtension, params};

use super::rows::{ms, parsed_in_row, time};
use super::{Store, StoreError};
use crate::model::{Control, OperatorId, RENEWED, Timestamp};

/// Something that everybody who signs in is told until it ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoticeRow {
    pub id: i64,
    pub at: Timestamp,
    /// Shown until then.
    pub until: Timestamp,
    /// A sentence.
    pub text: String,
}

/// How long something is told (A9).
const TOLD: chrono::TimeDelta = chrono::TimeDelta::hours(24);
/// Controls that ended so long ago are forgotten.
const KEPT: chrono::TimeDelta = chrono::TimeDelta::days(30);

/// Those that tie at this time, or may have tied lately.
pub(super) fn all(connection: &Connection) -> Result<Vec<Control>, StoreError> {
    let mut ask = connection.prepare_cached("SELECT by, over, how, at, ends_at FROM control ORDER BY id")?;
    let rows = ask.query_map([], |row| {
        let how: String = row.get(2)?;
        Ok(Control {
            by: OperatorId(row.get(0)?),
            over: OperatorId(row.get(1)?),
            how: parsed_in_row(2, &super::rows::json(&how))?,
            at: time(row.get(3)?),
            ends_at: row.get::<_, Option<i64>>(4)?.map(time),
        })
    })?;
    rows.map(|row| row.map_err(StoreError::from)).collect()
}

pub(super) fn remember(connection: &Connection, controls: &[Control], now: Timestamp) -> Result<(), StoreError> {
    connection.execute("DELETE FROM control WHERE ends_at < ?1", [ms(now - KEPT)])?;
    for control in controls {
        connection.execute(
            "INSERT INTO control (by, over, how, at, ends_at) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![
                control.by.0,
                control.over.0,
                control.how.word(),
                ms(control.at),
                control.ends_at.map(ms)
            ],
        )?;
    }
    Ok(())
}

/// The owner of an account has set a password of their own.
pub(super) fn renewed(connection: &Connection, owner: OperatorId, now: Timestamp) -> Result<(), StoreError> {
    connection.execute(
        "UPDATE control SET ends_at = ?2 WHERE over = ?1 AND how = 'password' AND (ends_at IS NULL OR ends_at > ?2)",
        params![owner.0, ms(now + RENEWED)],
    )?;
    Ok(())
}

/// An account of this name that was removed since.
pub(super) fn former(connection: &Connection, name: &str, since: Timestamp) -> Result<Option<OperatorId>, StoreError> {
    let mut ask = connection.prepare_cached(
        "SELECT id FROM former_operator WHERE name = ?1 AND removed_at > ?2 ORDER BY removed_at DESC LIMIT 1",
    )?;
    let found: Option<i64> = ask.query_row(params![name, ms(since)], |row| row.get(0)).optional()?;
    Ok(found.map(OperatorId))
}

/// Tells everybody who signs in within the next 24 hours.
pub(super) fn tell(connection: &Connection, text: &str, now: Timestamp) -> Result<(), StoreError> {
    connection.execute("DELETE FROM notice WHERE until < ?1", [ms(now)])?;
    connection.execute(
        "INSERT INTO notice (at, until, text) VALUES (?1, ?2, ?3)",
        params![ms(now), ms(now + TOLD), text],
    )?;
    Ok(())
}

/// The same, told from the next start on: for what is done while no bus runs.
pub(super) fn tell_at_start(connection: &Connection, text: &str) -> Result<(), StoreError> {
    connection.execute("INSERT INTO notice (text) VALUES (?1)", [text])?;
    Ok(())
}

/// What a migration had to tell begins to be told now; a store that has just been made knows when.
pub(super) fn settle(connection: &Connection, now: Timestamp) -> Result<(), StoreError> {
    connection.execute(
        "UPDATE notice SET at = ?1, until = ?2 WHERE until IS NULL",
        params![ms(now), ms(now + TOLD)],
    )?;
    connection.execute(
        "INSERT OR IGNORE INTO meta (key, value) VALUES ('made_at', ?1)",
        [ms(now)],
    )?;
    Ok(())
}

pub(super) fn made_at(connection: &Connection) -> Result<Timestamp, StoreError> {
    let mut ask = connection.prepare_cached("SELECT value FROM meta WHERE key = 'made_at'")?;
    Ok(time(
        ask.query_row([], |row| row.get(0)).optional()?.unwrap_or_default(),
    ))
}

impl Store {
    /// All controls that are remembered, the oldest first.
    pub async fn controls(&self) -> Result<Vec<Control>, StoreError> {
        self.read(all).await
    }

    /// What everybody is told now, the newest first.
    pub async fn notices(&self) -> Result<Vec<NoticeRow>, StoreError> {
        let now = ms(self.inner.clock.now());
        self.read(move |connection| {
            let mut ask = connection
                .prepare_cached("SELECT id, at, until, text FROM notice WHERE until > ?1 ORDER BY id DESC LIMIT 100")?;
            let rows = ask.query_map([now], |row| {
                Ok(NoticeRow {
                    id: row.get(0)?,
                    at: time(row.get(1)?),
                    until: time(row.get(2)?),
                    text: row.get(3)?,
                })
            })?;
            rows.map(|row| row.map_err(StoreError::from)).collect()
        })
        .await
    }

    /// Tells everybody who signs in within the next 24 hours.
    pub async fn tell_everybody(&self, text: String) -> Result<(), StoreError> {
        let now = self.inner.clock.now();
        self.write(move |connection| tell(connection, &text, now)).await
    }
}
