//! Decides what happens to devices that a completed full scan did not see, and to those that filter or rules leave out
//! now. Pure: it plans, [`super::deletion_proof`] carries out.
//!
//! The fear behind it: a list that comes back short (Intune has done that for days, without an error) must not empty an
//! inventory. So a missing device is at best *asked for*; only HTTP 404 to that question is proof (S1); and where too
//! many are missing at once nobody asks at all until the list heals or a human has confirmed exactly these (S2).

use crate::model::{ScanKind, ScanSummary, Timestamp};
use crate::store::MissingDevice;

/// Where the brake takes hold.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BrakeLimits {
    /// Percent of the fleet.
    pub percent: f64,
    /// Devices that may always go.
    pub devices: u64,
}

/// What a full scan saw of the tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScannedFleet {
    /// Published devices before the scan.
    pub published: u64,
    /// Devices in the list, those left out and those set aside included.
    pub listed: u64,
    /// `enrolledDeviceCount`; `None` where it could not be had.
    pub expected: Option<u64>,
    /// It is the second list, by which the fleet is to be proven whole (F4): what went between the two needs its proof now.
    pub confirming: bool,
}

/// What to do with the devices that are missing. Each is in exactly one of these.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MissingDevicePlan {
    /// Ask for them by id now.
    pub to_probe: Vec<MissingDevice>,
    /// Missing for the first time in a list that may be short: the next full scan decides.
    pub deferred: Vec<MissingDevice>,
    /// Too many at once: they stay as they are until the list heals or an operator confirms.
    pub withheld: Vec<MissingDevice>,
}

/// Whether so many of a fleet are too many to go at once (S2).
pub fn is_braked(going: u64, fleet: u64, limits: BrakeLimits) -> bool {
    let share = (fleet as f64 * limits.percent / 100.0).floor() as u64;
    going > share.max(limits.devices) || going * 2 > fleet
}

pub fn plan_missing(missing: Vec<MissingDevice>, sight: ScannedFleet, limits: BrakeLimits) -> MissingDevicePlan {
    let (confirmed, doubtful): (Vec<_>, Vec<_>) = missing.into_iter().partition(|device| device.confirmed);
    let mut plan = MissingDevicePlan {
        to_probe: confirmed,
        ..MissingDevicePlan::default()
    };
    let empty = sight.listed == 0 && sight.published > 0;
    if !doubtful.is_empty() && (empty || is_braked(doubtful.len() as u64, sight.published, limits)) {
        plan.withheld = doubtful;
        return plan;
    }
    let complete = sight.expected == Some(sight.listed);
    for device in doubtful {
        let again = device.since.is_some();
        if complete || again || sight.confirming {
            plan.to_probe.push(device)
        } else {
            plan.deferred.push(device)
        }
    }
    plan
}

/// Where incremental scans may begin to ask after this completed scan (S3); `None`: where they began before. A full list
/// that lacks devices without proof lacks their changes too, and who moved on past it would not ask for them again.
pub fn next_watermark(summary: &ScanSummary) -> Option<Timestamp> {
    let whole = summary.kind == ScanKind::Incremental || summary.missing == 0;
    whole.then_some(summary.started_at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{DeviceId, Row, ScanId};
    use proptest::prelude::*;

    const LIMITS: BrakeLimits = BrakeLimits {
        percent: 5.0,
        devices: 10,
    };

    fn missing(count: u64) -> Vec<MissingDevice> {
        (1..=count)
            .map(|n| MissingDevice {
                row: Row(n as i64),
                id: DeviceId(uuid::Uuid::from_u128(u128::from(n))),
                since: None,
                confirmed: false,
            })
            .collect()
    }

    fn sight(fleet: u64, listed: u64, expected: Option<u64>) -> ScannedFleet {
        ScannedFleet {
            published: fleet,
            listed,
            expected,
            confirming: false,
        }
    }

    #[test]
    fn s1_in_a_list_that_is_proven_complete_a_missing_device_is_asked_for_at_once() {
        let plan = plan_missing(missing(3), sight(100, 97, Some(97)), LIMITS);
        assert_eq!(
            (plan.to_probe.len(), plan.deferred.len(), plan.withheld.len()),
            (3, 0, 0)
        );
    }

    #[test]
    fn s1_in_a_list_that_may_be_short_it_waits_once_and_no_longer() {
        for expected in [None, Some(100)] {
            assert_eq!(
                plan_missing(missing(3), sight(100, 97, expected), LIMITS)
                    .deferred
                    .len(),
                3
            );
            let mut again = missing(3);
            again.iter_mut().for_each(|device| device.since = Some(ScanId(1)));
            assert_eq!(plan_missing(again, sight(100, 97, expected), LIMITS).to_probe.len(), 3);
        }
    }

    #[test]
    fn f4_what_went_between_two_lists_that_are_compared_is_asked_for_at_once_but_for_the_brake() {
        let second = ScannedFleet {
            confirming: true,
            ..sight(100, 97, Some(100))
        };
        assert_eq!(plan_missing(missing(3), second, LIMITS).to_probe.len(), 3);
        assert_eq!(plan_missing(missing(11), second, LIMITS).withheld.len(), 11);
    }

    #[test]
    fn s2_the_brake_takes_hold_above_its_limits_and_not_at_them() {
        for (fleet, going, held) in [
            (1_000, 50, false),
            (1_000, 51, true),
            (100, 10, false),
            (100, 11, true),
            (20, 10, false),
            (19, 10, true),
            (1, 1, true),
            (2, 1, false),
        ] {
            assert_eq!(is_braked(going, fleet, LIMITS), held, "{going} of {fleet}");
        }
    }

    #[test]
    fn s2_an_empty_list_calls_nothing_gone() {
        let plan = plan_missing(missing(1), sight(1, 0, Some(0)), LIMITS);
        assert_eq!((plan.to_probe.len(), plan.withheld.len()), (0, 1));
    }

    #[test]
    fn s2_what_an_operator_confirmed_is_asked_for_whatever_the_brake_says() {
        let mut devices = missing(60);
        devices.iter_mut().for_each(|device| device.confirmed = true);
        assert_eq!(plan_missing(devices, sight(100, 40, None), LIMITS).to_probe.len(), 60);
    }

    #[test]
    fn s3_only_a_full_list_that_lacks_nothing_moves_where_incremental_scans_begin() {
        for (kind, missing, moves) in [
            (ScanKind::Full, 0, true),
            (ScanKind::Full, 1, false),
            (ScanKind::Incremental, 0, true),
        ] {
            let mut summary = ScanSummary::from_start(ScanId(1), kind, Timestamp::UNIX_EPOCH);
            summary.missing = missing;
            assert_eq!(next_watermark(&summary).is_some(), moves, "{kind:?}, {missing} missing");
        }
    }

    proptest! {
        #[test]
        fn every_missing_device_is_in_exactly_one_place_and_never_asked_for_behind_the_brake(
            count in 0u64..200, fleet in 0u64..2_000, listed in 0u64..2_000, expected in proptest::option::of(0u64..2_000)
        ) {
            let plan = plan_missing(missing(count), sight(fleet, listed, expected), LIMITS);
            prop_assert_eq!((plan.to_probe.len() + plan.deferred.len() + plan.withheld.len()) as u64, count);
            if count > 0 && is_braked(count, fleet, LIMITS) {
                prop_assert_eq!(plan.withheld.len() as u64, count);
            }
        }
    }
}
