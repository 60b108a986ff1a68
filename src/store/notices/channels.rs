//! The channels of notices. Their secrets are sealed for the id of their row.

use rusqlite::{OptionalExtension, params};

use crate::store::sql_values::to_millis;
use crate::store::{Store, StoreError};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoticeChannelRow {
    /// Random, and never used again.
    pub id: String,
    pub name: String,
    /// JSON, without secrets.
    pub settings: String,
    /// Sealed JSON; `None`: it has no secrets.
    pub sealed: Option<String>,
}

/// What waits for a channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoticeBacklog {
    /// Id of the channel.
    pub channel: String,
    pub waiting: u64,
    /// Of the newest message that waits and was tried.
    pub last_error: Option<String>,
}

/// What became of a channel that was to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChannelRemoval {
    Removed,
    /// Recipients have it.
    InUse,
    Unknown,
}

impl Store {
    /// By name.
    pub async fn list_notice_channels(&self) -> Result<Vec<NoticeChannelRow>, StoreError> {
        self.read(|connection| {
            let mut statement =
                connection.prepare_cached("SELECT id, name, settings, sealed FROM notice_channel ORDER BY name")?;
            let rows = statement.query_map([], |row| {
                Ok(NoticeChannelRow {
                    id: row.get("id")?,
                    name: row.get("name")?,
                    settings: row.get("settings")?,
                    sealed: row.get("sealed")?,
                })
            })?;
            rows.map(|row| row.map_err(StoreError::from)).collect()
        })
        .await
    }

    /// In place of the one of the same id.
    pub async fn save_notice_channel(&self, channel: NoticeChannelRow) -> Result<(), StoreError> {
        let now = to_millis(self.inner.clock.now());
        self.write(move |connection| {
            connection.execute(
                "INSERT INTO notice_channel (id, name, settings, sealed, changed_at) VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT (id) DO UPDATE SET name = ?2, settings = ?3, sealed = ?4, changed_at = ?5",
                params![channel.id, channel.name, channel.settings, channel.sealed, now],
            )?;
            Ok(())
        })
        .await
    }

    pub async fn remove_notice_channel(&self, id: String) -> Result<ChannelRemoval, StoreError> {
        self.write(move |connection| {
            let user: Option<i64> = connection
                .query_row(
                    "SELECT id FROM notice_recipient WHERE channel = ?1 LIMIT 1",
                    [&id],
                    |row| row.get(0),
                )
                .optional()?;
            if user.is_some() {
                return Ok(ChannelRemoval::InUse);
            }
            let removed = connection.execute("DELETE FROM notice_channel WHERE id = ?1", [&id])?;
            Ok(if removed > 0 {
                ChannelRemoval::Removed
            } else {
                ChannelRemoval::Unknown
            })
        })
        .await
    }

    /// Of channels for which something waits.
    pub async fn list_notice_backlogs(&self) -> Result<Vec<NoticeBacklog>, StoreError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT r.channel, count(*) AS waiting,
                     (SELECT o.last_error FROM notice_message o JOIN notice_recipient q ON q.id = o.recipient
                      WHERE q.channel = r.channel AND o.ended_at IS NULL AND o.last_error IS NOT NULL
                      ORDER BY o.place DESC LIMIT 1) AS last_error
                 FROM notice_message m JOIN notice_recipient r ON r.id = m.recipient
                 WHERE m.ended_at IS NULL GROUP BY r.channel",
            )?;
            let rows = statement.query_map([], |row| {
                let waiting: i64 = row.get("waiting")?;
                Ok(NoticeBacklog {
                    channel: row.get("channel")?,
                    waiting: waiting.unsigned_abs(),
                    last_error: row.get("last_error")?,
                })
            })?;
            rows.map(|row| row.map_err(StoreError::from)).collect()
        })
        .await
    }
}
