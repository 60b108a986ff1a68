//! A page cut into records by its looks: `},{"id":"` stands between two of them, and a search for that takes a tenth of
//! what a parser takes. What comes out is a guess until somebody has proven each record.
//!
//! *Why that is enough.* What stands around the records is parsed here. So if each record is one JSON value, the whole
//! page is JSON, and the cut is the only one there is. A record that is taken apart proves itself; one whose bytes are
//! those of a record that was taken apart before needs no proof. Who has a record that is neither asks for the page
//! [`UnprovenPage::corrected_page`], and gets what a parser says: the records, or what is wrong with the page.
//!
//! A page that looks otherwise (blanks, another first key, nothing behind the records) is cut by the parser at once. So
//! is one that was broken off, since its end is missing; it is asked for again like any broken answer. Only what is
//! broken in the midst of a page is noticed too late for that.

use bytes::Bytes;
use memchr::memmem;
use serde_json::value::RawValue;

use super::error::GraphProblem;
use super::page::{GraphPage, ListEnvelope, PageResult};
use crate::model::Timestamp;

const BEGIN: &[u8] = b"\"value\":[";
const BETWEEN: &[u8] = b"},{\"id\":\"";
const END: &[u8] = b"}]";
/// Longer than this, the parts around the records are not what they usually are.
const AROUND_MAX_BYTES: usize = 64 << 10;

/// A page whose records are not proven yet.
#[derive(Debug)]
pub struct UnprovenPage(GraphPage);

impl UnprovenPage {
    /// Takes an answer apart into what seem to be its records, and the link to the next page.
    pub(crate) fn new(body: Bytes, date: Timestamp, requests: u32) -> PageResult<Self> {
        let (page, link) = match split_page(&body) {
            Some(PageSplit { spans, link, count }) => {
                let page = GraphPage {
                    body,
                    date,
                    requests,
                    count,
                    spans,
                };
                (page, link)
            }
            None => GraphPage::new(body, date, requests)?,
        };
        Ok((UnprovenPage(page), link))
    }

    /// What the parser makes of it: nothing where the cut was right, else the page as it should have been cut.
    pub fn corrected_page(&self) -> Result<Option<GraphPage>, GraphProblem> {
        let GraphPage {
            body,
            date,
            requests,
            spans,
            ..
        } = &self.0;
        let (page, _) = GraphPage::new(body.clone(), *date, *requests)?;
        Ok((page.spans != *spans).then_some(page))
    }

    /// The records, unproven, in their order.
    pub fn page(&self) -> &GraphPage {
        &self.0
    }
}

struct PageSplit {
    spans: Vec<(u32, u32)>,
    link: Option<String>,
    count: Option<u64>,
}

fn split_page(body: &[u8]) -> Option<PageSplit> {
    let first = memmem::find(body, BEGIN)? + BEGIN.len();
    let last = memmem::rfind(body, END)? + 1;
    // From brace to brace each, so that a blank around a record is not taken for a part of it.
    let records = body.get(first..last).filter(|records| records.starts_with(b"{"))?;
    let (link, count) = parse_envelope(&body[..first], &body[last..])?;
    let mut spans = Vec::with_capacity(1_024);
    let mut from = first;
    for between in memmem::find_iter(records, BETWEEN) {
        let to = first + between + 1;
        spans.push((from as u32, to as u32));
        from = to + 1;
    }
    spans.push((from as u32, last as u32));
    Some(PageSplit { spans, link, count })
}

/// Parses what stands before and behind the records, as if there were none.
fn parse_envelope(before: &[u8], behind: &[u8]) -> Option<(Option<String>, Option<u64>)> {
    if before.len() + behind.len() > AROUND_MAX_BYTES {
        return None;
    }
    let text = String::from_utf8([before, behind].concat()).ok()?;
    let envelope: ListEnvelope<'_, &RawValue> = serde_json::from_str(&text).ok()?;
    // The list's own `value`, and not one within something else.
    let at = envelope.value.get().as_ptr().addr() - text.as_ptr().addr();
    (at + 1 == before.len() && envelope.value.get() == "[]").then(|| envelope.into_link_and_count())
}

#[cfg(test)]
#[path = "rough_tests.rs"]
mod tests;
