//! Changes that a management server could not process (B-15). Its feed goes on: what it could not process is kept here,
//! one row a device, and goes when the server has acknowledged a later change of that device, or is told everything anew.
//! A device that is sent again moves to the end of the feed, where every server finds it once more.

use rusqlite::{Connection, OptionalExtension, params};

use super::columns::{read_device, read_instance, read_time, read_word};
use super::meta::SequenceAllocator;
use super::page::find_row;
use super::sql_values::{device_key, to_millis};
use super::{Store, StoreError};
use crate::model::{DeviceId, FeedPhase, FeedPosition, FeedPositions, InstanceId, Row, Seq, ServerId, Timestamp};

/// What a server reports of one change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewChangeReject {
    pub instance: InstanceId,
    pub device: DeviceId,
    pub seq: Seq,
    pub reason: String,
}

/// What is kept of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeRejectRow {
    pub server: ServerId,
    pub instance: InstanceId,
    pub device: DeviceId,
    pub seq: Seq,
    pub reason: String,
    pub at: Timestamp,
    /// A later change of the device is in the feed, and the server has not acknowledged it yet.
    pub follows: bool,
}

/// What became of a report.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AddedRejects {
    /// They are kept now; before, or of a later change than before.
    pub new: Vec<NewChangeReject>,
    /// They were known.
    pub known: usize,
    /// Devices that the instance does not have.
    pub unknown: Vec<DeviceId>,
    /// There was no room.
    pub left_out: usize,
}

/// Where a device stands in the feed now, by instance.
pub type ResentPlaces = Vec<(InstanceId, Seq)>;

impl Store {
    /// Keeps what a server could not process. `most`: rows of one server.
    pub async fn add_change_rejects(
        &self,
        server: ServerId,
        rejects: Vec<NewChangeReject>,
        most: usize,
    ) -> Result<AddedRejects, StoreError> {
        let now = to_millis(self.inner.clock.now());
        self.write(move |connection| {
            let mut added = AddedRejects::default();
            let mut count = count_of_server(connection, &server)?;
            for reject in rejects {
                if find_row(connection, reject.instance, reject.device)?.is_none() {
                    added.unknown.push(reject.device);
                    continue;
                }
                match find_rejected_seq(connection, &server, &reject)? {
                    Some(known) if known >= reject.seq => {
                        added.known += 1;
                        continue;
                    }
                    None if count >= most => {
                        added.left_out += 1;
                        continue;
                    }
                    None => count += 1,
                    Some(_) => (),
                }
                insert_reject(connection, &server, &reject, now)?;
                added.new.push(reject);
            }
            Ok(added)
        })
        .await
    }

    /// The newest first. `server`: of this one only.
    pub async fn list_change_rejects(&self, server: Option<ServerId>) -> Result<Vec<ChangeRejectRow>, StoreError> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT r.server, r.instance, r.device_id, r.seq, r.reason, r.at, coalesce(d.seq > r.seq, 0) AS follows
                 FROM change_reject r
                 LEFT JOIN device d ON d.instance = r.instance AND d.device_id = r.device_id
                 WHERE ?1 IS NULL OR r.server = ?1 ORDER BY r.at DESC, r.seq DESC",
            )?;
            let rows = statement.query_map([server.as_ref().map(ServerId::as_str)], |row| {
                Ok(ChangeRejectRow {
                    server: read_word(row, "server")?,
                    instance: read_instance(row, "instance")?,
                    device: read_device(row, "device_id")?,
                    seq: Seq(row.get("seq")?),
                    reason: row.get("reason")?,
                    at: read_time(row, "at")?,
                    follows: row.get("follows")?,
                })
            })?;
            rows.map(|row| row.map_err(StoreError::from)).collect()
        })
        .await
    }

    /// How many changes of an instance a server could not process.
    pub async fn count_change_rejects(&self, server: ServerId, instance: InstanceId) -> Result<u64, StoreError> {
        self.read(move |connection| {
            let mut statement =
                connection.prepare_cached("SELECT count(*) FROM change_reject WHERE server = ?1 AND instance = ?2")?;
            let count: i64 = statement.query_row(params![server.as_str(), instance.0], |row| row.get(0))?;
            Ok(count.unsigned_abs())
        })
        .await
    }

    /// A device that was ever told of moves to the end of the feed of each of these instances that has it.
    pub async fn resend_device(
        &self,
        instances: Vec<InstanceId>,
        device: DeviceId,
    ) -> Result<ResentPlaces, StoreError> {
        let now = to_millis(self.inner.clock.now());
        self.write(move |connection| {
            let mut sequence = SequenceAllocator::open(connection)?;
            let mut places = ResentPlaces::new();
            for instance in instances {
                let Some(row) = find_row(connection, instance, device)? else {
                    continue;
                };
                if is_told(connection, row)? {
                    let seq = sequence.next();
                    connection
                        .prepare_cached("UPDATE device SET seq = ?2, changed_at = ?3 WHERE row = ?1")?
                        .execute(params![row.0, seq.0, now])?;
                    places.push((instance, seq));
                }
            }
            sequence.close(connection)?;
            Ok(places)
        })
        .await
    }
}

fn is_told(connection: &Connection, row: Row) -> Result<bool, StoreError> {
    let mut statement = connection.prepare_cached("SELECT seq > 0 FROM device WHERE row = ?1")?;
    Ok(statement.query_row([row.0], |row| row.get(0))?)
}

fn count_of_server(connection: &Connection, server: &ServerId) -> Result<usize, StoreError> {
    let mut statement = connection.prepare_cached("SELECT count(*) FROM change_reject WHERE server = ?1")?;
    let count: i64 = statement.query_row([server.as_str()], |row| row.get(0))?;
    Ok(usize::try_from(count).unwrap_or(usize::MAX))
}

fn find_rejected_seq(
    connection: &Connection,
    server: &ServerId,
    reject: &NewChangeReject,
) -> Result<Option<Seq>, StoreError> {
    let mut statement = connection
        .prepare_cached("SELECT seq FROM change_reject WHERE server = ?1 AND instance = ?2 AND device_id = ?3")?;
    let key = params![server.as_str(), reject.instance.0, device_key(&reject.device)];
    Ok(statement.query_row(key, |row| Ok(Seq(row.get(0)?))).optional()?)
}

fn insert_reject(
    connection: &Connection,
    server: &ServerId,
    reject: &NewChangeReject,
    now: i64,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO change_reject (server, instance, device_id, seq, reason, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT (server, instance, device_id) DO UPDATE SET seq = ?4, reason = ?5, at = ?6",
        )?
        .execute(params![
            server.as_str(),
            reject.instance.0,
            device_key(&reject.device),
            reject.seq.0,
            reject.reason,
            now
        ])?;
    Ok(())
}

/// The server has acknowledged up to here: what it was told later of a device that it could not process, it has processed.
/// What is not in the feed any more cannot be sent again.
pub(super) fn remove_processed(
    connection: &Connection,
    server: &ServerId,
    acknowledged: &FeedPositions,
) -> Result<(), StoreError> {
    if count_of_server(connection, server)? == 0 {
        return Ok(());
    }
    for (instance, position) in acknowledged {
        match position.phase {
            FeedPhase::Live | FeedPhase::Snapshot { .. } => connection
                .prepare_cached(
                    "DELETE FROM change_reject WHERE server = ?1 AND instance = ?2 AND NOT EXISTS (
                         SELECT 1 FROM device d WHERE d.instance = ?2 AND d.device_id = change_reject.device_id
                             AND d.seq > 0 AND (d.seq <= change_reject.seq OR d.seq > ?3))",
                )?
                .execute(params![server.as_str(), instance.0, position.seq.0])?,
            FeedPhase::Leaving { .. } => connection
                .prepare_cached("DELETE FROM change_reject WHERE server = ?1 AND instance = ?2")?
                .execute(params![server.as_str(), instance.0])?,
        };
    }
    Ok(())
}

/// The server goes on from here: what lies behind is told again, and reported again where it still cannot be processed.
pub(super) fn remove_told_again(
    connection: &Connection,
    server: &ServerId,
    positions: &FeedPositions,
) -> Result<(), StoreError> {
    let mut statement =
        connection.prepare_cached("DELETE FROM change_reject WHERE server = ?1 AND instance = ?2 AND seq > ?3")?;
    for (instance, position) in positions {
        let from = match position.phase {
            FeedPhase::Live => position.seq,
            FeedPhase::Snapshot { .. } | FeedPhase::Leaving { .. } => FeedPosition::ANEW.seq,
        };
        statement.execute(params![server.as_str(), instance.0, from.0])?;
    }
    Ok(())
}

/// Of one server, or (`None`) of all: they are told everything anew, or are no longer known.
pub(super) fn remove_rejects(connection: &Connection, server: Option<&ServerId>) -> Result<(), StoreError> {
    connection.execute(
        "DELETE FROM change_reject WHERE ?1 IS NULL OR server = ?1",
        [server.map(ServerId::as_str)],
    )?;
    Ok(())
}
