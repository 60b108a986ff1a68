//! Runs, and what each wrote: kept with what was there before, for as long as it can be put back.

use rusqlite::{Connection, OptionalExtension, Params, Row as SqlRow, params};

use super::columns::{read_device, read_instance, read_json, read_optional_time, read_time, read_word};
use super::{FieldValues, TargetKey};
use crate::contract::{TargetRunKind, WriteClass, WriteCounts};
use crate::model::{DeviceId, InstanceId, Timestamp};
use crate::store::sql_values::{device_key, to_json, to_millis};
use crate::store::write_marks::WriteConcern;
use crate::store::{Store, StoreError};

/// One stretch of work whose writes can be put back together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetRunRow {
    pub id: i64,
    pub target: InstanceId,
    pub started_at: Timestamp,
    /// `None`: it goes on, or was broken off.
    pub ended_at: Option<Timestamp>,
    pub mapping_digest: String,
    pub kind: TargetRunKind,
    pub counts: WriteCounts,
    /// The run that it puts back.
    pub reverts: Option<i64>,
    /// The newest run that put this one back.
    pub reverted_by: Option<i64>,
}

/// A write that the other side confirmed.
#[derive(Debug, Clone, PartialEq)]
pub struct TargetWriteRow {
    /// Rises with time.
    pub id: i64,
    pub target: InstanceId,
    pub run: i64,
    pub instance: InstanceId,
    pub device: DeviceId,
    /// Id over there.
    pub record: String,
    pub class: WriteClass,
    pub at: Timestamp,
    /// The fields that were written, as they were before.
    pub before: FieldValues,
    /// The same as they were written.
    pub after: FieldValues,
    /// When it was put back.
    pub reverted_at: Option<Timestamp>,
}

/// A write that was put back.
#[derive(Debug, Clone, PartialEq)]
pub struct PutBack {
    pub target: InstanceId,
    /// Id of the write.
    pub write: i64,
    pub key: TargetKey,
    /// All fields over there, as they are known now.
    pub known: FieldValues,
}

const RUN: &str = "id, target, started_at, ended_at, mapping_digest, kind, counts, reverts,
    (SELECT max(r.id) FROM target_run r WHERE r.reverts = target_run.id) AS reverted_by";

impl Store {
    /// `reverts`: the run that it puts back. A run of this target that goes on ends with it.
    pub async fn begin_target_run(
        &self,
        target: InstanceId,
        kind: TargetRunKind,
        mapping_digest: String,
        reverts: Option<i64>,
    ) -> Result<i64, StoreError> {
        let now = self.inner.clock.now();
        self.write_concerning(WriteConcern::Nobody, [], move |connection| {
            for open in list_open_runs(connection, target)? {
                end_run(connection, open, now)?;
            }
            connection.execute(
                "INSERT INTO target_run (target, started_at, mapping_digest, kind, counts, reverts)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                params![
                    target.0,
                    to_millis(now),
                    mapping_digest,
                    kind.name(),
                    to_json(&WriteCounts::default()),
                    reverts
                ],
            )?;
            Ok(connection.last_insert_rowid())
        })
        .await
    }

    /// False where it wrote nothing: then it is forgotten, unless it puts another one back.
    pub async fn end_target_run(&self, run: i64) -> Result<bool, StoreError> {
        let now = self.inner.clock.now();
        self.write_concerning(WriteConcern::Nobody, [], move |connection| {
            end_run(connection, run, now)
        })
        .await
    }

    pub async fn find_target_run(&self, run: i64) -> Result<Option<TargetRunRow>, StoreError> {
        self.read(move |connection| Ok(list_run_rows(connection, "id = ?1", [run])?.pop()))
            .await
    }

    /// Newest first.
    pub async fn list_target_runs(&self, target: InstanceId, limit: usize) -> Result<Vec<TargetRunRow>, StoreError> {
        self.read(move |connection| {
            list_run_rows(
                connection,
                "target = ?1 ORDER BY id DESC LIMIT ?2",
                params![target.0, limit as i64],
            )
        })
        .await
    }

    /// Newest first, as it is put back: what was written twice goes back step by step. `after`: only those before this one.
    pub async fn list_run_writes(
        &self,
        run: i64,
        after: Option<i64>,
        limit: usize,
    ) -> Result<Vec<TargetWriteRow>, StoreError> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT id, target, run, instance, device, record, class, at, before, after, reverted_at
                 FROM target_write WHERE run = ?1 AND id < ?2 ORDER BY id DESC LIMIT ?3",
            )?;
            let values = params![run, after.unwrap_or(i64::MAX), limit as i64];
            let rows = statement.query_map(values, write_from_row)?;
            rows.map(|row| row.map_err(StoreError::from)).collect()
        })
        .await
    }

    /// False where there is no such write (any more).
    pub async fn mark_write_reverted(&self, write: i64) -> Result<bool, StoreError> {
        let now = self.inner.clock.now();
        self.write_concerning(WriteConcern::Nobody, [], move |connection| {
            mark_reverted(connection, write, now)
        })
        .await
    }

    /// [`Self::mark_write_reverted`], and what is known of the record from then on: its device is compared anew with what
    /// the mapping says.
    pub async fn record_put_back(&self, put_back: PutBack) -> Result<bool, StoreError> {
        let (now, epoch) = (self.inner.clock.now(), self.epoch());
        self.write_concerning(WriteConcern::Nobody, [], move |connection| {
            let (instance, device) = put_back.key;
            connection
                .prepare_cached(
                    "UPDATE target_link SET known = ?4, known_epoch = ?5, fingerprint = NULL, written_at = ?6
                     WHERE target = ?1 AND instance = ?2 AND device = ?3",
                )?
                .execute(params![
                    put_back.target.0,
                    instance.0,
                    device_key(&device),
                    to_json(&put_back.known),
                    epoch.0.as_bytes(),
                    to_millis(now)
                ])?;
            mark_reverted(connection, put_back.write, now)
        })
        .await
    }
}

fn run_from_row(row: &SqlRow<'_>) -> rusqlite::Result<TargetRunRow> {
    Ok(TargetRunRow {
        id: row.get("id")?,
        target: read_instance(row, "target")?,
        started_at: read_time(row, "started_at")?,
        ended_at: read_optional_time(row, "ended_at")?,
        mapping_digest: row.get("mapping_digest")?,
        kind: read_word(row, "kind")?,
        counts: read_json(row, "counts")?,
        reverts: row.get("reverts")?,
        reverted_by: row.get("reverted_by")?,
    })
}

fn write_from_row(row: &SqlRow<'_>) -> rusqlite::Result<TargetWriteRow> {
    Ok(TargetWriteRow {
        id: row.get("id")?,
        target: read_instance(row, "target")?,
        run: row.get("run")?,
        instance: read_instance(row, "instance")?,
        device: read_device(row, "device")?,
        record: row.get("record")?,
        class: read_word(row, "class")?,
        at: read_time(row, "at")?,
        before: read_json(row, "before")?,
        after: read_json(row, "after")?,
        reverted_at: read_optional_time(row, "reverted_at")?,
    })
}

/// `rest` may go on behind the condition.
fn list_run_rows(connection: &Connection, rest: &str, values: impl Params) -> Result<Vec<TargetRunRow>, StoreError> {
    let mut statement = connection.prepare_cached(&format!("SELECT {RUN} FROM target_run WHERE {rest}"))?;
    let rows = statement.query_map(values, run_from_row)?;
    rows.map(|row| row.map_err(StoreError::from)).collect()
}

fn list_open_runs(connection: &Connection, target: InstanceId) -> Result<Vec<i64>, StoreError> {
    let mut statement =
        connection.prepare_cached("SELECT id FROM target_run WHERE target = ?1 AND ended_at IS NULL ORDER BY id")?;
    let rows = statement.query_map([target.0], |row| row.get("id"))?;
    rows.map(|row| row.map_err(StoreError::from)).collect()
}

fn end_run(connection: &Connection, run: i64, now: Timestamp) -> Result<bool, StoreError> {
    let written = connection
        .prepare_cached("SELECT 1 FROM target_write WHERE run = ?1 LIMIT 1")?
        .exists([run])?;
    if !written {
        connection.execute("DELETE FROM target_run WHERE id = ?1 AND reverts IS NULL", [run])?;
    }
    connection.execute(
        "UPDATE target_run SET ended_at = coalesce(ended_at, ?2) WHERE id = ?1",
        params![run, to_millis(now)],
    )?;
    Ok(written)
}

fn mark_reverted(connection: &Connection, write: i64, now: Timestamp) -> Result<bool, StoreError> {
    let marked = connection
        .prepare_cached("UPDATE target_write SET reverted_at = ?2 WHERE id = ?1")?
        .execute(params![write, to_millis(now)])?;
    Ok(marked > 0)
}

/// Within the transaction of a page.
pub(super) fn add_run_counts(connection: &Connection, run: i64, counts: &WriteCounts) -> Result<(), StoreError> {
    if counts.total() == 0 {
        return Ok(());
    }
    let mut statement = connection.prepare_cached("SELECT counts FROM target_run WHERE id = ?1")?;
    let known: Option<WriteCounts> = statement.query_row([run], |row| read_json(row, "counts")).optional()?;
    let Some(mut all) = known else { return Ok(()) };
    for class in WriteClass::ALL {
        all.add_writes(*class, counts.of_class(*class));
    }
    connection
        .prepare_cached("UPDATE target_run SET counts = ?2 WHERE id = ?1")?
        .execute(params![run, to_json(&all)])?;
    Ok(())
}
