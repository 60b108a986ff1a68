//! What only a single GET fills (S4): added to what LIST owns, a change of its own where it is news.

use rusqlite::{Connection, OptionalExtension, params};

use super::super::damage;
use super::super::meta::Sequence;
use super::super::rows::ms;
use super::desk::{row_of, write_body};
use super::{Merge, Store, StoreError};
use crate::model::{Body, DeviceId, InstanceId, Row, Timestamp};

impl Store {
    /// Adds what single GETs learned; `None`: asked, and nothing was learned. Answers how many devices changed.
    pub async fn learn(
        &self,
        instance: InstanceId,
        read_at: Timestamp,
        found: Vec<(DeviceId, Option<String>)>,
        merge: Merge,
    ) -> Result<u64, StoreError> {
        let now = self.inner.clock.now();
        self.write(move |connection| {
            let mut sequence = Sequence::open(connection)?;
            let mut changed = 0;
            for (id, learned) in found {
                let Some(row) = row_of(connection, instance, id)? else {
                    continue;
                };
                asked(connection, row, read_at)?;
                let Some(learned) = learned else { continue };
                let body: Option<(String, Option<String>, Option<i64>)> = connection
                    .prepare_cached("SELECT packed, learned, sum FROM body WHERE row = ?1")?
                    .query_row([row.0], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
                    .optional()?;
                let Some((body, before, sum)) = body else { continue };
                let body = Body::kept(body);
                // One that does not fit its sum is read again, not added to.
                if before.as_ref() == Some(&learned) || !damage::fits(&body, sum) {
                    continue;
                }
                let merged = Body::of(&merge(&body.json(), Some(&learned)));
                write_body(connection, row, &merged, Some(&learned))?;
                to_the_end(connection, row, &mut sequence, now)?;
                changed += 1;
            }
            sequence.close(connection)?;
            Ok(changed)
        })
        .await
    }
}

/// Asked for by a single GET, whatever came of it.
pub fn asked(connection: &Connection, row: Row, read_at: Timestamp) -> Result<(), StoreError> {
    connection
        .prepare_cached("UPDATE device SET learned_at = ?2 WHERE row = ?1")?
        .execute(params![row.0, ms(read_at)])?;
    Ok(())
}

/// A device that is there moves to the end of the feed.
pub fn to_the_end(
    connection: &Connection,
    row: Row,
    sequence: &mut Sequence,
    now: Timestamp,
) -> Result<(), StoreError> {
    connection
        .prepare_cached("UPDATE device SET seq = ?2, changed_at = ?3 WHERE row = ?1 AND state = 1")?
        .execute(params![row.0, sequence.next().0, ms(now)])?;
    Ok(())
}
