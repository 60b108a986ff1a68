//! What is known of a page's devices, before they are parsed.
//!
//! A list comes in about the order in which it came the first time, and that is the order of the rows. So a page is
//! looked up by walking along the rows, a few at a time; only a device that is not where it is expected is looked for
//! by its id, which costs a way through the whole index and, in a large fleet, a read of the disk.

use std::collections::VecDeque;

use rusqlite::{CachedStatement, Connection, OptionalExtension, params};

use super::super::sql_values::{device_id_from_column, device_key, from_millis};
use super::{Store, StoreError};
use crate::model::{DeviceId, InstanceId, Row, Timestamp};

/// Rows read ahead at a time.
const AHEAD: i64 = 64;
/// So many devices out of their order, and the rest of the page is looked for by id.
const STRAYS_MAX: usize = 48;

/// What a page needs to know of a device before it is parsed.
#[derive(Debug, Clone, Copy)]
pub struct LookedUpDevice {
    pub row: Row,
    pub raw_hash: [u8; 16],
    pub read_at: Timestamp,
    pub gone: bool,
    /// Missing or held from an earlier scan: seeing it again takes that back.
    pub doubted: bool,
    /// When it was told last, where fields that move by themselves have moved since (S5).
    pub unpublished_since: Option<Timestamp>,
}

/// A look into the store as it is now.
pub struct DeviceRowLookup<'a> {
    connection: &'a Connection,
    instance: InstanceId,
}

impl Store {
    /// Runs `operation` where it may wait for the disk and take its time, with a way to look devices up.
    pub async fn with_device_lookup<T, F>(&self, instance: InstanceId, operation: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&DeviceRowLookup<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        self.read(move |connection| operation(&DeviceRowLookup { connection, instance }))
            .await
    }

    /// What is known of these devices, in their order.
    pub async fn look_up_devices(
        &self,
        instance: InstanceId,
        ids: Vec<DeviceId>,
    ) -> Result<Vec<Option<LookedUpDevice>>, StoreError> {
        self.with_device_lookup(instance, move |lookup| lookup.look_up_devices(ids.into_iter()))
            .await
    }
}

impl DeviceRowLookup<'_> {
    /// What is known of these devices, in their order.
    pub fn look_up_devices(
        &self,
        ids: impl Iterator<Item = DeviceId>,
    ) -> Result<Vec<Option<LookedUpDevice>>, StoreError> {
        // One transaction: the locks are taken once, not for each question.
        let transaction = self.connection.unchecked_transaction()?;
        let found = {
            let mut rows = RowWalker::new(&transaction, self.instance)?;
            ids.map(|id| rows.find_device(id)).collect()
        };
        transaction.finish()?;
        found
    }
}

struct RowWalker<'a> {
    instance: InstanceId,
    by_id: CachedStatement<'a>,
    following_rows: CachedStatement<'a>,
    prefetched: VecDeque<(DeviceId, LookedUpDevice)>,
    /// Whether there may be more behind `prefetched`.
    last_row: Option<Row>,
    out_of_order: usize,
}

const COLUMNS: &str = "device_id, row, raw_hash, read_at, state, missing_scan IS NOT NULL OR held IS NOT NULL,
     CASE WHEN last_sync <> published_sync OR vital <> published_vital THEN published_at END";
/// Places in it: names would be compared for each device of a page.
mod column {
    pub(super) const DEVICE_ID: usize = 0;
    pub(super) const ROW: usize = 1;
    pub(super) const RAW_HASH: usize = 2;
    pub(super) const READ_AT: usize = 3;
    pub(super) const STATE: usize = 4;
    pub(super) const DOUBTED: usize = 5;
    pub(super) const UNPUBLISHED_SINCE: usize = 6;
}

impl<'a> RowWalker<'a> {
    fn new(connection: &'a Connection, instance: InstanceId) -> Result<Self, StoreError> {
        // The plus keeps SQLite from the index by id: the rows themselves are walked.
        let behind =
            format!("SELECT {COLUMNS} FROM device WHERE +instance = ?1 AND row > ?2 AND row <= ?2 + ?3 ORDER BY row");
        let by_id = format!("SELECT {COLUMNS} FROM device WHERE instance = ?1 AND device_id = ?2");
        Ok(RowWalker {
            instance,
            by_id: connection.prepare_cached(&by_id)?,
            following_rows: connection.prepare_cached(&behind)?,
            prefetched: VecDeque::with_capacity(AHEAD as usize),
            last_row: None,
            out_of_order: 0,
        })
    }

    fn find_device(&mut self, id: DeviceId) -> Result<Option<LookedUpDevice>, StoreError> {
        if self.prefetched.is_empty()
            && let Some(last) = self.last_row.take()
        {
            self.read_ahead(last)?;
        }
        if self.prefetched.front().is_some_and(|(expected, _)| *expected == id) {
            return Ok(self.prefetched.pop_front().map(|(_, known)| known));
        }
        self.out_of_order += 1;
        let found = self
            .by_id
            .query_row(params![self.instance.0, device_key(&id)], looked_up_from_row)
            .optional()?;
        let Some((_, known)) = found else { return Ok(None) };
        if self.out_of_order <= STRAYS_MAX {
            self.prefetched.clear();
            self.last_row = Some(known.row);
        }
        Ok(Some(known))
    }

    fn read_ahead(&mut self, after: Row) -> Result<(), StoreError> {
        let rows = self
            .following_rows
            .query_map(params![self.instance.0, after.0, AHEAD], looked_up_from_row)?;
        for row in rows {
            self.prefetched.push_back(row?);
        }
        self.last_row = self.prefetched.back().map(|(_, known)| known.row);
        Ok(())
    }
}

fn looked_up_from_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<(DeviceId, LookedUpDevice)> {
    let id = row.get_ref(column::DEVICE_ID)?.as_blob()?;
    let known = LookedUpDevice {
        row: Row(row.get(column::ROW)?),
        raw_hash: row.get(column::RAW_HASH)?,
        read_at: from_millis(row.get(column::READ_AT)?),
        gone: row.get::<_, i64>(column::STATE)? == 0,
        doubted: row.get(column::DOUBTED)?,
        unpublished_since: row.get::<_, Option<i64>>(column::UNPUBLISHED_SINCE)?.map(from_millis),
    };
    Ok((device_id_from_column(column::DEVICE_ID, id)?, known))
}
