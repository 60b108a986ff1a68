//! Webhooks of management servers: address and keys, sealed, and how posting to it goes.

use chrono::TimeDelta;
use rusqlite::{Connection, OptionalExtension, params};

use super::columns::{read_optional_time, read_optional_word, read_time, read_word};
use super::sql_values::to_millis;
use super::write_marks::WriteConcern;
use super::{Store, StoreError, WakeTarget, WebhookAttempt};
use crate::contract::ServerMessageKind;
use crate::model::{ServerId, Timestamp};

/// That messages are taken is written so often at most: a commit for each page would cost as much as the page.
const DELIVERED_EVERY: TimeDelta = TimeDelta::minutes(1);

/// One address. Its secrets are sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerWebhookRow {
    pub server: ServerId,
    /// Another one with each address, also after one was removed.
    pub revision: i64,
    pub sealed_url: String,
    /// Scheme, host and port, for people.
    pub address: String,
    pub allow_private: bool,
    pub sealed_key: String,
    /// Signs as well, until its end.
    pub old_key: Option<OldWebhookKey>,
    pub set_at: Timestamp,
    /// Kind of the message that is not taken; `None`: the last one was.
    pub failing: Option<ServerMessageKind>,
    pub failing_since: Option<Timestamp>,
    /// Attempts since then.
    pub attempts: u32,
    pub next_attempt_at: Option<Timestamp>,
    /// When the next attempt was planned.
    pub planned_at: Option<Timestamp>,
    pub set_aside_at: Option<Timestamp>,
    pub last_error: Option<String>,
    /// To the minute.
    pub delivered_at: Option<Timestamp>,
}

/// The key before the present one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OldWebhookKey {
    pub sealed: String,
    pub until: Timestamp,
}

/// What is set by people.
#[derive(Debug, Clone)]
pub struct NewServerWebhook {
    pub sealed_url: String,
    /// Scheme, host and port.
    pub address: String,
    pub allow_private: bool,
    /// A new one; `None`: the address is as before, and its keys stay. Needed where there is no webhook yet.
    pub sealed_key: Option<String>,
}

const COLUMNS: &str = "server, revision, url, address, allow_private, key, old_key, old_key_until, set_at, failing, \
                       failing_since, attempts, next_attempt_at, planned_at, set_aside_at, last_error, delivered_at";

fn webhook_from_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<ServerWebhookRow> {
    let old_key: Option<String> = row.get("old_key")?;
    let until = read_optional_time(row, "old_key_until")?;
    Ok(ServerWebhookRow {
        server: read_word(row, "server")?,
        revision: row.get("revision")?,
        sealed_url: row.get("url")?,
        address: row.get("address")?,
        allow_private: row.get("allow_private")?,
        sealed_key: row.get("key")?,
        old_key: old_key
            .zip(until)
            .map(|(sealed, until)| OldWebhookKey { sealed, until }),
        set_at: read_time(row, "set_at")?,
        failing: read_optional_word(row, "failing")?,
        failing_since: read_optional_time(row, "failing_since")?,
        attempts: row.get("attempts")?,
        next_attempt_at: read_optional_time(row, "next_attempt_at")?,
        planned_at: read_optional_time(row, "planned_at")?,
        set_aside_at: read_optional_time(row, "set_aside_at")?,
        last_error: row.get("last_error")?,
        delivered_at: read_optional_time(row, "delivered_at")?,
    })
}

fn find_webhook(connection: &Connection, server: &ServerId) -> Result<Option<ServerWebhookRow>, StoreError> {
    let mut statement =
        connection.prepare_cached(&format!("SELECT {COLUMNS} FROM server_webhook WHERE server = ?1"))?;
    Ok(statement.query_row([server.as_str()], webhook_from_row).optional()?)
}

fn load_webhook(connection: &Connection, server: &ServerId) -> Result<ServerWebhookRow, StoreError> {
    find_webhook(connection, server)?.ok_or_else(|| StoreError::Unknown {
        what: "webhook of server",
        name: server.to_string(),
    })
}

/// Nothing is known of how posting goes.
const CLEARED: &str = "failing = NULL, failing_since = NULL, attempts = 0, next_attempt_at = NULL, planned_at = NULL,
    set_aside_at = NULL, last_error = NULL";

impl Store {
    /// Sets the address, or changes what is said of it; posting begins at once. An error where the server does not exist.
    pub async fn set_server_webhook(
        &self,
        server: ServerId,
        new: NewServerWebhook,
    ) -> Result<ServerWebhookRow, StoreError> {
        let now = to_millis(self.inner.clock.now());
        self.write_and_wake([WakeTarget::Changes], move |connection| {
            super::servers::load_server(connection, &server)?;
            let values = params![
                server.as_str(),
                new.sealed_url,
                new.address,
                new.allow_private,
                new.sealed_key,
                now
            ];
            let changed = connection.execute(
                &format!(
                    "UPDATE server_webhook SET revision = revision + 1, url = ?2, address = ?3, allow_private = ?4,
                         key = coalesce(?5, key), set_at = ?6, {CLEARED},
                         delivered_at = CASE WHEN ?5 IS NULL THEN delivered_at END,
                         old_key = CASE WHEN ?5 IS NULL THEN old_key END,
                         old_key_until = CASE WHEN ?5 IS NULL THEN old_key_until END
                     WHERE server = ?1"
                ),
                values,
            )?;
            if changed == 0 {
                connection.execute(
                    "INSERT INTO server_webhook (server, revision, url, address, allow_private, key, set_at)
                     VALUES (?1, ?6, ?2, ?3, ?4, ?5, ?6)",
                    values,
                )?;
            }
            load_webhook(connection, &server)
        })
        .await
    }

    /// A new key; the present one signs as well until `old_until`. The key before that one is forgotten.
    pub async fn roll_server_webhook(
        &self,
        server: ServerId,
        revision: i64,
        sealed_key: String,
        old_until: Timestamp,
    ) -> Result<ServerWebhookRow, StoreError> {
        self.write_and_wake([WakeTarget::Changes], move |connection| {
            let changed = connection.execute(
                "UPDATE server_webhook SET old_key = key, old_key_until = ?4, key = ?3
                 WHERE server = ?1 AND revision = ?2",
                params![server.as_str(), revision, sealed_key, to_millis(old_until)],
            )?;
            if changed == 0 {
                // The address is another one since: the key was sealed for the one before.
                return Err(StoreError::ChangedMeanwhile { what: "the webhook" });
            }
            load_webhook(connection, &server)
        })
        .await
    }

    /// An error where there is none.
    pub async fn remove_server_webhook(&self, server: ServerId) -> Result<(), StoreError> {
        self.write_and_wake([WakeTarget::Changes], move |connection| {
            load_webhook(connection, &server)?;
            connection.execute("DELETE FROM server_webhook WHERE server = ?1", [server.as_str()])?;
            Ok(())
        })
        .await
    }

    pub async fn find_server_webhook(&self, server: ServerId) -> Result<Option<ServerWebhookRow>, StoreError> {
        self.read(move |connection| find_webhook(connection, &server)).await
    }

    /// Of all servers, in the order of their ids.
    pub async fn list_server_webhooks(&self) -> Result<Vec<ServerWebhookRow>, StoreError> {
        self.read(|connection| {
            let mut statement =
                connection.prepare_cached(&format!("SELECT {COLUMNS} FROM server_webhook ORDER BY server"))?;
            let rows = statement.query_map([], webhook_from_row)?;
            rows.map(|row| row.map_err(StoreError::from)).collect()
        })
        .await
    }

    /// What came of posting a message of this kind to this address; nothing where the address is another one since.
    pub async fn record_server_webhook_attempt(
        &self,
        webhook: &ServerWebhookRow,
        kind: ServerMessageKind,
        attempt: WebhookAttempt,
    ) -> Result<(), StoreError> {
        let now = self.inner.clock.now();
        let is_told = webhook
            .delivered_at
            .is_some_and(|at| at <= now && now - at < DELIVERED_EVERY);
        if attempt == WebhookAttempt::Delivered && webhook.failing.is_none() && is_told {
            return Ok(());
        }
        let (server, revision) = (webhook.server.clone(), webhook.revision);
        self.write_concerning(WriteConcern::Nobody, [], move |connection| {
            record_attempt(connection, (&server, revision), kind, attempt, to_millis(now))
        })
        .await
    }

    /// What was not taken need not be sent any more: the server has read it itself. Nothing where the address is another one
    /// since.
    pub async fn clear_server_webhook_failure(&self, webhook: &ServerWebhookRow) -> Result<(), StoreError> {
        let (server, revision) = (webhook.server.clone(), webhook.revision);
        self.write_concerning(WriteConcern::Nobody, [], move |connection| {
            connection.execute(
                &format!("UPDATE server_webhook SET {CLEARED} WHERE server = ?1 AND revision = ?2"),
                params![server.as_str(), revision],
            )?;
            Ok(())
        })
        .await
    }

    /// The address took a message: it is in use again, where it was set aside or failing. Nothing where the address is
    /// another one since.
    pub async fn resume_server_webhook(&self, webhook: &ServerWebhookRow) -> Result<(), StoreError> {
        let now = to_millis(self.inner.clock.now());
        let (server, revision) = (webhook.server.clone(), webhook.revision);
        self.write_and_wake([WakeTarget::Changes], move |connection| {
            connection.execute(
                &format!("UPDATE server_webhook SET {CLEARED}, delivered_at = ?3 WHERE server = ?1 AND revision = ?2"),
                params![server.as_str(), revision, now],
            )?;
            Ok(())
        })
        .await
    }
}

fn record_attempt(
    connection: &Connection,
    (server, revision): (&ServerId, i64),
    kind: ServerMessageKind,
    attempt: WebhookAttempt,
    now: i64,
) -> Result<(), StoreError> {
    let at = (server.as_str(), revision);
    match attempt {
        WebhookAttempt::Delivered => connection.execute(
            &format!("UPDATE server_webhook SET {CLEARED}, delivered_at = ?3 WHERE server = ?1 AND revision = ?2"),
            params![at.0, at.1, now],
        )?,
        WebhookAttempt::Retry { at: next, error } => connection.execute(
            "UPDATE server_webhook SET failing = ?3, failing_since = min(coalesce(failing_since, ?4), ?4),
                 attempts = attempts + 1, next_attempt_at = ?5, planned_at = ?4, last_error = ?6
             WHERE server = ?1 AND revision = ?2",
            params![at.0, at.1, kind.name(), now, to_millis(next), error],
        )?,
        WebhookAttempt::Dead { error } => connection.execute(
            "UPDATE server_webhook SET failing = ?3, failing_since = min(coalesce(failing_since, ?4), ?4),
                 attempts = attempts + 1, next_attempt_at = NULL, planned_at = NULL, set_aside_at = ?4, last_error = ?5
             WHERE server = ?1 AND revision = ?2",
            params![at.0, at.1, kind.name(), now, error],
        )?,
    };
    Ok(())
}
