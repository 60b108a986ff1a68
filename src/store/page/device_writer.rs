//! Where one device after the other is looked up, judged and written.

use std::borrow::Cow;

use rusqlite::{CachedStatement, Connection, OptionalExtension, params};

use super::super::history::ChangeRecorder;
use super::super::meta::SequenceAllocator;
use super::super::sql_values::{device_key, to_millis};
use super::enrich::{mark_enriched, move_to_feed_end};
use super::hardware_index::HardwareIndex;
use super::held_device::{HELD, HELD_AT, HeldDevice, held_from_row};
use super::same_hardware::{HardwareIdKind, HardwareMatcher, SameHardware, hardware_mark};
use super::stored_body::{LearnedParts, StoredBody, find_learned, write_body};
use super::{DecideDevice, MergeEnrichment, PendingDevice, RowHint, StoreError};
use crate::model::{
    DeviceBody, DeviceId, DeviceIdentity, DeviceVerdict, GoneReason, IncomingDevice, InstanceId, ReadSource, Row, Seq,
    Timestamp, WithheldReason,
};

pub(crate) struct DeviceWriter<'a> {
    pub connection: &'a Connection,
    pub instance: InstanceId,
    pub read_at: Timestamp,
    pub now: Timestamp,
    pub sequence: &'a mut SequenceAllocator,
    pub merge: &'a MergeEnrichment,
    pub recorder: ChangeRecorder<'a>,
    pub statements: PreparedStatements<'a>,
}

/// What nearly every device needs, looked up once a page and not once a device.
pub(crate) struct PreparedStatements<'a> {
    select_held: CachedStatement<'a>,
    insert: CachedStatement<'a>,
    insert_body: CachedStatement<'a>,
    update_volatile: CachedStatement<'a>,
    hardware_matcher: HardwareMatcher<'a>,
}

impl<'a> PreparedStatements<'a> {
    pub(crate) fn new(connection: &'a Connection, hardware_index: &'a mut HardwareIndex) -> Result<Self, StoreError> {
        Ok(PreparedStatements {
            select_held: connection.prepare_cached(HELD_AT)?,
            insert: connection.prepare_cached(INSERT)?,
            insert_body: connection.prepare_cached("INSERT INTO body (row, packed, sum) VALUES (?1, ?2, ?3)")?,
            update_volatile: connection.prepare_cached(KEEP_VITAL)?,
            hardware_matcher: HardwareMatcher::new(connection, hardware_index)?,
        })
    }
}

/// By places: names would be compared for each device of a page.
const IDENTITY: &str = "SELECT serial, entra_id, enrolled, upn, identity_seq FROM device WHERE row = ?1";
mod identity {
    pub(super) const SERIAL: usize = 0;
    pub(super) const ENTRA_ID: usize = 1;
    pub(super) const ENROLLED: usize = 2;
    pub(super) const UPN: usize = 3;
    pub(super) const SEQ: usize = 4;
}

const INSERT: &str = "INSERT INTO device (row, instance, device_id, state, seq, identity_seq, changed_at, same_as,
         replaces, serial, entra_id, enrolled, upn, raw_hash, fingerprint, read_at, last_sync, vital,
         published_sync, published_vital, published_at, serial_mark, entra_mark)
     VALUES (?17, ?1, ?2, ?3, ?4, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?15, ?16, ?5, ?18, ?19)
     ON CONFLICT (instance, device_id) DO NOTHING";
// What stands in an index is named only where it moves: else each check-in would look into those indexes.
const KEEP_VITAL: &str = "UPDATE device SET raw_hash = coalesce(?2, raw_hash), read_at = ?3, last_sync = ?4, vital = ?5
     WHERE row = ?1";

impl DeviceWriter<'_> {
    pub(crate) fn write_device(
        &mut self,
        pending_device: &PendingDevice,
        decide: &DecideDevice,
    ) -> Result<(Row, DeviceVerdict), StoreError> {
        let incoming = &pending_device.incoming;
        let held = match pending_device.row_hint {
            RowHint::At(row) => self.find_stored_at(row, incoming.id)?,
            RowHint::Nowhere => None,
            RowHint::Unsure => self.find_stored(incoming.id)?,
        };
        self.apply_verdict(pending_device, held.as_ref(), decide)
    }

    fn apply_verdict(
        &mut self,
        pending_device: &PendingDevice,
        held: Option<&HeldDevice>,
        decide: &DecideDevice,
    ) -> Result<(Row, DeviceVerdict), StoreError> {
        let incoming = &pending_device.incoming;
        let verdict = decide(held.map(|held| &held.stored), incoming, self.read_at, self.now);
        let row = match held {
            None => match self.insert(pending_device, verdict)? {
                Some(row) => row,
                // It came by another way since its page was looked up.
                None => {
                    let held = self.find_stored(incoming.id)?;
                    return self.apply_verdict(pending_device, held.as_ref(), decide);
                }
            },
            Some(held) => {
                match verdict {
                    DeviceVerdict::Stale => (),
                    DeviceVerdict::Unchanged | DeviceVerdict::VolatileOnly => {
                        self.write_volatile_fields(held, incoming)?
                    }
                    DeviceVerdict::LeftOut => self.withhold_excluded(held.stored.row)?,
                    DeviceVerdict::New | DeviceVerdict::Changed | DeviceVerdict::KeptOut => {
                        self.publish_device(held, pending_device, verdict)?
                    }
                }
                held.stored.row
            }
        };
        if verdict != DeviceVerdict::Stale {
            self.apply_enrichment(row, pending_device, verdict)?;
        }
        Ok((row, verdict))
    }

    fn find_stored(&self, id: DeviceId) -> Result<Option<HeldDevice>, StoreError> {
        let mut statement = self.connection.prepare_cached(HELD)?;
        Ok(statement
            .query_row(params![self.instance.0, device_key(&id)], held_from_row)
            .optional()?)
    }

    /// By its row, which is permanent; looked for by id should it have been swept since.
    fn find_stored_at(&mut self, row: Row, id: DeviceId) -> Result<Option<HeldDevice>, StoreError> {
        let ask = &mut self.statements.select_held;
        match ask
            .query_row(params![row.0, device_key(&id)], held_from_row)
            .optional()?
        {
            None => self.find_stored(id),
            found => Ok(found),
        }
    }

    /// `None`: it is there already, and nothing was written.
    fn insert(&mut self, pending_device: &PendingDevice, verdict: DeviceVerdict) -> Result<Option<Row>, StoreError> {
        let published = verdict == DeviceVerdict::New;
        let seq = if published { self.sequence.next() } else { Seq(0) };
        let incoming = &pending_device.incoming;
        let identity = &incoming.identity;
        let same_as = if published {
            self.statements
                .hardware_matcher
                .find_same_hardware(self.instance, identity, None)?
        } else {
            None
        };
        let [same_as, replaces] = SameHardware::link_columns(same_as.as_ref());
        let [serial_mark, entra_mark] = self.hardware_marks(identity);
        let row = self.sequence.next_row();
        let inserted = self.statements.insert.execute(params![
            self.instance.0,
            device_key(&incoming.id),
            if published { 1 } else { 2 },
            seq.0,
            to_millis(self.now),
            same_as,
            replaces,
            identity.serial_number,
            identity.entra_device_id,
            identity.enrolled_date_time,
            identity.user_principal_name,
            incoming.raw_hash,
            incoming.fingerprint,
            to_millis(self.read_at),
            incoming.volatile_fields.last_sync_s,
            incoming.volatile_fields.others.cast_signed(),
            row.0,
            serial_mark,
            entra_mark,
        ])?;
        if inserted == 0 {
            return Ok(None);
        }
        self.statements
            .hardware_matcher
            .add_marks(row, [serial_mark, entra_mark])?;
        if published {
            self.statements
                .insert_body
                .execute(params![row.0, incoming.body.as_packed(), incoming.body.checksum()])?;
        }
        Ok(Some(row))
    }

    /// A device that is known and changes state: back, changed, or kept out without having been told.
    fn publish_device(
        &mut self,
        held: &HeldDevice,
        pending_device: &PendingDevice,
        verdict: DeviceVerdict,
    ) -> Result<(), StoreError> {
        let (row, incoming) = (held.stored.row, &pending_device.incoming);
        let identity = &incoming.identity;
        let is_published = matches!(verdict, DeviceVerdict::New | DeviceVerdict::Changed);
        let seq = if is_published { self.sequence.next() } else { Seq(0) };
        let (before, identity_seq) = self.read_identity(row)?;
        let same_identity = (before == *identity).then_some(identity_seq);
        let same_as = match verdict {
            DeviceVerdict::New => {
                self.statements
                    .hardware_matcher
                    .find_same_hardware(self.instance, identity, Some(row))?
            }
            _ => None,
        };
        let [same_as, replaces] = SameHardware::link_columns(same_as.as_ref());
        let [serial_mark, entra_mark] = self.hardware_marks(identity);
        self.connection
            .prepare_cached(
                "UPDATE device SET state = ?2, seq = CASE WHEN ?3 > 0 THEN ?3 ELSE seq END,
                     identity_seq = coalesce(?4, CASE WHEN ?3 > 0 THEN ?3 ELSE seq END), changed_at = ?5,
                     reason = CASE WHEN ?2 = 1 THEN NULL ELSE coalesce(reason, ?19) END,
                     same_as = coalesce(?6, same_as), replaces = coalesce(?7, replaces),
                     serial = ?8, entra_id = ?9, enrolled = ?10, upn = ?11, raw_hash = ?12, fingerprint = ?13,
                     read_at = ?14, last_sync = ?15, vital = ?16, published_sync = ?15, published_vital = ?16,
                     published_at = ?5, missing_scan = NULL, held = NULL, serial_mark = ?17, entra_mark = ?18,
                     users_at = iif(?20, NULL, users_at)
                 WHERE row = ?1",
            )?
            .execute(params![
                row.0,
                if is_published { 1 } else { 2 },
                seq.0,
                same_identity,
                to_millis(self.now),
                same_as,
                replaces,
                identity.serial_number,
                identity.entra_device_id,
                identity.enrolled_date_time,
                identity.user_principal_name,
                incoming.raw_hash,
                incoming.fingerprint,
                to_millis(self.read_at),
                incoming.volatile_fields.last_sync_s,
                incoming.volatile_fields.others.cast_signed(),
                serial_mark,
                entra_mark,
                GoneReason::Filtered.name(),
                verdict != DeviceVerdict::Changed || held.stored.fingerprint != incoming.fingerprint,
            ])?;
        let marks_before = self.hardware_marks(&before);
        if marks_before != [serial_mark, entra_mark] {
            self.statements.hardware_matcher.remove_marks(row, marks_before)?;
            self.statements
                .hardware_matcher
                .add_marks(row, [serial_mark, entra_mark])?;
        }
        if is_published && held.stored.fingerprint == incoming.fingerprint {
            // Nothing but what moves by itself (S5), of which there is no history: the body as it was is not read.
            let learned = find_learned(self.connection, row)?;
            self.write_merged(row, pending_device, &learned)?;
        } else if is_published {
            let stored = StoredBody::find(self.connection, row)?;
            let learned = StoredBody::learned_parts(stored.as_ref());
            let body = self.write_merged(row, pending_device, &learned)?;
            self.recorder.record((row, seq), stored.as_ref(), &body)?;
        }
        Ok(())
    }

    /// What a device was told by, and where that last changed.
    fn read_identity(&self, row: Row) -> Result<(DeviceIdentity, i64), StoreError> {
        let mut statement = self.connection.prepare_cached(IDENTITY)?;
        Ok(statement.query_row([row.0], |row| {
            let told = DeviceIdentity {
                serial_number: row.get(identity::SERIAL)?,
                entra_device_id: row.get(identity::ENTRA_ID)?,
                enrolled_date_time: row.get(identity::ENROLLED)?,
                user_principal_name: row.get(identity::UPN)?,
            };
            Ok((told, row.get(identity::SEQ)?))
        })?)
    }

    fn hardware_marks(&self, identity: &DeviceIdentity) -> [Option<i64>; 2] {
        [
            hardware_mark(self.instance, HardwareIdKind::Serial, identity.serial_number.as_deref()),
            hardware_mark(
                self.instance,
                HardwareIdKind::Entra,
                identity.entra_device_id.as_deref(),
            ),
        ]
    }

    fn write_volatile_fields(&mut self, held: &HeldDevice, incoming: &IncomingDevice) -> Result<(), StoreError> {
        // A GET is rendered differently from LIST (A.5), so its hash must not stand for a list record.
        let hash = (incoming.source == ReadSource::List).then_some(incoming.raw_hash);
        self.statements.update_volatile.execute(params![
            held.stored.row.0,
            hash,
            to_millis(self.read_at),
            incoming.volatile_fields.last_sync_s,
            incoming.volatile_fields.others.cast_signed()
        ])?;
        if held.doubted {
            clear_doubts(self.connection, held.stored.row)?;
        }
        Ok(())
    }

    /// Left out now: it stays as it was until the scan has ended and the brake has looked at all of them (S2).
    fn withhold_excluded(&self, row: Row) -> Result<(), StoreError> {
        self.connection
            .prepare_cached("UPDATE device SET held = ?3, missing_scan = NULL, read_at = ?2 WHERE row = ?1")?
            .execute(params![row.0, to_millis(self.read_at), WithheldReason::Filtered.name()])?;
        Ok(())
    }

    fn write_merged<'p>(
        &self,
        row: Row,
        pending_device: &'p PendingDevice,
        learned: &LearnedParts,
    ) -> Result<Cow<'p, DeviceBody>, StoreError> {
        let body = &pending_device.incoming.body;
        let merged = match learned.join() {
            None => Cow::Borrowed(body),
            Some(known) => Cow::Owned(DeviceBody::from_json(&(self.merge)(&body.to_json(), Some(&known)))),
        };
        write_body(self.connection, row, &merged, learned.single.as_deref())?;
        Ok(merged)
    }

    /// What only a single GET fills: a change of its own where it is news (S4).
    fn apply_enrichment(
        &mut self,
        row: Row,
        pending_device: &PendingDevice,
        verdict: DeviceVerdict,
    ) -> Result<(), StoreError> {
        let Some(learned) = &pending_device.incoming.enrichment else {
            return Ok(());
        };
        let stored = StoredBody::find(self.connection, row)?;
        mark_enriched(self.connection, row, self.read_at)?;
        let mut parts = StoredBody::learned_parts(stored.as_ref());
        let is_hidden = pending_device.incoming.left_out || verdict == DeviceVerdict::LeftOut;
        if is_hidden || parts.single.as_ref() == Some(learned) {
            return Ok(());
        }
        parts.single = Some(learned.clone());
        let body = self.write_merged(row, pending_device, &parts)?;
        if !matches!(verdict, DeviceVerdict::New | DeviceVerdict::Changed) {
            move_to_feed_end(self.connection, row, self.sequence, self.now)?;
        }
        let change = (row, self.sequence.last());
        self.recorder.record(change, stored.as_ref(), &body)
    }
}

/// Seen again: neither missing nor held.
pub(crate) fn clear_doubts(connection: &Connection, row: Row) -> Result<(), StoreError> {
    connection
        .prepare_cached("UPDATE device SET missing_scan = NULL, held = NULL WHERE row = ?1")?
        .execute([row.0])?;
    Ok(())
}

pub(crate) fn find_row(connection: &Connection, instance: InstanceId, id: DeviceId) -> Result<Option<Row>, StoreError> {
    let mut statement = connection.prepare_cached("SELECT row FROM device WHERE instance = ?1 AND device_id = ?2")?;
    Ok(statement
        .query_row(params![instance.0, device_key(&id)], |row| Ok(Row(row.get(0)?)))
        .optional()?)
}
