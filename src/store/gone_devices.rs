//! Devices that a full scan did not see, devices that filter or rules leave out, and what waits behind the brake.
//!
//! Three marks on a device: `missing_scan` (missing once, waits for the next full scan), `held` (a reason that waits for
//! the end of the scan or for an operator), and state 0 with a reason (told gone). Only [`Store::publish_gone`] tells.

use rusqlite::{Connection, OptionalExtension, params};

use super::columns::{read_device, read_word};
use super::history::record_gone;
use super::meta::SequenceAllocator;
use super::page::HardwareIndex;
use super::sql_values::to_millis;
use super::{Store, StoreError, sql_words};
use crate::model::{BitSet, DeviceId, GoneReason, InstanceId, Row, ScanId, Timestamp, WithheldReason};

/// A device that is stored and was not seen by a full scan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingDevice {
    pub row: Row,
    pub id: DeviceId,
    /// The full scan in which it was missing for the first time, where that was an earlier one.
    pub since: Option<ScanId>,
    /// An operator has confirmed that it has gone.
    pub confirmed: bool,
}

/// A device that waits behind the brake, as an operator sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WithheldDeletion {
    pub row: Row,
    pub id: DeviceId,
    /// `deleted` (missing from the list) or `filtered`.
    pub reason: WithheldReason,
    pub device_name: Option<String>,
    pub serial_number: Option<String>,
    pub user_principal_name: Option<String>,
    /// Seconds since 1970; 0 where never.
    pub last_sync_s: i64,
}

impl Store {
    /// Published devices that are not in `seen`. Left-out ones that are missing are forgotten without a word: nobody
    /// was ever told of them, or they were told gone.
    pub async fn list_missing_devices(
        &self,
        instance: InstanceId,
        seen: BitSet,
    ) -> Result<Vec<MissingDevice>, StoreError> {
        self.read(move |connection| {
            // Between the rows that were seen: on a quiet day there is next to nothing to look at.
            let mut statement = connection.prepare_cached(
                "SELECT row, device_id, missing_scan, held FROM device
                 WHERE row BETWEEN ?2 AND ?3 AND +instance = ?1 AND state = 1 ORDER BY row",
            )?;
            let mut missing = Vec::new();
            for (from, to) in seen.missing_ranges() {
                let mut rows = statement.query([instance.0, from.0, to.0])?;
                while let Some(row) = rows.next()? {
                    missing.push(MissingDevice {
                        row: Row(row.get("row")?),
                        id: read_device(row, "device_id")?,
                        since: row.get::<_, Option<i64>>("missing_scan")?.map(ScanId),
                        confirmed: row.get::<_, Option<String>>("held")?.as_deref()
                            == Some(WithheldReason::Confirmed.name()),
                    });
                }
            }
            Ok(missing)
        })
        .await
    }

    /// Missing for the first time: they wait for the next full scan (S1).
    pub async fn mark_missing(&self, scan: ScanId, rows: Vec<Row>) -> Result<(), StoreError> {
        self.write(move |connection| {
            let mut mark_statement = connection
                .prepare_cached("UPDATE device SET missing_scan = coalesce(missing_scan, ?2) WHERE row = ?1")?;
            for row in rows {
                mark_statement.execute(params![row.0, scan.0])?;
            }
            Ok(())
        })
        .await
    }

    /// They wait for an operator, or for the list to heal (S2).
    pub async fn withhold_missing(&self, rows: Vec<Row>) -> Result<(), StoreError> {
        self.write(move |connection| {
            let mut withhold_statement = connection.prepare_cached("UPDATE device SET held = ?2 WHERE row = ?1")?;
            for row in rows {
                withhold_statement.execute(params![row.0, WithheldReason::Deleted.name()])?;
            }
            Ok(())
        })
        .await
    }

    /// What waits behind the brake, in the order of ids.
    pub async fn list_withheld_deletions(&self, instance: InstanceId) -> Result<Vec<WithheldDeletion>, StoreError> {
        self.read(move |connection| query_withheld_deletions(connection, instance))
            .await
    }

    /// The devices missing are answered for: nothing waits any more as missing.
    pub async fn release_missing(&self, instance: InstanceId) -> Result<(), StoreError> {
        self.write(move |connection| {
            let missing = sql_words::quote_matching(WithheldReason::is_missing);
            connection.execute(
                &format!("UPDATE device SET held = NULL WHERE instance = ?1 AND held IN {missing}"),
                [instance.0],
            )?;
            Ok(())
        })
        .await
    }

    /// Confirms exactly these devices, or refuses where the set has changed: filtered ones are told gone at once,
    /// missing ones may now be asked for by id. Answers how many of each.
    pub async fn confirm_withheld(&self, instance: InstanceId, ids: Vec<DeviceId>) -> Result<(u64, u64), StoreError> {
        let now = self.inner.clock.now();
        self.write_with_hardware_index(instance, move |connection, hardware_index| {
            let waiting = query_withheld_deletions(connection, instance)?;
            if !waiting.iter().map(|held| held.id).eq(ids.iter().copied()) {
                return Err(StoreError::SetHasChanged);
            }
            let (filtered, missing): (Vec<_>, Vec<_>) = waiting
                .into_iter()
                .partition(|held| held.reason == WithheldReason::Filtered);
            let rows = filtered.iter().map(|held| (held.row, GoneReason::Filtered)).collect();
            write_tombstones((connection, hardware_index), instance, rows, now)?;
            let mut confirm = connection.prepare_cached("UPDATE device SET held = ?2 WHERE row = ?1")?;
            for held in &missing {
                confirm.execute(params![held.row.0, WithheldReason::Confirmed.name()])?;
            }
            Ok((filtered.len() as u64, missing.len() as u64))
        })
        .await
    }

    /// Tells devices gone. A `Deleted` one whose hardware is there under another id goes as `replaced`, and the other
    /// one is told again with what it replaces (S7).
    pub async fn publish_gone(&self, instance: InstanceId, rows: Vec<(Row, GoneReason)>) -> Result<u64, StoreError> {
        let now = self.inner.clock.now();
        self.write_with_hardware_index(instance, move |connection, hardware_index| {
            write_tombstones((connection, hardware_index), instance, rows, now)
        })
        .await
    }

    /// Left-out devices that a complete list does not have any more are forgotten.
    pub async fn purge_excluded(&self, instance: InstanceId, seen: BitSet) -> Result<(), StoreError> {
        self.write(move |connection| {
            let rows: Vec<i64> = connection
                .prepare_cached(
                    "SELECT row FROM device INDEXED BY device_absent
                     WHERE instance = ?1 AND seq = 0 AND state <> 1 AND state = 2",
                )?
                .query_map([instance.0], |row| row.get(0))?
                .collect::<Result<_, _>>()?;
            let mut forget = connection.prepare_cached("DELETE FROM device WHERE row = ?1")?;
            for row in rows.into_iter().filter(|row| !seen.contains(Row(*row))) {
                forget.execute([row])?;
            }
            Ok(())
        })
        .await
    }
}

fn query_withheld_deletions(
    connection: &Connection,
    instance: InstanceId,
) -> Result<Vec<WithheldDeletion>, StoreError> {
    // By its own index, or SQLite takes the one that has the order asked for, and looks at the whole fleet.
    let shown = sql_words::quote_matching(WithheldReason::needs_operator);
    let mut statement = connection.prepare_cached(&format!(
        "SELECT d.row, d.device_id, d.held, json_extract(b.body, '$.deviceName') AS name, d.serial, d.upn,
             d.last_sync
         FROM device d INDEXED BY device_held LEFT JOIN device_body b ON b.row = d.row
         WHERE d.instance = ?1 AND d.held IN {shown} AND d.state = 1 ORDER BY d.device_id"
    ))?;
    let rows = statement.query_map([instance.0], |row| {
        Ok(WithheldDeletion {
            row: Row(row.get("row")?),
            id: read_device(row, "device_id")?,
            reason: read_word(row, "held")?,
            device_name: row.get("name")?,
            serial_number: row.get("serial")?,
            user_principal_name: row.get("upn")?,
            last_sync_s: row.get("last_sync")?,
        })
    })?;
    rows.map(|row| row.map_err(StoreError::from)).collect()
}

fn write_tombstones(
    (connection, marks): (&Connection, &mut HardwareIndex),
    instance: InstanceId,
    rows: Vec<(Row, GoneReason)>,
    now: Timestamp,
) -> Result<u64, StoreError> {
    let mut sequence = SequenceAllocator::open(connection)?;
    // Heirs are looked for in the table.
    marks.flush_to_table(connection, sequence.last_row())?;
    let mut written = 0;
    for (row, reason) in rows {
        let replacement = if reason == GoneReason::Deleted {
            find_replacement(connection, instance, row)?
        } else {
            None
        };
        let reason = if replacement.is_some() {
            GoneReason::Replaced
        } else {
            reason
        };
        let state = if reason == GoneReason::Filtered { 2 } else { 0 };
        record_gone(connection, (instance, row), reason, now)?;
        let done = connection
            .prepare_cached(
                "UPDATE device SET state = ?2, seq = ?3, reason = ?4, changed_at = ?5, held = NULL,
                     missing_scan = NULL, same_as = NULL, raw_hash = zeroblob(16), read_at = ?5, learned_at = NULL,
                     users_at = NULL
                 WHERE row = ?1 AND state = 1",
            )?
            .execute(params![row.0, state, sequence.next().0, reason.name(), to_millis(now)])?;
        connection
            .prepare_cached("DELETE FROM body WHERE row = ?1")?
            .execute([row.0])?;
        written += done as u64;
        if let Some(replacement) = replacement {
            connection
                .prepare_cached(
                    "UPDATE device SET seq = ?2, changed_at = ?3, same_as = NULL,
                         replaces = (SELECT device_id FROM device WHERE row = ?4) WHERE row = ?1",
                )?
                .execute(params![replacement.0, sequence.next().0, to_millis(now), row.0])?;
        }
    }
    sequence.close(connection)?;
    Ok(written)
}

/// The device that stands for the same hardware now.
fn find_replacement(connection: &Connection, instance: InstanceId, row: Row) -> Result<Option<Row>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT n.row FROM device o CROSS JOIN device n
             ON n.row IN (SELECT row FROM hardware WHERE mark IN (o.serial_mark, o.entra_mark))
         WHERE o.row = ?1 AND +n.instance = ?2 AND n.row <> o.row AND n.state = 1 AND n.same_as = o.device_id
           AND (n.serial = o.serial OR n.entra_id = o.entra_id)
         ORDER BY n.serial = o.serial DESC, n.row DESC LIMIT 1",
    )?;
    let replacement = statement.query_row(params![row.0, instance.0], |row| Ok(Row(row.get(0)?)));
    Ok(replacement.optional()?)
}

pub(crate) fn parse_gone_reason(text: &str) -> Option<GoneReason> {
    GoneReason::ALL.iter().copied().find(|reason| reason.name() == text)
}
