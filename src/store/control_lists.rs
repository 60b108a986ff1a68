//! Controls and notices, as they are asked for and added by themselves.

use super::columns::read_time;
use super::controls::{NoticeRow, insert_notice, list_controls};
use super::sql_values::to_millis;
use super::{Store, StoreError};
use crate::model::AccountControl;

impl Store {
    /// All controls that are remembered, the oldest first.
    pub async fn list_controls(&self) -> Result<Vec<AccountControl>, StoreError> {
        self.read(list_controls).await
    }

    /// What everybody is told now, the newest first.
    pub async fn list_notices(&self) -> Result<Vec<NoticeRow>, StoreError> {
        let now = to_millis(self.inner.clock.now());
        self.read(move |connection| {
            let mut statement = connection
                .prepare_cached("SELECT id, at, until, text FROM notice WHERE until > ?1 ORDER BY id DESC LIMIT 100")?;
            let rows = statement.query_map([now], |row| {
                Ok(NoticeRow {
                    id: row.get("id")?,
                    at: read_time(row, "at")?,
                    until: read_time(row, "until")?,
                    text: row.get("text")?,
                })
            })?;
            rows.map(|row| row.map_err(StoreError::from)).collect()
        })
        .await
    }

    /// Tells everybody who signs in within the next 24 hours.
    pub async fn add_notice(&self, text: String) -> Result<(), StoreError> {
        let now = self.inner.clock.now();
        self.write(move |connection| insert_notice(connection, &text, now))
            .await
    }
}
