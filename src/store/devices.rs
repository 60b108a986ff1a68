//! Devices as people and machines look them up: the newest state, by row, page by page.

use std::sync::Arc;

use rusqlite::types::{Type, Value};
use rusqlite::{Connection, OptionalExtension, params, params_from_iter};
use serde_json::value::RawValue;

use super::columns::read_device;
use super::newest_check_in::newest_device_body;
use super::page::entra_mark;
use super::sql_values::{device_id_from_column, device_key, from_millis, to_millis};
use super::{Store, StoreError};
use crate::model::{DeviceId, DeviceIdentity, InstanceId, Row, Seq, Timestamp, parse_time};

/// Keeps a device in the answer, looking at its JSON: with its newest check-in where devices are listed or a job is aimed at
/// them, as it was told where servers are concerned.
pub type DeviceMatcher = Arc<dyn Fn(&str) -> bool + Send + Sync>;

/// Which devices, in the order in which the connector came to know them.
#[derive(Clone, Default)]
pub struct DeviceQuery {
    pub instances: Vec<InstanceId>,
    pub matcher: Option<DeviceMatcher>,
    pub descending: bool,
    /// The last device of the page before.
    pub after: Option<Row>,
    pub limit: usize,
}

#[derive(Debug)]
pub struct DeviceRow {
    pub instance: InstanceId,
    pub row: Row,
    pub id: DeviceId,
    pub seq: Seq,
    pub changed_at: Timestamp,
    /// When Graph was last seen to answer with it and something about it was written.
    pub read_at: Timestamp,
    pub replaces: Option<DeviceId>,
    pub same_as: Option<DeviceId>,
    pub body: Box<RawValue>,
    /// The newest check-in, which the body may not have yet: seconds since 1970; 0 where never.
    pub last_sync_s: i64,
}

/// What [`device_from_row`] reads. By places: names would be compared for each device that a search looks at.
const COLUMNS: &str = "d.instance, d.row, d.device_id, d.seq, d.changed_at, d.read_at, d.replaces, d.same_as, b.body, \
                       d.last_sync";
mod column {
    pub(super) const INSTANCE: usize = 0;
    pub(super) const ROW: usize = 1;
    pub(super) const DEVICE_ID: usize = 2;
    pub(super) const SEQ: usize = 3;
    pub(super) const CHANGED_AT: usize = 4;
    pub(super) const READ_AT: usize = 5;
    pub(super) const REPLACES: usize = 6;
    pub(super) const SAME_AS: usize = 7;
    pub(super) const BODY: usize = 8;
    pub(super) const LAST_SYNC: usize = 9;
}

impl Store {
    /// Up to `limit` devices that are there now.
    pub async fn list_devices(&self, query: DeviceQuery) -> Result<Vec<DeviceRow>, StoreError> {
        self.read(move |connection| query_devices(connection, &query)).await
    }

    /// These devices, in this order; those that are not there any more are left out.
    pub async fn load_devices(&self, rows: Vec<Row>) -> Result<Vec<DeviceRow>, StoreError> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(&format!(
                "SELECT {COLUMNS} FROM device d JOIN device_body b ON b.row = d.row WHERE d.row = ?1 AND d.state = 1"
            ))?;
            let mut devices = Vec::with_capacity(rows.len());
            for row in rows {
                devices.extend(statement.query_row([row.0], device_from_row).optional()?);
            }
            Ok(devices)
        })
        .await
    }

    pub async fn find_device(&self, instance: InstanceId, id: DeviceId) -> Result<Option<DeviceRow>, StoreError> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(&format!(
                "SELECT {COLUMNS} FROM device d JOIN device_body b ON b.row = d.row
                 WHERE d.instance = ?1 AND d.device_id = ?2 AND d.state = 1"
            ))?;
            Ok(statement
                .query_row(params![instance.0, device_key(&id)], device_from_row)
                .optional()?)
        })
        .await
    }

    /// When a device enrolled that is there; `None`: it does not say so, or is not there.
    pub async fn find_enrolment(&self, instance: InstanceId, id: DeviceId) -> Result<Option<Timestamp>, StoreError> {
        self.read(move |connection| {
            let mut statement = connection
                .prepare_cached("SELECT enrolled FROM device WHERE instance = ?1 AND device_id = ?2 AND state = 1")?;
            let enrolled = statement
                .query_row(params![instance.0, device_key(&id)], |row| {
                    row.get::<_, Option<String>>("enrolled")
                })
                .optional()?;
            Ok(enrolled.flatten().as_deref().and_then(parse_time))
        })
        .await
    }

    /// The device whose Entra device id this is: its Intune id.
    pub async fn find_device_by_entra_id(
        &self,
        instance: InstanceId,
        entra: DeviceId,
    ) -> Result<Option<DeviceId>, StoreError> {
        let entra_id = entra.to_string();
        let mark = entra_mark(instance, &entra_id);
        self.read(move |connection| {
            // Marks of the newest rows are not in the table yet; they are few.
            let mut statement = connection.prepare_cached(
                "SELECT d.device_id FROM device d JOIN device_body b ON b.row = d.row
                 WHERE d.instance = ?1 AND d.state = 1 AND d.entra_mark = ?2
                   AND d.row IN (SELECT row FROM hardware WHERE mark = ?2
                       UNION SELECT row FROM device WHERE row > (SELECT value FROM meta WHERE key = 'hardware') AND entra_mark = ?2)
                   AND lower(json_extract(b.body, '$.azureADDeviceId')) = ?3 LIMIT 1",
            )?;
            let found = statement.query_row(params![instance.0, mark, entra_id], |row| read_device(row, "device_id"));
            Ok(found.optional()?)
        })
        .await
    }

    /// How many devices of an instance pass.
    pub async fn count_matching_devices(
        &self,
        instance: InstanceId,
        matching: DeviceMatcher,
    ) -> Result<u64, StoreError> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT b.body FROM device d JOIN device_body b ON b.row = d.row WHERE +d.instance = ?1 AND d.state = 1",
            )?;
            let mut rows = statement.query([instance.0])?;
            let mut count = 0;
            while let Some(row) = rows.next()? {
                count += u64::from(row.get_ref(0)?.as_str().is_ok_and(|body| matching(body)));
            }
            Ok(count)
        })
        .await
    }

    /// What makes a device the same one, and the sequence number at which that last changed (A2).
    pub async fn find_device_identity(
        &self,
        instance: InstanceId,
        id: DeviceId,
    ) -> Result<Option<(DeviceIdentity, Seq)>, StoreError> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT serial, entra_id, enrolled, upn, identity_seq FROM device
                 WHERE instance = ?1 AND device_id = ?2 AND state = 1",
            )?;
            let found = statement.query_row(params![instance.0, device_key(&id)], |row| {
                let identity = DeviceIdentity {
                    serial_number: row.get("serial")?,
                    entra_device_id: row.get("entra_id")?,
                    enrolled_date_time: row.get("enrolled")?,
                    user_principal_name: row.get("upn")?,
                };
                Ok((identity, Seq(row.get("identity_seq")?)))
            });
            Ok(found.optional()?)
        })
        .await
    }

    /// Devices whose GET-only fields were never read, or not since `before` (enrichment).
    pub async fn list_unenriched_devices(
        &self,
        instance: InstanceId,
        before: Option<Timestamp>,
        limit: usize,
    ) -> Result<Vec<DeviceId>, StoreError> {
        self.read(move |connection| {
            let (of_instance, older) = match before {
                None => (
                    "device INDEXED BY device_unlearned WHERE instance = ?1",
                    "learned_at IS NULL AND ?2 = 0",
                ),
                Some(_) => ("device WHERE +instance = ?1", "(learned_at IS NULL OR learned_at < ?2)"),
            };
            let mut statement = connection.prepare_cached(&format!(
                "SELECT device_id FROM {of_instance} AND state = 1 AND {older} ORDER BY row LIMIT ?3"
            ))?;
            let rows = statement.query_map(params![instance.0, before.map_or(0, to_millis), limit as i64], |row| {
                read_device(row, "device_id")
            })?;
            rows.map(|row| row.map_err(StoreError::from)).collect()
        })
        .await
    }
}

fn query_devices(connection: &Connection, query: &DeviceQuery) -> Result<Vec<DeviceRow>, StoreError> {
    let (order, beyond) = if query.descending { ("DESC", "<") } else { ("ASC", ">") };
    let mut values: Vec<Value> = query.instances.iter().map(|id| Value::Integer(id.0)).collect();
    let places = vec!["?"; values.len()].join(", ");
    let mut sql = format!(
        "SELECT {COLUMNS} FROM device d JOIN device_body b ON b.row = d.row
         WHERE d.state = 1 AND +d.instance IN ({places})"
    );
    if let Some(row) = &query.after {
        sql.push_str(&format!(" AND d.row {beyond} ?"));
        values.push(Value::Integer(row.0));
    }
    sql.push_str(&format!(" ORDER BY d.row {order}"));
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query(params_from_iter(values))?;
    let mut devices = Vec::new();
    while devices.len() < query.limit
        && let Some(row) = rows.next()?
    {
        let device = device_from_row(row)?;
        if query
            .matcher
            .as_ref()
            .is_none_or(|matching| matching(&newest_device_body(device.body.get(), device.last_sync_s)))
        {
            devices.push(device);
        }
    }
    Ok(devices)
}

fn device_from_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<DeviceRow> {
    let link = |place: usize| -> rusqlite::Result<Option<DeviceId>> {
        row.get::<_, Option<Vec<u8>>>(place)?
            .map(|bytes| device_id_from_column(place, &bytes))
            .transpose()
    };
    let body = RawValue::from_string(row.get(column::BODY)?)
        .map_err(|error| rusqlite::Error::FromSqlConversionFailure(column::BODY, Type::Text, Box::new(error)))?;
    Ok(DeviceRow {
        instance: InstanceId(row.get(column::INSTANCE)?),
        row: Row(row.get(column::ROW)?),
        id: device_id_from_column(column::DEVICE_ID, &row.get::<_, Vec<u8>>(column::DEVICE_ID)?)?,
        seq: Seq(row.get(column::SEQ)?),
        changed_at: from_millis(row.get(column::CHANGED_AT)?),
        read_at: from_millis(row.get(column::READ_AT)?),
        replaces: link(column::REPLACES)?,
        same_as: link(column::SAME_AS)?,
        body,
        last_sync_s: row.get(column::LAST_SYNC)?,
    })
}
