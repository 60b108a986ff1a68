//! What was asked and answered, so that a test can count requests instead of guessing. Bounded: the newest 10,000 are
//! kept, the counters go on.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Mutex;

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::state::lock;

const KEPT: usize = 10_000;

/// One request. Never holds a token or a body.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// Rises by one with each request.
    pub number: u64,
    pub at: DateTime<Utc>,
    pub method: String,
    pub path: String,
    pub query: String,
    pub status: u16,
    pub tenant_id: Option<String>,
    pub client_id: Option<String>,
    pub request_id: String,
    pub client_request_id: Option<String>,
    pub user_agent: Option<String>,
    pub fault: Option<String>,
    pub body_bytes: usize,
    /// How the assertion that earned a token was signed.
    pub assertion_algorithm: Option<String>,
}

#[derive(Debug, Default)]
pub struct Log(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    entries: VecDeque<Entry>,
    total: u64,
    by_status: BTreeMap<u16, u64>,
    by_path: BTreeMap<String, u64>,
    by_fault: BTreeMap<String, u64>,
}

/// Counters since the start or the last clearing.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Counters {
    pub total: u64,
    pub by_status: BTreeMap<u16, u64>,
    /// `GET /v1.0/deviceManagement/managedDevices`; ids and tenants stand as `{id}`.
    pub by_path: BTreeMap<String, u64>,
    pub by_fault: BTreeMap<String, u64>,
}

impl Log {
    /// Keeps the entry; its number is given here.
    pub fn note(&self, mut entry: Entry) {
        let place = format!("{} {}", entry.method, general(&entry.path));
        let mut inner = lock(&self.0);
        inner.total += 1;
        entry.number = inner.total;
        *inner.by_status.entry(entry.status).or_default() += 1;
        if inner.by_path.len() < KEPT {
            *inner.by_path.entry(place).or_default() += 1;
        }
        if let Some(fault) = &entry.fault {
            *inner.by_fault.entry(fault.clone()).or_default() += 1;
        }
        if inner.entries.len() == KEPT {
            inner.entries.pop_front();
        }
        inner.entries.push_back(entry);
    }

    /// The newest `limit` behind number `after`, oldest first.
    pub fn entries(&self, after: u64, limit: usize) -> Vec<Entry> {
        let inner = lock(&self.0);
        let fitting: Vec<Entry> = inner
            .entries
            .iter()
            .filter(|entry| entry.number > after)
            .cloned()
            .collect();
        let skip = fitting.len().saturating_sub(limit);
        fitting.into_iter().skip(skip).collect()
    }

    pub fn counters(&self) -> Counters {
        let inner = lock(&self.0);
        Counters {
            total: inner.total,
            by_status: inner.by_status.clone(),
            by_path: inner.by_path.clone(),
            by_fault: inner.by_fault.clone(),
        }
    }

    pub fn clear(&self) {
        *lock(&self.0) = Inner::default();
    }
}

/// Ids out, so that the counters have a bounded number of rows.
fn general(path: &str) -> String {
    let parts = path.split('/').map(|part| {
        if uuid::Uuid::parse_str(part).is_ok() {
            "{id}"
        } else {
            part
        }
    });
    parts.collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(path: &str) -> Entry {
        Entry {
            number: 0,
            at: DateTime::UNIX_EPOCH,
            method: "GET".into(),
            path: path.into(),
            query: String::new(),
            status: 200,
            tenant_id: None,
            client_id: None,
            request_id: String::new(),
            client_request_id: None,
            user_agent: None,
            fault: None,
            body_bytes: 0,
            assertion_algorithm: None,
        }
    }

    #[test]
    fn the_log_is_bounded_and_the_counters_are_not_fooled_by_ids() {
        let log = Log::default();
        for number in 0..KEPT as u128 + 5 {
            log.note(entry(&format!("/v1.0/x/{}", uuid::Uuid::from_u128(number))));
        }
        assert_eq!(log.entries(0, usize::MAX).len(), KEPT);
        assert_eq!(
            log.counters().by_path,
            BTreeMap::from([("GET /v1.0/x/{id}".to_owned(), KEPT as u64 + 5)])
        );
        assert_eq!(log.entries(KEPT as u64 + 3, 100).len(), 2);
    }
}
