//! Why devices are not in a fleet (any more): a snapshot of the feed lacks what has gone as it lacks what is left out, and only
//! the first is a matter of somebody's records.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, params};

use crate::model::{DeviceId, GoneReason, InstanceId};
use crate::store::gone_devices::parse_gone_reason;
use crate::store::sql_values::device_key;
use crate::store::{Store, StoreError};

impl Store {
    /// Of a page of devices: why each is not there; `None` for one that is. Those of which nothing is known any more are left
    /// out: they went long ago.
    pub async fn explain_absences(
        &self,
        instance: InstanceId,
        devices: Vec<DeviceId>,
    ) -> Result<BTreeMap<DeviceId, Option<GoneReason>>, StoreError> {
        self.read(move |connection| {
            let moment = connection.unchecked_transaction()?;
            let mut found = BTreeMap::new();
            for device in devices {
                let mut absence = explain_row(&moment, instance, device)?;
                if absence.is_none() {
                    absence = explain_remembered(&moment, instance, device)?.map(Some);
                }
                found.extend(absence.map(|absence| (device, absence)));
            }
            Ok(found)
        })
        .await
    }
}

/// By the row of the device: it is there, left out by filter or rules, or gone.
fn explain_row(
    connection: &Connection,
    instance: InstanceId,
    device: DeviceId,
) -> Result<Option<Option<GoneReason>>, StoreError> {
    let row: Option<(i64, Option<String>)> = connection
        .prepare_cached("SELECT state, reason FROM device WHERE instance = ?1 AND device_id = ?2")?
        .query_row(params![instance.0, device_key(&device)], |row| {
            Ok((row.get("state")?, row.get("reason")?))
        })
        .optional()?;
    Ok(row.map(|(state, reason)| match state {
        1 => None,
        2 => Some(GoneReason::Filtered),
        _ => Some(read_reason(reason)),
    }))
}

/// Its row was swept: as it is remembered.
fn explain_remembered(
    connection: &Connection,
    instance: InstanceId,
    device: DeviceId,
) -> Result<Option<GoneReason>, StoreError> {
    let reason: Option<Option<String>> = connection
        .prepare_cached("SELECT reason FROM former_device WHERE instance = ?1 AND device_id = ?2")?
        .query_row(params![instance.0, device_key(&device)], |row| row.get("reason"))
        .optional()?;
    Ok(reason.map(read_reason))
}

fn read_reason(text: Option<String>) -> GoneReason {
    let reason = text.as_deref().and_then(parse_gone_reason);
    reason.unwrap_or(GoneReason::Deleted)
}
