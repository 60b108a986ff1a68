//! One page of a list: the bytes as they came, and where in them the records are. Taken apart once; nothing is copied.

use std::borrow::Cow;

use bytes::Bytes;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::error::GraphProblem;
use crate::model::Timestamp;

/// One page. `Clone` shares the bytes; `Debug` shows none of them, they are about people.
#[derive(Clone)]
pub struct GraphPage {
    pub body: Bytes,
    /// Graph's `Date` of this answer; the clock's time where it had none.
    pub date: Timestamp,
    /// Requests that it took.
    pub requests: u32,
    /// `@odata.count` as sent: of the page or of the whole list, Microsoft does not say. For display only.
    pub count: Option<u64>,
    pub(super) spans: Vec<(u32, u32)>,
}

/// A page taken from an answer, and the link to the next one.
pub(crate) type PageResult<P> = Result<(P, Option<String>), GraphProblem>;

/// What an answer with a list looks like; `V` is what is made of the list.
#[derive(Deserialize)]
pub(super) struct ListEnvelope<'a, V> {
    pub value: V,
    #[serde(rename = "@odata.nextLink", borrow, default)]
    next_link: Option<Cow<'a, str>>,
    #[serde(rename = "@odata.count", borrow, default)]
    count: Option<&'a RawValue>,
}

impl<V> ListEnvelope<'_, V> {
    /// The link to the next page, and the count.
    pub(crate) fn into_link_and_count(self) -> (Option<String>, Option<u64>) {
        let count = self.count.and_then(|count| count.get().parse().ok());
        // An empty link is sent where there is none.
        let link = self.next_link.filter(|link| !link.trim().is_empty());
        (link.map(Cow::into_owned), count)
    }
}

impl GraphPage {
    /// Takes an answer apart into records and the link to the next page.
    pub(super) fn new(body: Bytes, date: Timestamp, requests: u32) -> PageResult<Self> {
        let text = std::str::from_utf8(&body).map_err(|_| unreadable_problem("it is not UTF-8"))?;
        let envelope: ListEnvelope<'_, Vec<&RawValue>> =
            serde_json::from_str(text).map_err(|error| json_problem(&error, body.len()))?;
        let start = text.as_ptr() as usize;
        let span = |record: &&RawValue| {
            let from = record.get().as_ptr() as usize - start;
            (from as u32, (from + record.get().len()) as u32)
        };
        let spans = envelope.value.iter().map(span).collect();
        let (link, count) = envelope.into_link_and_count();
        let page = GraphPage {
            body,
            date,
            requests,
            count,
            spans,
        };
        Ok((page, link))
    }

    /// The records in their order, each the bytes of one JSON value, borrowed from the body.
    pub fn records(&self) -> impl ExactSizeIterator<Item = &[u8]> + '_ {
        self.spans
            .iter()
            .map(|(from, to)| &self.body[*from as usize..*to as usize])
    }

    /// How many records it holds.
    pub fn len(&self) -> usize {
        self.spans.len()
    }

    pub fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }
}

impl std::fmt::Debug for GraphPage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "Page({} records, {} bytes, {})",
            self.len(),
            self.body.len(),
            self.date
        )
    }
}

/// JSON that ends early was cut off on the way; other faults are of another kind.
pub(super) fn json_problem(error: &serde_json::Error, received_bytes: usize) -> GraphProblem {
    if error.is_eof() {
        return GraphProblem::BrokenOff { received_bytes };
    }
    // serde_json's own words hold names of keys and places, never values; but keys may be Graph's: keep the class.
    let (line, column) = (error.line(), error.column());
    unreadable_problem(&format!("{:?} error at line {line}, column {column}", error.classify()))
}

pub(super) fn unreadable_problem(what: &str) -> GraphProblem {
    GraphProblem::Unreadable { what: what.to_owned() }
}
