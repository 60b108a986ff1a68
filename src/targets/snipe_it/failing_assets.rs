//! Assets at which Snipe-IT itself fails, each time that they are written. Pure.
//!
//! A server that fails is a matter of all records: the target pauses, and begins with the same asset again. Where it is one
//! asset alone, all others would wait behind it for ever.

use std::collections::HashMap;
use std::time::Duration;

use tokio::time::Instant;

use crate::targets::{DeviceKey, TargetFault};

/// So often it is the server.
const ATTEMPTS: u32 = 6;
/// So long it is the server.
const PATIENCE: Duration = Duration::from_secs(15 * 60);

/// By device: how often the server has failed, and since when.
#[derive(Debug, Default)]
pub(super) struct FailingAssets(HashMap<DeviceKey, (u32, Instant)>);

impl FailingAssets {
    /// A write has ended; `None`: well. True: if the server is well otherwise, it is this asset.
    pub(super) fn note_end(&mut self, key: DeviceKey, fault: Option<&TargetFault>, now: Instant) -> bool {
        match fault {
            Some(TargetFault::Unavailable { .. } | TargetFault::LostAnswer { .. } | TargetFault::Unreadable { .. }) => {
                let (count, since) = self.0.entry(key).or_insert((0, now));
                *count += 1;
                *count >= ATTEMPTS && now.duration_since(*since) >= PATIENCE
            }
            // It says nothing of the asset.
            Some(
                TargetFault::Unreachable { .. }
                | TargetFault::Throttled { .. }
                | TargetFault::SignIn { .. }
                | TargetFault::Misconfigured { .. },
            ) => false,
            None | Some(TargetFault::Refused { .. } | TargetFault::NotThere) => {
                self.0.remove(&key);
                false
            }
        }
    }
}

/// Of an asset that is the trouble itself.
pub(super) fn blame_asset(fault: &TargetFault) -> TargetFault {
    TargetFault::Refused {
        problem: format!("Snipe-IT fails at this asset each time, and works otherwise: {fault}"),
        field: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::targets::samples_for_tests::device_key;

    fn unavailable() -> TargetFault {
        TargetFault::Unavailable {
            problem: "HTTP 500".to_owned(),
        }
    }

    #[test]
    fn an_asset_is_to_blame_that_fails_often_and_for_long() {
        let (begin, fault) = (Instant::now(), unavailable());
        let mut failing = FailingAssets::default();
        let key = device_key(1, 1);
        for _ in 0..ATTEMPTS * 2 {
            assert!(!failing.note_end(key, Some(&fault), begin), "it is too early");
        }
        assert!(
            !failing.note_end(device_key(1, 2), Some(&fault), begin + PATIENCE),
            "once"
        );
        let away = TargetFault::Unreachable {
            problem: "refused".to_owned(),
        };
        assert!(!failing.note_end(key, Some(&away), begin + PATIENCE));
        assert!(failing.note_end(key, Some(&fault), begin + PATIENCE));
        assert!(!failing.note_end(key, None, begin + PATIENCE), "it is written");
        assert!(!failing.note_end(key, Some(&fault), begin + PATIENCE * 2));
        assert!(matches!(blame_asset(&fault), TargetFault::Refused { problem, .. } if problem.contains("HTTP 500")));
    }
}
