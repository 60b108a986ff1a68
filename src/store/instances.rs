//! Installed instances: the permanent number, who receives their changes, and what the last scans left behind.

use rusqlite::{Connection, OptionalExtension, Row as SqlRow, params};

use super::columns::{read_instance, read_json, read_optional_json, read_optional_time, read_time, read_word};
use super::meta::SequenceAllocator;
use super::sql_values::{to_json, to_millis};
use super::{Store, StoreError, WakeTarget};
use crate::model::{Epoch, FleetDoubt, FleetProof, GoneReason, InstanceId, InstanceName, Seq, ServerId, Timestamp};

#[derive(Debug, Clone, PartialEq)]
pub struct InstanceRow {
    pub id: InstanceId,
    pub name: InstanceName,
    /// The name that people gave it in the wizard; `None`: it has no installation yet.
    pub profile: Option<String>,
    pub tenant_id: String,
    pub client_id: String,
    /// `None` means `*` (F7).
    pub audience: Option<Vec<ServerId>>,
    pub created_at: Timestamp,
    pub removed_at: Option<Timestamp>,
    /// Whether a full scan has completed in this store's epoch: a fact for the schedule.
    pub scanned: bool,
    /// Whether one has proven the fleet whole in it: a fact for snapshots (F4).
    pub fleet: FleetProof,
    /// Where the next incremental scan begins, before the overlap is taken off (S3).
    pub watermark: Option<Timestamp>,
    /// The settings under which the last full scan completed; others make a full scan due.
    pub shape_digest: Option<u64>,
    /// Tombstones up to here have been swept: who is behind it needs a snapshot (F6).
    pub tombstone_floor: Seq,
    /// Properties that devices may lack here because nobody received them (F8): a server whose filter asks for one
    /// waits for the next full scan.
    pub missing_fields: Vec<String>,
}

impl InstanceRow {
    /// For people who have several: `IntuneConnector_1 (Contoso, tenant 1f0b…)`.
    pub fn title(&self) -> String {
        match &self.profile {
            Some(profile) => format!("{} ({profile}, tenant {})", self.name, self.tenant_id),
            None => format!("{} (tenant {})", self.name, self.tenant_id),
        }
    }
}

#[derive(Debug, Clone)]
pub struct NewInstance {
    /// `IntuneConnector`; the number is put behind it.
    pub prefix: String,
    pub tenant_id: String,
    pub client_id: String,
    pub audience: Option<Vec<ServerId>>,
}

const COLUMNS: &str = "id, name, tenant_id, client_id, audience, created_at, removed_at, full_epoch, watermark, \
                       shape_digest, tombstone_floor, lacking, proven_epoch, doubt, \
                       (SELECT profile FROM installation WHERE number = instance.id) AS profile";

fn instance_from_row(row: &SqlRow<'_>, epoch: Epoch) -> rusqlite::Result<InstanceRow> {
    let is_ours = |column: &str| -> rusqlite::Result<bool> {
        let of: Option<Vec<u8>> = row.get(column)?;
        Ok(of.is_some_and(|bytes| bytes == epoch.0.as_bytes()))
    };
    let doubt = || -> rusqlite::Result<Option<FleetDoubt>> {
        let doubt: Option<FleetDoubt> = read_optional_json(row, "doubt")?;
        // What another life of the store left open says nothing of this one.
        Ok(doubt.filter(|doubt| doubt.epoch == epoch))
    };
    Ok(InstanceRow {
        id: read_instance(row, "id")?,
        name: read_word(row, "name")?,
        profile: row.get("profile")?,
        tenant_id: row.get("tenant_id")?,
        client_id: row.get("client_id")?,
        audience: read_json(row, "audience")?,
        created_at: read_time(row, "created_at")?,
        removed_at: read_optional_time(row, "removed_at")?,
        scanned: is_ours("full_epoch")?,
        fleet: if is_ours("proven_epoch")? {
            FleetProof::Proven
        } else {
            FleetProof::Open(doubt()?)
        },
        watermark: read_optional_time(row, "watermark")?,
        shape_digest: row.get::<_, Option<i64>>("shape_digest")?.map(i64::cast_unsigned),
        tombstone_floor: Seq(row.get("tombstone_floor")?),
        missing_fields: read_json(row, "lacking")?,
    })
}

pub(crate) fn load_instance(connection: &Connection, epoch: Epoch, id: InstanceId) -> Result<InstanceRow, StoreError> {
    connection
        .prepare_cached(&format!("SELECT {COLUMNS} FROM instance WHERE id = ?1"))?
        .query_row([id.0], |row| instance_from_row(row, epoch))
        .optional()?
        .ok_or_else(|| StoreError::Unknown {
            what: "instance",
            name: id.to_string(),
        })
}

impl Store {
    /// Gives an instance its permanent number and name; neither is ever used again.
    pub async fn add_instance(&self, new: NewInstance) -> Result<InstanceRow, StoreError> {
        let (now, epoch) = (self.inner.clock.now(), self.epoch());
        self.write(move |connection| {
            let unnamed = uuid::Uuid::new_v4().to_string();
            connection.execute(
                "INSERT INTO instance (name, tenant_id, client_id, audience, created_at) VALUES (?1, ?2, ?3, ?4, ?5)",
                params![
                    unnamed,
                    new.tenant_id,
                    new.client_id,
                    to_json(&new.audience),
                    to_millis(now)
                ],
            )?;
            let id = InstanceId(connection.last_insert_rowid());
            let name = format!("{}_{id}", new.prefix);
            connection.execute("UPDATE instance SET name = ?2 WHERE id = ?1", params![id.0, name])?;
            load_instance(connection, epoch, id)
        })
        .await
    }

    /// Adopts an instance whose settings file exists (put there by hand, or after the store was lost).
    pub async fn adopt_instance(&self, id: InstanceId, new: NewInstance) -> Result<InstanceRow, StoreError> {
        let (now, epoch) = (self.inner.clock.now(), self.epoch());
        self.write(move |connection| {
            connection.execute(
                "INSERT INTO instance (id, name, tenant_id, client_id, audience, created_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                params![
                    id.0,
                    format!("{}_{id}", new.prefix),
                    new.tenant_id,
                    new.client_id,
                    to_json(&new.audience),
                    to_millis(now)
                ],
            )?;
            load_instance(connection, epoch, id)
        })
        .await
    }

    /// All of them, removed ones included: their last changes may still have to be read.
    pub async fn list_instances(&self) -> Result<Vec<InstanceRow>, StoreError> {
        let epoch = self.epoch();
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM instance ORDER BY id"))?;
            let rows = statement.query_map([], |row| instance_from_row(row, epoch))?;
            rows.map(|row| row.map_err(StoreError::from)).collect()
        })
        .await
    }

    pub async fn load_instance(&self, id: InstanceId) -> Result<InstanceRow, StoreError> {
        let epoch = self.epoch();
        self.read(move |connection| load_instance(connection, epoch, id)).await
    }

    pub async fn set_audience(&self, id: InstanceId, audience: Option<Vec<ServerId>>) -> Result<(), StoreError> {
        self.write_and_wake([WakeTarget::Changes], move |connection| {
            connection
                .execute(
                    "UPDATE instance SET audience = ?2 WHERE id = ?1",
                    params![id.0, to_json(&audience)],
                )
                .map(|_| ())
                .map_err(StoreError::from)
        })
        .await
    }

    /// What devices may lack from now on.
    pub async fn set_missing_fields(&self, id: InstanceId, lacking: Vec<String>) -> Result<(), StoreError> {
        self.write_and_wake([WakeTarget::Changes], move |connection| {
            connection.execute(
                "UPDATE instance SET lacking = ?2 WHERE id = ?1",
                params![id.0, to_json(&lacking)],
            )?;
            Ok(())
        })
        .await
    }

    /// Every device of the instance is told gone as `instanceRemoved`; its number stays taken. Answers how many.
    pub async fn remove_instance(&self, id: InstanceId) -> Result<u64, StoreError> {
        let now = self.inner.clock.now();
        self.write(move |connection| {
            let mut sequence = SequenceAllocator::open(connection)?;
            let rows: Vec<i64> = connection
                .prepare_cached("SELECT row FROM device WHERE +instance = ?1 AND state = 1 ORDER BY row")?
                .query_map([id.0], |row| row.get(0))?
                .collect::<Result<_, _>>()?;
            let mut tombstone_statement = connection.prepare_cached(
                "UPDATE device SET state = 0, seq = ?2, reason = ?4, changed_at = ?3, held = NULL,
                     missing_scan = NULL WHERE row = ?1",
            )?;
            for row in &rows {
                tombstone_statement.execute(params![
                    row,
                    sequence.next().0,
                    to_millis(now),
                    GoneReason::InstanceRemoved.name()
                ])?;
            }
            sequence.close(connection)?;
            connection.execute(
                "DELETE FROM body WHERE row IN (SELECT row FROM device WHERE instance = ?1)",
                [id.0],
            )?;
            connection.execute("DELETE FROM device WHERE instance = ?1 AND seq = 0", [id.0])?;
            connection.execute(
                "UPDATE instance SET removed_at = ?2, brake = NULL WHERE id = ?1",
                params![id.0, to_millis(now)],
            )?;
            Ok(rows.len() as u64)
        })
        .await
    }

    /// Devices that the tenant had when they were last read: those that are there, and those that filter or rules leave out.
    pub async fn count_known_devices(&self, id: InstanceId) -> Result<u64, StoreError> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT (SELECT count(*) FROM device INDEXED BY device_by_seq WHERE instance = ?1 AND seq > 0)
                    - (SELECT count(*) FROM device INDEXED BY device_absent WHERE instance = ?1 AND seq > 0 AND state <> 1)
                    + (SELECT count(*) FROM device INDEXED BY device_absent WHERE instance = ?1 AND state <> 1 AND state = 2)",
            )?;
            Ok(statement.query_row([id.0], |row| row.get::<_, i64>(0))?.unsigned_abs())
        })
        .await
    }

    pub async fn count_devices(&self, id: InstanceId) -> Result<u64, StoreError> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(
                // All that were ever told, without those that are not there: two narrow indexes, no row.
                "SELECT (SELECT count(*) FROM device INDEXED BY device_by_seq WHERE instance = ?1 AND seq > 0)
                    - (SELECT count(*) FROM device INDEXED BY device_absent WHERE instance = ?1 AND seq > 0 AND state <> 1)",
            )?;
            Ok(statement.query_row([id.0], |row| row.get::<_, i64>(0))?.unsigned_abs())
        })
        .await
    }
}
