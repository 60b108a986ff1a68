//! Verdicts that the bus itself has seen. A client can't claim that a check has passed: the bus remembers over which
//! answers it did, for an hour, for the one who asked.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use chrono::TimeDelta;

use super::Digest;
use crate::model::{OperatorId, Timestamp};

/// How long a check that passed counts.
pub const PROOF_LIFE: TimeDelta = TimeDelta::hours(1);
/// Proofs kept at most; the oldest go first.
const MOST: usize = 1_000;

#[derive(Debug, Default)]
pub struct Proofs {
    seen: Mutex<BTreeMap<(OperatorId, Digest), Timestamp>>,
}

impl Proofs {
    /// An action has passed.
    pub fn note(&self, by: OperatorId, about: Digest, now: Timestamp) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.retain(|_, at| lives(*at, now));
        while seen.len() >= MOST
            && let Some(oldest) = seen.iter().min_by_key(|(_, at)| **at).map(|(key, _)| *key)
        {
            seen.remove(&oldest);
        }
        seen.insert((by, about), now);
    }

    pub fn holds(&self, by: OperatorId, about: Digest, now: Timestamp) -> bool {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.get(&(by, about)).is_some_and(|at| lives(*at, now))
    }
}

/// A clock that went back makes nothing live longer than an hour either way.
fn lives(at: Timestamp, now: Timestamp) -> bool {
    (now - at).abs() < PROOF_LIFE
}
