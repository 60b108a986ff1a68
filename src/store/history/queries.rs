//! The history of one device.

use rusqlite::{Connection, OptionalExtension, params};

use super::changes::fields_column;
use super::find_history_days;
use super::former::{FormerDevice, device_column, find_former_device, list_predecessors};
use crate::model::{DeviceId, FieldChange, GoneReason, InstanceId, Seq, Timestamp};
use crate::store::sql_values::{device_key, from_millis};
use crate::store::{Store, StoreError};

/// Renames of a device that are told, the newest first.
const RENAMES: i64 = 50;
/// The field that holds a device's name.
const NAME: &str = "deviceName";

/// Whose history, and which page of its changes.
#[derive(Debug, Clone, Copy)]
pub struct DeviceHistoryKey {
    pub instance: InstanceId,
    pub device: DeviceId,
    /// Changes before this one; without it the newest.
    pub before: Option<Seq>,
    pub limit: usize,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeviceHistory {
    /// Whether there is or was such a device, as far as somebody was told of it and that is not forgotten yet.
    pub is_known: bool,
    /// For how many days it is kept.
    pub days: u32,
    /// `None`: the device is there.
    pub gone: Option<(Timestamp, GoneReason)>,
    /// Newest first.
    pub changes: Vec<DeviceChange>,
    /// Newest first.
    pub renames: Vec<DeviceRename>,
    /// The same hardware under an older id that is still there.
    pub same_as: Option<DeviceId>,
    /// The ids that the same hardware had before, the newest first.
    pub predecessors: Vec<FormerDevice>,
}

/// One change of the feed, as far as it moved fields of the device.
#[derive(Debug, Clone, PartialEq)]
pub struct DeviceChange {
    pub seq: Seq,
    pub at: Timestamp,
    pub fields: Vec<FieldChange>,
}

/// A device got another name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceRename {
    pub at: Timestamp,
    /// What it was called until then.
    pub before: Option<String>,
}

/// Whether it is there, and with what it has hardware in common.
struct DeviceLinks {
    is_present: bool,
    replaces: Option<DeviceId>,
    same_as: Option<DeviceId>,
}

impl Store {
    pub async fn find_device_history(&self, key: DeviceHistoryKey) -> Result<DeviceHistory, StoreError> {
        self.read(move |connection| {
            // All of one moment.
            let moment = connection.unchecked_transaction()?;
            query_history(&moment, key)
        })
        .await
    }
}

fn query_history(connection: &Connection, key: DeviceHistoryKey) -> Result<DeviceHistory, StoreError> {
    let (instance, id) = (key.instance, key.device);
    let known = find_device_links(connection, instance, id)?;
    let is_present = known.as_ref().is_some_and(|known| known.is_present);
    let former = if is_present {
        None
    } else {
        find_former_device(connection, instance, id)?
    };
    let changes = list_changes(connection, key)?;
    let replaces = match (&known, &former) {
        (Some(known), _) if is_present => known.replaces,
        (_, former) => former.as_ref().and_then(|former| former.replaces),
    };
    Ok(DeviceHistory {
        is_known: is_present || former.is_some() || !changes.is_empty(),
        days: find_history_days(connection, instance)?,
        gone: former.and_then(|former| former.gone),
        changes,
        renames: list_renames(connection, key)?,
        same_as: known.and_then(|known| known.same_as),
        predecessors: list_predecessors(connection, instance, replaces)?,
    })
}

fn find_device_links(
    connection: &Connection,
    instance: InstanceId,
    id: DeviceId,
) -> Result<Option<DeviceLinks>, StoreError> {
    let mut statement = connection
        .prepare_cached("SELECT state = 1, replaces, same_as FROM device WHERE instance = ?1 AND device_id = ?2")?;
    let found = statement.query_row(params![instance.0, device_key(&id)], |row| {
        Ok(DeviceLinks {
            is_present: row.get(0)?,
            replaces: device_column(row, 1)?,
            same_as: device_column(row, 2)?,
        })
    });
    Ok(found.optional()?)
}

fn list_changes(connection: &Connection, key: DeviceHistoryKey) -> Result<Vec<DeviceChange>, StoreError> {
    let before = key.before.map_or(i64::MAX, |seq| seq.0);
    let mut statement = connection.prepare_cached(
        "SELECT seq, at, fields FROM device_change WHERE instance = ?1 AND device_id = ?2 AND seq < ?3
         ORDER BY seq DESC LIMIT ?4",
    )?;
    let parameters = params![key.instance.0, device_key(&key.device), before, key.limit as i64];
    let rows = statement.query_map(parameters, |row| {
        Ok(DeviceChange {
            seq: Seq(row.get(0)?),
            at: from_millis(row.get(1)?),
            fields: fields_column(row, 2)?,
        })
    })?;
    rows.map(|row| row.map_err(StoreError::from)).collect()
}

fn list_renames(connection: &Connection, key: DeviceHistoryKey) -> Result<Vec<DeviceRename>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT at, fields FROM device_change
         WHERE instance = ?1 AND device_id = ?2 AND instr(fields, ?3) > 0 ORDER BY seq DESC LIMIT ?4",
    )?;
    let mark = format!("[\"{NAME}\",");
    let parameters = params![key.instance.0, device_key(&key.device), mark, RENAMES];
    let rows = statement.query_map(parameters, |row| {
        let (at, fields) = (from_millis(row.get(0)?), fields_column(row, 1)?);
        let renamed = fields.into_iter().find(|change| change.field == NAME);
        Ok(renamed.map(|change| DeviceRename {
            at,
            before: change.before.as_str().map(str::to_owned),
        }))
    })?;
    let renames: Vec<Option<DeviceRename>> = rows.collect::<Result<_, _>>()?;
    Ok(renames.into_iter().flatten().collect())
}
