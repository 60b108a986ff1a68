//! What the index keeps of one device, beside its text.

use uuid::Uuid;

use super::text_pool::{TextPlace, TextPool};
use super::word_table::WordTable;
use crate::inventory::properties::{
    CATEGORY, COMPLIANCE_STATE, ENTRA_DEVICE_ID, MANUFACTURER, MODEL, OPERATING_SYSTEM, OS_VERSION, OWNER_TYPE,
};
use crate::inventory::record_slots::RecordSlots;
use crate::model::{DeviceId, InstanceId, Row, Seq};
use crate::store::WalkedDevice;

/// How many fields of few words there are. Lengths of types are numbers of their own: with optimisation the compiler
/// meets a circle where it evaluates the table of properties for one.
pub(super) const WORD_COUNT: usize = 7;
/// Fields of few words, in the order of [`DeviceEntry::words`].
pub(super) const WORD_FIELDS: [usize; WORD_COUNT] = [
    OPERATING_SYSTEM,
    COMPLIANCE_STATE,
    OWNER_TYPE,
    OS_VERSION,
    MODEL,
    MANUFACTURER,
    CATEGORY,
];
/// Of these words a question names whole ones.
pub(super) const PLATFORM: usize = 0;
pub(super) const COMPLIANCE: usize = 1;
pub(super) const OWNERSHIP: usize = 2;

/// The tables of words, in the same order.
pub(super) type WordTables = [WordTable; WORD_COUNT];

#[derive(Debug, Clone, Copy)]
pub(super) struct DeviceEntry {
    /// 0: nobody; a row of the store is never 0.
    pub row: Row,
    pub seq: Seq,
    pub instance: InstanceId,
    pub id: DeviceId,
    /// Zeros where it has none.
    pub entra_id: Uuid,
    /// Seconds since 1970; 0 where never.
    pub last_sync_s: u32,
    /// Numbers in the tables of words.
    pub words: [u32; WORD_COUNT],
    pub place: TextPlace,
}

impl DeviceEntry {
    /// Of a device, whose text and words are added. One whose body can't be read has neither.
    pub(super) fn from_device(device: &WalkedDevice<'_>, pool: &mut TextPool, tables: &mut WordTables) -> DeviceEntry {
        let slots = RecordSlots::from_json(device.body).unwrap_or_else(|_| RecordSlots::empty());
        let mut words = [0; WORD_COUNT];
        for ((field, table), number) in WORD_FIELDS.into_iter().zip(tables).zip(&mut words) {
            *number = table.intern(&slots.text_value(field).unwrap_or_default());
        }
        let entra_id = slots.text_value(ENTRA_DEVICE_ID);
        DeviceEntry {
            row: device.row,
            seq: device.seq,
            instance: device.instance,
            id: device.id,
            entra_id: entra_id.and_then(|id| Uuid::try_parse(&id).ok()).unwrap_or_default(),
            last_sync_s: clamp_seconds(device.last_sync_s),
            words,
            place: pool.push_device(&slots),
        }
    }

    pub(super) fn is_present(&self) -> bool {
        self.row != Row(0)
    }
}

/// Before 1970 is never, and the year 2106 is far enough.
pub(super) fn clamp_seconds(seconds: i64) -> u32 {
    u32::try_from(seconds.max(0)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Beside the text: what 100,000 devices take is this times 100,000.
    #[test]
    fn a_device_takes_little_more_than_100_bytes() {
        assert!(size_of::<DeviceEntry>() <= 104, "{}", size_of::<DeviceEntry>());
    }

    #[test]
    fn check_ins_have_a_first_and_a_last_second() {
        assert_eq!([-5, 0, 7, i64::MAX].map(clamp_seconds), [0, 0, 7, u32::MAX]);
    }
}
