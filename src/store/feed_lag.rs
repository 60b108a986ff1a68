//! How long the oldest change waits that a management server has not acknowledged.

use rusqlite::{OptionalExtension, params};

use super::sql_values::from_millis;
use super::{Store, StoreError};
use crate::model::{FeedPhase, FeedPosition, InstanceId, Timestamp};

impl Store {
    /// When the oldest change happened that a server has still to be told of this instance. `None`: there is none, or it
    /// reads the whole fleet, of which no device is older than the others.
    pub async fn find_oldest_pending_change(
        &self,
        instance: InstanceId,
        position: Option<FeedPosition>,
    ) -> Result<Option<Timestamp>, StoreError> {
        let begun = *self.watch_head().borrow();
        let after = match position.map(|position| (position.seq, position.phase)) {
            Some((seq, FeedPhase::Live)) if seq < begun => seq,
            Some(_) | None => return Ok(None),
        };
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT changed_at FROM device INDEXED BY device_by_seq WHERE instance = ?1 AND seq > ?2
                 ORDER BY seq LIMIT 1",
            )?;
            let found = statement.query_row(params![instance.0, after.0], |row| row.get::<_, i64>(0));
            Ok(found.optional()?.map(from_millis))
        })
        .await
    }
}
