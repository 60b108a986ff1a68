//! Which devices are on a page, how many match, and where the next page begins. Pure.

use super::index::DeviceIndex;
use super::matching::{DeviceFilter, EntryMatcher};
use super::orders::DeviceColumn;
use super::sort_key::SortKey;
use crate::model::{BitSet, InstanceId, Row};

/// Where a page begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PageStart {
    /// Behind so many devices.
    Offset(usize),
    /// Behind the device at which the page before ended, also where that has changed since.
    After(SortKey, Row),
}

/// What of the devices that match is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageWindow {
    pub start: PageStart,
    pub limit: usize,
    /// Whether all that match are counted.
    pub count: bool,
}

impl PageWindow {
    /// All of them.
    pub fn whole() -> PageWindow {
        PageWindow {
            start: PageStart::Offset(0),
            limit: usize::MAX,
            count: false,
        }
    }

    fn offset(&self) -> usize {
        match self.start {
            PageStart::Offset(offset) => offset,
            PageStart::After(..) => 0,
        }
    }
}

/// A page: its devices in their order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DevicePage {
    pub rows: Vec<Row>,
    /// The last device of the page, where there are more.
    pub next: Option<(SortKey, Row)>,
    /// How many match; where that was asked for.
    pub matching: Option<u64>,
    /// How many there are in all instances that were asked for; where that was asked for.
    pub total: Option<u64>,
}

impl DeviceIndex {
    /// A page by one of the columns. `within`: only these.
    pub fn select_page(
        &self,
        filter: &DeviceFilter,
        (column, descending): (DeviceColumn, bool),
        window: &PageWindow,
        within: Option<&BitSet>,
    ) -> DevicePage {
        let order = self.ordered_slots(column);
        let matcher = EntryMatcher::new(self, filter);
        let is_match = |slot: &u32| {
            let entry = self.entry(*slot);
            within.is_none_or(|rows| rows.contains(entry.row)) && matcher.matches(entry)
        };
        let behind = self.count_before(order, (column, descending), window);
        // Without a count what stands before the page is not looked at.
        let passed = if window.count { 0 } else { behind };
        let in_order = |at: usize| {
            let at = if descending { order.len() - 1 - at } else { at };
            order[at]
        };
        let matching = (passed..order.len())
            .map(|at| (in_order(at), at >= behind))
            .filter(|(slot, _)| is_match(slot));
        let filled = fill_page(matching, window);
        let last = filled.items.last().filter(|_| filled.has_more);
        DevicePage {
            next: last.map(|slot| (self.sort_key(column, *slot), self.entry(*slot).row)),
            rows: filled.items.iter().map(|slot| self.entry(*slot).row).collect(),
            matching: window.count.then_some(filled.matching),
            total: window.count.then(|| self.count_in_scope(&filter.instances)),
        }
    }

    /// The devices that match, in the order of rows: for a look at their bodies.
    pub fn list_matching(&self, filter: &DeviceFilter) -> Vec<Row> {
        let matcher = EntryMatcher::new(self, filter);
        let entries = self.slots_by_row().iter().map(|slot| self.entry(*slot));
        entries
            .filter(|entry| matcher.matches(entry))
            .map(|entry| entry.row)
            .collect()
    }

    /// How many devices the instances have.
    pub fn count_in_scope(&self, instances: &[InstanceId]) -> u64 {
        let entries = self.slots_by_row().iter().map(|slot| self.entry(*slot));
        entries.filter(|entry| instances.contains(&entry.instance)).count() as u64
    }

    /// How many devices stand before the page, in its order.
    fn count_before(&self, order: &[u32], (column, descending): (DeviceColumn, bool), window: &PageWindow) -> usize {
        let PageStart::After(key, row) = &window.start else {
            return 0;
        };
        let compare = |slot: &u32| self.compare_with(column, *slot, (key, *row));
        if descending {
            order.len() - order.partition_point(|slot| compare(slot).is_lt())
        } else {
            order.partition_point(|slot| compare(slot).is_le())
        }
    }
}

/// A page of devices that were found by their bodies, each with what it is sorted by. `total`: of all instances.
pub fn page_of_keys(mut keys: Vec<(SortKey, Row)>, descending: bool, window: &PageWindow, total: u64) -> DevicePage {
    keys.sort_unstable();
    if descending {
        keys.reverse();
    }
    let is_behind = |place: &(SortKey, Row)| match &window.start {
        PageStart::Offset(_) => true,
        PageStart::After(key, row) if descending => (&place.0, &place.1) < (key, row),
        PageStart::After(key, row) => (&place.0, &place.1) > (key, row),
    };
    let filled = fill_page(keys.iter().map(|place| (place, is_behind(place))), window);
    let last = filled.items.last().filter(|_| filled.has_more);
    DevicePage {
        next: last.map(|place| (*place).clone()),
        rows: filled.items.iter().map(|place| place.1).collect(),
        matching: window.count.then_some(filled.matching),
        total: window.count.then_some(total),
    }
}

struct FilledPage<T> {
    items: Vec<T>,
    has_more: bool,
    matching: u64,
}

/// `matching`: what matches, in order, and whether it stands behind the place where the page begins.
fn fill_page<T>(matching: impl Iterator<Item = (T, bool)>, window: &PageWindow) -> FilledPage<T> {
    let mut filled = FilledPage {
        items: Vec::new(),
        has_more: false,
        matching: 0,
    };
    let mut offset = window.offset();
    for (item, is_behind) in matching {
        filled.matching += 1;
        if !is_behind {
            continue;
        }
        if offset > 0 {
            offset -= 1;
        } else if filled.items.len() < window.limit {
            filled.items.push(item);
        } else {
            filled.has_more = true;
            if !window.count {
                break;
            }
        }
    }
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(start: PageStart, limit: usize, count: bool) -> PageWindow {
        PageWindow { start, limit, count }
    }

    fn keys(names: &[&str]) -> Vec<(SortKey, Row)> {
        let key = |(at, name): (usize, &&str)| (SortKey::Text((*name).to_owned()), Row(at as i64 + 1));
        names.iter().enumerate().map(key).collect()
    }

    #[test]
    fn a_page_ends_where_the_next_begins() {
        let all = || keys(&["b", "a", "b", "c"]);
        let first = page_of_keys(all(), false, &window(PageStart::Offset(0), 2, true), 9);
        assert_eq!(first.rows, [Row(2), Row(1)]);
        assert_eq!((first.matching, first.total), (Some(4), Some(9)));
        let (key, row) = first.next.expect("there are more");
        let second = page_of_keys(all(), false, &window(PageStart::After(key, row), 2, false), 9);
        assert_eq!(
            (second.rows.as_slice(), second.next),
            ([Row(3), Row(4)].as_slice(), None)
        );
        assert_eq!((second.matching, second.total), (None, None));
        let backwards = page_of_keys(all(), true, &window(PageStart::Offset(1), 2, false), 9);
        assert_eq!(backwards.rows, [Row(3), Row(1)]);
    }

    #[test]
    fn a_page_without_devices_counts_and_has_no_next() {
        let counted = page_of_keys(keys(&["a", "b"]), false, &window(PageStart::Offset(0), 0, true), 2);
        assert_eq!((counted.rows.len(), counted.next, counted.matching), (0, None, Some(2)));
    }
}
