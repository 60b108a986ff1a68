//! Reads the audit trail backwards, newest first, and keeps what a filter lets through. The API reads by numbers alone, so
//! the console looks through the entries, and through so many at once and no more: a page may end before it is full, and
//! the next one goes on there.

use std::collections::VecDeque;

use chrono::{DateTime, Utc};
use sics_client::contract::{AuditEntryView, AuditQuery};
use sics_client::{ClientError, SicsClient};

/// Entries of a page.
pub(super) const ROWS: usize = 50;
/// Read at once where a filter is set.
const CHUNK: u32 = 1_000;
/// Looked through for one page.
const READ_MAX: usize = 5_000;

/// Which entries are shown; texts in lower case, empty: any.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct AuditFilter {
    pub(super) actor: String,
    pub(super) action: String,
    pub(super) subject: String,
    /// Not before this time.
    pub(super) from: Option<DateTime<Utc>>,
    /// Before this time.
    pub(super) until: Option<DateTime<Utc>>,
}

impl AuditFilter {
    pub(super) fn is_set(&self) -> bool {
        *self != AuditFilter::default()
    }

    /// `word`: the action in the language of the page; people look for it as they read it.
    fn shows(&self, entry: &AuditEntryView, word: &str) -> bool {
        let has = |text: &str, needle: &str| needle.is_empty() || text.to_lowercase().contains(needle);
        has(&entry.actor, &self.actor)
            && (has(&entry.action, &self.action) || has(word, &self.action))
            && has(&entry.subject, &self.subject)
            && self.from.is_none_or(|from| entry.at >= from)
            && self.until.is_none_or(|until| entry.at < until)
    }

    /// Whether nothing older can be shown.
    fn ends_at(&self, entry: &AuditEntryView) -> bool {
        self.from.is_some_and(|from| entry.at < from)
    }
}

/// A page of the trail.
#[derive(Debug, Default)]
pub(super) struct AuditPageRows {
    /// Newest first.
    pub(super) entries: Vec<AuditEntryView>,
    /// The older page has entries before this number; `None`: there is none.
    pub(super) older: Option<i64>,
    /// How many entries were looked through.
    pub(super) read: usize,
}

/// `before`: only entries with a smaller number.
pub(super) async fn read_page(
    client: &SicsClient,
    filter: &AuditFilter,
    before: Option<i64>,
    word: impl Fn(&str) -> String,
) -> Result<AuditPageRows, ClientError> {
    let before = match (before, filter.until) {
        (None, Some(until)) => Some(find_first_since(client, until).await?),
        (before, _) => before,
    };
    let chunk = if filter.is_set() { CHUNK } else { ROWS as u32 };
    let mut page = PageBuilder::new(before);
    while let Some(query) = page.next_query(chunk) {
        let view = client.read_audit(&query).await?;
        page.take_chunk(view.entries, filter, &word);
    }
    Ok(page.rows)
}

/// Puts a page together, chunk by chunk.
#[derive(Debug)]
struct PageBuilder {
    rows: AuditPageRows,
    /// Entries before this number come next; `None`: the newest.
    before: Option<i64>,
    ended: bool,
}

impl PageBuilder {
    fn new(before: Option<i64>) -> PageBuilder {
        PageBuilder {
            rows: AuditPageRows::default(),
            before,
            ended: false,
        }
    }

    /// What to read next; `None`: the page is complete.
    fn next_query(&self, chunk: u32) -> Option<AuditQuery> {
        if self.ended {
            return None;
        }
        match self.before {
            None => Some(AuditQuery {
                after: None,
                limit: Some(chunk),
                newest: Some(true),
            }),
            Some(before) => {
                let after = (before - 1 - i64::from(chunk)).max(0);
                let limit = u32::try_from(before - 1 - after).ok().filter(|limit| *limit > 0)?;
                Some(AuditQuery {
                    after: Some(after),
                    limit: Some(limit),
                    newest: None,
                })
            }
        }
    }

    /// `chunk`: oldest first, as the API gives it.
    fn take_chunk(&mut self, chunk: Vec<AuditEntryView>, filter: &AuditFilter, word: &impl Fn(&str) -> String) {
        let mut entries: VecDeque<AuditEntryView> = chunk.into();
        let Some(oldest) = entries.front().map(|entry| entry.id) else {
            self.end_at(None);
            return;
        };
        while let Some(entry) = entries.pop_back() {
            self.rows.read += 1;
            if filter.ends_at(&entry) {
                self.end_at(None);
                return;
            }
            let id = entry.id;
            if filter.shows(&entry, &word(&entry.action)) {
                self.rows.entries.push(entry);
            }
            if self.rows.entries.len() >= ROWS {
                self.end_at(Some(id));
                return;
            }
        }
        self.before = Some(oldest);
        if oldest <= 1 || self.rows.read >= READ_MAX {
            self.end_at(Some(oldest));
        }
    }

    fn end_at(&mut self, before: Option<i64>) {
        self.ended = true;
        self.rows.older = before.filter(|before| *before > 1);
    }
}

/// Number of the first entry that is not before this time; behind the last one, where all are.
async fn find_first_since(client: &SicsClient, time: DateTime<Utc>) -> Result<i64, ClientError> {
    let newest = AuditQuery {
        after: None,
        limit: Some(1),
        newest: Some(true),
    };
    let last = client.read_audit(&newest).await?.entries;
    let mut range = SearchRange {
        low: 1,
        high: last.last().map_or(1, |entry| entry.id + 1),
    };
    while let Some(middle) = range.middle() {
        let query = AuditQuery {
            after: Some(middle - 1),
            limit: Some(1),
            newest: None,
        };
        let found = client.read_audit(&query).await?.entries;
        range.narrow(middle, found.first().is_some_and(|entry| entry.at < time));
    }
    Ok(range.low)
}

/// Where the number that is looked for may still be: `low` to `high`, both among it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct SearchRange {
    low: i64,
    high: i64,
}

impl SearchRange {
    fn middle(self) -> Option<i64> {
        (self.low < self.high).then(|| self.low + (self.high - self.low) / 2)
    }

    fn narrow(&mut self, middle: i64, is_before: bool) {
        if is_before {
            self.low = middle + 1;
        } else {
            self.high = middle;
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use serde_json::Value;

    use super::*;

    fn time_of(id: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::hours(id)
    }

    fn entry(id: i64) -> AuditEntryView {
        AuditEntryView {
            id,
            at: time_of(id),
            actor: if id % 100 == 0 { "Anna" } else { "bus" }.to_owned(),
            action: "server.accepted".to_owned(),
            subject: format!("cmdb{id}"),
            detail: Value::Null,
            chain: String::new(),
        }
    }

    /// What the API answers from a trail of so many entries.
    fn answer(query: &AuditQuery, count: i64) -> Vec<AuditEntryView> {
        let limit = i64::from(query.limit.unwrap());
        let first = match query.newest {
            Some(true) => (count - limit).max(0) + 1,
            _ => query.after.unwrap() + 1,
        };
        (first..=count.min(first + limit - 1)).map(entry).collect()
    }

    fn read(filter: &AuditFilter, before: Option<i64>, count: i64) -> AuditPageRows {
        let mut page = PageBuilder::new(before);
        let chunk = if filter.is_set() { CHUNK } else { ROWS as u32 };
        while let Some(query) = page.next_query(chunk) {
            page.take_chunk(answer(&query, count), filter, &|_| "Angenommen".to_owned());
        }
        page.rows
    }

    #[test]
    fn pages_go_back_to_the_first_entry_without_a_gap() {
        for count in [0, 1, 49, 50, 51, 100, 120] {
            let (mut before, mut seen) = (None, Vec::new());
            loop {
                let page = read(&AuditFilter::default(), before, count);
                seen.extend(page.entries.iter().map(|entry| entry.id));
                before = page.older;
                if before.is_none() {
                    break;
                }
            }
            assert_eq!(seen, (1..=count).rev().collect::<Vec<_>>(), "{count}");
        }
    }

    #[test]
    fn a_page_with_a_filter_looks_through_so_many_entries_and_no_more() {
        let filter = AuditFilter {
            actor: "anna".to_owned(),
            ..AuditFilter::default()
        };
        let page = read(&filter, None, 12_000);
        assert_eq!(page.entries.len(), 50);
        assert_eq!((page.entries[0].id, page.read), (12_000, 4_901));
        let nobody = AuditFilter {
            actor: "nobody".to_owned(),
            ..AuditFilter::default()
        };
        let page = read(&nobody, None, 12_000);
        assert_eq!((page.entries.len(), page.read, page.older), (0, READ_MAX, Some(7_001)));
        let page = read(&nobody, Some(1_500), 12_000);
        assert_eq!((page.read, page.older), (1_499, None));
    }

    #[test]
    fn the_beginning_of_a_period_ends_the_search() {
        let filter = AuditFilter {
            from: Some(time_of(90)),
            until: Some(time_of(95)),
            ..AuditFilter::default()
        };
        let page = read(&filter, Some(95), 100);
        assert_eq!(
            page.entries.iter().map(|entry| entry.id).collect::<Vec<_>>(),
            [94, 93, 92, 91, 90]
        );
        assert_eq!((page.read, page.older), (6, None));
    }

    #[test]
    fn an_action_is_found_by_its_name_and_by_its_word() {
        for action in ["accepted", "angenommen"] {
            let filter = AuditFilter {
                action: action.to_owned(),
                ..AuditFilter::default()
            };
            assert_eq!(read(&filter, None, 3).entries.len(), 3, "{action}");
        }
    }

    #[test]
    fn halving_finds_the_first_entry_of_a_time() {
        for (looked_for, expected) in [(1, 1), (7, 7), (10, 10), (11, 11)] {
            let mut range = SearchRange { low: 1, high: 11 };
            while let Some(middle) = range.middle() {
                range.narrow(middle, middle < looked_for);
            }
            assert_eq!(range.low, expected);
        }
        assert_eq!(SearchRange { low: 1, high: 1 }.middle(), None);
    }
}
