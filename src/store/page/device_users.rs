//! Who a device is assigned to: the relation `users` of Graph, read by itself and kept beside what single GETs taught (S4). A
//! change of its own where it is news.
//!
//! A device is due when it is new, or when something servers care about has changed: then it has no time of a reading.

use rusqlite::{Connection, params};

use super::super::columns::read_device;
use super::super::history::ChangeRecorder;
use super::super::meta::SequenceAllocator;
use super::super::sql_values::to_millis;
use super::super::write_marks::WriteConcern;
use super::device_writer::find_row;
use super::enrich::move_to_feed_end;
use super::stored_body::{StoredBody, forget_users, write_users};
use super::{CompareBodies, MergeEnrichment, Store, StoreError};
use crate::model::{DeviceBody, DeviceId, InstanceId, Row, Timestamp};

/// Devices in one transaction.
const CHUNK: i64 = 500;

/// A device whose users are to be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueDevice {
    pub id: DeviceId,
    /// JSON; empty where it can't be read.
    pub body: String,
}

/// What became of reading the users of a device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UsersReading {
    /// The fields that they fill: a JSON object.
    Filled(String),
    /// Nobody receives them of this device: it was not asked for.
    NotReceived,
    /// No answer that says anything: what was known stays, and it is not asked for again before the device changes.
    Unanswered,
}

impl Store {
    /// Devices whose users were not read since they changed, or not since `before`, in the order of their rows.
    pub async fn list_users_due(
        &self,
        instance: InstanceId,
        before: Option<Timestamp>,
        limit: usize,
    ) -> Result<Vec<DueDevice>, StoreError> {
        self.read(move |connection| {
            let (of_instance, older) = match before {
                None => (
                    "device d INDEXED BY device_users_due LEFT JOIN device_body b ON b.row = d.row WHERE d.instance = ?1",
                    "d.users_at IS NULL AND ?2 = 0",
                ),
                Some(_) => (
                    "device d LEFT JOIN device_body b ON b.row = d.row WHERE +d.instance = ?1",
                    "(d.users_at IS NULL OR d.users_at < ?2)",
                ),
            };
            let mut statement = connection.prepare_cached(&format!(
                "SELECT d.device_id, coalesce(b.body, '') AS body FROM {of_instance} AND d.state = 1 AND {older}
                 ORDER BY d.row LIMIT ?3"
            ))?;
            let rows = statement.query_map(params![instance.0, before.map_or(0, to_millis), limit as i64], |row| {
                Ok(DueDevice {
                    id: read_device(row, "device_id")?,
                    body: row.get("body")?,
                })
            })?;
            rows.map(|row| row.map_err(StoreError::from)).collect()
        })
        .await
    }

    /// Keeps what was read, with its time; answers how many devices are other than before.
    pub async fn store_users(
        &self,
        instance: InstanceId,
        read_at: Timestamp,
        found: Vec<(DeviceId, UsersReading)>,
        merge: MergeEnrichment,
        compare: CompareBodies,
    ) -> Result<u64, StoreError> {
        let now = self.inner.clock.now();
        self.write_concerning(WriteConcern::Instance(instance), [], move |connection| {
            let mut sequence = SequenceAllocator::open(connection)?;
            let recorder = ChangeRecorder::open(connection, instance, &compare, now)?;
            let mut changed = 0;
            for (id, reading) in found {
                let Some(row) = find_row(connection, instance, id)? else {
                    continue;
                };
                mark_users_read(connection, row, read_at)?;
                let users = match reading {
                    UsersReading::Filled(users) => users,
                    UsersReading::NotReceived => {
                        forget_users(connection, row)?;
                        continue;
                    }
                    UsersReading::Unanswered => continue,
                };
                let Some(stored) = StoredBody::find(connection, row)? else {
                    continue;
                };
                // One that does not fit its sum is read again, not added to.
                if stored.learned.users.as_ref() == Some(&users) || !stored.is_intact() {
                    continue;
                }
                let mut parts = stored.learned.clone();
                parts.users = Some(users.clone());
                let merged = DeviceBody::from_json(&merge(&stored.body.to_json(), parts.join().as_deref()));
                write_users(connection, row, &merged, &users)?;
                // Nobody where nobody was known is no news.
                if merged != stored.body {
                    move_to_feed_end(connection, row, &mut sequence, now)?;
                    recorder.record((row, sequence.last()), Some(&stored), &merged)?;
                    changed += 1;
                }
            }
            sequence.close(connection)?;
            Ok(changed)
        })
        .await
    }

    /// Nobody receives it of any device any more (F8). Doing it twice does no more than once, so a crash on the way needs no
    /// remembering.
    pub async fn forget_device_users(&self, instance: InstanceId) -> Result<(), StoreError> {
        let mut after = Row(0);
        loop {
            let last = self
                .write(move |connection| forget_chunk(connection, instance, after))
                .await?;
            match last {
                None => return Ok(()),
                Some(row) => after = row,
            }
        }
    }
}

/// Read now, whatever came of it.
fn mark_users_read(connection: &Connection, row: Row, read_at: Timestamp) -> Result<(), StoreError> {
    connection
        .prepare_cached("UPDATE device SET users_at = ?2 WHERE row = ?1")?
        .execute(params![row.0, to_millis(read_at)])?;
    Ok(())
}

/// Answers the last row that was looked at; `None` where none was left.
fn forget_chunk(connection: &Connection, instance: InstanceId, after: Row) -> Result<Option<Row>, StoreError> {
    let rows: Vec<Row> = connection
        .prepare_cached(
            "SELECT d.row FROM device d LEFT JOIN body b ON b.row = d.row
             WHERE +d.instance = ?1 AND d.row > ?2 AND (d.users_at IS NOT NULL OR b.users IS NOT NULL)
             ORDER BY d.row LIMIT ?3",
        )?
        .query_map(params![instance.0, after.0, CHUNK], |row| Ok(Row(row.get(0)?)))?
        .collect::<Result<_, _>>()?;
    let mut again = connection.prepare_cached("UPDATE device SET users_at = NULL WHERE row = ?1")?;
    for row in &rows {
        forget_users(connection, *row)?;
        again.execute([row.0])?;
    }
    Ok(rows.last().copied())
}
