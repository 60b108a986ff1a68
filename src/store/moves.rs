//! What moved since somebody looked last: devices, tasks with their jobs, scans, runs of workflows. Each is found by a
//! number that only rises, so nothing that moved is passed over; what moved twice meanwhile is told as it stands.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, params};

use super::columns::{read_count, read_device, read_instance, read_word};
use super::jobs::{self, JobMove, TaskMove};
use super::sql_values::to_json;
use super::{Store, StoreError, damage, meta};
use crate::model::{DeviceBody, DeviceId, InstanceId, RunState, ScanId, ScanState, Seq};

/// Up to where somebody has looked.
#[derive(Debug, Clone, Default)]
pub struct WatchPosition {
    head: Seq,
    transition: i64,
    scan: ScanId,
    /// The newest scan of each instance, as it was seen last: it may go on.
    scans: BTreeMap<InstanceId, ScanMove>,
    run: i64,
    open_runs: BTreeSet<i64>,
}

/// What moved, in the order in which it did within each kind.
#[derive(Debug, Clone, Default)]
pub struct StoreMoves {
    pub devices: Vec<DeviceMove>,
    /// Instances of which more devices moved than are told one by one, and how many.
    pub mass_changes: Vec<(InstanceId, u64)>,
    pub jobs: Vec<JobMove>,
    /// Left out where too many moved at once.
    pub tasks: Vec<TaskMove>,
    pub scans: Vec<ScanMove>,
    pub runs: Vec<RunMove>,
}

/// A device in its newest state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceMove {
    pub instance: InstanceId,
    pub id: DeviceId,
    pub seq: Seq,
    /// `None`: it has gone.
    pub body: Option<DeviceBody>,
}

/// A scan as it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScanMove {
    pub instance: InstanceId,
    pub scan: ScanId,
    pub state: ScanState,
    pub seen: u64,
}

/// A run of a workflow as it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunMove {
    pub run: i64,
    pub instance: InstanceId,
    pub state: RunState,
}

impl StoreMoves {
    pub fn is_empty(&self) -> bool {
        self.devices.is_empty()
            && self.mass_changes.is_empty()
            && self.jobs.is_empty()
            && self.scans.is_empty()
            && self.runs.is_empty()
    }
}

impl Store {
    /// The present: from here on somebody looks.
    pub async fn find_watch_position(&self) -> Result<WatchPosition, StoreError> {
        self.read(|connection| {
            let moment = connection.unchecked_transaction()?;
            let scans = list_newest_scans(&moment)?;
            Ok(WatchPosition {
                head: meta::read_counters(&moment)?.0,
                transition: jobs::newest_result_number(&moment)?,
                scan: scans.values().map(|seen| seen.scan).max().unwrap_or_default(),
                scans,
                run: moment.query_row("SELECT coalesce(max(id), 0) FROM run", [], |row| row.get(0))?,
                open_runs: list_open_run_ids(&moment)?,
            })
        })
        .await
    }

    /// What moved behind a position, and the position behind that. Of each kind at most `most` are told one by one.
    pub async fn read_moves(
        &self,
        position: WatchPosition,
        most: usize,
    ) -> Result<(WatchPosition, StoreMoves), StoreError> {
        self.read(move |connection| {
            // All of one moment.
            let moment = connection.unchecked_transaction()?;
            let (mut position, mut moves) = (position, StoreMoves::default());
            let head = meta::read_counters(&moment)?.0;
            if head > position.head {
                read_device_moves(&moment, position.head, most, &mut moves)?;
                position.head = head;
            }
            let (transition, jobs, tasks) = jobs::read_task_moves(&moment, position.transition, most)?;
            (position.transition, moves.jobs, moves.tasks) = (transition, jobs, tasks);
            moves.scans = read_scan_moves(&moment, &mut position, most)?;
            moves.runs = read_run_moves(&moment, &mut position, most)?;
            Ok((position, moves))
        })
        .await
    }
}

fn read_device_moves(
    connection: &Connection,
    after: Seq,
    most: usize,
    moves: &mut StoreMoves,
) -> Result<(), StoreError> {
    let instances: Vec<i64> = connection
        .prepare_cached("SELECT id FROM instance ORDER BY id")?
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    let mut count_statement = connection
        .prepare_cached("SELECT count(*) FROM device INDEXED BY device_by_seq WHERE instance = ?1 AND seq > ?2")?;
    for instance in instances.into_iter().map(InstanceId) {
        let count: i64 = count_statement.query_row(params![instance.0, after.0], |row| row.get(0))?;
        let count = count.unsigned_abs();
        if moves.devices.len() as u64 + count > most as u64 {
            moves.mass_changes.push((instance, count));
        } else if count > 0 {
            list_device_moves(connection, instance, after, &mut moves.devices)?;
        }
    }
    Ok(())
}

/// A device that is there with a body that does not fit its sum is told to nobody: it is read again.
fn list_device_moves(
    connection: &Connection,
    instance: InstanceId,
    after: Seq,
    found: &mut Vec<DeviceMove>,
) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT d.device_id, d.seq, d.state, b.packed, b.sum
         FROM device d INDEXED BY device_by_seq LEFT JOIN body b ON b.row = d.row
         WHERE d.instance = ?1 AND d.seq > ?2 ORDER BY d.seq",
    )?;
    let mut rows = statement.query(params![instance.0, after.0])?;
    while let Some(row) = rows.next()? {
        let is_there = row.get::<_, i64>("state")? == 1;
        let (packed, sum): (Option<String>, Option<i64>) = (row.get("packed")?, row.get("sum")?);
        let body = packed
            .map(DeviceBody::from_packed)
            .filter(|body| is_there && damage::matches_checksum(body, sum));
        if is_there && body.is_none() {
            continue;
        }
        found.push(DeviceMove {
            instance,
            id: read_device(row, "device_id")?,
            seq: Seq(row.get("seq")?),
            body,
        });
    }
    Ok(())
}

const SCAN: &str =
    "SELECT s.id, s.instance, s.state, coalesce(json_extract(s.summary, '$.seen'), 0) AS seen FROM scan s";

fn scan_from_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<ScanMove> {
    Ok(ScanMove {
        scan: ScanId(row.get("id")?),
        instance: read_instance(row, "instance")?,
        state: read_word(row, "state")?,
        seen: read_count(row, "seen")?,
    })
}

fn list_newest_scans(connection: &Connection) -> Result<BTreeMap<InstanceId, ScanMove>, StoreError> {
    let mut statement = connection.prepare_cached(&format!(
        "{SCAN} WHERE s.id IN (SELECT max(id) FROM scan GROUP BY instance)"
    ))?;
    let rows = statement.query_map([], scan_from_row)?;
    rows.map(|row| {
        let row = row?;
        Ok((row.instance, row))
    })
    .collect()
}

/// New ones, and the newest of each instance: one that died may be gone on with.
fn read_scan_moves(
    connection: &Connection,
    position: &mut WatchPosition,
    most: usize,
) -> Result<Vec<ScanMove>, StoreError> {
    let known: Vec<ScanId> = position.scans.values().map(|seen| seen.scan).collect();
    let mut statement = connection.prepare_cached(&format!(
        "{SCAN} WHERE s.id IN (SELECT value FROM json_each(?2) UNION SELECT id FROM scan WHERE id > ?1)
         ORDER BY s.id LIMIT ?3"
    ))?;
    let limit = (known.len() + most) as i64;
    let rows = statement.query_map(params![position.scan.0, to_json(&known), limit], scan_from_row)?;
    let mut moves = Vec::new();
    for row in rows {
        let row = row?;
        position.scan = position.scan.max(row.scan);
        if position.scans.insert(row.instance, row) != Some(row) {
            moves.push(row);
        }
    }
    Ok(moves)
}

fn list_open_run_ids(connection: &Connection) -> Result<BTreeSet<i64>, StoreError> {
    let open = super::sql_words::quote_word(RunState::Running);
    let mut statement = connection.prepare_cached(&format!("SELECT id FROM run WHERE state = {open}"))?;
    let rows = statement.query_map([], |row| row.get(0))?;
    rows.map(|row| row.map_err(StoreError::from)).collect()
}

fn read_run_moves(
    connection: &Connection,
    position: &mut WatchPosition,
    most: usize,
) -> Result<Vec<RunMove>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT id, instance, state FROM run
         WHERE id IN (SELECT value FROM json_each(?2) UNION SELECT id FROM run WHERE id > ?1) ORDER BY id LIMIT ?3",
    )?;
    let limit = (position.open_runs.len() + most) as i64;
    let rows = statement.query_map(params![position.run, to_json(&position.open_runs), limit], |row| {
        Ok(RunMove {
            run: row.get("id")?,
            instance: read_instance(row, "instance")?,
            state: read_word(row, "state")?,
        })
    })?;
    let rows = rows.collect::<Result<Vec<RunMove>, _>>()?;
    let mut moves = Vec::new();
    for row in rows {
        let is_new = row.run > position.run;
        position.run = position.run.max(row.run);
        let has_ended = row.state != RunState::Running;
        if has_ended {
            position.open_runs.remove(&row.run);
        } else {
            position.open_runs.insert(row.run);
        }
        if is_new || has_ended {
            moves.push(row);
        }
    }
    Ok(moves)
}
