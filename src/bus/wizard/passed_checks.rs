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
    passed_at: Mutex<BTreeMap<(OperatorId, AnswersDigest), Timestamp>>,
}

impl PassedChecks {
    /// An action has passed.
    pub fn record_pass(&self, by: OperatorId, about: AnswersDigest, now: Timestamp) {
        let mut passed_at = self.passed_at.lock().unwrap_or_else(PoisonError::into_inner);
        passed_at.retain(|_, at| is_still_valid(*at, now));
        while passed_at.len() >= MOST
            && let Some(oldest) = passed_at.iter().min_by_key(|(_, at)| **at).map(|(key, _)| *key)
        {
            passed_at.remove(&oldest);
        }
        passed_at.insert((by, about), now);
    }

    pub fn has_passed(&self, by: OperatorId, about: AnswersDigest, now: Timestamp) -> bool {
        let passed_at = self.passed_at.lock().unwrap_or_else(PoisonError::into_inner);
        passed_at.get(&(by, about)).is_some_and(|at| is_still_valid(*at, now))
    }
}

/// A clock that went back makes nothing live longer than an hour either way.
fn is_still_valid(at: Timestamp, now: Timestamp) -> bool {
    (now - at).abs() < PROOF_LIFE
}
