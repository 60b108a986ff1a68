//! A page on its way: records taken apart, the unchanged ones recognised by their bytes, the others made devices. No IO.

use std::collections::HashSet;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::change_decision::DecisionTimes;
use super::projection::{DeviceProjection, RecordError};
use crate::graph::{GraphPage, GraphProblem, UnprovenPage};
use crate::model::{DeviceId, RejectedRecord, RejectionReason};
use crate::store::{LookedUpDevice, PageRead, PendingDevice, RejectedPageRecord, RowHint};

/// A record with what recognises it.
pub(crate) struct RawRecord<'a> {
    pub id: DeviceId,
    pub raw_hash: [u8; 16],
    pub bytes: &'a [u8],
}

/// The records of a page; those without a readable id are set aside at once (S8).
#[derive(Default)]
struct SortedRecords<'a> {
    records: Vec<RawRecord<'a>>,
    rejected: Vec<RejectedPageRecord>,
    /// Records that were passed over, as an earlier one has the same id.
    repeated: usize,
}

#[derive(Deserialize)]
struct IdOnly<'a> {
    #[serde(borrow)]
    id: Option<&'a RawValue>,
}

fn sort_records<'a>(
    records: impl ExactSizeIterator<Item = &'a [u8]>,
    projection: &DeviceProjection,
) -> SortedRecords<'a> {
    let mut sorted = SortedRecords::default();
    let mut taken = HashSet::with_capacity(records.len());
    for bytes in records {
        match record_id(bytes) {
            Ok(id) if taken.insert(id) => {
                sorted.records.push(RawRecord {
                    id,
                    raw_hash: projection.raw_hash(bytes),
                    bytes,
                });
            }
            // Twice in one page: the first is as good as the second.
            Ok(_) => sorted.repeated += 1,
            Err((reason, problem)) => {
                let record = RejectedRecord {
                    device_id: None,
                    property: None,
                    reason,
                    problem,
                };
                let mark = projection.raw_hash(bytes);
                sorted.rejected.push(RejectedPageRecord {
                    record,
                    content_hash: mark,
                });
            }
        }
    }
    sorted
}

fn record_id(record: &[u8]) -> Result<DeviceId, (RejectionReason, String)> {
    // Graph sends the id first: reading it needs no look at the rest.
    if let Some(rest) = record.strip_prefix(b"{\"id\":\"")
        && let Some(text) = rest.split(|byte| *byte == b'"').next()
        && let Some(id) = std::str::from_utf8(text).ok().and_then(DeviceId::from_record)
    {
        return Ok(id);
    }
    let parsed: IdOnly<'_> = serde_json::from_slice(record)
        .map_err(|error| (RejectionReason::NoObject, format!("invalid record: {error}")))?;
    let raw = parsed.id.map_or("null", RawValue::get);
    if matches!(raw, "null" | "\"\"") {
        return Err((RejectionReason::NoId, "the record has no id".to_owned()));
    }
    let text = serde_json::from_str::<String>(raw)
        .map_err(|_| (RejectionReason::BadId, "the id of the record is not text".to_owned()))?;
    let given: String = text.chars().take(80).collect();
    DeviceId::from_record(&text).ok_or_else(|| {
        (
            RejectionReason::BadId,
            format!("the id of the record is not a GUID: {given:?}"),
        )
    })
}

/// Reads a page that was cut by its looks. A record that is recognised or read is thereby proven; where one is not, the
/// parser cuts the page, and if it cuts otherwise, those records are read.
pub(crate) fn read_page<E>(
    unproven_page: &UnprovenPage,
    look_up: impl Fn(&[RawRecord<'_>]) -> Result<Vec<Option<LookedUpDevice>>, E>,
    projection: &DeviceProjection,
    times: DecisionTimes,
    comes_again: impl Fn(&DeviceId) -> bool,
) -> Result<Result<PageRead, GraphProblem>, E> {
    let read_records = |page: &GraphPage| {
        let sorted = sort_records(page.records(), projection);
        let known = look_up(&sorted.records)?;
        let repeated = sorted.repeated;
        let read = compare_records(sorted, &known, projection, times, &comes_again);
        // A record of which only a property could not be read was taken apart, and is proven.
        let is_complete = read.rejected.iter().all(|rejected| rejected.record.property.is_some());
        let proven = repeated == 0 && is_complete;
        Ok((read, proven))
    };
    let (read, proven) = read_records(unproven_page.page())?;
    if proven {
        return Ok(Ok(read));
    }
    match unproven_page.corrected_page() {
        Ok(None) => Ok(Ok(read)),
        Ok(Some(page)) => read_records(&page).map(|(read, _)| Ok(read)),
        Err(problem) => Ok(Err(problem)),
    }
}

/// Takes a page's devices for unchanged by their bytes, or reads them. `known` stands in the order of the records.
/// A device read later than this page is not taken for the same one on the strength of old bytes, and neither is one whose
/// check-in is still to be told (S5). `comes_again`: it is on its way to the writer already, so what is known of it is old.
fn compare_records(
    sorted: SortedRecords<'_>,
    known: &[Option<LookedUpDevice>],
    projection: &DeviceProjection,
    times: DecisionTimes,
    comes_again: impl Fn(&DeviceId) -> bool,
) -> PageRead {
    let mut read = PageRead {
        read_at: times.read_at,
        unchanged: Vec::new(),
        no_longer_doubted: Vec::new(),
        pending: Vec::new(),
        rejected: sorted.rejected,
    };
    for (record, known) in sorted.records.iter().zip(known) {
        let again = comes_again(&record.id);
        if let Some(known) = known
            && known.raw_hash == record.raw_hash
            && !known.gone
            && !again
            && !known
                .unpublished_since
                .is_some_and(|owed_since| times.is_volatile_due(owed_since))
        {
            read.unchanged.push(known.row);
            if known.doubted && known.read_at <= times.read_at {
                read.no_longer_doubted.push(known.row);
            }
            continue;
        }
        let place = match known {
            Some(known) => RowHint::At(known.row),
            None if again => RowHint::Unsure,
            None => RowHint::Nowhere,
        };
        match projection.read_list_record(record.bytes, record.raw_hash) {
            Ok(mut incoming) => {
                let mark = record.raw_hash;
                for flaw in &incoming.rejected_properties {
                    read.rejected.push(RejectedPageRecord {
                        record: flaw.clone(),
                        content_hash: mark,
                    });
                }
                if !incoming.rejected_properties.is_empty() {
                    // Not to be recognised by its bytes: what could not be read is told by each scan.
                    incoming.raw_hash = [0; 16];
                }
                read.pending.push(PendingDevice {
                    row_hint: place,
                    incoming,
                });
            }
            Err(RecordError { reason, what, .. }) => {
                let unread = RejectedRecord {
                    device_id: Some(record.id),
                    property: None,
                    reason,
                    problem: what,
                };
                read.rejected.push(RejectedPageRecord {
                    record: unread,
                    content_hash: record.raw_hash,
                });
            }
        }
    }
    read
}

#[cfg(test)]
#[path = "page_tests.rs"]
mod tests;
