//! The history of one device.

use rusqlite::{Connection, OptionalExtension, params};

use super::changes::{DeviceChange, list_changes, list_changes_of_field};
use super::find_history_days;
use super::former::{FormerDevice, find_former_device, list_predecessors};
use crate::model::{DeviceId, GoneReason, InstanceId, Seq, Timestamp};
use crate::store::columns::read_optional_device;
use crate::store::sql_values::device_key;
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

    /// What is known of a device that has gone, or had gone once; `None`: nothing.
    pub async fn find_gone_device(
        &self,
        instance: InstanceId,
        device: DeviceId,
    ) -> Result<Option<FormerDevice>, StoreError> {
        self.read(move |connection| find_former_device(connection, instance, device))
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
    let newest = find_newest_change(connection, key)?;
    let changes = list_changes(connection, newest, key.before, key.limit as i64)?;
    let replaces = match (&known, &former) {
        (Some(known), _) if is_present => known.replaces,
        (_, former) => former.as_ref().and_then(|former| former.replaces),
    };
    Ok(DeviceHistory {
        is_known: is_present || former.is_some() || !changes.is_empty(),
        days: find_history_days(connection, instance)?,
        gone: former.and_then(|former| former.gone),
        changes,
        renames: list_renames(connection, newest)?,
        same_as: known.and_then(|known| known.same_as),
        predecessors: list_predecessors(connection, instance, replaces)?,
    })
}

fn find_device_links(
    connection: &Connection,
    instance: InstanceId,
    id: DeviceId,
) -> Result<Option<DeviceLinks>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT state = 1 AS is_present, replaces, same_as FROM device WHERE instance = ?1 AND device_id = ?2",
    )?;
    let found = statement.query_row(params![instance.0, device_key(&id)], |row| {
        Ok(DeviceLinks {
            is_present: row.get("is_present")?,
            replaces: read_optional_device(row, "replaces")?,
            same_as: read_optional_device(row, "same_as")?,
        })
    });
    Ok(found.optional()?)
}

/// The newest change that is kept of a device, of one that has gone as well.
fn find_newest_change(connection: &Connection, key: DeviceHistoryKey) -> Result<Option<Seq>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT coalesce((SELECT history FROM device WHERE instance = ?1 AND device_id = ?2),
             (SELECT history FROM former_device WHERE instance = ?1 AND device_id = ?2))",
    )?;
    let parameters = params![key.instance.0, device_key(&key.device)];
    let newest: Option<i64> = statement.query_row(parameters, |row| row.get(0))?;
    Ok(newest.map(Seq))
}

fn list_renames(connection: &Connection, newest: Option<Seq>) -> Result<Vec<DeviceRename>, StoreError> {
    let changes = list_changes_of_field(connection, newest, NAME, RENAMES)?;
    let renames = changes.into_iter().filter_map(|change| {
        let renamed = change.fields.into_iter().find(|field| field.field == NAME)?;
        Some(DeviceRename {
            at: change.at,
            before: renamed.before.as_str().map(str::to_owned),
        })
    });
    Ok(renames.collect())
}
