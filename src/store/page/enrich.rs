//! What only a single GET fills (S4): added to what LIST owns, a change of its own where it is news.

use rusqlite::{Connection, params};

use super::super::history::ChangeRecorder;
use super::super::meta::SequenceAllocator;
use super::super::sql_values::to_millis;
use super::super::write_marks::WriteConcern;
use super::device_writer::find_row;
use super::stored_body::{LearnedParts, StoredBody, write_body};
use super::{CompareBodies, MergeEnrichment, Store, StoreError};
use crate::model::{DeviceBody, DeviceId, InstanceId, Row, Timestamp};

impl Store {
    /// Adds what single GETs learned; `None`: asked, and nothing was learned. Answers how many devices changed.
    pub async fn store_enrichment(
        &self,
        instance: InstanceId,
        read_at: Timestamp,
        found: Vec<(DeviceId, Option<String>)>,
        merge: MergeEnrichment,
        compare: CompareBodies,
    ) -> Result<u64, StoreError> {
        let now = self.inner.clock.now();
        self.write_concerning(WriteConcern::Instance(instance), [], move |connection| {
            let mut sequence = SequenceAllocator::open(connection)?;
            let recorder = ChangeRecorder::open(connection, instance, &compare, now)?;
            let mut changed = 0;
            for (id, learned) in found {
                let Some(row) = find_row(connection, instance, id)? else {
                    continue;
                };
                mark_enriched(connection, row, read_at)?;
                let Some(learned) = learned else { continue };
                let Some(stored) = StoredBody::find(connection, row)? else {
                    continue;
                };
                // One that does not fit its sum is read again, not added to.
                if stored.learned.single.as_ref() == Some(&learned) || !stored.is_intact() {
                    continue;
                }
                let parts = LearnedParts {
                    single: Some(learned),
                    users: stored.learned.users.clone(),
                };
                let merged = DeviceBody::from_json(&merge(&stored.body.to_json(), parts.join().as_deref()));
                write_body(connection, row, &merged, parts.single.as_deref())?;
                move_to_feed_end(connection, row, &mut sequence, now)?;
                recorder.record((row, sequence.last()), Some(&stored), &merged)?;
                changed += 1;
            }
            sequence.close(connection)?;
            Ok(changed)
        })
        .await
    }
}

/// Asked for by a single GET, whatever came of it.
pub(crate) fn mark_enriched(connection: &Connection, row: Row, read_at: Timestamp) -> Result<(), StoreError> {
    connection
        .prepare_cached("UPDATE device SET learned_at = ?2 WHERE row = ?1")?
        .execute(params![row.0, to_millis(read_at)])?;
    Ok(())
}

/// A device that is there moves to the end of the feed.
pub(crate) fn move_to_feed_end(
    connection: &Connection,
    row: Row,
    sequence: &mut SequenceAllocator,
    now: Timestamp,
) -> Result<(), StoreError> {
    connection
        .prepare_cached("UPDATE device SET seq = ?2, changed_at = ?3 WHERE row = ?1 AND state = 1")?
        .execute(params![row.0, sequence.next().0, to_millis(now)])?;
    Ok(())
}
