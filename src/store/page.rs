//! The page of a scan: its devices, their changes and the scan's progress commit in one transaction (F2).
//!
//! What becomes of a device is decided by a pure function that the flow hands in; this file only looks up, asks and
//! writes. If the process dies before the commit, the page is read again; after it, the scan goes on behind it.

use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, params};

use super::meta::Sequence;
use super::rows::{device_id, json, key, ms, time};
use super::{Store, StoreError};
use crate::model::{
    BitSet, DeviceId, Identity, Incoming, InstanceId, LearnedFrom, Row, ScanId, ScanSummary, Seq, Stored, Timestamp,
    Verdict, Vital,
};

/// Decides what becomes of a device: what is stored (if anything), what was read, and when.
pub type Decide = Arc<dyn Fn(Option<&Stored>, &Incoming, Timestamp) -> Verdict + Send + Sync>;
/// Joins what LIST owns with what a GET learned.
pub type Merge = Arc<dyn Fn(&str, Option<&str>) -> String + Send + Sync>;

/// What a page needs to know of a device before it is parsed.
#[derive(Debug, Clone, Copy)]
pub struct Known {
    pub row: Row,
    pub raw_hash: [u8; 16],
    pub read_at: Timestamp,
    pub gone: bool,
    /// Missing or held from an earlier scan: seeing it again takes that back.
    pub doubted: bool,
}

/// A record that could not be read (S8).
#[derive(Debug, Clone)]
pub struct SetAside {
    pub id: Option<DeviceId>,
    pub problem: String,
}

pub struct PageCommit {
    pub scan: ScanId,
    pub instance: InstanceId,
    /// When Graph answered; an older read never overwrites a newer one (S4).
    pub read_at: Timestamp,
    pub seen: BitSet,
    /// Devices whose bytes are the same as before, but which an earlier scan had doubted.
    pub cleared: Vec<Row>,
    pub incoming: Vec<Incoming>,
    pub set_aside: Vec<SetAside>,
    pub next_link: Option<String>,
    /// Hashes of the links followed so far.
    pub links: Vec<u64>,
    pub summary: ScanSummary,
    pub decide: Decide,
    pub merge: Merge,
}

/// What became of the devices of a page.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PageCounts {
    pub new: u64,
    pub changed: u64,
    pub unchanged: u64,
    pub left_out: u64,
    /// Known devices that filter or rule leave out now; they wait for the end of the scan (S2).
    pub held: u64,
}

impl Store {
    /// What is known of these devices, in their order.
    pub async fn known(&self, instance: InstanceId, ids: Vec<DeviceId>) -> Result<Vec<Option<Known>>, StoreError> {
        self.read(move |connection| {
            let mut ask = connection.prepare_cached(
                "SELECT row, raw_hash, read_at, state, missing_scan IS NOT NULL OR held IS NOT NULL
                 FROM device WHERE instance = ?1 AND device_id = ?2",
            )?;
            let mut look_up = |id: &DeviceId| {
                ask.query_row(params![instance.0, key(id)], |row| {
                    Ok(Known {
                        row: Row(row.get(0)?),
                        raw_hash: row.get(1)?,
                        read_at: time(row.get(2)?),
                        gone: row.get::<_, i64>(3)? == 0,
                        doubted: row.get(4)?,
                    })
                })
                .optional()
            };
            ids.iter().map(|id| look_up(id).map_err(StoreError::from)).collect()
        })
        .await
    }

    /// Writes a page and where the scan stands; answers the counts and the rows seen so far.
    pub async fn commit_page(&self, page: PageCommit) -> Result<(PageCounts, ScanSummary, BitSet), StoreError> {
        let now = self.inner.clock.now();
        self.write(move |connection| page.write(connection, now)).await
    }

    /// A device read by itself: proof that it is there, or what a single GET learns. Nothing of a scan moves.
    pub async fn commit_reading(
        &self,
        instance: InstanceId,
        read_at: Timestamp,
        incoming: Incoming,
        decide: Decide,
        merge: Merge,
    ) -> Result<Verdict, StoreError> {
        let now = self.inner.clock.now();
        self.write(move |connection| {
            let mut sequence = Sequence::open(connection)?;
            let mut desk = Desk {
                connection,
                instance,
                read_at,
                now,
                sequence: &mut sequence,
                merge: &merge,
            };
            let (_, verdict) = desk.take(&incoming, &decide)?;
            sequence.close(connection)?;
            Ok(verdict)
        })
        .await
    }
}

impl Store {
    /// Adds what single GETs learned; `None`: asked, and nothing was learned. A change where it is news. Answers how
    /// many changed.
    pub async fn learn(
        &self,
        instance: InstanceId,
        read_at: Timestamp,
        found: Vec<(DeviceId, Option<String>)>,
        merge: Merge,
    ) -> Result<u64, StoreError> {
        let now = self.inner.clock.now();
        self.write(move |connection| {
            let mut sequence = Sequence::open(connection)?;
            let mut changed = 0;
            for (id, learned) in found {
                let Some(row) = row_of(connection, instance, id)? else {
                    continue;
                };
                connection
                    .prepare_cached("UPDATE device SET learned_at = ?2 WHERE row = ?1")?
                    .execute(params![row.0, ms(read_at)])?;
                let Some(learned) = learned else { continue };
                let body: Option<(String, Option<String>)> = connection
                    .prepare_cached("SELECT body, learned FROM device_body WHERE row = ?1")?
                    .query_row([row.0], |row| Ok((row.get(0)?, row.get(1)?)))
                    .optional()?;
                let Some((body, before)) = body else { continue };
                if before.as_ref() == Some(&learned) {
                    continue;
                }
                connection
                    .prepare_cached("UPDATE device_body SET body = ?2, learned = ?3 WHERE row = ?1")?
                    .execute(params![row.0, merge(&body, Some(&learned)), learned])?;
                connection
                    .prepare_cached("UPDATE device SET seq = ?2, changed_at = ?3 WHERE row = ?1 AND state = 1")?
                    .execute(params![row.0, sequence.next().0, ms(now)])?;
                changed += 1;
            }
            sequence.close(connection)?;
            Ok(changed)
        })
        .await
    }
}

impl PageCommit {
    fn write(
        mut self,
        connection: &Connection,
        now: Timestamp,
    ) -> Result<(PageCounts, ScanSummary, BitSet), StoreError> {
        let mut sequence = Sequence::open(connection)?;
        let mut desk = Desk {
            connection,
            instance: self.instance,
            read_at: self.read_at,
            now,
            sequence: &mut sequence,
            merge: &self.merge,
        };
        let mut counts = PageCounts::default();
        for incoming in &self.incoming {
            let (row, verdict) = desk.take(incoming, &self.decide)?;
            self.seen.insert(row);
            counts.add(verdict);
        }
        sequence.close(connection)?;
        let mut clear =
            connection.prepare_cached("UPDATE device SET missing_scan = NULL, held = NULL WHERE row = ?1")?;
        for row in &self.cleared {
            clear.execute([row.0])?;
        }
        for record in &std::mem::take(&mut self.set_aside) {
            self.keep(connection, record, now)?;
        }
        self.summary.new += counts.new;
        self.summary.changed += counts.changed;
        self.summary.unchanged += counts.unchanged;
        self.summary.filtered += counts.left_out;
        self.summary.seen = self.seen.len();
        connection
            .prepare_cached(
                "UPDATE scan SET updated_at = ?2, next_link = ?3, links = ?4, seen = ?5, summary = ?6 WHERE id = ?1",
            )?
            .execute(params![
                self.scan.0,
                ms(now),
                self.next_link,
                bytes_of(&self.links),
                self.seen.as_bytes(),
                json(&self.summary)
            ])?;
        Ok((counts, self.summary, self.seen))
    }

    fn keep(&mut self, connection: &Connection, record: &SetAside, now: Timestamp) -> Result<(), StoreError> {
        connection
            .prepare_cached(
                "INSERT INTO set_aside (instance, scan, device_id, problem, at) VALUES (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute(params![
                self.instance.0,
                self.scan.0,
                record.id.map(|id| id.to_string()),
                record.problem,
                ms(now)
            ])?;
        self.summary.set_aside += 1;
        // Its device is neither updated nor missing: it was seen.
        let known = record
            .id
            .map(|id| row_of(connection, self.instance, id))
            .transpose()?
            .flatten();
        match known {
            Some(row) => _ = self.seen.insert(row),
            None => self.summary.strangers += 1,
        }
        Ok(())
    }
}

impl PageCounts {
    fn add(&mut self, verdict: Verdict) {
        match verdict {
            Verdict::New => self.new += 1,
            Verdict::Changed => self.changed += 1,
            Verdict::Stale | Verdict::Unchanged | Verdict::Vital => self.unchanged += 1,
            Verdict::LeftOut => {
                self.held += 1;
                self.left_out += 1;
            }
            Verdict::KeptOut => self.left_out += 1,
        }
    }
}

pub fn bytes_of(links: &[u64]) -> Vec<u8> {
    links.iter().flat_map(|hash| hash.to_le_bytes()).collect()
}

fn row_of(connection: &Connection, instance: InstanceId, id: DeviceId) -> Result<Option<Row>, StoreError> {
    let mut ask = connection.prepare_cached("SELECT row FROM device WHERE instance = ?1 AND device_id = ?2")?;
    Ok(ask
        .query_row(params![instance.0, key(&id)], |row| Ok(Row(row.get(0)?)))
        .optional()?)
}

/// Where one device after the other is looked up, judged and written.
struct Desk<'a> {
    connection: &'a Connection,
    instance: InstanceId,
    read_at: Timestamp,
    now: Timestamp,
    sequence: &'a mut Sequence,
    merge: &'a Merge,
}

impl Desk<'_> {
    fn take(&mut self, incoming: &Incoming, decide: &Decide) -> Result<(Row, Verdict), StoreError> {
        let found = self.stored(incoming.id)?;
        let stored = found.as_ref().map(|(stored, _, _)| stored);
        let verdict = decide(stored, incoming, self.read_at);
        let row = match (&found, verdict) {
            (Some((stored, ..)), Verdict::Stale) => stored.row,
            (Some((stored, ..)), Verdict::Unchanged | Verdict::Vital) => {
                self.keep_vital(stored.row, incoming)?;
                stored.row
            }
            (Some((stored, ..)), Verdict::LeftOut) => {
                self.hold(stored.row)?;
                stored.row
            }
            (Some((stored, identity, identity_seq)), _) => {
                let same = *identity == incoming.identity;
                self.publish(stored.row, incoming, verdict, same.then_some(*identity_seq))?;
                stored.row
            }
            (None, _) => self.insert(incoming, verdict)?,
        };
        if verdict != Verdict::Stale {
            self.learn(row, incoming, verdict)?;
        }
        Ok((row, verdict))
    }

    fn stored(&self, id: DeviceId) -> Result<Option<(Stored, Identity, i64)>, StoreError> {
        let mut ask = self.connection.prepare_cached(
            "SELECT row, state, fingerprint, last_sync, vital, read_at, published_sync, published_vital, published_at,
                    serial, entra_id, enrolled, upn, identity_seq
             FROM device WHERE instance = ?1 AND device_id = ?2",
        )?;
        let found = ask
            .query_row(params![self.instance.0, key(&id)], |row| {
                let state: i64 = row.get(1)?;
                let stored = Stored {
                    row: Row(row.get(0)?),
                    present: state != 0,
                    left_out: state == 2,
                    fingerprint: row.get(2)?,
                    vital: Vital {
                        last_sync_s: row.get(3)?,
                        others: row.get::<_, i64>(4)?.cast_unsigned(),
                    },
                    read_at: time(row.get(5)?),
                    published_vital: Vital {
                        last_sync_s: row.get(6)?,
                        others: row.get::<_, i64>(7)?.cast_unsigned(),
                    },
                    published_at: time(row.get(8)?),
                };
                let identity = Identity {
                    serial_number: row.get(9)?,
                    entra_device_id: row.get(10)?,
                    enrolled_date_time: row.get(11)?,
                    user_principal_name: row.get(12)?,
                };
                Ok((stored, identity, row.get(13)?))
            })
            .optional()?;
        Ok(found)
    }

    fn insert(&mut self, incoming: &Incoming, verdict: Verdict) -> Result<Row, StoreError> {
        let published = verdict == Verdict::New;
        let seq = if published { self.sequence.next() } else { Seq(0) };
        let same_as = if published { self.twin(incoming, None)? } else { None };
        let identity = &incoming.identity;
        self.connection
            .prepare_cached(
                "INSERT INTO device (instance, device_id, state, seq, identity_seq, changed_at, same_as, replaces,
                     serial, entra_id, enrolled, upn, raw_hash, fingerprint, read_at, last_sync, vital,
                     published_sync, published_vital, published_at)
                 VALUES (?1, ?2, ?3, ?4, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?15, ?16, ?5)",
            )?
            .execute(params![
                self.instance.0,
                key(&incoming.id),
                if published { 1 } else { 2 },
                seq.0,
                ms(self.now),
                same_as
                    .filter(|twin| twin.present)
                    .map(|twin| twin.id.0.as_bytes().to_vec()),
                same_as
                    .filter(|twin| !twin.present)
                    .map(|twin| twin.id.0.as_bytes().to_vec()),
                identity.serial_number,
                identity.entra_device_id,
                identity.enrolled_date_time,
                identity.user_principal_name,
                incoming.raw_hash,
                incoming.fingerprint,
                ms(self.read_at),
                incoming.vital.last_sync_s,
                incoming.vital.others.cast_signed(),
            ])?;
        let row = Row(self.connection.last_insert_rowid());
        if published {
            self.write_body(row, incoming, None)?;
        }
        Ok(row)
    }

    /// A device that is known and changes state: back, changed, or kept out without having been told.
    fn publish(
        &mut self,
        row: Row,
        incoming: &Incoming,
        verdict: Verdict,
        identity_seq: Option<i64>,
    ) -> Result<(), StoreError> {
        let told = matches!(verdict, Verdict::New | Verdict::Changed);
        let seq = if told { self.sequence.next() } else { Seq(0) };
        let twin = if verdict == Verdict::New {
            self.twin(incoming, Some(row))?
        } else {
            None
        };
        let identity = &incoming.identity;
        self.connection
            .prepare_cached(
                "UPDATE device SET state = ?2, seq = CASE WHEN ?3 > 0 THEN ?3 ELSE seq END,
                     identity_seq = coalesce(?4, CASE WHEN ?3 > 0 THEN ?3 ELSE seq END), changed_at = ?5,
                     reason = CASE WHEN ?2 = 1 THEN NULL ELSE coalesce(reason, 'filtered') END,
                     same_as = coalesce(?6, same_as), replaces = coalesce(?7, replaces),
                     serial = ?8, entra_id = ?9, enrolled = ?10, upn = ?11, raw_hash = ?12, fingerprint = ?13,
                     read_at = ?14, last_sync = ?15, vital = ?16, published_sync = ?15, published_vital = ?16,
                     published_at = ?5, missing_scan = NULL, held = NULL
                 WHERE row = ?1",
            )?
            .execute(params![
                row.0,
                if told { 1 } else { 2 },
                seq.0,
                identity_seq,
                ms(self.now),
                twin.filter(|twin| twin.present)
                    .map(|twin| twin.id.0.as_bytes().to_vec()),
                twin.filter(|twin| !twin.present)
                    .map(|twin| twin.id.0.as_bytes().to_vec()),
                identity.serial_number,
                identity.entra_device_id,
                identity.enrolled_date_time,
                identity.user_principal_name,
                incoming.raw_hash,
                incoming.fingerprint,
                ms(self.read_at),
                incoming.vital.last_sync_s,
                incoming.vital.others.cast_signed(),
            ])?;
        if told {
            let learned = self.learned(row)?;
            self.write_body(row, incoming, learned)?;
        }
        Ok(())
    }

    fn keep_vital(&self, row: Row, incoming: &Incoming) -> Result<(), StoreError> {
        // A GET is rendered differently from LIST (A.5), so its hash must not stand for a list record.
        let hash = (incoming.from == LearnedFrom::List).then_some(incoming.raw_hash);
        self.connection
            .prepare_cached(
                "UPDATE device SET raw_hash = coalesce(?2, raw_hash), read_at = ?3, last_sync = ?4, vital = ?5,
                     missing_scan = NULL, held = NULL
                 WHERE row = ?1",
            )?
            .execute(params![
                row.0,
                hash,
                ms(self.read_at),
                incoming.vital.last_sync_s,
                incoming.vital.others.cast_signed()
            ])?;
        Ok(())
    }

    /// Left out now: it stays as it was until the scan has ended and the brake has looked at all of them (S2).
    fn hold(&self, row: Row) -> Result<(), StoreError> {
        self.connection
            .prepare_cached("UPDATE device SET held = 'filtered', missing_scan = NULL, read_at = ?2 WHERE row = ?1")?
            .execute(params![row.0, ms(self.read_at)])?;
        Ok(())
    }

    fn learned(&self, row: Row) -> Result<Option<String>, StoreError> {
        let mut ask = self
            .connection
            .prepare_cached("SELECT learned FROM device_body WHERE row = ?1")?;
        Ok(ask.query_row([row.0], |row| row.get(0)).optional()?.flatten())
    }

    fn write_body(&self, row: Row, incoming: &Incoming, learned: Option<String>) -> Result<(), StoreError> {
        let body = (self.merge)(&incoming.body, learned.as_deref());
        self.connection
            .prepare_cached(
                "INSERT INTO device_body (row, body, learned) VALUES (?1, ?2, ?3)
                 ON CONFLICT (row) DO UPDATE SET body = ?2, learned = ?3",
            )?
            .execute(params![row.0, body, learned])?;
        Ok(())
    }

    /// What only a single GET fills: a change of its own where it is news (S4).
    fn learn(&mut self, row: Row, incoming: &Incoming, verdict: Verdict) -> Result<(), StoreError> {
        let Some(learned) = &incoming.learned else {
            return Ok(());
        };
        let before = self.learned(row)?;
        self.connection
            .prepare_cached("UPDATE device SET learned_at = ?2 WHERE row = ?1")?
            .execute(params![row.0, ms(self.read_at)])?;
        if before.as_ref() == Some(learned) || incoming.left_out || verdict == Verdict::LeftOut {
            return Ok(());
        }
        self.write_body(row, incoming, Some(learned.clone()))?;
        if !matches!(verdict, Verdict::New | Verdict::Changed) {
            let seq = self.sequence.next();
            self.connection
                .prepare_cached("UPDATE device SET seq = ?2, changed_at = ?3 WHERE row = ?1")?
                .execute(params![row.0, seq.0, ms(self.now)])?;
        }
        Ok(())
    }

    /// The same hardware under another id (S7): a usable serial number or Entra device id in common. One that is still
    /// there comes before one that has gone; among these the newest.
    fn twin(&self, incoming: &Incoming, except: Option<Row>) -> Result<Option<Twin>, StoreError> {
        let identity = &incoming.identity;
        let mut best: Option<(bool, i64, DeviceId)> = None;
        // The index is named: by itself SQLite would walk the feed for the sake of the order, device by device.
        for (index, column, value) in [
            ("device_by_serial", "serial", &identity.serial_number),
            ("device_by_entra", "entra_id", &identity.entra_device_id),
        ] {
            let Some(value) = value else { continue };
            let mut ask = self.connection.prepare_cached(&format!(
                "SELECT state, seq, device_id FROM device INDEXED BY {index}
                 WHERE instance = ?1 AND {column} = ?2 AND row <> ?3 AND seq > 0
                   AND (state = 1 OR reason IN ('deleted', 'replaced', 'byJob'))
                 ORDER BY state DESC, seq DESC LIMIT 1"
            ))?;
            let except = except.map_or(-1, |row| row.0);
            let found = ask
                .query_row(params![self.instance.0, value, except], |row| {
                    Ok((
                        row.get::<_, i64>(0)? == 1,
                        row.get(1)?,
                        device_id(2, &row.get::<_, Vec<u8>>(2)?)?,
                    ))
                })
                .optional()?;
            best = best.max(found);
        }
        Ok(best.map(|(present, _, id)| Twin { id, present }))
    }
}

#[derive(Clone, Copy)]
struct Twin {
    id: DeviceId,
    present: bool,
}
