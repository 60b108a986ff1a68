//! Scans: begun, gone on with after a crash (S6), ended, listed.

use chrono::TimeDelta;
use rusqlite::{Connection, OptionalExtension, params};

use super::sql_values::{from_millis, parse_json, to_json, to_millis};
use super::{Store, StoreError, WakeTarget};
use crate::model::{BitSet, FleetProof, InstanceId, ScanId, ScanKind, ScanState, ScanSummary, Timestamp};

/// Scans that are kept whole, with what they saw.
const KEPT: i64 = 200;
/// Of those before them the numbers are kept so long: what each day brought.
const COUNTED: TimeDelta = TimeDelta::days(31);

#[derive(Debug, Clone)]
pub struct NewScan {
    pub instance: InstanceId,
    pub kind: ScanKind,
    pub shape_digest: u64,
    pub started_at: Timestamp,
}

/// A scan that died and may be gone on with.
#[derive(Debug, Clone)]
pub struct ResumableScan {
    pub summary: ScanSummary,
    pub shape_digest: u64,
    pub updated_at: Timestamp,
    pub next_link: Option<String>,
    pub links: Vec<u64>,
    pub seen: BitSet,
}

/// What a scan leaves behind beside what it found.
#[derive(Debug, Clone)]
pub struct ScanEnd {
    /// Where the next incremental one may begin to ask; it never moves back.
    pub watermark: Option<Timestamp>,
    /// What a completed full one says of the fleet.
    pub fleet: FleetProof,
}

impl ScanEnd {
    /// Of a scan that came to no end, or was not a full one: nothing moves.
    pub const NOTHING: ScanEnd = ScanEnd {
        watermark: None,
        fleet: FleetProof::Open(None),
    };
}

/// Of a scan whose process ended while it ran.
const INTERRUPTED: &str = "interrupted: the connector stopped during the scan, and the next scan could not continue it";

impl Store {
    pub async fn begin_scan(&self, new: NewScan) -> Result<ScanSummary, StoreError> {
        let now = self.inner.clock.now();
        self.write(move |connection| {
            connection.execute(
                "UPDATE scan SET state = ?3, next_link = NULL, links = x'', seen = x'',
                     summary = iif(state = ?4, json_set(summary, '$.state', ?3, '$.cause', ?2), summary)
                 WHERE instance = ?1 AND state <> ?5",
                params![
                    new.instance.0,
                    INTERRUPTED,
                    ScanState::Failed.name(),
                    ScanState::Running.name(),
                    ScanState::Completed.name()
                ],
            )?;
            connection.execute(
                "INSERT INTO scan (instance, kind, state, shape_digest, updated_at, links, seen, summary)
                 VALUES (?1, ?2, ?5, ?3, ?4, x'', x'', '{}')",
                params![
                    new.instance.0,
                    to_json(&new.kind),
                    new.shape_digest.cast_signed(),
                    to_millis(now),
                    ScanState::Running.name()
                ],
            )?;
            let id = ScanId(connection.last_insert_rowid());
            let summary = ScanSummary::from_start(id, new.kind, new.started_at);
            connection.execute(
                "UPDATE scan SET summary = ?2 WHERE id = ?1",
                params![id.0, to_json(&summary)],
            )?;
            trim_old_scans(connection, new.instance, now)?;
            Ok(summary)
        })
        .await
    }

    /// The newest scan of this instance, where it committed a page and neither completed nor was given up. One without
    /// a next link died behind its last page.
    pub async fn find_resumable_scan(&self, instance: InstanceId) -> Result<Option<ResumableScan>, StoreError> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT summary, shape_digest, updated_at, next_link, links, seen FROM scan
                 WHERE instance = ?1 AND state <> ?2
                   AND (next_link IS NOT NULL OR json_extract(summary, '$.reachedEnd'))
                   AND id = (SELECT max(id) FROM scan WHERE instance = ?1)",
            )?;
            let found = statement
                .query_row(params![instance.0, ScanState::Completed.name()], |row| {
                    let summary: String = row.get(0)?;
                    let links: Vec<u8> = row.get(4)?;
                    Ok((
                        summary,
                        ResumableScan {
                            summary: ScanSummary::from_start(ScanId(0), ScanKind::Full, Timestamp::default()),
                            shape_digest: row.get::<_, i64>(1)?.cast_unsigned(),
                            updated_at: from_millis(row.get(2)?),
                            next_link: row.get(3)?,
                            links: links
                                .as_chunks::<8>()
                                .0
                                .iter()
                                .map(|bytes| u64::from_le_bytes(*bytes))
                                .collect(),
                            seen: BitSet::from_bytes(row.get(5)?),
                        },
                    ))
                })
                .optional()?;
            found
                .map(|(text, scan)| {
                    Ok(ResumableScan {
                        summary: parse_json("a scan", &text)?,
                        ..scan
                    })
                })
                .transpose()
        })
        .await
    }

    /// Ends a scan. A completed full one makes the instance a scanned one, and says what is known of its fleet (F4).
    pub async fn end_scan(&self, instance: InstanceId, summary: ScanSummary, end: ScanEnd) -> Result<(), StoreError> {
        let (now, epoch) = (self.inner.clock.now(), self.epoch());
        self.write_and_wake([WakeTarget::Changes], move |connection| {
            let completed = summary.state == ScanState::Completed;
            let state = if completed { summary.state } else { ScanState::Failed };
            connection.execute(
                "UPDATE scan SET state = ?2, summary = ?3, updated_at = ?4,
                     next_link = CASE WHEN ?5 THEN NULL ELSE next_link END,
                     links = CASE WHEN ?5 THEN x'' ELSE links END WHERE id = ?1",
                params![summary.id.0, state.name(), to_json(&summary), to_millis(now), completed],
            )?;
            if let Some(watermark) = end.watermark {
                connection.execute(
                    "UPDATE instance SET watermark = max(coalesce(watermark, 0), ?2) WHERE id = ?1",
                    params![instance.0, to_millis(watermark)],
                )?;
            }
            if completed && summary.kind == ScanKind::Full {
                connection.execute(
                    "UPDATE instance SET full_epoch = ?2, shape_digest =
                         (SELECT shape_digest FROM scan WHERE id = ?3) WHERE id = ?1",
                    params![instance.0, epoch.0.as_bytes().as_slice(), summary.id.0],
                )?;
                super::fleet::write_fleet_proof(connection, instance, &summary, &end.fleet, epoch)?;
            }
            Ok(())
        })
        .await
    }

    /// Newest first.
    pub async fn list_scans(&self, instance: InstanceId, limit: u32) -> Result<Vec<ScanSummary>, StoreError> {
        self.read(move |connection| {
            let mut statement =
                connection.prepare_cached("SELECT summary FROM scan WHERE instance = ?1 ORDER BY id DESC LIMIT ?2")?;
            let rows = statement.query_map(params![instance.0, limit], |row| row.get::<_, String>(0))?;
            rows.map(|text| parse_json("a scan", &text?)).collect()
        })
        .await
    }
}

/// Bounds what is kept of old scans: their numbers, and those for a month. That whose list the next one is compared with
/// stays as it is.
fn trim_old_scans(connection: &Connection, instance: InstanceId, now: Timestamp) -> Result<(), StoreError> {
    let old = "instance = ?1 AND id <= (SELECT max(id) FROM scan) - ?2
         AND id IS NOT (SELECT json_extract(doubt, '$.scan') FROM instance WHERE id = ?1)";
    connection.execute(
        &format!("DELETE FROM scan WHERE {old} AND updated_at < ?3"),
        params![instance.0, KEPT, to_millis(now - COUNTED)],
    )?;
    connection.execute(
        &format!(
            "UPDATE scan SET links = x'', seen = x'', summary = json_remove(summary, '$.unread')
             WHERE {old} AND length(seen) > 0"
        ),
        params![instance.0, KEPT],
    )?;
    Ok(())
}
