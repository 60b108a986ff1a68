//! The index itself, and how devices get into it and out of it.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use super::device_entry::{DeviceEntry, WordTables, clamp_seconds};
use super::orders::DeviceColumn;
use super::text_pool::TextPool;
use crate::model::Row;
use crate::store::WalkedDevice;

/// Where more than one in so many devices has changed, an order is made anew rather than mended.
const MENDED_SHARE: usize = 8;

/// Every device of the store that is there, as lists ask for it.
#[derive(Debug, Default)]
pub struct DeviceIndex {
    /// Places of devices; one that is free has row 0.
    entries: Vec<DeviceEntry>,
    free: Vec<u32>,
    /// The places that are taken, in the order of rows.
    by_row: Vec<u32>,
    pub(super) pool: TextPool,
    pub(super) words: WordTables,
    /// By the number of the column; made when they are asked for.
    orders: [OnceLock<Vec<u32>>; DeviceColumn::ALL.len()],
}

impl DeviceIndex {
    /// Number of devices.
    pub fn len(&self) -> usize {
        self.by_row.len()
    }

    pub fn is_empty(&self) -> bool {
        self.by_row.is_empty()
    }

    /// Begins a change; nothing of it is in any order before [`IndexUpdate::finish`].
    pub fn begin_update(&mut self) -> IndexUpdate<'_> {
        IndexUpdate {
            index: self,
            touched: Vec::new(),
            removed: Vec::new(),
            checked_in: Vec::new(),
            cursor: 0,
            has_strangers: false,
        }
    }

    /// Gives back memory that was reserved and is not needed.
    pub fn shrink_to_fit(&mut self) {
        self.entries.shrink_to_fit();
        self.by_row.shrink_to_fit();
        self.pool.shrink_to_fit();
    }

    pub(super) fn entry(&self, slot: u32) -> &DeviceEntry {
        &self.entries[slot as usize]
    }

    pub(super) fn slots_by_row(&self) -> &[u32] {
        &self.by_row
    }

    /// All devices in the order of a column.
    pub(super) fn ordered_slots(&self, column: DeviceColumn) -> &[u32] {
        if column == DeviceColumn::Row {
            return &self.by_row;
        }
        self.orders[column as usize].get_or_init(|| self.compute_order(column))
    }

    fn find_slot(&self, row: Row) -> Option<u32> {
        let found = self.by_row.binary_search_by(|slot| self.entry(*slot).row.cmp(&row));
        found.ok().map(|at| self.by_row[at])
    }

    /// Mends the orders: `touched` are all devices that are new, have changed or have gone; `checked_in` those of which only
    /// the last check-in is another.
    fn mend_orders(&mut self, touched: &BTreeSet<u32>, checked_in: &[u32]) {
        if !touched.is_empty() {
            let mut by_row = std::mem::take(&mut self.by_row);
            self.mend_one(&mut by_row, DeviceColumn::Row, touched.iter().copied());
            self.by_row = by_row;
        }
        for column in DeviceColumn::ALL {
            let others = if column == DeviceColumn::LastSync {
                checked_in
            } else {
                &[]
            };
            let moved = touched.len() + others.len();
            if moved == 0 {
                continue;
            }
            let Some(mut order) = self.orders[column as usize].take() else {
                continue;
            };
            if moved * MENDED_SHARE <= self.by_row.len() {
                self.mend_one(&mut order, column, touched.iter().chain(others).copied());
                self.orders[column as usize] = OnceLock::from(order);
            }
        }
    }

    fn mend_one(&self, order: &mut Vec<u32>, column: DeviceColumn, moved: impl Iterator<Item = u32>) {
        let mut is_moved = vec![false; self.entries.len()];
        let mut placed = Vec::new();
        for slot in moved {
            is_moved[slot as usize] = true;
            placed.extend(Some(slot).filter(|slot| self.entry(*slot).is_present()));
        }
        self.mend_order(order, column, &is_moved, placed);
    }
}

/// Devices on their way into the index. Each device is put or removed once at most.
pub struct IndexUpdate<'a> {
    index: &'a mut DeviceIndex,
    touched: Vec<u32>,
    removed: Vec<u32>,
    checked_in: Vec<u32>,
    /// How far [`Self::set_check_in`] has come in the order of rows.
    cursor: usize,
    has_strangers: bool,
}

impl IndexUpdate<'_> {
    /// A device as it is now.
    pub fn put(&mut self, device: &WalkedDevice<'_>) {
        let index = &mut *self.index;
        let known = index.find_slot(device.row);
        if let Some(slot) = known {
            let place = index.entries[slot as usize].place;
            index.pool.release(&place);
        }
        let entry = DeviceEntry::from_device(device, &mut index.pool, &mut index.words);
        let slot = match known.or_else(|| index.free.pop()) {
            Some(slot) => {
                index.entries[slot as usize] = entry;
                slot
            }
            None => {
                index.entries.push(entry);
                u32::try_from(index.entries.len() - 1).unwrap_or(u32::MAX)
            }
        };
        self.touched.push(slot);
    }

    /// A device that is not there any more.
    pub fn remove(&mut self, row: Row) {
        self.removed.extend(self.index.find_slot(row));
    }

    /// The last check-in (seconds since 1970) of a device; of all that are there, in the order of rows. Those that are
    /// passed over have gone without a word.
    pub fn set_check_in(&mut self, row: Row, last_sync_s: i64) {
        while let Some(slot) = self.index.by_row.get(self.cursor).copied() {
            let entry = &mut self.index.entries[slot as usize];
            if entry.row > row {
                break;
            }
            self.cursor += 1;
            if entry.row < row {
                self.removed.push(slot);
                continue;
            }
            let newest = clamp_seconds(last_sync_s);
            if entry.last_sync_s != newest {
                entry.last_sync_s = newest;
                self.checked_in.push(slot);
            }
            return;
        }
        self.has_strangers = true;
    }

    /// Behind the last check-in: whether the devices are the same as in the store. What is not told has gone.
    pub fn end_check_ins(&mut self) -> bool {
        self.removed.extend_from_slice(&self.index.by_row[self.cursor..]);
        self.cursor = self.index.by_row.len();
        !self.has_strangers
    }

    /// Everything is at its place afterwards.
    pub fn finish(self) {
        let IndexUpdate {
            index,
            touched,
            removed,
            checked_in,
            ..
        } = self;
        for slot in &removed {
            let entry = &mut index.entries[*slot as usize];
            entry.row = Row(0);
            index.pool.release(&entry.place);
        }
        let touched: BTreeSet<u32> = touched.into_iter().chain(removed.iter().copied()).collect();
        index.mend_orders(&touched, &checked_in);
        index.free.extend(removed);
        if index.pool.is_wasteful() {
            let entries = index.entries.iter_mut().filter(|entry| entry.is_present());
            index.pool.compact(entries.map(|entry| &mut entry.place));
        }
    }
}
