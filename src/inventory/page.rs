//! A page on its way: records taken apart, the unchanged ones recognised by their bytes, the others made devices. No IO.

use std::collections::HashSet;

use serde::Deserialize;

use super::shape::{RecordError, Shape};
use crate::model::{BitSet, DeviceId, Incoming, LearnedFrom, Row, Timestamp};
use crate::store::{Known, SetAside};

/// A record with what recognises it.
pub struct Record<'a> {
    pub id: DeviceId,
    pub raw_hash: [u8; 16],
    pub bytes: &'a [u8],
}

/// The records of a page; those without a readable id are set aside at once (S8).
#[derive(Default)]
pub struct Sorted<'a> {
    pub records: Vec<Record<'a>>,
    pub set_aside: Vec<SetAside>,
}

#[derive(Deserialize)]
struct IdOnly<'a> {
    #[serde(borrow)]
    id: Option<std::borrow::Cow<'a, str>>,
}

pub fn sort<'a>(records: impl ExactSizeIterator<Item = &'a [u8]>, shape: &Shape) -> Sorted<'a> {
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
            Ok(_) => (),
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

/// What a page comes to, ready to be committed.
#[derive(Default)]
pub struct Judged {
    /// Same bytes as before: nothing to write but that they were seen.
    pub same: u64,
    pub cleared: Vec<Row>,
    pub incoming: Vec<Incoming>,
    pub set_aside: Vec<SetAside>,
}

/// `known` stands in the order of the records. `read_at` as in the store: a device read later than this page is not
/// taken for the same one on the strength of old bytes.
pub fn judge(
    sorted: Sorted<'_>,
    known: &[Option<Known>],
    shape: &Shape,
    read_at: Timestamp,
    seen: &mut BitSet,
) -> Judged {
    let mut judged = Judged {
        set_aside: sorted.set_aside,
        ..Judged::default()
    };
    for (record, known) in sorted.records.iter().zip(known) {
        if let Some(known) = known
            && known.raw_hash == record.raw_hash
            && !known.gone
        {
            judged.same += 1;
            seen.insert(known.row);
            if known.doubted && known.read_at <= read_at {
                judged.cleared.push(known.row);
            }
            continue;
        }
        match shape.read(record.bytes, LearnedFrom::List) {
            Ok(incoming) => judged.incoming.push(incoming),
            Err(RecordError { what, .. }) => {
                judged.set_aside.push(SetAside {
                    id: Some(record.id),
                    problem: what,
                });
            }
        }
    }
    judged
}
