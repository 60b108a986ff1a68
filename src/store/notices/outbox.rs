//! What recipients were told, and the messages that tell it: written together, then sent until each was taken or given up.

use rusqlite::{Connection, Row as SqlRow, params};

use crate::contract::{NoticeKind, NoticePhase, WebhookState};
use crate::model::Timestamp;
use crate::store::columns::{read_json, read_optional_time, read_time, read_word};
use crate::store::sql_values::{to_json, to_millis};
use crate::store::{Store, StoreError, WebhookAttempt};

/// How long one that was delivered or given up can still be looked at.
const KEPT: chrono::TimeDelta = chrono::TimeDelta::days(30);
/// What bears a time further ahead of the clock was written before the clock was set back: it waits for nothing.
const CLOCK_SLACK: chrono::TimeDelta = chrono::TimeDelta::minutes(1);
/// In one list at most.
const LISTED: i64 = 200;

/// What a recipient was told of one kind, as long as something of it is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToldNoticeRow {
    /// Id of the recipient.
    pub recipient: i64,
    pub kind: NoticeKind,
    /// Digests of what is open and was told.
    pub subjects: Vec<String>,
    /// When the last message of it was written.
    pub told_at: Timestamp,
    /// Since when nothing of the kind is open; `None`: something is.
    pub clear_since: Option<Timestamp>,
}

/// A message to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewNoticeMessage {
    /// The same for each attempt; random.
    pub id: String,
    pub phase: NoticePhase,
    /// JSON.
    pub content: String,
}

/// A step of what is told, with the message that belongs to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoticeMove {
    Tell {
        told: ToldNoticeRow,
        message: NewNoticeMessage,
    },
    /// Without a message: something of the kind has gone, or come back.
    Note(ToldNoticeRow),
    Clear {
        recipient: i64,
        kind: NoticeKind,
        message: NewNoticeMessage,
    },
    /// The recipient is not told of this kind any more.
    Forget { recipient: i64, kind: NoticeKind },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoticeMessageRow {
    pub id: String,
    /// Id of the recipient; it may have gone.
    pub recipient: i64,
    pub recipient_name: String,
    /// Id of the channel that the recipient has now; `None`: they have gone.
    pub channel: Option<String>,
    pub kind: NoticeKind,
    pub phase: NoticePhase,
    /// JSON.
    pub content: String,
    pub created_at: Timestamp,
    /// Attempts that were made.
    pub attempts: u32,
    pub state: WebhookState,
    pub last_error: Option<String>,
}

const MESSAGE: &str =
    "SELECT m.id, m.recipient, m.recipient_name, m.kind, m.phase, m.content, m.created_at, m.attempts,
     m.state, m.last_error, r.channel FROM notice_message m LEFT JOIN notice_recipient r ON r.id = m.recipient";

fn message_from_row(row: &SqlRow<'_>) -> rusqlite::Result<NoticeMessageRow> {
    Ok(NoticeMessageRow {
        id: row.get("id")?,
        recipient: row.get("recipient")?,
        recipient_name: row.get("recipient_name")?,
        channel: row.get("channel")?,
        kind: read_word(row, "kind")?,
        phase: read_word(row, "phase")?,
        content: row.get("content")?,
        created_at: read_time(row, "created_at")?,
        attempts: row.get("attempts")?,
        state: read_word(row, "state")?,
        last_error: row.get("last_error")?,
    })
}

/// Of a recipient that has gone meanwhile nothing is written.
fn write_told(connection: &Connection, told: &ToldNoticeRow) -> Result<(), StoreError> {
    connection.execute(
        "INSERT INTO notice_told (recipient, kind, subjects, told_at, clear_since)
         SELECT id, ?2, ?3, ?4, ?5 FROM notice_recipient WHERE id = ?1
         ON CONFLICT (recipient, kind) DO UPDATE SET subjects = excluded.subjects, told_at = excluded.told_at,
             clear_since = excluded.clear_since",
        params![
            told.recipient,
            told.kind.name(),
            to_json(&told.subjects),
            to_millis(told.told_at),
            told.clear_since.map(to_millis)
        ],
    )?;
    Ok(())
}

fn remove_told(connection: &Connection, recipient: i64, kind: NoticeKind) -> Result<(), StoreError> {
    connection.execute(
        "DELETE FROM notice_told WHERE recipient = ?1 AND kind = ?2",
        params![recipient, kind.name()],
    )?;
    Ok(())
}

/// Of the message that is given up; when it was told last stays, so that it is not tried without end.
fn forget_told(connection: &Connection, message: &str) -> Result<(), StoreError> {
    connection.execute(
        "UPDATE notice_told SET subjects = '[]' WHERE (recipient, kind) IN
             (SELECT recipient, kind FROM notice_message WHERE id = ?1 AND ended_at IS NULL AND phase = ?2)",
        params![message, NoticePhase::Opened.name()],
    )?;
    Ok(())
}

fn insert_message(
    connection: &Connection,
    recipient: i64,
    kind: NoticeKind,
    message: &NewNoticeMessage,
    now: i64,
) -> Result<(), StoreError> {
    connection.execute(
        "INSERT INTO notice_message (id, recipient, recipient_name, kind, phase, content, created_at, next_attempt_at, state)
         SELECT ?2, id, name, ?3, ?4, ?5, ?6, ?6, ?7 FROM notice_recipient WHERE id = ?1",
        params![
            recipient,
            message.id,
            kind.name(),
            message.phase.name(),
            message.content,
            now,
            WebhookState::Waiting.name()
        ],
    )?;
    Ok(())
}

impl Store {
    pub async fn list_told_notices(&self) -> Result<Vec<ToldNoticeRow>, StoreError> {
        self.read(|connection| {
            let mut statement =
                connection.prepare_cached("SELECT recipient, kind, subjects, told_at, clear_since FROM notice_told")?;
            let rows = statement.query_map([], |row| {
                Ok(ToldNoticeRow {
                    recipient: row.get("recipient")?,
                    kind: read_word(row, "kind")?,
                    subjects: read_json(row, "subjects")?,
                    told_at: read_time(row, "told_at")?,
                    clear_since: read_optional_time(row, "clear_since")?,
                })
            })?;
            rows.map(|row| row.map_err(StoreError::from)).collect()
        })
        .await
    }

    /// All of them, or none.
    pub async fn commit_notices(&self, moves: Vec<NoticeMove>) -> Result<(), StoreError> {
        let now = to_millis(self.inner.clock.now());
        self.write(move |connection| {
            for step in &moves {
                match step {
                    NoticeMove::Tell { told, message } => {
                        write_told(connection, told)?;
                        insert_message(connection, told.recipient, told.kind, message, now)?;
                    }
                    NoticeMove::Note(told) => write_told(connection, told)?,
                    NoticeMove::Clear {
                        recipient,
                        kind,
                        message,
                    } => {
                        remove_told(connection, *recipient, *kind)?;
                        insert_message(connection, *recipient, *kind, message, now)?;
                    }
                    NoticeMove::Forget { recipient, kind } => remove_told(connection, *recipient, *kind)?,
                }
            }
            Ok(())
        })
        .await
    }

    /// What may be sent now, the longest due first, one message of each recipient. Messages of one kind keep their order; one
    /// that is not taken holds up no other kind.
    pub async fn list_sendable_notices(
        &self,
        now: Timestamp,
        most: usize,
    ) -> Result<Vec<NoticeMessageRow>, StoreError> {
        let limit = i64::try_from(most).unwrap_or(i64::MAX);
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(&format!(
                "WITH oldest AS (
                     SELECT min(place) AS place FROM notice_message WHERE ended_at IS NULL GROUP BY recipient, kind
                 ), due AS (
                     SELECT d.place,
                         row_number() OVER (PARTITION BY d.recipient ORDER BY d.next_attempt_at, d.place) AS turn
                     FROM oldest JOIN notice_message d ON d.place = oldest.place
                     WHERE d.next_attempt_at <= ?1 OR coalesce(d.planned_at, d.created_at) > ?3
                 )
                 {MESSAGE} WHERE m.place IN (SELECT place FROM due WHERE turn = 1)
                 ORDER BY m.next_attempt_at, m.place LIMIT ?2"
            ))?;
            let values = params![to_millis(now), limit, to_millis(now + CLOCK_SLACK)];
            let rows = statement.query_map(values, message_from_row)?;
            rows.map(|row| row.map_err(StoreError::from)).collect()
        })
        .await
    }

    /// What came of an attempt. One that was removed meanwhile stays so. What was given up was not told: as long as it is open,
    /// it is news.
    pub async fn record_notice_attempt(&self, id: String, attempt: WebhookAttempt) -> Result<(), StoreError> {
        let now = self.inner.clock.now();
        self.write(move |connection| {
            connection.execute(
                "DELETE FROM notice_message WHERE ended_at < ?1",
                [to_millis(now - KEPT)],
            )?;
            let (state, next, error, ended) = match attempt {
                WebhookAttempt::Delivered => (WebhookState::Delivered, None, None, Some(now)),
                WebhookAttempt::Retry { at, error } => (WebhookState::Waiting, Some(at), Some(error), None),
                WebhookAttempt::Dead { error } => {
                    forget_told(connection, &id)?;
                    (WebhookState::Dead, None, Some(error), Some(now))
                }
            };
            connection.execute(
                "UPDATE notice_message SET attempts = attempts + 1, state = ?2,
                     next_attempt_at = coalesce(?3, next_attempt_at), planned_at = ?6, last_error = ?4, ended_at = ?5
                 WHERE id = ?1 AND ended_at IS NULL",
                params![
                    id,
                    state.name(),
                    next.map(to_millis),
                    error,
                    ended.map(to_millis),
                    to_millis(now)
                ],
            )?;
            Ok(())
        })
        .await
    }

    /// The newest 200, newest first.
    pub async fn list_notice_messages(&self) -> Result<Vec<NoticeMessageRow>, StoreError> {
        self.read(|connection| {
            let mut statement =
                connection.prepare_cached(&format!("{MESSAGE} ORDER BY m.place DESC LIMIT {LISTED}"))?;
            let rows = statement.query_map([], message_from_row)?;
            rows.map(|row| row.map_err(StoreError::from)).collect()
        })
        .await
    }
}
