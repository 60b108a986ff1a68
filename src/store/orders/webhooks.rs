//! Webhooks that wait to be sent: written in the transaction of what they tell, and kept until they were taken or given up.

use rusqlite::{Connection, OptionalExtension, Row as SqlRow, params};

use super::claims::latest_believable;
pub use crate::contract::{WebhookPurpose, WebhookState};
use crate::model::{InstanceId, Timestamp, word_enum};
use crate::store::columns::{read_instance, read_time, read_word};
use crate::store::sql_values::to_millis;
use crate::store::sql_words::quote_word;
use crate::store::{Store, StoreError, WakeTarget};

/// How long one that was delivered or given up can still be looked at.
const KEPT: chrono::TimeDelta = chrono::TimeDelta::days(30);
/// In one list at most.
const LISTED: i64 = 500;

/// One to send, of the instance of its order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewWebhook {
    pub purpose: WebhookPurpose,
    /// Id of the order.
    pub subject: String,
    /// JSON.
    pub body: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookRow {
    /// `msg_…`: the same for each attempt, so that its receiver knows it again.
    pub id: String,
    pub instance: InstanceId,
    pub purpose: WebhookPurpose,
    /// Id of the order.
    pub subject: String,
    /// JSON.
    pub body: String,
    pub created_at: Timestamp,
    /// Attempts that were made.
    pub attempts: u32,
    pub next_attempt_at: Timestamp,
    pub state: WebhookState,
    /// A sentence, or a word of [`WebhookDrop`].
    pub last_error: Option<String>,
}

word_enum! {
    /// Why one that waited is not sent any more: its `last_error`, which is a sentence where an attempt failed.
    pub enum WebhookDrop {
        OrderDecided "orderDecided",
        InstanceRemoved "instanceRemoved",
    }
}

/// What came of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WebhookAttempt {
    Delivered,
    Retry { at: Timestamp, error: String },
    Dead { error: String },
}

/// With its `place` among all, which rises.
pub(super) const WEBHOOK: &str = "SELECT id, instance, purpose, subject, body, created_at, attempts, next_attempt_at,
     state, last_error, rowid AS place FROM webhook";

pub(super) fn webhook_from_row(row: &SqlRow<'_>) -> rusqlite::Result<WebhookRow> {
    Ok(WebhookRow {
        id: row.get("id")?,
        instance: read_instance(row, "instance")?,
        purpose: read_word(row, "purpose")?,
        subject: row.get("subject")?,
        body: row.get("body")?,
        created_at: read_time(row, "created_at")?,
        attempts: row.get("attempts")?,
        next_attempt_at: read_time(row, "next_attempt_at")?,
        state: read_word(row, "state")?,
        last_error: row.get("last_error")?,
    })
}

pub(super) fn insert_webhooks(
    connection: &Connection,
    instance: InstanceId,
    webhooks: impl IntoIterator<Item = NewWebhook>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO webhook (id, instance, purpose, subject, body, created_at, next_attempt_at, state)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6, ?7)",
    )?;
    for webhook in webhooks {
        statement.execute(params![
            format!("msg_{}", uuid::Uuid::new_v4().simple()),
            instance.0,
            webhook.purpose.name(),
            webhook.subject,
            webhook.body,
            to_millis(now),
            WebhookState::Waiting.name(),
        ])?;
    }
    Ok(())
}

/// Nobody is asked any more about an order that was decided.
pub(super) fn drop_approval_requests(connection: &Connection, order: &str, now: Timestamp) -> Result<(), StoreError> {
    connection.execute(
        "UPDATE webhook SET state = ?3, last_error = ?6, ended_at = ?5 WHERE subject = ?1 AND purpose = ?2 AND state = ?4",
        params![
            order,
            WebhookPurpose::ApprovalRequest.name(),
            WebhookState::Dead.name(),
            WebhookState::Waiting.name(),
            to_millis(now),
            WebhookDrop::OrderDecided.name(),
        ],
    )?;
    Ok(())
}

/// Nothing of an instance that is removed is sent any more.
pub(super) fn drop_instance_webhooks(
    connection: &Connection,
    instance: InstanceId,
    now: Timestamp,
) -> Result<(), StoreError> {
    connection.execute(
        "UPDATE webhook SET state = ?2, last_error = ?5, ended_at = ?4 WHERE instance = ?1 AND state = ?3",
        params![
            instance.0,
            WebhookState::Dead.name(),
            WebhookState::Waiting.name(),
            to_millis(now),
            WebhookDrop::InstanceRemoved.name(),
        ],
    )?;
    Ok(())
}

impl Store {
    /// Webhooks of all instances whose time has come, the longest due first.
    pub async fn due_webhooks(&self, now: Timestamp, limit: usize) -> Result<Vec<WebhookRow>, StoreError> {
        self.list_due_webhooks(None, now, limit).await
    }

    /// The same of one instance: those of others never take its places.
    pub async fn due_instance_webhooks(
        &self,
        instance: InstanceId,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<WebhookRow>, StoreError> {
        self.list_due_webhooks(Some(instance), now, limit).await
    }

    async fn list_due_webhooks(
        &self,
        instance: Option<InstanceId>,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<WebhookRow>, StoreError> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(&format!(
                "{WEBHOOK} WHERE state = {} AND (next_attempt_at <= ?1 OR coalesce(planned_at, created_at) > ?4)
                     AND (?2 IS NULL OR instance = ?2)
                 ORDER BY next_attempt_at, rowid LIMIT ?3",
                quote_word(WebhookState::Waiting)
            ))?;
            let values = params![
                to_millis(now),
                instance.map(|id| id.0),
                limit as i64,
                latest_believable(now)
            ];
            let rows = statement.query_map(values, webhook_from_row)?;
            rows.map(|row| row.map_err(StoreError::from)).collect()
        })
        .await
    }

    /// What may be sent now, of one purpose of one instance, the longest due first: of each subject the oldest webhook that
    /// waits, if its time has come. So webhooks of a subject keep their order, also where an earlier one is tried again.
    pub async fn list_sendable_webhooks(
        &self,
        instance: InstanceId,
        purpose: WebhookPurpose,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<WebhookRow>, StoreError> {
        self.read(move |connection| {
            let waiting = quote_word(WebhookState::Waiting);
            let mut statement = connection.prepare_cached(&format!(
                "{WEBHOOK} AS due WHERE state = {waiting} AND (next_attempt_at <= ?1 OR coalesce(planned_at, created_at) > ?5)
                     AND instance = ?2 AND purpose = ?3
                     AND NOT EXISTS (SELECT 1 FROM webhook AS older WHERE older.subject = due.subject
                         AND older.purpose = due.purpose AND older.instance = due.instance
                         AND older.state = {waiting} AND older.rowid < due.rowid)
                 ORDER BY next_attempt_at, rowid LIMIT ?4"
            ))?;
            let values = params![
                to_millis(now),
                instance.0,
                purpose.name(),
                limit as i64,
                latest_believable(now)
            ];
            let rows = statement.query_map(values, webhook_from_row)?;
            rows.map(|row| row.map_err(StoreError::from)).collect()
        })
        .await
    }

    /// False where it is not sent any more: its order was decided, or its instance removed. That it was delivered counts
    /// all the same.
    pub async fn record_webhook_attempt(&self, id: String, attempt: WebhookAttempt) -> Result<bool, StoreError> {
        let now = self.inner.clock.now();
        self.write_and_wake([WakeTarget::Orders], move |connection| {
            connection.execute("DELETE FROM webhook WHERE ended_at < ?1", [to_millis(now - KEPT)])?;
            let state: Option<WebhookState> = connection
                .query_row("SELECT state FROM webhook WHERE id = ?1", [&id], |row| {
                    read_word(row, "state")
                })
                .optional()?;
            let is_waiting = state == Some(WebhookState::Waiting);
            let (state, next, error, ended) = match attempt {
                WebhookAttempt::Delivered => (WebhookState::Delivered, None, None, Some(now)),
                _ if !is_waiting => return Ok(false),
                WebhookAttempt::Retry { at, error } => (WebhookState::Waiting, Some(at), Some(error), None),
                WebhookAttempt::Dead { error } => (WebhookState::Dead, None, Some(error), Some(now)),
            };
            connection.execute(
                "UPDATE webhook SET attempts = attempts + 1, state = ?2, next_attempt_at = coalesce(?3, next_attempt_at),
                     last_error = ?4, ended_at = ?5, planned_at = ?6 WHERE id = ?1",
                params![
                    id,
                    state.name(),
                    next.map(to_millis),
                    error,
                    ended.map(to_millis),
                    to_millis(now)
                ],
            )?;
            Ok(is_waiting)
        })
        .await
    }

    /// The newest 500 that stand there, or of all.
    pub async fn list_webhooks(&self, state: Option<WebhookState>) -> Result<Vec<WebhookRow>, StoreError> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(&format!(
                "{WEBHOOK} WHERE ?1 IS NULL OR state = ?1 ORDER BY rowid DESC LIMIT {LISTED}"
            ))?;
            let rows = statement.query_map([state.map(WebhookState::name)], webhook_from_row)?;
            rows.map(|row| row.map_err(StoreError::from)).collect()
        })
        .await
    }
}
