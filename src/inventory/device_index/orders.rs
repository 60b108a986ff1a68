//! Orders of the devices by each column. One is made when it is asked for, kept, and mended when devices change; where many
//! change at once it is made anew. Equal values stand in the order of rows, so that an order is one alone.

use std::cmp::Ordering;

use super::device_entry::{COMPLIANCE, OWNERSHIP, PLATFORM};
use super::index::DeviceIndex;
use super::sort_key::SortKey;
use crate::model::Row;

/// What the index sorts by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum DeviceColumn {
    /// The order in which the connector came to know them.
    #[default]
    Row,
    Name,
    Serial,
    User,
    Platform,
    Compliance,
    Ownership,
    LastSync,
    /// By the sequence number of the last change.
    Changed,
}

/// How the values of a column are stored.
enum ColumnValues {
    Row,
    Text(usize),
    Word(usize),
    LastSync,
    Seq,
}

impl DeviceColumn {
    pub const ALL: [DeviceColumn; 9] = [
        DeviceColumn::Row,
        DeviceColumn::Name,
        DeviceColumn::Serial,
        DeviceColumn::User,
        DeviceColumn::Platform,
        DeviceColumn::Compliance,
        DeviceColumn::Ownership,
        DeviceColumn::LastSync,
        DeviceColumn::Changed,
    ];

    /// The column of a field of a device, or of `changedAt`.
    pub fn from_field(name: &str) -> Option<DeviceColumn> {
        Self::ALL.into_iter().find(|column| column.field_name() == Some(name))
    }

    /// As a question names it.
    pub fn field_name(self) -> Option<&'static str> {
        Some(match self {
            DeviceColumn::Row => return None,
            DeviceColumn::Name => "deviceName",
            DeviceColumn::Serial => "serialNumber",
            DeviceColumn::User => "userPrincipalName",
            DeviceColumn::Platform => "operatingSystem",
            DeviceColumn::Compliance => "complianceState",
            DeviceColumn::Ownership => "managedDeviceOwnerType",
            DeviceColumn::LastSync => "lastSyncDateTime",
            DeviceColumn::Changed => "changedAt",
        })
    }

    fn source(self) -> ColumnValues {
        match self {
            DeviceColumn::Row => ColumnValues::Row,
            DeviceColumn::Name => ColumnValues::Text(0),
            DeviceColumn::Serial => ColumnValues::Text(1),
            DeviceColumn::User => ColumnValues::Text(2),
            DeviceColumn::Platform => ColumnValues::Word(PLATFORM),
            DeviceColumn::Compliance => ColumnValues::Word(COMPLIANCE),
            DeviceColumn::Ownership => ColumnValues::Word(OWNERSHIP),
            DeviceColumn::LastSync => ColumnValues::LastSync,
            DeviceColumn::Changed => ColumnValues::Seq,
        }
    }
}

impl DeviceIndex {
    /// All devices by this column, as places in the list of entries.
    pub(super) fn compute_order(&self, column: DeviceColumn) -> Vec<u32> {
        let source = column.source();
        let ranks = match source {
            ColumnValues::Word(word) => self.words[word].rank_words(),
            _ => Vec::new(),
        };
        let slots = self.slots_by_row();
        let mut keyed: Vec<(u128, u32)> = slots
            .iter()
            .map(|slot| (self.rough_key(&source, *slot, &ranks), *slot))
            .collect();
        keyed.sort_unstable_by(|a, b| a.0.cmp(&b.0).then_with(|| self.compare_slots(column, a.1, b.1)));
        let mut order = Vec::with_capacity(keyed.len());
        order.extend(keyed.iter().map(|(_, slot)| *slot));
        order
    }

    /// A number in the order of the column, as far as 16 bytes say it: most devices are told apart without a look at their
    /// texts.
    fn rough_key(&self, source: &ColumnValues, slot: u32, ranks: &[u32]) -> u128 {
        let entry = self.entry(slot);
        let with_row = |value: u64| (u128::from(value) << 64) | u128::from(entry.row.0.unsigned_abs());
        match source {
            ColumnValues::Row => with_row(0),
            ColumnValues::Text(text) => {
                let text = self.pool.column_text(&entry.place, *text).as_bytes();
                let mut begin = [0; 16];
                let length = text.len().min(begin.len());
                begin[..length].copy_from_slice(&text[..length]);
                u128::from_be_bytes(begin)
            }
            ColumnValues::Word(word) => with_row(ranks[entry.words[*word] as usize].into()),
            ColumnValues::LastSync => with_row(entry.last_sync_s.into()),
            ColumnValues::Seq => with_row(entry.seq.0.unsigned_abs()),
        }
    }

    pub(super) fn compare_slots(&self, column: DeviceColumn, a: u32, b: u32) -> Ordering {
        let (left, right) = (self.entry(a), self.entry(b));
        let by_value = match column.source() {
            ColumnValues::Row => Ordering::Equal,
            ColumnValues::Text(text) => self
                .pool
                .column_text(&left.place, text)
                .cmp(self.pool.column_text(&right.place, text)),
            ColumnValues::Word(word) => {
                let table = &self.words[word];
                table.lower(left.words[word]).cmp(table.lower(right.words[word]))
            }
            ColumnValues::LastSync => left.last_sync_s.cmp(&right.last_sync_s),
            ColumnValues::Seq => left.seq.cmp(&right.seq),
        };
        by_value.then_with(|| left.row.cmp(&right.row))
    }

    /// What this device is sorted by.
    pub(super) fn sort_key(&self, column: DeviceColumn, slot: u32) -> SortKey {
        let entry = self.entry(slot);
        match column.source() {
            ColumnValues::Row => SortKey::Nothing,
            ColumnValues::Text(text) => SortKey::Text(self.pool.column_text(&entry.place, text).to_owned()),
            ColumnValues::Word(word) => SortKey::Text(self.words[word].lower(entry.words[word]).to_owned()),
            ColumnValues::LastSync => SortKey::Number(entry.last_sync_s.into()),
            ColumnValues::Seq => SortKey::Number(entry.seq.0),
        }
    }

    /// How a device stands to a place between devices.
    pub(super) fn compare_with(&self, column: DeviceColumn, slot: u32, place: (&SortKey, Row)) -> Ordering {
        let key = self.sort_key(column, slot);
        key.cmp(place.0).then_with(|| self.entry(slot).row.cmp(&place.1))
    }

    /// Puts devices that have changed where they belong now: `order` without those in `touched`, and with those of them that
    /// are there (`placed`).
    pub(super) fn mend_order(
        &self,
        order: &mut Vec<u32>,
        column: DeviceColumn,
        touched: &[bool],
        mut placed: Vec<u32>,
    ) {
        order.retain(|slot| !touched[*slot as usize]);
        placed.sort_unstable_by(|a, b| self.compare_slots(column, *a, *b));
        let mut mended = Vec::with_capacity(order.len() + placed.len());
        let mut from = 0;
        for slot in placed {
            let rest = &order[from..];
            let before = rest.partition_point(|known| self.compare_slots(column, *known, slot).is_lt());
            mended.extend_from_slice(&rest[..before]);
            mended.push(slot);
            from += before;
        }
        mended.extend_from_slice(&order[from..]);
        *order = mended;
    }
}
