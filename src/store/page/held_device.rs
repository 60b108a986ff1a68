//! A device as the store holds it, before the one that was read is judged.

use super::super::sql_values::from_millis;
use crate::model::{Row, StoredDevice, VolatileFields};

pub(super) struct HeldDevice {
    pub(super) stored: StoredDevice,
    pub(super) doubted: bool,
}

/// By its row, where the id is that one.
pub(super) const HELD_AT: &str =
    "SELECT row, state, fingerprint, last_sync, vital, read_at, published_sync, published_vital,
         published_at, missing_scan IS NOT NULL OR held IS NOT NULL
     FROM device WHERE row = ?1 AND device_id = ?2";
/// By its id. The same columns, in the same order.
pub(super) const HELD: &str =
    "SELECT row, state, fingerprint, last_sync, vital, read_at, published_sync, published_vital,
         published_at, missing_scan IS NOT NULL OR held IS NOT NULL
     FROM device WHERE instance = ?1 AND device_id = ?2";

/// Places in both: names would be compared for each device of a page.
mod held {
    pub(super) const ROW: usize = 0;
    pub(super) const STATE: usize = 1;
    pub(super) const FINGERPRINT: usize = 2;
    pub(super) const LAST_SYNC: usize = 3;
    pub(super) const VITAL: usize = 4;
    pub(super) const READ_AT: usize = 5;
    pub(super) const PUBLISHED_SYNC: usize = 6;
    pub(super) const PUBLISHED_VITAL: usize = 7;
    pub(super) const PUBLISHED_AT: usize = 8;
    pub(super) const DOUBTED: usize = 9;
}

pub(super) fn held_from_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<HeldDevice> {
    let state: i64 = row.get(held::STATE)?;
    let stored = StoredDevice {
        row: Row(row.get(held::ROW)?),
        present: state != 0,
        left_out: state == 2,
        fingerprint: row.get(held::FINGERPRINT)?,
        volatile_fields: VolatileFields {
            last_sync_s: row.get(held::LAST_SYNC)?,
            others: row.get::<_, i64>(held::VITAL)?.cast_unsigned(),
        },
        read_at: from_millis(row.get(held::READ_AT)?),
        published_volatile_fields: VolatileFields {
            last_sync_s: row.get(held::PUBLISHED_SYNC)?,
            others: row.get::<_, i64>(held::PUBLISHED_VITAL)?.cast_unsigned(),
        },
        published_at: from_millis(row.get(held::PUBLISHED_AT)?),
    };
    Ok(HeldDevice {
        stored,
        doubted: row.get(held::DOUBTED)?,
    })
}
