//! Verdicts that the bus itself has seen. A client can't claim that a check has passed: the bus remembers over which
//! answers it did, for an hour, for the one who asked.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use chrono::TimeDelta;

use super::AnswersDigest;
use crate::model::{OperatorId, Timestamp};

/// How long a check that passed counts.
pub const PROOF_LIFE: TimeDelta = TimeDelta::hours(1);
/// Proofs kept at most; the oldest go first.
const MOST: usize = 1_000;

#[derive(Debug, Default)]
pub struct PassedChecks {
    seen: Mutex<BTreeMap<(OperatorId, AnswersDigest), Timestamp>>,
}

impl PassedChecks {
    /// An action has passed.
    pub fn record_pass(&self, by: OperatorId, about: AnswersDigest, now: Timestamp) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.retain(|_, at| is_still_valid(*at, now));
        while seen.len() >= MOST
            && let Some(oldest) = seen.iter().min_by_key(|(_, at)| **at).map(|(key, _)| *key)
        {
            seen.remove(&oldest);
        }
        seen.insert((by, about), now);
    }

    pub fn has_passed(&self, by: OperatorId, about: AnswersDigest, now: Timestamp) -> bool {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.get(&(by, about)).is_some_and(|at| is_still_valid(*at, now))
    }
}

/// A clock that went back makes nothing live longer than an hour either way.
fn is_still_valid(at: Timestamp, now: Timestamp) -> bool {
    (now - at).abs() < PROOF_LIFE
}
