//! Who gained control over whose account (A9), and what everybody who signs in is to be told.

use rusqlite::{Connection, OptionalExtension, params};

use super::StoreError;
use super::columns::{read_optional_time, read_time, read_word};
use super::sql_values::{from_millis, to_millis};
use crate::model::{AccountControl, OperatorId, RENEWED, Timestamp};

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
pub(super) fn list_controls(connection: &Connection) -> Result<Vec<AccountControl>, StoreError> {
    let mut statement = connection.prepare_cached("SELECT by, over, how, at, ends_at FROM control ORDER BY id")?;
    let rows = statement.query_map([], |row| {
        Ok(AccountControl {
            by: OperatorId(row.get("by")?),
            over: OperatorId(row.get("over")?),
            kind: read_word(row, "how")?,
            at: read_time(row, "at")?,
            ends_at: read_optional_time(row, "ends_at")?,
        })
    })?;
    rows.map(|row| row.map_err(StoreError::from)).collect()
}

pub(super) fn insert_controls(
    connection: &Connection,
    controls: &[AccountControl],
    now: Timestamp,
) -> Result<(), StoreError> {
    connection.execute("DELETE FROM control WHERE ends_at < ?1", [to_millis(now - KEPT)])?;
    for control in controls {
        connection.execute(
            "INSERT INTO control (by, over, how, at, ends_at) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![
                control.by.0,
                control.over.0,
                control.kind.name(),
                to_millis(control.at),
                control.ends_at.map(to_millis)
            ],
        )?;
    }
    Ok(())
}

/// The owner of an account has set a password of their own.
pub(super) fn mark_password_renewed(
    connection: &Connection,
    owner: OperatorId,
    now: Timestamp,
) -> Result<(), StoreError> {
    connection.execute(
        "UPDATE control SET ends_at = ?2 WHERE over = ?1 AND how = 'password' AND (ends_at IS NULL OR ends_at > ?2)",
        params![owner.0, to_millis(now + RENEWED)],
    )?;
    Ok(())
}

/// An account of this name that was removed since.
pub(super) fn find_former_operator(
    connection: &Connection,
    name: &str,
    since: Timestamp,
) -> Result<Option<OperatorId>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT id FROM former_operator WHERE name = ?1 AND removed_at > ?2 ORDER BY removed_at DESC LIMIT 1",
    )?;
    let found: Option<i64> = statement
        .query_row(params![name, to_millis(since)], |row| row.get(0))
        .optional()?;
    Ok(found.map(OperatorId))
}

/// Tells everybody who signs in within the next 24 hours.
pub(super) fn insert_notice(connection: &Connection, text: &str, now: Timestamp) -> Result<(), StoreError> {
    connection.execute("DELETE FROM notice WHERE until < ?1", [to_millis(now)])?;
    connection.execute(
        "INSERT INTO notice (at, until, text) VALUES (?1, ?2, ?3)",
        params![to_millis(now), to_millis(now + TOLD), text],
    )?;
    Ok(())
}

/// The same, told from the next start on: for what is done while no bus runs.
pub(super) fn insert_notice_for_start(connection: &Connection, text: &str) -> Result<(), StoreError> {
    connection.execute("INSERT INTO notice (text) VALUES (?1)", [text])?;
    Ok(())
}

/// What a migration had to tell begins to be told now; a store that has just been made knows when.
pub(super) fn activate_notices(connection: &Connection, now: Timestamp) -> Result<(), StoreError> {
    connection.execute(
        "UPDATE notice SET at = ?1, until = ?2 WHERE until IS NULL",
        params![to_millis(now), to_millis(now + TOLD)],
    )?;
    connection.execute(
        "INSERT OR IGNORE INTO meta (key, value) VALUES ('made_at', ?1)",
        [to_millis(now)],
    )?;
    Ok(())
}

pub(super) fn store_created_at(connection: &Connection) -> Result<Timestamp, StoreError> {
    let mut statement = connection.prepare_cached("SELECT value FROM meta WHERE key = 'made_at'")?;
    Ok(from_millis(
        statement
            .query_row([], |row| row.get(0))
            .optional()?
            .unwrap_or_default(),
    ))
}
