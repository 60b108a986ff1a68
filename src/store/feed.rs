//! What the feed is read from, and the sweeping of tombstones.

use std::sync::Arc;

use rusqlite::{Connection, params};

use super::columns::read_device;
use super::feed_cache::FeedPageKey;
use super::feed_row::{FeedRow, RowState};
use super::gone_devices::parse_gone_reason;
use super::sql_values::{device_id_from_column, from_millis, to_millis};
use super::{Store, StoreError, damage};
use crate::model::{DeviceBody, DeviceId, FeedPhase, FeedPosition, GoneReason, InstanceId, Row, Seq, Timestamp};

impl Store {
    /// The newest sequence number that is committed. [`Store::watch_head`] tells it a moment later: a reader may hold rows
    /// that are not announced yet.
    pub async fn newest_seq(&self) -> Result<Seq, StoreError> {
        self.read(|connection| Ok(super::meta::read_counters(connection)?.0))
            .await
    }

    /// Places behind `after`, oldest first. `skip_gone_to`: tombstones up to there are left out (a snapshot has no use
    /// for them).
    pub async fn read_feed(
        &self,
        instance: InstanceId,
        after: Seq,
        skip_gone_to: Seq,
        limit: usize,
    ) -> Result<Arc<[FeedRow]>, StoreError> {
        let shared = self.inner.feed_cache.clone();
        self.read(move |connection| {
            // The count of commits and the rows are of one moment.
            let moment = connection.unchecked_transaction()?;
            let page_key = FeedPageKey {
                commits: super::meta::read_counters(&moment)?.1,
                instance,
                after,
                skip_gone_to,
                limit,
            };
            shared.fetch_page(page_key, || query_feed(&moment, &page_key))
        })
        .await
    }

    /// Fails where the places of an instance and its rows are not as many: some of them can't be found in a damaged file,
    /// and who is not told of them would take them for gone (F4).
    pub async fn check_feed_complete(&self, instance: InstanceId) -> Result<(), StoreError> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT (SELECT count(*) FROM device INDEXED BY device_by_seq WHERE instance = ?1)
                      = (SELECT count(*) FROM device NOT INDEXED WHERE instance = ?1)",
            )?;
            if statement.query_row([instance.0], |row| row.get(0))? {
                Ok(())
            } else {
                Err(damage::corruption_error().into())
            }
        })
        .await
    }

    /// Devices in the order of rows behind `after`: to tell a server that left the audience that all have gone (F7).
    pub async fn list_devices_after(
        &self,
        instance: InstanceId,
        after: Row,
        limit: usize,
    ) -> Result<Vec<(Row, DeviceId)>, StoreError> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT row, device_id FROM device WHERE +instance = ?1 AND row > ?2 AND seq > 0 ORDER BY row LIMIT ?3",
            )?;
            let rows = statement.query_map(params![instance.0, after.0, limit as i64], |row| {
                Ok((Row(row.get("row")?), read_device(row, "device_id")?))
            })?;
            rows.map(|row| row.map_err(StoreError::from)).collect()
        })
        .await
    }

    /// How many changes a server has still to be told of this instance, before its own filter is looked at: places
    /// behind the one it has acknowledged. In a snapshot the devices that had gone when it began are none. Who has left begins
    /// with a snapshot when it is back.
    pub async fn count_pending_changes(
        &self,
        instance: InstanceId,
        position: Option<FeedPosition>,
    ) -> Result<u64, StoreError> {
        let begun = *self.watch_head().borrow();
        let (after, skip_gone_to) = match position.map(|position| (position.seq, position.phase)) {
            Some((seq, FeedPhase::Live)) if seq >= begun => return Ok(0),
            Some((seq, FeedPhase::Live)) => (seq, Seq(0)),
            Some((seq, FeedPhase::Snapshot { begun_at })) => (seq, begun_at),
            None | Some((_, FeedPhase::Leaving { .. })) => (Seq(0), begun),
        };
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT count(*) FROM device WHERE instance = ?1 AND seq > ?2 AND (state = 1 OR seq > ?3)",
            )?;
            Ok(statement
                .query_row(params![instance.0, after.0, skip_gone_to.0], |row| row.get::<_, i64>(0))?
                .unsigned_abs())
        })
        .await
    }

    /// Sweeps tombstones that everybody passed (`passed`: the least place acknowledged by the audience) or that are
    /// older than `before` (F6). Whoever is behind the floor gets a snapshot.
    pub async fn sweep_tombstones(
        &self,
        instance: InstanceId,
        passed: Seq,
        before: Timestamp,
    ) -> Result<u64, StoreError> {
        self.write(move |connection| delete_tombstones(connection, instance, passed, before))
            .await
    }
}

/// What [`feed_row_from_sql`] reads. By places: names would be compared for each change that a server is told.
const PLACE: &str =
    "d.seq, d.row, d.device_id, d.state, d.reason, d.changed_at, d.replaces, d.same_as, b.packed, b.sum";
mod place {
    pub(super) const SEQ: usize = 0;
    pub(super) const ROW: usize = 1;
    pub(super) const DEVICE_ID: usize = 2;
    pub(super) const STATE: usize = 3;
    pub(super) const REASON: usize = 4;
    pub(super) const CHANGED_AT: usize = 5;
    pub(super) const REPLACES: usize = 6;
    pub(super) const SAME_AS: usize = 7;
    pub(super) const PACKED: usize = 8;
    pub(super) const SUM: usize = 9;
}

fn query_feed(connection: &Connection, asked: &FeedPageKey) -> Result<Vec<FeedRow>, StoreError> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {PLACE} FROM device d INDEXED BY device_by_seq LEFT JOIN body b ON b.row = d.row
         WHERE d.instance = ?1 AND d.seq > ?2 AND (d.state = 1 OR d.seq > ?3)
         ORDER BY d.seq LIMIT ?4"
    ))?;
    let parameters = params![
        asked.instance.0,
        asked.after.0,
        asked.skip_gone_to.0,
        asked.limit as i64
    ];
    let rows = statement.query_map(parameters, feed_row_from_sql)?;
    rows.map(|row| row.map_err(StoreError::from)).collect()
}

fn delete_tombstones(
    connection: &Connection,
    instance: InstanceId,
    passed: Seq,
    before: Timestamp,
) -> Result<u64, StoreError> {
    let condition = "instance = ?1 AND state <> 1 AND seq > 0 AND (seq <= ?2 OR changed_at < ?3)";
    let newest: Option<i64> = connection.query_row(
        &format!("SELECT max(seq) FROM device INDEXED BY device_absent WHERE {condition}"),
        params![instance.0, passed.0, to_millis(before)],
        |row| row.get(0),
    )?;
    let Some(newest) = newest else { return Ok(0) };
    // A device that is left out stays known by its identity; only its tombstone goes.
    connection.execute(
        &format!("UPDATE device SET seq = 0 WHERE {condition} AND state = 2"),
        params![instance.0, passed.0, to_millis(before)],
    )?;
    let deleted = connection.execute(
        &format!("DELETE FROM device WHERE {condition}"),
        params![instance.0, passed.0, to_millis(before)],
    )?;
    connection.execute(
        "UPDATE instance SET tombstone_floor = max(tombstone_floor, ?2) WHERE id = ?1",
        params![instance.0, newest],
    )?;
    Ok(deleted as u64)
}

/// A device that is there without its body, or with one that does not fit its sum, is told to nobody: it is read again.
fn checked_body(packed: Option<String>, sum: Option<i64>) -> rusqlite::Result<DeviceBody> {
    let body = packed
        .map(DeviceBody::from_packed)
        .filter(|body| damage::matches_checksum(body, sum));
    body.ok_or_else(damage::corruption_error)
}

fn feed_row_from_sql(row: &rusqlite::Row<'_>) -> rusqlite::Result<FeedRow> {
    let reason: Option<String> = row.get(place::REASON)?;
    let state = match row.get::<_, i64>(place::STATE)? {
        1 => RowState::Present,
        _ => RowState::Gone(
            reason
                .as_deref()
                .and_then(parse_gone_reason)
                .unwrap_or(GoneReason::Deleted),
        ),
    };
    let link = |column: usize| -> rusqlite::Result<Option<DeviceId>> {
        row.get::<_, Option<Vec<u8>>>(column)?
            .map(|bytes| device_id_from_column(column, &bytes))
            .transpose()
    };
    let body = match state {
        RowState::Present => Some(checked_body(row.get(place::PACKED)?, row.get(place::SUM)?)?),
        RowState::Gone(_) => None,
    };
    Ok(FeedRow {
        seq: Seq(row.get(place::SEQ)?),
        row: Row(row.get(place::ROW)?),
        id: device_id_from_column(place::DEVICE_ID, &row.get::<_, Vec<u8>>(place::DEVICE_ID)?)?,
        state,
        changed_at: from_millis(row.get(place::CHANGED_AT)?),
        replaces: link(place::REPLACES)?,
        same_as: link(place::SAME_AS)?,
        body,
    })
}
