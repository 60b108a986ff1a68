//! What is known of NetBox from one call to the next.

use std::collections::BTreeMap;

use super::failing_records::FailingRecords;
use super::known_names::TakenNames;
use super::name_lists::NetBoxNames;

/// What is remembered of the other side for a while.
#[derive(Debug, Default)]
pub(super) struct NetBoxMemory {
    pub lists: NetBoxNames,
    pub names: TakenNames,
    pub failing: FailingRecords,
    /// By device: what `If-Match` takes, as it was read last.
    pub tags: BTreeMap<u64, String>,
}
