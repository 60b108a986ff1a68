//! Which writes go out without a question. Pure.
//!
//! *Canary.* After a change of the mapping or the filter, the first [`CANARY`] records are written for a look, whatever they
//! do; a write that the other side refused counts, or a wrong mapping would try the whole fleet. *Waiting.* Nothing but what
//! people agreed to. *Open.* Of each class as many in a day as an ordinary day has.
//!
//! What people agreed to one by one, or decided about one device, always goes out.

use std::collections::{BTreeMap, BTreeSet};

use super::{CANARY, DeviceKey};
use crate::contract::{TargetPhase, WriteClass};

/// How freely a target writes at the moment.
#[derive(Debug, Clone)]
pub(super) struct WriteGate {
    /// Records that may still be written for a look; `None`: the mapping was agreed to.
    canary_left: Option<usize>,
    /// Of each class, what the day still has.
    day_left: BTreeMap<WriteClass, u64>,
    allowances: BTreeSet<(DeviceKey, WriteClass)>,
}

/// By whose permission a write goes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WritePermission {
    /// Of the first records of a mapping, or what an ordinary day does.
    Ordinary,
    /// People agreed to exactly this one.
    Consented,
    /// A person decided about this device.
    Decided,
    /// Nobody's: it waits for consent.
    Held,
}

impl WriteGate {
    pub(super) fn new(
        phase: TargetPhase,
        canary_written: u64,
        day_left: BTreeMap<WriteClass, u64>,
        allowances: BTreeSet<(DeviceKey, WriteClass)>,
    ) -> WriteGate {
        let written = usize::try_from(canary_written).unwrap_or(usize::MAX);
        WriteGate {
            canary_left: match phase {
                TargetPhase::Canary => Some(CANARY.saturating_sub(written)),
                TargetPhase::Waiting => Some(0),
                TargetPhase::Open => None,
            },
            day_left,
            allowances,
        }
    }

    /// Whether anything that people agreed to was not asked for yet.
    pub(super) fn has_allowances(&self) -> bool {
        !self.allowances.is_empty()
    }

    /// Whether this write would wait now. Nothing is counted.
    pub(super) fn would_hold(&self, key: DeviceKey, class: WriteClass) -> bool {
        let is_spent = match self.canary_left {
            Some(left) => left == 0,
            None => self.day_left.get(&class).copied().unwrap_or(0) == 0,
        };
        is_spent && !self.allowances.contains(&(key, class))
    }

    /// Whether this write may go out now; it is counted if so.
    pub(super) fn admit_write(&mut self, key: DeviceKey, class: WriteClass) -> WritePermission {
        if self.allowances.remove(&(key, class)) {
            return WritePermission::Consented;
        }
        let day_left = self.day_left.entry(class).or_default();
        match &mut self.canary_left {
            Some(0) => WritePermission::Held,
            Some(left) => {
                *left -= 1;
                *day_left = day_left.saturating_sub(1);
                WritePermission::Ordinary
            }
            None if *day_left == 0 => WritePermission::Held,
            None => {
                *day_left -= 1;
                WritePermission::Ordinary
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{DeviceId, InstanceId};

    fn key(number: u128) -> DeviceKey {
        DeviceKey {
            instance: InstanceId(1),
            device: DeviceId(uuid::Uuid::from_u128(number)),
        }
    }

    fn gate(phase: TargetPhase, written: u64, left: u64) -> WriteGate {
        let day_left = WriteClass::ALL.iter().map(|class| (*class, left)).collect();
        WriteGate::new(
            phase,
            written,
            day_left,
            BTreeSet::from([(key(1_000), WriteClass::Create)]),
        )
    }

    fn admitted(gate: &mut WriteGate, class: WriteClass, tried: u128) -> usize {
        let permissions = (0..tried).map(|number| gate.admit_write(key(number), class));
        permissions
            .filter(|permission| *permission == WritePermission::Ordinary)
            .count()
    }

    #[test]
    fn a_canary_is_twenty_records_of_whatever_class() {
        let mut fresh = gate(TargetPhase::Canary, 0, 5);
        assert_eq!(admitted(&mut fresh, WriteClass::Create, 12), 12);
        assert_eq!(admitted(&mut fresh, WriteClass::Change, 12), 8);
        assert_eq!(admitted(&mut fresh, WriteClass::Retire, 12), 0);
        assert_eq!(
            fresh.admit_write(key(1_000), WriteClass::Create),
            WritePermission::Consented,
            "what was agreed to goes out all the same"
        );
        assert_eq!(
            fresh.admit_write(key(1_000), WriteClass::Create),
            WritePermission::Held,
            "once"
        );
        let mut later = gate(TargetPhase::Canary, 19, 5);
        assert_eq!(admitted(&mut later, WriteClass::Create, 12), 1);
    }

    #[test]
    fn an_ordinary_day_has_so_many_writes_of_each_class() {
        let mut open = gate(TargetPhase::Open, 20, 10);
        assert_eq!(admitted(&mut open, WriteClass::Create, 800), 10);
        assert_eq!(admitted(&mut open, WriteClass::Retire, 800), 10);
        assert_eq!(
            open.admit_write(key(1_000), WriteClass::Create),
            WritePermission::Consented
        );
    }

    #[test]
    fn who_waits_writes_only_what_was_agreed_to() {
        let mut waiting = gate(TargetPhase::Waiting, 0, 10);
        assert_eq!(admitted(&mut waiting, WriteClass::Change, 5), 0);
        assert!(waiting.would_hold(key(1), WriteClass::Change));
        assert!(!waiting.would_hold(key(1_000), WriteClass::Create) && waiting.has_allowances());
    }
}
