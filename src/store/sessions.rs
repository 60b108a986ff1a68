//! Sessions of people. Tokens come as SHA-256. Whether a session still holds is judged above, by its row and its account;
//! rows stay for a while after their end, so that whoever comes with such a token hears that it has ended.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use rusqlite::{Connection, OptionalExtension, params};

use super::columns::{read_optional_time, read_time};
use super::operators::{COLUMNS, OperatorRow, attach_roles, operator_from_row};
use super::sql_values::to_millis;
use super::{AuditEntry, Store, StoreError, audit};
use crate::model::{OperatorId, Timestamp};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRow {
    pub id: i64,
    pub operator: OperatorId,
    pub started_at: Timestamp,
    /// When it was used last, to the minute.
    pub seen_at: Timestamp,
    /// However much it is used.
    pub ends_at: Timestamp,
    /// When somebody ended it.
    pub ended_at: Option<Timestamp>,
    pub confirmed_until: Option<Timestamp>,
    /// Whether one was shown.
    pub second_factor: bool,
    /// Of what the account signed in with, and of the epoch.
    pub fingerprint: [u8; 32],
    pub address: String,
    pub user_agent: String,
}

pub struct NewSession {
    pub operator: OperatorId,
    pub sha256: [u8; 32],
    pub ends_at: Timestamp,
    pub confirmed_until: Option<Timestamp>,
    pub second_factor: bool,
    pub fingerprint: [u8; 32],
    pub address: String,
    pub user_agent: String,
}

/// How many there may be, and how long they are remembered.
#[derive(Debug, Clone, Copy)]
pub struct SessionBounds {
    /// Of one account that have not ended; with more, the oldest end.
    pub per_account: u32,
    /// Rows of one account, those that have ended among them.
    pub rows_per_account: u32,
    /// How long one is remembered after its end.
    pub remembered: TimeDelta,
}

/// Of a row `s`; no name is one of an account's columns.
const SESSION_COLUMNS: &str =
    "s.id AS session_id, s.operator, s.started_at, s.seen_at, s.ends_at, s.ended_at, s.confirmed_until,
     s.second_factor, s.fingerprint, s.address, s.user_agent";

fn session_from_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<SessionRow> {
    Ok(SessionRow {
        id: row.get("session_id")?,
        operator: OperatorId(row.get("operator")?),
        started_at: read_time(row, "started_at")?,
        seen_at: read_time(row, "seen_at")?,
        ends_at: read_time(row, "ends_at")?,
        ended_at: read_optional_time(row, "ended_at")?,
        confirmed_until: read_optional_time(row, "confirmed_until")?,
        second_factor: row.get("second_factor")?,
        fingerprint: row.get("fingerprint")?,
        address: row.get("address")?,
        user_agent: row.get("user_agent")?,
    })
}

fn find_session(connection: &Connection, id: i64) -> Result<Option<SessionRow>, StoreError> {
    let mut statement =
        connection.prepare_cached(&format!("SELECT {SESSION_COLUMNS} FROM session s WHERE s.id = ?1"))?;
    Ok(statement.query_row([id], session_from_row).optional()?)
}

fn load_session(connection: &Connection, id: i64) -> Result<SessionRow, StoreError> {
    find_session(connection, id)?.ok_or_else(|| StoreError::Unknown {
        what: "session",
        name: id.to_string(),
    })
}

pub(super) fn insert_session(
    connection: &Connection,
    new: &NewSession,
    bounds: SessionBounds,
    now: Timestamp,
) -> Result<SessionRow, StoreError> {
    let (at, forgotten) = (to_millis(now), to_millis(now - bounds.remembered));
    connection.execute("DELETE FROM session WHERE ends_at < ?1 OR ended_at < ?1", [forgotten])?;
    connection.execute(
        "INSERT INTO session (operator, sha256, started_at, seen_at, ends_at, confirmed_until, second_factor, fingerprint,
             address, user_agent) VALUES (?1, ?2, ?3, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        params![
            new.operator.0,
            new.sha256,
            at,
            to_millis(new.ends_at),
            new.confirmed_until.map(to_millis),
            new.second_factor,
            new.fingerprint,
            new.address,
            new.user_agent
        ],
    )?;
    let id = connection.last_insert_rowid();
    connection.execute(
        "UPDATE session SET ended_at = ?2 WHERE id IN (SELECT id FROM session
             WHERE operator = ?1 AND ended_at IS NULL AND ends_at > ?2 ORDER BY id DESC LIMIT -1 OFFSET ?3)",
        params![new.operator.0, at, bounds.per_account],
    )?;
    connection.execute(
        "DELETE FROM session WHERE id IN (SELECT id FROM session WHERE operator = ?1 ORDER BY id DESC LIMIT -1 OFFSET ?2)",
        params![new.operator.0, bounds.rows_per_account],
    )?;
    set_last_sign_in(connection, new.operator, at)?;
    load_session(connection, id)
}

/// Of an account that may be gone already.
fn set_last_sign_in(connection: &Connection, operator: OperatorId, at: i64) -> Result<(), StoreError> {
    connection.execute(
        "INSERT INTO last_sign_in (operator, at) SELECT id, ?2 FROM operator WHERE id = ?1
         ON CONFLICT (operator) DO UPDATE SET at = max(at, excluded.at)",
        params![operator.0, at],
    )?;
    Ok(())
}

/// All of an account.
pub(super) fn end_all_sessions(
    connection: &Connection,
    operator: OperatorId,
    now: Timestamp,
) -> Result<(), StoreError> {
    connection.execute(
        "UPDATE session SET ended_at = ?2 WHERE operator = ?1 AND ended_at IS NULL",
        params![operator.0, to_millis(now)],
    )?;
    Ok(())
}

impl Store {
    /// A new one; its account has signed in.
    pub async fn begin_session(&self, new: NewSession, bounds: SessionBounds) -> Result<SessionRow, StoreError> {
        let now = self.inner.clock.now();
        self.write(move |connection| insert_session(connection, &new, bounds, now))
            .await
    }

    /// The account and the session behind a hash, ended ones included: the caller judges.
    pub async fn find_session_by_token(
        &self,
        sha256: [u8; 32],
    ) -> Result<Option<(OperatorRow, SessionRow)>, StoreError> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(&format!(
                "SELECT {COLUMNS}, {SESSION_COLUMNS} FROM session s JOIN operator o ON o.id = s.operator
                 WHERE s.sha256 = ?1"
            ))?;
            let found = statement.query_row([sha256], |row| Ok((operator_from_row(row)?, session_from_row(row)?)));
            let Some((row, session)) = found.optional()? else {
                return Ok(None);
            };
            Ok(attach_roles(connection, Some(row))?.map(|row| (row, session)))
        })
        .await
    }

    pub async fn find_session(&self, id: i64) -> Result<Option<SessionRow>, StoreError> {
        self.read(move |connection| find_session(connection, id)).await
    }

    /// Those that nobody has ended and whose longest time is not over, the newest first; of one account or of all.
    pub async fn list_sessions(&self, operator: Option<OperatorId>) -> Result<Vec<SessionRow>, StoreError> {
        let now = to_millis(self.inner.clock.now());
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(&format!(
                "SELECT {SESSION_COLUMNS} FROM session s
                 WHERE (?1 IS NULL OR s.operator = ?1) AND s.ended_at IS NULL AND s.ends_at > ?2 ORDER BY s.id DESC"
            ))?;
            let rows = statement.query_map(params![operator.map(|id| id.0), now], session_from_row)?;
            rows.map(|row| row.map_err(StoreError::from)).collect()
        })
        .await
    }

    /// It was used. What is written is never older than what is there.
    pub async fn record_session_seen(&self, id: i64) -> Result<(), StoreError> {
        let now = to_millis(self.inner.clock.now());
        self.write(move |connection| {
            connection.execute(
                "UPDATE session SET seen_at = ?2 WHERE id = ?1 AND seen_at < ?2",
                params![id, now],
            )?;
            Ok(())
        })
        .await
    }

    /// False where it had ended already.
    pub async fn end_session(&self, id: i64) -> Result<bool, StoreError> {
        let now = to_millis(self.inner.clock.now());
        self.write(move |connection| {
            let ended = connection.execute(
                "UPDATE session SET ended_at = ?2 WHERE id = ?1 AND ended_at IS NULL",
                params![id, now],
            )?;
            Ok(ended > 0)
        })
        .await
    }

    /// Its person has shown again who they are; `second_factor`: with a code.
    pub async fn confirm_session(
        &self,
        id: i64,
        until: Timestamp,
        second_factor: bool,
    ) -> Result<SessionRow, StoreError> {
        self.write(move |connection| {
            connection.execute(
                "UPDATE session SET confirmed_until = ?2, second_factor = max(second_factor, ?3) WHERE id = ?1",
                params![id, to_millis(until), second_factor],
            )?;
            load_session(connection, id)
        })
        .await
    }

    /// It goes on although its person has just changed what the account signs in with.
    pub async fn renew_session(&self, id: i64, fingerprint: [u8; 32], second_factor: bool) -> Result<(), StoreError> {
        self.write(move |connection| {
            connection.execute(
                "UPDATE session SET fingerprint = ?2, second_factor = ?3 WHERE id = ?1",
                params![id, fingerprint, second_factor],
            )?;
            Ok(())
        })
        .await
    }

    /// An account has signed in; with its row in the audit trail, where there is to be one.
    pub async fn record_sign_in(&self, operator: OperatorId, entry: Option<AuditEntry>) -> Result<(), StoreError> {
        let (key, at) = (self.inner.audit_key, to_millis(self.inner.clock.now()));
        self.write(move |connection| {
            set_last_sign_in(connection, operator, at)?;
            match entry {
                Some(entry) => audit::append_entry(connection, &key, at, &entry),
                None => Ok(()),
            }
        })
        .await
    }

    /// When each account signed in last, as far as that was written down.
    pub async fn list_last_sign_ins(&self) -> Result<BTreeMap<OperatorId, Timestamp>, StoreError> {
        self.read(query_last_sign_ins).await
    }
}

pub(super) fn query_last_sign_ins(connection: &Connection) -> Result<BTreeMap<OperatorId, Timestamp>, StoreError> {
    let mut statement = connection.prepare_cached("SELECT operator, at FROM last_sign_in")?;
    let rows = statement.query_map([], |row| Ok((OperatorId(row.get("operator")?), read_time(row, "at")?)))?;
    rows.map(|row| row.map_err(StoreError::from)).collect()
}
