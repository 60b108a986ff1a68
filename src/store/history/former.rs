//! Devices that have gone, remembered for as long as the history: a tombstone is swept as soon as every server has read it.

use rusqlite::{Connection, OptionalExtension, params};

use super::changes::delete_changes;
use super::find_history_days;
use crate::model::{DeviceId, GoneReason, InstanceId, Row, Timestamp, parse_time};
use crate::store::StoreError;
use crate::store::columns::{read_optional_device, read_time};
use crate::store::gone_devices::parse_gone_reason;
use crate::store::page::StoredBody;
use crate::store::sql_values::{device_key, to_millis};

/// Ids of one piece of hardware that are followed back at most.
const FOLLOWED: usize = 16;

/// Longest name that is remembered, in characters.
const NAME_CHARS: usize = 256;

/// Of a device's JSON, what is remembered.
#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct DeviceNameOnly {
    device_name: Option<String>,
}

/// A device that has gone. Of one that went before there was a history, or too long ago, little is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormerDevice {
    pub id: DeviceId,
    /// Its last name.
    pub name: Option<String>,
    pub enrolled_at: Option<Timestamp>,
    pub gone: Option<(Timestamp, GoneReason)>,
    /// The id that the same hardware had before.
    pub replaces: Option<DeviceId>,
}

const REMEMBERED: &str =
    "SELECT name, enrolled, gone_at, reason, replaces FROM former_device WHERE instance = ?1 AND device_id = ?2";
const TOMBSTONE: &str = "SELECT NULL AS name, enrolled, changed_at AS gone_at, reason, replaces FROM device
     WHERE instance = ?1 AND device_id = ?2 AND state <> 1 AND seq > 0";

/// A device is about to be told gone. Of one that filter or rules leave out now nothing is kept (F8).
pub(crate) fn record_gone(
    connection: &Connection,
    (instance, row): (InstanceId, Row),
    reason: GoneReason,
    now: Timestamp,
) -> Result<(), StoreError> {
    if reason == GoneReason::Filtered {
        return forget_device(connection, instance, row);
    }
    if find_history_days(connection, instance)? == 0 {
        return Ok(());
    }
    let name = find_name(connection, row)?;
    connection
        .prepare_cached(
            "INSERT INTO former_device (instance, device_id, name, enrolled, gone_at, reason, replaces, history)
             SELECT instance, device_id, ?4, enrolled, ?2, ?3, replaces, history FROM device WHERE row = ?1 AND state = 1
             ON CONFLICT (instance, device_id) DO UPDATE SET name = excluded.name, enrolled = excluded.enrolled,
                 gone_at = excluded.gone_at, reason = excluded.reason, replaces = excluded.replaces,
                 history = coalesce(excluded.history, history)",
        )?
        .execute(params![row.0, to_millis(now), reason.name(), name])?;
    Ok(())
}

/// The name in the device's body, where it has one that is let through.
fn find_name(connection: &Connection, row: Row) -> Result<Option<String>, StoreError> {
    let stored = StoredBody::find(connection, row)?.filter(StoredBody::is_intact);
    let device = stored.and_then(|stored| serde_json::from_str::<DeviceNameOnly>(&stored.body.to_json()).ok());
    let name = device.and_then(|device| device.device_name);
    Ok(name.map(|name| name.chars().take(NAME_CHARS).collect()))
}

fn forget_device(connection: &Connection, instance: InstanceId, row: Row) -> Result<(), StoreError> {
    delete_changes(connection, row)?;
    for table in ["former_device", "device_decision"] {
        connection
            .prepare_cached(&format!(
                "DELETE FROM {table} WHERE instance = ?1 AND device_id = (SELECT device_id FROM device WHERE row = ?2)"
            ))?
            .execute(params![instance.0, row.0])?;
    }
    Ok(())
}

/// A device that has gone: as it was remembered, else as its tombstone says.
pub(super) fn find_former_device(
    connection: &Connection,
    instance: InstanceId,
    id: DeviceId,
) -> Result<Option<FormerDevice>, StoreError> {
    for sql in [REMEMBERED, TOMBSTONE] {
        let found = connection
            .prepare_cached(sql)?
            .query_row(params![instance.0, device_key(&id)], |row| former_from_row(id, row))
            .optional()?;
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}

fn former_from_row(id: DeviceId, row: &rusqlite::Row<'_>) -> rusqlite::Result<FormerDevice> {
    let (enrolled, reason): (Option<String>, Option<String>) = (row.get("enrolled")?, row.get("reason")?);
    let reason = reason.as_deref().and_then(parse_gone_reason);
    Ok(FormerDevice {
        id,
        name: row.get("name")?,
        enrolled_at: enrolled.as_deref().and_then(parse_time),
        gone: Some((read_time(row, "gone_at")?, reason.unwrap_or(GoneReason::Deleted))),
        replaces: read_optional_device(row, "replaces")?,
    })
}

/// The ids that the same hardware had before, the newest first, beginning with this one.
pub(super) fn list_predecessors(
    connection: &Connection,
    instance: InstanceId,
    replaced: Option<DeviceId>,
) -> Result<Vec<FormerDevice>, StoreError> {
    let (mut found, mut next): (Vec<FormerDevice>, _) = (Vec::new(), replaced);
    while let Some(id) = next.filter(|id| found.len() < FOLLOWED && found.iter().all(|known| known.id != *id)) {
        let former = find_former_device(connection, instance, id)?.unwrap_or(FormerDevice {
            id,
            name: None,
            enrolled_at: None,
            gone: None,
            replaces: None,
        });
        next = former.replaces;
        found.push(former);
    }
    Ok(found)
}
