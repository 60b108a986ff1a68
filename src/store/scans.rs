//! Scans: begun, gone on with after a crash (S6), ended, listed.

use chrono::TimeDelta;
use rusqlite::{Connection, OptionalExtension, params};

use super::columns::read_time;
use super::sql_values::{parse_json, to_json, to_millis};
use super::write_marks::WriteConcern;
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
    /// The cause of an earlier one whose process ended while it ran: a sentence.
    pub interruption: &'static str,
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

impl Store {
    pub async fn begin_scan(&self, new: NewScan) -> Result<ScanSummary, StoreError> {
        let now = self.inner.clock.now();
        let concern = WriteConcern::Instance(new.instance);
        self.write_concerning(concern, [], move |connection| {
            connection.execute(
                "UPDATE scan SET state = ?3, next_link = NULL, links = x'', seen = x'',
                     summary = iif(state = ?4, json_set(summary, '$.state', ?3, '$.cause', ?2), summary)
                 WHERE instance = ?1 AND state <> ?5",
                params![
                    new.instance.0,
                    new.interruption,
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
                    let summary: String = row.get("summary")?;
                    let links: Vec<u8> = row.get("links")?;
                    Ok((
                        summary,
                        ResumableScan {
                            summary: ScanSummary::from_start(ScanId(0), ScanKind::Full, Timestamp::default()),
                            shape_digest: row.get::<_, i64>("shape_digest")?.cast_unsigned(),
                            updated_at: read_time(row, "updated_at")?,
                            next_link: row.get("next_link")?,
                            links: links
                                .as_chunks::<8>()
                                .0
                                .iter()
                                .map(|bytes| u64::from_le_bytes(*bytes))
                                .collect(),
                            seen: BitSet::from_bytes(row.get("seen")?),
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
        let concern = WriteConcern::Instance(instance);
        self.write_concerning(concern, [WakeTarget::Changes], move |connection| {
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

    /// The newest scan of this kind that completed, however many others came behind it.
    pub async fn find_completed_scan(
        &self,
        instance: InstanceId,
        kind: ScanKind,
    ) -> Result<Option<ScanSummary>, StoreError> {
        self.find_newest_scan(instance, kind, "TRUE").await
    }

    /// The newest full scan that completed and had come before its schedule.
    pub async fn find_early_scan(&self, instance: InstanceId) -> Result<Option<ScanSummary>, StoreError> {
        let condition = "json_extract(summary, '$.reason') IS NOT NULL";
        self.find_newest_scan(instance, ScanKind::Full, condition).await
    }

    async fn find_newest_scan(
        &self,
        instance: InstanceId,
        kind: ScanKind,
        condition: &'static str,
    ) -> Result<Option<ScanSummary>, StoreError> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(&format!(
                "SELECT summary FROM scan WHERE instance = ?1 AND kind = ?2 AND state = ?3 AND {condition}
                 ORDER BY id DESC LIMIT 1"
            ))?;
            let state = ScanState::Completed.name();
            let found = statement.query_row(params![instance.0, to_json(&kind), state], |row| {
                row.get::<_, String>(0)
            });
            found.optional()?.map(|text| parse_json("a scan", &text)).transpose()
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
/// stays as it is, and so does the list of the last full one, which is looked into for single devices. Incremental ones that
/// brought nothing are most of all scans, and say nothing of the day they were made on: they go with their lists.
fn trim_old_scans(connection: &Connection, instance: InstanceId, now: Timestamp) -> Result<(), StoreError> {
    // Each instance has so many of its own, however often others scan.
    let last_kept: Option<i64> = connection
        .prepare_cached("SELECT id FROM scan WHERE instance = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2")?
        .query_row(params![instance.0, KEPT], |row| row.get(0))
        .optional()?;
    let Some(oldest) = last_kept else { return Ok(()) };
    let old = "instance = ?1 AND id <= ?2
         AND id IS NOT (SELECT json_extract(doubt, '$.scan') FROM instance WHERE id = ?1)";
    let found = |what: &str| format!("coalesce(json_extract(summary, '$.{what}'), 0)");
    let nothing = ["new", "changed", "gone"].map(found).join(" + ");
    let (completed, full) = (ScanState::Completed.name(), to_json(&ScanKind::Full));
    connection.execute(
        &format!(
            "DELETE FROM scan WHERE {old}
                 AND (updated_at < ?3 OR (state = ?4 AND kind <> ?5 AND {nothing} = 0))"
        ),
        params![instance.0, oldest, to_millis(now - COUNTED), completed, full],
    )?;
    connection.execute(
        &format!(
            "UPDATE scan SET links = x'', seen = x'', summary = json_remove(summary, '$.unread')
             WHERE {old} AND length(seen) > 0
                 AND id IS NOT (SELECT max(id) FROM scan WHERE instance = ?1 AND state = ?3 AND kind = ?4)"
        ),
        params![instance.0, oldest, completed, full],
    )?;
    Ok(())
}
