//! What was written to groups, memberships and assignments, counted by endpoint: a test sees that a group was made once,
//! whatever its client was told.

use std::collections::BTreeMap;
use std::sync::Mutex;

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;

use super::state::lock;

/// Writes kept with their details; the counts go on beyond.
const MAX_KEPT: usize = 200_000;

/// One request that changed something.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Write {
    /// From 1, in the order in which they happened.
    pub number: u64,
    pub at: DateTime<Utc>,
    /// `POST /groups/{id}/members/$ref`.
    pub endpoint: String,
    /// What stood for the `{id}`s of the path.
    pub keys: Vec<String>,
    pub client_id: String,
    pub request_id: String,
    /// What came of it: ids that were made, members that were added.
    pub detail: Value,
}

#[derive(Debug, Default)]
pub struct Writes(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    total: u64,
    kept: Vec<Write>,
    by_endpoint: BTreeMap<String, u64>,
}

impl Writes {
    /// Counts it; its number is given here.
    pub fn count(&self, mut write: Write) {
        let mut inner = lock(&self.0);
        inner.total += 1;
        write.number = inner.total;
        *inner.by_endpoint.entry(write.endpoint.clone()).or_default() += 1;
        if inner.kept.len() < MAX_KEPT {
            inner.kept.push(write);
        }
    }

    /// In the order in which they happened, behind number `after`.
    pub fn list(&self, after: u64) -> Vec<Write> {
        let inner = lock(&self.0);
        inner
            .kept
            .iter()
            .filter(|write| write.number > after)
            .cloned()
            .collect()
    }

    pub fn by_endpoint(&self) -> BTreeMap<String, u64> {
        lock(&self.0).by_endpoint.clone()
    }

    pub fn clear(&self) {
        *lock(&self.0) = Inner::default();
    }
}
