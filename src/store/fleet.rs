//! What bears on whether a fleet is whole (F4): the lists of two full scans compared, records that can't be read, and
//! what an operator confirmed.
//!
//! A record that can't be read stands in `unread` until a full scan reads its device, or proves that it has gone: that it
//! is not in a list proves nothing, as for any other device (S1).

use rusqlite::{Connection, params};

use super::columns::{read_device, read_optional_device, read_time, read_word};
use super::sql_values::{device_key, to_json, to_millis};
use super::{Store, StoreError, WakeTarget};
use crate::model::{
    BitSet, DeviceId, FleetDoubt, FleetProof, IncomingDevice, InstanceId, RejectedRecord, ScanId, ScanSummary,
    Timestamp,
};

/// A record that could not be read, as people see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RejectedRecordRow {
    pub record: RejectedRecord,
    /// When it was met for the first time.
    pub since: Timestamp,
}

/// Records without an id, and properties, that are kept of one scan; above that they are counted.
pub(super) const KEPT_OF_A_SCAN: u64 = 10_000;

/// Read since, or known to have gone: not shown any more, though a full scan has not tidied yet.
const STANDS: &str = "NOT EXISTS (SELECT 1 FROM device d WHERE d.instance = u.instance AND d.device_id = u.device_id
     AND d.read_at > u.met_at)";

impl Store {
    /// Records and properties that can't be read, in the order of ids: how many, and the first of them.
    pub async fn list_rejected_records(
        &self,
        instance: InstanceId,
        limit: u32,
    ) -> Result<(u64, Vec<RejectedRecordRow>), StoreError> {
        self.read(move |connection| {
            let count: i64 = connection
                .prepare_cached(&format!(
                    "SELECT count(*) FROM unread u WHERE u.instance = ?1 AND {STANDS}"
                ))?
                .query_row([instance.0], |row| row.get(0))?;
            let mut statement = connection.prepare_cached(&format!(
                "SELECT u.device_id, u.property, u.reason, u.problem, u.since FROM unread u
                 WHERE u.instance = ?1 AND {STANDS} ORDER BY u.property IS NOT NULL, u.mark LIMIT ?2"
            ))?;
            let rows = statement.query_map(params![instance.0, limit], |row| {
                Ok(RejectedRecordRow {
                    record: RejectedRecord {
                        device_id: read_optional_device(row, "device_id")?,
                        property: row.get("property")?,
                        reason: read_word(row, "reason")?,
                        problem: row.get("problem")?,
                    },
                    since: read_time(row, "since")?,
                })
            })?;
            let rows = rows.collect::<Result<_, _>>()?;
            Ok((count.unsigned_abs(), rows))
        })
        .await
    }

    /// How many records are set aside, those without an id among them; properties that were left out are none.
    pub async fn count_rejected_records(&self, instance: InstanceId) -> Result<u64, StoreError> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(&format!(
                "SELECT count(*) FROM unread u WHERE u.instance = ?1 AND u.property IS NULL AND {STANDS}"
            ))?;
            let count: i64 = statement.query_row([instance.0], |row| row.get(0))?;
            Ok(count.unsigned_abs())
        })
        .await
    }

    /// Devices of which a record was set aside: servers keep them at the end of a snapshot. In the order of ids.
    pub async fn list_rejected_devices(&self, instance: InstanceId) -> Result<Vec<DeviceId>, StoreError> {
        self.read(move |connection| query_rejected_devices(connection, instance, None))
            .await
    }

    /// Those of them that a full scan did not meet, and that have no row by which they could be missing.
    pub async fn list_unmet_rejected_devices(
        &self,
        instance: InstanceId,
        scan: ScanId,
    ) -> Result<Vec<DeviceId>, StoreError> {
        self.read(move |connection| query_rejected_devices(connection, instance, Some(scan)))
            .await
    }

    /// They are proven gone: nothing is known of them any more.
    pub async fn delete_rejected_records(&self, instance: InstanceId, ids: Vec<DeviceId>) -> Result<(), StoreError> {
        self.write(move |connection| {
            let mut forget = connection.prepare_cached("DELETE FROM unread WHERE instance = ?1 AND device_id = ?2")?;
            for id in ids {
                forget.execute(params![instance.0, device_key(&id)])?;
            }
            Ok(())
        })
        .await
    }

    /// By how many devices a full scan's list differs from that of an earlier one, but for those that enrolled after
    /// `since` and those that have gone since (which takes proof).
    pub async fn count_list_differences(
        &self,
        first: ScanId,
        second: BitSet,
        since: Timestamp,
    ) -> Result<u64, StoreError> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached("SELECT seen FROM scan WHERE id = ?1")?;
            let mut rows = statement.query([first.0])?;
            // Its list is not known any more: nothing can be said, so nothing is taken for equal.
            let Some(row) = rows.next()? else {
                return Ok(second.len().max(1));
            };
            let first = BitSet::from_bytes(row.get(0)?);
            let mut is_there =
                connection.prepare_cached("SELECT EXISTS (SELECT 1 FROM device WHERE row = ?1 AND state = 1)")?;
            let mut is_old = connection.prepare_cached(
                "SELECT EXISTS (SELECT 1 FROM device WHERE row = ?1 AND (enrolled IS NULL OR enrolled < ?2))",
            )?;
            let since = crate::model::format_time(since);
            let mut differing = 0;
            for row in first.difference(&second) {
                differing += u64::from(is_there.query_row([row.0], |row| row.get::<_, bool>(0))?);
            }
            for row in second.difference(&first) {
                differing += u64::from(is_old.query_row(params![row.0, since], |row| row.get::<_, bool>(0))?);
            }
            Ok(differing)
        })
        .await
    }

    /// An operator takes the fleet for whole: exactly what this doubt says, or nothing.
    pub async fn confirm_fleet(&self, instance: InstanceId, shown: FleetDoubt) -> Result<(), StoreError> {
        let epoch = self.epoch();
        self.write_and_wake([WakeTarget::Changes], move |connection| {
            let row = super::instances::load_instance(connection, epoch, instance)?;
            if row.fleet != FleetProof::Open(Some(shown)) {
                return Err(StoreError::SetHasChanged);
            }
            connection.execute(
                "UPDATE instance SET proven_epoch = ?2, doubt = NULL WHERE id = ?1",
                params![instance.0, epoch.0.as_bytes().as_slice()],
            )?;
            Ok(())
        })
        .await
    }
}

/// What a completed full scan leaves: what is known of the fleet, and of records that can't be read only what it met, or
/// what nothing proves to have gone. What was proven, or confirmed meanwhile, stays so.
pub(super) fn write_fleet_proof(
    connection: &Connection,
    instance: InstanceId,
    summary: &ScanSummary,
    fleet: &FleetProof,
    epoch: crate::model::Epoch,
) -> Result<(), StoreError> {
    let epoch = epoch.0.as_bytes().as_slice();
    let (proven, doubt) = match fleet {
        FleetProof::Proven => (true, None),
        FleetProof::Open(doubt) => (false, doubt.as_ref().map(to_json)),
    };
    connection.execute(
        "UPDATE instance SET proven_epoch = iif(?3, ?2, proven_epoch),
             doubt = iif(?3 OR proven_epoch IS ?2, NULL, ?4) WHERE id = ?1",
        params![instance.0, epoch, proven, doubt],
    )?;
    connection.execute(
        &format!(
            "DELETE FROM unread AS u WHERE u.instance = ?1 AND u.scan <> ?2
                 AND (u.device_id IS NULL OR u.property IS NOT NULL OR NOT {STANDS} OR EXISTS (SELECT 1 FROM device d
                     WHERE d.instance = u.instance AND d.device_id = u.device_id AND d.state <> 0))"
        ),
        params![instance.0, summary.id.0],
    )?;
    Ok(())
}

fn query_rejected_devices(
    connection: &Connection,
    instance: InstanceId,
    unmet_by: Option<ScanId>,
) -> Result<Vec<DeviceId>, StoreError> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT u.device_id FROM unread u
         WHERE u.instance = ?1 AND u.device_id IS NOT NULL AND u.property IS NULL AND {STANDS}
           AND (?2 IS NULL OR (u.scan <> ?2 AND NOT EXISTS (SELECT 1 FROM device d
               WHERE d.instance = u.instance AND d.device_id = u.device_id AND d.state <> 0)))
         ORDER BY u.mark"
    ))?;
    let rows = statement.query_map(params![instance.0, unmet_by.map(|scan| scan.0)], |row| {
        read_device(row, "device_id")
    })?;
    rows.map(|row| row.map_err(StoreError::from)).collect()
}

/// Keeps a record or property that can't be read; `mark` is what it is known by where it has no id.
pub(super) fn insert_rejected_record(
    connection: &Connection,
    (instance, scan): (InstanceId, ScanId),
    record: &RejectedRecord,
    mark: [u8; 16],
    now: Timestamp,
) -> Result<(), StoreError> {
    let mark = match (record.device_id, &record.property) {
        (Some(id), None) => id.to_string(),
        (Some(id), Some(property)) => format!("{id} {property}"),
        (None, _) => hex::encode(mark),
    };
    connection
        .prepare_cached(
            "INSERT INTO unread (instance, mark, device_id, property, reason, problem, scan, since, met_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8)
             ON CONFLICT (instance, mark) DO UPDATE SET reason = ?5, problem = ?6, scan = ?7, met_at = ?8",
        )?
        .execute(params![
            instance.0,
            mark,
            record.device_id.as_ref().map(device_key),
            record.property,
            record.reason.name(),
            record.problem,
            scan.0,
            to_millis(now)
        ])?;
    Ok(())
}

/// What single GETs could not read of a device: no scan meets it again, so it stands until the next GET, or the device's
/// end. Kept as of scan 0.
pub(super) fn replace_rejected_properties(
    connection: &Connection,
    instance: InstanceId,
    incoming: &IncomingDevice,
    now: Timestamp,
) -> Result<(), StoreError> {
    connection
        .prepare_cached("DELETE FROM unread WHERE instance = ?1 AND device_id = ?2 AND property IS NOT NULL")?
        .execute(params![instance.0, device_key(&incoming.id)])?;
    for flaw in &incoming.rejected_properties {
        insert_rejected_record(connection, (instance, ScanId(0)), flaw, [0; 16], now)?;
    }
    Ok(())
}
