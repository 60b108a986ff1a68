//! Walks over the devices of one moment: for whoever keeps something of each device in memory, and for whoever has to
//! look at the bodies of many. A body is unpacked into one buffer, which the next one takes over.

use std::borrow::Cow;

use rusqlite::Connection;
use rusqlite::types::ValueRef;

use super::newest_check_in::newest_device_body;
use super::sql_values::device_id_from_column;
use super::{Store, StoreError, damage, meta};
use crate::model::{DeviceBody, DeviceId, InstanceId, Row, Seq};

/// What [`walked_device`] reads. By places, here as below: names would be compared for each device of a fleet.
const WALKED: &str = "d.row, d.instance, d.device_id, d.seq, d.last_sync, b.packed, b.sum";
mod walked {
    pub(super) const ROW: usize = 0;
    pub(super) const INSTANCE: usize = 1;
    pub(super) const DEVICE_ID: usize = 2;
    pub(super) const SEQ: usize = 3;
    pub(super) const LAST_SYNC: usize = 4;
    pub(super) const PACKED: usize = 5;
    pub(super) const SUM: usize = 6;
    /// Behind them.
    pub(super) const STATE: usize = 7;
}

const CHECK_INS: &str = "SELECT row, last_sync FROM device WHERE state = 1 ORDER BY row";
mod check_in {
    pub(super) const ROW: usize = 0;
    pub(super) const LAST_SYNC: usize = 1;
}

const BODIES: &str = "SELECT b.row, b.packed, b.sum, d.last_sync FROM body b JOIN device d ON d.row = b.row";
mod body {
    pub(super) const ROW: usize = 0;
    pub(super) const PACKED: usize = 1;
    pub(super) const SUM: usize = 2;
    pub(super) const LAST_SYNC: usize = 3;
}

/// A moment of the store: where both are as they were, nothing has changed since.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct StoreMoment {
    /// Transactions ever committed.
    pub commits: i64,
    /// The newest sequence number.
    pub head: Seq,
}

/// One device, as a walk meets it.
#[derive(Debug, Clone, Copy)]
pub struct WalkedDevice<'a> {
    pub row: Row,
    pub instance: InstanceId,
    pub id: DeviceId,
    pub seq: Seq,
    /// Seconds since 1970; 0 where never.
    pub last_sync_s: i64,
    /// Its JSON.
    pub body: &'a str,
}

/// The devices of one moment.
pub struct DeviceWalk<'a> {
    connection: &'a Connection,
}

impl Store {
    /// Runs `walk` over the devices of one moment, on a thread that may be kept waiting.
    pub async fn walk_devices<T, F>(&self, walk: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&DeviceWalk<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        self.read(move |connection| {
            let moment = connection.unchecked_transaction()?;
            walk(&DeviceWalk { connection: &moment })
        })
        .await
    }
}

impl DeviceWalk<'_> {
    pub fn position(&self) -> Result<StoreMoment, StoreError> {
        let (head, commits) = meta::read_counters(self.connection)?;
        Ok(StoreMoment { commits, head })
    }

    /// Every device that is there, in the order of rows.
    pub fn visit_present(&self, mut visit: impl FnMut(WalkedDevice<'_>)) -> Result<(), StoreError> {
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT {WALKED} FROM device d JOIN body b ON b.row = d.row WHERE d.state = 1 ORDER BY d.row"
        ))?;
        let mut rows = statement.query([])?;
        let mut buffer = BodyBuffer::default();
        while let Some(row) = rows.next()? {
            visit(walked_device(row, &mut buffer)?);
        }
        Ok(())
    }

    /// Every device that has changed behind `after`, each once, in no order; `None` for one that is not there any more.
    pub fn visit_changed(
        &self,
        after: Seq,
        mut visit: impl FnMut(Row, Option<WalkedDevice<'_>>),
    ) -> Result<(), StoreError> {
        let mut statement = self.connection.prepare_cached("SELECT id FROM instance")?;
        let instances = statement.query_map([], |row| row.get(0))?;
        let instances: Vec<i64> = instances.collect::<Result<_, _>>()?;
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT {WALKED}, d.state FROM device d INDEXED BY device_by_seq LEFT JOIN body b ON b.row = d.row
             WHERE d.instance = ?1 AND d.seq > ?2"
        ))?;
        let mut buffer = BodyBuffer::default();
        for instance in instances {
            let mut rows = statement.query([instance, after.0])?;
            while let Some(row) = rows.next()? {
                let has_body = !matches!(row.get_ref(walked::PACKED)?, ValueRef::Null);
                let is_present = row.get::<_, i64>(walked::STATE)? == 1 && has_body;
                let device = if is_present {
                    Some(walked_device(row, &mut buffer)?)
                } else {
                    None
                };
                visit(Row(row.get(walked::ROW)?), device);
            }
        }
        Ok(())
    }

    /// Every device that is there with its last check-in (seconds since 1970), in the order of rows. Bodies are not read.
    pub fn visit_check_ins(&self, mut visit: impl FnMut(Row, i64)) -> Result<(), StoreError> {
        let mut statement = self.connection.prepare_cached(CHECK_INS)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            visit(Row(row.get(check_in::ROW)?), row.get(check_in::LAST_SYNC)?);
        }
        Ok(())
    }

    /// The JSON of these devices, with the newest check-in of each; they are in the order of rows, and those that are not
    /// there any more are left out.
    pub fn visit_bodies(&self, rows: &[Row], visit: impl FnMut(Row, &str)) -> Result<(), StoreError> {
        if is_dense(rows) {
            self.visit_body_range(rows, visit)
        } else {
            self.visit_each_body(rows, visit)
        }
    }

    /// All bodies between the first and the last, one after the other.
    fn visit_body_range(&self, rows: &[Row], mut visit: impl FnMut(Row, &str)) -> Result<(), StoreError> {
        let (Some(first), Some(last)) = (rows.first(), rows.last()) else {
            return Ok(());
        };
        let mut statement = self
            .connection
            .prepare_cached(&format!("{BODIES} WHERE b.row BETWEEN ?1 AND ?2 ORDER BY b.row"))?;
        let mut found = statement.query([first.0, last.0])?;
        let mut wanted = rows.iter().copied().peekable();
        let mut buffer = BodyBuffer::default();
        while let Some(stored) = found.next()? {
            let row = Row(stored.get(body::ROW)?);
            while wanted.next_if(|next| *next < row).is_some() {}
            if wanted.next_if_eq(&row).is_some() {
                visit(row, &buffer.unpack_newest(stored)?);
            }
        }
        Ok(())
    }

    fn visit_each_body(&self, rows: &[Row], mut visit: impl FnMut(Row, &str)) -> Result<(), StoreError> {
        let mut statement = self.connection.prepare_cached(&format!("{BODIES} WHERE b.row = ?1"))?;
        let mut buffer = BodyBuffer::default();
        for row in rows {
            let mut found = statement.query([row.0])?;
            if let Some(stored) = found.next()? {
                visit(*row, &buffer.unpack_newest(stored)?);
            }
        }
        Ok(())
    }
}

/// Whether passing over the bodies between these rows is cheaper than looking each of them up.
fn is_dense(rows: &[Row]) -> bool {
    let (Some(first), Some(last)) = (rows.first(), rows.last()) else {
        return false;
    };
    last.0 - first.0 < 8 * rows.len() as i64
}

fn walked_device<'a>(row: &rusqlite::Row<'_>, buffer: &'a mut BodyBuffer) -> Result<WalkedDevice<'a>, StoreError> {
    let id = row.get_ref(walked::DEVICE_ID)?.as_blob().unwrap_or_default();
    Ok(WalkedDevice {
        row: Row(row.get(walked::ROW)?),
        instance: InstanceId(row.get(walked::INSTANCE)?),
        id: device_id_from_column(walked::DEVICE_ID, id)?,
        seq: Seq(row.get(walked::SEQ)?),
        last_sync_s: row.get(walked::LAST_SYNC)?,
        body: buffer.unpack(row.get(walked::PACKED)?, row.get(walked::SUM)?)?,
    })
}

/// Where one body after the other is unpacked.
#[derive(Default)]
struct BodyBuffer(Vec<u8>);

impl BodyBuffer {
    /// Of a row of [`BODIES`].
    fn unpack_newest(&mut self, stored: &rusqlite::Row<'_>) -> Result<Cow<'_, str>, StoreError> {
        let last_sync_s = stored.get(body::LAST_SYNC)?;
        let told = self.unpack(stored.get(body::PACKED)?, stored.get(body::SUM)?)?;
        Ok(newest_device_body(told, last_sync_s))
    }

    /// One that does not fit its sum is told to nobody.
    fn unpack(&mut self, packed: String, sum: Option<i64>) -> Result<&str, StoreError> {
        let body = DeviceBody::from_packed(packed);
        if !damage::matches_checksum(&body, sum) {
            return Err(damage::corruption_error().into());
        }
        self.0.clear();
        body.write_json(&mut self.0);
        std::str::from_utf8(&self.0).map_err(|_| damage::corruption_error().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_rows_far_apart_are_looked_up_one_by_one() {
        let rows = |numbers: &[i64]| numbers.iter().map(|number| Row(*number)).collect::<Vec<_>>();
        assert!(is_dense(&rows(&[5])) && is_dense(&rows(&[1, 2, 3, 9])));
        assert!(!is_dense(&[]) && !is_dense(&rows(&[1, 500])));
    }
}
