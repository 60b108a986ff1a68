//! What tells those who look at the store with every tick whether there may be anything new to see: how often something was written that
//! may concern their instance.
//!
//! An operation that says nothing concerns everybody. Those of the usual course of a scan say whose they are, and a few that
//! nobody looks for say so; otherwise all instances of a bus for many tenants would look whenever one of them scans.
//!
//! A mark moves behind the commit, and before whoever wrote it is answered. Who takes a mark *before* looking misses nothing: at
//! worst it looks once more.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::model::InstanceId;

/// Whom an operation concerns of those who look by marks: loops of scans, of actions and of workflows. They look for rows of
/// instances, servers and operators, for tasks, and for workflows, their triggers and their open runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WriteConcern {
    Everybody,
    /// Nothing was written but what belongs to this one.
    Instance(InstanceId),
    /// Nothing that any of them looks for.
    Nobody,
}

/// How often something was written. Another mark: perhaps something that concerns the instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WriteMark {
    everybody: u64,
    instance: u64,
}

#[derive(Debug, Default)]
pub(super) struct WriteMarks(Mutex<MarkCounts>);

#[derive(Debug, Default)]
struct MarkCounts {
    everybody: u64,
    instances: HashMap<InstanceId, u64>,
}

impl WriteMarks {
    fn lock_counts(&self) -> MutexGuard<'_, MarkCounts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn count_write(&self, concern: WriteConcern) {
        let mut counts = self.lock_counts();
        match concern {
            WriteConcern::Everybody => counts.everybody += 1,
            WriteConcern::Instance(id) => *counts.instances.entry(id).or_default() += 1,
            WriteConcern::Nobody => (),
        }
    }

    pub(super) fn mark_of(&self, id: InstanceId) -> WriteMark {
        let counts = self.lock_counts();
        WriteMark {
            everybody: counts.everybody,
            instance: counts.instances.get(&id).copied().unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_moves_with_what_concerns_its_instance_and_with_nothing_else() {
        let marks = WriteMarks::default();
        let (one, other) = (InstanceId(1), InstanceId(2));
        for (concern, moves_one, moves_other) in [
            (WriteConcern::Everybody, true, true),
            (WriteConcern::Instance(one), true, false),
            (WriteConcern::Instance(other), false, true),
            (WriteConcern::Nobody, false, false),
        ] {
            let before = (marks.mark_of(one), marks.mark_of(other));
            marks.count_write(concern);
            let moved = (marks.mark_of(one) != before.0, marks.mark_of(other) != before.1);
            assert_eq!(moved, (moves_one, moves_other), "{concern:?}");
        }
    }
}
