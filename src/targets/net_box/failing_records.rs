//! Devices at which NetBox itself breaks (HTTP 500). Pure.
//!
//! One of them in a page breaks the whole page, again and again, and all others would wait behind it for ever. So a device
//! of a page that broke goes alone the next time; one that breaks alone, often and for long, while NetBox is well otherwise,
//! is refused.

use std::collections::HashMap;
use std::time::Duration;

use tokio::time::Instant;

use crate::targets::{DeviceKey, TargetFault};

/// So often it is the server.
const ATTEMPTS: u32 = 6;
/// So long it is the server.
const PATIENCE: Duration = Duration::from_secs(15 * 60);

/// By device: how often the server broke at it, and since when.
#[derive(Debug, Default)]
pub(super) struct FailingRecords(HashMap<DeviceKey, (u32, Instant)>);

impl FailingRecords {
    /// How often the server broke at a page in which it was.
    pub(super) fn count_crashes(&self, key: DeviceKey) -> u32 {
        self.0.get(&key).map_or(0, |(count, _)| *count)
    }

    /// The server broke. True: if it is well otherwise, it is this device.
    pub(super) fn note_crash(&mut self, key: DeviceKey, now: Instant) -> bool {
        let (count, since) = self.0.entry(key).or_insert((0, now));
        *count += 1;
        *count >= ATTEMPTS && now.duration_since(*since) >= PATIENCE
    }

    /// It was written, or refused.
    pub(super) fn clear_record(&mut self, key: DeviceKey) {
        self.0.remove(&key);
    }
}

/// Of a device that is the trouble itself.
pub(super) fn blame_record(fault: &TargetFault) -> TargetFault {
    TargetFault::Refused {
        problem: format!("NetBox fails at this device each time, and works otherwise: {fault}"),
        field: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::targets::samples_for_tests::device_key;

    #[test]
    fn a_device_is_to_blame_at_which_the_server_breaks_often_and_for_long() {
        let (begin, key) = (Instant::now(), device_key(1, 1));
        let mut failing = FailingRecords::default();
        assert_eq!(failing.count_crashes(key), 0);
        for _ in 0..ATTEMPTS * 2 {
            assert!(!failing.note_crash(key, begin), "it is too early");
        }
        assert_eq!(failing.count_crashes(key), ATTEMPTS * 2);
        assert!(!failing.note_crash(device_key(1, 2), begin + PATIENCE), "once");
        assert!(failing.note_crash(key, begin + PATIENCE));
        failing.clear_record(key);
        assert_eq!(failing.count_crashes(key), 0);
        let fault = TargetFault::Unavailable {
            problem: "HTTP 500".to_owned(),
        };
        assert!(matches!(blame_record(&fault), TargetFault::Refused { problem, .. } if problem.contains("HTTP 500")));
    }
}
