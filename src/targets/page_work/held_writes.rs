//! What waited in the passes before: while a question waits, the same pages are read again and again, and nobody over there
//! is asked each time about devices that wait all the same. Pure.
//!
//! It is forgotten as soon as somebody decides or changes something, and after a while: a question may wait for days, and
//! looking at a whole fleet again takes as many requests as the other side allows in hours. What was agreed to is looked at
//! before it is written all the same.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;

use crate::contract::WriteClass;
use crate::model::Timestamp;
use crate::targets::{DeviceKey, RecordId};

/// How long it is believed.
const BELIEVED: Duration = Duration::from_secs(6 * 3600);

#[derive(Debug, Default)]
pub(in crate::targets) struct HeldWrites {
    devices: BTreeMap<DeviceKey, WaitingDevice>,
    since: Option<Instant>,
    /// What it was planned by, and the generation in which the feed told of it.
    planned_by: Option<(String, i64)>,
}

/// A device, as it was when it was planned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::targets) struct WaitingDevice {
    pub changed_at: Timestamp,
    pub wait: HeldWait,
}

/// For what it waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::targets) enum HeldWait {
    /// For consent to a write.
    Consent(WriteClass, Option<RecordId>),
    /// For a person who decides.
    Decision,
}

impl HeldWrites {
    /// For the next pass; too old, it is empty.
    pub(super) fn begin_pass(&mut self, now: Instant) {
        if self.since.is_none_or(|since| now.duration_since(since) >= BELIEVED) {
            self.forget_all();
            self.since = Some(now);
        }
    }

    /// Planned by another mapping or filter, or told anew because somebody wants that, nothing of it holds.
    pub(in crate::targets) fn follow_policy(&mut self, policy: &str, generation: i64) {
        let is_same = |(known, of): &(String, i64)| known == policy && *of == generation;
        if !self.planned_by.as_ref().is_some_and(is_same) {
            self.forget_all();
            self.planned_by = Some((policy.to_owned(), generation));
        }
    }

    pub(super) fn keep_device(&mut self, key: DeviceKey, device: WaitingDevice) {
        self.devices.insert(key, device);
    }

    /// `None`: it is to be planned.
    pub(super) fn find_device(&self, key: DeviceKey, changed_at: Timestamp) -> Option<&HeldWait> {
        let device = self.devices.get(&key)?;
        (device.changed_at == changed_at).then_some(&device.wait)
    }

    /// It waits no more.
    pub(super) fn remove_device(&mut self, key: DeviceKey) {
        self.devices.remove(&key);
    }

    pub(in crate::targets) fn forget_all(&mut self) {
        self.devices.clear();
        self.since = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::parse_time;
    use crate::targets::samples_for_tests::device_key;

    #[test]
    fn what_waits_is_planned_again_when_it_changes_and_after_a_while() {
        let (mut held, start) = (HeldWrites::default(), Instant::now());
        let at = |text: &str| parse_time(text).unwrap();
        let (first, later) = (at("2026-03-01T08:00:00Z"), at("2026-03-01T09:00:00Z"));
        held.begin_pass(start);
        let wait = HeldWait::Consent(WriteClass::Create, None);
        let device = WaitingDevice {
            changed_at: first,
            wait: wait.clone(),
        };
        held.keep_device(device_key(1, 1), device);
        held.begin_pass(start + BELIEVED / 2);
        assert_eq!(held.find_device(device_key(1, 1), first), Some(&wait));
        assert_eq!(held.find_device(device_key(1, 1), later), None, "it has changed");
        assert_eq!(held.find_device(device_key(1, 2), first), None);
        held.begin_pass(start + BELIEVED);
        assert_eq!(
            held.find_device(device_key(1, 1), first),
            None,
            "records over there may have changed"
        );
    }

    #[test]
    fn another_policy_and_a_feed_that_is_told_anew_leave_nothing_of_it() {
        let mut held = HeldWrites::default();
        let device = WaitingDevice {
            changed_at: Timestamp::UNIX_EPOCH,
            wait: HeldWait::Decision,
        };
        let waits = |held: &HeldWrites| held.find_device(device_key(1, 1), Timestamp::UNIX_EPOCH).is_some();
        held.follow_policy("one", 1);
        held.keep_device(device_key(1, 1), device.clone());
        held.follow_policy("one", 1);
        assert!(waits(&held));
        for (policy, generation) in [("other", 1), ("other", 2)] {
            held.follow_policy(policy, generation);
            assert!(!waits(&held), "{policy} {generation}");
            held.keep_device(device_key(1, 1), device.clone());
        }
    }

    #[test]
    fn what_was_written_waits_no_more() {
        let mut held = HeldWrites::default();
        let device = WaitingDevice {
            changed_at: Timestamp::UNIX_EPOCH,
            wait: HeldWait::Decision,
        };
        held.keep_device(device_key(1, 1), device);
        held.remove_device(device_key(1, 1));
        assert_eq!(held.find_device(device_key(1, 1), Timestamp::UNIX_EPOCH), None);
    }
}
