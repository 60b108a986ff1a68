//! How a device takes an action. Every field may be left open; what a fault leaves open, the tuning says, and what the
//! tuning leaves open, the defaults below.

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct Conduct {
    /// False: it stays pending until the device checks in by another hand.
    pub answers: Option<bool>,
    /// From the request until the device answers; 0 is at once, which the next request sees.
    pub pending_ms: Option<i64>,
    /// From its answer to the end.
    pub active_ms: Option<i64>,
    pub outcome: Option<Outcome>,
    /// Results, audits and `managementState` show nothing of it before …
    pub shown_after_ms: Option<i64>,
    /// … and not before they were looked at so many times.
    pub shown_after_reads: Option<u32>,
    /// Traces that never appear.
    pub traceless: Option<Vec<Trace>>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Outcome {
    #[default]
    Done,
    Failed,
    NotSupported,
    Canceled,
}

/// Where a task shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Trace {
    /// `deviceActionResults`
    Results,
    /// `remoteActionAudits`
    Audits,
    /// `managementState`
    State,
}

const PENDING_MS: i64 = 5_000;
const ACTIVE_MS: i64 = 5_000;

impl Conduct {
    /// This one, and what it leaves open as in `other`.
    #[must_use]
    pub fn or(&self, other: &Conduct) -> Conduct {
        Conduct {
            answers: self.answers.or(other.answers),
            pending_ms: self.pending_ms.or(other.pending_ms),
            active_ms: self.active_ms.or(other.active_ms),
            outcome: self.outcome.or(other.outcome),
            shown_after_ms: self.shown_after_ms.or(other.shown_after_ms),
            shown_after_reads: self.shown_after_reads.or(other.shown_after_reads),
            traceless: self.traceless.clone().or_else(|| other.traceless.clone()),
        }
    }

    pub fn does_answer(&self) -> bool {
        self.answers.unwrap_or(true)
    }

    pub fn pending_ms(&self) -> i64 {
        self.pending_ms.unwrap_or(PENDING_MS).max(0)
    }

    pub fn active_ms(&self) -> i64 {
        self.active_ms.unwrap_or(ACTIVE_MS).max(0)
    }

    pub fn outcome(&self) -> Outcome {
        self.outcome.unwrap_or_default()
    }

    pub fn leaves(&self, trace: Trace) -> bool {
        self.traceless.as_ref().is_none_or(|without| !without.contains(&trace))
    }
}
