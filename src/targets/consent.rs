//! How much a target writes without a person, and what exactly a person agrees to. Pure.
//!
//! The first records after a change of the mapping are few ([`CANARY`]), and then somebody looks. After that, each class of
//! writes has a daily allowance; what is above it waits as one question. Consent is to a digest of exactly the planned
//! writes under exactly this mapping: a device more is another question.

use openssl::sha::Sha256;
use serde::{Deserialize, Serialize};

use super::source_device::DeviceKey;
use super::target_record::RecordId;
use crate::contract::WriteClass;

/// Records that are written after a change of the mapping before somebody looks.
pub const CANARY: usize = 20;
/// So many a day are always allowed.
const ALLOWANCE_MIN: u64 = 10;
/// Days that show what is ordinary.
const HISTORY_DAYS_MIN: usize = 3;

/// Writes of a day, by class.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DayCounts {
    pub create: u64,
    pub change: u64,
    pub retire: u64,
    #[serde(rename = "move")]
    pub moved: u64,
}

impl DayCounts {
    pub fn count_of(&self, class: WriteClass) -> u64 {
        match class {
            WriteClass::Create => self.create,
            WriteClass::Change => self.change,
            WriteClass::Retire => self.retire,
            WriteClass::Move => self.moved,
        }
    }

    pub fn add_writes(&mut self, class: WriteClass, count: u64) {
        let counted = match class {
            WriteClass::Create => &mut self.create,
            WriteClass::Change => &mut self.change,
            WriteClass::Retire => &mut self.retire,
            WriteClass::Move => &mut self.moved,
        };
        *counted = counted.saturating_add(count);
    }

    pub fn sum_writes(&self) -> u64 {
        let counts = WriteClass::ALL.iter().map(|class| self.count_of(*class));
        counts.fold(0, u64::saturating_add)
    }
}

/// Writes of one class that a day may have without consent: 1 % of the fleet, at least 10, and what is ordinary here.
/// `history`: writes of that class on earlier days, also those with none.
pub fn daily_allowance(fleet: u64, history: &[u64]) -> u64 {
    let ordinary = if history.len() >= HISTORY_DAYS_MIN {
        median(history).saturating_mul(2)
    } else {
        0
    };
    (fleet / 100).max(ALLOWANCE_MIN).max(ordinary)
}

/// Of an even number of days, the lower of the two in the middle: in doubt a person is asked.
fn median(counts: &[u64]) -> u64 {
    let mut sorted = counts.to_vec();
    sorted.sort_unstable();
    sorted.get((sorted.len() - 1) / 2).copied().unwrap_or_default()
}

/// A write that waits for consent.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct QuestionItem {
    pub key: DeviceKey,
    pub class: WriteClass,
    /// `None`: it is made.
    pub record: Option<RecordId>,
}

/// What a person agrees to: these writes, in whatever order, under the mapping with this digest.
pub fn question_digest(mapping: &str, items: &[QuestionItem]) -> String {
    let mut sorted: Vec<&QuestionItem> = items.iter().collect();
    sorted.sort_unstable();
    sorted.dedup();
    let mut hash = Sha256::new();
    hash_part(&mut hash, mapping.as_bytes());
    for item in sorted {
        hash.update(&item.key.instance.0.to_be_bytes());
        hash.update(item.key.device.0.as_bytes());
        hash_part(&mut hash, item.class.name().as_bytes());
        match &item.record {
            Some(record) => hash_part(&mut hash, record.0.as_bytes()),
            None => hash.update(&u64::MAX.to_be_bytes()),
        }
    }
    hex::encode(hash.finish())
}

/// With its length before it, so that no two parts run into each other.
fn hash_part(hash: &mut Sha256, part: &[u8]) {
    hash.update(&(part.len() as u64).to_be_bytes());
    hash.update(part);
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;
    use crate::targets::samples_for_tests::device_key;

    #[test]
    fn the_allowance_is_one_in_a_hundred_or_ten_or_what_is_ordinary() {
        let cases: [(u64, &[u64], u64); 13] = [
            (0, &[], 10),
            (999, &[], 10),
            (1_099, &[], 10),
            (1_100, &[], 11),
            (12_000, &[], 120),
            (12_000, &[500, 500], 120),
            (12_000, &[500, 500, 500], 1_000),
            (12_000, &[0, 0, 12_000], 120),
            (12_000, &[0, 50, 12_000], 120),
            (12_000, &[0, 100, 12_000], 200),
            (2_000, &[30, 10, 20, 40], 40),
            (0, &[u64::MAX; 3], u64::MAX),
            (u64::MAX, &[], u64::MAX / 100),
        ];
        for (fleet, history, allowance) in cases {
            assert_eq!(daily_allowance(fleet, history), allowance, "{fleet} {history:?}");
        }
    }

    #[test]
    fn writes_are_counted_by_class() {
        let mut counts = DayCounts::default();
        for (number, class) in WriteClass::ALL.iter().enumerate() {
            counts.add_writes(*class, number as u64 + 1);
        }
        for (number, class) in WriteClass::ALL.iter().enumerate() {
            assert_eq!(counts.count_of(*class), number as u64 + 1, "{class:?}");
        }
        assert_eq!(counts.sum_writes(), 10);
        counts.add_writes(WriteClass::Move, u64::MAX);
        assert_eq!(counts.sum_writes(), u64::MAX);
        let text = serde_json::to_string(&DayCounts::default()).expect("JSON");
        assert_eq!(text, r#"{"create":0,"change":0,"retire":0,"move":0}"#);
        assert_eq!(
            serde_json::from_str::<DayCounts>("{}").expect("JSON"),
            DayCounts::default()
        );
    }

    fn item(instance: i64, device: u128, class: WriteClass, record: Option<&str>) -> QuestionItem {
        QuestionItem {
            key: device_key(instance, device),
            class,
            record: record.map(|id| RecordId(id.to_owned())),
        }
    }

    #[test]
    fn a10_consent_is_to_exactly_these_writes() {
        let base = item(1, 1, WriteClass::Change, Some("7"));
        let questions = [
            ("m", vec![]),
            ("m", vec![base.clone()]),
            ("n", vec![base.clone()]),
            ("m", vec![base.clone(), item(1, 2, WriteClass::Change, Some("7"))]),
            ("m", vec![item(2, 1, WriteClass::Change, Some("7"))]),
            ("m", vec![item(1, 2, WriteClass::Change, Some("7"))]),
            ("m", vec![item(1, 1, WriteClass::Move, Some("7"))]),
            ("m", vec![item(1, 1, WriteClass::Change, Some("8"))]),
            ("m", vec![item(1, 1, WriteClass::Change, Some(""))]),
            ("m", vec![item(1, 1, WriteClass::Change, None)]),
        ];
        let digests: HashSet<String> = questions
            .iter()
            .map(|(mapping, items)| question_digest(mapping, items))
            .collect();
        assert_eq!(digests.len(), questions.len());
        assert!(digests.iter().all(|digest| digest.len() == 64));
    }

    fn any_item() -> impl Strategy<Value = QuestionItem> {
        let class = (0..WriteClass::ALL.len()).prop_map(|at| WriteClass::ALL[at]);
        (0..3_i64, 0..3_u128, class, proptest::option::of("[0-9]{0,2}"))
            .prop_map(|(instance, device, class, record)| item(instance, device, class, record.as_deref()))
    }

    proptest! {
        #[test]
        fn the_order_of_the_writes_and_repeats_do_not_matter(items in proptest::collection::vec(any_item(), 0..8)) {
            let mut turned = items.clone();
            turned.reverse();
            turned.extend(items.iter().take(3).cloned());
            prop_assert_eq!(question_digest("m", &items), question_digest("m", &turned));
        }

        #[test]
        fn a_bigger_fleet_never_allows_less(fleet in any::<u64>(), more in any::<u64>(), history in any::<Vec<u64>>()) {
            let allowed = daily_allowance(fleet, &history);
            prop_assert!(allowed >= 10 && daily_allowance(fleet.saturating_add(more), &history) >= allowed);
        }
    }
}
