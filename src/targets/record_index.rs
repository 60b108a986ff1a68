//! All records of the other side, for first contact with a whole fleet: listed once, instead of asked for device by device.
//!
//! Kept small: of each record its id and two numbers, one of our device id over there and one of its usable serial number.
//! What is found is read from the other side before anything is decided, so that a number that two texts share, or a record
//! that changed since, does no harm. It is dropped when the catch-up is over, and listed anew while that goes on for long: a
//! record that somebody else makes meanwhile is not in it.

use std::collections::BTreeSet;
use std::time::Duration;

use tokio::time::Instant;
use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::source_device::SourceDevice;
use super::target_adapter::TargetAdapter;
use super::target_fault::TargetFault;
use super::target_record::{RecordId, RecordSummary, TargetRecord};
use crate::inventory::usable_serial;
use crate::model::DeviceId;

/// Records that are read for one device. Two already are too many to take one.
const READ_MAX: usize = 5;
/// Pages of one list: an other side that says for ever that there is more is not believed.
const PAGES_MAX: usize = 100_000;

/// How long a list is believed.
const BELIEVED: Duration = Duration::from_secs(15 * 60);

const DEVICE_SEED: u64 = 1;
const SERIAL_SEED: u64 = 2;

#[derive(Debug, Default)]
pub(super) struct RecordIndex {
    ids: Vec<Box<str>>,
    /// What a record is found by, and its place in `ids`.
    marks: BTreeSet<(u64, u32)>,
    listed_at: Option<Instant>,
}

fn device_mark(device: DeviceId) -> u64 {
    xxh3_64_with_seed(device.0.as_bytes(), DEVICE_SEED)
}

/// `None`: it tells no device from another.
fn serial_mark(serial: &str) -> Option<u64> {
    usable_serial(serial).map(|serial| xxh3_64_with_seed(serial.as_bytes(), SERIAL_SEED))
}

impl RecordIndex {
    /// Lists all records of the other side.
    pub(super) async fn list_all(adapter: &dyn TargetAdapter) -> Result<RecordIndex, TargetFault> {
        let mut index = RecordIndex {
            listed_at: Some(Instant::now()),
            ..RecordIndex::default()
        };
        let mut next = None;
        for _ in 0..PAGES_MAX {
            let page = adapter.list_records(next).await?;
            for record in &page.records {
                index.add_record(record);
            }
            next = page.next;
            if next.is_none() {
                return Ok(index);
            }
        }
        Err(TargetFault::Unreadable {
            problem: "the list of records has no end".to_owned(),
        })
    }

    /// Whether it is to be listed anew.
    pub(super) fn is_old(&self, now: Instant) -> bool {
        self.listed_at.is_some_and(|at| now.duration_since(at) >= BELIEVED)
    }

    fn add_record(&mut self, record: &RecordSummary) {
        let marks = [
            record.device.map(device_mark),
            record.serial.as_deref().and_then(serial_mark),
        ];
        self.add_marks(&record.id, marks);
    }

    /// A record that was made for this device.
    pub(super) fn add_made(&mut self, record: &RecordId, device: &SourceDevice) {
        let marks = [
            Some(device_mark(device.key.device)),
            device.usable_serial().and_then(serial_mark),
        ];
        self.add_marks(record, marks);
    }

    fn add_marks(&mut self, record: &RecordId, marks: [Option<u64>; 2]) {
        let Ok(place) = u32::try_from(self.ids.len()) else {
            return;
        };
        self.ids.push(record.0.as_str().into());
        self.marks.extend(marks.into_iter().flatten().map(|mark| (mark, place)));
    }

    fn find_ids(&self, mark: u64) -> impl Iterator<Item = RecordId> + '_ {
        let places = self.marks.range((mark, 0)..=(mark, u32::MAX));
        places.filter_map(|(_, place)| self.ids.get(*place as usize).map(|id| RecordId(id.to_string())))
    }

    /// Records that carry our id of this device.
    pub(super) async fn find_by_device(
        &self,
        adapter: &dyn TargetAdapter,
        device: DeviceId,
    ) -> Result<Vec<TargetRecord>, TargetFault> {
        let found = self.read_records(adapter, device_mark(device)).await?;
        Ok(found
            .into_iter()
            .filter(|record| record.device == Some(device))
            .collect())
    }

    /// Records with this serial number.
    pub(super) async fn find_by_serial(
        &self,
        adapter: &dyn TargetAdapter,
        serial: &str,
    ) -> Result<Vec<TargetRecord>, TargetFault> {
        let Some(mark) = serial_mark(serial) else {
            return Ok(Vec::new());
        };
        let wanted = usable_serial(serial);
        let found = self.read_records(adapter, mark).await?;
        Ok(found
            .into_iter()
            .filter(|record| record.serial.as_deref().and_then(usable_serial) == wanted)
            .collect())
    }

    async fn read_records(&self, adapter: &dyn TargetAdapter, mark: u64) -> Result<Vec<TargetRecord>, TargetFault> {
        let mut records = Vec::new();
        for id in self.find_ids(mark).take(READ_MAX) {
            records.extend(adapter.read_record(&id).await?);
        }
        Ok(records)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::targets::RecordState;

    fn summary(id: &str, device: Option<u128>, serial: Option<&str>) -> RecordSummary {
        RecordSummary {
            id: RecordId(id.to_owned()),
            device: device.map(|number| DeviceId(uuid::Uuid::from_u128(number))),
            serial: serial.map(str::to_owned),
            name: None,
            state: RecordState::Active,
        }
    }

    fn found(index: &RecordIndex, mark: Option<u64>) -> Vec<String> {
        let ids = mark.into_iter().flat_map(|mark| index.find_ids(mark));
        ids.map(|id| id.0).collect()
    }

    #[test]
    fn a_list_is_believed_for_a_while() {
        let listed_at = Instant::now();
        let index = RecordIndex {
            listed_at: Some(listed_at),
            ..RecordIndex::default()
        };
        assert!(!index.is_old(listed_at + BELIEVED / 2));
        assert!(index.is_old(listed_at + BELIEVED));
    }

    #[test]
    fn a_record_is_found_by_our_id_and_by_a_serial_number_in_whatever_case() {
        let mut index = RecordIndex::default();
        for record in [
            summary("1", Some(1), Some("pf0test1")),
            summary("2", None, Some(" PF0TEST1")),
            summary("3", None, Some("To be filled by O.E.M.")),
            summary("4", None, None),
        ] {
            index.add_record(&record);
        }
        let by_device = |number| device_mark(DeviceId(uuid::Uuid::from_u128(number)));
        assert_eq!(found(&index, Some(by_device(1))), ["1"]);
        assert_eq!(found(&index, Some(by_device(2))), [""; 0]);
        assert_eq!(
            found(&index, serial_mark("PF0TEST1")),
            ["1", "2"],
            "both, so none is taken"
        );
        assert_eq!(serial_mark("To be filled by O.E.M."), None);
    }
}
