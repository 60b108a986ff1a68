//! A page on its way: records taken apart, the unchanged ones recognised by their bytes, the others made devices. No IO.

use std::collections::HashSet;

use serde::Deserialize;

use super::change::Times;
use super::shape::{RecordError, Shape};
use crate::graph::{Page, Problem, Rough};
use crate::model::DeviceId;
use crate::store::{Arrival, Known, PageRead, Place, SetAside};

/// A record with what recognises it.
pub struct Record<'a> {
    pub id: DeviceId,
    pub raw_hash: [u8; 16],
    pub bytes: &'a [u8],
}

/// The records of a page; those without a readable id are set aside at once (S8).
#[derive(Default)]
struct Sorted<'a> {
    records: Vec<Record<'a>>,
    set_aside: Vec<SetAside>,
    /// Records that were passed over, as an earlier one has the same id.
    repeated: usize,
}

#[derive(Deserialize)]
struct IdOnly<'a> {
    #[serde(borrow)]
    id: Option<std::borrow::Cow<'a, str>>,
}

fn sort<'a>(records: impl ExactSizeIterator<Item = &'a [u8]>, shape: &Shape) -> Sorted<'a> {
    let mut sorted = Sorted::default();
    let mut taken = HashSet::with_capacity(records.len());
    for bytes in records {
        match id_of(bytes) {
            Ok(id) if taken.insert(id) => {
                sorted.records.push(Record {
                    id,
                    raw_hash: shape.raw_hash(bytes),
                    bytes,
                });
            }
            // Twice in one page: the first is as good as the second.
            Ok(_) => sorted.repeated += 1,
            Err(problem) => sorted.set_aside.push(SetAside { id: None, problem }),
        }
    }
    sorted
}

fn id_of(record: &[u8]) -> Result<DeviceId, String> {
    // Graph sends the id first: reading it needs no look at the rest.
    if let Some(rest) = record.strip_prefix(b"{\"id\":\"")
        && let Some(text) = rest.split(|byte| *byte == b'"').next()
        && let Some(id) = std::str::from_utf8(text).ok().and_then(|text| text.parse().ok())
    {
        return Ok(id);
    }
    let parsed: IdOnly<'_> =
        serde_json::from_slice(record).map_err(|error| format!("the record is broken: {error}"))?;
    let text = parsed.id.ok_or("the record has no id")?;
    text.parse()
        .map_err(|error: crate::model::InvalidId| format!("invalid {error}"))
}

/// Reads a page that was cut by its looks. A record that is recognised or read is thereby proven; where one is not, the
/// parser cuts the page, and if it cuts otherwise, those records are read.
pub fn read<E>(
    rough: &Rough,
    known: impl Fn(&[Record<'_>]) -> Result<Vec<Option<Known>>, E>,
    shape: &Shape,
    times: Times,
    comes_again: impl Fn(&DeviceId) -> bool,
) -> Result<Result<PageRead, Problem>, E> {
    let look = |page: &Page| {
        let sorted = sort(page.records(), shape);
        let known = known(&sorted.records)?;
        let repeated = sorted.repeated;
        let read = judge(sorted, &known, shape, times, &comes_again);
        let proven = repeated == 0 && read.set_aside.is_empty();
        Ok((read, proven))
    };
    let (read, proven) = look(rough.page())?;
    if proven {
        return Ok(Ok(read));
    }
    match rough.corrected() {
        Ok(None) => Ok(Ok(read)),
        Ok(Some(page)) => look(&page).map(|(read, _)| Ok(read)),
        Err(problem) => Ok(Err(problem)),
    }
}

/// Takes a page's devices for unchanged by their bytes, or reads them. `known` stands in the order of the records.
/// A device read later than this page is not taken for the same one on the strength of old bytes, and neither is one whose
/// check-in is still to be told (S5). `comes_again`: it is on its way to the writer already, so what is known of it is old.
fn judge(
    sorted: Sorted<'_>,
    known: &[Option<Known>],
    shape: &Shape,
    times: Times,
    comes_again: impl Fn(&DeviceId) -> bool,
) -> PageRead {
    let mut read = PageRead {
        read_at: times.read_at,
        same: Vec::new(),
        cleared: Vec::new(),
        arrivals: Vec::new(),
        set_aside: sorted.set_aside,
    };
    for (record, known) in sorted.records.iter().zip(known) {
        let again = comes_again(&record.id);
        if let Some(known) = known
            && known.raw_hash == record.raw_hash
            && !known.gone
            && !again
            && !known.owed_since.is_some_and(|told| times.are_due(told))
        {
            read.same.push(known.row);
            if known.doubted && known.read_at <= times.read_at {
                read.cleared.push(known.row);
            }
            continue;
        }
        let place = match known {
            Some(known) => Place::At(known.row),
            None if again => Place::Unsure,
            None => Place::Nowhere,
        };
        match shape.read_list(record.bytes, record.raw_hash) {
            Ok(incoming) => read.arrivals.push(Arrival { place, incoming }),
            Err(RecordError { what, .. }) => {
                read.set_aside.push(SetAside {
                    id: Some(record.id),
                    problem: what,
                });
            }
        }
    }
    read
}

#[cfg(test)]
#[path = "page_tests.rs"]
mod tests;
