//! The index against the same done naively, over the same devices, while they change.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::model::{BitSet, DeviceId, InstanceId, Row, Seq, Timestamp};
use crate::store::WalkedDevice;

/// A device as the store has it.
#[derive(Debug, Clone)]
struct TestDevice {
    seq: i64,
    instance: i64,
    name: String,
    serial: String,
    user: String,
    platform: &'static str,
    compliance: &'static str,
    sync: i64,
}

impl TestDevice {
    fn id(row: i64) -> DeviceId {
        DeviceId(uuid::Uuid::from_u128(0xabcd_0000_0000 + row as u128))
    }

    fn body(&self) -> String {
        serde_json::json!({
            "deviceName": self.name, "operatingSystem": self.platform, "complianceState": self.compliance,
            "userPrincipalName": self.user, "serialNumber": self.serial, "model": format!("M-{}", self.platform),
        })
        .to_string()
    }

    fn key(&self, row: i64, column: DeviceColumn) -> (SortKey, i64) {
        let text = |text: &str| SortKey::Text(text.to_lowercase());
        let key = match column {
            DeviceColumn::Row => SortKey::Nothing,
            DeviceColumn::Name => text(&self.name),
            DeviceColumn::Serial => text(&self.serial),
            DeviceColumn::User => text(&self.user),
            DeviceColumn::Platform => text(self.platform),
            DeviceColumn::Compliance => text(self.compliance),
            DeviceColumn::Ownership => text(""),
            DeviceColumn::LastSync => SortKey::Number(self.sync),
            DeviceColumn::Changed => SortKey::Number(self.seq),
        };
        (key, row)
    }

    fn matches(&self, row: i64, filter: &DeviceFilter) -> bool {
        let has = |text: &str, part: &Option<String>| {
            part.as_ref()
                .is_none_or(|part| text.to_lowercase().contains(&part.to_lowercase()))
        };
        let is = |word: &str, wanted: &Option<Vec<String>>| {
            wanted
                .as_ref()
                .is_none_or(|wanted| wanted.iter().any(|wanted| wanted.eq_ignore_ascii_case(word)))
        };
        let model = format!("M-{}", self.platform);
        let id = Self::id(row).to_string();
        let texts = [&self.name, &self.serial, &self.user, &model, &id];
        let words = [self.platform, self.compliance];
        let has_anywhere = |part: &Option<String>| {
            texts.iter().any(|text| has(text, part)) || words.iter().any(|word| has(word, part))
        };
        filter.instances.contains(&InstanceId(self.instance))
            && has(&self.name, &filter.name)
            && has(&self.serial, &filter.serial)
            && has(&self.user, &filter.user)
            && is(self.platform, &filter.platforms)
            && is(self.compliance, &filter.compliance)
            && filter.checked_in_before.is_none_or(|time| at(self.sync) < time)
            && filter.checked_in_after.is_none_or(|time| at(self.sync) >= time)
            && has_anywhere(&filter.search)
    }
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_timestamp(seconds, 0).unwrap()
}

/// What the store has, by row.
type Fleet = BTreeMap<i64, TestDevice>;

fn put(update: &mut IndexUpdate<'_>, row: i64, device: &TestDevice) {
    update.put(&WalkedDevice {
        row: Row(row),
        instance: InstanceId(device.instance),
        id: TestDevice::id(row),
        seq: Seq(device.seq),
        last_sync_s: device.sync,
        body: &device.body(),
    });
}

fn naive(fleet: &Fleet, filter: &DeviceFilter, column: DeviceColumn, descending: bool) -> Vec<Row> {
    let matching = fleet.iter().filter(|(row, device)| device.matches(**row, filter));
    let mut keys: Vec<_> = matching.map(|(row, device)| device.key(*row, column)).collect();
    keys.sort();
    if descending {
        keys.reverse();
    }
    keys.into_iter().map(|(_, row)| Row(row)).collect()
}

/// All pages of so many devices, one after the other by their tokens.
fn paged(index: &DeviceIndex, filter: &DeviceFilter, sort: (DeviceColumn, bool), limit: usize) -> Vec<Row> {
    let (mut rows, mut start) = (Vec::new(), PageStart::Offset(0));
    loop {
        let window = PageWindow {
            start,
            limit,
            count: false,
        };
        let page = index.select_page(filter, sort, &window, None);
        rows.extend(page.rows);
        match page.next {
            Some((key, row)) => start = PageStart::After(key, row),
            None => return rows,
        }
    }
}

fn check(index: &DeviceIndex, fleet: &Fleet, filter: &DeviceFilter) {
    for column in DeviceColumn::ALL {
        for descending in [false, true] {
            let (expected, sort) = (naive(fleet, filter, column, descending), (column, descending));
            let whole = index.select_page(filter, sort, &PageWindow::whole(), None);
            assert_eq!(whole.rows, expected, "{column:?} {descending} {filter:?}");
            assert_eq!(paged(index, filter, sort, 3), expected, "{column:?} {descending}");
            let window = PageWindow {
                start: PageStart::Offset(2),
                limit: 4,
                count: true,
            };
            let page = index.select_page(filter, sort, &window, None);
            let part: Vec<Row> = expected.iter().copied().skip(2).take(4).collect();
            assert_eq!(page.rows, part, "{column:?} {descending}");
            assert_eq!(page.next.is_some(), expected.len() > 6);
            let total = fleet
                .values()
                .filter(|device| filter.instances.contains(&InstanceId(device.instance)))
                .count();
            assert_eq!(
                (page.matching, page.total),
                (Some(expected.len() as u64), Some(total as u64))
            );
        }
    }
    assert_eq!(
        index.list_matching(filter),
        naive(fleet, filter, DeviceColumn::Row, false)
    );
}

fn filters() -> Vec<DeviceFilter> {
    let both = || DeviceFilter {
        instances: vec![InstanceId(1), InstanceId(2)],
        ..DeviceFilter::default()
    };
    let words = |words: &[&str]| Some(words.iter().map(|word| (*word).to_owned()).collect());
    vec![
        both(),
        DeviceFilter {
            instances: vec![InstanceId(2)],
            ..DeviceFilter::default()
        },
        DeviceFilter {
            name: Some("A".to_owned()),
            user: Some("@x".to_owned()),
            ..both()
        },
        DeviceFilter {
            serial: Some("s1".to_owned()),
            checked_in_before: Some(at(30)),
            ..both()
        },
        DeviceFilter {
            platforms: words(&["ios", "Windows"]),
            compliance: words(&["compliant"]),
            checked_in_after: Some(at(10)),
            ..both()
        },
        DeviceFilter {
            search: Some("Win".to_owned()),
            ..both()
        },
        // A part of ids alone.
        DeviceFilter {
            search: Some("ABCD0000000".to_owned()),
            ..both()
        },
    ]
}

fn some_device() -> impl Strategy<Value = TestDevice> {
    let text = || prop_oneof![Just(String::new()), "[aAbBä]{1,3}", "same-name-of-many-letters-[0-9]"];
    let platform = prop_oneof![Just("Windows"), Just("iOS"), Just("IOS"), Just("")];
    let compliance = prop_oneof![Just("compliant"), Just("noncompliant")];
    (1..3i64, text(), "S[0-9]{1,2}", text(), platform, compliance, 0..50i64).prop_map(
        |(instance, name, serial, user, platform, compliance, sync)| TestDevice {
            seq: 0,
            instance,
            name,
            serial,
            user: format!("{user}@x"),
            platform,
            compliance,
            sync,
        },
    )
}

/// Rows that change at the same time: to a device, or to none.
fn some_changes() -> impl Strategy<Value = BTreeMap<i64, Option<TestDevice>>> {
    proptest::collection::btree_map(1..60i64, proptest::option::weighted(0.8, some_device()), 0..12)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn the_index_says_what_a_walk_over_all_devices_says(
        first in proptest::collection::vec(some_device(), 20..40),
        changes in proptest::collection::vec((some_changes(), any::<bool>()), 1..5),
    ) {
        let (mut fleet, mut seq): (Fleet, i64) = ((1..).zip(first).collect(), 0);
        let mut index = DeviceIndex::default();
        let mut update = index.begin_update();
        for (row, device) in &mut fleet {
            seq += 1;
            device.seq = seq;
            put(&mut update, *row, device);
        }
        update.finish();
        filters().iter().for_each(|filter| check(&index, &fleet, filter));
        for (changed, checks_in) in changes {
            let mut update = index.begin_update();
            for (row, device) in changed {
                match device {
                    Some(mut device) => {
                        seq += 1;
                        device.seq = seq;
                        put(&mut update, row, &device);
                        fleet.insert(row, device);
                    }
                    None => {
                        update.remove(Row(row));
                        fleet.remove(&row);
                    }
                }
            }
            update.finish();
            if checks_in {
                let mut update = index.begin_update();
                for (row, device) in &mut fleet {
                    device.sync = (device.sync * 7 + row) % 50;
                    update.set_check_in(Row(*row), device.sync);
                }
                prop_assert!(update.end_check_ins());
                update.finish();
            }
            prop_assert_eq!(index.len(), fleet.len());
            filters().iter().for_each(|filter| check(&index, &fleet, filter));
        }
    }
}

fn small_fleet() -> (DeviceIndex, Fleet) {
    let device = |seq: i64| TestDevice {
        seq,
        instance: 1,
        name: format!("LAP-{seq}"),
        serial: format!("S{seq}"),
        user: "anna@x".to_owned(),
        platform: "Windows",
        compliance: "compliant",
        sync: seq,
    };
    let fleet: Fleet = (1..=5).map(|row| (row, device(row))).collect();
    let mut index = DeviceIndex::default();
    let mut update = index.begin_update();
    fleet.iter().for_each(|(row, device)| put(&mut update, *row, device));
    update.finish();
    (index, fleet)
}

#[test]
fn a_device_that_went_without_a_word_is_missed_by_the_next_check_ins() {
    let (mut index, mut fleet) = small_fleet();
    fleet.remove(&2);
    fleet.remove(&5);
    let mut update = index.begin_update();
    fleet.keys().for_each(|row| update.set_check_in(Row(*row), 40));
    assert!(update.end_check_ins());
    update.finish();
    fleet.values_mut().for_each(|device| device.sync = 40);
    filters().iter().for_each(|filter| check(&index, &fleet, filter));
    let mut update = index.begin_update();
    update.set_check_in(Row(1), 1);
    update.set_check_in(Row(9), 1);
    assert!(!update.end_check_ins(), "a device that nobody told of");
}

#[test]
fn a_page_keeps_its_place_while_devices_change() {
    let (mut index, fleet) = small_fleet();
    let (filters, sort) = (filters(), (DeviceColumn::Name, false));
    let filter = &filters[0];
    let window = PageWindow {
        start: PageStart::Offset(0),
        limit: 2,
        count: false,
    };
    let first = index.select_page(filter, sort, &window, None);
    let (key, row) = first.next.unwrap();
    assert_eq!((first.rows.as_slice(), row), ([Row(1), Row(2)].as_slice(), Row(2)));
    // The device at which the page ended moves to the end, and one before it goes.
    let mut update = index.begin_update();
    let moved = TestDevice {
        name: "ZZZ".to_owned(),
        ..fleet[&2].clone()
    };
    put(&mut update, 2, &moved);
    update.remove(Row(1));
    update.finish();
    let window = PageWindow {
        start: PageStart::After(key, row),
        limit: 9,
        count: true,
    };
    let second = index.select_page(filter, sort, &window, None);
    assert_eq!(second.rows, [3, 4, 5, 2].map(Row));
    assert_eq!((second.matching, second.next), (Some(4), None));
}

#[test]
fn only_rows_that_were_found_otherwise_are_on_a_page_that_is_held_to_them() {
    let (index, _) = small_fleet();
    let mut within = BitSet::default();
    [4, 2].iter().for_each(|row| _ = within.insert(Row(*row)));
    let sort = (DeviceColumn::LastSync, true);
    let page = index.select_page(&filters()[0], sort, &PageWindow::whole(), Some(&within));
    assert_eq!(page.rows, [Row(4), Row(2)]);
}

#[test]
fn a_word_that_nobody_uses_is_wrong_and_the_others_are_named() {
    let (mut index, fleet) = small_fleet();
    let mut update = index.begin_update();
    let odd = TestDevice {
        platform: "Toaster OS",
        instance: 2,
        ..fleet[&1].clone()
    };
    put(&mut update, 9, &odd);
    update.finish();
    let asked = |word: &str, instances: &[i64]| {
        index.find_wrong_word(&DeviceFilter {
            instances: instances.iter().map(|id| InstanceId(*id)).collect(),
            platforms: Some(vec!["Windows".to_owned(), word.to_owned()]),
            ..DeviceFilter::default()
        })
    };
    assert_eq!(asked("macos", &[1]), None, "known, though no device has it");
    assert_eq!(asked("toaster os", &[1, 2]), None, "in use");
    let wrong = asked("toaster os", &[1]).expect("not in use there");
    assert_eq!((wrong.parameter, wrong.given.as_str()), ("platform", "toaster os"));
    assert!(wrong.possible.contains(&"Windows".to_owned()) && !wrong.possible.contains(&"Toaster OS".to_owned()));
    let wrong = asked("Amiga", &[1, 2]).expect("nobody has it");
    assert!(wrong.possible.contains(&"Toaster OS".to_owned()), "{wrong:?}");
}
