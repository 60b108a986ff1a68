//! The same hardware under another id (S7): a usable serial number or Entra device id in common. One that is still
//! there comes before one that has gone; among these the newest.

use rusqlite::{CachedStatement, Connection, params};
use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::super::StoreError;
use super::super::rows::device_id;
use crate::model::{DeviceId, Identity, InstanceId, Row};

#[derive(Clone, Copy)]
pub struct Twin {
    id: DeviceId,
    present: bool,
}

impl Twin {
    /// `sameAs` and `replaces` as they are stored.
    pub fn links(twin: Option<&Twin>) -> [Option<&[u8]>; 2] {
        let id = |wanted: bool| {
            twin.filter(|twin| twin.present == wanted)
                .map(|twin| twin.id.0.as_bytes().as_slice())
        };
        [id(true), id(false)]
    }
}

/// Where to look for the same hardware: a number for a serial number or an Entra device id, in an index a third the size
/// of one over the texts. Two texts may have the same number, so the text is compared too.
pub fn mark(instance: InstanceId, kind: Kind, text: Option<&str>) -> Option<i64> {
    let seed = instance.0.cast_unsigned() << 1 | kind as u64;
    text.map(|text| xxh3_64_with_seed(text.as_bytes(), seed).cast_signed())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Serial = 0,
    Entra = 1,
}

/// Devices with the same serial number that are looked at: the newest rows.
const LOOKED_AT: usize = 64;

// In the order of the index, so that nothing is sorted, which would cost more than the rest of the look.
const BY_SERIAL: &str = "SELECT state, seq, device_id, serial FROM device INDEXED BY device_by_serial
     WHERE serial_mark = ?1 AND row <> ?2 AND instance = ?3 AND seq > 0
       AND (state = 1 OR reason IN ('deleted', 'replaced', 'byJob')) ORDER BY row DESC";
const BY_ENTRA: &str = "SELECT state, seq, device_id, entra_id FROM device INDEXED BY device_by_entra
     WHERE entra_mark = ?1 AND row <> ?2 AND instance = ?3 AND seq > 0
       AND (state = 1 OR reason IN ('deleted', 'replaced', 'byJob')) ORDER BY row DESC";

/// The two questions, ready to be asked.
pub struct Twins<'a> {
    by_serial: CachedStatement<'a>,
    by_entra: CachedStatement<'a>,
}

impl<'a> Twins<'a> {
    pub fn new(connection: &'a Connection) -> Result<Self, StoreError> {
        Ok(Twins {
            by_serial: connection.prepare_cached(BY_SERIAL)?,
            by_entra: connection.prepare_cached(BY_ENTRA)?,
        })
    }

    pub fn find(
        &mut self,
        instance: InstanceId,
        identity: &Identity,
        except: Option<Row>,
    ) -> Result<Option<Twin>, StoreError> {
        let except = except.map_or(-1, |row| row.0);
        let mut best: Option<(bool, i64, DeviceId)> = None;
        for (ask, kind, text) in [
            (&mut self.by_serial, Kind::Serial, identity.serial_number.as_deref()),
            (&mut self.by_entra, Kind::Entra, identity.entra_device_id.as_deref()),
        ] {
            let Some(mark) = mark(instance, kind, text) else {
                continue;
            };
            let mut rows = ask.query(params![mark, except, instance.0])?;
            let mut left = LOOKED_AT;
            while left > 0
                && let Some(row) = rows.next()?
            {
                left -= 1;
                if row.get_ref(3)?.as_str().ok() == text {
                    let id = device_id(2, row.get_ref(2)?.as_blob().unwrap_or_default())?;
                    best = best.max(Some((row.get::<_, i64>(0)? == 1, row.get(1)?, id)));
                }
            }
        }
        Ok(best.map(|(present, _, id)| Twin { id, present }))
    }
}
