//! What the store knows of the devices that a job names.

use rusqlite::{Connection, OptionalExtension, params};
use serde_json::Value;

use crate::model::{BitSet, DeviceId, DeviceIdentity, InstanceId, Row, ScanKind, ScanState, Seq, Timestamp};
use crate::store::columns::{read_json, read_time};
use crate::store::sql_values::{device_id_from_column, device_key, to_json};
use crate::store::{Store, StoreError, newest_device_body};

/// By places: names would be compared for each device of a fleet.
const MATCHED: &str = "SELECT d.device_id, b.body, d.last_sync FROM device d JOIN device_body b ON b.row = d.row
     WHERE +d.instance = ?1 AND d.state = 1 ORDER BY d.row";
mod matched {
    pub(super) const DEVICE_ID: usize = 0;
    pub(super) const BODY: usize = 1;
    pub(super) const LAST_SYNC: usize = 2;
}

/// A device that a job is aimed at, as it is known now.
#[derive(Debug, Clone)]
pub struct KnownTarget {
    pub id: DeviceId,
    pub identity: DeviceIdentity,
    /// Where its identity last changed: a requester who saw less has seen another device (A2).
    pub identity_seq: Seq,
    /// The newest sequence number that was handed out for it.
    pub newest_seq: Seq,
    /// When Graph last showed it, changed or not.
    pub read_at: Timestamp,
    /// The stored device.
    pub body: Value,
}

impl Store {
    /// The devices in the order asked for; `None` where it is not there (any more).
    pub async fn find_targets(
        &self,
        instance: InstanceId,
        ids: Vec<DeviceId>,
    ) -> Result<Vec<Option<KnownTarget>>, StoreError> {
        self.read(move |connection| {
            let seen = last_full_scan(connection, instance)?;
            ids.iter()
                .map(|id| find_target(connection, instance, *id, seen.as_ref()))
                .collect()
        })
        .await
    }

    /// All devices of an instance that pass, for a job that names a filter; at most `limit`.
    pub async fn find_matching_targets(
        &self,
        instance: InstanceId,
        matching: crate::store::DeviceMatcher,
        limit: usize,
    ) -> Result<Vec<KnownTarget>, StoreError> {
        self.read(move |connection| {
            let seen = last_full_scan(connection, instance)?;
            let mut statement = connection.prepare_cached(MATCHED)?;
            let mut rows = statement.query([instance.0])?;
            let mut found = Vec::new();
            while found.len() < limit
                && let Some(row) = rows.next()?
            {
                let (body, last_sync_s) = (row.get_ref(matched::BODY)?, row.get(matched::LAST_SYNC)?);
                // As lists show it: whoever sends the job has looked at one.
                if body
                    .as_str()
                    .is_ok_and(|body| matching(&newest_device_body(body, last_sync_s)))
                {
                    let id = device_id_from_column(matched::DEVICE_ID, &row.get::<_, Vec<u8>>(matched::DEVICE_ID)?)?;
                    found.extend(find_target(connection, instance, id, seen.as_ref())?);
                }
            }
            Ok(found)
        })
        .await
    }

    /// Which instances know a device.
    pub async fn list_instances_of_device(&self, id: DeviceId) -> Result<Vec<InstanceId>, StoreError> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT d.instance FROM device d
                 WHERE d.instance IN (SELECT id FROM instance WHERE removed_at IS NULL)
                   AND d.device_id = ?1 AND d.state = 1 ORDER BY d.instance",
            )?;
            let rows = statement.query_map([device_key(&id)], |row| Ok(InstanceId(row.get(0)?)))?;
            rows.map(|row| row.map_err(StoreError::from)).collect()
        })
        .await
    }
}

/// What the newest completed full scan saw, and when it began.
fn last_full_scan(connection: &Connection, instance: InstanceId) -> Result<Option<(BitSet, Timestamp)>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT seen, json_extract(summary, '$.startedAt') AS started_at FROM scan
         WHERE instance = ?1 AND state = ?2 AND kind = ?3 ORDER BY id DESC LIMIT 1",
    )?;
    let (state, kind) = (ScanState::Completed.name(), to_json(&ScanKind::Full));
    let found: Option<(Vec<u8>, String)> = statement
        .query_row(params![instance.0, state, kind], |row| {
            Ok((row.get("seen")?, row.get("started_at")?))
        })
        .optional()?;
    Ok(found.and_then(|(seen, at)| Some((BitSet::from_bytes(seen), crate::model::parse_time(&at)?))))
}

fn find_target(
    connection: &Connection,
    instance: InstanceId,
    id: DeviceId,
    seen: Option<&(BitSet, Timestamp)>,
) -> Result<Option<KnownTarget>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT d.row, d.serial, d.entra_id, d.enrolled, d.upn, d.identity_seq, d.read_at, b.body, d.seq
         FROM device d JOIN device_body b ON b.row = d.row WHERE d.instance = ?1 AND d.device_id = ?2 AND d.state = 1",
    )?;
    let found = statement.query_row(params![instance.0, device_key(&id)], |row| {
        let number = Row(row.get("row")?);
        let read_at = read_time(row, "read_at")?;
        let in_list = seen.filter(|(seen, _)| seen.contains(number)).map(|(_, at)| *at);
        Ok(KnownTarget {
            id,
            identity: DeviceIdentity {
                serial_number: row.get("serial")?,
                entra_device_id: row.get("entra_id")?,
                enrolled_date_time: row.get("enrolled")?,
                user_principal_name: row.get("upn")?,
            },
            identity_seq: Seq(row.get("identity_seq")?),
            newest_seq: Seq(row.get("seq")?),
            read_at: in_list.map_or(read_at, |at| at.max(read_at)),
            body: read_json(row, "body")?,
        })
    });
    Ok(found.optional()?)
}
