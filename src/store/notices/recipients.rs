//! Who is told. What somebody was told goes with them.

use rusqlite::{OptionalExtension, params};

use crate::store::sql_values::to_millis;
use crate::store::{Store, StoreError};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoticeRecipientRow {
    pub id: i64,
    pub name: String,
    /// Id of the channel.
    pub channel: String,
    /// JSON: address, language, kinds, quiet hours.
    pub settings: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewNoticeRecipient {
    pub name: String,
    /// Id of the channel.
    pub channel: String,
    /// JSON: address, language, kinds, quiet hours.
    pub settings: String,
}

fn recipient_from_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<NoticeRecipientRow> {
    Ok(NoticeRecipientRow {
        id: row.get("id")?,
        name: row.get("name")?,
        channel: row.get("channel")?,
        settings: row.get("settings")?,
    })
}

impl Store {
    /// By name.
    pub async fn list_notice_recipients(&self) -> Result<Vec<NoticeRecipientRow>, StoreError> {
        self.read(|connection| {
            let mut statement =
                connection.prepare_cached("SELECT id, name, channel, settings FROM notice_recipient ORDER BY name")?;
            let rows = statement.query_map([], recipient_from_row)?;
            rows.map(|row| row.map_err(StoreError::from)).collect()
        })
        .await
    }

    /// In place of the one of the same name; what they were told stays known. `None`: the channel has gone.
    pub async fn save_notice_recipient(
        &self,
        new: NewNoticeRecipient,
    ) -> Result<Option<NoticeRecipientRow>, StoreError> {
        let now = to_millis(self.inner.clock.now());
        self.write(move |connection| {
            connection.execute(
                "INSERT INTO notice_recipient (name, channel, settings, changed_at)
                 SELECT ?1, id, ?3, ?4 FROM notice_channel WHERE id = ?2
                 ON CONFLICT (name) DO UPDATE SET channel = excluded.channel, settings = excluded.settings,
                     changed_at = excluded.changed_at",
                params![new.name, new.channel, new.settings, now],
            )?;
            let found = connection.query_row(
                "SELECT id, name, channel, settings FROM notice_recipient WHERE name = ?1 AND channel = ?2",
                params![new.name, new.channel],
                recipient_from_row,
            );
            Ok(found.optional()?)
        })
        .await
    }

    /// With what waits for them. False where there is none.
    pub async fn remove_notice_recipient(&self, id: i64) -> Result<bool, StoreError> {
        self.write(move |connection| {
            connection.execute(
                "DELETE FROM notice_message WHERE recipient = ?1 AND ended_at IS NULL",
                [id],
            )?;
            let removed = connection.execute("DELETE FROM notice_recipient WHERE id = ?1", [id])?;
            Ok(removed > 0)
        })
        .await
    }
}
