//! A device's body as it stands in the store.

use rusqlite::{Connection, OptionalExtension, params};

use super::super::damage;
use super::StoreError;
use crate::model::{DeviceBody, Row};

pub(crate) struct StoredBody {
    pub body: DeviceBody,
    /// What single GETs have taught of the device.
    pub learned: Option<String>,
    sum: Option<i64>,
}

impl StoredBody {
    pub(crate) fn find(connection: &Connection, row: Row) -> Result<Option<StoredBody>, StoreError> {
        let mut statement = connection.prepare_cached("SELECT packed, learned, sum FROM body WHERE row = ?1")?;
        let found = statement.query_row([row.0], |row| {
            // What is damaged may be no text any more; it does not fit its sum then.
            let packed = String::from_utf8_lossy(row.get_ref(0)?.as_bytes()?).into_owned();
            Ok(StoredBody {
                body: DeviceBody::from_packed(packed),
                learned: row.get(1)?,
                sum: row.get(2)?,
            })
        });
        Ok(found.optional()?)
    }

    /// Whether it fits its sum.
    pub(crate) fn is_intact(&self) -> bool {
        damage::matches_checksum(&self.body, self.sum)
    }
}

/// What single GETs have taught of a device, without its body.
pub(crate) fn find_learned(connection: &Connection, row: Row) -> Result<Option<String>, StoreError> {
    let mut statement = connection.prepare_cached("SELECT learned FROM body WHERE row = ?1")?;
    Ok(statement.query_row([row.0], |row| row.get(0)).optional()?.flatten())
}

pub(crate) fn write_body(
    connection: &Connection,
    row: Row,
    body: &DeviceBody,
    learned: Option<&str>,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO body (row, packed, learned, sum) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (row) DO UPDATE SET packed = ?2, learned = ?3, sum = ?4",
        )?
        .execute(params![row.0, body.as_packed(), learned, body.checksum()])?;
    Ok(())
}
