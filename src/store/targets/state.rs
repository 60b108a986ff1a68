//! How a target stands: how freely it writes, what keeps it, what it has done.

use rusqlite::{Connection, OptionalExtension, params};

use super::columns::{read_count, read_optional_json, read_optional_time, read_word};
use super::questions::void_questions;
use super::{TargetPause, TargetProblem, TargetSignIn};
use crate::contract::TargetPhase;
use crate::model::{InstanceId, Timestamp};
use crate::store::sql_values::{to_json, to_millis};
use crate::store::write_marks::WriteConcern;
use crate::store::{Store, StoreError};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetStateRow {
    pub target: InstanceId,
    /// Of the mapping that people agreed to; `None`: to none yet.
    pub mapping_digest: Option<String>,
    /// Records that were written, or tried, while it stood in [`TargetPhase::Canary`].
    pub canary_written: u64,
    /// In [`TargetPhase::Waiting`] nothing is written but what people agreed to.
    pub phase: TargetPhase,
    /// `None`: nothing keeps it.
    pub pause: Option<TargetPause>,
    pub last_error: Option<TargetProblem>,
    pub last_write_at: Option<Timestamp>,
    /// Requests that it has sent to the other side.
    pub requests: u64,
    /// `None`: nobody has asked.
    pub sign_in: Option<TargetSignIn>,
}

/// What is `None` stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TargetStateChange {
    /// From the first to the second; it stays where it stands elsewhere, as after a consent that came meanwhile.
    pub phase: Option<(TargetPhase, TargetPhase)>,
    pub pause: Option<Option<TargetPause>>,
    pub last_error: Option<Option<TargetProblem>>,
    /// Added to those before.
    pub requests: u64,
    /// Attempts that the other side refused, added to the records that were written while it stood in
    /// [`TargetPhase::Canary`]: a wrong mapping tries no more than these either.
    pub canary_refused: u64,
    pub sign_in: Option<TargetSignIn>,
}

impl Store {
    /// One of which nothing is kept yet begins with its first records.
    pub async fn load_target_state(&self, target: InstanceId) -> Result<TargetStateRow, StoreError> {
        self.read(move |connection| load_state(connection, target)).await
    }

    /// Answers how it stands now.
    pub async fn save_target_state(
        &self,
        target: InstanceId,
        change: TargetStateChange,
    ) -> Result<TargetStateRow, StoreError> {
        self.write_concerning(WriteConcern::Nobody, [], move |connection| {
            let before = load_state(connection, target)?;
            let mut after = before.clone();
            if after.phase == TargetPhase::Canary {
                after.canary_written += change.canary_refused;
            }
            if let Some((from, to)) = change.phase
                && after.phase == from
            {
                after.phase = to;
            }
            after.pause = change.pause.unwrap_or(after.pause);
            after.last_error = change.last_error.unwrap_or(after.last_error);
            after.requests += change.requests;
            after.sign_in = change.sign_in.or(after.sign_in);
            if after != before {
                write_state(connection, &after)?;
            }
            Ok(after)
        })
        .await
    }

    /// After a change of what it writes that no new mapping tells of (a filter, another default): it begins again with its
    /// first records, and what people agreed to before is void.
    pub async fn restart_target_canary(&self, target: InstanceId) -> Result<(), StoreError> {
        self.write(move |connection| restart_canary(connection, target)).await
    }
}

pub(super) fn load_state(connection: &Connection, target: InstanceId) -> Result<TargetStateRow, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT mapping_digest, canary_written, phase, pause, last_error, last_write_at, requests, sign_in
         FROM target_state WHERE target = ?1",
    )?;
    let found = statement.query_row([target.0], |row| {
        Ok(TargetStateRow {
            target,
            mapping_digest: row.get("mapping_digest")?,
            canary_written: read_count(row, "canary_written")?,
            phase: read_word(row, "phase")?,
            pause: read_optional_json(row, "pause")?,
            last_error: read_optional_json(row, "last_error")?,
            last_write_at: read_optional_time(row, "last_write_at")?,
            requests: read_count(row, "requests")?,
            sign_in: read_optional_json(row, "sign_in")?,
        })
    });
    let at_first = TargetStateRow {
        target,
        mapping_digest: None,
        canary_written: 0,
        phase: TargetPhase::Canary,
        pause: None,
        last_error: None,
        last_write_at: None,
        requests: 0,
        sign_in: None,
    };
    Ok(found.optional()?.unwrap_or(at_first))
}

pub(super) fn write_state(connection: &Connection, state: &TargetStateRow) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO target_state (target, mapping_digest, canary_written, phase, pause, last_error, last_write_at,
                 requests, sign_in)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
             ON CONFLICT (target) DO UPDATE SET mapping_digest = excluded.mapping_digest,
                 canary_written = excluded.canary_written, phase = excluded.phase, pause = excluded.pause,
                 last_error = excluded.last_error, last_write_at = excluded.last_write_at, requests = excluded.requests,
                 sign_in = excluded.sign_in",
        )?
        .execute(params![
            state.target.0,
            state.mapping_digest,
            state.canary_written.cast_signed(),
            state.phase.name(),
            state.pause.as_ref().map(to_json),
            state.last_error.as_ref().map(to_json),
            state.last_write_at.map(to_millis),
            state.requests.cast_signed(),
            state.sign_in.as_ref().map(to_json),
        ])?;
    Ok(())
}

/// From here on it is kept how the target stands: also a store that is put back knows that there is one.
pub(super) fn keep_state(connection: &Connection, target: InstanceId) -> Result<(), StoreError> {
    connection.execute(
        "INSERT OR IGNORE INTO target_state (target, phase) VALUES (?1, ?2)",
        params![target.0, TargetPhase::Canary.name()],
    )?;
    Ok(())
}

/// Within the transaction of a page: `written` records, with so many requests.
pub(super) fn add_to_state(
    connection: &Connection,
    target: InstanceId,
    written: u64,
    requests: u64,
    now: Timestamp,
) -> Result<(), StoreError> {
    if written == 0 && requests == 0 {
        return Ok(());
    }
    let mut state = load_state(connection, target)?;
    if state.phase == TargetPhase::Canary {
        state.canary_written += written;
    }
    if written > 0 {
        state.last_write_at = Some(now);
    }
    state.requests += requests;
    write_state(connection, &state)
}

pub(super) fn restart_canary(connection: &Connection, target: InstanceId) -> Result<(), StoreError> {
    let mut state = load_state(connection, target)?;
    state.phase = TargetPhase::Canary;
    state.canary_written = 0;
    write_state(connection, &state)?;
    void_questions(connection, Some(target))
}

/// A store that has gone back (A8): what was written since is not known, so nothing goes by what people had agreed to. Each
/// target waits until somebody has looked at what it would write. Links stay, as not confirmed.
pub(in crate::store) fn withdraw_consent_after_restore(connection: &Connection) -> Result<(), StoreError> {
    void_questions(connection, None)?;
    connection.execute(
        "UPDATE target_state SET phase = ?1, pause = NULL",
        [TargetPhase::Waiting.name()],
    )?;
    Ok(())
}
