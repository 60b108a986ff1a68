//! The same hardware under another id (S7): a usable serial number or Entra device id in common. One that is still
//! there comes before one that has gone; among these the newest.

use std::sync::LazyLock;

use rusqlite::{CachedStatement, Connection, params};
use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::super::sql_values::device_id_from_column;
use super::super::{StoreError, sql_words};
use super::hardware_index::HardwareIndex;
use crate::model::{DeviceId, DeviceIdentity, GoneReason, InstanceId, Row};

#[derive(Clone, Copy)]
pub(crate) struct SameHardware {
    id: DeviceId,
    present: bool,
}

impl SameHardware {
    /// `sameAs` and `replaces` as they are stored.
    pub(crate) fn link_columns(twin: Option<&SameHardware>) -> [Option<&[u8]>; 2] {
        let id = |wanted: bool| {
            twin.filter(|twin| twin.present == wanted)
                .map(|twin| twin.id.0.as_bytes().as_slice())
        };
        [id(true), id(false)]
    }
}

/// Where to look for the same hardware: a number for a serial number or an Entra device id, a third the size of the
/// text. Two texts may have the same number, so the text is compared too.
pub(crate) fn hardware_mark(instance: InstanceId, kind: HardwareIdKind, text: Option<&str>) -> Option<i64> {
    let seed = instance.0.cast_unsigned() << 1 | kind as u64;
    text.map(|text| xxh3_64_with_seed(text.as_bytes(), seed).cast_signed())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HardwareIdKind {
    Serial = 0,
    Entra = 1,
}

/// Devices with the same serial number that are looked at: the newest ones first.
const LOOKED_AT: usize = 64;

static OF_ROW: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT state, seq, device_id, serial, entra_id FROM device
         WHERE row = ?1 AND row <> ?2 AND instance = ?3 AND seq > 0 AND (state = 1 OR reason IN {})",
        sql_words::quote_matching(GoneReason::may_reenroll)
    )
});

/// Places in it: names would be compared for each device of a page.
mod column {
    pub(super) const STATE: usize = 0;
    pub(super) const SEQ: usize = 1;
    pub(super) const DEVICE_ID: usize = 2;
    pub(super) const SERIAL: usize = 3;
    pub(super) const ENTRA_ID: usize = 4;
}

/// Where to look, and the question to ask there.
pub(crate) struct HardwareMatcher<'a> {
    connection: &'a Connection,
    index: &'a mut HardwareIndex,
    select_row: CachedStatement<'a>,
}

impl<'a> HardwareMatcher<'a> {
    pub(crate) fn new(connection: &'a Connection, marks: &'a mut HardwareIndex) -> Result<Self, StoreError> {
        Ok(HardwareMatcher {
            connection,
            index: marks,
            select_row: connection.prepare_cached(&OF_ROW)?,
        })
    }

    /// The device is this hardware now.
    pub(crate) fn add_marks(&mut self, row: Row, marks: [Option<i64>; 2]) -> Result<(), StoreError> {
        self.index.add_marks(self.connection, row, marks)
    }

    /// And is not that any more.
    pub(crate) fn remove_marks(&mut self, row: Row, marks: [Option<i64>; 2]) -> Result<(), StoreError> {
        self.index.remove_marks(self.connection, row, marks)
    }

    pub(crate) fn find_same_hardware(
        &mut self,
        instance: InstanceId,
        identity: &DeviceIdentity,
        excluded_row: Option<Row>,
    ) -> Result<Option<SameHardware>, StoreError> {
        let excluded_row = excluded_row.map_or(-1, |row| row.0);
        let mut best: Option<(bool, i64, DeviceId)> = None;
        let (serial, entra_id) = (identity.serial_number.as_deref(), identity.entra_device_id.as_deref());
        for (place, kind, text) in [
            (column::SERIAL, HardwareIdKind::Serial, serial),
            (column::ENTRA_ID, HardwareIdKind::Entra, entra_id),
        ] {
            let Some(mark) = hardware_mark(instance, kind, text).filter(|mark| self.index.may_contain(*mark)) else {
                continue;
            };
            for row in self.index.candidate_rows(self.connection, mark, LOOKED_AT)? {
                let mut found = self.select_row.query(params![row.0, excluded_row, instance.0])?;
                let Some(row) = found.next()? else { continue };
                if row.get_ref(place)?.as_str().ok() == text {
                    let id = row.get_ref(column::DEVICE_ID)?.as_blob().unwrap_or_default();
                    let id = device_id_from_column(column::DEVICE_ID, id)?;
                    best = best.max(Some((
                        row.get::<_, i64>(column::STATE)? == 1,
                        row.get(column::SEQ)?,
                        id,
                    )));
                }
            }
        }
        Ok(best.map(|(present, _, id)| SameHardware { id, present }))
    }
}
